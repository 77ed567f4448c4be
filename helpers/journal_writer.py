"""Where a session is written down, as its writers see it.

`Journal` keeps it in a file that survives the process: what a bot that trades needs.
`MemoryJournal` keeps it in memory: what a backtest needs, whose sessions nobody resumes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from helpers.journal_schema import SessionInfo
from helpers.models import Fill, FundingPayment, Order
from helpers.status import PnL


class JournalWriter(Protocol):
    """One session's account of itself. Every method raises JournalError if it cannot write."""

    @property
    def session(self) -> SessionInfo:
        """Which session this is."""
        ...

    @property
    def path(self) -> Path | None:
        """The file; None where there is none."""
        ...

    def intent(self, order: Order, exchange: str, reason: str) -> None:
        """Write down an order that is about to be sent; safe when this returns."""
        ...

    def order_update(self, order: Order, exchange: str | None = None) -> None:
        """Write down where an order stands; `exchange` None is the session's own venue."""
        ...

    def fill(self, fill: Fill, exchange: str) -> bool:
        """Write down an execution; False if this trade is written already."""
        ...

    def funding(self, payment: FundingPayment, exchange: str) -> bool:
        """Write down a funding payment; False if it is written already."""
        ...

    def decision(self, time_ns: int, action: str, message: str, order_intents: Sequence[str]) -> None:
        """Write down what the strategy decided, why, and the orders it concerns."""
        ...

    def event(self, time_ns: int, kind: str, text: str) -> None:
        """Write down something that is no decision."""
        ...

    def equity(
        self, time_ns: int, exchange: str, equity: Decimal | None, position: Decimal, mid: Decimal | None, pnl: PnL
    ) -> None:
        """Write down the account on one venue: money in quote, position signed in base units."""
        ...

    def strategy_state(self, time_ns: int, state: Mapping[str, Any]) -> None:
        """Replace what the strategy wants to find again after a restart."""
        ...

    def catch_up(self) -> None:
        """Write what was put off while something more urgent was done."""
        ...

    def flush(self) -> None:
        """Make safe what is written."""
        ...

    def close(self, time_ns: int, status: str, summary: Mapping[str, Any] | None = None) -> None:
        """End the session with a word for how it ended. May be called twice."""
        ...

    def abandon(self) -> None:
        """Let go as a killed process would."""
        ...

    def discard(self) -> None:
        """Leave nothing of a session whose start failed."""
        ...
