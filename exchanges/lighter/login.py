"""Finding our account and proving our key to the venue: the account's number by its wallet, tier, fees."""

from __future__ import annotations

from dataclasses import dataclass

from exchanges.lighter.account_rest import LighterAccountRest
from exchanges.lighter.account_wire import Account, LimitsReply
from exchanges.lighter.keys import LighterKeys, LighterPlace
from exchanges.lighter.leverage import LighterLeverage
from exchanges.lighter.mapping import number
from exchanges.lighter.markets import Fees
from exchanges.lighter.order_notes import OrderNotes
from exchanges.lighter.rest import LighterRest, tier_of
from exchanges.lighter.sender import TxSender
from exchanges.lighter.signing import LighterSigner
from exchanges.lighter.tokens import AuthTokens
from exchanges.lighter.trading import LighterTrading
from exchanges.nonces import NonceWriter
from exchanges.reads import read
from helpers.clock import Clock
from helpers.errors import AuthError, UserError, VenueRejected
from helpers.money import plain


@dataclass(frozen=True, slots=True)
class LighterLogin:
    """One account and its key, proven."""

    account_index: int
    signer: LighterSigner
    tokens: AuthTokens
    rest: LighterAccountRest
    notes: OrderNotes
    trading: LighterTrading
    leverage: LighterLeverage
    limits: LimitsReply

    @property
    def fees(self) -> Fees:
        """What this account pays."""
        return Fees.from_ticks(self.limits.current_maker_fee_tick, self.limits.current_taker_fee_tick)


async def find_account(rest: LighterRest, keys: LighterKeys) -> int:
    """Give the account's number, looked up by the wallet's address if it was not given.

    Raises:
        UserError: the wallet has no account, or several to choose from.
    """
    if keys.account_index is not None:
        return keys.account_index
    address = keys.l1_address
    try:
        accounts = await read(lambda: rest.accounts_of(address))
    except (VenueRejected, AuthError):  # nothing is signed for this read: it says that there is no such account
        accounts = []
    indexes = sorted({_index(account): account for account in accounts}.items())
    if not indexes:
        raise UserError(
            f"Lighter has no account of {address}", "check LIGHTER_L1_ADDRESS and LIGHTER_ENVIRONMENT, or deposit first"
        )
    if len(indexes) > 1:
        listed = ", ".join(f"{index} ({_describe(account)})" for index, account in indexes)
        raise UserError(f"{address} has {len(indexes)} accounts: {listed}", "set LIGHTER_ACCOUNT_INDEX to one of them")
    return indexes[0][0]


def make_signer(place: LighterPlace, keys: LighterKeys, account_index: int) -> LighterSigner:
    """Give the key to the signer.

    Raises:
        UserError: the signer is missing or does not take it.
    """
    secret = keys.api_key_private_key.get_secret_value()
    return LighterSigner(place.base_url, secret, place.chain_id, keys.api_key_index, account_index)


async def log_in(rest: LighterRest, place: LighterPlace, keys: LighterKeys, clock: Clock) -> LighterLogin:
    """Find the account, prove the key by reading what only its holder may, and take over its limits.

    Raises:
        UserError: the keys are of no use.
        AuthError: the venue refuses them.
        ConnectivityError: it cannot be reached.
    """
    account_index = await find_account(rest, keys)
    signer = make_signer(place, keys, account_index)
    try:
        tokens = AuthTokens(clock, signer.auth_token)
        reads = LighterAccountRest(rest, account_index, keys.api_key_index, tokens.for_request)
        limits = await read(lambda: prove_key(reads, keys, account_index))
    except BaseException:
        signer.close()
        raise
    rest.take_tier(tier_of(limits.user_tier))
    notes = OrderNotes()
    nonces = NonceWriter(reads.next_nonce)
    sender = TxSender(rest, nonces)
    trading = LighterTrading(signer, sender, reads, notes, clock)
    leverage = LighterLeverage(reads, sender, signer, clock)
    return LighterLogin(account_index, signer, tokens, reads, notes, trading, leverage, limits)


async def prove_key(reads: LighterAccountRest, keys: LighterKeys, account_index: int) -> LimitsReply:
    """Read tier and fees, which takes a token that the venue verifies.

    Raises:
        AuthError: it refuses the token; says which keys the account has.
    """
    try:
        return await reads.limits()
    except (AuthError, VenueRejected) as error:
        raise AuthError(f"{error}{await _known_keys(reads, keys, account_index)}") from None


async def _known_keys(reads: LighterAccountRest, keys: LighterKeys, account_index: int) -> str:
    try:
        known = sorted(key.api_key_index for key in await reads.api_keys())
    except (AuthError, VenueRejected):
        return ""
    if keys.api_key_index in known:
        return ""
    listed = ", ".join(map(str, known)) or "none"
    return f"; account {account_index} has no API key {keys.api_key_index}, it has: {listed}"


def _index(account: Account) -> int:
    return account.index if account.index >= 0 else account.account_index


def _describe(account: Account) -> str:
    name = f"{account.name}, " if account.name else ""
    return f"{name}{plain(number(account.collateral))} USDC"


__all__ = ["LighterLogin", "find_account", "log_in", "make_signer", "prove_key"]
