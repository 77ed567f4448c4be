"""What `runbot doctor` looks at on Extended, from keys to a signed order that cannot trade."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from exchanges.checkup import CheckupStep
from exchanges.extended.client_parts import ClientParts
from exchanges.extended.mapping import book_of
from exchanges.extended.refusals import MODES
from helpers.clock import NS_PER_S
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, Side, TimeInForce
from helpers.errors import UserError, VenueError
from helpers.models import OrderInfo
from helpers.money import floor_to, plain

_LARGEST_SKEW_S: Final = 5.0
"""The Date header is whole seconds, and the answer takes a while: less than this says nothing."""
_LOOKS: Final = 10
_BETWEEN_LOOKS_S: Final = 0.5


class ExtendedCheckup:
    """The steps, on the parts of a client that is not connected."""

    def __init__(self, parts: ClientParts, ticker: str) -> None:
        """Look at one market with one account."""
        self._parts = parts
        self._ticker = ticker

    def steps(self) -> Sequence[CheckupStep]:
        """List what is looked at, in order."""
        return (
            CheckupStep("keys", self._keys, needed_for_rest=True),
            CheckupStep("venue", self._venue, needed_for_rest=True),
            CheckupStep("clock", self._clock),
            CheckupStep("account", self._account, needed_for_rest=True),
            CheckupStep("money", self._money),
            CheckupStep("market", self._market, needed_for_rest=True),
            CheckupStep("fees and limits", self._fees),
            CheckupStep("signed order", self._signed_order),
        )

    async def _keys(self) -> str:
        parts = self._parts
        parts.signer.check()
        return f"well-formed, the Stark keys belong together, vault {parts.keys.vault} on {parts.keys.environment}"

    async def _venue(self) -> str:
        await self._parts.feed.connect()
        return f"{self._parts.keys.rest_url} lists {len(self._parts.feed.tickers())} perpetual markets"

    async def _clock(self) -> str:
        clock = self._parts.network.clock
        before_ns = clock.now_ns()
        told_ns = await self._parts.feed.server_time_ns()
        skew_s = (told_ns - (before_ns + clock.now_ns()) // 2) / NS_PER_S
        if abs(skew_s) > _LARGEST_SKEW_S:
            where = "behind" if skew_s > 0 else "ahead of"
            raise UserError(
                f"this machine's clock is {abs(skew_s):.0f} s {where} Extended's", "set it by NTP: expiries are signed"
            )
        return f"within {_LARGEST_SKEW_S:g} s of the venue's, which tells whole seconds"

    async def _account(self) -> str:
        account = await self._parts.check_account()
        return f"account {account.account_id}, status {account.status or 'unknown'}, belongs to these keys"

    async def _money(self) -> str:
        wire = await self._parts.network.rest.balance()
        if wire is None or not wire.balance:
            raise UserError("the account holds no money", "deposit at app.extended.exchange")
        return f"{plain(wire.balance)} {wire.collateral_name}"

    async def _market(self) -> str:
        market = await self._parts.feed.get_market(self._ticker)
        limits = f"quantity from {plain(market.min_quantity)} in steps of {plain(market.quantity_step)}"
        return f"{market.contract_id}: tick {plain(market.tick_size)}, {limits}"

    async def _fees(self) -> str:
        market = await self._parts.market(self._ticker)
        maker, taker = plain(market.maker_fee * 100), plain(market.taker_fee * 100)
        return f"maker {maker} %, taker {taker} %; 1,000 requests a minute unless you are a market maker"

    async def _signed_order(self) -> str:
        """Send an order that cannot trade: the least quantity, to buy at half the best bid, at once or not at all."""
        parts = self._parts
        params = await self._harmless()
        key = parts.network.context.ids.next()
        result = await parts.orders.place(self._ticker, key, params)
        if result.error_message[-6:] in MODES:
            raise VenueError(result.error_message)
        if not result.success:
            return f"the venue did not blame the signature, and refused otherwise: {result.error_message}"
        info = await self._end_of(key)
        if info.filled_size:
            raise VenueError(f"an order to buy at {params.price} filled: look at the account")
        end = info.reason or info.status.value
        return f"accepted with its signature, ended unfilled as meant ({end})"

    async def _harmless(self) -> OrderParams:
        listing = await self._parts.feed.listing(self._ticker)
        now_ns = self._parts.network.clock.now_ns()
        book = book_of(await self._parts.network.rest.book(listing.name), 1, now_ns)
        if not book.bids:
            raise VenueError(f"{listing.name} has no bids")
        return OrderParams(
            side=Side.BUY,
            quantity=listing.terms.min_order_size,
            price=max(
                floor_to(book.bids[0].price * Decimal("0.5"), listing.market.tick_size), listing.market.tick_size
            ),
            time_in_force=TimeInForce.IOC,
            intent="doctor",
        )

    async def _end_of(self, key: str) -> OrderInfo:
        """Wait for the end of the order.

        Raises:
            VenueError: it does not come; the order is cancelled then.
        """
        parts = self._parts
        for _ in range(_LOOKS):
            info = await parts.lookup.info(self._ticker, key)
            if info is not None and info.status.is_terminal and info.status is not OrderStatus.UNKNOWN:
                return info
            await parts.network.clock.sleep(_BETWEEN_LOOKS_S)
        await parts.orders.cancel(key)
        raise VenueError(f"order {key} did not end by itself and was cancelled: look at the account")


__all__ = ["ExtendedCheckup"]
