"""`--paper` on a real venue: its public data, our account."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from heard import Heard
from scripted_feed import REAL_MARKET, D, Lighthouse, ScriptedFeed, real_venue

from exchanges.base import ExchangeContext, OrderParams, OrderResult, OrderStatus, Side, Wake
from exchanges.live_paper import LivePaperClient
from helpers.clock import WallClock
from helpers.enums import Capability, MarketKind, OrderType
from helpers.errors import ConnectivityError, UserError
from helpers.ids import ClientOrderIds
from helpers.paper_options import PaperOptions
from simulation.virtual_loop import VirtualClock

S = 1_000_000_000
BUY, SELL = Side.BUY, Side.SELL


def context(clock: VirtualClock, **paper: Any) -> ExchangeContext:
    """Give what the client is built with; `paper` are the terms a person set."""
    return ExchangeContext(
        "lighthouse-paper",
        clock,
        random.Random(1),
        ClientOrderIds(clock.now_ns()),
        paper=PaperOptions.model_validate(paper),
    )


async def opened(clock: VirtualClock, **paper: Any) -> tuple[LivePaperClient, ScriptedFeed, Heard]:
    """Connect a client and listen to BTC."""
    await clock.sleep(1_000_000)  # some way from the beginning of time
    feed = ScriptedFeed(clock)
    client, heard = LivePaperClient(context(clock, **paper), feed), Heard()
    await client.connect()
    await client.subscribe("BTC", heard)
    return client, feed, heard


async def place(client: LivePaperClient, key: str, side: Side, price: str | None, quantity: str) -> OrderResult:
    """Place an order and wait for the answer."""
    params = OrderParams(
        intent=key,
        side=side,
        price=None if price is None else D(price),
        quantity=D(quantity),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
    )
    return await client.place_order("BTC", key, params)


# -- what it is -----------------------------------------------------------------------------------


async def test_it_is_no_simulated_run(clock: VirtualClock) -> None:
    """Time is real, so the run gets the wall clock; the account is its own and can lose no news."""
    client, _, _ = await opened(clock)
    assert not client.is_simulated
    assert client.is_complete
    assert client.exchange == "lighthouse-paper"
    assert client.account_id.startswith("lighthouse-paper-")
    assert client.account_id != LivePaperClient(context(clock), ScriptedFeed(clock)).account_id
    assert Capability.PEG in client.capabilities


async def test_no_key_is_read(clock: VirtualClock) -> None:
    """The real client is never made, and its feed is built without any variable that could hold a secret."""
    real = real_venue()
    environment = {"LIGHTHOUSE_URL": "http://127.0.0.1", "LIGHTHOUSE_API_KEY": "0xsecret", "OTHER_TOKEN": "t"}
    client = LivePaperClient.on(real, replace(context(clock), environment=environment))
    assert isinstance(client, LivePaperClient)
    assert [dict(seams.environment) for seams in real.contexts] == [{"LIGHTHOUSE_URL": "http://127.0.0.1"}]
    assert dict(client.context.environment) == {"LIGHTHOUSE_URL": "http://127.0.0.1"}


async def test_terms_are_the_real_ones(clock: VirtualClock) -> None:
    """Minimums, margin and fees are the venue's; the account is in its currency, with the deposit asked for."""
    client, _, _ = await opened(clock, deposit="250")
    market = await client.get_market("btc")
    assert market.exchange == "lighthouse-paper"
    assert (market.maker_fee, market.taker_fee) == (REAL_MARKET.maker_fee, REAL_MARKET.taker_fee)
    assert (market.min_notional, market.contract_id) == (REAL_MARKET.min_notional, REAL_MARKET.contract_id)
    balance = await client.get_balance()
    assert (balance.currency, balance.wallet) == ("USDC", D(250))


async def test_fees_that_were_set_count(clock: VirtualClock) -> None:
    """A fee that a person gives replaces the venue's, the other one stays; so do the delays."""
    client, _, _ = await opened(
        clock, taker_fee="0.1", order_latency="50ms", response_latency="0s", latency_jitter="0s"
    )
    market = await client.get_market("BTC")
    assert (market.maker_fee, market.taker_fee) == (REAL_MARKET.maker_fee, D("0.001"))
    before = clock.now_ns()
    await place(client, "1", BUY, None, "0.01")
    assert clock.now_ns() - before == 50_000_000
    (fill,) = await client.fetch_fills("BTC", 0)
    assert fill.fee == D("100.1") * D("0.01") * D("0.001")


# -- trading --------------------------------------------------------------------------------------


async def test_the_public_stream_fills_our_orders(clock: VirtualClock) -> None:
    """An order waits behind the displayed size; public trades serve it, and its news come after the delay."""
    client, feed, heard = await opened(clock)
    result = await place(client, "1", BUY, "100.0", "0.02")
    assert (result.success, result.status) == (True, OrderStatus.OPEN)
    feed.trade(SELL, "100.0", "0.05")
    feed.trade(SELL, "100.0", "0.01")
    assert not heard.fills
    await clock.sleep(1)
    assert [(fill.price, fill.quantity) for fill in heard.fills] == [(D(100), D("0.010"))]
    assert heard.orders[-1].status is OrderStatus.PARTIALLY_FILLED
    assert (await client.position("BTC")).quantity == D("0.010")
    (resting,) = await client.get_active_orders("BTC")
    assert (await client.cancel_order("BTC", "1")).success
    assert resting.filled_size == D("0.010")


async def test_the_book_is_the_streams(clock: VirtualClock) -> None:
    """Best prices carry the stream's own times, and the levels behind them are the assumed ones."""
    client, feed, heard = await opened(clock)
    client.arm("BTC", Wake(book=True))
    feed.quote("100.2", "100.4", "0.07")
    assert heard.books == 1
    assert client.top_of_book("BTC") is feed.bbo
    book = await client.fetch_order_book("BTC", 2)
    assert [(level.price, level.quantity) for level in book.bids] == [
        (D("100.2"), D("0.070")),
        (D("100.1"), D("0.020")),
    ]


async def test_an_interrupted_stream_stops_everything(clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> None:
    """Without a trusted book there are no prices and no fills, and the log says so."""
    client, feed, _ = await opened(clock)
    await place(client, "1", BUY, "100.0", "0.02")
    with caplog.at_level(logging.WARNING, "runbot.paper"):
        feed.lose()
    assert caplog.messages == [
        "lighthouse-paper: the public stream of BTC is interrupted: nothing fills until it is back"
    ]
    assert client.top_of_book("BTC") is None
    with pytest.raises(ConnectivityError, match="the public stream of BTC is interrupted"):
        await client.fetch_order_book("BTC")
    feed.trade(SELL, "99.0", "5")
    assert (await place(client, "2", SELL, None, "0.02")).success
    await clock.sleep(1)
    assert await client.fetch_fills("BTC", 0) == ()
    feed.quote("100.0", "100.1")
    assert client.top_of_book("BTC") is feed.bbo
    await clock.sleep(1)
    assert (await client.get_balance()).equity == D(10_000)


async def test_an_order_finds_out_that_the_stream_is_gone(clock: VirtualClock) -> None:
    """A book that became untrusted without a word, by its age for one, fills nothing either."""
    client, feed, _ = await opened(clock)
    feed.bbo = None
    assert (await place(client, "1", BUY, None, "0.02")).success
    info = await client.get_order_info("BTC", "1")
    assert info is not None
    assert (info.status, info.filled_size) == (OrderStatus.CANCELLED, D(0))


async def test_funding_is_the_published_one(clock: VirtualClock) -> None:
    """The rate read last before the settlement is paid, on the position, at the venue's time."""
    client, feed, _ = await opened(clock)
    await place(client, "1", BUY, None, "0.01")
    feed.rate = D("0.002")
    rate = await client.get_funding_rate("BTC")
    assert rate.rate == D("0.002")
    before = (await client.get_balance()).wallet
    await clock.sleep((rate.next_funding_ns - clock.now_ns()) / S + 1)
    assert (await client.get_balance()).wallet - before == -D("0.01") * D("100.05") * D("0.002")


async def test_a_wall_clock_drives_it_too() -> None:
    """On real time, orders are answered after the delays with nobody else asking for time to pass."""

    async def trade() -> OrderResult:
        clock = WallClock()
        paper = PaperOptions(order_latency=1_000_000, response_latency=0, latency_jitter=0)
        seams = ExchangeContext("lighthouse-paper", clock, random.Random(1), ClientOrderIds(0), paper=paper)
        client = LivePaperClient(seams, ScriptedFeed(clock))
        await client.connect()
        await client.subscribe("BTC", Heard())
        result = await asyncio.wait_for(place(client, "1", BUY, None, "0.01"), 5)
        await client.disconnect()
        return result

    result = await asyncio.to_thread(lambda: asyncio.run(trade()))
    assert result.success


# -- beginning and end ----------------------------------------------------------------------------


async def test_a_market_is_listed_once(clock: VirtualClock) -> None:
    """However often, at once and in whatever case it is asked for, its streams are started once."""
    feed = ScriptedFeed(clock)
    client = LivePaperClient(context(clock), feed)
    await client.connect()
    markets = await asyncio.gather(*(client.get_market(ticker) for ticker in ("BTC", "btc", "Btc")))
    assert len(set(map(id, markets))) == 1
    assert feed.calls == ["connect", "subscribe BTC"]
    with pytest.raises(UserError, match="did you mean BTC"):
        await client.get_market("BTCX")
    with pytest.raises(UserError, match="there is no market"):
        client.top_of_book("ETH")
    with pytest.raises(UserError, match="there is no market"):
        await client.get_funding_rate("ETH")


async def test_a_stream_without_a_book_lists_nothing(clock: VirtualClock) -> None:
    """The start may be tried again: nothing of a failed one is left, and what succeeded is not done twice."""
    feed = ScriptedFeed(clock)
    client = LivePaperClient(context(clock), feed)
    await client.connect()
    feed.is_silent = True
    with pytest.raises(ConnectivityError, match="no book came in time"):
        await client.get_market("BTC")
    feed.is_silent, book, feed.bbo = False, feed.bbo, None
    with pytest.raises(ConnectivityError, match="shows no book"):
        await client.get_market("BTC")
    feed.trade(SELL, "90", "1")
    feed.bbo = book
    assert (await client.get_market("BTC")).ticker == "BTC"
    assert feed.calls == ["connect", "subscribe BTC", "subscribe BTC"]


async def test_leaving_closes_the_streams(clock: VirtualClock) -> None:
    """Disconnecting twice, or without having connected, is harmless."""
    client, feed, _ = await opened(clock)
    await client.disconnect()
    await client.disconnect()
    assert feed.calls[-2:] == ["disconnect", "disconnect"]
    reached = client.venue.core.now_ns
    await clock.sleep(4000)
    assert client.venue.core.now_ns == reached
    await LivePaperClient(context(clock), ScriptedFeed(clock)).disconnect()


async def test_a_venue_without_public_data_is_refused(clock: VirtualClock) -> None:
    """Whoever has no feed cannot be papered; the line says so."""

    class Dark(Lighthouse):
        @classmethod
        def public_feed(cls, context: ExchangeContext) -> Any:
            return super(Lighthouse, cls).public_feed(context)

    with pytest.raises(UserError, match="lighthouse-paper has no public data of its own"):
        LivePaperClient.on(Dark, context(clock))


async def test_spot_on_a_real_venue_has_no_funding(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spot market of a real venue is paid in full here too, and nobody is asked for its rate."""
    await clock.sleep(1_000_000)
    terms = {"kind": MarketKind.SPOT, "max_leverage": D(1), "maintenance_margin": D(0)}
    feed = ScriptedFeed(clock, msgspec.structs.replace(REAL_MARKET, **terms))
    monkeypatch.delattr(ScriptedFeed, "get_funding_rate")  # the base class has none: asking would raise
    client, heard = LivePaperClient(context(clock), feed), Heard()
    await client.connect()
    await client.subscribe("BTC", heard)
    assert (await client.get_funding_rate("BTC")).rate == 0
    assert (await place(client, "1", BUY, None, "0.01")).success
    result = await place(client, "2", SELL, "101.0", "0.02")
    assert "INSUFFICIENT_BALANCE" in result.error_message
    await clock.sleep(2 * 3600)
    assert not heard.payments
    assert (await client.get_balance()).available == 10_000 - D("1.001") * D("1.0004")
