"""Which markets there are, and which of them can be traded now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from exchanges.paradex import mapping
from exchanges.paradex.wire import MarketInfo
from exchanges.ticker_hints import ticker_hint
from helpers.errors import UserError
from helpers.models import Market

_PERPETUAL: Final = "PERP"
_STANDARD: Final = frozenset({"", "STANDARD"})


class MarketList:
    """The perpetual markets, by ticker and by the venue's names."""

    def __init__(self, exchange: str, listed: Iterable[MarketInfo]) -> None:
        """Keep the perpetuals of a list.

        Args:
            exchange: the venue's label in this run.
            listed: everything the venue lists.
        """
        self._exchange = exchange
        found = [info for info in listed if info.asset_kind == _PERPETUAL and info.base_currency]
        self._by_ticker: dict[str, MarketInfo] = {}
        for info in found:  # a second market in one coin must not take the place of the one in dollars
            base = info.base_currency or ""
            if base not in self._by_ticker or info.symbol == f"{base}-USD-PERP":
                self._by_ticker[base] = info
        self._spelt = {ticker.upper(): ticker for ticker in self._by_ticker}
        """The venue's spelling (kBONK) by its capitals, which is how the command line writes a ticker."""
        self._terms: dict[str, Market] = {}
        self._ticker_of = {info.symbol: ticker for ticker, info in self._by_ticker.items()}

    def tickers(self) -> tuple[str, ...]:
        """List the tickers, in alphabetical order."""
        return tuple(sorted(self._by_ticker))

    def find(self, ticker: str) -> MarketInfo:
        """Give what the venue says of a market.

        Raises:
            UserError: there is none; names the nearest.
        """
        info = self._by_ticker.get(ticker) or self._by_ticker.get(self._spelt.get(ticker.upper(), ""))
        if info is None:
            raise UserError(f"{self._exchange} has no market {ticker!r}", ticker_hint(ticker, self.tickers()))
        return info

    def ticker_of(self, symbol: str) -> str | None:
        """Give the ticker of one of the venue's names; None for what is no perpetual."""
        return self._ticker_of.get(symbol)

    def market(self, ticker: str, now_ns: int) -> Market:
        """Give a market's terms for a new account.

        Raises:
            UserError: there is none, or it cannot be traded now.
            BadPayload: its terms make no sense.
        """
        info = self.find(ticker)
        now_ms = now_ns // mapping.MS
        if (info.trading_mode or "") not in _STANDARD:
            raise UserError(f"{info.symbol} has no order book ({info.trading_mode})", "choose another market")
        if now_ms < info.open_at:
            raise UserError(f"{info.symbol} is not open yet", "choose another market")
        if 0 < info.expiry_at <= now_ms:
            raise UserError(f"{info.symbol} has expired", "choose another market")
        return self.terms(ticker)

    def terms(self, ticker: str) -> Market:
        """Give a market's terms whether or not it can be traded now: orders there can still be cancelled.

        Raises:
            UserError: there is none.
            BadPayload: its terms make no sense.
        """
        known = self._terms.get(ticker)
        if known is None:
            known = self._terms[ticker] = mapping.market(self.find(ticker), self._exchange)
        return known


__all__ = ["MarketList"]
