"""What a strategy can say: actions, orders, and what would change its mind.

These records are the whole language between a strategy and the bot. They are re-exported
by strategies/base_strategy.py, which is the one import a strategy needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

import msgspec

from helpers.enums import OrderType, Side, TimeInForce
from helpers.peg import Peg, PegReference

__all__ = [
    "WAKE_ON_EVERYTHING",
    "AmendParams",
    "OnStop",
    "OrderParams",
    "Peg",
    "PegReference",
    "StrategyAction",
    "StrategyResult",
    "Wake",
]

_NO_METADATA: Mapping[str, Any] = MappingProxyType({})


class StrategyAction(Enum):
    """What a result asks the bot to do."""

    NONE = "none"
    """Nothing; wake me as I said."""
    WAIT = "wait"
    """Nothing before `wait_time` has passed or one of our orders moves."""
    PLACE_ORDER = "place_order"
    """Carry out the result's cancels, amends and orders."""
    CLOSE_POSITION = "close_position"
    """Cancel our orders on the market, then close its position reduce-only at market."""
    REBALANCE = "rebalance"
    """Like PLACE_ORDER; recorded as a rebalance."""
    STOP = "stop"
    """Carry out the cancels, then stop the bot as `on_stop` says."""


class OnStop(Enum):
    """What becomes of orders and position when the bot stops."""

    CANCEL = "cancel"
    """Cancel our orders, keep the position."""
    KEEP = "keep"
    """Leave orders and position as they are."""
    CLOSE = "close"
    """Cancel our orders and close the position reduce-only at market."""


class OrderParams(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order a strategy wants."""

    side: Side
    quantity: Decimal
    intent: str
    """The strategy's name for it, e.g. "entry" or "close-7"; unique among its live orders."""
    price: Decimal | None = None
    """Limit price; None takes the touch (ask for a buy, bid for a sell), or what `peg` says."""
    peg: Peg | None = None
    """Follow the book with a resting post-only order, instead of a fixed price; `price` stays None then."""
    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    expires_ns: int | None = None
    """End of life of a GTT order."""
    exchange: str | None = None
    """Venue label where the bot trades several; None is the first."""
    metadata: Mapping[str, Any] = msgspec.field(default_factory=lambda: _NO_METADATA)


class AmendParams(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A change of a live order's price or total quantity. Refused for an order that follows the book."""

    intent: str
    price: Decimal
    quantity: Decimal
    exchange: str | None = None


class StrategyResult(msgspec.Struct, frozen=True, kw_only=True):
    """A decision and its reason. Cancels go out first, then amends, then orders; none waits for a reply."""

    action: StrategyAction
    message: str = ""
    """The reason, in words a trader understands."""
    orders: tuple[OrderParams, ...] = ()
    cancels: tuple[str, ...] = ()
    """Intents of the orders to cancel."""
    amends: tuple[AmendParams, ...] = ()
    wait_time: float = 0.0
    """Seconds, for WAIT."""
    on_stop: OnStop | None = None
    """For STOP; None is what the person chose with --on-stop."""


class Wake(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What could change a strategy's mind. Default: everything, which is always correct.

    Price conditions are looked at on every change of the best bid or ask after the step:
    `price_at_or_below` holds when the best bid is at or below it, `price_at_or_above` when
    the best ask is at or above it. Each is thus the earliest moment at which the bid, the
    mid or the ask can be there.
    """

    orders: bool = True
    """One of our orders was confirmed, filled, cancelled, rejected or expired."""
    book: bool = True
    """The best bid or ask changed, in price or quantity."""
    prices: bool = False
    """The best bid or ask is at another price than at this step; quantities alone wake nobody."""
    balances: bool = True
    """Position, balance or funding changed other than by our own fills."""
    price_at_or_below: Decimal | None = None
    price_at_or_above: Decimal | None = None
    at: int | None = None
    """A time, ns."""


WAKE_ON_EVERYTHING = Wake()
