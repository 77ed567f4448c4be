"""The v1 streams: one URL is one topic on one connection; frames flow at once, numbered from 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from simulation.servers.extended.account_news import AccountNews
from simulation.servers.extended.account_state import AccountState
from simulation.servers.extended.answers import Code, Refused
from simulation.servers.extended.ids import to_ms
from simulation.servers.extended.market_watch import is_interval
from simulation.servers.extended.topics import (
    ACCOUNT,
    CANDLES,
    FUNDING,
    ORDERBOOKS,
    PRICES,
    TRADES,
    Frame,
    PublicTopics,
    Subscription,
    Topic,
    is_market,
)
from simulation.servers.front import Connection, ServerRequest

_PLAIN: Final = {"orderbooks": ORDERBOOKS, "publicTrades": TRADES, "funding": FUNDING}
_PRICES: Final = {"mark": "MP", "index": "IP"}
CANDLE_KINDS: Final = {"trades": "last", "mark-prices": "mark", "index-prices": "index"}


def read_topic(request: ServerRequest, parts: Sequence[str]) -> Topic:
    """Tell from the URL below /v1 what is wanted.

    Raises:
        Refused: there is no such topic, or no such market.
    """
    topic = _read(request, tuple(part for part in parts if part))
    if topic is None or not is_market(topic.market):
        raise Refused(Code.NOT_FOUND, "no such stream")
    return topic


def _read(request: ServerRequest, parts: tuple[str, ...]) -> Topic | None:
    match parts:
        case ("account",):
            return Topic(ACCOUNT)
        case ("orderbooks" | "publicTrades" | "funding" as word, *market) if len(market) <= 1:
            depth = "1" if request.parameter("depth") == "1" else "full"
            option = depth if word == "orderbooks" else ""
            return Topic(_PLAIN[word], market[0] if market else None, option)
        case ("prices", "mark" | "index" as word, *market) if len(market) <= 1:
            return Topic(PRICES, market[0] if market else None, _PRICES[word])
        case ("candles", market, word) if word in CANDLE_KINDS:
            interval = request.parameter("interval") or ""
            return Topic(CANDLES, market, CANDLE_KINDS[word], interval) if is_interval(interval) else None
        case _:
            return None


class TopicStream:
    """One connection."""

    def __init__(
        self, connection: Connection, state: AccountState, topics: PublicTopics, news: AccountNews, topic: Topic
    ) -> None:
        """Begin to tell the topic."""
        self._connection = connection
        self._state = state
        self._source: PublicTopics | AccountNews = topics
        self._seq = 0
        self._subscription: Subscription
        if topic.scope == ACCOUNT:
            self._source = news
            for frame in news.snapshot():
                self._tell(frame)
            self._subscription = news.subscribe(self._tell)
        else:
            self._subscription = topics.subscribe(topic, self._tell)

    def on_message(self, message: bytes) -> None:
        """Hear nothing: these streams take no messages."""

    def on_end(self) -> None:
        """Stop telling."""
        self._source.unsubscribe(self._subscription)

    def _tell(self, frame: Frame) -> None:
        self._seq += 1
        body: dict[str, Any] = {"type": frame.kind} if frame.kind else {}
        body |= {"data": frame.data, "ts": to_ms(self._state.now_ns), "seq": self._seq}
        self._connection.send(msgspec.json.encode(body))


__all__ = ["CANDLE_KINDS", "TopicStream", "read_topic"]
