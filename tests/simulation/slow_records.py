"""The nouns of the slow double: its terms, fills and replies, and an account's money in fractions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from helpers.enums import Liquidity, Side


class Terms(NamedTuple):
    """What the venue charges, allows and how long messages take."""

    entry_ns: int
    response_ns: int
    maker_fee: Decimal
    taker_fee: Decimal
    max_open_orders: int
    tick_size: Decimal
    quantity_step: Decimal
    depth_lots: tuple[int, ...]


class SlowFill(NamedTuple):
    """One execution."""

    account: str
    ticker: str
    key: str
    time_ns: int
    side: Side
    price: Fraction
    quantity: Fraction
    liquidity: Liquidity
    fee: Fraction


class SlowReply(NamedTuple):
    """An answer, when it is heard, and every reason for a refusal that holds."""

    heard_ns: int
    account: str
    what: str
    codes: frozenset[str]


class SlowAlarm(NamedTuple):
    """Which quotes wake a customer; prices in ticks, a missing bid counts as zero."""

    low: int | None
    high: int | None
    every: bool
    moved_from: tuple[int, int] | None
    """Wake when bid or ask is not this any more."""

    def rings(self, bid: int, ask: int) -> bool:
        """Say whether this quote wakes."""
        reached = (self.low is not None and bid <= self.low) or (self.high is not None and ask >= self.high)
        return self.every or reached or (self.moved_from is not None and self.moved_from != (bid, ask))


@dataclass
class Money:
    """The books of one account on one market."""

    lots: int = 0
    cost: Fraction = Fraction()
    """Of the open position, at average."""
    realised: Fraction = Fraction()
    fees: Fraction = Fraction()
    funding: Fraction = Fraction()

    def fill(self, sign: int, lots: int, unit_price: Fraction) -> None:
        """Book a fill; `unit_price` is what one lot costs."""
        closed = min(lots, max(0, -sign * self.lots))
        if closed:
            released = self.cost * closed / abs(self.lots)
            self.realised += -sign * closed * unit_price - released
            self.cost -= released
        self.cost += sign * (lots - closed) * unit_price
        self.lots += sign * lots
