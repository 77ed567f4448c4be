"""The transport that reaches a protocol front without a network: same bytes, same order, and faults when asked for.

What the client sends reaches the front at once; what the front sends reaches the client in the
loop's next round, so neither is ever called from inside its own call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from helpers.clock import Clock
from helpers.errors import ConnectivityError
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, Stream, StreamListener
from simulation.servers.front import ServerRequest, ServerResponse, StreamPeer, StreamRefused, VenueFront


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of one request."""

    lose_request: bool = False
    """It never reaches the venue."""
    lose_reply: bool = False
    """The venue acts, and nobody hears its answer."""
    answer: ServerResponse | None = None
    """Somebody on the way answers instead: a 503 of a load balancer."""
    delay_s: float = 0.0
    """The answer comes so much later."""


FaultPlan = Callable[[ServerRequest], Fault | None]


def _no_faults(request: ServerRequest) -> Fault | None:  # noqa: ARG001 - the plan's form
    return None


class MemoryTransport:
    """Reaches one front."""

    def __init__(self, front: VenueFront, clock: Clock, faults: FaultPlan = _no_faults) -> None:
        """Join a front and a clock to which its venue is attached.

        Args:
            front: the venue's protocol.
            clock: drives the venue.
            faults: decides what becomes of each request; may be changed at any time.
        """
        self._front = front
        self._clock = clock
        self.faults = faults
        self.requests: list[ServerRequest] = []
        """Everything that was asked, oldest first."""
        self.refuses_streams = False
        """Whether no stream can be opened for now."""
        self.streams: list[MemoryStream] = []

    async def request(self, request: HttpRequest) -> HttpResponse:
        """Hand a request to the front and wait for its answer.

        Raises:
            ConnectivityError: there was none in time.
        """
        asked = server_request(request.method, request.url, request.headers, request.body)
        self.requests.append(asked)
        fault = self.faults(asked) or Fault()
        try:
            async with asyncio.timeout(request.timeout_s):
                answer = await self._answer(asked, fault)
                if fault.delay_s:
                    await self._clock.sleep(fault.delay_s)
        except TimeoutError:
            raise ConnectivityError(f"{request.method}: no response in {request.timeout_s:g} s") from None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpResponse(status=answer.status, headers=headers, body=answer.body, received_ns=self._clock.now_ns())

    async def open_stream(self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS) -> Stream:
        """Open a stream to the front.

        Raises:
            ConnectivityError: the front refused it.
        """
        if self.refuses_streams:
            raise ConnectivityError("no stream: refused")
        stream = MemoryStream(listener)
        self._catch_up()
        try:
            stream.peer = self._front.accept(server_request("GET", url, headers, b""), stream.connection)
        except StreamRefused as error:
            raise ConnectivityError(f"the venue answers {error.response.status} to a stream") from None
        self._front.venue.changed()
        self.streams = [known for known in self.streams if known.is_open]
        self.streams.append(stream)
        return stream

    async def close(self) -> None:
        """Close every stream."""
        for stream in self.streams:
            await stream.close()

    def cut(self, reason: str = "the connection was lost") -> None:
        """Break every stream, as a network does."""
        for stream in self.streams:
            stream.end(reason)

    async def _answer(self, asked: ServerRequest, fault: Fault) -> ServerResponse:
        answered: asyncio.Future[ServerResponse] = asyncio.get_running_loop().create_future()
        if not fault.lose_request and fault.answer is None:
            self._catch_up()
            self._front.handle(asked, _teller(answered))
            self._front.venue.changed()
        if fault.answer is not None:
            return fault.answer
        if fault.lose_request or fault.lose_reply:
            await asyncio.get_running_loop().create_future()
        return await answered

    def _catch_up(self) -> None:
        self._front.venue.advance_to(self._clock.now_ns())


def _teller(answered: asyncio.Future[ServerResponse]) -> Callable[[ServerResponse], None]:
    def tell(response: ServerResponse) -> None:
        if not answered.done():  # who asked may have given up
            answered.set_result(response)

    return tell


class MemoryStream:
    """One open connection, the client's end."""

    def __init__(self, listener: StreamListener) -> None:
        """Tell this listener."""
        self.listener = listener
        self._loop = asyncio.get_running_loop()
        self.connection = _ServerEnd(self)
        self.peer: StreamPeer | None = None
        self.is_open = True
        self.is_silent = False
        """Whether nothing gets through to the client: a half-open connection."""

    def send(self, message: bytes) -> None:
        """Hand a message to the front."""
        if not self.is_open or self.peer is None:
            raise ConnectivityError("the stream is closed")
        if not self.is_silent:
            self.peer.on_message(message)

    async def close(self) -> None:
        """End it from the client's side; no message is told any more."""
        if self.is_open:
            self.is_open = False
            self._leave()
            self.listener.on_end("closed by us")

    def end(self, reason: str) -> None:
        """End it from outside."""
        if self.is_open:
            self.is_open = False
            self._leave()
            self._loop.call_soon(self.listener.on_end, reason)

    def deliver(self, message: bytes) -> None:
        """Tell the client in the loop's next round."""
        if self.is_open:
            self._loop.call_soon(self._tell, message)

    def _tell(self, message: bytes) -> None:
        if self.is_open and not self.is_silent:
            self.listener.on_message(message)

    def _leave(self) -> None:
        if self.peer is not None:
            self.peer.on_end()


class _ServerEnd:
    """The front's end."""

    def __init__(self, stream: MemoryStream) -> None:
        self._stream = stream

    def send(self, message: bytes) -> None:
        """Send to the client."""
        self._stream.deliver(message)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the stream after what was sent."""
        stream = self._stream
        asyncio.get_running_loop().call_soon(stream.end, f"closed by the other side: {code} {reason}".rstrip())


def server_request(
    method: str, url: str, headers: Mapping[str, str], body: bytes, address: str = "127.0.0.1"
) -> ServerRequest:
    """Take a URL apart for a front."""
    parts = urlsplit(url)
    return ServerRequest(
        method=method,
        path=unquote(parts.path),
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        address=address,
    )


__all__ = ["Fault", "FaultPlan", "MemoryStream", "MemoryTransport", "server_request"]
