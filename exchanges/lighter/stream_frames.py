"""What a frame of Lighter's stream tells."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from exchanges.frames import FrameEvent
from exchanges.lighter import frame_rows as rows
from exchanges.lighter import mapping
from exchanges.lighter.account_wire import AccountAsset, AccountOrder, AccountPosition, PositionFunding, UserStats
from exchanges.lighter.reading import lists_of, read_as
from exchanges.lighter.stream_wire import StreamFrame
from exchanges.lighter.wire import Candle, Fault, MarketStats, Trade

Events = list[FrameEvent]

_HEARTBEATS: Final = frozenset({"connected", "ping", "pong", "shutdown"})


def stream_events(frame: StreamFrame) -> Events:
    """Say what one frame tells."""
    family, _, target = frame.channel.partition(":")
    if not family:
        return [_unaddressed(frame)]
    if frame.order_book is not None:
        kind = "book_snapshot" if frame.is_snapshot else "book_delta"
        return [FrameEvent(kind=kind, market=target, data=rows.book_data(frame.order_book, frame.timestamp))]
    if family == "height":
        return [FrameEvent(kind="time", data={"height": frame.height, "time_ns": mapping.time_ns(frame.timestamp)})]
    if family == "ticker":
        return [FrameEvent(kind="bbo", market=target, data=rows.bbo_data(frame.ticker))]
    events = _account_events(frame) if family.startswith(("account", "user")) else _market_events(frame, target)
    return events or [FrameEvent(kind="other", market=target)]


def _unaddressed(frame: StreamFrame) -> FrameEvent:
    """Read what belongs to the connection and not to a channel."""
    if frame.error is not None or frame.type == "error":
        fault = frame.error or Fault(code=frame.code, message=frame.message)
        return FrameEvent(kind="error", data={"code": fault.code, "message": fault.message})
    if frame.type in _HEARTBEATS:
        return FrameEvent(kind="heartbeat", data={"what": frame.type})
    if frame.type.startswith("jsonapi/"):
        return FrameEvent(kind="ack", data={"code": frame.code, "message": frame.message})
    return FrameEvent(kind="other", data={"what": frame.type})


def _market_events(frame: StreamFrame, target: str) -> Events:
    trades = [*lists_of(frame.trades, Trade), *lists_of(frame.liquidation_trades, Trade)]
    events = [rows.trade_event(trade) for trade in trades]
    events += [rows.stats_event(stats) for stats in _single_or_map(frame.market_stats, MarketStats)]
    return events + [rows.candle_event(row, target) for row in lists_of(frame.candles, Candle)]


def _account_events(frame: StreamFrame) -> Events:
    account = frame.channel.rsplit(":", 1)[-1]
    events = [rows.order_event(order) for order in lists_of(frame.orders, AccountOrder)]
    events += [rows.fill_event(trade, account) for trade in lists_of(frame.trades, Trade)]
    events += [rows.position_event(row) for row in lists_of(frame.positions, AccountPosition)]
    events += [rows.funding_paid_event(row) for row in lists_of(frame.funding_histories, PositionFunding)]
    if bytes(frame.stats):
        events.append(rows.record_event("balance", "", mapping.stats_balance(read_as(frame.stats, UserStats), [])))
    for asset in lists_of(frame.assets, AccountAsset):
        data = {"currency": asset.symbol, "wallet": rows.figure(asset.margin_balance or "0")}
        events.append(FrameEvent(kind="balance", data=data))
    return events


def _single_or_map(part: msgspec.Raw, shape: type[Any]) -> list[Any]:
    """Read what is one row, or a map of rows by market."""
    if not bytes(part):
        return []
    if "market_id" in read_as(part, dict[str, msgspec.Raw]):
        return [read_as(part, shape)]
    return lists_of(part, shape)


__all__ = ["stream_events"]
