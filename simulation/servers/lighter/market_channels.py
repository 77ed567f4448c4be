"""What the public channels tell: books every 50 ms if they changed, trades, statistics, candles, heights."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from helpers.clock import NS_PER_S
from simulation.servers.lighter.book_stream import BookStream
from simulation.servers.lighter.channels import BY_MARKET, Channel
from simulation.servers.lighter.hub import Hub
from simulation.servers.lighter.market_view import MarketView
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.tx_file import block_height
from simulation.servers.market_feed import MarketFeed, Ticker

_BATCH_NS: Final = 50_000_000
_SLOW: Final = ("market_stats", "candle", "height")
_SNAPSHOT_TRADES: Final = 50


class MarketChannels:
    """Says on the public channels what markets do, while somebody listens."""

    def __init__(self, trading: Trading, views: Mapping[int, MarketView], hub: Hub) -> None:
        """Watch nothing yet."""
        self._trading = trading
        self._views = views
        self._hub = hub
        venue = trading.venue
        self._books = {
            key: BookStream(view.market, MarketFeed(venue, view.market.ticker)) for key, view in views.items()
        }
        self._told: dict[Channel, dict[str, Any]] = {}
        self._told_trades = dict.fromkeys(views, 0)
        self._fast = {key: Ticker(venue, _BATCH_NS, partial(self._batch, key)) for key in views}
        self._slow = Ticker(venue, NS_PER_S, self._second)
        hub.on_first = self._begin

    def _begin(self, channel: Channel) -> None:
        if channel.family in BY_MARKET and channel.market_id is not None:
            self._fast[channel.market_id].start()
        elif channel.family in _SLOW:
            self._slow.start()

    # -- every 50 ms ------------------------------------------------------------------------

    def _batch(self, market_id: int) -> None:
        names = {family: Channel(family, (str(market_id),)) for family in BY_MARKET}
        wanted = {family for family, channel in names.items() if self._hub.has(channel)}
        if not wanted:
            self._fast[market_id].stop()
        book = self._books[market_id]
        if wanted & {"order_book", "ticker"} and self._is_moved(book, market_id):
            self._say_book(book, names)
        if "trade" in wanted:
            self._say_trades(market_id, names["trade"])

    def _is_moved(self, book: BookStream, market_id: int) -> bool:
        """Whether the book may have changed: its last quote is another, or we took something."""
        engine = self._trading.venue.core.market(self._views[market_id].market.ticker).engine
        return book.may_have_moved(engine.cursor.current(), len(self._trading.trades.trades))

    def _say_book(self, book: BookStream, names: Mapping[str, Channel]) -> None:
        change = book.change()
        if change is not None:
            self._hub.say(names["order_book"], change)
            self._say_if_new(names["ticker"], book.ticker())

    def _say_trades(self, market_id: int, channel: Channel) -> None:
        history = self._views[market_id].history
        history.read()
        count = history.count - self._told_trades[market_id]
        self._told_trades[market_id] = history.count
        if count:
            newest = history.newest(count)
            self._hub.say(channel, {"liquidation_trades": [], "nonce": newest[0]["trade_id"], "trades": newest})

    # -- every second -----------------------------------------------------------------------

    def _second(self) -> None:
        channels = [channel for family in _SLOW for channel in self._hub.channels(family)]
        if not channels:
            self._slow.stop()
        for channel in channels:
            self._say_if_new(channel, self.snapshot(channel))

    def _say_if_new(self, channel: Channel, body: dict[str, Any]) -> None:
        if self._hub.has(channel) and self._told.get(channel) != body:
            self._told[channel] = body
            self._hub.say(channel, body)

    # -- snapshots ------------------------------------------------------------------------

    def snapshot(self, channel: Channel) -> dict[str, Any]:
        """Give what a new listener of a channel is told first."""
        if channel.family == "height":
            return {"height": block_height(self._trading.now_ns)}
        if channel.family == "spot_market_stats":
            return {"spot_market_stats": {}}
        if channel.market_id is None:
            return {"market_stats": {str(key): view.stats() for key, view in self._views.items()}}
        return self._of_market(channel, channel.market_id)

    def _of_market(self, channel: Channel, market_id: int) -> dict[str, Any]:
        view, book = self._views[market_id], self._books[market_id]
        if channel.family == "market_stats":
            return {"market_stats": view.stats()}
        if channel.family == "candle":
            view.history.read()
            return {"candles": [candle.view() for candle in view.history.candles(channel.parts[1])[-1:]]}
        if channel.family == "trade":
            return self._trades_snapshot(market_id)
        self._catch_up(market_id)
        return book.ticker() if channel.family == "ticker" else book.snapshot()

    def _trades_snapshot(self, market_id: int) -> dict[str, Any]:
        history = self._views[market_id].history
        if not self._hub.has(Channel("trade", (str(market_id),))):
            history.read()
            self._told_trades[market_id] = history.count
        told = history.newest(_SNAPSHOT_TRADES + history.count - self._told_trades[market_id])
        trades = told[history.count - self._told_trades[market_id] :]
        nonce = trades[0]["trade_id"] if trades else 0
        return {"liquidation_trades": [], "nonce": nonce, "trades": trades}

    def _catch_up(self, market_id: int) -> None:
        """Bring a book up to date that nobody listens to; one that is listened to is as of its last batch."""
        names = {family: Channel(family, (str(market_id),)) for family in ("order_book", "ticker")}
        if not any(self._hub.has(channel) for channel in names.values()):
            self._books[market_id].change()


__all__ = ["MarketChannels"]
