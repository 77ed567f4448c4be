"""Lighter's HTTP within its budgets, and the reads that need no key.

The venue counts the last minute, whenever it looks. An account of the standard tier has 60
requests in it, transactions among them; what a higher tier allows is taken over after login.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from exchanges.lighter.account_wire import Account, AccountsReply
from exchanges.lighter.faults import explain
from exchanges.lighter.reading import read_as
from exchanges.lighter.wire import (
    BookReply,
    FundingRatesReply,
    MarketDetails,
    MarketsReply,
    StatusReply,
    VenueFundingRate,
)
from exchanges.rate_limiter import Budget, Priority, RateLimiter
from exchanges.venue_http import NO_COSTS, VenueHttp
from helpers.clock import NS_PER_S, Clock
from helpers.errors import BadPayload, VenueRejected
from helpers.transport import NO_HEADERS, Transport

T = TypeVar("T")
Query = Sequence[tuple[str, str]]

_API: Final = "/api/v1/"
_MINUTE_S: Final = 60.0
_WEIGHT: Final = 300.0
"""Of a request that is not named below."""
_WEIGHTS: Final = {"nextNonce": 6.0, "accountInactiveOrders": 100.0, "apikeys": 150.0, "trades": 600.0}
_MAX_LEVELS: Final = 250
_USED: Final = 0.95
"""Of what the venue allows: it counts when a request arrives, we when it leaves."""
_KEPT_FOR_CANCELS: Final = 0.25
"""They share transactions with orders, and on the smallest tier requests with reads."""
_SEND_TIMEOUT_S: Final = 5.0
"""Whatever is sent next waits for this answer, a cancel too; a lost one is asked about in any case."""

TX_TYPES: Final = (14, 15, 16, 17, 20)
"""Create, cancel, cancel all, modify, leverage."""


class Tier(msgspec.Struct, frozen=True):
    """What an account may do in a minute."""

    requests: float
    weight: float
    transactions: float
    of_one_type: float


STANDARD: Final = Tier(60, 24_000, 60, 40)
_TIERS: Final = {
    "premium": Tier(24_000, 24_000, 4_000, 4_000),
    "plus": Tier(120_000, 120_000, 8_000, 8_000),
    # Builders read more; nothing says that they may send more.
    "builder": Tier(240_000, 240_000, 60, 40),
}


def tier_of(name: str) -> Tier:
    """Give the limits of a tier by the venue's name for it; an unknown one is held to the smallest."""
    return next((tier for word, tier in _TIERS.items() if word in name.lower()), STANDARD)


def tx_costs(tx_types: Sequence[int]) -> Mapping[str, float]:
    """Give what one sending of these transactions draws on."""
    return {
        "requests": 1.0,
        "transactions": 1.0,
        **{f"type {tx_type}": float(tx_types.count(tx_type)) for tx_type in set(tx_types)},
    }


def reads_a_minute(tier: Tier) -> float:
    """Give how many usual reads a tier allows."""
    return min(tier.requests, tier.weight / _WEIGHT)


class LighterRest:
    """Requests to one Lighter."""

    def __init__(self, transport: Transport, base_url: str, clock: Clock) -> None:
        """Open nothing; the limits are those of the standard tier."""
        self.limiter = RateLimiter(clock, [_budget(name, weight) for name, weight in _sizes(STANDARD).items()])
        self._http = VenueHttp(transport, base_url, self.limiter, explain)

    def take_tier(self, tier: Tier) -> None:
        """Take over what the account may do."""
        for name, weight in _sizes(tier).items():
            self.limiter.resize(name, weight)

    # -- reading ----------------------------------------------------------------------------

    async def get(
        self,
        name: str,
        shape: type[T],
        query: Query = (),
        *,
        token: str = "",
        priority: Priority = Priority.READ,
    ) -> T:
        """Read one thing.

        Args:
            name: what stands after /api/v1/.
            shape: what the answer should be.
            query: its parameters.
            token: for private data.
            priority: of what cannot go on without it.
        """
        response = await self._http.send(
            "GET",
            _API + name,
            query=query,
            headers={"authorization": token} if token else NO_HEADERS,
            costs={"requests": 1.0, "weight": _WEIGHTS.get(name, _WEIGHT)},
            priority=priority,
        )
        return read_as(response.body, shape)

    async def post_form(self, name: str, form: bytes) -> bytes:
        """Send a form whose budget was already drawn on, and give the answer's body."""
        response = await self._http.send(
            "POST",
            _API + name,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=form,
            costs=NO_COSTS,
            timeout_s=_SEND_TIMEOUT_S,
        )
        return response.body

    async def markets(self) -> list[MarketDetails]:
        """Read all perpetual markets.

        Raises:
            BadPayload: the list is not there, or empty.
        """
        found = (await self.get("orderBookDetails", MarketsReply)).order_book_details
        if not found:
            raise BadPayload("Lighter lists no markets")
        return found

    async def server_time_ns(self) -> int:
        """Read the venue's clock; it tells whole seconds."""
        response = await self._http.send("GET", "/", costs={"requests": 1.0, "weight": _WEIGHT})
        return read_as(response.body, StatusReply).timestamp * NS_PER_S

    async def book(self, market_index: int) -> BookReply:
        """Read the orders nearest to the touch."""
        query = (("market_id", str(market_index)), ("limit", str(_MAX_LEVELS)))
        return await self.get("orderBookOrders", BookReply, query)

    async def funding_rates(self) -> list[VenueFundingRate]:
        """Read the current rates, a fraction per eight hours, this venue's and others'."""
        return (await self.get("funding-rates", FundingRatesReply)).funding_rates or []

    async def account(self, account_index: int) -> Account:
        """Read an account.

        Raises:
            VenueRejected: there is none.
        """
        query = (("by", "index"), ("value", str(account_index)))
        found = (await self.get("account", AccountsReply, query)).accounts
        if not found:
            raise VenueRejected("21100", f"Lighter has no account {account_index}")
        return found[0]

    async def accounts_of(self, address: str) -> list[Account]:
        """Read the accounts of a wallet."""
        query = (("by", "l1_address"), ("value", address))
        return (await self.get("account", AccountsReply, query)).accounts or []


def _sizes(tier: Tier) -> dict[str, float]:
    types = {f"type {tx_type}": tier.of_one_type for tx_type in TX_TYPES}
    allowed = {"requests": tier.requests, "weight": tier.weight, "transactions": tier.transactions, **types}
    return {name: _USED * weight for name, weight in allowed.items()}


def _budget(name: str, weight: float) -> Budget:
    kept = 0.0 if name == "weight" else _KEPT_FOR_CANCELS
    return Budget(name=name, weight=weight, window_s=_MINUTE_S, kept_for_cancels=kept, is_rolling=True)


__all__ = ["LighterRest", "Tier", "reads_a_minute", "tier_of", "tx_costs"]
