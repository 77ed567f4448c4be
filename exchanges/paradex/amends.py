"""Whether a change of an order took effect: the venue says at once only that it will look at it.

Its answer may show the new terms before they hold, so it is believed only where it says no. The
order's next news on the account's stream says what came of the change. Without any within a
moment the order is read; if that does not show the change either, nobody knows, and the caller asks.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Final

from exchanges.paradex import mapping
from exchanges.paradex.account_wire import OrderState, RequestInfo
from helpers.errors import VenueRejected

_CHANGE: Final = "MODIFY"
_OVER: Final = "CLOSED"
_REFUSED: Final = ("REJECT", "FAIL", "ERROR", "DENIED")
NEWS_WITHIN_S: Final = 3.0


class AwaitedChange:
    """One change on its way."""

    def __init__(self, known: OrderState, price: Decimal, quantity: Decimal) -> None:
        """Wait for this price and total quantity of an order as it is known so far."""
        self.order_id = known.id
        self._before = known.request_info
        """The change before this one: an order's news tell what came of it until there is another."""
        self._wanted = (price, quantity)
        self._news: asyncio.Future[OrderState] = asyncio.get_running_loop().create_future()

    def hear(self, state: OrderState) -> None:
        """Look at news of an order; what says nothing of this change is passed over."""
        if self.holds(state):
            self._decide(state)
        else:
            self.hear_no(state)

    def hear_no(self, state: OrderState) -> None:
        """Look at what says for sure that the change will not be, and at nothing else."""
        if self.refusal(state) is not None or state.status == _OVER:
            self._decide(state)

    def _decide(self, state: OrderState) -> None:
        if state.id == self.order_id and not self._news.done():
            self._news.set_result(state)

    async def news(self) -> OrderState | None:
        """Give the news that decides; None if none comes."""
        try:
            async with asyncio.timeout(NEWS_WITHIN_S):
                return await self._news
        except TimeoutError:
            return None

    def holds(self, state: OrderState) -> bool:
        """Whether the order stands as wanted."""
        return (mapping.number(state.price), mapping.number(state.size)) == self._wanted

    def refusal(self, state: OrderState) -> VenueRejected | None:
        """Give the refusal of this change, if this news of the order tells it."""
        request = state.request_info
        if request is None or not _is_refused(request):
            return None
        if self._before is not None and request.id == self._before.id:
            return None
        return VenueRejected("MODIFY_REJECTED", request.message or "the change was refused")


def _is_refused(request: RequestInfo) -> bool:
    status = (request.status or "").upper()
    return _CHANGE in (request.request_type or _CHANGE).upper() and any(word in status for word in _REFUSED)


__all__ = ["NEWS_WITHIN_S", "AwaitedChange"]
