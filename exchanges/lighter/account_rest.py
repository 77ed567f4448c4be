"""Reads of one account that need its key: orders, executions, tier. Whole answers or an error, never a part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from exchanges.lighter.account_wire import (
    Account,
    AccountOrder,
    ApiKey,
    ApiKeysReply,
    LimitsReply,
    NonceReply,
    OrdersReply,
    PositionFunding,
    PositionFundingsReply,
)
from exchanges.lighter.mapping import time_ns
from exchanges.lighter.rest import LighterRest
from exchanges.lighter.wire import Trade, TradesReply
from exchanges.rate_limiter import Priority
from helpers.errors import BadPayload, VenueRejected

_PAGE: Final = 100
_MOST_PAGES: Final = 200
"""More is a mistake, ours or the venue's: it must not read for ever."""
_ALL_KEYS: Final = 255


class LighterAccountRest:
    """Private reads of one account."""

    def __init__(self, rest: LighterRest, account_index: int, api_key_index: int, token: Callable[[], str]) -> None:
        """Read through `rest`, each time with a token that is still good."""
        self._rest = rest
        self._account = str(account_index)
        self._account_index = account_index
        self._api_key_index = api_key_index
        self._token = token

    async def limits(self) -> LimitsReply:
        """Read our tier and fees; the venue gives them only to who holds the key."""
        query = (("account_index", self._account),)
        return await self._rest.get("accountLimits", LimitsReply, query, token=self._token())

    async def account(self) -> Account:
        """Read positions and money."""
        return await self._rest.account(self._account_index)

    async def api_keys(self) -> list[ApiKey]:
        """Read which keys the account has."""
        query = (("account_index", self._account), ("api_key_index", str(_ALL_KEYS)))
        return (await self._rest.get("apikeys", ApiKeysReply, query)).api_keys or []

    async def next_nonce(self) -> int:
        """Read the number that our key's next transaction must carry; a cancel may be waiting for it."""
        query = (("account_index", self._account), ("api_key_index", str(self._api_key_index)))
        return (await self._rest.get("nextNonce", NonceReply, query, priority=Priority.CANCEL)).nonce

    async def fundings(self) -> list[PositionFunding]:
        """Read the newest funding settlements on our positions."""
        query = (("account_index", self._account), ("limit", str(_PAGE)))
        reply = await self._rest.get("positionFunding", PositionFundingsReply, query, token=self._token())
        return reply.position_fundings or []

    # -- orders -----------------------------------------------------------------------------

    async def active_orders(self, market_index: int) -> list[AccountOrder]:
        """Read all resting orders on one market."""
        return await self._orders("accountActiveOrders", market_index, ())

    async def find_order(
        self, market_index: int, client_order_index: int, priority: Priority = Priority.READ
    ) -> AccountOrder | None:
        """Find an order by our id; None if the venue says that it has none.

        Raises:
            VenueError: it does not say.
        """
        query = (("account_index", self._account), ("client_order_indexes", str(client_order_index)))
        try:
            reply = await self._rest.get("accountOrders", OrdersReply, query, token=self._token(), priority=priority)
            found = reply.orders or []
        except VenueRejected:
            # A venue without the look-up: the pages tell as much.
            found = await self.active_orders(market_index)
            found += await self._orders("accountInactiveOrders", market_index, (("limit", str(_PAGE)),))
        ours = [
            order
            for order in found
            if order.client_order_index == client_order_index
            and order.market_index == market_index
            and order.owner_account_index in {None, self._account_index}
        ]
        return max(ours, key=lambda order: (order.transaction_time, order.order_index), default=None)

    async def _orders(self, name: str, market_index: int, more: tuple[tuple[str, str], ...]) -> list[AccountOrder]:
        query = (("account_index", self._account), ("market_id", str(market_index)), *more)
        orders: list[AccountOrder] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = (*query, ("cursor", cursor)) if cursor else query
            reply = await self._rest.get(name, OrdersReply, page, token=self._token())
            orders += reply.orders or []
            if not reply.orders or not reply.next_cursor or reply.next_cursor == cursor:
                return [order for order in orders if order.market_index == market_index]
            cursor = reply.next_cursor
        raise BadPayload("Lighter's list of orders does not end")

    # -- executions -------------------------------------------------------------------------

    async def trades(self, market_index: int, since_ns: int) -> list[Trade]:
        """Read our trades on one market at or after a time, oldest first, each once."""
        query = (
            ("account_index", self._account),
            ("market_id", str(market_index)),
            ("sort_by", "timestamp"),
            ("sort_dir", "desc"),
            ("limit", str(_PAGE)),
        )
        found: dict[int, Trade] = {}
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = (*query, ("cursor", cursor)) if cursor else query
            reply = await self._rest.get("trades", TradesReply, page, token=self._token())
            trades = reply.trades or []
            found.update({trade.trade_id: trade for trade in trades})
            # A page is newest first as a whole, but not always within a moment: only its oldest time counts.
            is_past = bool(trades) and min(map(_time_ns, trades)) < since_ns
            if not trades or is_past or not reply.next_cursor or reply.next_cursor == cursor:
                return _since(found, market_index, since_ns)
            cursor = reply.next_cursor
        raise BadPayload("Lighter's list of trades does not end")


def _since(found: dict[int, Trade], market_index: int, since_ns: int) -> list[Trade]:
    wanted = [each for each in found.values() if each.market_id == market_index and _time_ns(each) >= since_ns]
    return sorted(wanted, key=lambda trade: (_time_ns(trade), trade.trade_id))


def _time_ns(trade: Trade) -> int:
    return time_ns(trade.transaction_time, trade.timestamp)


__all__ = ["LighterAccountRest"]
