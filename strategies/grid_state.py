"""What the grid remembers between steps and over a restart."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec


class CycleState(Enum):
    """Where the cycle stands."""

    READY = "ready"
    WAITING_FOR_FILL = "waiting_for_fill"


class QueuedClose(msgspec.Struct, frozen=True):
    """A close that has to be placed."""

    quantity: Decimal
    price: Decimal | None
    """Limit before it is moved off the touch; None closes at market."""


class GridState(msgspec.Struct):
    """Everything the grid knows that the market does not tell."""

    cycle_state: CycleState = CycleState.READY
    next_number: int = 1
    """Number of the next entry; its close carries the same one."""
    last_open_ns: int | None = None
    """When the last entry ended."""
    closes_seen: int = 0
    """Resting closes at the last look."""
    queued: dict[str, QueuedClose] = msgspec.field(default_factory=dict)
    """Closes to place, by intent."""
    dust_quantity: Decimal = Decimal(0)
    """Filled, but less than an order may be: carried into the next close."""
    dust_cost: Decimal = Decimal(0)
    timing_factor: Decimal = Decimal(1)
    """By how much the present pause is varied."""
    rejects: int = 0
    """Refusals in a row."""
    retry_ns: int = 0
    """Send nothing new before this."""
    next_guard_ns: int = 0

    def save(self) -> Mapping[str, Any]:
        """Give plain JSON values."""
        saved: dict[str, Any] = msgspec.to_builtins(self)
        return saved

    @classmethod
    def load(cls, saved: Mapping[str, Any]) -> GridState:
        """Take back what `save` gave."""
        return msgspec.convert(dict(saved), cls)
