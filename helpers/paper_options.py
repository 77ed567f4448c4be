"""The terms of the simulated venue that a person may set: money, fees, delays.

They concern simulated fills only: on the venue inside the process, or on a real one's market with
--paper, where fees are the real venue's unless they are set here. Real orders have terms of their own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.durations import DurationNs
from helpers.params import Params, param

_LONGEST_NS: Final = 3_600_000_000_000


class PaperOptions(Params):
    """What an account with simulated fills starts with, pays and waits for."""

    deposit: Decimal = param(
        Decimal(10_000), help="Money an account starts with.", unit="quote", gt=0, le=Decimal(10**12)
    )
    maker_fee: Decimal = param(
        Decimal("0.002"),
        help="Fee of fills that rested; negative is a rebate. With --paper the venue's own, if not given.",
        unit="%",
        ge=-10,
        le=10,
    )
    taker_fee: Decimal = param(
        Decimal("0.025"),
        help="Fee of fills that took. With --paper the venue's own, if not given.",
        unit="%",
        ge=-10,
        le=10,
    )
    order_latency: DurationNs = param("20ms", help="Least time from us to the matching engine.", ge=0, le=_LONGEST_NS)
    response_latency: DurationNs = param(
        "15ms", help="Least time from the matching engine to us.", ge=0, le=_LONGEST_NS
    )
    latency_jitter: DurationNs = param(
        "10ms", help="Each latency is longer by a random time between 0 and this.", ge=0, le=_LONGEST_NS
    )
