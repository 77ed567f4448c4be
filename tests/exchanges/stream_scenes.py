"""A venue of plain words for tests of streams: every frame is `verb channel`, and faults are switches."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Callable, Mapping

from exchanges.stream import Channel, ConnectionQuota, ReconnectingStream, StreamTerms
from helpers.errors import BadPayload, ConnectivityError
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, StreamListener
from simulation.virtual_loop import VirtualClock

TERMS = StreamTerms(first_backoff_s=1, longest_backoff_s=8, silence_s=math.inf, data_within_s=5)


class WordStream:
    """One connection, the client's end, in the hands of the test."""

    def __init__(self, venue: WordVenue, url: str, headers: Mapping[str, str], listener: StreamListener) -> None:
        self.venue = venue
        self.url = url
        self.headers = headers
        self.listener = listener
        self.opened_s = venue.now_s()
        self.sent: list[str] = []
        self.subscribed: set[str] = set()
        self.is_open = True

    def send(self, message: bytes) -> None:
        """Hear a word of the client's."""
        if not self.is_open:
            raise ConnectivityError("the stream is closed")
        text = message.decode()
        self.sent.append(text)
        self.venue.answer(self, text)

    async def close(self) -> None:
        """End it from the client's side, as slowly as the venue likes."""
        self.is_open = False
        if self.venue.close_takes_s:
            await self.venue.clock.sleep(self.venue.close_takes_s)
        self.listener.on_end("closed by us")

    def say(self, text: str) -> None:
        """Send a frame in the loop's next round."""
        asyncio.get_running_loop().call_soon(self.say_now, text)

    def say_now(self, text: str) -> None:
        """Send a frame."""
        if self.is_open:
            self.listener.on_message(text.encode())

    def end(self, reason: str = "the connection was lost") -> None:
        """Break it."""
        if self.is_open:
            self.is_open = False
            self.listener.on_end(reason)


class WordVenue:
    """A Transport and the venue behind it."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.streams: list[WordStream] = []
        self.attempts_s: list[float] = []
        self.refuses = 0
        """How many of the next attempts fail."""
        self.open_takes_s = 0.0
        self.close_takes_s = 0.0
        self.acks = True
        self.brings_data = True
        self.silent: set[str] = set()
        """Channels that bring no data."""
        self.refused: dict[str, str] = {}
        """Why a channel cannot be subscribed."""
        self.doubles: list[str] = []
        """Channels that were subscribed twice on a connection, which venues take for an error."""
        self.greets: Callable[[WordStream], None] | None = None
        """What a new connection hears first, maybe before the client holds it."""
        self.trouble: Exception | None = None

    def now_s(self) -> float:
        return self.clock.now_ns() / 1e9

    @property
    def last(self) -> WordStream:
        return self.streams[-1]

    async def open_stream(
        self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS
    ) -> WordStream:
        self.attempts_s.append(self.now_s())
        if self.open_takes_s:
            await self.clock.sleep(self.open_takes_s)
        if self.trouble is not None:
            raise self.trouble
        if self.refuses:
            self.refuses -= 1
            raise ConnectivityError("refused")
        stream = WordStream(self, url, headers, listener)
        self.streams.append(stream)
        if self.greets is not None:
            self.greets(stream)
        return stream

    async def request(self, request: HttpRequest) -> HttpResponse:
        raise ConnectivityError("no HTTP here")

    async def close(self) -> None:
        for stream in self.streams:
            await stream.close()

    def answer(self, stream: WordStream, text: str) -> None:
        """Do as a venue does with a word of the client's."""
        verb, _, name = text.partition(" ")
        if verb == "sub" and name in self.refused:
            stream.say(f"no {name} {self.refused[name]}")
        elif verb == "sub" and name in stream.subscribed:
            self.doubles.append(name)
            stream.say(f"no {name} already subscribed")
        elif verb == "sub":
            stream.subscribed.add(name)
            if self.acks:
                stream.say(f"ack {name}")
            if self.brings_data and name not in self.silent:
                stream.say(f"data {name}")
        elif verb == "unsub":
            stream.subscribed.discard(name)

    async def flow(self, *names: str, every_s: float = 1.0) -> None:
        """Bring data of these channels for ever, on whatever connection has them."""
        while True:
            await self.clock.sleep(every_s)
            for name in names:
                if self.streams and name in self.last.subscribed and name not in self.silent:
                    self.last.say_now(f"data {name}")


class WordDialect:
    """Reads the venue's words."""

    def __init__(self) -> None:
        self.stream: ReconnectingStream | None = None
        self.heard: list[str] = []
        self.greetings = 0
        self.greet_trouble: list[Exception | None] = []
        """What the next greetings come to."""
        self.greet_waits: Callable[[], asyncio.Future[None]] | None = None

    def url(self) -> str:
        return "wss://words.example/stream?token=hidden"

    def headers(self) -> Mapping[str, str]:
        return {"x-key": "hidden"}

    async def greet(self, stream: ReconnectingStream) -> None:
        self.greetings += 1
        if self.greet_waits is not None:
            await self.greet_waits()
        trouble = self.greet_trouble.pop(0) if self.greet_trouble else None
        if trouble is not None:
            raise trouble

    def on_message(self, message: bytes) -> None:
        assert self.stream is not None
        verb, _, rest = message.decode().partition(" ")
        name, _, reason = rest.partition(" ")
        self.heard.append(message.decode())
        match verb:
            case "data":
                self.stream.heard(name)
            case "ack":
                self.stream.acked(name)
            case "no":
                self.stream.refused(name, reason)
            case "gap":
                self.stream.reset(name, "a gap")
            case "ping":
                self.stream.send(b"pong")
            case "leave":
                self.stream.reconnect("the venue will close")
            case "boom":
                raise ZeroDivisionError
            case "welcome":
                pass
            case _:
                raise BadPayload(f"{message!r} is no word")


class Scene:
    """A stream, its dialect and its venue, with an account of what the channels were told."""

    def __init__(
        self,
        clock: VirtualClock,
        terms: StreamTerms = TERMS,
        quota: ConnectionQuota | None = None,
        venue: WordVenue | None = None,
        seed: int = 1,
    ) -> None:
        self.clock = clock
        self.venue = venue or WordVenue(clock)
        self.dialect = WordDialect()
        self.stream = ReconnectingStream(
            self.venue, clock, random.Random(seed), self.dialect, terms, quota=quota, name="words"
        )
        self.dialect.stream = self.stream
        self.told: list[str] = []

    def channel(
        self,
        name: str,
        *,
        max_silence_s: float | None = None,
        can_end: bool = True,
        by_url: bool = False,
        proven_by_ack: bool = False,
    ) -> Channel:
        return Channel(
            name,
            subscribe=lambda: b"" if by_url else f"sub {name}".encode(),
            unsubscribe=f"unsub {name}".encode if can_end else None,
            max_silence_s=max_silence_s,
            proven_by_ack=proven_by_ack,
            on_reset=lambda: self.told.append(f"reset {name}"),
            on_proven=lambda: self.told.append(f"proven {name}"),
        )

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.told)


def others() -> set[asyncio.Task[object]]:
    """The tasks beside the test's own."""
    return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]  # a test has a task
