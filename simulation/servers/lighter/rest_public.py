"""REST calls that anybody may make: status, markets, books, trades, candles, funding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulation.servers.lighter.errors import Refused, invalid_param
from simulation.servers.lighter.history import RESOLUTIONS
from simulation.servers.lighter.market_view import MarketView
from simulation.servers.lighter.markets import market_of
from simulation.servers.lighter.parameters import Parameters
from simulation.servers.lighter.trading import Json, Trading
from simulation.servers.lighter.tx_file import block_height

_MOST_CANDLES: Final = 500
_MOST_BOOK: Final = 250
_MOST_TRADES: Final = 100
_FUNDING_STEPS: Final = {"1h": 1, "1d": 24}
_KINDS: Final = {None, "all", "spot", "perp"}


class PublicRest:
    """Answers from the markets."""

    def __init__(self, trading: Trading, views: Mapping[int, MarketView]) -> None:
        """Read the venue."""
        self._trading = trading
        self._views = views

    def status(self, parameters: Parameters) -> Json:
        """GET /: the venue's time, in seconds."""
        del parameters
        seconds = self._trading.now_ns // 1_000_000_000
        return {"status": 1, "network_id": 1, "timestamp": seconds}

    def info(self, parameters: Parameters) -> Json:
        """GET /info."""
        del parameters
        return {"contract_address": "0x3b4d794a66304f130a4db8f2551b0070dfcf5ca7"}

    def height(self, parameters: Parameters) -> Json:
        """GET currentHeight."""
        del parameters
        return {"height": block_height(self._trading.now_ns)}

    def order_books(self, parameters: Parameters) -> Json:
        """GET orderBooks."""
        return {"order_books": [view.terms() for view in self._chosen(parameters)]}

    def order_book_details(self, parameters: Parameters) -> Json:
        """GET orderBookDetails."""
        details = [view.details() for view in self._chosen(parameters)]
        return {"order_book_details": details, "spot_order_book_details": []}

    def order_book_orders(self, parameters: Parameters) -> Json:
        """GET orderBookOrders."""
        return self._view(parameters).orders(parameters.limit(_MOST_BOOK))

    def recent_trades(self, parameters: Parameters) -> Json:
        """GET recentTrades: newest first."""
        history = self._view(parameters).history
        history.read()
        return {"trades": history.newest(parameters.limit(_MOST_TRADES))}

    def candles(self, parameters: Parameters) -> Json:
        """GET candles: times in milliseconds, at most 500, the newest of those asked for."""
        resolution = parameters.text("resolution")
        if resolution not in RESOLUTIONS:
            raise Refused(22402, "invalid resolution")
        first, last = parameters.number("start_timestamp"), parameters.number("end_timestamp")
        count = min(_MOST_CANDLES, parameters.optional_number("count_back") or _MOST_CANDLES)
        history = self._view(parameters).history
        history.read()
        found = [candle.view() for candle in history.candles(resolution) if first <= candle.start_ms <= last]
        return {"r": resolution, "c": found[-count:]}

    def fundings(self, parameters: Parameters) -> Json:
        """GET fundings: payments made; times in seconds, rates in percent an hour without sign."""
        resolution = parameters.text("resolution")
        if resolution not in _FUNDING_STEPS:
            raise Refused(22402, "invalid resolution")
        first, last = (_seconds(parameters.number(name)) for name in ("start_timestamp", "end_timestamp"))
        found = self._view(parameters).fundings(first, last, _FUNDING_STEPS[resolution])
        count = parameters.optional_number("count_back") or len(found)
        return {"resolution": resolution, "fundings": found[-count:] if found else []}

    def funding_rates(self, parameters: Parameters) -> Json:
        """GET funding-rates: estimates as fractions of 8 hours."""
        del parameters
        rates = [
            {"market_id": market_id, "exchange": "lighter", "symbol": view.market.ticker, "rate": view.funding_8h()}
            for market_id, view in self._views.items()
        ]
        return {"funding_rates": rates}

    def exchange_stats(self, parameters: Parameters) -> Json:
        """GET exchangeStats."""
        del parameters
        stats = [self._stats(view.details()) for view in self._views.values()]
        return {
            "total": len(stats),
            "order_book_stats": stats,
            "daily_usd_volume": sum(each["daily_quote_token_volume"] for each in stats),
            "daily_trades_count": sum(each["daily_trades_count"] for each in stats),
        }

    @staticmethod
    def _stats(details: Json) -> Json:
        names = (
            "symbol",
            "last_trade_price",
            "daily_trades_count",
            "daily_base_token_volume",
            "daily_quote_token_volume",
            "daily_price_change",
        )
        return {name: details[name] for name in names}

    def _chosen(self, parameters: Parameters) -> list[MarketView]:
        kind, market_id = parameters.optional_text("filter"), parameters.market_id()
        if kind not in _KINDS:
            raise invalid_param("filter")
        if market_id is not None:
            market_of(market_id)
        views = [view for key, view in self._views.items() if market_id in {None, key}]
        return [] if kind == "spot" else views

    def _view(self, parameters: Parameters) -> MarketView:
        return self._views[market_of(parameters.number("market_id")).market_id]


_A_MILLISECOND_TIME: Final = 100_000_000_000


def _seconds(timestamp: int) -> int:
    """Read a time given in seconds or milliseconds; clients send both."""
    return timestamp // 1000 if timestamp > _A_MILLISECOND_TIME else timestamp


__all__ = ["PublicRest"]
