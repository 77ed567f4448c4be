"""What the grid remembers between steps and over a restart."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec

from strategies.dust import Dust
from strategies.heard import Heard


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
    heard: Heard = msgspec.field(default_factory=Heard)
    """What was told of the latest orders that are over."""
    dust: Dust = msgspec.field(default_factory=Dust)
    """Filled, but less than an order may be: carried into the next lot."""
    next_guard_ns: int = 0
    next_recovery_ns: int = 0
    """Give no lot up for its age before this."""

    def saw(self, intent: str) -> None:
        """Never use the number of this intent again."""
        number = number_of(intent)
        if number is not None:
            self.next_number = max(self.next_number, number + 1)


def is_entry(intent: str) -> bool:
    """Whether this is an entry: "entry-7"."""
    return intent.startswith("entry-") and intent[6:].isdecimal()


def is_close(intent: str) -> bool:
    """Whether this is the close of a lot: "close-7"."""
    return intent.startswith("close-") and intent[6:].isdecimal()


def number_of(intent: str) -> int | None:
    """Read the number of an entry or a close; None for every other intent."""
    return int(intent[6:]) if is_entry(intent) or is_close(intent) else None
