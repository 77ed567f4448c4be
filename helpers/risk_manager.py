"""The risk manager: reviews what a strategy wants before anything is sent, and watches the account.

It runs on every venue. A figure that a venue does not give is unknown, and unknown refuses
whatever increases risk. Only reduce-only orders count as reducing risk; they pass every limit
and still have to be valid orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from helpers.decisions import AmendParams, OrderParams
from helpers.models import MarketData, Position
from helpers.risk_limits import RiskLimits
from helpers.risk_review import NOTHING_ASKED, Refusal, Review, Reviewer, Trim
from helpers.risk_watch import AccountWatch, KillSwitch, RiskAction, RiskVerdict

__all__ = [
    "Refusal",
    "Review",
    "RiskAction",
    "RiskLimits",
    "RiskManager",
    "RiskVerdict",
    "Trim",
]


class RiskManager:
    """The one gate between deciding and doing."""

    def __init__(self, limits: RiskLimits) -> None:
        """Take the limits; until a start value is set nothing may increase risk."""
        self.limits: Final = limits
        self._account = AccountWatch(limits)
        self._reviewer = Reviewer(limits)
        self._kill_switch = KillSwitch(limits.kill_switch)

    @property
    def peak_equity(self) -> Decimal | None:
        """The highest equity seen; None before the first."""
        return self._account.peak_equity

    @property
    def drawdown(self) -> Decimal:
        """The deepest fall of equity below its earlier peak, in quote, >= 0."""
        return self._account.drawdown

    @property
    def halted(self) -> str:
        """Why the bot was stopped for good; empty while it was not."""
        return "" if self._account.latched is None else self._account.latched.reason

    def initialize(self, equity: Decimal | None, now_ns: int) -> None:
        """Start watching; with unknown equity, increasing orders stay refused until `set_start`."""
        self._account.begin(now_ns)
        if equity is not None:
            self._account.set_start(equity, now_ns)

    def set_start(self, equity: Decimal, now_ns: int) -> None:
        """Set the equity that losses are measured against."""
        self._account.set_start(equity, now_ns)

    def record_order_failure(self, now_ns: int) -> None:
        """Count an order that failed."""
        self._account.record_failure(now_ns)

    def record_order_success(self) -> None:
        """End the row of failures."""
        self._account.record_success()

    def watch(
        self,
        equity: Decimal | None,
        positions: Sequence[Position],
        now_ns: int,
        book_time_ns: int | None,
    ) -> RiskVerdict:
        """Look at the account, and whether the kill switch is there.

        Args:
            equity: of all venues of the bot together, in quote; None while unknown.
            positions: open positions with mark prices where known.
            now_ns: this moment.
            book_time_ns: time of the newest book; None before the first.
        """
        return self._account.look(equity, positions, now_ns, book_time_ns, kill_switch=self._kill_switch.is_present())

    def review(
        self,
        orders: Sequence[OrderParams],
        amends: Sequence[AmendParams],
        data: MarketData,
        *,
        stopping: bool = False,
    ) -> Review:
        """Decide what may be sent to one venue: approve, trim or refuse, amends first as they go out first.

        Args:
            orders: new orders for this venue.
            amends: changes of its live orders.
            data: this venue's market at this moment.
            stopping: the bot is shutting down.
        """
        if not orders and not amends:
            return NOTHING_ASKED
        return self._reviewer.review(orders, amends, data, self._closed(stopping=stopping))

    def _closed(self, *, stopping: bool) -> str | None:
        if self._account.latched is not None:
            return f"the bot was stopped ({self._account.latched.reason}): nothing may increase risk"
        if stopping:
            return "the bot is stopping: nothing may increase risk"
        if self._account.start is None:
            return "the equity at the start is unknown: nothing may increase risk"
        return None
