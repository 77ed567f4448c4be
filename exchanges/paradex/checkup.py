"""What `runbot doctor` looks at on Paradex: keys, venue, clock, login, account, market, fees, streams.

The login is the signed dry check: the venue verifies a signature by the same key over the same
chain and account that orders carry, and nothing changes by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from exchanges.base import ExchangeContext
from exchanges.checkup import CheckupStep
from exchanges.paradex.account import Account, open_account
from exchanges.paradex.account_mapping import balance
from exchanges.paradex.keys import ParadexKeys
from exchanges.paradex.link import Link
from exchanges.paradex.public import ParadexPublicFeed
from exchanges.paradex.rest import BUDGETS
from exchanges.paradex.states import OPEN, told
from helpers.errors import UserError, VenueError
from helpers.models import Bbo, Trade
from helpers.money import plain

_LARGEST_SKEW_MS: Final = 1_000
_MS: Final = 1_000_000


class _Silent:
    """A listener for a look at the book."""

    def on_book(self) -> None:
        """Nothing to do."""

    def on_trade(self, trade: Trade) -> None:
        """Nothing to do."""


class Checkup:
    """The steps, and what one finds out for the next."""

    def __init__(self, context: ExchangeContext, ticker: str) -> None:
        """Look at one market.

        Args:
            context: the seams.
            ticker: of the market.
        """
        self._context = context
        self._ticker = ticker
        self._keys: ParadexKeys | None = None
        self._link: Link | None = None
        self._feed: ParadexPublicFeed | None = None
        self._account: Account | None = None

    async def keys(self) -> str:
        """Look whether the variables are there and well formed."""
        self._keys = ParadexKeys.read(self._context.environment)
        kind = "account and key given" if self._keys.l2_address else "account worked out from its main key"
        return f"{self._keys.environment}, {kind}"

    async def venue(self) -> str:
        """Look whether the venue answers, and what it takes at the moment."""
        link = self._opened()
        state = await link.rest.state()
        if state != OPEN:
            raise VenueError(f"Paradex is up: {told(state)}")
        return f"{link.place.rest_base} is up"

    async def clock(self) -> str:
        """Compare our clock with the venue's, which signatures are dated by."""
        link, clock = self._opened(), self._context.clock
        before = clock.now_ns()
        theirs = await link.rest.time_ns()
        skew_ms = (theirs - (before + clock.now_ns()) // 2) // _MS
        if abs(skew_ms) > _LARGEST_SKEW_MS:
            raise UserError(f"this machine's clock differs by {skew_ms} ms from the venue's", "set it by NTP")
        return f"differs by {skew_ms} ms"

    async def login(self) -> str:
        """Log in: the venue verifies a signature, and nothing changes."""
        try:
            account = await self._logged_in()
        except BaseException:
            await self._close()  # no step comes after this one
            raise
        return f"the venue verified a signature for {account.address}"

    async def account(self) -> str:
        """Look at the account's state and money."""
        state = await (await self._logged_in()).rest.state()
        if state.status not in {None, "", "ACTIVE"}:
            raise UserError(f"the account is {state.status}", "ask the venue's support")
        money = balance(state)
        if money.equity is None or money.equity <= 0:
            raise UserError("the account holds no money", "deposit in the web app")
        return f"{plain(money.equity)} {money.currency}, {plain(money.available or money.equity)} of it free"

    async def market(self) -> str:
        """Look at the market's terms."""
        try:
            market = await (await self._markets()).get_market(self._ticker)
        except BaseException:
            await self._close()  # no step comes after this one
            raise
        return (
            f"{market.contract_id}: tick {market.tick_size}, step {market.quantity_step}, "
            f"at least {market.min_notional} {market.quote}, leverage up to {plain(market.max_leverage)}"
        )

    async def fees(self) -> str:
        """Tell what this account pays and how much it may send."""
        account, feed = await self._logged_in(), await self._markets()
        market = account.with_fees(await feed.get_market(self._ticker))
        limits = ", ".join(f"{budget.weight:g} {budget.name}" for budget in BUDGETS if budget.name.startswith("orders"))
        return f"maker {plain(market.maker_fee * 100)} %, taker {plain(market.taker_fee * 100)} %; {limits}"

    async def book(self) -> str:
        """Wait for a book on the stream."""
        feed = await self._markets()
        try:
            await feed.watch(self._ticker, _Silent(), trades=False)
            return _told(feed.top_of_book(self._ticker))
        finally:
            await self._close()

    # -- inside -----------------------------------------------------------------------------

    def _opened(self) -> Link:
        if self._link is None:
            if self._keys is None:
                raise UserError("there are no keys to look further with")
            self._link = Link(self._context, self._keys)
        return self._link

    async def _markets(self) -> ParadexPublicFeed:
        if self._feed is None:
            feed = ParadexPublicFeed(self._context, self._opened())
            await feed.connect()
            self._feed = feed
        return self._feed

    async def _logged_in(self) -> Account:
        if self._account is None:
            link = self._opened()
            feed = await self._markets()
            assert self._keys is not None  # noqa: S101 - there is no link without keys
            looking = self._keys.model_copy(update={"onboard": False})  # to look is not to register
            account = await open_account(link, looking, feed)
            await account.log_in()
            self._account = account
        return self._account

    async def _close(self) -> None:
        if self._account is not None:
            await self._account.close()
        if self._feed is not None:
            await self._feed.disconnect()
        if self._link is not None:
            await self._link.close()
        self._link = self._feed = self._account = None


def _told(bbo: Bbo | None) -> str:
    if bbo is None or not bbo.is_two_sided:
        raise VenueError("the book is one-sided")
    return f"best bid {bbo.bid}, best ask {bbo.ask}"


def checkup_steps(context: ExchangeContext, ticker: str) -> Sequence[CheckupStep]:
    """List the steps; the last one closes what the others opened."""
    look = Checkup(context, ticker)
    return (
        CheckupStep("keys", look.keys, needed_for_rest=True),
        CheckupStep("venue", look.venue),
        CheckupStep("clock", look.clock),
        CheckupStep("login", look.login, needed_for_rest=True),
        CheckupStep("account", look.account),
        CheckupStep("market", look.market, needed_for_rest=True),
        CheckupStep("fees and limits", look.fees),
        CheckupStep("book", look.book),
    )


__all__ = ["Checkup", "checkup_steps"]
