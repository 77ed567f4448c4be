"""What we know of our orders beside what they are called: the venue's id, side and terms, for changes and for fills.

The venue's reference calls the side of a fill the taker's, which would be the other one for every
fill of ours as maker, although other lists of the same venue give the account's own. So a fill
takes the side of its order. Where the order is unknown, one maker's fill whose order could be
looked at says which of the two readings holds.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from exchanges.paradex.account_wire import FillInfo, OrderState
from exchanges.paradex.mapping import side_of
from helpers.enums import Side

_KEPT: Final = 10_000


class OrderMemory:
    """Orders by both ids; the oldest are forgotten."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._used: OrderedDict[str, Side] = OrderedDict()
        self._by_client_id: OrderedDict[str, OrderState] = OrderedDict()
        self._sides: OrderedDict[str, Side] = OrderedDict()
        self._fills_tell_taker: bool | None = None

    def use(self, client_id: str, side: Side) -> bool:
        """Take note that an order is sent under this id; False if one was."""
        if client_id in self._used:
            return False
        self._used[client_id] = side
        _forget(self._used)
        return True

    def learn(self, state: OrderState) -> None:
        """Take note of an order as the venue tells it."""
        self._sides[state.id] = side_of(state.side)
        _forget(self._sides)
        if state.client_id:
            self._by_client_id[state.client_id] = state
            _forget(self._by_client_id)

    def find(self, client_id: str) -> OrderState | None:
        """Give an order as it was told last."""
        return self._by_client_id.get(client_id)

    # -- whose side a fill's side is ---------------------------------------------------------

    def side_of_fill(self, told: FillInfo) -> Side | None:
        """Give our side of a fill; None where its order has to be looked at first."""
        known = self._sides.get(told.order_id) or self._used.get(told.client_id or "")
        named = side_of(told.side)
        is_taker = told.liquidity == "TAKER"
        if known is not None:
            if not is_taker:
                self._fills_tell_taker = named is not known
            return known
        if is_taker:
            return named
        if self._fills_tell_taker is None:
            return None
        return named.opposite if self._fills_tell_taker else named


def _forget(kept: OrderedDict[str, OrderState] | OrderedDict[str, Side]) -> None:
    while len(kept) > _KEPT:
        kept.popitem(last=False)


__all__ = ["OrderMemory"]
