"""The venue's markets by ticker and by the venue's own name, and what an order must know of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from exchanges.extended.mapping import NEW_ACCOUNT_MAKER_FEE, NEW_ACCOUNT_TAKER_FEE, market_of
from exchanges.extended.wire import WireL2Config, WireMarket, WireTradingConfig
from exchanges.ticker_hints import ticker_hint
from helpers.errors import BadPayload, UserError
from helpers.models import Market

_PERPETUAL: Final = "PERPETUAL"
_TRADABLE: Final = frozenset({"ACTIVE", "REDUCE_ONLY"})
"""A market in reduce-only mode is still there for closing; the venue refuses the rest itself."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One market."""

    market: Market
    """In our words, with the fees of a new account."""
    name: str
    """The venue's name of it."""
    terms: WireTradingConfig
    l2: WireL2Config
    trouble: str
    """Why it cannot be traded now; empty if it can."""


class Listings:
    """All perpetual markets of the venue."""

    def __init__(self) -> None:
        """Know none yet."""
        self._by_ticker: dict[str, Listing] = {}
        self._by_name: dict[str, Listing] = {}
        self.names: dict[str, str] = {}
        """The venue's names of the tickers that were asked for, for who asks several times a step."""
        self.is_stale = True
        """Whether the venue refused something that our copy of its terms allows."""

    def replace(self, raw: Iterable[msgspec.Raw], exchange: str) -> None:
        """Take over the venue's list. One market that cannot be read does not hide the others.

        A market that is not in it any more stays known as it was: an order may rest there, a position be open.

        Raises:
            BadPayload: none can be read.
        """
        found, troubles = [], ["the list is empty"]
        for each in raw:
            try:
                found.append(_listing(_MARKET.decode(each), exchange))
            except (msgspec.DecodeError, ValueError, ArithmeticError, BadPayload) as error:
                troubles.append(str(error))
        kept = [listing for listing in found if listing is not None]
        if not kept:
            raise BadPayload(f"no market of Extended can be read: {troubles[-1]}")
        kept += self._gone({listing.name for listing in kept})
        self._by_ticker = {listing.market.ticker.upper(): listing for listing in kept}
        self._by_name = {listing.name: listing for listing in kept}
        self.names.clear()
        self.is_stale = False

    def _gone(self, names: Collection[str]) -> list[Listing]:
        """Give the markets that were known and are not among these."""
        trouble = "the venue lists it no more, or not so that it can be read"
        return [replace(old, trouble=trouble) for name, old in self._by_name.items() if name not in names]

    def tickers(self) -> tuple[str, ...]:
        """List the tickers."""
        return tuple(sorted(listing.market.ticker for listing in self._by_ticker.values()))

    def find(self, ticker: str) -> Listing:
        """Find a market by ticker, or by the venue's name of it.

        Raises:
            UserError: there is none; names the nearest one.
        """
        key = ticker.upper()
        listing = self._by_ticker.get(key) or self._by_name.get(key)
        if listing is None:
            raise UserError(f"extended has no market {ticker!r}", ticker_hint(ticker, self.tickers()))
        return listing

    def tradable(self, ticker: str) -> Listing:
        """Find a market that can be traded now.

        Raises:
            UserError: there is none, or it cannot be traded.
        """
        listing = self.find(ticker)
        if listing.trouble:
            raise UserError(f"{listing.name} cannot be traded on Extended", listing.trouble)
        return listing

    def ticker_of(self, name: str) -> str | None:
        """Give the ticker of a market by the venue's name; None for one that is not listed as a perpetual."""
        listing = self._by_name.get(name)
        return None if listing is None else listing.market.ticker


def _listing(wire: WireMarket, exchange: str) -> Listing | None:
    if wire.type != _PERPETUAL:
        return None
    market = market_of(wire, exchange, NEW_ACCOUNT_MAKER_FEE, NEW_ACCOUNT_TAKER_FEE)
    return Listing(market, wire.name, wire.trading_config, wire.l2_config, _trouble(wire))


def _trouble(wire: WireMarket) -> str:
    if wire.is_rfq:
        return "it is traded by requests for quotes, which this client does not make"
    if wire.status not in _TRADABLE or not wire.active:
        return f"its status is {wire.status}" if wire.status not in _TRADABLE else "it is not active"
    return ""


_MARKET: Final = msgspec.json.Decoder(WireMarket)


__all__ = ["Listing", "Listings"]
