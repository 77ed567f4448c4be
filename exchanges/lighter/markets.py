"""Lighter's markets: number and ticker in both directions, and prices and quantities in the venue's whole units.

Everything comes from the venue's metadata. A market is known by its number on the wire, so two
markets of one number or one ticker are an error, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from exchanges.lighter.wire import MarketDetails
from exchanges.ticker_hints import ticker_hint
from helpers.clock import NS_PER_S
from helpers.errors import BadPayload, UserError, VenueRejected
from helpers.models import Market
from helpers.money import plain

HOUR_NS: Final = 3600 * NS_PER_S
QUOTE: Final = "USDC"
_ACTIVE: Final = "active"
_PERPETUAL: Final = "perp"
_FRACTION: Final = Decimal(10_000)
_PERCENT: Final = Decimal(100)
_FEE_TICK: Final = Decimal("0.000001")
_MAX_ORDERS: Final = 1_000
"""Open orders of one account on one market."""


class LighterMarket(msgspec.Struct, frozen=True, kw_only=True):
    """One perpetual market and its units."""

    index: int
    is_active: bool
    only_reduce: bool
    market: Market
    default_leverage: Decimal | None = None
    """Of an account that never chose one; None where the venue does not say."""

    def price_units(self, price: Decimal) -> int:
        """Give a price in whole ticks.

        Raises:
            VenueRejected: it is no multiple of the tick size.
        """
        return self._units("price", price, self.market.tick_size, "21702")

    def quantity_units(self, quantity: Decimal) -> int:
        """Give a quantity in whole steps.

        Raises:
            VenueRejected: it is no multiple of the step.
        """
        return self._units("quantity", quantity, self.market.quantity_step, "21701")

    def _units(self, what: str, value: Decimal, unit: Decimal, code: str) -> int:
        units = value / unit
        if not value.is_finite() or units != units.to_integral_value():
            raise VenueRejected(
                code, f"{what} {value} of {self.market.ticker} is no multiple of Lighter's step {plain(unit)}"
            )
        return int(units)


class Fees(msgspec.Struct, frozen=True):
    """Fractions of the notional."""

    maker: Decimal
    taker: Decimal

    @classmethod
    def from_ticks(cls, maker: int, taker: int) -> Fees:
        """Read fees in millionths."""
        return cls(maker * _FEE_TICK, taker * _FEE_TICK)


class LighterMarkets:
    """All perpetual markets of the venue."""

    def __init__(self, exchange: str, details: Iterable[MarketDetails]) -> None:
        """Read the venue's list.

        Raises:
            BadPayload: a market cannot be read, or two share a number or a ticker.
        """
        self._exchange = exchange
        self._by_ticker: dict[str, LighterMarket] = {}
        self._by_index: dict[int, LighterMarket] = {}
        self._spelt: dict[str, str] = {}
        """The venue's spelling of a ticker, by its capitals, which is how the command line writes it."""
        self.take(details)

    def take(self, details: Iterable[MarketDetails]) -> list[str]:
        """Take over the venue's newest list, whole or not at all, and give the tickers whose terms are others now.

        One that is listed no more, or under another ticker, stays known by its own, to be left: its orders must be
        cancelled and its position seen.

        Raises:
            BadPayload: a market cannot be read, or two share a number or a ticker.
        """
        found = [_market(self._exchange, each) for each in details if each.market_type == _PERPETUAL]
        by_ticker = {market.market.ticker: market for market in found}
        by_index = {market.index: market for market in found}
        if min(len(by_ticker), len(by_index)) < len(found):
            raise BadPayload("Lighter lists a market twice, by number or by ticker")
        for ticker, before in self._by_ticker.items():
            if ticker not in by_ticker:
                gone = _gone(by_index.get(before.index, before), ticker)
                by_ticker[ticker] = by_index[gone.index] = gone
        changed = [ticker for ticker, before in self._by_ticker.items() if by_ticker[ticker] != before]
        self._by_ticker, self._by_index = by_ticker, by_index
        self._spelt = {
            ticker.upper(): ticker for ticker in reversed(by_ticker)
        }  # of two that differ in case, the first
        return changed

    @property
    def tickers(self) -> tuple[str, ...]:
        """All of them, in the venue's order."""
        return tuple(self._by_ticker)

    def at(self, index: int) -> LighterMarket | None:
        """Find a market by the venue's number; None for one that is not perpetual or not known."""
        return self._by_index.get(index)

    def find(self, ticker: str) -> LighterMarket:
        """Find a market by its ticker.

        Raises:
            UserError: there is none; names the nearest.
        """
        found = self._by_ticker.get(ticker) or self._by_ticker.get(self._spelt.get(ticker.upper(), ""))
        if found is None:
            raise UserError(f"Lighter has no perpetual market {ticker!r}", ticker_hint(ticker, self._by_ticker))
        return found

    def tradable(self, ticker: str) -> LighterMarket:
        """Find a market that can be traded now.

        Raises:
            UserError: there is none, or it is closed.
        """
        found = self.find(ticker)
        if not found.is_active:
            raise UserError(f"{found.market.ticker} cannot be traded on Lighter now", "choose another --ticker")
        return found


def ticker_of(market: LighterMarket | None, index: int) -> str:
    """Name a market by our ticker, or by its number where it is not one of ours."""
    return str(index) if market is None else market.market.ticker


def with_fees(market: Market, fees: Fees | None) -> Market:
    """Give a market's terms with an account's own fees."""
    if fees is None:
        return market
    return msgspec.structs.replace(market, maker_fee=fees.maker, taker_fee=fees.taker)


def _gone(market: LighterMarket, ticker: str) -> LighterMarket:
    """Give a market that can only be left, under the ticker it had."""
    terms = msgspec.structs.replace(market.market, ticker=ticker)
    return msgspec.structs.replace(market, is_active=False, only_reduce=True, market=terms)


def _market(exchange: str, told: MarketDetails) -> LighterMarket:
    try:
        market = Market(
            exchange=exchange,
            ticker=told.symbol,
            contract_id=str(told.market_id),
            quote=QUOTE,
            tick_size=Decimal(1).scaleb(-told.price_decimals),
            quantity_step=Decimal(1).scaleb(-told.size_decimals),
            min_quantity=Decimal(told.min_base_amount),
            min_notional=Decimal(told.min_quote_amount),
            maker_fee=Decimal(told.maker_fee) / _PERCENT,
            taker_fee=Decimal(told.taker_fee) / _PERCENT,
            max_leverage=_FRACTION / told.min_initial_margin_fraction,
            maintenance_margin=told.maintenance_margin_fraction / _FRACTION,
            max_open_orders=_MAX_ORDERS,
            funding_interval_ns=HOUR_NS,
        )
    except (InvalidOperation, ArithmeticError) as error:
        raise BadPayload(f"Lighter's terms of {told.symbol} cannot be read: {type(error).__name__}") from None
    config, usual = told.market_config, told.default_initial_margin_fraction
    return LighterMarket(
        index=told.market_id,
        is_active=told.status == _ACTIVE,
        only_reduce=config is not None and config.force_reduce_only,
        market=market,
        default_leverage=_FRACTION / usual if usual > 0 else None,
    )


__all__ = ["HOUR_NS", "QUOTE", "Fees", "LighterMarket", "LighterMarkets", "ticker_of", "with_fees"]
