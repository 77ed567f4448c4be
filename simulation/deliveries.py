"""How news reaches the customers: after the response delay, and in the order it happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from helpers.decisions import Wake
from helpers.listener import EventListener
from simulation.core import VenueCore
from simulation.cursor import Row
from simulation.resting import NO_BUY, NO_SELL
from simulation.watches import Watch

_THE_END: Final = "the recording is over"


class Deliveries:
    """Queues of news by account, and who asked to be woken by the book."""

    def __init__(self, core: VenueCore) -> None:
        """Deliver through the core's agenda."""
        self._core = core
        self._customers: dict[tuple[str, str], EventListener] = {}
        self._last_ns: dict[str, int] = {}

    def subscribe(self, account_id: str, ticker: str, customer: EventListener) -> None:
        """Send an account's news on one market to this customer: all of it, until told otherwise with `arm`."""
        venue_market = self._core.market(ticker)
        if (account_id, ticker) not in self._customers:
            venue_market.watch(_armed(account_id), Watch(every_quote=True))
        self._customers[account_id, ticker] = customer
        if venue_market.engine.cursor.is_over:
            self.tell(account_id, ticker, lambda customer: customer.on_end(_THE_END))

    def unsubscribe(self, account_id: str) -> None:
        """Send this account nothing any more."""
        self._customers = {key: who for key, who in self._customers.items() if key[0] != account_id}
        for venue_market in self._core.markets.values():
            venue_market.watch(_armed(account_id), None)

    def arm(self, account_id: str, ticker: str, wake: Wake) -> None:
        """Tell the customer of the book only when this holds."""
        venue_market = self._core.market(ticker)
        scale, row = venue_market.scale, venue_market.engine.cursor.current()
        low, high = wake.price_at_or_below, wake.price_at_or_above
        venue_market.watch(
            _armed(account_id),
            Watch(
                low=NO_BUY if low is None else scale.ticks_below(low),
                high=NO_SELL if high is None else scale.ticks_above(high),
                every_quote=wake.book,
                moves=wake.prices,
                bid=0 if row is None else row.bid,
                ask=0 if row is None else row.ask,
            ),
        )

    def later(self, account_id: str, action: Callable[[], None]) -> None:
        """Do something when a message sent now reaches the customer; never before an earlier message."""
        due = self._core.now_ns + self._core.profile.response.draw(self._core.rng)
        due = max(due, self._last_ns.get(account_id, 0))
        self._last_ns[account_id] = due
        self._core.agenda.at(due, action)

    def tell(self, account_id: str, ticker: str, news: Callable[[EventListener], None]) -> None:
        """Bring news of one market to its customer, after the delay."""

        def deliver() -> None:
            customer = self._customers.get((account_id, ticker))
            if customer is not None:
                news(customer)

        self.later(account_id, deliver)

    def book_moved(self, ticker: str, row: Row) -> None:
        """Wake, at once, the customers whose armed condition this quote meets."""
        watches = self._core.market(ticker).watches
        for (account_id, subscribed), customer in list(self._customers.items()):
            watch = watches.get(_armed(account_id)) if subscribed == ticker else None
            if watch is not None and watch.wants(row.bid, row.ask):
                customer.on_book()

    def tape_ended(self, ticker: str) -> None:
        """Tell everyone on a market that its recording is over."""
        for (_, subscribed), customer in list(self._customers.items()):
            if subscribed == ticker:
                customer.on_end(_THE_END)


def _armed(account_id: str) -> str:
    """Name an account's entry among a market's watches."""
    return f"armed:{account_id}"
