"""Short ways to write accounts over time and fills."""

from __future__ import annotations

from decimal import Decimal

from helpers.enums import Liquidity, Side
from helpers.memory_journal import KeptEquity
from helpers.models import Fill
from helpers.status import PnL

D = Decimal
START_NS = 1_767_225_600 * 1_000_000_000
S = 1_000_000_000
MINUTE = 60 * S
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def point(
    second: float,
    equity: str | None,
    *,
    earned: str = "0",
    position: str = "0",
    mid: str | None = "100",
    exchange: str = "paper",
) -> KeptEquity:
    """Give an account at a second of the run, with the profit made until then."""
    return KeptEquity(
        START_NS + round(second * S),
        exchange,
        None if equity is None else D(equity),
        D(position),
        None if mid is None else D(mid),
        PnL(realised=D(earned)),
    )


def fill(
    second: float,
    side: Side,
    price: str = "100",
    quantity: str = "1",
    *,
    liquidity: Liquidity = Liquidity.MAKER,
    fee: str = "0",
) -> Fill:
    """Give a fill at a second of the run."""
    return Fill(
        trade_id=f"t{second}",
        order_id="v",
        client_order_id="c",
        ticker="BTC",
        side=side,
        price=D(price),
        quantity=D(quantity),
        fee=D(fee),
        liquidity=liquidity,
        time_ns=START_NS + round(second * S),
    )
