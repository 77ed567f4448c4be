"""What the ladder remembers between steps and over a restart, and the names of its orders."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import msgspec

from strategies.base_strategy import Order, OrderStatus, Side
from strategies.dust import Dust
from strategies.heard import Heard
from strategies.pauses import BackOff
from strategies.trend_ladder.trend import Trend

_ENTRY: Final = re.compile(r"entry-([0-9]+)")
_TAKE_PROFIT: Final = re.compile(r"(tp-([0-9]+)(?:-([0-9]+))?)(?:\.([0-9]+))?")
_ANSWERED: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})


class Lot(msgspec.Struct, omit_defaults=True):
    """Filled quantity that belongs to one take-profit, until that has filled."""

    quantity: Decimal
    """Left to close, before what its live take-profits have filled."""
    target: Decimal
    """Where it takes its profit."""
    generation: int = 1
    """Counts its take-profits: a replacement has the next number, so that both may live for a moment."""
    back_off: BackOff = msgspec.field(default_factory=BackOff)
    """Of placing its take-profit."""
    was_off: bool = False
    """Whether its take-profit was at a wrong price at the last look."""
    look_ns: int = 0
    """Look at the price of its take-profit again then."""
    requotes: int = 0
    """Replacements in a row."""
    requote_due_ns: int = 0
    """Do not replace it before this."""


class LadderState(msgspec.Struct):
    """Everything the ladder knows that the market does not tell."""

    side: Side = Side.BUY
    """How the lots were opened; without lots it means nothing."""
    next_number: int = 1
    """Number of the next entry; its take-profits carry the same one."""
    lots: dict[str, Lot] = msgspec.field(default_factory=dict)
    """By name, oldest first: "tp-7" for the first part of entry-7, "tp-7-2" for the second."""
    credit: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """What was known again from live take-profits and is perhaps still to be told as a fill, by number of the entry."""
    heard: Heard = msgspec.field(default_factory=Heard)
    dust: Dust = msgspec.field(default_factory=Dust)
    """Filled, but less than an order may be: carried into the next lot."""
    last_entry_ns: int | None = None
    """When an entry filled last."""
    is_free: bool = False
    """A take-profit filled: the next entry need not wait for the end of the pause."""
    entry_back_off: BackOff = msgspec.field(default_factory=BackOff)
    withdrawn: str = ""
    """The entry that was cancelled on purpose."""
    hindrance_told: str = ""
    """What was said last to stand in the way of entries; nothing since an entry went out."""
    odd: Decimal = Decimal(0)
    """Position less lots at the last look; 0 where they agree."""
    odd_since_ns: int = 0
    odd_told: bool = False
    """Whether it was said that nothing is done about it."""
    corrections: list[int] = msgspec.field(default_factory=list)
    """Times of the corrections of the last ten minutes, ns."""
    batch_ns: int = 0
    """When the latest batch of take-profits began to go out."""
    batch: int = 0
    trend: Trend = msgspec.field(default_factory=Trend)

    def new_number(self) -> int:
        """Give a number that was never used."""
        self.next_number += 1
        return self.next_number - 1

    def keep(self, side: Side, quantity: Decimal, target: Decimal, number: int) -> None:
        """Remember a lot of an entry, of the side of the others."""
        self.side = side
        part = 1 + max((_part_of(name) for name in self.lots if number_of(name) == number), default=0)
        self.lots[f"tp-{number}" if part == 1 else f"tp-{number}-{part}"] = Lot(quantity, target)

    def to_dust(self, lot: Lot, take_profit: Decimal) -> None:
        """Carry what is left of a lot, too little for an order, into the next one."""
        if lot.quantity > 0:
            self.dust.add(lot.quantity, lot.quantity * (lot.target - self.side.sign * take_profit))

    def saw(self, intent: str) -> None:
        """Never use the number of this order again."""
        if is_entry(intent) or is_take_profit(intent):
            self.next_number = max(self.next_number, number_of(intent) + 1)


def is_entry(intent: str) -> bool:
    """Whether this is an entry: "entry-7"."""
    return _ENTRY.fullmatch(intent) is not None


def is_take_profit(intent: str) -> bool:
    """Whether this is the take-profit of a lot: "tp-7", "tp-7-2", or a replacement of it, "tp-7.2", "tp-7-2.2"."""
    return _TAKE_PROFIT.fullmatch(intent) is not None


def number_of(intent: str) -> int:
    """Give the number of an entry, or of the entry that a take-profit closes."""
    match = _ENTRY.fullmatch(intent)
    return int(match[1]) if match is not None else int(_take_profit(intent)[2])


def lot_of(intent: str) -> str:
    """Name the lot of a take-profit: "tp-7" for "tp-7.2"."""
    return _take_profit(intent)[1]


def generation_of(intent: str) -> int:
    """Give which take-profit of its lot this is: 1 for "tp-7", 2 for "tp-7.2"."""
    return int(_take_profit(intent)[4] or 1)


def _part_of(name: str) -> int:
    return int(_take_profit(name)[3] or 1)


def intent_of(name: str, generation: int) -> str:
    """Name a take-profit of a lot."""
    return name if generation == 1 else f"{name}.{generation}"


def _take_profit(intent: str) -> re.Match[str]:
    match = _TAKE_PROFIT.fullmatch(intent)
    assert match is not None  # noqa: S101 - the caller knows what it is
    return match


def is_settled(order: Order) -> bool:
    """Whether it rests for certain and no cancel is on its way."""
    return order.status in _ANSWERED and not order.pending_cancel
