"""One market as its public answers and streams need it: trades so far, candles, statistics, book frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from helpers.clock import NS_PER_S
from helpers.money import nearest_to, plain
from simulation.cursor import Row
from simulation.servers.extended.ids import snowflake, to_ms
from simulation.servers.extended.markets import ExtendedMarket
from simulation.servers.market_feed import FeedBook, FeedTrade, Levels, MarketFeed
from simulation.venue import SimulatedVenue
from simulation.venue_market import VenueMarket

_KEPT_TRADES: Final = 20_000
_DAY_NS: Final = 24 * 3600 * NS_PER_S
_ZERO: Final = Decimal(0)
_SHORT: Final = Decimal("0.000001")
_INTERVALS_S: Final[Mapping[str, int]] = {
    "PT1M": 60,
    "PT5M": 300,
    "PT15M": 900,
    "PT30M": 1800,
    "PT1H": 3600,
    "PT2H": 7200,
    "PT4H": 14_400,
    "PT8H": 28_800,
    "PT12H": 43_200,
    "PT24H": 86_400,
    "P1D": 86_400,
    "P7D": 604_800,
}


class Movement:
    """Whether a market's book can have changed: a new row of the tape, or somebody's execution."""

    def __init__(self, venue: SimulatedVenue, market: VenueMarket) -> None:
        """Look from now on."""
        self._accounts = venue.core.accounts
        self._cursor = market.engine.cursor
        self._row: Row | None = None
        self._fills = -1

    def happened(self) -> bool:
        """Look, and say whether something may have changed since the last look."""
        row, fills = self._cursor.current(), sum(len(account.fills) for account in self._accounts.values())
        if row is self._row and fills == self._fills:
            return False
        self._row, self._fills = row, fills
        return True


class MarketWatch:
    """Follows one market's tape as far as somebody asks."""

    def __init__(self, venue: SimulatedVenue, market: ExtendedMarket) -> None:
        """Begin with the book as it is now."""
        self.market = market
        self._venue = venue
        self._listed = venue.core.market(market.ticker)
        self._feed = MarketFeed(venue, market.ticker)
        self._trades: deque[FeedTrade] = deque(maxlen=_KEPT_TRADES)
        self._untold: deque[FeedTrade] = deque(maxlen=_KEPT_TRADES)
        """What no stream has told yet."""
        self._in_book, self._in_touch = Movement(venue, self._listed), Movement(venue, self._listed)
        self._touch: dict[str, Any] = {}
        self.created_ms = to_ms(venue.core.now_ns)

    # -- the book ---------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Tell the whole book as the last change left it."""
        book = self._feed.snapshot()
        return self._book("SNAPSHOT", _levels(book.bids), _levels(book.asks), "f")

    def change(self) -> dict[str, Any] | None:
        """Tell what changed since the last call; None if nothing did."""
        if not self._in_book.happened():
            return None
        before, changed = self._feed.snapshot(), self._feed.changes()
        return None if changed is None else self._delta(before, changed)

    def _delta(self, before: FeedBook, changed: FeedBook) -> dict[str, Any]:
        bids, asks = _changes(before.bids, changed.bids), _changes(before.asks, changed.asks)
        return self._book("DELTA", bids, asks, "f")

    def touch(self) -> dict[str, Any]:
        """Tell the best bid and ask as they are now."""
        if self._in_touch.happened():
            book = self._listed.book(1)
            bids, asks = ({each.price: each.quantity for each in side} for side in (book.bids, book.asks))
            self._touch = self._book("SNAPSHOT", _levels(bids), _levels(asks), "1")
        return self._touch

    def _book(self, kind: str, bids: Sequence[Any], asks: Sequence[Any], depth: str) -> dict[str, Any]:
        return {"t": kind, "m": self.market.name, "b": bids, "a": asks, "d": depth}

    def orderbook(self, depth: int = 20) -> dict[str, Any]:
        """Tell the book as the REST answer does."""
        book = self._listed.book(depth)
        bid, ask = (
            [{"qty": plain(each.quantity), "price": plain(each.price)} for each in side]
            for side in (book.bids, book.asks)
        )
        return {"market": self.market.name, "bid": bid, "ask": ask}

    # -- trades and candles -----------------------------------------------------------------

    def follow(self) -> None:
        """Take over the trades there were."""
        found = self._feed.trades()
        self._trades.extend(found)
        self._untold.extend(found)

    def new_trades(self) -> list[dict[str, Any]]:
        """Tell the trades since the last call, oldest first."""
        self.follow()
        told = [self._trade(trade) for trade in self._untold]
        self._untold.clear()
        return told

    def last_trades(self, count: int, *, with_untold: bool = False) -> list[dict[str, Any]]:
        """Tell the newest of the trades that were followed, oldest first."""
        told = len(self._trades) - (0 if with_untold else len(self._untold))
        return [self._trade(self._trades[place]) for place in range(max(0, told - count), told)]

    def _trade(self, trade: FeedTrade) -> dict[str, Any]:
        return {
            "i": snowflake(trade.time_ns, trade.number),
            "m": self.market.name,
            "S": trade.taker_side.name,
            "tT": "TRADE",
            "T": to_ms(trade.time_ns),
            "p": plain(trade.price),
            "q": plain(trade.quantity),
        }

    def candles(self, interval: str, *, with_volume: bool) -> list[dict[str, Any]]:
        """Tell the candles, newest first; mark and index candles too are made of trades here."""
        width_ms, rows = _INTERVALS_S[interval] * 1000, dict[int, list[FeedTrade]]()
        for trade in self._trades:
            rows.setdefault(to_ms(trade.time_ns) // width_ms * width_ms, []).append(trade)
        return [_candle(start, trades, with_volume=with_volume) for start, trades in reversed(rows.items())]

    # -- prices and metadata ----------------------------------------------------------------

    def mark(self) -> str:
        """Tell the mark price, which is the index price too."""
        return plain(self._mark())

    def _mark(self) -> Decimal:
        return self._listed.mark_price() or self.market.spec.start_price

    def funding_now(self) -> tuple[str, int]:
        """Tell the rate of the next settlement, and when that is, in Unix ms."""
        funding = self._listed.funding
        due = funding.next_ns(self._venue.core.now_ns)
        return plain(funding.rate(due)), to_ms(due)

    def funding_between(self, start_ms: int, end_ms: int) -> Iterable[dict[str, Any]]:
        """Tell the rates that were applied, newest first."""
        funding = self._listed.funding
        due = funding.next_ns(self._venue.core.now_ns) - funding.interval_ns
        while to_ms(due) >= start_ms and to_ms(due) > self.created_ms:
            if to_ms(due) <= end_ms:
                yield {"m": self.market.name, "T": to_ms(due), "f": plain(funding.rate(due))}
            due -= funding.interval_ns

    def stats(self) -> dict[str, Any]:
        """Tell the day's statistics, of the trades since the venue opened."""
        self.follow()
        since = self._venue.core.now_ns - _DAY_NS
        day = [trade for trade in self._trades if trade.time_ns >= since]
        prices = [trade.price for trade in day] or [self._mark()]
        bbo, (rate, due) = self._listed.bbo(), self.funding_now()
        base = sum((trade.quantity for trade in day), _ZERO)
        return {
            "dailyVolume": plain(sum((trade.quantity * trade.price for trade in day), _ZERO)),
            "dailyVolumeBase": plain(base),
            "dailyPriceChange": plain(prices[-1] - prices[0]),
            "dailyPriceChangePercentage": plain(nearest_to((prices[-1] - prices[0]) / prices[0], _SHORT)),
            "dailyLow": plain(min(prices)),
            "dailyHigh": plain(max(prices)),
            "lastPrice": plain(prices[-1]),
            "askPrice": plain((bbo and bbo.ask) or prices[-1]),
            "bidPrice": plain((bbo and bbo.bid) or prices[-1]),
            "markPrice": self.mark(),
            "indexPrice": self.mark(),
            "fundingRate": rate,
            "nextFundingRate": due,
            "openInterest": plain(base * prices[-1]),
            "openInterestBase": plain(base),
            "deleverageLevels": {"shortPositions": [], "longPositions": []},
        }


def is_interval(interval: str) -> bool:
    """Whether there are candles of this width."""
    return interval in _INTERVALS_S


def _levels(levels: Levels) -> list[dict[str, str]]:
    return [{"q": plain(quantity), "p": plain(price)} for price, quantity in levels.items()]


def _changes(before: Levels, changed: Levels) -> list[dict[str, str]]:
    """Tell changed levels: the signed change beside the size it leaves."""
    return [
        {"q": plain(quantity - before.get(price, _ZERO)), "p": plain(price), "c": plain(quantity)}
        for price, quantity in changed.items()
    ]


def _candle(start_ms: int, trades: Sequence[FeedTrade], *, with_volume: bool) -> dict[str, Any]:
    prices = [trade.price for trade in trades]
    told = {"o": plain(prices[0]), "l": plain(min(prices)), "h": plain(max(prices)), "c": plain(prices[-1])}
    volume = {"v": plain(sum((trade.quantity for trade in trades), _ZERO))} if with_volume else {}
    return {**told, **volume, "T": start_ms}


__all__ = ["MarketWatch", "is_interval"]
