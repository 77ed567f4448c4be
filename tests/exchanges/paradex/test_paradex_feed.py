"""The market side of the client, and the feed that needs no key."""

from __future__ import annotations

from decimal import Decimal

import pytest
from heard import Heard
from paradex_samples import SUMMARY
from paradex_scenes import BOOK, BTC, FakeVenue, connected, context_of, settle

from exchanges.paradex.client import ParadexClient
from helpers.errors import ConnectivityError, UserError, VenueError
from helpers.models import Trade
from simulation.virtual_loop import VirtualClock

D = Decimal
TRADE = {"id": "9", "market": BTC, "side": "SELL", "price": "80000", "size": "2", "created_at": 7}


async def test_a_market_has_the_fees_of_this_account(clock: VirtualClock) -> None:
    """What the venue tells of the account goes before the list price; the feed alone tells the list price."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    market = await client.get_market("BTC")
    assert (market.maker_fee, market.taker_fee, market.max_leverage) == (D("-0.00001"), D("0.0003"), 50)
    feed = ParadexClient.public_feed(context_of(venue))
    await feed.connect()
    assert (await feed.get_market("BTC")).taker_fee == D("0.0002")
    assert feed.tickers() == ("BTC", "ETH")
    with pytest.raises(UserError, match="did you mean BTC"):
        await client.get_market("BTCX")
    await feed.disconnect()


async def test_an_account_that_tells_no_fees_pays_the_list_price(clock: VirtualClock) -> None:
    """Unknown is not zero."""
    venue = FakeVenue(clock)
    venue.script("GET /account/info", (200, {"fees": {}}))
    client = await connected(venue)
    assert (await client.get_market("BTC")).taker_fee == D("0.0002")


async def test_funding_is_the_streams_while_it_is_fresh(clock: VirtualClock) -> None:
    """Read where nobody listens; told by the stream where somebody does; read again when that is old."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("GET /markets/summary", (200, {"results": [{**SUMMARY, "funding_rate": "0.5"}]}))
    assert (await client.get_funding_rate("BTC")).rate == D("0.5")
    await client.subscribe("BTC", Heard())
    assert (await client.get_funding_rate("BTC")).rate == D("0.00007378239272")
    assert len(venue.requests("GET /markets/summary")) == 1
    await clock.sleep(16)
    await client.get_funding_rate("BTC")
    assert len(venue.requests("GET /markets/summary")) == 2
    await client.disconnect()


async def test_a_market_without_a_summary_has_no_funding_rate(clock: VirtualClock) -> None:
    """No answer is not a rate of zero."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("GET /markets/summary", (200, {"results": []}), (200, {"results": [{**SUMMARY, "funding_rate": ""}]}))
    for words in ("nothing of BTC", "funding_rate"):
        with pytest.raises(VenueError, match=words):
            await client.get_funding_rate("BTC")


async def test_a_book_is_read_to_a_depth(clock: VirtualClock) -> None:
    """No deeper than asked for, best first."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    told = {"market": BTC, "seq_no": 1, "last_updated_at": 2, "bids": [["1", "1"], ["2", "1"]], "asks": [["3", "1"]]}
    venue.script(f"GET /orderbook/{BTC}", (200, told))
    book = await client.fetch_order_book("BTC", 1)
    assert [level.price for level in book.bids] == [2]
    assert venue.asked[-1].url.endswith("?depth=1")


class Trades(Heard):
    """A listener of public news."""

    def __init__(self) -> None:
        super().__init__()
        self.trades: list[Trade] = []

    def on_trade(self, trade: Trade) -> None:
        self.trades.append(trade)


async def test_the_feed_tells_each_trade_once(clock: VirtualClock) -> None:
    """Books and trades without a key; a trade that comes again is not told again."""
    venue, heard = FakeVenue(clock), Trades()
    feed = ParadexClient.public_feed(context_of(venue))
    await feed.connect()
    await feed.subscribe("BTC", heard)
    public = venue.public()
    assert public.subscribed() == [f"markets_summary.{BTC}", f"trades.{BTC}", BOOK]
    for each in (TRADE, TRADE, {**TRADE, "id": "10"}):
        public.news(f"trades.{BTC}", each)
    await settle(venue)
    assert [trade.trade_id for trade in heard.trades] == ["9", "10"]
    assert await feed.server_time_ns() == clock.now_ns() // 10**6 * 10**6
    assert (venue.tokens, feed.top_of_book("ETH")) == (0, None)
    await feed.disconnect()
    await feed.disconnect()


async def test_a_feed_without_a_market_list_is_an_error(clock: VirtualClock) -> None:
    """Before connect there is none; a clock that is no time is told."""
    venue = FakeVenue(clock)
    feed = ParadexClient.public_feed(context_of(venue))
    with pytest.raises(ConnectivityError, match="not connected"):
        feed.tickers()
    venue.script("GET /system/time", (200, {"server_time": "noon"}))
    with pytest.raises(VenueError, match="no time"):
        await feed.server_time_ns()
