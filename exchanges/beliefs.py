"""What the bot believes of one account: position and PnL from our own fills, money from the venue.

What the venue says of the position is compared now and then and, where it differs, believed and
reported (exchanges/truth.py). A figure nobody told us is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from helpers.enums import Side
from helpers.errors import VenueError
from helpers.ledger import Ledger
from helpers.models import Balance, Bbo, Fill, FundingPayment, FundingRate, Position
from helpers.money import plain
from helpers.status import PnL

_ZERO = Decimal(0)
_TOGETHER_NS = 1_000_000_000
"""Position and balance told within this time speak of one moment."""


class Beliefs:
    """Position, books, balance and funding of one market."""

    def __init__(self, bbo: Callable[[], Bbo | None]) -> None:
        """Know nothing yet; `bbo` gives the prices that positions are valued at."""
        self.ledger = Ledger()
        self.position: Position | None = None
        """None until the venue told it once."""
        self.balance: Balance | None = None
        self.funding: FundingRate | None = None
        self._bbo = bbo
        self._anchor: tuple[Decimal, Decimal] | None = None
        """Equity the venue told, and our own net PnL at that moment."""
        self._cash: Decimal | None = None
        """Equity less the value of the position, where it was worked out and nothing was booked since."""
        self._mid: Decimal | None = None
        self._mid_of: Bbo | None = None
        self._mark_told: tuple[Decimal | None, int] = (None, 0)
        """The mark price the venue last told, and the time of the book of that moment."""
        self._valued: Position | None = None
        self._valued_of: tuple[Position | None, Decimal | None] = (None, None)

    def begin(self, position: Position, balance: Balance) -> None:
        """Start from what the venue says we hold; PnL counts from here.

        Raises:
            VenueError: there is a position and no price to value it at.
        """
        price = self._value_price(position)
        if price is None and position.quantity:
            raise VenueError(f"no price is known for the position of {plain(position.quantity)} {position.ticker}")
        self.ledger = Ledger(position.quantity, position.quantity * (price or _ZERO))
        self.position = position
        self.take_balance(balance)

    def mid(self) -> Decimal | None:
        """Midway between bid and ask; None while a side is missing."""
        bbo = self._bbo()
        if bbo is not self._mid_of:
            self._mid, self._mid_of = mid_of(bbo), bbo
        return self._mid

    def valued_position(self) -> Position | None:
        """Our position at the mid price, which stands in for the mark between the venue's own news of it."""
        position, mid = self.position, self.mid()
        if position is None or mid is None or position.mark_price == mid:
            return position
        before, at = self._valued_of
        if before is not position or at is not mid:
            self._valued = Position(
                ticker=position.ticker,
                quantity=position.quantity,
                entry_price=position.entry_price,
                mark_price=mid,
                liquidation_price=position.liquidation_price,
            )
            self._valued_of = (position, mid)
        return self._valued

    def pnl(self) -> PnL:
        """Profit since the session began, at the mid price."""
        return self.ledger.pnl(self.mid())

    def equity(self) -> Decimal | None:
        """The account's equity at the mid price; None while unknown."""
        if self._anchor is None:
            return None
        ledger, mid = self.ledger, self.mid()
        if mid is None:  # the position counts at its cost
            return self._cash_now() + ledger.cost
        return self._cash_now() + ledger.position * mid

    def _cash_now(self) -> Decimal:
        if self._cash is None:
            told, net_then = self._anchor or (_ZERO, _ZERO)
            ledger = self.ledger
            self._cash = told - net_then + ledger.realised - ledger.cost - ledger.fees + ledger.funding
        return self._cash

    def take_balance(self, balance: Balance) -> None:
        """Anchor equity on what the venue says."""
        self.balance = balance
        if balance.equity is not None:
            self._anchor = (balance.equity, self.ledger.pnl(self._told_mark()).net)
            self._cash = None

    def _told_mark(self) -> Decimal | None:
        """Give the price at which the venue valued us when it told the balance.

        What it told of the position just before says so; without that the mid is as near as can be.
        """
        (mark, told_ns), bbo = self._mark_told, self._bbo()
        is_fresh = bbo is not None and bbo.received_ns - told_ns <= _TOGETHER_NS
        return mark if mark is not None and is_fresh else self.mid()

    def take_position(self, told: Position) -> None:
        """Take entry, mark and liquidation price from the venue; the quantity follows our fills."""
        if self.position is not None:
            self.position = _with_quantity(told, self.ledger.position)
            bbo = self._bbo()
            self._mark_told = (None if bbo is None else told.mark_price, 0 if bbo is None else bbo.received_ns)

    def take_fill(self, fill: Fill) -> bool:
        """Book a fill; True if it reduced the position."""
        reduces = self.ledger.position * fill.side.sign < 0
        self.ledger.apply_fill(fill.side, fill.price, fill.quantity, fill.fee)
        self._cash = None
        if self.position is not None:
            entry = entry_after(self.position, fill)
            self.position = msgspec.structs.replace(self.position, quantity=self.ledger.position, entry_price=entry)
        return reduces

    def take_funding(self, payment: FundingPayment) -> None:
        """Book a funding payment."""
        self.ledger.apply_funding(payment.amount)
        self._cash = None

    def overrule(self, told: Position) -> bool:
        """Take over a position that changed outside the bot, booked at the price it is valued at.

        False while no price is known: then nothing changes.
        """
        change = told.quantity - self.ledger.position
        price = self._value_price(told)
        if price is None:
            return False
        self.ledger.apply_fill(Side.BUY if change > 0 else Side.SELL, price, abs(change), _ZERO)
        self.position = told
        self._cash = None
        return True

    def _value_price(self, position: Position) -> Decimal | None:
        return self.mid() or position.mark_price or position.entry_price


def mid_of(bbo: Bbo | None) -> Decimal | None:
    """Midway between bid and ask; None while a side is missing."""
    if bbo is None or bbo.bid is None or bbo.ask is None:
        return None
    return (bbo.bid + bbo.ask) / 2


def entry_after(before: Position, fill: Fill) -> Decimal | None:
    """Give the average entry price after a fill; None where flat, or where that of before is not known."""
    held, change = before.quantity, fill.quantity * fill.side.sign
    if held + change == 0:
        return None
    if held * change < 0:  # a smaller position keeps its entry, one that turned round begins with this fill
        return before.entry_price if abs(change) < abs(held) else fill.price
    if not held:
        return fill.price
    return None if before.entry_price is None else (before.entry_price * held + fill.price * change) / (held + change)


def _with_quantity(position: Position, quantity: Decimal) -> Position:
    return position if position.quantity == quantity else msgspec.structs.replace(position, quantity=quantity)
