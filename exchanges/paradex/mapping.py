"""From Paradex messages to our records: markets, books, trades, funding. Pure; no number passes through float.

Two of the venue's ways have no word of their own here. Funding accrues every second and has no
settlement instants: `next_funding_ns` is when one whole period will have passed, so that who
holds from now until then pays or gets exactly `rate`. The least quantity is one step of the size;
what is too small the least notional decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

from exchanges.level_book import Level
from exchanges.paradex.signing import units
from exchanges.paradex.wire import BookLevel, BookSnapshot, MarketInfo, Maybe, Pair, PublicTrade
from helpers.enums import Side
from helpers.errors import BadPayload
from helpers.models import BookLevel as OurLevel
from helpers.models import FundingRate, Market, OrderBook, Trade
from helpers.money import plain

MS: Final = 1_000_000
"""Nanoseconds in one of the venue's milliseconds."""
_HOUR_NS: Final = 3_600_000_000_000
_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
WORDS: Final = {side: word for word, side in _SIDES.items()}
"""Our sides in the venue's words."""


def number(text: Maybe) -> Decimal | None:
    """Read a number; None where the venue gives none.

    Raises:
        BadPayload: it is none.
    """
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadPayload(f"{text!r} is no number") from None
    if not value.is_finite():
        raise BadPayload(f"{text!r} is no number")
    return value


def required(text: Maybe, what: str) -> Decimal:
    """Read a number that must be there.

    Raises:
        BadPayload: it is not.
    """
    value = number(text)
    if value is None:
        raise BadPayload(f"{what} is missing")
    return value


def positive(text: Maybe, what: str) -> Decimal:
    """Read a number that must be above zero.

    Raises:
        BadPayload: it is not.
    """
    value = required(text, what)
    if value <= 0:
        raise BadPayload(f"{what} is {value}")
    return value


def side_of(text: str) -> Side:
    """Read a side.

    Raises:
        BadPayload: it is neither.
    """
    try:
        return _SIDES[text]
    except KeyError:
        raise BadPayload(f"{text!r} is no side") from None


# -- markets --------------------------------------------------------------------------------


def market(info: MarketInfo, exchange: str) -> Market:
    """Give a market's terms for a new account.

    Raises:
        BadPayload: something that trading needs is missing or makes no sense.
    """
    what = info.symbol
    margin, fees = info.delta1_cross_margin_params, info.fee_config.api_fee
    initial = positive(margin.imf_base, f"{what}: imf_base")
    if info.max_open_orders <= 0:
        raise BadPayload(f"{what}: max_open_orders is {info.max_open_orders}")
    return Market(
        exchange=exchange,
        ticker=info.base_currency or "",
        contract_id=info.symbol,
        quote=info.quote_currency or "",
        tick_size=_grid(info.price_tick_size, f"{what}: price_tick_size"),
        quantity_step=_grid(info.order_size_increment, f"{what}: order_size_increment"),
        min_quantity=_grid(info.order_size_increment, f"{what}: order_size_increment"),
        min_notional=required(info.min_notional, f"{what}: min_notional"),
        maker_fee=required(fees.maker_fee.fee, f"{what}: maker fee"),
        taker_fee=required(fees.taker_fee.fee, f"{what}: taker fee"),
        max_leverage=Decimal(plain(1 / initial)),
        maintenance_margin=initial * positive(margin.mmf_factor, f"{what}: mmf_factor"),
        max_open_orders=info.max_open_orders,
        funding_interval_ns=funding_interval_ns(info.funding_period_hours),
    )


def _grid(text: Maybe, what: str) -> Decimal:
    """Read a tick or step; one finer than what is signed would make an order that its signature does not fit."""
    value = positive(text, what)
    try:
        units(value)
    except ValueError:
        raise BadPayload(f"{what} {value} is finer than the eight decimals that are signed") from None
    return value


def funding_interval_ns(hours: float) -> int:
    """Read a funding period.

    Raises:
        BadPayload: there is none.
    """
    interval = round(hours * _HOUR_NS)
    if interval <= 0:
        raise BadPayload(f"a funding period of {hours} h makes no sense")
    return interval


def funding_rate(ticker: str, rate: Decimal, interval_ns: int, now_ns: int) -> FundingRate:
    """Give the rate per period, as of now."""
    return FundingRate(ticker=ticker, rate=rate, interval_ns=interval_ns, next_funding_ns=now_ns + interval_ns)


# -- books and trades -----------------------------------------------------------------------


def order_book(snapshot: BookSnapshot, depth: int) -> OrderBook:
    """Give a book that was read, best first on both sides."""
    bids = sorted(map(_level, snapshot.bids), key=lambda level: -level.price)
    asks = sorted(map(_level, snapshot.asks), key=lambda level: level.price)
    return OrderBook(bids=tuple(bids[:depth]), asks=tuple(asks[:depth]), venue_time_ns=snapshot.last_updated_at * MS)


def _level(pair: Pair) -> OurLevel:
    return OurLevel(positive(pair[0], "a level's price"), positive(pair[1], "a level's size"))


def levels_by_side(levels: Iterable[BookLevel]) -> tuple[list[Level], list[Level]]:
    """Give the levels of a book on the stream by side, bids first.

    Raises:
        BadPayload: a level has no side.
    """
    sides: dict[str, list[Level]] = {"BUY": [], "SELL": []}
    try:
        for level in levels:
            sides[level.side].append((level.price, level.size))
    except KeyError as error:
        raise BadPayload(f"{error} is no side of a book") from None
    return sides["BUY"], sides["SELL"]


def trade(told: PublicTrade) -> Trade:
    """Give a public trade."""
    return Trade(
        trade_id=told.id,
        price=positive(told.price, "a trade's price"),
        quantity=positive(told.size, "a trade's size"),
        taker_side=_SIDES.get(told.side),
        time_ns=told.created_at * MS,
    )
