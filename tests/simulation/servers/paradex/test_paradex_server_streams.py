"""Public channels of the simulated Paradex: books, prices, trades, summaries."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from paradex_server_scenes import BTC, Scene, played

from simulation.servers.paradex.terms import ParadexTerms

D = Decimal
Book = dict[str, dict[Decimal, Decimal]]


def apply(book: Book, data: dict[str, Any]) -> None:
    """Follow the rules of the book channels."""
    if data["update_type"] == "s":
        book.update(BUY={}, SELL={})
    for row in data["deletes"]:
        del book[row["side"]][D(row["price"])]
    for row in data["inserts"]:
        assert D(row["price"]) not in book[row["side"]]
        book[row["side"]][D(row["price"])] = D(row["size"])
    for row in data["updates"]:
        assert book[row["side"]][D(row["price"])] != D(row["size"])
        book[row["side"]][D(row["price"])] = D(row["size"])


def as_book(view: dict[str, Any]) -> Book:
    """Read a REST book."""
    return {
        side: {D(price): D(size) for price, size in view[rows]} for side, rows in (("BUY", "bids"), ("SELL", "asks"))
    }


@played(logs_in=False)
async def test_best_prices_come_with_every_change(scene: Scene) -> None:
    """At once, then on each change and on nothing else; numbers grow; the last one is what REST says."""
    stream = await scene.stream()
    await stream.subscribe(f"bbo.{BTC}")
    await scene.settle(30)
    told = [push["data"] for push in await stream.drain()]
    assert len(told) > 10
    prices = [(each["bid"], each["bid_size"], each["ask"], each["ask_size"]) for each in told]
    assert all(before != after for before, after in pairwise(prices))
    assert all(a["seq_no"] < b["seq_no"] for a, b in pairwise(told))
    assert told[-1] == await scene.get(f"/bbo/{BTC}")


@pytest.mark.parametrize("name", ["bbo.ALL", f"bbo.{BTC}.interactive"])
def test_best_prices_come_for_all_markets_or_for_people(name: str) -> None:
    """Pushes carry the name that was subscribed to."""

    @played(logs_in=False)
    async def scenario(scene: Scene) -> None:
        stream = await scene.stream()
        await stream.subscribe(name)
        await scene.settle(30)
        told = await stream.drain()
        assert {push["channel"] for push in told} == {name}
        markets = {push["data"]["market"] for push in told}
        assert len(markets) == (3 if name == "bbo.ALL" else 1)

    scenario()


@pytest.mark.parametrize("name", ["deltas@15@50ms", "deltas@15@100ms", "deltas", "interactive_deltas"])
def test_changes_fit_on_the_snapshot(name: str) -> None:
    """A snapshot, then changes of absolute sizes: applying them gives the book that REST shows."""

    @played(logs_in=False)
    async def scenario(scene: Scene) -> None:
        stream, channel = await scene.stream(), f"order_book.{BTC}.{name}"
        await stream.subscribe(channel)
        await scene.settle(30)
        told = [push["data"] for push in await stream.drain()]
        assert [data["update_type"] for data in told[:2]] == ["s", "d"]
        book: Book = {}
        for data in told:
            apply(book, data)
        view = await scene.get(f"/orderbook/{BTC}", depth=1000)
        await scene.settle(0.2)
        for data in (push["data"] for push in await stream.drain()):
            apply(book, data)
            view = await scene.get(f"/orderbook/{BTC}", depth=1000)
        assert book == as_book(view)
        numbers = [data["seq_no"] for data in told]
        steps = {after - before for before, after in pairwise(numbers)}
        assert steps == {1} if "@" not in name else min(steps) >= 1

    scenario()


@played()
async def test_our_own_taking_is_a_change_of_the_book(scene: Scene) -> None:
    """What we take is gone from the stream's book at once, and the numbers still go up by one."""
    stream = await scene.stream()
    channel = f"order_book.{BTC}.deltas"
    await stream.subscribe(channel)
    book: Book = {}
    apply(book, await stream.push(channel))
    order = await scene.place("BUY", "0.3", None)
    number = 0
    for data in (push["data"] for push in await stream.drain()):
        assert number in {0, data["seq_no"] - 1}
        number = data["seq_no"]
        apply(book, data)
    assert order
    assert book == as_book(await scene.get(f"/orderbook/{BTC}", depth=1000))


@played(logs_in=False)
async def test_a_late_subscriber_gets_a_snapshot_that_the_next_change_fits_on(scene: Scene) -> None:
    """Two streams on one channel end with the same book."""
    channel = f"order_book.{BTC}.deltas@15@50ms"
    first, second = await scene.stream(), await scene.stream()
    books: list[Book] = [{}, {}]
    await first.subscribe(channel)
    await scene.settle(10)
    await second.subscribe(channel)
    await scene.settle(10)
    for stream, book in zip((first, second), books, strict=True):
        for push in await stream.drain():
            apply(book, push["data"])
    assert books[0] == books[1]


@pytest.mark.parametrize("feed", ["snapshot@15@50ms", "snapshot@15@100ms", "interactive@15@100ms"])
def test_snapshots_are_whole_and_throttled(feed: str, shared_data: Path) -> None:
    """Every push is a whole book, one in each interval in which something changed, with a recorded frame's fields."""
    recorded = msgspec.json.decode((shared_data / "frames/paradex/ws_orderbook_snapshot_frame.json").read_bytes())

    @played(logs_in=False)
    async def scenario(scene: Scene) -> None:
        stream = await scene.stream()
        await stream.subscribe(f"order_book.{BTC}.{feed}")
        await scene.settle(20)
        told = [push["data"] for push in await stream.drain()]
        assert 5 < len(told) <= 20_000 / int(feed.rpartition("@")[2].removesuffix("ms")) + 1
        assert {data["update_type"] for data in told} == {"s"}
        assert all(before["seq_no"] < after["seq_no"] for before, after in pairwise(told))
        expected = recorded["params"]["data"]
        assert all(type(told[0][field]) is type(value) for field, value in expected.items())
        assert told[0]["best_bid_api"] == {key: told[0]["inserts"][0][key] for key in ("price", "size")}
        view = await scene.get(f"/orderbook/{BTC}", depth=15)
        await scene.settle(0.1)
        *_, newest = [told[-1], *(push["data"] for push in await stream.drain())]
        book: Book = {}
        apply(book, newest)
        assert newest["seq_no"] >= view["seq_no"]
        assert newest["seq_no"] > view["seq_no"] or book == as_book(view)

    scenario()


@played(logs_in=False)
async def test_grouped_books_say_nothing_outside_production(scene: Scene) -> None:
    """The subscription is acknowledged and nothing comes."""
    stream = await scene.stream()
    assert "result" in await stream.subscribe(f"order_book.{BTC}.snapshot@15@100ms@0_1")
    await scene.settle(10)
    assert await stream.drain() == []
    assert "result" in await stream.ask("unsubscribe", {"channel": f"order_book.{BTC}.snapshot@15@100ms@0_1"})


@played(ParadexTerms(takes_delta_parameters=False), logs_in=False)
async def test_deltas_may_refuse_parameters_as_the_production_venue_did(scene: Scene) -> None:
    """With the option only the bare name is a channel."""
    stream = await scene.stream()
    refusal = await stream.subscribe(f"order_book.{BTC}.deltas@15@50ms")
    assert refusal["error"]["data"] == "no parameters expected for deltas topic."
    assert "result" in await stream.subscribe(f"order_book.{BTC}.deltas")


@played(logs_in=False)
async def test_trades_are_told_once_each(scene: Scene) -> None:
    """From the subscription on, in order, and each as REST lists it."""
    stream = await scene.stream()
    await scene.settle(10)
    begun = scene.clock.now_ns() // 10**6
    await stream.subscribe(f"trades.{BTC}")
    await scene.settle(60)
    told = [push["data"] for push in await stream.drain()]
    listed = (await scene.get("/trades", market=BTC, start_at=begun, page_size=1000))["results"][::-1]
    assert told == listed[: len(told)]
    assert len(told) >= len(listed) - 1 > 5


@pytest.mark.parametrize(
    ("channel", "markets", "per_second"),
    [
        ("markets_summary", 3, 3),
        ("markets_summary.ALL", 3, 3),
        (f"markets_summary.{BTC}", 1, 1),
        (f"funding_data.{BTC}", 1, 1),
        ("trades.ALL", 3, None),
    ],
)
def test_regular_channels_come_every_second(channel: str, markets: int, per_second: int | None) -> None:
    """Summaries and funding once a second for each market."""

    @played(logs_in=False)
    async def scenario(scene: Scene) -> None:
        stream = await scene.stream()
        await stream.subscribe(channel)
        await scene.settle(30.5)
        told = await stream.drain()
        assert len({push["data"].get("symbol") or push["data"]["market"] for push in told}) == markets
        assert {push["channel"] for push in told} == {channel}
        if per_second is not None:
            assert len(told) == 30 * per_second

    scenario()


def test_funding_has_the_recorded_fields(shared_data: Path) -> None:
    """Every documented field of the recorded frame is there, of the same type."""
    lines = (shared_data / "frames/paradex/ws_20260904.jsonl").read_bytes().splitlines()
    recorded = next(msgspec.json.decode(line)["params"]["data"] for line in lines if b"funding_index" in line)
    del recorded["impact_premium_rate"]  # not in the venue's documents

    @played(logs_in=False)
    async def scenario(scene: Scene) -> None:
        stream = await scene.stream()
        await stream.subscribe(f"funding_data.{BTC}")
        data = await stream.push(f"funding_data.{BTC}")
        assert {name: type(value) for name, value in data.items()} == {
            name: type(value) for name, value in recorded.items()
        }

    scenario()


@played(logs_in=False)
async def test_nothing_is_watched_for_nobody(scene: Scene) -> None:
    """When the last stream is gone the venue does not stop at quotes any more."""
    stream = await scene.stream()
    for channel in (f"bbo.{BTC}", f"order_book.{BTC}.deltas@15@50ms", f"trades.{BTC}"):
        await stream.subscribe(channel)
    watches = scene.front.venue.core.market("BTC").watches
    assert any(watch.every_quote for watch in watches.values())
    await stream.stream.close()
    assert not any(watch.every_quote for watch in watches.values())
    await scene.settle(0.2)
    limit_ns = scene.clock.now_ns() + 10**9
    assert scene.front.venue.next_event_ns(limit_ns) is None
