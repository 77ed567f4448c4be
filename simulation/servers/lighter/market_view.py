"""Markets as the venue describes them: terms, books, statistics, funding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from simulation.servers.lighter.history import History
from simulation.servers.lighter.markets import HOUR_NS, LighterMarket
from simulation.servers.lighter.trade_file import OTHERS_ACCOUNT
from simulation.servers.lighter.wire_orders import FIRST_ORDER_INDEX
from simulation.venue import SimulatedVenue

_QUOTE_LIMIT: Final = "281474976.710655"
_INTEREST_LIMIT: Final = "72057594037927936.000000"
_EIGHT_HOURS: Final = 8
_CLAMPS: Final = {"funding_clamp_small": "0.0500", "funding_clamp_big": "4.0000", "base_interest_rate": "0.0100"}
"""Percent."""
_OPEN_INTEREST: Final = Decimal(100_000_000)
"""USD; nobody else's positions are simulated."""


class MarketView:
    """Describes one market."""

    def __init__(self, venue: SimulatedVenue, market: LighterMarket, history: History) -> None:
        """Read the venue."""
        self.market = market
        self.history = history
        self._venue = venue
        self._listed = venue.core.market(market.ticker)
        self._start_ns = venue.core.now_ns

    def mark(self) -> Decimal:
        """Give the mark price on the grid."""
        return (self._listed.mark_price() or self.market.temper[0]).quantize(self.market.tick_size)

    def terms(self) -> dict[str, Any]:
        """Describe the market as orderBooks does."""
        market = self.market
        return {
            "symbol": market.ticker,
            "market_id": market.market_id,
            "market_type": "perp",
            "base_asset_id": 0,
            "quote_asset_id": 0,
            "status": "active",
            "taker_fee": "0.0000",
            "is_taker_fee_enabled": True,
            "maker_fee": "0.0000",
            "is_maker_fee_enabled": True,
            "liquidation_fee": "1.0000",
            "min_base_amount": market.size_text(market.min_base),
            "min_quote_amount": "10.000000",
            "order_quote_limit": _QUOTE_LIMIT,
            "supported_size_decimals": market.size_decimals,
            "supported_price_decimals": market.price_decimals,
            "supported_quote_decimals": 6,
            "multiplier": "1",
            "created_at": "0",
        }

    def details(self) -> dict[str, Any]:
        """Describe the market as orderBookDetails does."""
        self.history.read()
        market, mark = self.market, self.mark()
        text = market.price_text(mark)
        return {
            **self.terms(),
            "size_decimals": market.size_decimals,
            "price_decimals": market.price_decimals,
            "quote_multiplier": 1,
            "default_initial_margin_fraction": market.default_margin,
            "min_initial_margin_fraction": market.min_margin,
            "maintenance_margin_fraction": market.maintenance,
            "closeout_margin_fraction": market.closeout,
            "last_trade_price": float(self._last_price()),
            "daily_trades_count": self._daily()[0],
            **self._daily()[1],
            "open_interest": float(_OPEN_INTEREST / mark),
            "daily_chart": {},
            "market_config": {
                "market_margin_mode": 0,
                "insurance_fund_account_index": 281474976710655,
                "liquidation_mode": 0,
                "force_reduce_only": False,
                "trading_hours": "",
                "funding_fee_discounts_enabled": False,
                "hidden": False,
                "rfq_enabled": False,
            },
            "strategy_index": 2,
            "mark_price": text,
            "index_price": text,
            **_CLAMPS,
        }

    def stats(self) -> dict[str, Any]:
        """Give the figures of market_stats; funding in percent an hour."""
        self.history.read()
        text = self.market.price_text(self.mark())
        now_ns = self._venue.core.now_ns
        funding = self._listed.funding
        last_ns = now_ns // HOUR_NS * HOUR_NS
        return {
            "symbol": self.market.ticker,
            "market_id": self.market.market_id,
            "index_price": text,
            "mark_price": text,
            "mid_price": text,
            "last_trade_price": self.market.price_text(self._last_price()),
            "open_interest": f"{_OPEN_INTEREST:.6f}",
            "open_interest_limit": _INTEREST_LIMIT,
            "current_funding_rate": _percent(funding.rate(funding.next_ns(now_ns))),
            "funding_rate": _percent(funding.rate(last_ns)),
            "funding_timestamp": last_ns // 1_000_000,
            **_CLAMPS,
            **self._daily()[1],
        }

    def orders(self, limit: int) -> dict[str, Any]:
        """List the orders of the book, best first; each level is one order of somebody."""
        book = self._listed.book(limit)
        asks = [self._order(level.price, level.quantity, is_ask=True) for level in book.asks]
        bids = [self._order(level.price, level.quantity, is_ask=False) for level in book.bids]
        return {"total_asks": len(asks), "asks": asks, "total_bids": len(bids), "bids": bids}

    def funding_8h(self) -> float:
        """Give the rate of the next payment as a fraction of 8 hours."""
        funding = self._listed.funding
        return float(funding.rate(funding.next_ns(self._venue.core.now_ns)) * _EIGHT_HOURS)

    def fundings(self, first_s: int, last_s: int, step_hours: int) -> list[dict[str, Any]]:
        """List payments made, oldest first; the mean of so many hours each."""
        now_ns, found = self._venue.core.now_ns, []
        hour_ns = (self._start_ns // HOUR_NS + 1) * HOUR_NS
        rates = []
        while hour_ns <= now_ns:
            rates.append(self._listed.funding.rate(hour_ns))
            if hour_ns // HOUR_NS % step_hours == 0:
                mean, rates = sum(rates, Decimal(0)) / len(rates), []
                if first_s <= hour_ns // 1_000_000_000 <= last_s:
                    found.append(self._funding(hour_ns, mean))
            hour_ns += HOUR_NS
        return found

    def _funding(self, time_ns: int, rate: Decimal) -> dict[str, Any]:
        return {
            "timestamp": time_ns // 1_000_000_000,
            "value": f"{abs(rate) * self.mark():.8f}",
            "rate": _percent(abs(rate)),
            "direction": "long" if rate >= 0 else "short",
        }

    def _order(self, price: Decimal, size: Decimal, *, is_ask: bool) -> dict[str, Any]:
        first = (self.market.market_id + (1 if is_ask else 2)) * FIRST_ORDER_INDEX
        ticks = int(price / self.market.tick_size)
        index = first + ticks if is_ask else first - ticks
        text = self.market.size_text(size)
        return {
            "order_index": index,
            "order_id": str(index),
            "owner_account_index": OTHERS_ACCOUNT,
            "initial_base_amount": text,
            "remaining_base_amount": text,
            "price": self.market.price_text(price),
            "order_expiry": self._venue.core.now_ns // 1_000_000 + 28 * 86_400_000,
            "transaction_time": 0,
        }

    def _last_price(self) -> Decimal:
        return Decimal(self.history.trades[-1]["price"]) if self.history.trades else self.mark()

    def _daily(self) -> tuple[int, dict[str, float]]:
        day = self.history.day()
        price = float(self.mark())
        if day is None:
            return 0, _figures(0.0, 0.0, price, price, 0.0)
        change = (day.close / day.open - 1) * 100
        return day.trades, _figures(day.base, day.quote, day.low, day.high, change)


def _figures(base: float, quote: float, low: float, high: float, change: float) -> dict[str, float]:
    return {
        "daily_base_token_volume": base,
        "daily_quote_token_volume": quote,
        "daily_price_low": low,
        "daily_price_high": high,
        "daily_price_change": change,
    }


def _percent(rate: Decimal) -> str:
    return f"{rate * 100:.4f}"


__all__ = ["MarketView"]
