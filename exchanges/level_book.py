"""One market's order book as a venue's stream tells it: levels by tick, and the touch always at hand.

Prices are integers, multiples of the tick size; quantities stay the texts the venue sent until
somebody asks for a number. The best price is remembered and walked tick by tick when its level
goes, which is one step in a live market; a far jump is bounded and falls back to a search.
How messages are numbered and what a gap means is each venue's own: it calls `reset`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from heapq import nlargest, nsmallest
from typing import Final

from exchanges.level_texts import LEAST, is_zero, read_quantity
from helpers.errors import BadPayload
from helpers.models import Bbo, BookLevel, OrderBook

Level = tuple[str, str]
"""Price and quantity as the venue wrote them; quantity zero removes the level."""

_NO_BID: Final = 0
_NO_ASK: Final = 1 << 62
_WALK: Final = 64
"""Ticks looked at one by one before the whole side is searched."""
_KEPT: Final = 65_536
"""Prices remembered each way; a market that moved on starts afresh."""


class LevelBook:
    """Bids and asks of one market."""

    __slots__ = (
        "_ask",
        "_ask_quantity",
        "_ask_text",
        "_asks",
        "_bbo",
        "_bid",
        "_bid_quantity",
        "_bid_text",
        "_bids",
        "_noted",
        "_prices",
        "_tick_size",
        "_ticks",
        "changes",
        "is_ready",
        "received_ns",
        "venue_time_ns",
    )

    def __init__(self, tick_size: Decimal) -> None:
        """Start empty, waiting for a snapshot."""
        self._tick_size = tick_size
        self._ticks: dict[str, int] = {}
        self._prices: dict[int, Decimal] = {}
        self._bids: dict[int, str] = {}
        self._asks: dict[int, str] = {}
        self.changes = 0
        """How often the best bid or ask changed, in price or quantity."""
        self.reset()

    def reset(self) -> None:
        """Forget every level: nothing here can be trusted until the next snapshot."""
        self._bids.clear()
        self._asks.clear()
        self._bid, self._ask = _NO_BID, _NO_ASK
        self._noted: tuple[int, str | None, int, str | None] = (_NO_BID, None, _NO_ASK, None)
        self._bid_text: str | None = None
        self._bid_quantity: Decimal | None = None
        self._ask_text: str | None = None
        self._ask_quantity: Decimal | None = None
        self._bbo: Bbo | None = None
        self.is_ready = False
        self.venue_time_ns = 0
        self.received_ns = 0
        self.changes += 1

    # -- what the venue tells -------------------------------------------------------------

    def snapshot(self, bids: Iterable[Level], asks: Iterable[Level], venue_time_ns: int, received_ns: int) -> bool:
        """Replace the whole book; True if the best bid or ask is another than before.

        Raises:
            BadPayload: a level cannot be read; the book is reset then.
        """
        self._bids.clear()
        self._asks.clear()
        self._bid, self._ask = _NO_BID, _NO_ASK
        self.is_ready = True
        return self.apply(bids, asks, venue_time_ns, received_ns)

    def apply(self, bids: Iterable[Level], asks: Iterable[Level], venue_time_ns: int, received_ns: int) -> bool:
        """Take in changed levels as one moment; True if the best bid or ask changed, in price or quantity.

        Raises:
            BadPayload: there was no snapshot, or a level cannot be read; the book is reset then.
        """
        if not self.is_ready:
            raise BadPayload("changes of a book came before its snapshot")
        try:
            if bids:
                self._take_bids(bids)
            if asks:
                self._take_asks(asks)
        except BaseException:
            self.reset()
            raise
        self.venue_time_ns, self.received_ns = venue_time_ns, received_ns
        self._bbo = None
        bid, ask = self._bid, self._ask
        noted = (bid, self._bids.get(bid), ask, self._asks.get(ask))
        if noted == self._noted:
            return False
        self._noted = noted
        self.changes += 1
        return True

    # One loop for each side: a shared one would ask for the side at every level.

    def _take_bids(self, levels: Iterable[Level]) -> None:
        side, known, best = self._bids, self._ticks, self._bid
        for price, quantity in levels:
            try:
                tick = known[price]
            except KeyError:
                tick = self._tick(price)
            if quantity < "1" and not LEAST <= quantity < "0/" and is_zero(quantity):
                side.pop(tick, None)
            else:
                side[tick] = quantity
                if tick > best:  # noqa: PLR1730 - max() is a call, the dearest thing in this loop
                    best = tick
        self._bid = best if best in side else _best_bid(side, best)

    def _take_asks(self, levels: Iterable[Level]) -> None:
        side, known, best = self._asks, self._ticks, self._ask
        for price, quantity in levels:
            try:
                tick = known[price]
            except KeyError:
                tick = self._tick(price)
            if quantity < "1" and not LEAST <= quantity < "0/" and is_zero(quantity):
                side.pop(tick, None)
            else:
                side[tick] = quantity
                if tick < best:  # noqa: PLR1730 - min() is a call, the dearest thing in this loop
                    best = tick
        self._ask = best if best in side else _best_ask(side, best)

    # -- what can be read -------------------------------------------------------------------

    @property
    def bbo(self) -> Bbo | None:
        """Best bid and offer as the newest message left them; None before the snapshot.

        Made when asked for, once a message; its numbers are made when they change.
        """
        if self._bbo is None and self.is_ready:
            bid, bid_text, ask, ask_text = self._noted
            if bid_text != self._bid_text:
                self._bid_text = bid_text
                self._bid_quantity = None if bid_text is None else read_quantity(bid_text)
            if ask_text != self._ask_text:
                self._ask_text = ask_text
                self._ask_quantity = None if ask_text is None else read_quantity(ask_text)
            prices = self._prices
            self._bbo = Bbo(
                None if bid_text is None else prices.get(bid) or self._price(bid),
                self._bid_quantity,
                None if ask_text is None else prices.get(ask) or self._price(ask),
                self._ask_quantity,
                self.venue_time_ns,
                self.received_ns,
            )
        return self._bbo

    @property
    def bid_tick(self) -> int | None:
        """Best bid in ticks; None where there is none."""
        return self._bid if self._bids else None

    @property
    def ask_tick(self) -> int | None:
        """Best ask in ticks; None where there is none."""
        return self._ask if self._asks else None

    @property
    def is_one_sided(self) -> bool:
        """Whether bids or asks are missing, or both."""
        return not (self._bids and self._asks)

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is at or above the best ask, which no true book is for long."""
        return self._bid >= self._ask

    def levels(self, depth: int) -> OrderBook:
        """Give up to `depth` levels a side, best first."""
        return OrderBook(
            bids=tuple(self._level(tick, self._bids[tick]) for tick in nlargest(depth, self._bids)),
            asks=tuple(self._level(tick, self._asks[tick]) for tick in nsmallest(depth, self._asks)),
            venue_time_ns=self.venue_time_ns,
        )

    # -- numbers, each made once ------------------------------------------------------------

    def _level(self, tick: int, quantity: str) -> BookLevel:
        return BookLevel(self._price(tick), read_quantity(quantity))

    def _tick(self, text: str) -> int:
        """Read a price that was not seen before."""
        try:
            ticks = Decimal(text) / self._tick_size
            tick = int(ticks)
        except (InvalidOperation, ValueError, OverflowError):
            raise BadPayload(f"{text!r} is no price") from None
        if tick != ticks or not _NO_BID < tick < _NO_ASK:
            raise BadPayload(f"price {text} is no multiple of the tick size {self._tick_size}")
        _make_room(self._ticks)
        self._ticks[text] = tick
        return tick

    def _price(self, tick: int) -> Decimal:
        price = self._prices.get(tick)
        if price is None:
            _make_room(self._prices)
            price = self._prices[tick] = tick * self._tick_size
        return price


def _best_bid(side: dict[int, str], best: int) -> int:
    """Give the highest bid, which is at or below `best`."""
    for tick in range(best - 1, best - 1 - min(_WALK, len(side)), -1):
        if tick in side:
            return tick
    return max(side, default=_NO_BID)


def _best_ask(side: dict[int, str], best: int) -> int:
    """Give the lowest ask, which is at or above `best`."""
    for tick in range(best + 1, best + 1 + min(_WALK, len(side))):
        if tick in side:
            return tick
    return min(side, default=_NO_ASK)


def _make_room(remembered: dict[str, int] | dict[int, Decimal]) -> None:
    if len(remembered) >= _KEPT:
        remembered.clear()
