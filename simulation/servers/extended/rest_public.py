"""The public REST answers: markets, books, trades, candles, funding, assets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulation.servers.extended.answers import Code, Refused
from simulation.servers.extended.market_terms import metadata
from simulation.servers.extended.market_watch import MarketWatch, is_interval
from simulation.servers.extended.markets import COLLATERAL_ID, COLLATERAL_RESOLUTION, MARKETS
from simulation.servers.extended.order_rules import TradingMode, find_market
from simulation.servers.extended.routes import Call, Route, table
from simulation.servers.extended.stream_v1 import CANDLE_KINDS

_ALL_TIME_MS = 10**15
_USUAL_CANDLES = 100


class PublicAnswers:
    """Answers from the markets alone."""

    def __init__(self, watches: Mapping[str, MarketWatch], mode: Callable[[], TradingMode]) -> None:
        """Answer for these markets, by the venue's names."""
        self._watches = watches
        self._mode = mode

    def routes(self) -> list[Route]:
        """List what is answered here."""
        return table(
            False,
            {
                "GET info/markets": self._markets,
                "GET info/markets/*/stats": lambda call: self._watch(call).stats(),
                "GET info/markets/*/orderbook": lambda call: self._watch(call).orderbook(),
                "GET info/markets/*/trades": self._trades,
                "GET info/candles/*/*": self._candles,
                "GET info/*/funding": self._funding,
                "GET info/*/open-interests": self._open_interests,
                "GET info/assets": self._assets,
                "GET info/settings": lambda _: {"starkExContractAddress": COLLATERAL_ID},
            },
        )

    def _watch(self, call: Call) -> MarketWatch:
        return self._watches[find_market(call.words[0]).name]

    def _markets(self, call: Call) -> list[dict[str, Any]]:
        wanted = call.markets()
        status = "REDUCE_ONLY" if self._mode() is TradingMode.REDUCE_ONLY else "ACTIVE"
        return [metadata(watch, status) for name, watch in self._watches.items() if wanted is None or name in wanted]

    def _open_interests(self, call: Call) -> list[dict[str, Any]]:
        self._watch(call)
        return []  # nobody else trades here

    def _trades(self, call: Call) -> list[dict[str, Any]]:
        watch = self._watch(call)
        watch.follow()
        return watch.last_trades(50, with_untold=True)[::-1]

    def _candles(self, call: Call) -> list[dict[str, Any]]:
        watch, kind, interval = self._watch(call), CANDLE_KINDS.get(call.words[1]), call.text("interval") or ""
        if kind is None:
            raise Refused(Code.NOT_FOUND)
        if not is_interval(interval):
            raise Refused(Code.INTERVAL)
        watch.follow()
        end, limit = call.whole("endTime", _ALL_TIME_MS), call.whole("limit", _USUAL_CANDLES)
        rows = watch.candles(interval, with_volume=kind == "last")
        return [row for row in rows if row["T"] <= end][:limit]

    def _funding(self, call: Call) -> list[dict[str, Any]]:
        watch = self._watch(call)
        return list(watch.funding_between(call.whole("startTime"), call.whole("endTime", _ALL_TIME_MS)))

    def _assets(self, call: Call) -> list[dict[str, Any]]:
        wanted = call.text("type")
        bases = (
            _asset(number, market.ticker, market.asset_precision, market.synthetic_id, market.synthetic_resolution)
            for number, market in enumerate(MARKETS, start=2)
        )
        rows = [_asset(1, "USD", 6, COLLATERAL_ID, COLLATERAL_RESOLUTION), *bases]
        return [row for row in rows if wanted in {None, row["type"]}]


def _asset(number: int, name: str, precision: int, asset_id: str, resolution: int) -> dict[str, Any]:
    is_collateral = name == "USD"
    return {
        "id": number,
        "name": name,
        "symbol": name,
        "precision": precision,
        "isActive": True,
        "isCollateral": is_collateral,
        "starkexId": asset_id,
        "starkexResolution": resolution,
        "l1Id": asset_id,
        "l1Resolution": resolution,
        "version": 1,
        "type": "SPOT" if is_collateral else "PERPETUAL",
        "canBeUsedAsCollateral": is_collateral,
    }


__all__ = ["PublicAnswers"]
