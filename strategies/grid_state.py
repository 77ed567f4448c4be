"""What the grid remembers between steps and over a restart."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import msgspec

from helpers.errors import UserError
from strategies.base_strategy import Order

_ORDERS_REMEMBERED: Final = 30


class CycleState(Enum):
    """Where the cycle stands."""

    READY = "ready"
    WAITING_FOR_FILL = "waiting_for_fill"


class Lot(msgspec.Struct, omit_defaults=True):
    """What one entry filled, until its close has filled. A lot without a live close needs one."""

    quantity: Decimal
    """Left to close."""
    price: Decimal
    """What it was entered at, on average."""
    target: Decimal | None
    """Where its close rests, unless that would cross; None closes at market."""
    opened_ns: int
    refusals: int = 0
    """How often in a row the venue did not take its close."""
    due_ns: int = 0
    """Do not place its close before this."""
    lost_since_ns: int | None = None
    """Since when it has lost more than it may."""
    exit: str = ""
    """Why it is given up; empty while it waits for its profit."""
    reported: bool = False
    """Whether it was said that it waits too long."""

    @property
    def closes_at_market(self) -> bool:
        """Whether it goes to the market instead of waiting for its price."""
        return self.target is None or bool(self.exit)


class GridState(msgspec.Struct):
    """Everything the grid knows that the market does not tell."""

    cycle_state: CycleState = CycleState.READY
    next_number: int = 1
    """Number of the next entry; its close carries the same one."""
    last_open_ns: int | None = None
    """When the last entry ended."""
    closes_seen: int = 0
    """Closes at the last look."""
    is_free: bool = False
    """A close filled: the next entry need not wait for the end of the pause."""
    timing_factor: Decimal = Decimal(1)
    """By how much the present pause is varied."""
    entry_refusals: int = 0
    """Entries refused in a row."""
    entry_due_ns: int = 0
    """Send no entry before this."""
    lots: dict[str, Lot] = msgspec.field(default_factory=dict)
    """By the intent of their close, oldest first."""
    told: dict[str, tuple[Decimal, Decimal]] = msgspec.field(default_factory=dict)
    """Quantity and cost filled of the latest orders that are over, by client order id."""
    dust_quantity: Decimal = Decimal(0)
    """Filled, but less than an order may be: carried into the next lot."""
    dust_cost: Decimal = Decimal(0)
    next_guard_ns: int = 0
    next_recovery_ns: int = 0
    """Give no lot up for its age before this."""

    def newly_filled(self, order: Order) -> tuple[Decimal, Decimal] | None:
        """Give what of an order that is over was not told before; None where nothing about its end is new.

        An end can be told twice, and a fill can come after it.
        """
        quantity = order.filled_quantity
        cost = quantity * (order.average_price or Decimal(0))
        key = order.client_order_id
        if not key:
            return quantity, cost  # it was never sent, so nobody can tell of it again
        before = self.told.pop(key, None)
        self.told[key] = (quantity, cost)
        if len(self.told) > _ORDERS_REMEMBERED:
            del self.told[next(iter(self.told))]
        if before is None:
            return quantity, cost
        return (quantity - before[0], cost - before[1]) if quantity > before[0] else None

    def saw(self, intent: str) -> None:
        """Never use the number of this intent again."""
        number = number_of(intent)
        if number is not None:
            self.next_number = max(self.next_number, number + 1)

    def save(self) -> Mapping[str, Any]:
        """Give plain JSON values."""
        saved: dict[str, Any] = msgspec.to_builtins(self)
        return saved

    @classmethod
    def load(cls, saved: Mapping[str, Any]) -> GridState:
        """Take back what `save` gave.

        Raises:
            UserError: it was saved by something else.
        """
        try:
            return msgspec.convert(dict(saved), cls)
        except msgspec.ValidationError as error:
            raise UserError(
                f"the state that the earlier session saved cannot be read ({error})",
                "close what it left and choose a fresh --runs-dir",
            ) from error


def is_entry(intent: str) -> bool:
    """Whether this is an entry: "entry-7"."""
    return intent.startswith("entry-") and intent[6:].isdecimal()


def is_close(intent: str) -> bool:
    """Whether this is the close of a lot: "close-7"."""
    return intent.startswith("close-") and intent[6:].isdecimal()


def number_of(intent: str) -> int | None:
    """Read the number of an entry or a close; None for every other intent."""
    return int(intent[6:]) if is_entry(intent) or is_close(intent) else None
