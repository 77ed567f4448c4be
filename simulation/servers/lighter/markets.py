"""Lighter's markets: ids, decimals, minimums and margins as the venue lists them, and how each moves here."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from helpers.clock import NS_PER_S
from helpers.models import Market
from simulation.paper_markets import PaperMarket
from simulation.profile import Latency, VenueProfile
from simulation.servers.lighter.errors import Refused
from simulation.servers.lighter.options import TERMS, LighterOptions
from simulation.servers.world import open_server_venue
from simulation.venue import SimulatedVenue

HOUR_NS: Final = 3600 * NS_PER_S
FRACTION: Final = 10_000
"""Margin fractions are in 1e-4."""
MAX_ORDERS_PER_MARKET: Final = 1_000
MAX_ORDERS: Final = 1_500
MIN_QUOTE: Final = Decimal(10)


class LighterMarket(msgspec.Struct, frozen=True, kw_only=True):
    """One market in the venue's terms."""

    market_id: int
    ticker: str
    price_decimals: int
    size_decimals: int
    min_base: Decimal
    default_margin: int
    """Initial margin fraction before anybody chose a leverage, 1e-4."""
    min_margin: int
    """Initial margin fraction at the highest leverage."""
    maintenance: int
    closeout: int
    temper: tuple[Decimal, float, Decimal, float]
    """Price at the start, volatility a year, quantity at the touch, events a second."""

    @property
    def tick_size(self) -> Decimal:
        """Step of prices."""
        return Decimal(1).scaleb(-self.price_decimals)

    @property
    def step(self) -> Decimal:
        """Step of sizes."""
        return Decimal(1).scaleb(-self.size_decimals)

    def price_text(self, price: Decimal) -> str:
        """Write a price."""
        return f"{price:.{self.price_decimals}f}"

    def size_text(self, size: Decimal) -> str:
        """Write a size."""
        return f"{size:.{self.size_decimals}f}"

    def price(self, ticks: int) -> Decimal:
        """Read a transaction's price."""
        return ticks * self.tick_size

    def size(self, lots: int) -> Decimal:
        """Read a transaction's base amount."""
        return lots * self.step


MARKETS: Final = (
    LighterMarket(
        market_id=0,
        ticker="ETH",
        price_decimals=2,
        size_decimals=4,
        min_base=Decimal("0.0050"),
        default_margin=500,
        min_margin=200,
        maintenance=120,
        closeout=80,
        temper=(Decimal(2_600), 0.65, Decimal(25), 1.8),
    ),
    LighterMarket(
        market_id=1,
        ticker="BTC",
        price_decimals=1,
        size_decimals=5,
        min_base=Decimal("0.00020"),
        default_margin=500,
        min_margin=200,
        maintenance=120,
        closeout=80,
        temper=(Decimal(62_000), 0.50, Decimal("1.5"), 2.0),
    ),
    LighterMarket(
        market_id=2,
        ticker="SOL",
        price_decimals=3,
        size_decimals=3,
        min_base=Decimal("0.050"),
        default_margin=1000,
        min_margin=400,
        maintenance=240,
        closeout=160,
        temper=(Decimal(150), 0.85, Decimal(300), 1.4),
    ),
    LighterMarket(
        market_id=24,
        ticker="HYPE",
        price_decimals=4,
        size_decimals=2,
        min_base=Decimal("0.50"),
        default_margin=1000,
        min_margin=1000,
        maintenance=600,
        closeout=400,
        temper=(Decimal(32), 0.95, Decimal(900), 1.2),
    ),
)
BY_ID: Final = {market.market_id: market for market in MARKETS}
BY_TICKER: Final = {market.ticker: market for market in MARKETS}


def market_of(market_id: int) -> LighterMarket:
    """Find a market by the venue's id.

    Raises:
        Refused: there is none.
    """
    market = BY_ID.get(market_id)
    if market is None:
        raise Refused(21602, "invalid market index")
    return market


def open_venue(options: LighterOptions) -> SimulatedVenue:
    """Open the venue; the desk acts at once, for the protocol itself brings all delays."""
    terms = TERMS[options.tier]
    at_once = Latency(base_ns=0)
    profile = VenueProfile(
        currency="USDC",
        maker_fee=terms.maker_fee,
        taker_fee=terms.taker_fee,
        liquidation_fee=Decimal("0.01"),
        order_entry=at_once,
        response=at_once,
        max_open_orders=MAX_ORDERS_PER_MARKET,
    )
    specs = {market.ticker: _spec(market) for market in MARKETS}
    listed = {market.ticker: _listed(market, profile) for market in MARKETS}
    return open_server_venue("lighter", specs, listed, profile, options)


def _spec(market: LighterMarket) -> PaperMarket:
    start_price, volatility, touch, events = market.temper
    return PaperMarket(
        ticker=market.ticker,
        contract_id=str(market.market_id),
        quote="USDC",
        tick_size=market.tick_size,
        quantity_step=market.step,
        min_quantity=market.min_base,
        max_leverage=Decimal(FRACTION) / market.min_margin,
        maintenance_margin=Decimal(market.maintenance) / FRACTION,
        start_price=start_price,
        annual_volatility=volatility,
        touch_lots=int(touch / market.step),
        events_per_second=events,
    )


def _listed(market: LighterMarket, profile: VenueProfile) -> Market:
    return Market(
        exchange="lighter",
        ticker=market.ticker,
        contract_id=str(market.market_id),
        quote="USDC",
        tick_size=market.tick_size,
        quantity_step=market.step,
        min_quantity=market.min_base,
        min_notional=MIN_QUOTE,
        maker_fee=profile.maker_fee,
        taker_fee=profile.taker_fee,
        max_leverage=Decimal(FRACTION) / market.min_margin,
        maintenance_margin=Decimal(market.maintenance) / FRACTION,
        max_open_orders=MAX_ORDERS_PER_MARKET,
        funding_interval_ns=HOUR_NS,
    )


__all__ = [
    "BY_ID",
    "BY_TICKER",
    "FRACTION",
    "HOUR_NS",
    "MARKETS",
    "MAX_ORDERS",
    "MAX_ORDERS_PER_MARKET",
    "MIN_QUOTE",
    "LighterMarket",
    "market_of",
    "open_venue",
]
