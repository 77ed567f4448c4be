"""What `runbot doctor` looks at on Lighter: from the keys to something signed that the venue verifies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from exchanges.base import ExchangeContext
from exchanges.checkup import CheckupStep
from exchanges.lighter.account_rest import LighterAccountRest
from exchanges.lighter.keys import LighterKeys, LighterPlace
from exchanges.lighter.login import find_account, make_signer, prove_key
from exchanges.lighter.mapping import account_balance
from exchanges.lighter.markets import Fees
from exchanges.lighter.public import LighterPublicFeed
from exchanges.lighter.rest import reads_a_minute, tier_of
from exchanges.lighter.tokens import AuthTokens
from helpers.clock import NS_PER_S
from helpers.errors import UserError, VenueError
from helpers.money import plain

_SKEW_S: Final = 5
"""The venue tells whole seconds, and a token that ends ten minutes from now forgives more."""


def checkup_steps(context: ExchangeContext, feed: LighterPublicFeed, ticker: str) -> Sequence[CheckupStep]:
    """List the steps, in order."""
    look = _Checkup(context, feed, ticker)
    return (
        CheckupStep("keys", look.keys, needed_for_rest=True),
        CheckupStep("venue", look.venue, needed_for_rest=True),
        CheckupStep("clock", look.clock),
        CheckupStep("market", look.market),
        CheckupStep("account", look.account, needed_for_rest=True),
        CheckupStep("signer", look.signer, needed_for_rest=True),
        CheckupStep("signed check", look.signed, needed_for_rest=True),
        CheckupStep("money", look.money),
    )


class _Checkup:
    """One look at everything; later steps use what earlier ones found."""

    def __init__(self, context: ExchangeContext, feed: LighterPublicFeed, ticker: str) -> None:
        self._context = context
        self._feed = feed
        self._ticker = ticker
        self._index = 0

    async def keys(self) -> str:
        """Look whether all variables are there and well-formed."""
        keys = LighterKeys.read(self._context.environment)
        place = LighterPlace.read(self._context.environment)
        return f"API key {keys.api_key_index} on {place.environment} ({place.base_url})"

    async def venue(self) -> str:
        """Look whether the venue answers."""
        await self._feed.connect()
        return f"{len(self._feed.tickers())} perpetual markets"

    async def clock(self) -> str:
        """Look whether our clock is right."""
        told_s = await self._feed.server_time_ns() // NS_PER_S
        skew_s = self._context.clock.now_ns() // NS_PER_S - told_s
        if abs(skew_s) > _SKEW_S:
            raise UserError(f"this computer's clock is {skew_s:+d} s from Lighter's", "let it be set by NTP")
        return f"within {abs(skew_s) + 1} s of the venue's"

    async def market(self) -> str:
        """Look whether the market is there and open."""
        market = await self._feed.get_market(self._ticker)
        if self._feed.markets.find(self._ticker).only_reduce:
            raise VenueError(f"{market.ticker} takes reduce-only orders only, for now")
        return (
            f"{market.ticker} is market {market.contract_id}: tick {plain(market.tick_size)}, "
            f"at least {plain(market.min_quantity)} and {plain(market.min_notional)} {market.quote}"
        )

    async def account(self) -> str:
        """Find the account's number, and say what to write down."""
        keys = LighterKeys.read(self._context.environment)
        self._index = await find_account(self._feed.rest, keys)
        if keys.account_index is None:
            return f"found: write LIGHTER_ACCOUNT_INDEX={self._index} into the .env file"
        await self._feed.rest.account(self._index)
        return f"account {self._index}"

    async def signer(self) -> str:
        """Look whether the native signer signs what it is asked to."""
        keys, place = LighterKeys.read(self._context.environment), LighterPlace.read(self._context.environment)
        make_signer(place, keys, self._index).close()
        return "signs what it is asked to"

    async def signed(self) -> str:
        """Have the venue verify a signature; nothing changes by it."""
        keys, place = LighterKeys.read(self._context.environment), LighterPlace.read(self._context.environment)
        signer = make_signer(place, keys, self._index)
        try:
            tokens = AuthTokens(self._context.clock, signer.auth_token)
            reads = LighterAccountRest(self._feed.rest, self._index, keys.api_key_index, tokens.for_request)
            limits = await prove_key(reads, keys, self._index)
        finally:
            signer.close()
        fees = Fees.from_ticks(limits.current_maker_fee_tick, limits.current_taker_fee_tick)
        tier = tier_of(limits.user_tier)
        return (
            f"the venue takes the key: {limits.user_tier} tier, {reads_a_minute(tier):g} reads and "
            f"{tier.transactions:g} transactions a minute, fees {plain(fees.maker)} maker and {plain(fees.taker)} taker"
        )

    async def money(self) -> str:
        """Look whether there is anything to trade with."""
        balance = account_balance(await self._feed.rest.account(self._index))
        if balance.wallet <= 0:
            raise UserError("the account holds no USDC", "deposit in Lighter's app")
        return f"{plain(balance.wallet)} {balance.currency}"


__all__ = ["checkup_steps"]
