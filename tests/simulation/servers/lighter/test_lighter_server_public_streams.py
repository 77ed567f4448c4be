"""The public channels: books, tickers, trades, statistics, candles, heights."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lighter_server_samples import assert_covers, recorded
from lighter_server_scenes import BTC, ETH, Client, Scene

Sides = dict[str, dict[Decimal, Decimal]]


BATCH_NS = 50_000_000


def apply(book: Sides, message: dict[str, Any]) -> None:
    """Apply levels; zero removes one."""
    for side in ("asks", "bids"):
        for level in message["order_book"][side]:
            book[side][Decimal(level["price"])] = Decimal(level["size"])
        book[side] = {price: size for price, size in book[side].items() if size}


@given(seed=st.integers(0, 50), seconds=st.integers(1, 30))
@settings(max_examples=8, deadline=None)
def test_snapshot_and_changes_give_the_book(seed: int, seconds: int) -> None:
    """Every change begins at the nonce before it, and all of them on the snapshot give the venue's book."""
    scene = Scene(seed=seed)
    client = Client(scene)
    snapshot = client.subscribe(f"order_book/{BTC}")
    book: Sides = {"asks": {}, "bids": {}}
    apply(book, snapshot)
    nonce = snapshot["order_book"]["nonce"]
    began_ns = scene.front.venue.core.now_ns
    scene.wait(seconds)
    scene.buy_now(100_000)
    scene.wait((-(scene.front.venue.core.now_ns - began_ns) % BATCH_NS) / 1e9)
    changes = client.of("update/order_book")
    for change in changes:
        assert change["order_book"]["begin_nonce"] == nonce
        nonce = change["order_book"]["nonce"]
        apply(book, change)
    listed = scene.trading.venue.core.market("BTC").book(20)
    assert book["asks"] == {level.price: level.quantity for level in listed.asks}
    assert book["bids"] == {level.price: level.quantity for level in listed.bids}


def test_books_have_every_recorded_field(shared_data: Path) -> None:
    """Snapshots begin at nonce 0; changes come at most every 50 ms and only if something changed."""
    scene = Scene()
    client = Client(scene)
    snapshot = client.subscribe(f"order_book/{ETH}")
    assert_covers(snapshot, recorded(shared_data, "ws_order_book_subscribed"))
    assert snapshot["channel"] == f"order_book:{ETH}"
    scene.wait(20)
    changes = client.of("update/order_book")
    assert_covers(changes[0], recorded(shared_data, "ws_order_book_update"))
    assert 1 < len(changes) < 400
    stamps = [change["timestamp"] for change in changes]
    assert all(later - earlier >= 50 for earlier, later in pairwise(stamps))
    offsets = [change["offset"] for change in changes]
    assert offsets == sorted(set(offsets))
    assert offsets != list(range(offsets[0], offsets[0] + len(offsets)))


def test_a_second_listener_gets_a_book_that_the_next_change_fits() -> None:
    """Its snapshot is as of the last batch, and so is its nonce."""
    scene = Scene()
    first, second = Client(scene), Client(scene)
    first.subscribe(f"order_book/{BTC}")
    scene.wait(7.013)
    snapshot = second.subscribe(f"order_book/{BTC}")
    scene.wait(5)
    changes = second.of("update/order_book")
    assert changes[0]["order_book"]["begin_nonce"] == snapshot["order_book"]["nonce"]
    assert changes[-1] == first.of("update/order_book")[-1]


def test_resubscribing_gives_a_fresh_book() -> None:
    """After unsubscribing nothing is told; the next snapshot is the book of that moment."""
    scene = Scene()
    client = Client(scene)
    client.subscribe(f"order_book/{BTC}")
    assert client.say(type="unsubscribe", channel=f"order_book/{BTC}")["type"] == "unsubscribed"
    heard = len(client.heard)
    scene.wait(30)
    assert len(client.heard) == heard
    snapshot = client.subscribe(f"order_book/{BTC}")
    best = scene.trading.venue.core.market("BTC").bbo()
    assert best is not None
    assert Decimal(snapshot["order_book"]["asks"][0]["price"]) == best.ask
    scene.wait(5)
    assert client.of("update/order_book")[-1]["order_book"]["begin_nonce"] >= snapshot["order_book"]["nonce"]


def test_tickers_follow_the_best_prices(shared_data: Path) -> None:
    """One message for each change of the best of either side, in the recorded shape."""
    scene = Scene()
    client = Client(scene)
    snapshot = client.subscribe(f"ticker/{ETH}")
    assert_covers(snapshot, recorded(shared_data, "ws_ticker_subscribed"))
    scene.wait(30)
    updates = client.of("update/ticker")
    assert_covers(updates[-1], recorded(shared_data, "ws_ticker_update"))
    shown = [(each["ticker"]["a"], each["ticker"]["b"]) for each in updates]
    assert all(earlier != later for earlier, later in pairwise(shown))
    bbo = scene.trading.venue.core.market("ETH").bbo()
    assert bbo is not None
    assert Decimal(updates[-1]["ticker"]["b"]["price"]) == bbo.bid


def test_every_trade_is_told_once(shared_data: Path) -> None:
    """Those before in the snapshot, those after in updates; ids leave none out."""
    scene = Scene()
    scene.wait(60)
    client = Client(scene)
    snapshot = client.subscribe(f"trade/{BTC}")
    scene.wait(60)
    theirs = recorded(shared_data, "ws_trade_update")
    theirs["trades"][0] = {k: v for k, v in theirs["trades"][0].items() if not k.endswith("_fee")}
    assert_covers(client.of("update/trade")[0], theirs)
    told = [trade["trade_id"] for update in client.of("update/trade") for trade in reversed(update["trades"])]
    first = snapshot["trades"][0]["trade_id"]
    assert told == list(range(first + 1, first + 1 + len(told)))
    late = Client(scene)
    newest = late.subscribe(f"trade/{BTC}")["trades"][0]["trade_id"]
    assert newest == told[-1]


def test_statistics_of_one_market_and_of_all(shared_data: Path) -> None:
    """One market flat, all by id; funding is percent an hour, signed."""
    scene = Scene()
    client = Client(scene)
    one = client.subscribe(f"market_stats/{BTC}")
    assert_covers(one, recorded(shared_data, "ws_market_stats_subscribed_single"))
    every = client.subscribe("market_stats/all")
    assert every["market_stats"]["1"] == one["market_stats"]
    scene.wait(10)
    updates = client.of("update/market_stats")
    assert {update["channel"] for update in updates} == {"market_stats:1", "market_stats:all"}
    funding = scene.trading.venue.core.market("BTC").funding
    rate = funding.rate(funding.next_ns(scene.front.venue.core.now_ns))
    assert updates[-2]["market_stats"].get("current_funding_rate", f"{rate * 100:.4f}") == f"{rate * 100:.4f}"


def test_candles_heights_and_spot(shared_data: Path) -> None:
    """The candle of the moment, the height as it grows, no spot markets."""
    scene = Scene()
    scene.wait(60)
    client = Client(scene)
    assert_covers(client.subscribe(f"candle/{BTC}/1m"), recorded(shared_data, "ws_candle_subscribed"))
    client.subscribe("height")
    assert client.subscribe("spot_market_stats/all")["spot_market_stats"] == {}
    scene.wait(30)
    heights = [each["height"] for each in client.of("update/height")]
    assert heights == sorted(set(heights))
    assert client.of("update/candle")


def test_nobody_listens_and_nothing_is_made() -> None:
    """When the last listener left, the tickers stop: nothing is left to do but to ping."""
    scene = Scene()
    client = Client(scene)
    for channel in (f"order_book/{BTC}", f"ticker/{BTC}", f"trade/{BTC}", "market_stats/all"):
        client.subscribe(channel)
    client.peer.on_end()
    scene.wait(2)
    due = scene.front.venue.core.agenda.next_ns()
    assert due is not None
    assert due > scene.front.venue.core.now_ns + 10 * 10**9
