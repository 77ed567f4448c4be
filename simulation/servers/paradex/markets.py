"""The simulated Paradex markets: metadata as the venue gives it, and how each of them moves.

BTC's figures are those of a recorded reply of September 2026; ticks and steps of ETH and SOL are
those of recorded books, the rest of theirs follows BTC.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from helpers.clock import NS_PER_S
from helpers.models import Market
from helpers.money import plain
from simulation.paper_markets import PaperMarket

_HOUR_NS: Final = 3600 * NS_PER_S
FUNDING_PERIOD_HOURS: Final = 8
"""What a published funding rate is per."""


class ParadexMarket(msgspec.Struct, frozen=True, kw_only=True):
    """One market's terms."""

    ticker: str
    tick_size: Decimal
    size_increment: Decimal
    min_notional: Decimal = Decimal(10)
    max_order_size: Decimal
    position_limit: Decimal
    max_open_orders: int = 150
    price_band: Decimal = Decimal("0.05")
    """Furthest from the mark price at which an order may take, as a fraction."""
    initial_margin: Decimal = Decimal("0.02")
    maintenance_factor: Decimal = Decimal("0.5")
    """Maintenance margin as a fraction of the initial one."""
    maker_fee: Decimal = Decimal(0)
    taker_fee: Decimal = Decimal("0.0002")
    opened_ms: int = 1_696_431_006_398
    start_price: Decimal
    annual_volatility: float
    touch_lots: int
    events_per_second: float
    first_seq: int
    """The order book's number when the venue opens."""

    @property
    def symbol(self) -> str:
        """The venue's name of it."""
        return f"{self.ticker}-USD-PERP"

    def spec(self) -> PaperMarket:
        """Say how it moves."""
        return PaperMarket(
            ticker=self.ticker,
            contract_id=self.symbol,
            tick_size=self.tick_size,
            quantity_step=self.size_increment,
            min_quantity=self.size_increment,
            min_notional=Decimal(0),  # in the venue's words: size x mark price, which the API looks at
            max_leverage=1 / self.initial_margin,
            maintenance_margin=self.initial_margin * self.maintenance_factor,
            start_price=self.start_price,
            annual_volatility=self.annual_volatility,
            touch_lots=self.touch_lots,
            events_per_second=self.events_per_second,
        )

    def market(self) -> Market:
        """Give the simulated venue's terms."""
        spec = self.spec()
        return Market(
            exchange="paradex",
            ticker=spec.ticker,
            contract_id=spec.contract_id,
            quote=spec.quote,
            tick_size=spec.tick_size,
            quantity_step=spec.quantity_step,
            min_quantity=spec.min_quantity,
            min_notional=spec.min_notional,
            maker_fee=self.maker_fee,
            taker_fee=self.taker_fee,
            max_leverage=spec.max_leverage,
            maintenance_margin=spec.maintenance_margin,
            max_open_orders=self.max_open_orders,
            funding_interval_ns=_HOUR_NS,
        )

    def view(self) -> dict[str, Any]:
        """Give it as GET /markets does."""
        fee = {"maker_fee": {"fee": plain(self.maker_fee)}, "taker_fee": {"fee": plain(self.taker_fee)}}
        free = {"maker_fee": {"fee": "0"}, "taker_fee": {"fee": "0"}}
        return {
            "symbol": self.symbol,
            "base_currency": self.ticker,
            "quote_currency": "USD",
            "settlement_currency": "USDC",
            "order_size_increment": plain(self.size_increment),
            "price_tick_size": plain(self.tick_size),
            "min_notional": plain(self.min_notional),
            "open_at": self.opened_ms,
            "expiry_at": 0,
            "asset_kind": "PERP",
            "market_kind": "cross",
            "position_limit": plain(self.position_limit),
            "price_bands_width": plain(self.price_band),
            "max_slippage": "0.001",
            "max_open_orders": self.max_open_orders,
            "max_funding_rate": "0.02",
            "delta1_cross_margin_params": {
                "imf_base": plain(self.initial_margin),
                "imf_shift": "0",
                "imf_factor": "0",
                "mmf_factor": plain(self.maintenance_factor),
            },
            "price_feed_id": "GVXRSBjFk6e6J3NbVPXohDJetcTjaeeuykUpbQF8UoMU",
            "oracle_ewma_factor": "0.12945779635696708",
            "max_order_size": plain(self.max_order_size),
            "max_funding_rate_change": "0.0002",
            "max_tob_spread": "0.01",
            "interest_rate": "0.0001",
            "clamp_rate": "0.0005",
            "funding_period_hours": FUNDING_PERIOD_HOURS,
            "funding_multiplier": 1,
            "tags": ["LAYER-1"],
            "fee_config": {"interactive_fee": free, "api_fee": fee, "rpi_fee": fee},
            "trading_mode": "STANDARD",
        }


_LISTED: Final = (
    ParadexMarket(
        ticker="BTC",
        tick_size=Decimal("0.1"),
        size_increment=Decimal("0.00001"),
        max_order_size=Decimal(100),
        position_limit=Decimal(300),
        start_price=Decimal(80_700),
        annual_volatility=0.50,
        touch_lots=40_000,
        events_per_second=2.0,
        first_seq=7_654_573_473,
    ),
    ParadexMarket(
        ticker="ETH",
        tick_size=Decimal("0.01"),
        size_increment=Decimal("0.0001"),
        max_order_size=Decimal(2_000),
        position_limit=Decimal(6_000),
        start_price=Decimal(2_500),
        annual_volatility=0.65,
        touch_lots=100_000,
        events_per_second=1.8,
        first_seq=8_106_617_644,
    ),
    ParadexMarket(
        ticker="SOL",
        tick_size=Decimal("0.001"),
        size_increment=Decimal("0.01"),
        max_order_size=Decimal(20_000),
        position_limit=Decimal(60_000),
        start_price=Decimal(103),
        annual_volatility=0.85,
        touch_lots=25_000,
        events_per_second=1.4,
        first_seq=6_182_946_936,
    ),
)

BY_SYMBOL: Final = {market.symbol: market for market in _LISTED}
BY_TICKER: Final = {market.ticker: market for market in _LISTED}

__all__ = ["BY_SYMBOL", "BY_TICKER", "FUNDING_PERIOD_HOURS", "ParadexMarket"]
