"""What can be chosen of the Lighter simulator, and what the venue grants each kind of account."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum
from typing import Final

import msgspec

from simulation.profile import Latency
from simulation.servers.world import ServerOptions

_MS: Final = 1_000_000


class Tier(IntEnum):
    """Kinds of accounts; the numbers are the venue's `account_type`."""

    STANDARD = 0
    PREMIUM = 1
    PLUS = 2


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of account pays, waits and may send."""

    name: str
    maker_fee: Decimal
    """Fraction of notional."""
    taker_fee: Decimal
    maker_delay: Latency
    """Speed bump of resting orders, changes and cancels."""
    taker_delay: Latency
    weight_per_minute: int
    is_weighted: bool
    """False: every request weighs one."""
    sends_per_minute: int
    has_quota: bool
    """Whether orders use up volume quota."""


TERMS: Final = {
    Tier.STANDARD: Terms(
        name="standard",
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
        maker_delay=Latency(base_ns=200 * _MS),
        taker_delay=Latency(base_ns=300 * _MS),
        weight_per_minute=60,
        is_weighted=False,
        sends_per_minute=60,
        has_quota=False,
    ),
    Tier.PREMIUM: Terms(
        name="premium",
        maker_fee=Decimal("0.00004"),
        taker_fee=Decimal("0.00028"),
        maker_delay=Latency(base_ns=0),
        taker_delay=Latency(base_ns=140 * _MS, jitter_ns=60 * _MS),
        weight_per_minute=24_000,
        is_weighted=True,
        sends_per_minute=4_000,
        has_quota=True,
    ),
    Tier.PLUS: Terms(
        name="plus",
        maker_fee=Decimal("0.00005"),
        taker_fee=Decimal("0.00005"),
        maker_delay=Latency(base_ns=200 * _MS),
        taker_delay=Latency(base_ns=300 * _MS),
        weight_per_minute=120_000,
        is_weighted=True,
        sends_per_minute=8_000,
        has_quota=True,
    ),
}

WEIGHTS: Final = {
    "nextNonce": 6,
    "accountInactiveOrders": 100,
    "apikeys": 150,
    "transferFeeInfo": 500,
    "trades": 600,
    "recentTrades": 600,
    "changeAccountTier": 3000,
}
"""Of REST calls; all others weigh OTHER_WEIGHT. Transactions have a bucket of their own."""
OTHER_WEIGHT: Final = 300


class LighterOptions(ServerOptions, frozen=True, kw_only=True):
    """Options of this simulator beyond those of all."""

    tier: Tier = Tier.PREMIUM
    chain_id: int = 304
    """What transactions are signed for: 304 is mainnet, and what the SDK takes for an unknown host."""
    account_index: int | None = None
    """None takes one from the seed."""
    api_key_index: int = 5
    signature_sample: int = 10
    """Check the signature of a key's first transaction and of every so many after it; hashes are always made."""
    limits: bool = True
    """Whether requests and messages are counted against the venue's limits."""
    sends_per_minute: int | None = None
    """Transactions; None is what the tier grants. Staking raises it up to 40,000."""
    volume_quota: int = 1_000_000
    """With which a premium or plus account begins; a new account of the real venue has 1,000."""
    checks_deadline: bool = True
    """Whether a transaction past its ExpiredAt is refused. The SDK sets it by the wall clock: in a
    rehearsal that outruns the wall clock it says nothing."""
    loses_bad_reduce_only: bool = False
    """Whether a reduce-only order that came to open something vanishes without any report, as is told of the venue."""
    gateway: Latency = Latency(base_ns=2 * _MS, jitter_ns=3 * _MS)
    """Before the API's answer to a transaction."""
    sequencer: Latency = Latency(base_ns=3 * _MS, jitter_ns=4 * _MS)
    """From the API to the sequencer, before any speed bump."""
    streams: Latency = Latency(base_ns=4 * _MS, jitter_ns=4 * _MS)
    """From the sequencer to account streams."""
    shutdown_every_s: float | None = None
    """Announce and close all streams so often, as deployments do."""


def as_lighter(options: ServerOptions) -> LighterOptions:
    """Fill up options that are not this venue's own with the defaults."""
    if isinstance(options, LighterOptions):
        return options
    return LighterOptions(**msgspec.structs.asdict(options))


__all__ = ["OTHER_WEIGHT", "TERMS", "WEIGHTS", "LighterOptions", "Terms", "Tier", "as_lighter"]
