"""An account's private channels: what the simulated venue tells, in the venue's own words."""

from __future__ import annotations

from typing import Any, Final

from helpers.decisions import Wake
from helpers.models import Balance, Fill, FundingPayment, OrderInfo, Position
from simulation.servers.paradex.account_book import AccountBook
from simulation.servers.paradex.channels import Subscriber, encode_push
from simulation.servers.paradex.markets import BY_TICKER
from simulation.servers.paradex.order_entry import OrderEntry
from simulation.servers.paradex.order_index import OrderIndex
from simulation.venue import SimulatedVenue

_NEVER: Final = Wake(orders=False, book=False, balances=False)


class PrivateChannels:
    """Who listens to which private channel of which account."""

    def __init__(self) -> None:
        """Have no subscribers."""
        self._subscribers: dict[tuple[str, str], dict[Subscriber, None]] = {}

    def add(self, account: str, channel: str, subscriber: Subscriber) -> None:
        """Take a subscriber; nothing is sent to begin with."""
        self._subscribers.setdefault((account, channel), {})[subscriber] = None

    def remove(self, account: str, channel: str, subscriber: Subscriber) -> None:
        """Let a subscriber go."""
        del self._subscribers[account, channel][subscriber]

    def push(self, account: str, channel: str, data: dict[str, Any]) -> None:
        """Send to whoever listens."""
        listening = self._subscribers.get((account, channel))
        if listening:
            message = encode_push(channel, data)
            for subscriber in list(listening):
                subscriber.push(message)

    def push_market(self, account: str, kind: str, symbol: str, data: dict[str, Any]) -> None:
        """Send to who listens to one market, and to who listens to all."""
        for market in (symbol, "ALL"):
            self.push(account, f"{kind}.{market}", data)


class AccountNews:
    """Hears of one account on one market."""

    def __init__(
        self,
        venue: SimulatedVenue,
        book: AccountBook,
        entry: OrderEntry,
        index: OrderIndex,
        channels: PrivateChannels,
        ticker: str,
    ) -> None:
        """Begin to listen; quotes are not wanted."""
        self._book = book
        self._entry = entry
        self._index = index
        self._channels = channels
        self._ticker = ticker
        self._symbol = BY_TICKER[ticker].symbol
        venue.deliveries.subscribe(book.address, ticker, self)
        venue.deliveries.arm(book.address, ticker, _NEVER)

    def on_order(self, info: OrderInfo) -> None:
        """Follow an order."""
        self._entry.heard(self._book.address, info)

    def on_fill(self, fill: Fill) -> None:
        """Note a fill, tell of it and of the balance."""
        file = self._index.find(self._book.address, fill.client_order_id or "")
        if file is not None:
            file.add_fill(fill)
        view = self._book.fill_of(fill)
        self._channels.push_market(self._book.address, "fills", self._symbol, view)
        self._channels.push(self._book.address, "balance_events", self._book.balance_event(view))

    def on_position(self, position: Position) -> None:
        """Tell of the position."""
        self._channels.push(self._book.address, "positions", self._book.position(position.ticker, position))

    def on_balance(self, balance: Balance) -> None:
        """Tell of the account."""
        self._channels.push(self._book.address, "account", self._book.summary(balance))

    def on_funding(self, payment: FundingPayment) -> None:
        """Note a payment and tell of it."""
        view = self._book.add_payment(payment)
        self._channels.push_market(self._book.address, "funding_payments", self._symbol, view)

    def on_book(self) -> None:
        """Hear nothing: quotes are not wanted."""

    def on_gap(self) -> None:
        """Hear nothing."""

    def on_end(self, reason: str) -> None:
        """Hear nothing: these tapes have no end."""


__all__ = ["AccountNews", "PrivateChannels"]
