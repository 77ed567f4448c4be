"""Profit and loss of one market at average cost, exact to the last digit.

What a fill realises is its proceeds less the average cost of the quantity it closes. That cost
is the only figure that can need rounding: a partial reduction releases cost x closed / held,
rounded down to 1e-18, and the rest stays with the open position. So at any mark

    realised - fees + funding + (position x mark - cost) == cash_flow + position x mark

holds to the last digit, whatever happened before.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final

from helpers.enums import Side
from helpers.money import EXACT, exact
from helpers.status import PnL

_ZERO: Final = Decimal(0)
_COST_STEP: Final = Decimal("1e-18")
_DOWN: Final = Context(prec=60, rounding=ROUND_FLOOR)
_SHOWN: Final = Context(prec=28)
_plus, _less, _times, _minus = EXACT.add, EXACT.subtract, EXACT.multiply, EXACT.minus


class Ledger:
    """The books of one market, kept fill by fill."""

    __slots__ = ("cash_flow", "cost", "fees", "funding", "position", "realised")

    def __init__(self, position: Decimal = _ZERO, cost: Decimal = _ZERO) -> None:
        """Open the books, on a position held before if there is one.

        Args:
            position: signed, in base units.
            cost: signed price x quantity of that position, in quote.

        Raises:
            ValueError: a flat position with a cost.
        """
        if not position and cost:
            raise ValueError("a flat position has no cost")
        self.position = position
        self.cost = cost
        """Signed sum of price x quantity of the open position."""
        self.realised = _ZERO
        self.fees = _ZERO
        """Paid; negative is rebates received."""
        self.funding = _ZERO
        """Received; negative is paid."""
        self.cash_flow = cost.copy_negate()
        """Sum of proceeds - fees + funding, as if a position held before had been bought at its cost."""

    @property
    def entry_price(self) -> Decimal | None:
        """Average price of the open position, to 28 digits; None when flat."""
        return _SHOWN.divide(self.cost, self.position) if self.position else None

    def apply_fill(self, side: Side, price: Decimal, quantity: Decimal, fee: Decimal) -> Decimal:
        """Book one execution and give what it realised, before its fee.

        Raises:
            ValueError: the quantity is not positive.
        """
        if quantity <= 0:
            raise ValueError(f"a fill of {quantity} is none")
        paid = _times(price, quantity)
        if side is Side.SELL:
            paid, signed = _minus(paid), _minus(quantity)
        else:
            signed = quantity
        self.cash_flow = _less(self.cash_flow, paid)
        if fee:
            self.fees = _plus(self.fees, fee)
            self.cash_flow = _less(self.cash_flow, fee)
        if self.position * signed >= 0:
            self.position = _plus(self.position, signed)
            self.cost = _plus(self.cost, paid)
            return _ZERO
        with exact():
            return self._reduce(side, price, quantity)

    def _reduce(self, side: Side, price: Decimal, quantity: Decimal) -> Decimal:
        held = abs(self.position)
        closed = min(held, quantity)
        released = self.cost if closed == held else self._released(closed, held)
        realised = -side.sign * price * closed - released
        self.position += side.sign * quantity
        self.cost += side.sign * price * (quantity - closed) - released
        self.realised += realised
        return realised

    def _released(self, closed: Decimal, held: Decimal) -> Decimal:
        return _DOWN.divide(self.cost * closed, held).quantize(_COST_STEP, context=_DOWN)

    def apply_funding(self, amount: Decimal) -> None:
        """Book a funding payment, in quote; positive is received."""
        self.funding = _plus(self.funding, amount)
        self.cash_flow = _plus(self.cash_flow, amount)

    def unrealised(self, mark: Decimal) -> Decimal:
        """Value the open position at a price, less its cost."""
        return _less(_times(self.position, mark), self.cost)

    def pnl(self, mark: Decimal | None) -> PnL:
        """Give the whole at a price; without one the open position counts at its cost."""
        unrealised = _ZERO if mark is None else self.unrealised(mark)
        return PnL(realised=self.realised, unrealised=unrealised, fees=self.fees, funding=self.funding)
