"""The streams of one market: its whole book, its mark price, and its trades for who wants them.

The book is the full one: a snapshot first and again about every minute, and every 100 ms what
changed. Of a changed level `c`, the size after the change, is taken, never the change itself, so
nothing adds up wrongly. Another topic tells the best prices alone, up to every 10 ms. It is not
used: which of two accounts of one book is the newer could only be told by their time stamps, and
nothing says that those of a change collected over 100 ms and of a single price mean the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

from exchanges.extended.listings import Listing
from exchanges.extended.mapping import NS_PER_MS, trade_of
from exchanges.extended.network import ExtendedNetwork
from exchanges.extended.topic import Topic
from exchanges.extended.wire import BookData, BookFrame, PriceFrame, TradesFrame, WireLevel, finite
from exchanges.level_book import Level, LevelBook
from helpers.clock import NS_PER_S
from helpers.errors import BadPayload
from helpers.models import Trade

_BOOK_SILENCE_S: Final = 90.0
"""A snapshot comes about every minute, however quiet the market."""
_MARK_LASTS_NS: Final = 30 * NS_PER_S
_KEPT_TRADES: Final = 2_000
SNAPSHOT: Final = "SNAPSHOT"
DELTA: Final = "DELTA"


class BookStream:
    """The whole book of one market."""

    def __init__(self, network: ExtendedNetwork, listing: Listing, tell: Callable[[], None]) -> None:
        """Open nothing; `tell` hears each time the best bid or ask changed, or the book is lost."""
        self.book = LevelBook(listing.market.tick_size)
        self._market = listing.name
        self._tick = str(listing.market.tick_size)
        self._tell = tell
        self._clock = network.clock
        self.topic = Topic(
            network,
            f"/v1/orderbooks/{listing.name}",
            BookFrame,
            self._hear,
            max_silence_s=_BOOK_SILENCE_S,
            on_reset=self._reset,
        )

    def _hear(self, frame: BookFrame) -> None:
        data = frame.data
        if data is None or data.m != self._market:
            raise BadPayload(f"a frame of {None if data is None else data.m!r} on the topic of {self._market}")
        time_ns, now_ns = frame.ts * NS_PER_MS, self._clock.now_ns()
        if frame.type == DELTA:
            changed = self.book.apply(changed_levels(data.b), changed_levels(data.a), time_ns, now_ns)
        elif frame.type == SNAPSHOT:
            changed = self._snapshot(data, time_ns, now_ns)
        else:
            raise BadPayload(f"{frame.type!r} is no kind of book frame")
        if changed:
            self._tell()

    def _snapshot(self, data: BookData, time_ns: int, now_ns: int) -> bool:
        """Replace the book; orders older than a change of the tick may stand between today's ticks."""
        bids, asks = whole_levels(data.b), whole_levels(data.a)
        try:
            return self.book.snapshot(bids, asks, time_ns, now_ns)
        except BadPayload:
            self.book = LevelBook(_finest_step([self._tick, *(level.p for level in (*data.b, *data.a))]))
            return self.book.snapshot(bids, asks, time_ns, now_ns)

    def _reset(self) -> None:
        self.book.reset()
        self._tell()


class MarkStream:
    """The mark price of one market."""

    def __init__(self, network: ExtendedNetwork, listing: Listing) -> None:
        """Open nothing."""
        self._market = listing.name
        self._clock = network.clock
        self._price: Decimal | None = None
        self._received_ns = 0
        self.topic = Topic(network, f"/v1/prices/mark/{listing.name}", PriceFrame, self._hear)

    def fresh(self) -> Decimal | None:
        """Give the mark price if it is of the last half minute."""
        return self._price if self._clock.now_ns() - self._received_ns <= _MARK_LASTS_NS else None

    def _hear(self, frame: PriceFrame) -> None:
        if frame.data is None or frame.data.m != self._market:
            raise BadPayload(f"a price of another market on the topic of {self._market}")
        self._price, self._received_ns = finite(frame.data.p, "mark price"), self._clock.now_ns()


class TradeStream:
    """The public trades of one market, each told once.

    Each connection begins with the last trades there were. Those of the first one happened before
    anybody asked and are not told; those of a later one were missed meanwhile, and are.
    """

    def __init__(self, network: ExtendedNetwork, listing: Listing, tell: Callable[[Trade], None]) -> None:
        """Open nothing."""
        self._market = listing.name
        self._tell = tell
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._has_begun = False
        self.topic = Topic(network, f"/v1/publicTrades/{listing.name}", TradesFrame, self._hear)

    def _hear(self, frame: TradesFrame) -> None:
        if frame.data is None:
            raise BadPayload("a frame without trades")
        is_past = not self._has_begun and frame.seq == 1
        self._has_begun = True
        for wire in frame.data:
            trade = trade_of(wire)
            if wire.m != self._market or trade.trade_id in self._seen:
                continue
            self._seen[trade.trade_id] = None
            if not is_past:
                self._tell(trade)
        while len(self._seen) > _KEPT_TRADES:
            self._seen.popitem(last=False)


def whole_levels(levels: Iterable[WireLevel]) -> list[Level]:
    """Give the levels of a snapshot."""
    return [(level.p, level.q) for level in levels]


def changed_levels(levels: Iterable[WireLevel]) -> list[Level]:
    """Give changed levels with the size they have now.

    Raises:
        BadPayload: a level does not say it.
    """
    found: list[Level] = []
    for level in levels:
        if level.c is None:
            raise BadPayload(f"the level at {level.p} does not say what its size is now")
        found.append((level.p, level.c))
    return found


def _finest_step(prices: Iterable[str]) -> Decimal:
    """Give the power of ten on whose grid all prices stand.

    Raises:
        BadPayload: one is no price.
    """
    try:
        exponents = [Decimal(price).normalize().as_tuple().exponent for price in prices]
    except InvalidOperation:
        raise BadPayload("a level has no price") from None
    numbers = [exponent for exponent in exponents if isinstance(exponent, int)]
    if len(numbers) < len(exponents):
        raise BadPayload("a level has no price")
    return Decimal(1).scaleb(min(numbers, default=0))


__all__ = ["DELTA", "SNAPSHOT", "BookStream", "MarkStream", "TradeStream", "changed_levels", "whole_levels"]
