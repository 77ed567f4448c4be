"""A transport that plays a recording back: what a venue once answered, and what its streams once brought.

Requests are answered by method and path, each in the order recorded; streams are told by a part
of their URL. Where a recording says when, it is then, on the clock; else at once. What was
never recorded is not invented: it is a ConnectivityError that names it. A stream ends when its
recording does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from helpers.clock import NS_PER_S, Clock
from helpers.errors import ConnectivityError
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, StreamListener

_END = "the recording ends here"


class RecordedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One answer."""

    method: str
    path: str
    """Without host and query."""
    status: int = 200
    headers: Mapping[str, str] = msgspec.field(default_factory=lambda: NO_HEADERS)
    body: bytes = b""
    after_s: float = 0.0
    """How long after the request it came."""


class RecordedFrame(msgspec.Struct, frozen=True):
    """One message of a stream."""

    message: bytes
    at_s: float | None = None
    """When it came, counted from the beginning of the play; None is right after the one before."""


class RecordedStream(msgspec.Struct, frozen=True, kw_only=True):
    """One connection, from its opening to its end."""

    url_part: str
    frames: Sequence[RecordedFrame]
    plays_after_sends: int = 0
    """The play begins when so many messages were sent to it: a login, a subscription."""


class RecordedTransport:
    """Answers from a recording."""

    def __init__(
        self, clock: Clock, responses: Sequence[RecordedResponse] = (), streams: Sequence[RecordedStream] = ()
    ) -> None:
        """Take the recording, oldest first.

        Args:
            clock: on which offsets are counted.
            responses: to requests; each answers once.
            streams: each is played once, the first that fits a URL first.
        """
        self._clock = clock
        self._responses: dict[tuple[str, str], deque[RecordedResponse]] = {}
        for response in responses:
            self._responses.setdefault((response.method, response.path), deque()).append(response)
        self._streams = list(streams)
        self.requests: list[HttpRequest] = []
        """Everything that was asked, oldest first."""
        self.players: list[StreamPlayer] = []
        """Every stream that was opened, oldest first."""

    async def request(self, request: HttpRequest) -> HttpResponse:
        """Give the next recorded answer.

        Raises:
            ConnectivityError: none is left, or it came too late.
        """
        self.requests.append(request)
        path = urlsplit(request.url).path
        left = self._responses.get((request.method, path))
        if not left:
            raise ConnectivityError(f"no recording of {request.method} {path}")
        answer = left.popleft()
        if answer.after_s > request.timeout_s:
            await self._clock.sleep(request.timeout_s)
            raise ConnectivityError(f"{request.method} {path}: no response in {request.timeout_s:g} s")
        if answer.after_s:
            await self._clock.sleep(answer.after_s)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpResponse(status=answer.status, headers=headers, body=answer.body, received_ns=self._clock.now_ns())

    async def open_stream(
        self,
        url: str,
        listener: StreamListener,
        headers: Mapping[str, str] = NO_HEADERS,  # noqa: ARG002 - a recording does not ask who listens
    ) -> StreamPlayer:
        """Begin to play the next recording of such a stream.

        Raises:
            ConnectivityError: none is left.
        """
        recorded = next((stream for stream in self._streams if stream.url_part in url), None)
        if recorded is None:
            raise ConnectivityError(f"no recording of a stream to {urlsplit(url).path}")
        self._streams.remove(recorded)
        player = StreamPlayer(recorded, self._clock, listener)
        self.players.append(player)
        return player

    async def close(self) -> None:
        """End every play."""
        for player in self.players:
            await player.close()


class StreamPlayer:
    """One stream that is played."""

    def __init__(self, recorded: RecordedStream, clock: Clock, listener: StreamListener) -> None:
        """Play to this listener, from the loop's next round on."""
        self._recorded = recorded
        self._clock = clock
        self._listener = listener
        self.sent: list[bytes] = []
        """What was sent to it, oldest first."""
        self.is_open = True
        self._may_begin = asyncio.Event()
        if not recorded.plays_after_sends:
            self._may_begin.set()
        self._task = asyncio.get_running_loop().create_task(self._play(), name=f"play {recorded.url_part}")

    def send(self, message: bytes) -> None:
        """Keep a message; nobody answers it.

        Raises:
            ConnectivityError: the play is over.
        """
        if not self.is_open:
            raise ConnectivityError("the stream is closed")
        self.sent.append(message)
        if len(self.sent) >= self._recorded.plays_after_sends:
            self._may_begin.set()

    async def close(self) -> None:
        """End the play; may be called twice."""
        self._end("closed by us")
        if self._task is not asyncio.current_task():
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _play(self) -> None:
        await self._may_begin.wait()
        began_ns = self._clock.now_ns()
        for frame in self._recorded.frames:
            due_ns = began_ns if frame.at_s is None else began_ns + round(frame.at_s * NS_PER_S)
            await self._clock.sleep(max(0.0, (due_ns - self._clock.now_ns()) / NS_PER_S))
            if not self.is_open:
                return
            self._listener.on_message(frame.message)
        self._end(_END)

    def _end(self, reason: str) -> None:
        if self.is_open:
            self.is_open = False
            self._listener.on_end(reason)


__all__ = ["RecordedFrame", "RecordedResponse", "RecordedStream", "RecordedTransport", "StreamPlayer"]
