"""One thing each, in our words: what an entry of a recorded frame or body of Extended tells."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import msgspec

from exchanges.extended.account_mapping import balance_of, fill_of, order_of, payment_of, position_of
from exchanges.extended.mapping import (
    NEW_ACCOUNT_MAKER_FEE,
    NEW_ACCOUNT_TAKER_FEE,
    NS_PER_MS,
    market_of,
    trade_of,
)
from exchanges.extended.market_streams import changed_levels, whole_levels
from exchanges.extended.wire import (
    BookData,
    PriceData,
    WireMarket,
    WirePublicTrade,
    WireRestBook,
    WireStats,
    finite,
)
from exchanges.extended.wire_account import (
    WireBalance,
    WireFees,
    WireOrder,
    WirePayment,
    WirePlaced,
    WirePosition,
    WireTrade,
)
from exchanges.frames import FrameEvent
from helpers.errors import BadPayload
from helpers.money import plain

_VENUE: Final = "extended"


class WireRate(msgspec.Struct, frozen=True):
    """A funding rate: a fraction per hour."""

    m: str
    time_ms: int = msgspec.field(name="T")
    f: Decimal


class WireCandle(msgspec.Struct, frozen=True):
    """A candle; an index or mark candle has no volume."""

    o: Decimal
    h: Decimal
    low: Decimal = msgspec.field(name="l")
    c: Decimal
    time_ms: int = msgspec.field(name="T")
    v: Decimal | None = None


def book(data: BookData, *, is_delta: bool, ts: int, seq: int | None) -> FrameEvent:
    """Tell of a book, or of its changed levels with their sizes now; zero is gone."""
    give = changed_levels if is_delta else whole_levels
    told = {"bids": _levels(give(data.b)), "asks": _levels(give(data.a)), "sequence": seq, "time_ns": ts * NS_PER_MS}
    return FrameEvent(kind="book_delta" if is_delta else "book_snapshot", market=data.m, data=_told(told))


def bbo(data: BookData, ts: int, seq: int | None) -> FrameEvent:
    """Tell of the best prices alone."""
    told: dict[str, Any] = {"sequence": seq, "time_ns": ts * NS_PER_MS}
    for side, levels in (("bid", _levels(whole_levels(data.b))), ("ask", _levels(whole_levels(data.a)))):
        if len(levels) > 1:
            raise BadPayload(f"{len(levels)} levels on one side of a frame of best prices")
        if levels:
            told[side], told[f"{side}_quantity"] = levels[0]
    return FrameEvent(kind="bbo", market=data.m, data=_told(told))


def rest_book(wire: WireRestBook) -> FrameEvent:
    """Tell of a book that REST gave."""
    bids, asks = ([[plain(level.price), plain(level.qty)] for level in side] for side in (wire.bid, wire.ask))
    return FrameEvent(kind="book_snapshot", market=wire.market, data={"bids": bids, "asks": asks})


def trade(wire: WirePublicTrade) -> FrameEvent:
    """Tell of a public trade."""
    return FrameEvent(kind="trade", market=wire.m, data=_fields(trade_of(wire)))


def rate(wire: WireRate) -> FrameEvent:
    """Tell of a funding rate."""
    told = {"rate": plain(finite(wire.f, "rate")), "time_ns": wire.time_ms * NS_PER_MS}
    return FrameEvent(kind="funding", market=wire.m, data=told)


def stats(wire: WireStats) -> FrameEvent:
    """Tell of a market's prices and funding."""
    next_ns = None if wire.next_funding_rate is None else wire.next_funding_rate * NS_PER_MS
    told = {
        "rate": wire.funding_rate,
        "next_funding_ns": next_ns,
        "mark_price": wire.mark_price,
        "index_price": wire.index_price,
        "bid": wire.bid_price,
        "ask": wire.ask_price,
    }
    return FrameEvent(kind="funding", data=_told(told))


def price(wire: PriceData, name: str, ts: int) -> FrameEvent:
    """Tell of a mark or index price."""
    told = {name: plain(finite(wire.p, name)), "time_ns": ts * NS_PER_MS}
    return FrameEvent(kind="other", market=wire.m, data=told)


def candle(wire: WireCandle) -> FrameEvent:
    """Tell of a candle."""
    told = {"open": wire.o, "high": wire.h, "low": wire.low, "close": wire.c, "volume": wire.v}
    return FrameEvent(kind="candle", data=_told({**told, "time_ns": wire.time_ms * NS_PER_MS}))


def market(wire: WireMarket) -> FrameEvent:
    """Tell of a market's terms."""
    found = market_of(wire, _VENUE, NEW_ACCOUNT_MAKER_FEE, NEW_ACCOUNT_TAKER_FEE)
    told = {name: value for name, value in _fields(found).items() if name not in {"maker_fee", "taker_fee", "exchange"}}
    return FrameEvent(kind="market", market=wire.name, data={**told, "status": wire.status})


def order(wire: WireOrder) -> FrameEvent:
    """Tell of one of our orders."""
    return FrameEvent(kind="order", market=wire.market, data={**_fields(order_of(wire)), "venue_status": wire.status})


def fill(wire: WireTrade) -> FrameEvent:
    """Tell of one of our executions."""
    return FrameEvent(kind="fill", market=wire.market, data=_fields(fill_of(wire, wire.market, wire.external_order_id)))


def position(wire: WirePosition) -> FrameEvent:
    """Tell of a position."""
    return FrameEvent(kind="position", market=wire.market, data=_fields(position_of(wire, wire.market)))


def balance(wire: WireBalance) -> FrameEvent:
    """Tell of the account's money."""
    return FrameEvent(kind="balance", data=_fields(balance_of(wire)))


def payment(wire: WirePayment) -> FrameEvent:
    """Tell of a funding settlement."""
    return FrameEvent(kind="funding", market=wire.market, data=_fields(payment_of(wire, wire.market)))


def fees(wire: WireFees) -> FrameEvent:
    """Tell of the account's fees on a market."""
    told = {"maker_fee": plain(wire.maker_fee_rate), "taker_fee": plain(wire.taker_fee_rate)}
    return FrameEvent(kind="other", market=wire.market, data=told)


def placed(wire: WirePlaced) -> FrameEvent:
    """Tell that an order was taken."""
    return FrameEvent(kind="ack", data={"order_id": str(wire.id), "client_order_id": wire.external_id})


def _levels(levels: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[_number(price), _number(quantity)] for price, quantity in levels]


def _number(text: str) -> str:
    """Write a number the venue wrote without exponent and trailing zeros."""
    try:
        return plain(finite(Decimal(text), "a level"))
    except ArithmeticError:
        raise BadPayload(f"{text!r} is no number") from None


def _fields(record: msgspec.Struct) -> dict[str, Any]:
    return _told({name: getattr(record, name) for name in record.__struct_fields__})


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """Keep what was told, numbers as plain texts and enums as their words."""
    return {name: _plain(value) for name, value in values.items() if value is not None and value != ""}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return value.value if isinstance(value, Enum) else value
