"""The parts of a client of Extended, made once from the run's environment; opens nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchanges.extended.account_stream import AccountStream
from exchanges.extended.executions import Executions
from exchanges.extended.fees import Fees
from exchanges.extended.funding_watch import FundingWatch
from exchanges.extended.keys import ExtendedKeys
from exchanges.extended.lookup import OrderLookup
from exchanges.extended.network import ExtendedNetwork
from exchanges.extended.order_memory import OrderMemory
from exchanges.extended.orders import ExtendedOrders
from exchanges.extended.public import ExtendedPublicFeed
from exchanges.extended.signing import Signer
from exchanges.extended.wire_account import WireAccount
from helpers.errors import BadPayload, UserError
from helpers.models import Market

if TYPE_CHECKING:
    from exchanges.base import ExchangeContext


class ClientParts:
    """Everything that one account on Extended needs."""

    def __init__(self, context: ExchangeContext) -> None:
        """Read the keys.

        Raises:
            UserError: one is missing or malformed.
        """
        keys = self.keys = ExtendedKeys.read(context.environment)
        self.network = ExtendedNetwork(context, keys, keys.api_key)
        self.feed = ExtendedPublicFeed(context, self.network)
        self.memory = OrderMemory()
        self.fees = Fees()
        self.signer = Signer(keys.private_number, keys.public_number, keys.vault, keys.domain)
        self.orders = ExtendedOrders(self.network, self.feed, self.signer, self.memory, self.fees)
        self.lookup = OrderLookup(self.network, self.feed, self.memory)
        self.executions = Executions(self.network, self.feed, self.memory)
        self.account = AccountStream(self.network, self.feed.listings, self.memory)
        self.funding = FundingWatch(self.network, self.feed, self.account)

    async def check_account(self) -> WireAccount:
        """Make sure that API key, Stark key and vault are of one account.

        Raises:
            AuthError: the venue does not know the API key.
            UserError: one of the others is another account's.
        """
        account = await self.network.rest.account()
        mend = "copy all four from one account on the API page of this network"
        if _number(account.l2_key) != self.keys.public_number:
            raise UserError("EXTENDED_STARK_KEY_PUBLIC is not of the account that EXTENDED_API_KEY opens", mend)
        if str(account.l2_vault) != str(self.keys.vault):
            raise UserError("EXTENDED_VAULT is not of the account that EXTENDED_API_KEY opens", mend)
        return account

    async def market(self, ticker: str) -> Market:
        """Describe a market with the fees of this account."""
        await self.feed.get_market(ticker)
        return await self.fees.market(self.network.rest, await self.feed.listing(ticker))

    async def close(self) -> None:
        """Close everything; may be called twice."""
        await self.funding.close()
        await self.account.close()
        await self.feed.disconnect()
        await self.network.close()


def _number(text: str) -> int:
    """Read a key.

    Raises:
        BadPayload: it is none.
    """
    try:
        return int(text, 16)
    except ValueError:
        raise BadPayload("Extended's account has no readable Stark key") from None


__all__ = ["ClientParts"]
