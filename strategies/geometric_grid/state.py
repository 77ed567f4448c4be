"""What a geometric grid remembers between steps and over a restart."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Final

import msgspec

from strategies.base_strategy import Order, Side
from strategies.geometric_grid.ladder import Ladder
from strategies.pauses import BackOff

_ENTRY: Final = re.compile(r"entry-(-?\d+)")
_EXIT: Final = re.compile(r"exit-(-?\d+)")
_REMEMBERED: Final = 60
_ZERO: Final = Decimal(0)


def entry_intent(index: int) -> str:
    """Name the entry on a level."""
    return f"entry-{index}"


def exit_intent(index: int) -> str:
    """Name the exit of the lot that was entered on a level."""
    return f"exit-{index}"


def entry_level(intent: str) -> int | None:
    """Read the level of an entry; None for every other intent."""
    found = _ENTRY.fullmatch(intent)
    return int(found[1]) if found else None


def exit_level(intent: str) -> int | None:
    """Read the level of an exit; None for every other intent."""
    found = _EXIT.fullmatch(intent)
    return int(found[1]) if found else None


class Lot(msgspec.Struct, omit_defaults=True):
    """What an entry filled and no exit has taken back."""

    quantity: Decimal
    """Signed: positive was bought, negative was sold."""
    target: Decimal
    """Where its exit belongs: one level away. It stays there when the levels move."""
    pause: BackOff = msgspec.field(default_factory=BackOff)
    """When its exit may be placed again."""
    asked: tuple[Decimal, Decimal] | None = None
    """Price and quantity that an amend last asked for."""
    asked_due_ns: int = 0
    """Do not ask for the same before this."""

    @property
    def side(self) -> Side:
        """The side of its entry."""
        return Side.BUY if self.quantity > 0 else Side.SELL


class Counted(msgspec.Struct):
    """How much of each order was taken into the lots: news may come twice, late, or not at all."""

    filled: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """By client order id, the one that moved last at the end."""

    def knows(self, order: Order) -> bool:
        """Whether a fill of this order was counted."""
        return order.client_order_id in self.filled

    def news(self, order: Order) -> Decimal:
        """Give what an order filled since it was last counted."""
        before = self.filled.get(order.client_order_id, _ZERO)
        if not order.client_order_id or order.filled_quantity <= before:
            return _ZERO
        self.filled.pop(order.client_order_id, None)
        self.filled[order.client_order_id] = order.filled_quantity
        return order.filled_quantity - before

    def forget(self, live: Collection[str]) -> None:
        """Keep the live orders and the latest of those that are over."""
        over = [key for key in self.filled if key not in live]
        for key in over[:-_REMEMBERED]:
            del self.filled[key]


class GeometricState(msgspec.Struct):
    """Everything the grid knows that the market does not tell."""

    ladder: Ladder | None = None
    """None before the first look."""
    made_of: str = ""
    """The options that the levels were made of."""
    lots: dict[str, Lot] = msgspec.field(default_factory=dict)
    """By the intent of their exit. All of one sign: see lots.py."""
    left_at: Decimal | None = None
    """Where the latest exit filled: no entry follows there while no other level is nearer to the mid."""
    dust: Decimal = _ZERO
    """Signed: filled, less than an order may be, and carried into the next lot."""
    orphans: list[str] = msgspec.field(default_factory=list)
    """Exits that may live although their lot is gone: after a restart no lot is inferred from them."""
    outside: Decimal | None = None
    """Signed: the part of the position that is not this grid's; None before the first look at the position."""
    is_beyond: bool = False
    """Whether it was said that the market left the range, and it is not well inside again."""
    odd_since_ns: int = 0
    """Since when the position is not what it should be; 0 while it is."""
    pauses: dict[str, BackOff] = msgspec.field(default_factory=dict)
    """When an entry that was refused may be placed again, by intent."""
    withdrawn: list[str] = msgspec.field(default_factory=list)
    """Intents of the orders that we asked to cancel: their end is no refusal."""
    counted: Counted = msgspec.field(default_factory=Counted)
