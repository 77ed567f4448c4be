"""A random world sent through the simulated venue, and through its slow double."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from oracle_customers import Act
from oracle_worlds import ACCOUNTS, OracleWorld
from slow_book import SlowOrder
from slow_oracle import SlowVenue
from venue_scenes import START_NS, D, Listener, changed

from helpers.decisions import OrderParams, Wake
from helpers.enums import OrderType, Side
from simulation.order_records import DeskReply
from simulation.profile import Latency, VenueProfile
from simulation.tape import Instrument, MemoryTape, TapeChunk
from simulation.venue import SimulatedVenue

RICH = D(10) ** 9
"""A deposit that no position exhausts: the double knows no margin."""
LOOK_LEVELS = 10


class FastRun:
    """A world at the simulated venue."""

    def __init__(self, world: OracleWorld) -> None:
        """Run it."""
        self.world = world
        self.heard: list[tuple[Any, ...]] = []
        self.replies: list[tuple[int, str, str, str]] = []
        self.looks: list[Any] = []
        terms = world.terms
        profile = VenueProfile(
            order_entry=Latency(base_ns=terms.entry_ns), response=Latency(base_ns=terms.response_ns), deposit=RICH
        )
        self.venue = SimulatedVenue(profile, random.Random(1), START_NS)
        for ticker in world.tapes:
            self._list(ticker)
        for account in ACCOUNTS:
            self.venue.open_account(account)
            for ticker in world.tapes:
                listener = Listener(self.venue, account, ticker, self.heard)
                self.venue.deliveries.subscribe(account, ticker, listener)
                self.venue.deliveries.arm(account, ticker, Wake(book=False))
        for act in world.acts:
            self._walk(act.at_ns)
            getattr(self, f"_{act.what}")(act)
        self._walk(world.end_ns)

    def _list(self, ticker: str) -> None:
        terms, rows, chunks = self.world.terms, self.world.tapes[ticker], []
        while rows:
            size = self.world.chunk_rows[len(chunks) % len(self.world.chunk_rows)]
            chunk = TapeChunk()
            for row in rows[:size]:
                chunk.append(*row)
            chunks.append(chunk)
            rows = rows[size:]
        market = changed(
            ticker=ticker,
            maker_fee=terms.maker_fee,
            taker_fee=terms.taker_fee,
            max_open_orders=terms.max_open_orders,
        )
        instrument = Instrument(
            ticker=ticker,
            quote="USD",
            source="synthetic",
            tick_size=terms.tick_size,
            quantity_step=terms.quantity_step,
            depth_lots=terms.depth_lots,
        )
        self.venue.list_market(market, MemoryTape(instrument, chunks))

    def _walk(self, to_ns: int) -> None:
        if self.world.by_events:
            while (due := self.venue.next_event_ns(to_ns)) is not None:
                self.venue.advance_to(due)
        self.venue.advance_to(to_ns)

    def _place(self, act: Act) -> None:
        terms, wish = self.world.terms, act.details
        price = wish["price"]
        params = OrderParams(
            intent=act.key,
            side=wish["side"],
            quantity=wish["lots"] * terms.quantity_step,
            price=None if price is None else price * terms.tick_size,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            time_in_force=wish["time_in_force"],
            post_only=wish.get("post_only", False),
            reduce_only=wish["reduce_only"],
            expires_ns=wish.get("expires_ns"),
        )
        self.venue.desk.place(act.account, act.ticker, act.key, params, self._reply(act, act.key))

    def _amend(self, act: Act) -> None:
        price, quantity = act.details["price"] * D("0.1"), act.details["lots"] * D("0.001")
        reply = self._reply(act, f"amend {act.key}")
        self.venue.desk.amend(act.account, act.ticker, act.key, price, quantity, reply)

    def _cancel(self, act: Act) -> None:
        self.venue.desk.cancel(act.account, act.ticker, act.key, self._reply(act, f"cancel {act.key}"))

    def _cancel_all(self, act: Act) -> None:
        self.venue.desk.cancel_all(act.account, act.ticker, self._reply(act, "cancel all"))

    def _arm(self, act: Act) -> None:
        low, high = (None if act.details[end] is None else act.details[end] * D("0.1") for end in ("low", "high"))
        every, prices = act.details["every"], act.details["prices"]
        wake = Wake(book=every, prices=prices, price_at_or_below=low, price_at_or_above=high)
        self.venue.deliveries.arm(act.account, act.ticker, wake)

    def _look(self, act: Act) -> None:
        market = self.venue.core.market(act.ticker)
        book, mark = market.book(LOOK_LEVELS), market.mark_price()
        levels = [[(Fraction(x.price), Fraction(x.quantity)) for x in side] for side in (book.bids, book.asks)]
        self.looks.append((act.at_ns, levels, None if mark is None else Fraction(mark)))

    def _reply(self, act: Act, what: str) -> Callable[[DeskReply], None]:
        return lambda reply: self.replies.append((self.venue.core.now_ns, act.account, what, reply.code))


class SlowRun:
    """The same world at the slow double."""

    def __init__(self, world: OracleWorld, rate: Callable[[str, int], Decimal]) -> None:
        """Run it."""
        self.looks: list[Any] = []
        self.venue = SlowVenue(world.terms, world.tapes, rate, START_NS)
        for act in world.acts:
            self.venue.advance(act.at_ns)
            getattr(self, f"_{act.what}")(act)
        self.venue.advance(world.end_ns)

    def _place(self, act: Act) -> None:
        self.venue.place(SlowOrder(act.account, act.ticker, act.key, **act.details))

    def _amend(self, act: Act) -> None:
        self.venue.amend(act.account, act.ticker, act.key, act.details["price"], act.details["lots"])

    def _cancel(self, act: Act) -> None:
        self.venue.cancel(act.account, act.ticker, act.key)

    def _cancel_all(self, act: Act) -> None:
        self.venue.cancel_all(act.account, act.ticker)

    def _arm(self, act: Act) -> None:
        self.venue.arm(act.account, act.ticker, **act.details)

    def _look(self, act: Act) -> None:
        book, tick, step = self.venue.books[act.ticker], Fraction(1, 10), Fraction(1, 1000)
        levels = [[(price * tick, lots * step) for price, lots in book.levels(side)[:LOOK_LEVELS]] for side in Side]
        self.looks.append((act.at_ns, levels, None if book.mark is None else book.mark * tick))
