"""One review: goes through the amends and orders of a decision and says which may be sent.

Amends come first because they go out first. What is approved counts against the limits of what
follows, and nothing that may still live at the venue is left out of the sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from helpers.decisions import AmendParams, OrderParams
from helpers.enums import OrderType, Side
from helpers.models import MarketData, Order
from helpers.money import plain
from helpers.pegging import worst_price
from helpers.risk_checks import (
    Exposure,
    check_age,
    check_band,
    check_intent,
    check_known,
    check_leverage,
    check_minimum,
    check_open_orders,
    check_order_notional,
    check_position,
    check_price,
    check_quantity,
    check_reduces,
    check_remaining,
    fitting_quantity,
)
from helpers.risk_limits import RiskLimits, nanoseconds


class Refusal(msgspec.Struct, frozen=True):
    """An order or amend that must not be sent."""

    intent: str
    reason: str


class Trim(msgspec.Struct, frozen=True):
    """An order that was made smaller to fit."""

    intent: str
    asked: Decimal
    given: Decimal
    reason: str


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What may be sent, and what may not and why."""

    orders: tuple[OrderParams, ...] = ()
    amends: tuple[AmendParams, ...] = ()
    refused: tuple[Refusal, ...] = ()
    trimmed: tuple[Trim, ...] = ()


NOTHING_ASKED: Final = Review()
_FOLLOWS: Final = "it follows the book: cancel it and place another one instead of amending it"


class Reviewer:
    """The limits of a run, ready for use."""

    def __init__(self, limits: RiskLimits) -> None:
        """Turn percent into fractions and seconds into nanoseconds, once."""
        self.limits: Final = limits
        self.band: Final = None if limits.price_band is None else limits.price_band / 100
        self.max_age_ns: Final = None if limits.max_data_age is None else nanoseconds(limits.max_data_age)

    def review(
        self, orders: Sequence[OrderParams], amends: Sequence[AmendParams], data: MarketData, closed: str | None
    ) -> Review:
        """Judge everything in the order in which it would go out.

        Args:
            orders: new orders for the venue of `data`.
            amends: changes of its live orders.
            data: the venue's market at this moment.
            closed: why nothing may increase risk at present; None where it may.
        """
        run = _Run(self, data, closed)
        for amend in amends:
            run.judge_amend(amend)
        for order in orders:
            run.judge_order(order)
        return Review(
            orders=tuple(run.orders), amends=tuple(run.amends), refused=tuple(run.refused), trimmed=tuple(run.trimmed)
        )


class _Run:
    """The state of one review."""

    __slots__ = ("_closed", "_data", "_exposure", "_live", "_rules", "_used", "amends", "orders", "refused", "trimmed")

    def __init__(self, rules: Reviewer, data: MarketData, closed: str | None) -> None:
        self._rules = rules
        self._data = data
        self._closed = closed
        self._exposure: Exposure | None = None
        self._live = {order.intent: order for order in data.orders}
        self._used: set[str] = set()
        self.orders: list[OrderParams] = []
        self.amends: list[AmendParams] = []
        self.refused: list[Refusal] = []
        self.trimmed: list[Trim] = []

    def judge_order(self, order: OrderParams) -> None:
        """Approve, trim or refuse one order."""
        limit_price = order.price if order.order_type is OrderType.LIMIT else None
        touch = self._data.best_ask if order.side is Side.BUY else self._data.best_bid
        price = touch if limit_price is None else limit_price
        reason = self._invalid_order(order, limit_price, price)
        if reason is None and not order.reduce_only:
            reason = self._unfounded() or self._oversized(order, price)
            if reason is None:
                self._judge_exposure(order, worst_price(order.peg, order.side, limit_price), price)
                return
        if reason is None:
            self._approve(order)
        else:
            self.refused.append(Refusal(order.intent, reason))

    def judge_amend(self, amend: AmendParams) -> None:
        """Approve or refuse one amend; an amend is never trimmed."""
        order = self._live.get(amend.intent)
        if order is None:
            reason: str | None = f"no live order carries the intent {amend.intent!r}"
        else:
            reason = self._invalid_amend(amend, order)
            if reason is None and not order.reduce_only:
                reason = self._unfounded() or self._grows_too_large(amend, order)
        if reason is None:
            self.amends.append(amend)
            self._used.add(amend.intent)
        else:
            self.refused.append(Refusal(amend.intent, reason))

    def _invalid_order(self, order: OrderParams, limit_price: Decimal | None, price: Decimal) -> str | None:
        data, reducing = self._data, order.reduce_only
        return (
            (None if reducing else self._closed)
            or check_intent(order.intent, self._live, self._used)
            or check_quantity(order.quantity, data.market)
            or (None if limit_price is None else self._bad_price(order.side, limit_price, reduce_only=reducing))
            or (check_reduces(order.side, data.position) if reducing else None)
            or check_minimum(
                order.quantity, price, data.market, closes_position=reducing and self._closes(order.quantity)
            )
        )

    def _invalid_amend(self, amend: AmendParams, order: Order) -> str | None:
        reducing, remaining = order.reduce_only, amend.quantity - order.filled_quantity
        return (
            (None if order.peg is None else _FOLLOWS)
            or (None if reducing else self._closed)
            or check_intent(amend.intent, (), self._used)
            or check_quantity(amend.quantity, self._data.market)
            or self._bad_price(order.side, amend.price, reduce_only=reducing)
            or check_remaining(amend.quantity, order.filled_quantity)
            or check_minimum(
                amend.quantity,
                amend.price,
                self._data.market,
                closes_position=reducing and self._closes(remaining),
            )
        )

    def _bad_price(self, side: Side, price: Decimal, *, reduce_only: bool) -> str | None:
        return check_price(price, self._data.market) or check_band(
            side, price, self._data, self._rules.band, reduce_only=reduce_only
        )

    def _closes(self, quantity: Decimal) -> bool:
        position = self._data.position
        return position is not None and quantity >= abs(position.quantity)

    def _unfounded(self) -> str | None:
        return check_known(self._data) or check_age(self._data, self._rules.max_age_ns)

    def _oversized(self, order: OrderParams, price: Decimal) -> str | None:
        limits, live = self._rules.limits, len(self._data.orders) + len(self.orders)
        highest = worst_price(order.peg, order.side, price) or price
        return check_order_notional(order.quantity * highest, limits.max_order_notional) or check_open_orders(
            live, limits.max_open_orders, self._data.market
        )

    def _judge_exposure(self, order: OrderParams, limit_price: Decimal | None, price: Decimal) -> None:
        exposure, limit = self._sums(), self._rules.limits.max_position_notional
        if not exposure.enlarges(order.side):
            self._approve(order)
            return
        unit_value, given = exposure.unit_value(limit_price), order.quantity
        too_much = check_position(exposure.worst(order.side) + given * unit_value, limit)
        if too_much is not None and limit is not None:
            room = limit - exposure.worst(order.side)
            given = fitting_quantity(room, unit_value, price, self._data.market)
        reason = self._overleveraged(given * unit_value) if given else too_much
        if reason is not None:
            self.refused.append(Refusal(order.intent, reason))
            return
        exposure.add(order.side, given * unit_value)
        if too_much is not None:
            self.trimmed.append(Trim(order.intent, order.quantity, given, _trimmed(order.quantity, given, too_much)))
            order = msgspec.structs.replace(order, quantity=given)
        self._approve(order)

    def _grows_too_large(self, amend: AmendParams, order: Order) -> str | None:
        limits, remaining = self._rules.limits, amend.quantity - order.filled_quantity
        reason = check_order_notional(remaining * amend.price, limits.max_order_notional)
        if reason is not None:
            return reason
        # The old order may fill before the amend arrives, so a smaller new one frees nothing yet.
        exposure = self._sums()
        if not exposure.enlarges(order.side):
            return None
        more = exposure.value(remaining, amend.price) - exposure.value(order.remaining_quantity, order.price)
        if more <= 0:
            return None
        reason = check_position(exposure.worst(order.side) + more, limits.max_position_notional)
        reason = reason or self._overleveraged(more)
        if reason is None:
            exposure.add(order.side, more)
        return reason

    def _overleveraged(self, more: Decimal) -> str | None:
        balance = self._data.balance
        equity = None if balance is None else balance.equity
        return check_leverage(self._sums().gross + more, equity, self._rules.limits.max_leverage)

    def _sums(self) -> Exposure:
        if self._exposure is None:
            data = self._data
            self._exposure = Exposure(data.position, _at_worst(data.orders), data.best_ask, data.market.kind)
        return self._exposure

    def _approve(self, order: OrderParams) -> None:
        self.orders.append(order)
        self._used.add(order.intent)


def _at_worst(orders: tuple[Order, ...]) -> tuple[Order, ...]:
    """Give the live orders with pegged buys at their limits, where those are higher."""
    if not [order for order in orders if order.peg is not None]:
        return orders
    return tuple(
        msgspec.structs.replace(order, price=worst_price(order.peg, order.side, order.price)) for order in orders
    )


def _trimmed(asked: Decimal, given: Decimal, reason: str) -> str:
    return f"quantity trimmed from {plain(asked)} to {plain(given)}: {reason}"
