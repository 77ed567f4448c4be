"""What the parts of a strategy want from one step, added up; and what would change their mind, added up to a Wake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from strategies.base_strategy import AmendParams, OrderParams, Side, StrategyAction, StrategyResult, Wake


@dataclass(slots=True)
class Plan:
    """Cancels, amends, orders and their reasons."""

    cancels: list[str] = field(default_factory=list)
    amends: list[AmendParams] = field(default_factory=list)
    orders: list[OrderParams] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def cancel(self, intent: str, reason: str) -> None:
        """Cancel an order."""
        self.cancels.append(intent)
        self.reasons.append(reason)

    def amend(self, intent: str, price: Decimal, quantity: Decimal, reason: str) -> None:
        """Change the price and the total quantity of an order."""
        self.amends.append(AmendParams(intent=intent, price=price, quantity=quantity))
        self.reasons.append(reason)

    def place(self, order: OrderParams, reason: str) -> None:
        """Place an order."""
        self.orders.append(order)
        self.reasons.append(reason)

    def result(self) -> StrategyResult | None:
        """Give all of it as one decision; None if there is nothing."""
        if not self.reasons:
            return None
        return StrategyResult(
            action=StrategyAction.PLACE_ORDER,
            orders=tuple(self.orders),
            cancels=tuple(self.cancels),
            amends=tuple(self.amends),
            message="; ".join(self.reasons),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """Something that could change the mind. Nothing set: only news of our orders."""

    at: int | None = None
    """A time, ns."""
    ahead: Decimal | None = None
    """The market reaches this price in the own direction: up for a strategy that buys to open."""
    behind: Decimal | None = None
    """The market comes back to this price: down for a strategy that buys to open."""
    below: Decimal | None = None
    """The market falls to this price, whatever the direction."""
    account: bool = False
    """The position changes by something else than our orders."""


def wake_for(side: Side, changes: Iterable[Change]) -> Wake:
    """Wake a strategy that opens with `side` at the first of these changes, and at any news of our orders."""
    changes = list(changes)
    ahead = [change.ahead for change in changes if change.ahead is not None]
    behind = [change.behind for change in changes if change.behind is not None]
    up, down = (ahead, behind) if side is Side.BUY else (behind, ahead)
    down += [change.below for change in changes if change.below is not None]
    return Wake(
        book=False,
        balances=any(change.account for change in changes),
        price_at_or_above=min(up, default=None),
        price_at_or_below=max(down, default=None),
        at=min((change.at for change in changes if change.at is not None), default=None),
    )
