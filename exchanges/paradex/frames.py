"""What one recorded frame or reply of Paradex says, in our words and units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from exchanges.frames import FrameEvent
from exchanges.level_book import Level
from exchanges.paradex import account_mapping, mapping, wire
from exchanges.paradex import account_wire as ours
from exchanges.paradex.rest import parse
from exchanges.paradex.rpc import explain_rpc
from helpers.errors import BadPayload
from helpers.money import plain

Events = Sequence[FrameEvent]


def read_frame(frame: bytes) -> Events:
    """Say what a frame of a stream, a list of them, or a reply tells.

    Raises:
        BadPayload: it cannot be read; says why.
    """
    try:
        value = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadPayload(f"no JSON: {error}", frame) from None
    return _read(value, frame)


def _read(value: Any, frame: bytes) -> Events:
    if isinstance(value, list):
        return tuple(event for each in value for event in _read(each, frame))
    if not isinstance(value, dict):
        raise BadPayload("a frame of Paradex is an object", frame)
    if "jsonrpc" in value:
        return _read_rpc(parse(msgspec.json.encode(value), wire.Frame), frame)
    if "results" in value:
        return tuple(event for each in value["results"] for event in _read_reply(each, frame))
    return _read_reply(value, frame)


# -- streams --------------------------------------------------------------------------------


def _read_rpc(frame: wire.Frame, raw: bytes) -> Events:
    if frame.error is not None:
        return (FrameEvent(kind="error", data={"code": frame.error.code, "text": explain_rpc(frame.error)}),)
    if frame.result is not None:
        return (FrameEvent(kind="ack", data={"channel": frame.result.channel} if frame.result.channel else {}),)
    if frame.params is None:
        raise BadPayload("neither news nor the answer to a call", raw)
    kind = frame.params.channel.partition(".")[0]
    reader = _CHANNELS.get(kind)
    return (FrameEvent(kind="other"),) if reader is None else reader(frame.params.data)


def _stream_book(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, wire.StreamBook)
    if told.update_type != "s":  # a change of a book, on a channel that we do not listen to
        return (FrameEvent(kind="other", market=told.market),)
    bids, asks = mapping.levels_by_side(told.inserts)
    times = {"number": told.seq_no, "time_ns": told.last_updated_at * mapping.MS}
    return (FrameEvent(kind="book_snapshot", market=told.market, data={**_levels(bids, asks), **times}),)


def _best_prices(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, wire.BestPrices)
    times = {"number": told.seq_no, "time_ns": told.last_updated_at * mapping.MS}
    return (FrameEvent(kind="bbo", market=told.market, data={**_touch(told), **times}),)


def _summary(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, wire.Summary)
    data = _texts(mark_price=told.mark_price, funding_rate=told.funding_rate)
    return (
        FrameEvent(
            kind="bbo", market=told.symbol, data={**_touch(told), **data, "time_ns": told.created_at * mapping.MS}
        ),
    )


def _funding(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, wire.FundingData)
    data = {
        **_texts(rate=told.funding_rate),
        "interval_ns": mapping.funding_interval_ns(told.funding_period_hours),
        "time_ns": told.created_at * mapping.MS,
    }
    return (FrameEvent(kind="funding", market=told.market, data=data),)


def _trade(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, wire.PublicTrade)
    return (FrameEvent(kind="trade", market=told.market, data=_record(mapping.trade(told))),)


def _order(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, ours.OrderState)
    return (FrameEvent(kind="order", market=told.market, data=_record(account_mapping.order_info(told))),)


def _fill(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, ours.FillInfo)
    fill = account_mapping.fill(told, told.market, mapping.side_of(told.side))
    return (FrameEvent(kind="fill", market=told.market, data=_record(fill)),)


def _position(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, ours.PositionInfo)
    return (FrameEvent(kind="position", market=told.market, data=_record(_named(told))),)


def _named(told: ours.PositionInfo) -> msgspec.Struct:
    return account_mapping.position(told, told.market, None)


def _account(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, ours.AccountState)
    return (FrameEvent(kind="balance", data=_record(account_mapping.balance(told))),)


# -- replies --------------------------------------------------------------------------------


def _market(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, wire.MarketInfo)
    if told.asset_kind != "PERP":
        return (FrameEvent(kind="other", market=told.symbol),)
    return (FrameEvent(kind="market", market=told.symbol, data=_record(mapping.market(told, "paradex"))),)


def _book(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, wire.BookSnapshot)
    times = {"number": told.seq_no, "time_ns": told.last_updated_at * mapping.MS}
    return (FrameEvent(kind="book_snapshot", market=told.market, data={**_levels(told.bids, told.asks), **times}),)


def _time(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, wire.SystemTime).server_time
    if not told.isdecimal():
        raise BadPayload(f"{told!r} is no time")
    return (FrameEvent(kind="time", data={"time_ns": int(told) * mapping.MS}),)


def _refusal(raw: bytes | msgspec.Raw) -> Events:
    told = parse(raw, wire.ErrorBody)
    return (FrameEvent(kind="error", data=_texts(code=told.error, text=told.message)),)


Reader = Callable[[bytes | msgspec.Raw], Events]

_CHANNELS: Final[Mapping[str, Reader]] = {
    "order_book": _stream_book,
    "bbo": _best_prices,
    "markets_summary": _summary,
    "funding_data": _funding,
    "trades": _trade,
    "orders": _order,
    "fills": _fill,
    "positions": _position,
    "account": _account,
}
_REPLIES: Final[tuple[tuple[frozenset[str], Reader], ...]] = (
    (frozenset({"symbol", "price_tick_size"}), _market),
    (frozenset({"symbol", "mark_price"}), _summary),
    (frozenset({"market", "bids", "asks"}), _book),
    (frozenset({"market", "bid", "ask"}), _best_prices),
    (frozenset({"market", "funding_index"}), _funding),
    (frozenset({"order_id", "liquidity"}), _fill),
    (frozenset({"market", "remaining_size", "type"}), _order),
    (frozenset({"market", "average_entry_price"}), _position),
    (frozenset({"account_value", "total_collateral"}), _account),
    (frozenset({"market", "side", "price", "size"}), _trade),
    (frozenset({"server_time"}), _time),
    (frozenset({"error", "message"}), _refusal),
)
"""Replies by the fields that tell them from others, the more special first."""


def _read_reply(value: Any, frame: bytes) -> Events:
    if not isinstance(value, dict):
        raise BadPayload("a reply of Paradex is an object", frame)
    fields = frozenset(value)
    for signs, reader in _REPLIES:
        if signs <= fields:
            return reader(msgspec.json.encode(value))
    return (FrameEvent(kind="other"),)


# -- our words ------------------------------------------------------------------------------


def _levels(bids: Sequence[Level], asks: Sequence[Level]) -> dict[str, Any]:
    return {"bids": [list(level) for level in bids], "asks": [list(level) for level in asks]}


def _touch(told: wire.BestPrices | wire.Summary) -> dict[str, Any]:
    return _texts(bid=told.bid, bid_quantity=told.bid_size, ask=told.ask, ask_quantity=told.ask_size)


def _texts(**values: wire.Maybe) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _record(record: msgspec.Struct) -> dict[str, Any]:
    """Write one of our records with plain texts for numbers and words for enums; what is unknown is left out."""
    return {name: _plain(value) for name, value in msgspec.structs.asdict(record).items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return getattr(value, "value", value)


__all__ = ["read_frame"]
