"""Extended's v1 streams: one URL, one topic, numbered from 1."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from extended_server_scenes import D, Scene
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.servers.front import StreamRefused

Side = dict[Decimal, Decimal]


def build(frames: list[dict[str, Any]], side: str) -> Side:
    """Follow a book by absolute sizes, checking the signed changes against them."""
    levels: Side = {}
    for frame in frames:
        rows = frame["data"][side]
        if frame["type"] == "SNAPSHOT":
            levels = {D(row["p"]): D(row["q"]) for row in rows}
            continue
        for row in rows:
            price, size = D(row["p"]), D(row["c"])
            assert levels.get(price, D(0)) + D(row["q"]) == size
            levels[price] = size
            if not size:
                del levels[price]
    return levels


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_book_of_deltas_is_the_book(seed: int, steps: list[int]) -> None:
    """Snapshots and deltas lead to the very book REST shows, whenever one looks; numbers never skip."""
    scene = Scene(seed=seed, activity=5)
    wire = scene.stream("v1/orderbooks/BTC-USD")
    for step in steps:
        scene.wait(step / 10)
    feed = scene.front._topics._watches["BTC-USD"].snapshot()
    assert build(wire.frames, "b") == {D(row["p"]): D(row["q"]) for row in feed["b"]}
    assert build(wire.frames, "a") == {D(row["p"]): D(row["q"]) for row in feed["a"]}
    assert [frame["seq"] for frame in wire.frames] == list(range(1, len(wire.frames) + 1))
    rest = scene.get("info/markets/BTC-USD/orderbook")
    assert [row["price"] for row in rest["bid"][:1]] == [max(feed["b"], key=lambda row: D(row["p"]))["p"]]


def test_book_is_told_each_100_ms_and_anew_each_minute() -> None:
    """Deltas keep to the grid of 100 ms; a whole snapshot comes about each minute and goes on with the numbers."""
    scene = Scene(activity=5)
    wire = scene.stream("v1/orderbooks/BTC-USD")
    scene.wait(125)
    stamps = {frame["ts"] % 100 for frame in wire.frames}
    assert len(stamps) == 1
    snapshots = [frame["ts"] for frame in wire.frames if frame["type"] == "SNAPSHOT"]
    assert len(snapshots) == 3
    assert snapshots[2] - snapshots[1] == 60_000


def test_what_we_take_is_gone_from_the_book() -> None:
    """An execution of the account is told as a change of the book, though the tape did not move."""
    scene = Scene(activity=0.05)
    wire, touch = scene.stream("v1/orderbooks/BTC-USD"), scene.stream("v1/orderbooks/BTC-USD?depth=1")
    before = D(wire.frames[0]["data"]["a"][0]["q"])
    scene.market_order("BUY", "0.01")
    scene.wait(0.2)
    (row,) = wire.frames[-1]["data"]["a"]
    assert (D(row["q"]), D(row["c"])) == (D("-0.01"), before - D("0.01"))
    assert touch.frames[-1]["data"]["a"] == [{"p": row["p"], "q": row["c"]}]


def test_second_subscriber_gets_the_same_book() -> None:
    """Who comes later starts from a snapshot that the next deltas fit on."""
    scene = Scene(activity=5)
    first = scene.stream("v1/orderbooks/BTC-USD")
    scene.wait(7.05)
    second = scene.stream("v1/orderbooks/BTC-USD")
    scene.wait(20)
    assert build(first.frames, "b") == build(second.frames, "b")
    assert second.frames[0]["seq"] == 1


def test_best_prices_are_snapshots_of_one_level() -> None:
    """With depth=1 each frame is a snapshot of one level a side, told only when it changed."""
    scene = Scene(activity=5)
    wire = scene.stream("v1/orderbooks/BTC-USD?depth=1")
    scene.wait(20)
    assert set(wire.kinds()) == {"SNAPSHOT"}
    assert all(len(frame["data"]["b"]) == 1 and frame["data"]["d"] == "1" for frame in wire.frames)
    told = [frame["data"] for frame in wire.frames]
    assert len(told) > 10
    assert all(before != after for before, after in pairwise(told))


def test_book_left_alone_is_right_when_somebody_comes_back() -> None:
    """While nobody listens to a market its book moves on; who comes then starts from the book as it is."""
    scene = Scene(activity=5)
    wire, other = scene.stream("v1/orderbooks/BTC-USD"), scene.stream("v1/orderbooks/ETH-USD")
    assert wire.peer is not None
    wire.peer.on_end()
    scene.wait(40)
    again = scene.stream("v1/orderbooks/BTC-USD")
    rest = scene.get("info/markets/BTC-USD/orderbook")
    assert build(again.frames[:1], "b") == {D(row["price"]): D(row["qty"]) for row in rest["bid"]}
    assert {frame["data"]["m"] for frame in other.frames} == {"ETH-USD"}


def test_stream_without_a_market_tells_all() -> None:
    """One connection, every market, one count."""
    scene = Scene(activity=5)
    wire = scene.stream("v1/orderbooks")
    scene.wait(5)
    assert {frame["data"]["m"] for frame in wire.frames} == {"BTC-USD", "ETH-USD", "SOL-USD"}
    assert [frame["seq"] for frame in wire.frames] == list(range(1, len(wire.frames) + 1))


def test_trades_come_after_the_last_fifty() -> None:
    """The first frame repeats up to fifty trades, oldest first; then each is told once, also if REST was asked."""
    scene = Scene(activity=5)
    scene.wait(120)
    wire = scene.stream("v1/publicTrades/BTC-USD")
    first = wire.take()[0]
    assert (len(first["data"]), first["seq"], "type" in first) == (50, 1, False)
    for _ in range(20):
        scene.wait(1)
        scene.get("info/markets/BTC-USD/stats")
    told = [row["i"] for frame in [first, *wire.frames] for row in frame["data"]]
    assert told == sorted(set(told))
    latest = [row["i"] for row in scene.get("info/markets/BTC-USD/trades")]
    assert latest == sorted(latest, reverse=True)
    assert set(told[-40:]) <= set(latest)


def test_mark_and_index_prices() -> None:
    """Prices come when they change, with their kind."""
    scene = Scene(activity=5)
    mark, index = scene.stream("v1/prices/mark/BTC-USD"), scene.stream("v1/prices/index")
    scene.wait(30)
    assert set(mark.kinds()) == {"MP"}
    assert set(index.kinds()) == {"IP"}
    prices = [frame["data"]["p"] for frame in mark.frames]
    assert len(prices) > 3
    assert all(before != after for before, after in pairwise(prices))
    assert mark.frames[0]["data"]["ts"] == mark.frames[0]["ts"]


def test_funding_rates_come_when_they_are_applied() -> None:
    """One frame at each whole hour, with the rate REST tells for it; the last one at once for who comes later."""
    scene = Scene(activity=0.1)
    wire = scene.stream("v1/funding/BTC-USD")
    scene.wait(2 * 3600 + 2)
    rows = scene.get("info/BTC-USD/funding?startTime=0")
    assert [frame["data"] for frame in wire.frames] == rows[::-1]
    assert len(rows) == 2
    assert scene.stream("v1/funding/BTC-USD").frames[0]["data"] == rows[0]


def test_candles() -> None:
    """Candles of trades carry volume, those of prices none; REST gives them newest first."""
    scene = Scene(activity=5)
    wire = scene.stream("v1/candles/BTC-USD/trades?interval=PT1M")
    scene.wait(130)
    rows = scene.get("info/candles/BTC-USD/trades?interval=PT1M&limit=2")
    assert [row["T"] % 60_000 for row in rows] == [0, 0]
    assert rows[0]["T"] - rows[1]["T"] == 60_000
    assert {"o", "l", "h", "c", "v", "T"} == set(rows[0])
    assert all(D(row["l"]) <= min(D(row["o"]), D(row["c"])) for row in rows)
    assert rows[1] in [candle for frame in wire.frames for candle in frame["data"]]
    assert "v" not in scene.get("info/candles/BTC-USD/mark-prices?interval=PT5M")[0]
    assert scene.ask("GET", "info/candles/BTC-USD/trades?interval=PT3M").code == 1005
    assert scene.get(f"info/candles/BTC-USD/trades?interval=PT1M&endTime={rows[1]['T']}")[0] == rows[1]


def test_account_stream_begins_with_everything() -> None:
    """Balance, positions and open orders come first, as REST tells them."""
    scene = Scene()
    scene.market_order("BUY", "0.002")
    order = scene.rest()
    wire = scene.stream("v1/account")
    balance, positions, orders = wire.frames
    assert balance["data"]["balance"]["balance"] == scene.get("user/balance")["balance"]
    assert positions["data"]["positions"][0]["id"] == scene.get("user/positions")[0]["id"]
    assert orders["data"]["orders"] == [order]
    assert wire.kinds() == ["BALANCE", "POSITION", "ORDER"]
    assert [frame["seq"] for frame in wire.frames] == [1, 2, 3]


def test_execution_is_told_in_order() -> None:
    """Order taken, trade (with the client's id), order filled, position, balance."""
    scene = Scene()
    wire = scene.stream("v1/account")
    wire.take()
    order = scene.market_order("BUY", "0.002")
    assert wire.kinds() == ["ORDER", "TRADE", "ORDER", "POSITION", "BALANCE"]
    taken, trade, filled, position, _ = (frame["data"] for frame in wire.frames)
    assert (taken["orders"][0]["status"], taken["orders"][0]["filledQty"]) == ("NEW", "0")
    assert trade["trades"][0]["externalOrderId"] == order["externalId"]
    assert filled["orders"][0] | {"updatedTime": 0} == order | {"updatedTime": 0}
    assert position["positions"][0]["status"] == "OPENED"


def test_silence_after_the_client_left() -> None:
    """A closed stream is told nothing more, and when nobody listens no pulse beats."""
    scene = Scene(activity=5)
    wires = [scene.stream(path) for path in ("v1/orderbooks", "v1/orderbooks/BTC-USD?depth=1", "v1/account")]
    for wire in wires:
        assert wire.peer is not None
        wire.peer.on_message(b"anything")
        wire.peer.on_end()
        wire.peer.on_end()
        wire.take()
    scene.rest()
    scene.wait(10)
    assert [wire.frames for wire in wires] == [[], [], []]
    pulses = [ticker._is_running for ticker in scene.front._topics._tickers.values()]
    assert pulses == [False, False, False]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("v1/orderbooks/NOPE-USD", 404),
        ("v1/orderbooks/BTC-USD/more", 404),
        ("v1/candles/BTC-USD/trades?interval=PT3M", 404),
        ("v1/nothing", 404),
        ("v3/rpc", 404),
    ],
)
def test_streams_that_are_not_there(path: str, status: int) -> None:
    """The handshake of an unknown stream or market is refused."""
    with pytest.raises(StreamRefused) as caught:
        Scene().stream(path)
    assert caught.value.response.status == status


def test_account_stream_needs_the_key() -> None:
    """Without the key's header the handshake answers 401, without User-Agent 400."""
    for headers, status in (({"user-agent": "x"}, 401), ({"user-agent": "x", "x-api-key": "wrong"}, 401), ({}, 400)):
        with pytest.raises(StreamRefused) as caught:
            Scene().stream("v1/account", headers)
        assert caught.value.response.status == status


def test_frames_look_like_recorded_ones(shared_data: Path) -> None:
    """Every field of a live book or trade frame is sent too, with the same type; none is invented."""
    folder = shared_data / "frames" / "extended"
    scene = Scene(activity=5)
    scene.wait(60)
    book, touch = scene.stream("v1/orderbooks/BTC-USD"), scene.stream("v1/orderbooks/BTC-USD?depth=1")
    trades = scene.stream("v1/publicTrades/BTC-USD")
    scene.wait(10)
    delta = next(
        frame for frame in book.frames if frame["type"] == "DELTA" and frame["data"]["b"] and frame["data"]["a"]
    )
    live_deltas = (folder / "orderbook_frames_001-020.raw.ndjson").read_text().splitlines()
    recorded = [
        (json.loads(gzip.decompress((folder / "orderbook_frame_000.raw.json.gz").read_bytes())), book.frames[0]),
        (next(row for line in live_deltas if (row := json.loads(line))["data"]["b"] and row["data"]["a"]), delta),
        (json.loads((folder / "obd1_frame_000.raw.json").read_text()), touch.frames[0]),
        (json.loads((folder / "trades_frame_000.raw.json").read_text()), trades.frames[0]),
    ]
    for live, ours in recorded:
        assert shape(ours) == shape(live)


def shape(value: Any) -> Any:
    """Give the types of a message; of a list, that of its first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) else type(value)
