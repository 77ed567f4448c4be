"""Playing a recording back: in order, in time, and nothing invented."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from exchanges.recorded_transport import RecordedFrame, RecordedResponse, RecordedStream, RecordedTransport
from exchanges.stream import Channel, ReconnectingStream, StreamTerms
from helpers.errors import ConnectivityError
from helpers.transport import HttpRequest, Inbox
from simulation.virtual_loop import VirtualClock


def get(path: str, timeout_s: float = 10) -> HttpRequest:
    """Make a read."""
    return HttpRequest(method="GET", url=f"https://words.example{path}", timeout_s=timeout_s)


class Times:
    """A listener that notes what came, and when."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.heard: list[tuple[float, str]] = []

    def on_message(self, message: bytes) -> None:
        self.heard.append((self.clock.now_ns() / 1e9, message.decode()))

    def on_end(self, reason: str) -> None:
        self.heard.append((self.clock.now_ns() / 1e9, f"end: {reason}"))


async def test_answers_come_in_the_recorded_order(clock: VirtualClock) -> None:
    """By method and path, whatever the query; each once; with status, headers in small letters and time."""
    transport = RecordedTransport(
        clock,
        [
            RecordedResponse(method="GET", path="/a", body=b"1"),
            RecordedResponse(method="GET", path="/b", body=b"x", status=404, headers={"Date": "now"}, after_s=2),
            RecordedResponse(method="GET", path="/a", body=b"2"),
        ],
    )
    assert (await transport.request(get("/a?x=1"))).body == b"1"
    assert (await transport.request(get("/a?x=2"))).body == b"2"
    response = await transport.request(get("/b"))
    assert (response.status, response.headers, response.received_ns) == (404, {"date": "now"}, 2_000_000_000)
    assert [request.url[-2:] for request in transport.requests] == ["=1", "=2", "/b"]


async def test_what_was_not_recorded_is_not_invented(clock: VirtualClock) -> None:
    """An unknown request, or one more than there was, is an error that names it, without its query."""
    transport = RecordedTransport(clock, [RecordedResponse(method="GET", path="/a")])
    await transport.request(get("/a"))
    for path in ("/a?key=hidden", "/b"):
        with pytest.raises(ConnectivityError, match=f"^no recording of GET {path.partition('?')[0]}$"):
            await transport.request(get(path))
    with pytest.raises(ConnectivityError, match=r"^no recording of a stream to /ws$"):
        await transport.open_stream("wss://words.example/ws?key=hidden", Inbox())


async def test_an_answer_may_come_too_late(clock: VirtualClock) -> None:
    """Who does not wait as long as it took hears what a network says."""
    transport = RecordedTransport(clock, [RecordedResponse(method="GET", path="/a", after_s=60)])
    with pytest.raises(ConnectivityError, match="no response in 10 s"):
        await transport.request(get("/a"))
    assert clock.now_ns() == 10_000_000_000


async def test_frames_come_at_their_time_and_then_the_end(clock: VirtualClock) -> None:
    """Offsets count from the opening; a frame without one comes right after the one before."""
    frames = [RecordedFrame(b"a"), RecordedFrame(b"b", 1.5), RecordedFrame(b"c"), RecordedFrame(b"d", 4)]
    transport = RecordedTransport(clock, streams=[RecordedStream(url_part="/ws", frames=frames)])
    await clock.sleep(10)
    times = Times(clock)
    stream = await transport.open_stream("wss://words.example/ws", times)
    assert times.heard == []
    stream.send(b"hello")
    await clock.sleep(60)
    assert times.heard == [(10, "a"), (11.5, "b"), (11.5, "c"), (14, "d"), (14, "end: the recording ends here")]
    assert (stream.is_open, transport.players[0].sent) == (False, [b"hello"])
    with pytest.raises(ConnectivityError):
        stream.send(b"too late")
    await stream.close()


async def test_each_stream_is_played_once(clock: VirtualClock) -> None:
    """The first that fits the URL and was not played yet; another URL gets its own."""
    streams = [RecordedStream(url_part=part, frames=[RecordedFrame(text)]) for part, text in
               (("/ws", b"first"), ("/other", b"other"), ("/ws", b"second"))]  # fmt: skip
    transport = RecordedTransport(clock, streams=streams)
    for url, text in (("/ws", b"first"), ("/ws", b"second"), ("/other", b"other")):
        inbox = Inbox()
        await transport.open_stream(f"wss://words.example{url}", inbox)
        assert [message async for message in inbox] == [text]
    with pytest.raises(ConnectivityError):
        await transport.open_stream("wss://words.example/ws", Inbox())
    await transport.close()


async def test_a_play_may_wait_for_what_the_client_says(clock: VirtualClock) -> None:
    """A snapshot does not come before its subscription."""
    recorded = RecordedStream(url_part="/ws", frames=[RecordedFrame(b"a")], plays_after_sends=2)
    transport = RecordedTransport(clock, streams=[recorded])
    times = Times(clock)
    stream = await transport.open_stream("wss://words.example/ws", times)
    stream.send(b"log in")
    await clock.sleep(5)
    assert times.heard == []
    stream.send(b"subscribe")
    await clock.sleep(5)
    assert times.heard[0] == (5, "a")


async def test_a_closed_play_is_silent(clock: VirtualClock) -> None:
    """After `close` nothing is told but the end, once, and no task is left; also when a frame closes it."""
    frames = [RecordedFrame(b"a", 1), RecordedFrame(b"b", 2)]
    recorded = [RecordedStream(url_part="/ws", frames=frames)] * 2
    transport = RecordedTransport(clock, streams=recorded)
    times = Times(clock)
    await transport.open_stream("wss://words.example/ws", times)
    await clock.sleep(1.5)
    await transport.close()
    await transport.close()
    await clock.sleep(5)
    assert [text for _, text in times.heard] == ["a", "end: closed by us"]

    class Closing(Times):
        def on_message(self, message: bytes) -> None:
            super().on_message(message)
            stream._end("closed by us")

    closing = Closing(clock)
    stream = await transport.open_stream("wss://words.example/ws", closing)
    await clock.sleep(5)
    assert [text for _, text in closing.heard] == ["a", "end: closed by us"]
    assert asyncio.all_tasks() == {asyncio.current_task()}


class FrameDialect:
    """Counts the frames of a recorded book."""

    def __init__(self) -> None:
        self.stream: ReconnectingStream | None = None
        self.frames: list[bytes] = []

    def url(self) -> str:
        return "wss://words.example/orderbooks/BTC-USD"

    def headers(self) -> Mapping[str, str]:
        return {}

    async def greet(self, stream: ReconnectingStream) -> None: ...

    def on_message(self, message: bytes) -> None:
        assert self.stream is not None
        self.frames.append(message)
        self.stream.heard("book")


async def test_real_frames_through_a_real_stream(clock: VirtualClock, shared_data: Path) -> None:
    """A recorded connection plays through the reconnecting stream, which then looks for another and says why."""
    file = shared_data / "frames" / "extended" / "orderbook_frames_001-020.raw.ndjson"
    lines = file.read_bytes().splitlines()
    assert len(lines) == 20
    frames = [RecordedFrame(line, number * 0.1) for number, line in enumerate(lines)]
    transport = RecordedTransport(clock, streams=[RecordedStream(url_part="/orderbooks/", frames=frames)])
    dialect = FrameDialect()
    stream = ReconnectingStream(transport, clock, random.Random(1), dialect, StreamTerms())
    dialect.stream = stream
    await stream.open()
    await stream.add(Channel("book", subscribe=lambda: b""))
    assert stream.is_up
    await clock.sleep(10)
    assert (dialect.frames, stream.is_up, stream.unreadable) == (lines, False, 0)
    await stream.close()
