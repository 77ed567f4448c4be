"""The fees of this account, read once a market and again after the venue says that ours are out of date."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from exchanges.extended.listings import Listing
from exchanges.extended.rest import ExtendedRest
from exchanges.extended.wire import finite
from helpers.decisions import OrderParams
from helpers.models import Market


class Fees:
    """Maker and taker rate by market."""

    def __init__(self) -> None:
        """Know none."""
        self._rates: dict[str, tuple[Decimal, Decimal]] = {}

    async def rates(self, rest: ExtendedRest, listing: Listing) -> tuple[Decimal, Decimal]:
        """Give maker and taker rate, as fractions; reads them the first time.

        Raises:
            VenueError: they cannot be read.
        """
        known = self._rates.get(listing.name)
        if known is None:
            told = await rest.fees(listing.name)
            known = finite(told.maker_fee_rate, "makerFeeRate"), finite(told.taker_fee_rate, "takerFeeRate")
            self._rates[listing.name] = known
        return known

    async def market(self, rest: ExtendedRest, listing: Listing) -> Market:
        """Describe a market with the fees of this account."""
        maker, taker = await self.rates(rest, listing)
        return msgspec.structs.replace(listing.market, maker_fee=maker, taker_fee=taker)

    async def largest(self, rest: ExtendedRest, listing: Listing, params: OrderParams) -> Decimal:
        """Give the largest rate an order may have to pay: a post-only one never takes."""
        maker, taker = await self.rates(rest, listing)
        return maker if params.post_only else taker

    def forget(self, listing: Listing) -> None:
        """Read the fees of a market anew the next time."""
        self._rates.pop(listing.name, None)


__all__ = ["Fees"]
