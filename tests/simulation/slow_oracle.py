"""The simulated venue told again in the slowest way: requests, time and money around slow_book.py.

Written from docs/simulation.md alone. Nothing is skipped, remembered or indexed; money is
fractions. Margin and liquidation are left out: give the accounts deposits that are never short.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import partial

from slow_book import MAKER, QUOTE, SlowBook, SlowOrder, SlowRow
from slow_records import Money, SlowAlarm, SlowFill, SlowReply, Terms

from helpers.enums import Liquidity, OrderStatus, Side, TimeInForce

HOUR_NS = 3600 * 1_000_000_000


@dataclass
class SlowVenue:
    """The venue: give it rows, let time pass, send requests, read what came of it."""

    terms: Terms
    rows: dict[str, list[SlowRow]]
    """By market, in the order of listing."""
    rate: Callable[[str, int], Decimal]
    """The funding rate of a market at a settlement."""
    now_ns: int
    books: dict[str, SlowBook] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    """Rows that are over, by market."""
    agenda: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    known: dict[tuple[str, str], SlowOrder] = field(default_factory=dict)
    """By account and client order id."""
    money: dict[tuple[str, str], Money] = field(default_factory=lambda: defaultdict(Money))
    """By account and market."""
    fills: list[SlowFill] = field(default_factory=list)
    replies: list[SlowReply] = field(default_factory=list)
    payments: list[tuple[int, str, str, Fraction]] = field(default_factory=list)
    alarms: dict[tuple[str, str], SlowAlarm] = field(default_factory=dict)
    """By account and market."""
    woken: list[tuple[int, str, str]] = field(default_factory=list)
    _numbers: int = 0

    def __post_init__(self) -> None:
        """List the markets and put the first settlement of each on the agenda."""
        for ticker in self.rows:
            self.books[ticker] = SlowBook(self.terms.depth_lots, self)
            self.seen[ticker] = 0
            self._at((self.now_ns // HOUR_NS + 1) * HOUR_NS, partial(self._settle, ticker))

    # -- time ---------------------------------------------------------------------------------

    def advance(self, to_ns: int) -> None:
        """Let everything happen up to a time; at one instant the tapes go first, in the order of listing."""
        while True:
            ahead = [(rows[n][0], ticker) for ticker, rows in self.rows.items() if (n := self.seen[ticker]) < len(rows)]
            row_ns, ticker = min(ahead, key=lambda row: row[0], default=(to_ns + 1, ""))
            entry = min(self.agenda)
            if min(row_ns, entry[0]) > to_ns:
                break
            self.now_ns = min(row_ns, entry[0])
            if row_ns <= entry[0]:
                self._on_row(ticker, self.rows[ticker][self.seen[ticker]])
                self.seen[ticker] += 1
            else:
                self.agenda.remove(entry)
                entry[2]()
        self.now_ns = to_ns

    def _on_row(self, ticker: str, row: SlowRow) -> None:
        self.books[ticker].on_row(row)
        if row[1] == QUOTE:
            rings = [
                account
                for (account, market), alarm in self.alarms.items()
                if market == ticker and alarm.rings(row[2], row[4])
            ]
            self.woken += [(self.now_ns, account, ticker) for account in sorted(rings)]

    def _at(self, time_ns: int, action: Callable[[], None]) -> None:
        """Put something on the agenda; at one instant what was put there first comes first."""
        self._numbers += 1
        self.agenda.append((time_ns, self._numbers, action))

    # -- requests -----------------------------------------------------------------------------

    def place(self, order: SlowOrder) -> None:
        """Send an order."""
        self._at(self.now_ns + self.terms.entry_ns, partial(self._place, order))

    def amend(self, account: str, ticker: str, key: str, price: int, lots: int) -> None:
        """Send a new price and total."""
        self._at(self.now_ns + self.terms.entry_ns, partial(self._amend, account, ticker, key, price, lots))

    def cancel(self, account: str, ticker: str, key: str) -> None:
        """Send a cancel."""
        self._at(self.now_ns + self.terms.entry_ns, partial(self._cancel, account, ticker, key))

    def cancel_all(self, account: str, ticker: str) -> None:
        """Send a cancel of everything on a market."""
        self._at(self.now_ns + self.terms.entry_ns, partial(self._cancel_all, account, ticker))

    def arm(self, account: str, ticker: str, low: int | None, high: int | None, *, every: bool, prices: bool) -> None:
        """Say, without delay, which quotes shall wake an account; `prices` compares with the book of now."""
        best = self.books[ticker].best
        now = (best[Side.BUY][0], best[Side.SELL][0])
        self.alarms[account, ticker] = SlowAlarm(low, high, every, now if prices else None)

    def _place(self, order: SlowOrder) -> None:
        codes = self._refusals(order)
        self._reply(order.account, order.key, codes)
        if "DUPLICATE_ID" in codes:
            return
        self.known[order.account, order.key] = order
        order.noted_ns = self.now_ns
        if codes:
            order.status = OrderStatus.REJECTED
            return
        self.books[order.ticker].enter(order)
        if self._is_live(order) and order.time_in_force is TimeInForce.GTT:
            self._at(order.expires_ns, partial(self._expire, order))

    def _refusals(self, order: SlowOrder) -> set[str]:
        book, is_limit = self.books[order.ticker], order.price is not None
        mine = [other for other in book.resting if other.account == order.account]
        fok = is_limit and order.time_in_force is TimeInForce.FOK
        room = self.room(order)
        late = order.expires_ns is None or order.expires_ns <= self.now_ns
        checks = {
            "DUPLICATE_ID": (order.account, order.key) in self.known,
            "BAD_EXPIRY": is_limit and order.time_in_force is TimeInForce.GTT and late,
            "TOO_MANY_ORDERS": is_limit and len(mine) >= self.terms.max_open_orders,
            "REDUCE_ONLY": order.reduce_only and (room == 0 or (fok and room < order.lots)),
            "POST_ONLY": is_limit and order.post_only and book.reaches(order.side, order.price),
        }
        return {code for code, holds in checks.items() if holds}

    def _amend(self, account: str, ticker: str, key: str, price: int, lots: int) -> None:
        order = self._find(account, ticker, key)
        if order is None:
            self._reply(account, f"amend {key}", {"NOT_FOUND"})
            return
        book, shrinks = self.books[ticker], price == order.price and lots <= order.lots
        checks = {
            "BAD_AMEND": lots <= order.filled,
            "POST_ONLY": order.post_only and not shrinks and book.reaches(order.side, price),
        }
        codes = {code for code, holds in checks.items() if holds}
        self._reply(account, f"amend {key}", codes)
        if codes:
            return
        order.noted_ns, order.price, order.lots = self.now_ns, price, lots
        if not shrinks:
            book.resting.remove(order)
            book.enter(order)

    def _cancel(self, account: str, ticker: str, key: str) -> None:
        order = self._find(account, ticker, key)
        self._reply(account, f"cancel {key}", set() if order else {"NOT_FOUND"})
        if order:
            self.end(order, OrderStatus.CANCELLED)

    def _cancel_all(self, account: str, ticker: str) -> None:
        for order in [order for order in self.books[ticker].resting if order.account == account]:
            self.end(order, OrderStatus.CANCELLED)
        self._reply(account, "cancel all", set())

    def _expire(self, order: SlowOrder) -> None:
        if self._is_live(order):
            self.end(order, OrderStatus.EXPIRED)

    def _find(self, account: str, ticker: str, key: str) -> SlowOrder | None:
        order = self.known.get((account, key))
        return order if order is not None and order.ticker == ticker and self._is_live(order) else None

    def _is_live(self, order: SlowOrder) -> bool:
        return order in self.books[order.ticker].resting

    def _reply(self, account: str, what: str, codes: set[str]) -> None:
        self.replies.append(SlowReply(self.now_ns + self.terms.response_ns, account, what, frozenset(codes)))

    # -- accounts -----------------------------------------------------------------------------

    def room(self, order: SlowOrder) -> int:
        """Count the lots that the order may still fill: for reduce-only, those of the position."""
        position = self.money[order.account, order.ticker].lots
        return max(0, -order.side.sign * position) if order.reduce_only else order.left

    def fill(self, order: SlowOrder, price: int, lots: int, liquidity: Liquidity) -> None:
        """Book an execution."""
        at, quantity = price * Fraction(self.terms.tick_size), lots * Fraction(self.terms.quantity_step)
        rate = self.terms.maker_fee if liquidity is MAKER else self.terms.taker_fee
        fee = at * quantity * Fraction(rate)
        money = self.money[order.account, order.ticker]
        money.fill(order.side.sign, lots, at * Fraction(self.terms.quantity_step))
        money.fees += fee
        self.fills.append(
            SlowFill(order.account, order.ticker, order.key, self.now_ns, order.side, at, quantity, liquidity, fee)
        )
        order.filled += lots
        order.noted_ns, order.status = self.now_ns, OrderStatus.PARTIALLY_FILLED
        if not order.left:
            self.end(order, OrderStatus.FILLED)

    def end(self, order: SlowOrder, status: OrderStatus) -> None:
        """Close an order."""
        order.status, order.noted_ns = status, self.now_ns
        resting = self.books[order.ticker].resting
        if order in resting:
            resting.remove(order)

    def _settle(self, ticker: str) -> None:
        rate, mark = Fraction(self.rate(ticker, self.now_ns)), self.books[ticker].mark
        for (account, market), money in list(self.money.items()):
            if market == ticker and money.lots:
                unit = Fraction(self.terms.tick_size) * Fraction(self.terms.quantity_step)
                amount = -money.lots * mark * unit * rate
                money.funding += amount
                self.payments.append((self.now_ns + self.terms.response_ns, account, ticker, amount))
        self._at(self.now_ns + HOUR_NS, partial(self._settle, ticker))
