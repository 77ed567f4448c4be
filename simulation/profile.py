"""What tells one simulated venue from another: fees, delays, funding, limits."""

from __future__ import annotations

import random
from decimal import Decimal

import msgspec

from helpers.clock import NS_PER_S

_MS = 1_000_000


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Time one message takes: a fixed part and a random one, ns."""

    base_ns: int
    jitter_ns: int = 0
    """The random part is uniform between 0 and this."""

    def draw(self, rng: random.Random) -> int:
        """Give the time of one message."""
        return self.base_ns + (rng.randrange(self.jitter_ns + 1) if self.jitter_ns else 0)


class VenueProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a simulated venue. Defaults are those of `paper`, typical of today's perp DEXs."""

    currency: str = "USD"
    deposit: Decimal = Decimal(10_000)
    """What a new account holds."""
    maker_fee: Decimal = Decimal("0.00002")
    taker_fee: Decimal = Decimal("0.00025")
    liquidation_fee: Decimal = Decimal("0.005")
    """Fraction of notional, on top of the taker fee."""
    order_entry: Latency = Latency(base_ns=20 * _MS, jitter_ns=10 * _MS)
    """From us to the matching engine."""
    response: Latency = Latency(base_ns=15 * _MS, jitter_ns=10 * _MS)
    """From the matching engine to us: replies and account streams."""
    funding_interval_ns: int = 3600 * NS_PER_S
    max_open_orders: int = 200
