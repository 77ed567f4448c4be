"""What can be subscribed to, whichever stream protocol asks: topics, their first frames, and who hears the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from helpers.clock import NS_PER_S
from simulation.servers.extended.ids import to_ms
from simulation.servers.extended.market_watch import MarketWatch
from simulation.servers.extended.markets import BY_NAME
from simulation.servers.market_feed import Ticker
from simulation.venue import SimulatedVenue

_MS: Final = 1_000_000
_MINUTE_NS: Final = 60 * NS_PER_S
_REPLAYED: Final = 50
"""Trades told first."""
_BOOKS, _TOUCHES, _REST = 100, 10, 1000
"""Pulses, ms."""

ORDERBOOKS: Final = "ORDERBOOKS"
TRADES: Final = "TRADES"
FUNDING: Final = "FUNDING_RATES"
PRICES: Final = "PRICES"
CANDLES: Final = "CANDLES"
ACCOUNT: Final = "ACCOUNT"


class Topic(NamedTuple):
    """One thing to hear of."""

    scope: str
    market: str | None = None
    """None is all markets."""
    option: str = ""
    """Depth of a book ("full" or "1"), kind of a price ("MP" or "IP"), candles ("last", "mark", "index")."""
    interval: str = ""
    """Width of candles."""


class Frame(NamedTuple):
    """What is told: its kind ("SNAPSHOT", "MP", ...; empty where the venue names none) and its data."""

    kind: str
    data: Any


Publish = Callable[[Frame], None]


class Subscription:
    """One subscriber of one topic."""

    def __init__(self, topic: Topic, publish: Publish) -> None:
        """Begin."""
        self.topic = topic
        self.publish = publish

    def wants(self, market: str) -> bool:
        """Whether it asked for this market, or for all."""
        return self.topic.market in {None, market}


class PublicTopics:
    """Books each 100 ms, the best prices each 10 ms, the rest each second; nothing while nobody listens."""

    def __init__(self, venue: SimulatedVenue, watches: dict[str, MarketWatch]) -> None:
        """Tell of these markets, by the venue's names."""
        self._venue = venue
        self._watches = watches
        self._subscriptions: list[Subscription] = []
        self._told: dict[Topic, Any] = {}
        """What was last told of each topic; some are told only when they change."""
        self._snapshot_minute = venue.core.now_ns // _MINUTE_NS
        self._hour_ms = self._funding_ms()
        actions = {_BOOKS: self._each_100ms, _TOUCHES: self._each_10ms, _REST: self._each_second}
        self._tickers = {pulse: Ticker(venue, pulse * _MS, action) for pulse, action in actions.items()}
        self._followed: dict[int, list[str]] = {pulse: [] for pulse in actions}
        """The markets that somebody listens to, by pulse."""
        Ticker(venue, _MINUTE_NS, self._each_minute).start()

    def subscribe(self, topic: Topic, publish: Publish) -> Subscription:
        """Begin to tell; the first frames come at once."""
        subscription = Subscription(topic, publish)
        for name, watch in self._watches.items():
            if subscription.wants(name):
                self._catch_up(_pulse(topic), name)
                for frame in self._first(topic, watch):
                    self._is_news(topic._replace(market=name), frame)
                    publish(frame)
        self._subscriptions.append(subscription)
        self._run()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop telling."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
        self._run()

    def _run(self) -> None:
        """Let each pulse beat for those who want it, and rest otherwise."""
        for pulse, ticker in self._tickers.items():
            wanted = [each for each in self._subscriptions if _pulse(each.topic) == pulse]
            self._followed[pulse] = [name for name in self._watches if any(each.wants(name) for each in wanted)]
            if wanted:
                ticker.start()
            else:
                ticker.stop()

    def _catch_up(self, pulse: int, name: str) -> None:
        """Follow a market over the time nobody listened to it."""
        if pulse == _BOOKS and name not in self._followed[_BOOKS]:
            self._watches[name].change()
            self._watches[name].new_trades()
        if not self._followed[pulse]:
            self._hour_ms = self._funding_ms()
            self._snapshot_minute = self._venue.core.now_ns // _MINUTE_NS

    # -- first frames -----------------------------------------------------------------------

    def _first(self, topic: Topic, watch: MarketWatch) -> Iterable[Frame]:
        if topic.scope == ORDERBOOKS:
            yield Frame("SNAPSHOT", watch.touch() if topic.option == "1" else watch.snapshot())
        elif topic.scope == TRADES:
            trades = watch.last_trades(_REPLAYED)
            if trades:
                yield Frame("", trades)
        elif topic.scope == FUNDING:
            yield from (Frame("", row) for row in self._last_funding(watch))
        elif topic.scope == PRICES:
            yield self._price(topic, watch)
        else:
            yield from (Frame("", [candle]) for candle in _last_candle(topic, watch))

    def _price(self, topic: Topic, watch: MarketWatch) -> Frame:
        data = {"m": watch.market.name, "p": watch.mark(), "ts": to_ms(self._venue.core.now_ns)}
        return Frame(topic.option, data)

    def _last_funding(self, watch: MarketWatch) -> list[dict[str, Any]]:
        return list(watch.funding_between(self._hour_ms, self._hour_ms))

    # -- pulses -----------------------------------------------------------------------------

    def _each_100ms(self) -> None:
        minute = self._venue.core.now_ns // _MINUTE_NS
        is_whole = minute != self._snapshot_minute
        self._snapshot_minute = minute
        for name in self._followed[_BOOKS]:
            watch = self._watches[name]
            change, trades = watch.change(), watch.new_trades()
            if is_whole:
                self._tell(ORDERBOOKS, name, Frame("SNAPSHOT", watch.snapshot()), "full")
            elif change is not None:
                self._tell(ORDERBOOKS, name, Frame("DELTA", change), "full")
            if trades:
                self._tell(TRADES, name, Frame("", trades))

    def _each_10ms(self) -> None:
        for name in self._followed[_TOUCHES]:
            self._tell_changed(Topic(ORDERBOOKS, name, "1"), Frame("SNAPSHOT", self._watches[name].touch()))

    def _each_second(self) -> None:
        hour = self._funding_ms()
        is_paid, self._hour_ms = hour != self._hour_ms, hour
        for name in self._followed[_REST]:
            watch = self._watches[name]
            for topic in (Topic(PRICES, name, "MP"), Topic(PRICES, name, "IP")):
                self._tell_changed(topic, self._price(topic, watch))
            candles = (each.topic for each in self._subscriptions if each.topic[:2] == (CANDLES, name))
            for topic in dict.fromkeys(candles):
                for candle in _last_candle(topic, watch):
                    self._tell_changed(topic, Frame("", [candle]))
            for row in self._last_funding(watch) if is_paid else ():
                self._tell(FUNDING, name, Frame("", row))

    def _each_minute(self) -> None:
        """Follow the trades always, so that whoever asks after days of silence need not wait for all of them."""
        for watch in self._watches.values():
            watch.follow()

    def _tell_changed(self, topic: Topic, frame: Frame) -> None:
        if self._is_news(topic, frame):
            self._tell(topic.scope, topic.market or "", frame, topic.option, topic.interval)

    def _is_news(self, topic: Topic, frame: Frame) -> bool:
        """Note what is told of a topic; False if it was told before."""
        told = frame.data["p"] if topic.scope == PRICES else frame.data
        is_news = bool(self._told.get(topic) != told)
        self._told[topic] = told
        return is_news

    def _tell(self, scope: str, market: str, frame: Frame, option: str = "", interval: str = "") -> None:
        for subscription in list(self._subscriptions):
            topic = subscription.topic
            if topic.scope == scope and subscription.wants(market) and topic[2:] == (option, interval):
                subscription.publish(frame)

    def _funding_ms(self) -> int:
        """Give the time of the last settlement."""
        hour_ns = 60 * _MINUTE_NS
        return to_ms(self._venue.core.now_ns // hour_ns * hour_ns)


def _pulse(topic: Topic) -> int:
    if topic.scope == ORDERBOOKS:
        return _TOUCHES if topic.option == "1" else _BOOKS
    return _BOOKS if topic.scope == TRADES else _REST


def _last_candle(topic: Topic, watch: MarketWatch) -> list[dict[str, Any]]:
    watch.follow()
    return watch.candles(topic.interval, with_volume=topic.option == "last")[:1]


def is_market(name: str | None) -> bool:
    """Whether a subscription may name this market; None is all of them."""
    return name is None or name in BY_NAME


__all__ = [
    "ACCOUNT",
    "CANDLES",
    "FUNDING",
    "ORDERBOOKS",
    "PRICES",
    "TRADES",
    "Frame",
    "PublicTopics",
    "Publish",
    "Subscription",
    "Topic",
    "is_market",
]
