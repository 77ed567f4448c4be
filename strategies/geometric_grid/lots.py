"""The books of a geometric grid: which part of the position belongs to which level.

One rule keeps it simple: what was bought and what was sold on different levels is one position, so it cancels
out here as it does at the venue. All lots therefore have one sign, each has an exit that reduces, the exits
together never exceed the lots, and always

    position = sum of the lots + dust + what is not this grid's.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from helpers.money import floor_to, minimum_quantity, plain
from strategies.base_strategy import Market, Order, Side
from strategies.geometric_grid.state import GeometricState, Lot, entry_intent, entry_level, exit_intent, exit_level

_ZERO: Final = Decimal(0)


class Lots:
    """Makes lots of fills and fits them to the position."""

    def __init__(self, state: GeometricState, market: Market) -> None:
        """Work on the grid's state."""
        self._state = state
        self._market = market
        self.notes: list[str] = []
        """What happened to lots since the last decision, for its reason."""
        self.is_new = False
        """Whether live orders may belong to lots that nobody remembers: after a start, until the first agreement."""

    # -- reading --------------------------------------------------------------------------------

    @property
    def total(self) -> Decimal:
        """What the grid holds, signed."""
        return sum((lot.quantity for lot in self._state.lots.values()), self._state.dust)

    def by_exit(self) -> Iterator[tuple[int, Lot]]:
        """Give the lots by level, the one whose exit fills first at the front."""
        lots = sorted(self._state.lots.items(), key=lambda item: _distance(item[1]))
        return ((exit_level(intent) or 0, lot) for intent, lot in lots)

    def is_dust(self, lot: Lot) -> bool:
        """Whether it is too little for an order at its exit's price."""
        return abs(lot.quantity) < minimum_quantity(self._market, lot.target)

    # -- fills ----------------------------------------------------------------------------------

    def count(self, order: Order) -> None:
        """Take what an order filled since it was last heard of into the lots."""
        entered, left = entry_level(order.intent), exit_level(order.intent)
        if entered is None and left is None:
            return
        if left is not None and self.is_new and order.intent not in self._state.lots:
            self._remember(order)
            return
        quantity = self._state.counted.news(order) * order.side.sign
        if not quantity:
            return
        if entered is not None:
            self._enter(entered, quantity, order)
        elif left is not None:
            self._leave(left, quantity, order)
        self._offset()

    def _remember(self, order: Order) -> None:
        """Infer the lot of a live exit whose session's notes are lost or older than it."""
        if self._state.counted.knows(order) or order.intent in self._state.orphans:
            return
        self._state.counted.news(order)
        if order.is_live and not order.pending_cancel and order.price is not None:
            quantity = -order.side.sign * order.remaining_quantity
            self._state.lots[order.intent] = Lot(quantity=quantity, target=order.price)
            self._offset()

    def _enter(self, index: int, quantity: Decimal, order: Order) -> None:
        state, intent = self._state, exit_intent(index)
        lot = state.lots.get(intent)
        if lot is not None:
            quantity = _reduce(lot, quantity)
            if lot.quantity * quantity >= 0 and lot.quantity:
                lot.quantity += quantity
                return
        if quantity:
            state.lots[intent] = Lot(quantity=quantity, target=self._target(index, order))

    def _leave(self, index: int, quantity: Decimal, order: Order) -> None:
        lot = self._state.lots.get(exit_intent(index))
        if lot is not None:
            quantity = _reduce(lot, quantity)
            lot.pause.accepted()
            self._state.left_at = lot.target
        if quantity:  # its lot is gone: it was another trade on the level where it stood
            self._enter(index - order.side.sign, quantity, order)

    def _target(self, index: int, order: Order) -> Decimal:
        ladder = self._state.ladder
        price = order.price or order.average_price or _ZERO
        return price if ladder is None else ladder.exit_price(index, order.side, price)

    def _offset(self) -> None:
        """Cancel out what was bought with what was sold, the nearest exits first, and drop what is empty."""
        state = self._state
        bought, sold = ([lot for _, lot in self.by_exit() if lot.side is side] for side in (Side.BUY, Side.SELL))
        met = _ZERO
        while bought and sold:
            part = min(bought[0].quantity, -sold[0].quantity)
            bought[0].quantity -= part
            sold[0].quantity += part
            met += part
            bought, sold = ([lot for lot in lots if lot.quantity] for lots in (bought, sold))
        if met:
            self.notes.append(f"{plain(met)} {self._market.ticker} bought and sold on two levels cancel out")
        for _, lot in self.by_exit():
            state.dust = _reduce(lot, state.dust)
        self._drop_empty()

    def _drop_empty(self) -> None:
        state = self._state
        for intent in [intent for intent, lot in state.lots.items() if not lot.quantity]:
            del state.lots[intent]
            state.orphans.append(intent)

    def sweep(self, live: set[str]) -> None:
        """Join lots too small for an exit, unless a live order can still change them, until they are enough for one."""
        state = self._state
        for intent, lot in list(state.lots.items()):
            index = exit_level(intent) or 0
            if not self.is_dust(lot) or live & {intent, entry_intent(index)}:
                continue
            lot.quantity, state.dust = lot.quantity + state.dust, _ZERO
            if self.is_dust(lot):
                state.dust = lot.quantity
                del state.lots[intent]
        state.orphans = [intent for intent in dict.fromkeys(state.orphans) if intent in live]
        for _, lot in self.by_exit():
            if lot.quantity * state.dust > 0:
                lot.quantity += state.dust
                state.dust = _ZERO

    # -- the position ---------------------------------------------------------------------------

    def shrink(self, change: Decimal) -> Decimal:
        """Take a change that reduces out of dust and lots, the farthest exits first; give what is left of it."""
        state = self._state
        if state.dust * change < 0:
            part = min(abs(state.dust), abs(change)).copy_sign(change)
            state.dust += part
            change -= part
        for _, lot in reversed(list(self.by_exit())):
            change = _reduce(lot, change)
        self._drop_empty()
        return change

    def adopt(self, extra: Decimal, levels: list[tuple[int, Decimal]]) -> Decimal:
        """Make lots of a position that no lot accounts for, on free levels; give what is left of it.

        Args:
            extra: signed.
            levels: number and quantity of the free levels, the one whose exit fills first at the front.
        """
        ladder, side = self._state.ladder, Side.BUY if extra > 0 else Side.SELL
        for index, most in levels:
            quantity = floor_to(min(most, abs(extra)), self._market.quantity_step) * side.sign
            price = None if ladder is None else ladder.price(index)
            if quantity and ladder is not None and price is not None:
                target = ladder.exit_price(index, side, price)
                self._state.lots[exit_intent(index)] = Lot(quantity=quantity, target=target)
                extra -= quantity
        return extra


def _distance(lot: Lot) -> Decimal:
    """Sort by exit: the lowest sale first, the highest purchase first."""
    return lot.target * lot.side.sign


def _reduce(lot: Lot, change: Decimal) -> Decimal:
    """Let a change of the opposite sign shrink a lot, never beyond zero; give what is left of the change."""
    if lot.quantity * change >= 0:
        return change
    part = min(abs(lot.quantity), abs(change)).copy_sign(change)
    lot.quantity += part
    return change - part
