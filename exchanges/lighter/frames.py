"""What one recorded frame or body of Lighter tells, in our words. Nothing names a body: its fields tell it apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from exchanges.frames import FrameEvent
from exchanges.lighter import frame_rows as rows
from exchanges.lighter import mapping
from exchanges.lighter.account_wire import Account, AccountOrder
from exchanges.lighter.reading import lists_of, read_as
from exchanges.lighter.stream_frames import stream_events
from exchanges.lighter.stream_wire import read_stream_frame
from exchanges.lighter.wire import Book, BookReply, Candle, Fault, MarketDetails, MarketName, PastFunding, Trade
from helpers.errors import BadPayload

Events = list[FrameEvent]
Parts = dict[str, msgspec.Raw]
Hashes: Any = str | list[str] | None
_VECTORS: Final = frozenset({"vectors", "cases", "metadata"})


def read_frame(frame: bytes) -> Sequence[FrameEvent]:
    """Say what a stream frame or a response body tells.

    Raises:
        BadPayload: it cannot be read; says why.
    """
    try:
        parts = msgspec.json.decode(frame, type=Parts)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadPayload(f"this is no single JSON object: {error}", frame) from None
    if _VECTORS & parts.keys():
        raise BadPayload("these are vectors for testing signatures, no frame of the venue", frame)
    return stream_events(read_stream_frame(frame)) if "type" in parts else _body_events(parts, frame)


def _body_events(parts: Parts, frame: bytes) -> Events:
    for name, reader in _BODIES.items():
        if name in parts:
            return reader(parts, frame)
    if {"code", "message"} <= parts.keys():
        fault = read_as(frame, Fault)
        kind = "ack" if fault.code in {None, 0, 200} else "error"
        return [FrameEvent(kind=kind, data={"code": fault.code, "message": fault.message})]
    raise BadPayload(f"no message of Lighter has the fields {', '.join(sorted(parts))}", frame)


def _book_body(parts: Parts, frame: bytes) -> Events:
    if "total_asks" in parts:
        orders = read_as(frame, BookReply)
        book = {
            side: [[rows.figure(order.price), rows.figure(order.remaining_base_amount)] for order in found or ()]
            for side, found in (("bids", orders.bids), ("asks", orders.asks))
        }
        return [FrameEvent(kind="book_snapshot", data=book)]
    return [FrameEvent(kind="book_snapshot", data=rows.book_data(read_as(frame, Book), 0))]


def _account_body(parts: Parts, _: bytes) -> Events:
    events: Events = []
    for account in lists_of(parts["accounts"], Account):
        events.append(rows.record_event("balance", "", mapping.account_balance(account)))
        events += [rows.position_event(row) for row in account.positions or ()]
    return events


def _rows_of(name: str, shape: type[Any], event: Callable[[Any], FrameEvent]) -> Callable[[Parts, bytes], Events]:
    return lambda parts, _: [event(row) for row in lists_of(parts[name], shape)]


def _nonce_body(parts: Parts, _: bytes) -> Events:
    return [FrameEvent(kind="other", data={"nonce": read_as(parts["nonce"], int)})]


def _sent_body(parts: Parts, _: bytes) -> Events:
    return [FrameEvent(kind="ack", data={"tx_hash": read_as(parts["tx_hash"], Hashes)})]


def _error_body(parts: Parts, _: bytes) -> Events:
    fault = read_as(parts["error"], Fault)
    return [FrameEvent(kind="error", data={"code": fault.code, "message": fault.message})]


def _no_rows(parts: Parts, _: bytes) -> Events:
    del parts
    return []


_BODIES: Final[dict[str, Callable[[Parts, bytes], Events]]] = {
    "order_book_details": _rows_of("order_book_details", MarketDetails, rows.market_event),
    "order_books": _rows_of("order_books", MarketName, rows.market_name_event),
    "accounts": _account_body,
    "orders": _rows_of("orders", AccountOrder, rows.order_event),
    "trades": _rows_of("trades", Trade, rows.trade_event),
    "fundings": _rows_of("fundings", PastFunding, rows.past_funding_event),
    "c": _rows_of("c", Candle, rows.candle_event),
    "asks": _book_body,
    "nonce": _nonce_body,
    "tx_hash": _sent_body,
    "error": _error_body,
    "next_cursor": _no_rows,
}

__all__ = ["read_frame"]
