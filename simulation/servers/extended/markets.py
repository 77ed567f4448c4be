"""Extended's markets as its metadata gives them: steps, limits, settlement ids, and how the simulated ones move.

BTC is as the live venue lists it. ETH's and SOL's settlement ids are the live ones; their order
limits follow BTC's and were not seen live.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from helpers.models import Market
from simulation.paper_markets import PaperMarket
from simulation.profile import Latency, VenueProfile

_MS: Final = 1_000_000
_HOUR_NS: Final = 3_600_000_000_000

COLLATERAL_ID: Final = "0x1"
COLLATERAL_RESOLUTION: Final = 1_000_000
MAX_ORDERS: Final = 200
MAKER_FEE: Final = Decimal(0)
TAKER_FEE: Final = Decimal("0.00025")
PRICE_BAND: Final = Decimal("0.05")
"""How far beyond the mark price a buy may go up, or a sell down; the same for limit and market orders."""

ENTRY: Final = Latency(base_ns=12 * _MS, jitter_ns=6 * _MS)
"""From the REST gateway to the matching engine: the answer to a placement does not wait for it."""
PROFILE: Final = VenueProfile(
    currency="USD",
    maker_fee=MAKER_FEE,
    taker_fee=TAKER_FEE,
    order_entry=Latency(base_ns=0),
    response=Latency(base_ns=8 * _MS, jitter_ns=6 * _MS),
    funding_interval_ns=_HOUR_NS,
    max_open_orders=MAX_ORDERS,
)


class ExtendedMarket(msgspec.Struct, frozen=True, kw_only=True):
    """One market: the venue's own terms, and how it moves."""

    spec: PaperMarket
    asset_precision: int
    """Decimals of a quantity, at most."""
    synthetic_id: str
    synthetic_resolution: int
    """Settlement units in one unit of the base asset."""
    max_market_value: Decimal
    max_limit_value: Decimal
    max_position_value: Decimal
    first_tier: Decimal
    """Position value up to which the full leverage is allowed."""

    @property
    def ticker(self) -> str:
        """The base asset."""
        return self.spec.ticker

    @property
    def name(self) -> str:
        """The venue's name of the market."""
        return self.spec.contract_id

    @property
    def terms(self) -> Market:
        """The terms as the simulated venue wants them."""
        spec = self.spec
        return Market(
            exchange="extended",
            ticker=spec.ticker,
            contract_id=spec.contract_id,
            quote=spec.quote,
            tick_size=spec.tick_size,
            quantity_step=spec.quantity_step,
            min_quantity=spec.min_quantity,
            min_notional=spec.min_notional,
            maker_fee=MAKER_FEE,
            taker_fee=TAKER_FEE,
            max_leverage=spec.max_leverage,
            maintenance_margin=spec.maintenance_margin,
            max_open_orders=MAX_ORDERS,
            funding_interval_ns=_HOUR_NS,
        )


MARKETS: Final[Sequence[ExtendedMarket]] = (
    ExtendedMarket(
        spec=PaperMarket(
            ticker="BTC",
            contract_id="BTC-USD",
            tick_size=Decimal(1),
            quantity_step=Decimal("0.00001"),
            min_quantity=Decimal("0.0001"),
            min_notional=Decimal(0),
            max_leverage=Decimal(50),
            maintenance_margin=Decimal("0.01"),
            start_price=Decimal(84_000),
            annual_volatility=0.50,
            touch_lots=100_000,
            events_per_second=2.0,
        ),
        asset_precision=5,
        synthetic_id="0x4254432d3600000000000000000000",
        synthetic_resolution=1_000_000,
        max_market_value=Decimal(3_000_000),
        max_limit_value=Decimal(15_000_000),
        max_position_value=Decimal(60_000_000),
        first_tier=Decimal(4_000_000),
    ),
    ExtendedMarket(
        spec=PaperMarket(
            ticker="ETH",
            contract_id="ETH-USD",
            tick_size=Decimal("0.1"),
            quantity_step=Decimal("0.001"),
            min_quantity=Decimal("0.01"),
            min_notional=Decimal(0),
            max_leverage=Decimal(50),
            maintenance_margin=Decimal("0.01"),
            start_price=Decimal(2_700),
            annual_volatility=0.65,
            touch_lots=20_000,
            events_per_second=1.8,
        ),
        asset_precision=4,
        synthetic_id="0x4554482d3400000000000000000000",
        synthetic_resolution=10_000,
        max_market_value=Decimal(2_000_000),
        max_limit_value=Decimal(10_000_000),
        max_position_value=Decimal(40_000_000),
        first_tier=Decimal(3_000_000),
    ),
    ExtendedMarket(
        spec=PaperMarket(
            ticker="SOL",
            contract_id="SOL-USD",
            tick_size=Decimal("0.01"),
            quantity_step=Decimal("0.01"),
            min_quantity=Decimal("0.1"),
            min_notional=Decimal(0),
            max_leverage=Decimal(50),
            maintenance_margin=Decimal("0.01"),
            start_price=Decimal(150),
            annual_volatility=0.85,
            touch_lots=20_000,
            events_per_second=1.4,
        ),
        asset_precision=3,
        synthetic_id="0x534f4c2d3300000000000000000000",
        synthetic_resolution=1_000,
        max_market_value=Decimal(1_000_000),
        max_limit_value=Decimal(5_000_000),
        max_position_value=Decimal(20_000_000),
        first_tier=Decimal(1_500_000),
    ),
)

BY_NAME: Final = {market.name: market for market in MARKETS}
BY_TICKER: Final = {market.ticker: market for market in MARKETS}

__all__ = [
    "BY_NAME",
    "BY_TICKER",
    "COLLATERAL_ID",
    "COLLATERAL_RESOLUTION",
    "ENTRY",
    "MAKER_FEE",
    "MARKETS",
    "MAX_ORDERS",
    "PRICE_BAND",
    "PROFILE",
    "TAKER_FEE",
    "ExtendedMarket",
]
