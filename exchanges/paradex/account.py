"""Everything of one account that is logged in: its requests, its orders, its stream, its reads in our records."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from exchanges.paradex import account_mapping as mapping
from exchanges.paradex.account_rest import AccountRest
from exchanges.paradex.account_stream import AccountStream
from exchanges.paradex.account_wire import AccountInfo, FillInfo, MarginInfo, OrderState
from exchanges.paradex.address import derive_address
from exchanges.paradex.login import Login
from exchanges.paradex.mapping import MS, number, side_of
from exchanges.paradex.memory import OrderMemory
from exchanges.paradex.orders import ParadexOrders
from exchanges.paradex.signing import Signer
from helpers.enums import Side
from helpers.errors import BadPayload, VenueRejected
from helpers.models import Balance, Fill, Market, OrderInfo, Position

if TYPE_CHECKING:
    from exchanges.paradex.keys import ParadexKeys
    from exchanges.paradex.link import Link
    from exchanges.paradex.public import ParadexPublicFeed

_MOST_LOOKS: Final = 3
"""Orders that are looked at for the side of fills; what three do not tell, a fourth will hardly."""


class Account:
    """One account."""

    def __init__(self, link: Link, keys: ParadexKeys, signer: Signer, feed: ParadexPublicFeed) -> None:
        """Open nothing; `log_in` comes first.

        Args:
            link: the way to the venue.
            keys: of the account.
            signer: signs with them.
            feed: gives markets, touches and marks.
        """
        clock = link.context.clock
        self._feed = feed
        self._info = AccountInfo()
        self.address = hex(signer.account)
        self.login = Login(link.http, clock, signer, keys)
        self.rest = AccountRest(link.http, self.login)
        self.memory = OrderMemory()
        self.orders = ParadexOrders(self.rest, signer, clock, self.memory, self._terms, feed.top_of_book)
        self.stream = AccountStream(link, self.login, feed.summaries, self.memory, self.orders.hear)

    async def log_in(self) -> AccountInfo:
        """Log in, and read who we are and what we pay.

        Raises:
            AuthError: the venue refuses the key.
        """
        await self.login.token()
        self._info = await self.rest.info()
        return self._info

    async def close(self) -> None:
        """End the stream and forget the login."""
        await self.stream.close()
        await self.login.close()

    def with_fees(self, market: Market) -> Market:
        """Put the fees of this account in a market's terms, where the venue tells them."""
        maker, taker = number(self._info.fees.maker_rate), number(self._info.fees.taker_rate)
        return msgspec.structs.replace(
            market,
            maker_fee=market.maker_fee if maker is None else maker,
            taker_fee=market.taker_fee if taker is None else taker,
        )

    # -- leverage -------------------------------------------------------------------------

    async def margin(self, ticker: str) -> MarginInfo:
        """Read leverage and kind of margin on one market."""
        return await self.rest.margin(self._symbol(ticker))

    async def set_leverage(self, ticker: str, leverage: Decimal) -> None:
        """Choose the leverage of one market.

        Raises:
            VenueRejected: it is no whole number, or the venue does not allow it.
        """
        if leverage != int(leverage):
            raise VenueRejected("leverage", f"Paradex takes whole numbers, not a leverage of {leverage}")
        before = await self.margin(ticker)
        chosen = msgspec.structs.replace(before, leverage=int(leverage))
        await self.rest.set_margin(self._symbol(ticker), chosen)

    # -- reads ----------------------------------------------------------------------------

    async def active_orders(self, ticker: str) -> tuple[OrderInfo, ...]:
        """Read what rests on one market."""
        states = await self.rest.open_orders(self._symbol(ticker))
        for state in states:
            self.memory.learn(state)
        infos = (mapping.order_info(state) for state in states)
        return tuple(info for info in infos if not info.status.is_terminal)

    async def order(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        """Read one order by our id; None only if the venue never had it."""
        state = await self.rest.find_order(self._symbol(ticker), client_order_id)
        if state is None:
            return None
        self.memory.learn(state)
        return mapping.order_info(state)

    async def fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        """Read executions at or after a time, oldest first, each once."""
        symbol = self._symbol(ticker)
        listed = await self.rest.fills(symbol, since_ns // MS)
        wanted = [told for told in listed if told.market == symbol and told.created_at * MS >= since_ns]
        await self._learn_sides(wanted)
        found = {mapping.trade_id(told): mapping.fill(told, ticker, self._side(told)) for told in wanted}
        self.stream.compare(symbol, found.values())
        return tuple(sorted(found.values(), key=lambda fill: (fill.time_ns, fill.trade_id)))

    async def positions(self) -> tuple[Position, ...]:
        """Read all open positions; one on a market that is no perpetual goes by the venue's name."""
        held = []
        for told in await self.rest.positions():
            ticker = self._feed.markets.ticker_of(told.market) or told.market
            held.append(mapping.position(told, ticker, self._mark(told.market)))
        return tuple(position for position in held if position.quantity)

    async def balance(self) -> Balance:
        """Read the account's money."""
        return mapping.balance(await self.rest.state())

    # -- inside -----------------------------------------------------------------------------

    async def _learn_sides(self, fills: Sequence[FillInfo]) -> None:
        """Look at orders of fills whose side is not certain, until one tells how to read all of them."""
        uncertain = {told.order_id: told for told in fills if self.memory.side_of_fill(told) is None}
        for told in tuple(uncertain.values())[:_MOST_LOOKS]:
            state = await self._order_of(told)
            if state is not None:
                self.memory.learn(state)
                self.memory.side_of_fill(told)
                return

    async def _order_of(self, told: FillInfo) -> OrderState | None:
        """Read a fill's order; None if the venue does not show it any more."""
        try:
            if told.client_id:
                return await self.rest.find_order(told.market, told.client_id)
            return await self.rest.order(told.order_id) if told.order_id else None
        except (VenueRejected, BadPayload):
            return None  # what the fills say is the best there is

    def _side(self, told: FillInfo) -> Side:
        return self.memory.side_of_fill(told) or side_of(told.side)

    def _symbol(self, ticker: str) -> str:
        return self._feed.markets.find(ticker).symbol

    def _terms(self, ticker: str) -> Market:
        return self._feed.markets.terms(ticker)

    def _mark(self, symbol: str) -> Decimal | None:
        return self._feed.summaries.mark_price(symbol)


async def open_account(link: Link, keys: ParadexKeys, feed: ParadexPublicFeed) -> Account:
    """Find out which account the keys are for; not logged in yet.

    Raises:
        UserError: the venue is another network than was asked for, or something is not installed.
    """
    config = await link.rest.config()
    keys.expect_chain(config.starknet_chain_id)
    address = int(keys.l2_address, 16) if keys.l2_address else 0
    signer = Signer(keys.private_key, address, config.starknet_chain_id)
    if not address:
        signer = Signer(keys.private_key, derive_address(config, signer.public_key), config.starknet_chain_id)
    return Account(link, keys, signer, feed)


__all__ = ["Account", "open_account"]
