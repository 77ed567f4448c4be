"""The client's two connections in trouble: lost, silent, refused, unreadable; and what the listener hears of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from heard import Heard
from paradex_samples import ACCOUNT, FILL, ORDER, POSITION, SUMMARY
from paradex_scenes import BOOK, BTC, LEVELS, FakeVenue, book, connected, context_of, keep_alive, settle, subscribed

from exchanges.paradex.client import ParadexClient
from helpers.errors import AuthError, ConnectivityError
from simulation.virtual_loop import VirtualClock

D = Decimal
TRADE = {"id": "9", "market": BTC, "side": "SELL", "price": "80000", "size": "2", "created_at": 7}


async def test_a_lost_account_stream_is_told_once_it_is_back(clock: VirtualClock) -> None:
    """Everything is subscribed anew behind a new login; then, and once, the listener hears of the gap."""
    venue, client, heard = await subscribed(clock)
    private = venue.private()
    private.cut()
    await settle(venue)
    assert heard.gaps == 0
    await keep_alive(venue, 3)
    assert heard.gaps == 1
    assert venue.private() is not private
    assert venue.private().subscribed() == private.subscribed()
    venue.private().news(f"orders.{BTC}", {**ORDER, "seq_no": 1})
    await settle(venue)
    assert len(heard.orders) == 1
    await client.disconnect()


async def test_a_lost_book_is_no_book_until_it_is_back(clock: VirtualClock) -> None:
    """The listener hears that the book is gone, and that it is there; the account is not concerned."""
    venue, client, heard = await subscribed(clock)
    books = heard.books
    venue.public().cut()
    await settle(venue)
    assert client.top_of_book("BTC") is None
    assert heard.books > books
    await keep_alive(venue, 3)
    assert client.top_of_book("BTC") is not None
    assert heard.gaps == 0
    await client.disconnect()


async def test_a_book_that_cannot_be_is_subscribed_anew(clock: VirtualClock) -> None:
    """A crossed book is given up, unsubscribed and subscribed again, on the same connection."""
    venue, client, _ = await subscribed(clock)
    public = venue.public()
    public.news(BOOK, book(9, levels=[*LEVELS, {"side": "BUY", "price": "80000.1", "size": "1"}]))
    await keep_alive(venue, 1)
    assert [call["method"] for call in public.calls][-2:] == ["unsubscribe", "subscribe"]
    bbo = client.top_of_book("BTC")
    assert bbo is not None
    assert bbo.bid == 80000
    await client.disconnect()


@pytest.mark.parametrize("silent", ["private", "public"])
async def test_a_silent_connection_is_given_up(clock: VirtualClock, silent: str) -> None:
    """A half-open connection brings nothing, not even the summary of each second: another is opened."""
    venue, client, _ = await subscribed(clock)
    dead = getattr(venue, silent)()
    lively = venue.public() if silent == "private" else venue.private()
    for _ in range(40):
        await clock.sleep(1)
        if lively.is_open:
            lively.news(f"markets_summary.{BTC}", SUMMARY)
            lively.news(BOOK, book(10))
    await settle(venue)
    assert not dead.is_open
    assert getattr(venue, silent)() is not dead
    await client.disconnect()


@pytest.mark.parametrize(
    ("channel", "data"),
    [
        (f"orders.{BTC}", {"id": "1"}),
        (f"orders.{BTC}", {**ORDER, "size": "?"}),
        (f"fills.{BTC}", {**FILL, "price": None}),
        ("positions", {**POSITION, "size": ""}),
        ("account", 7),
    ],
    ids=str,
)
async def test_unreadable_news_are_missed_news(clock: VirtualClock, channel: str, data: Any) -> None:
    """Nothing is guessed, no position is taken for flat: the listener hears of a gap and can read what happened."""
    venue, client, heard = await subscribed(clock)
    venue.private().news(channel, data)
    await keep_alive(venue, 2)
    assert (heard.orders, heard.fills, heard.positions, heard.balances) == ([], [], [], [])
    assert heard.gaps == 1
    await client.disconnect()


async def test_frames_of_no_channel_change_nothing(clock: VirtualClock) -> None:
    """Broken frames, answers to no call, news nobody asked for: the connection goes on."""
    venue, client, heard = await subscribed(clock)
    for frame in (b"{", b"\xff", {"error": {"code": 1, "message": "?"}}, {"id": 999, "result": {}}, {"method": "x"}):
        venue.private().tell(frame)
    venue.private().news("tradebusts", {"x": 1})
    venue.private().news("account", ACCOUNT)
    await settle(venue)
    assert (len(heard.balances), heard.gaps, venue.private().is_open) == (1, 0, True)
    await client.disconnect()


async def test_a_refused_login_on_the_stream_is_renewed(clock: VirtualClock) -> None:
    """The token may be over by the time it is used: there is a new one for the next attempt."""
    venue, heard = FakeVenue(clock), Heard()
    client = await connected(venue)
    venue.stream_errors["auth"] = 40111
    with pytest.raises(ConnectivityError, match="new one"):
        await client.subscribe("BTC", heard)
    assert venue.tokens == 2
    venue.stream_errors.clear()
    await client.subscribe("BTC", heard)
    assert client.top_of_book("BTC") is not None
    await client.disconnect()


async def test_a_forbidden_login_on_the_stream_is_told(clock: VirtualClock) -> None:
    """Another reason than the token is nothing to try again."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.stream_errors["auth"] = 40112
    with pytest.raises(AuthError, match="40112"):
        await client.subscribe("BTC", Heard())
    await client.disconnect()


@pytest.mark.parametrize("channel", [f"fills.{BTC}", BOOK])
async def test_a_refused_channel_is_no_subscription(clock: VirtualClock, channel: str) -> None:
    """Without one of its channels a market is not traded; once it works, it is."""
    venue, heard = FakeVenue(clock), Heard()
    client = await connected(venue)
    venue.stream_errors[channel] = -32600
    with pytest.raises(ConnectivityError, match="no: x"):
        await client.subscribe("BTC", heard)
    assert client.top_of_book("BTC") is None
    venue.stream_errors.clear()
    await client.subscribe("BTC", heard)
    assert client.top_of_book("BTC") is not None
    assert heard.gaps == 0
    await client.disconnect()


async def test_after_leaving_nothing_is_told(clock: VirtualClock) -> None:
    """Both connections are closed, twice is harmless, and the account keeps its name."""
    venue, client, heard = await subscribed(clock)
    name = client.account_id
    await client.disconnect()
    await client.disconnect()
    assert not any(stream.is_open for stream in venue.streams)
    assert client.account_id == name
    assert client.top_of_book("BTC") is None
    assert not venue.is_closed  # a transport that was given belongs to who gave it
    with pytest.raises(ConnectivityError, match="not connected"):
        await client.get_balance()
    assert heard.gaps == 0


async def test_before_connect_there_is_nothing(clock: VirtualClock) -> None:
    """Every question is answered with an error, none with a guess."""
    client = ParadexClient(context_of(FakeVenue(clock)))
    assert client.top_of_book("BTC") is None
    for question in (client.get_market("BTC"), client.fetch_order_book("BTC"), client.get_account_positions()):
        with pytest.raises(ConnectivityError, match="not connected"):
            await question
    with pytest.raises(ConnectivityError, match="not connected"):
        _ = client.account_id
