"""The live benchmark measures what it says: every move is answered, by the hot path and by the whole bot."""

from __future__ import annotations

import asyncio
import random
import socket
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from benchmarks import live_bench
from benchmarks.live_bench import Pair
from benchmarks.live_client import RUNS, ClientResult
from benchmarks.loopback_server import LoopbackServer, ServerResult
from benchmarks.loopback_wire import DEPTH, FIRST_BID, TICK, Snapshot, Update, bid_at, book_message
from exchanges.level_book import LevelBook
from exchanges.websocket_stream import open_websocket


@pytest.fixture(autouse=True)
def fair_threads() -> Iterator[None]:
    """Let the venue's thread, which never sleeps, give way at once."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(usual)


PAIRS = [Pair("websockets", "asyncio"), Pair("picows", "asyncio"), Pair("picows", "busy-poll")]


def serve(listening: socket.socket, results: list[ServerResult], *, count: int, rate: int, moves: bool) -> None:
    """Be the venue of one client."""
    line, _ = listening.accept()
    with line:
        server = LoopbackServer(line)
        results.append(server.run(count, rate, moves=moves))


def meet(what: str, *, count: int, rate: int, moves: bool = True) -> tuple[ServerResult, ClientResult]:
    """Let client and venue meet in one process; what it costs is not looked at here."""
    results: list[ServerResult] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        options = {"count": count, "rate": rate, "moves": moves}
        venue = threading.Thread(target=serve, args=(listening, results), kwargs=options)
        venue.start()
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            client = runner.run(RUNS[what](open_websocket, url))
        venue.join()
    return results[0], client


@pytest.mark.parametrize("moves", [True, False])
def test_the_messages_are_books(moves: bool) -> None:
    """Applied in order, the messages give the touch they were made for, with ten changed levels a side."""
    rng, book, decoder = random.Random(7), LevelBook(TICK), msgspec.json.Decoder(Update | Snapshot)
    sizes = set()
    for number in range(4_100):
        text = book_message(number, rng, moves=moves, whole=number == 0)
        said = decoder.decode(text)
        take = book.snapshot if isinstance(said, Snapshot) else book.apply
        changed = take(said.bids, said.asks, said.ts, 0)
        assert (len(said.bids), len(said.asks)) == (DEPTH, DEPTH)
        bid = bid_at(number) if moves else FIRST_BID
        assert (book.bid_tick, book.ask_tick) == (bid, bid + 1)
        assert changed == (moves or number == 0)
        sizes.add(len(text))
    assert 500 < min(sizes) <= max(sizes) < 560


def test_the_hot_path_answers_every_move() -> None:
    """Each message that moves the touch is answered by one order at its price."""
    server, client = meet("stream", count=300, rate=2_000)
    assert (server.sent, server.answered) == (300, 300)
    assert 0 < server.p50_us <= server.p99_us
    assert client.cpu_share > 0


def test_the_hot_path_takes_a_flood() -> None:
    """As many messages as the line takes, all read before the end."""
    server, _ = meet("stream", count=2_000, rate=0)
    assert server.sent == 2_000
    assert server.messages_per_s > 1_000


def test_idle_changes_cause_no_order() -> None:
    """Changes behind the touch are followed and answered with nothing."""
    server, client = meet("bot", count=200, rate=2_000, moves=False)
    assert server.answered == 0
    assert client.steps < 20


@pytest.mark.parametrize("what", ["bot", "bot, journal in memory"])
def test_the_whole_bot_follows_the_touch(what: str) -> None:
    """The bot moves its quotes with the touch; a move that comes while it is busy may be overtaken by the next."""
    server, client = meet(what, count=100, rate=200)
    assert 50 < server.answered <= 100
    assert client.steps >= server.answered


def test_the_table_names_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row says carrier, loop and rate, and gives the median of its runs."""
    figures = iter(range(1_000))

    def measured(what: str, pair: Pair, *, count: int, rate: int, moves: bool) -> tuple[ServerResult, ClientResult]:
        number = next(figures) % 3  # the three runs of one figure
        result = ServerResult(
            sent=count, answered=count, p50_us=10.0 + number, p99_us=20.0 + number, messages_per_s=1e4 + number
        )
        return result, ClientResult(cpu_share=0.05 + number / 100)

    monkeypatch.setattr(live_bench, "measure", measured)
    monkeypatch.setattr(live_bench, "pairs", lambda: PAIRS)
    monkeypatch.setattr(live_bench.os, "cpu_count", lambda: 2)
    rows = dict(live_bench.run())
    assert rows["stream, websockets, asyncio: 100% of 1,000/s answered in"] == "11 us, p99 21"
    assert rows["stream, websockets, asyncio: an order each, at most"] == "10,001/s"
    assert rows["bot, picows, asyncio: 1,000/s with nothing to do"] == "6.0% CPU"
    assert rows["bot, journal in memory, picows, busy-poll: 100% of 1,000/s answered in"] == "11 us, p99 21"
    assert not any(name.startswith("bot, websockets") for name in rows)
    assert not any("busy-poll" in name and "nothing to do" in name for name in rows)
    monkeypatch.setattr(live_bench.os, "cpu_count", lambda: 1)
    assert [figure for _, figure in live_bench.run()] == ["skipped"]


def test_what_is_installed_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra only websockets is measured; the fastest loop comes last."""
    monkeypatch.setattr(live_bench.picows_stream, "is_installed", lambda: False)
    assert {pair.carrier for pair in live_bench.pairs()} == {"websockets"}
    monkeypatch.setattr(live_bench.picows_stream, "is_installed", lambda: True)
    assert live_bench.pairs()[-1] == Pair("picows", "busy-poll")


def test_decimals_of_the_wire_are_exact() -> None:
    """A tick written as text is the price it stands for."""
    said = msgspec.json.decode(book_message(5, random.Random(1), moves=True), type=Update)
    assert Decimal(said.bids[0][0]) == bid_at(5) * TICK
