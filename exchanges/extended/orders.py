"""Placing and cancelling on Extended. Each request leaves once; what it came to is told as it is known.

Acceptance is asynchronous: the answer to a new order is its number, before the book has seen it,
so a good answer is OPEN, and a refusal by the book (a post-only order that would take, say) comes
on the account stream as REJECTED.

There is no amend here, and `Capability.AMEND` is not claimed. The venue's way is a new order, with a
new id of its own and a new signature, that names the old one to be cancelled; if the book refuses
it, both are over. Everywhere else in this program an order has one client order id for its whole
life, also over a restart. Keeping that up would take a list of which id now stands for which, and
that list would have to survive a crash between two orders of which one, none or both may live. So a
change is what it truly is here: a cancel, the wait for its certain end, and a new order.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Final

from exchanges.extended import order_body
from exchanges.extended.fees import Fees
from exchanges.extended.listings import Listing
from exchanges.extended.network import ExtendedNetwork
from exchanges.extended.order_memory import OrderMemory
from exchanges.extended.public import ExtendedPublicFeed
from exchanges.extended.refusals import DUPLICATE, FEE_TOO_LOW, MAINTENANCE, TERMS_CHANGED
from exchanges.extended.rest import PATIENCE_S
from exchanges.extended.signing import Nonces, Signer
from exchanges.extended.wire import text_id
from exchanges.extended.wire_account import WireNewOrder
from exchanges.results import OrderResult
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, OrderType
from helpers.errors import ConnectivityError, VenueError, VenueRejected

_LONGEST_COUNTDOWN_S: Final = 86_400


class ExtendedOrders:
    """Sends orders and cancels of one account."""

    def __init__(
        self, network: ExtendedNetwork, feed: ExtendedPublicFeed, signer: Signer, memory: OrderMemory, fees: Fees
    ) -> None:
        """Send through a network.

        Args:
            network: carries requests.
            feed: knows markets and prices.
            signer: signs orders.
            memory: takes note of what the venue took.
            fees: of this account.
        """
        self._network = network
        self._feed = feed
        self._signer = signer
        self._memory = memory
        self._fees = fees
        self.only_reduce = False
        """The bot stops: what increases risk and has not left is kept back."""
        self._nonces = Nonces(network.context.random, network.clock.now_ns())

    async def place(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        """Send one order.

        Raises:
            UserError: there is no such market.
            AuthError: the venue refuses our keys or our signature.
            VenueError: it is not known what became of it.
        """
        listing = await self._listing(ticker)
        try:
            self._check_id(client_order_id)
            order = await self.signed(listing, client_order_id, params)
            placed = await self._network.rest.place(order, partial(self._check_stop, params))
        except VenueRejected as error:
            self._learn(error, listing)
            return _refused(error, client_order_id)
        order_id = text_id(placed.id)
        self._memory.placed(client_order_id, order_id, params, self._network.clock.now_ns())
        return OrderResult(
            success=True,
            status=OrderStatus.OPEN,
            order_id=order_id,
            client_order_id=client_order_id,
            price=None if params.order_type is OrderType.MARKET else Decimal(order.price),
        )

    def _check_stop(self, params: OrderParams) -> None:
        if self.only_reduce and not params.reduce_only:
            raise VenueRejected("not sent", "the bot is stopping")

    async def cancel(self, client_order_id: str) -> OrderResult:
        """Ask for a cancel by our id.

        Raises:
            VenueError: it is not known whether it was heard, or the venue hears none for now.
        """
        known = self._memory.get(client_order_id)
        try:
            await self._network.rest.cancel(client_order_id)
        except VenueRejected as error:
            return _not_cancelled(error, client_order_id)
        return OrderResult(
            success=True,
            status=OrderStatus.OPEN,
            order_id=None if known is None else known.order_id,
            client_order_id=client_order_id,
        )

    async def cancel_all(self, ticker: str) -> OrderResult:
        """Cancel all our orders on one market and on no other."""
        listing = await self._feed.listing(ticker)
        try:
            await self._network.rest.mass_cancel(listing.name)
        except VenueRejected as error:
            return _not_cancelled(error, None)
        return OrderResult(success=True, status=OrderStatus.CANCELLED)

    async def set_dead_man_switch(self, seconds: int | None) -> None:
        """Let the venue cancel all orders of the account, on every market, unless this is called again in time.

        Args:
            seconds: how long it waits; None switches it off.

        Raises:
            VenueRejected: the time makes no sense, or the venue refuses.
        """
        if seconds is not None and not 0 < seconds <= _LONGEST_COUNTDOWN_S:
            raise VenueRejected("COUNTDOWN", f"{seconds} s: the switch takes 1 to {_LONGEST_COUNTDOWN_S}")
        await self._network.rest.dead_man_switch(seconds or 0)

    async def signed(self, listing: Listing, client_order_id: str, params: OrderParams) -> WireNewOrder:
        """Make the order that is sent.

        Raises:
            VenueRejected: it can be told from here that the venue will refuse it.
        """
        order_body.check(params, listing)
        now_ns = self._network.clock.now_ns()
        expires_ms = order_body.expiry_ms(params, self._network.place.environment, now_ns)
        try:
            async with asyncio.timeout(PATIENCE_S):
                fee = await self._fees.largest(self._network.rest, listing, params)
                price = await self._price(listing, params)
        except VenueRejected:
            raise
        except (VenueError, TimeoutError) as error:
            # Nothing was sent: that is certain, whatever became of the question.
            why = str(error) or "no answer in time"
            raise VenueRejected("not sent", f"not sent: fees or prices cannot be read ({why})") from None
        return order_body.new_order(
            params,
            client_order_id=client_order_id,
            listing=listing,
            price=price,
            fee=fee,
            expires_ms=expires_ms,
            nonce=self._nonces.next(),
            signer=self._signer,
        )

    # -- inside -----------------------------------------------------------------------------------

    def _check_id(self, client_order_id: str) -> None:
        if self._memory.get(client_order_id) is not None:
            raise VenueRejected(DUPLICATE, f"an order was sent under the id {client_order_id} before")

    async def _listing(self, ticker: str) -> Listing:
        """Give the market's terms; anew if the venue's have changed, or as they were if it does not say."""
        if self._feed.listings.is_stale:
            with suppress(VenueError, TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self._feed.reload()
        return await self._feed.listing(ticker)

    async def _price(self, listing: Listing, params: OrderParams) -> Decimal:
        """Give the order's price; one that depends on the book is made of today's book, whatever the stream does."""
        is_market = params.order_type is OrderType.MARKET
        if params.price is not None and not is_market:
            return params.price
        bbo = await self._feed.fresh_top(listing.market.ticker)
        if not is_market:
            return order_body.touch_price(params.side, bbo, listing)
        return order_body.market_price(params.side, bbo, self._feed.mark_price(listing.market.ticker), listing)

    def _learn(self, error: VenueRejected, listing: Listing) -> None:
        """Take note that our copy of fees or terms is out of date."""
        if error.code == FEE_TOO_LOW:
            self._fees.forget(listing)
        elif error.code in TERMS_CHANGED:
            self._feed.listings.is_stale = True


def _refused(error: VenueRejected, client_order_id: str | None) -> OrderResult:
    return OrderResult(
        success=False, status=OrderStatus.REJECTED, client_order_id=client_order_id, error_message=str(error)
    )


def _not_cancelled(error: VenueRejected, client_order_id: str | None) -> OrderResult:
    """Give a refusal of a cancel.

    Raises:
        ConnectivityError: the refusal is none of the order's: it will be taken once the maintenance is over.
    """
    if error.code == MAINTENANCE:
        raise ConnectivityError(str(error)) from None
    return _refused(error, client_order_id)


__all__ = ["ExtendedOrders"]
