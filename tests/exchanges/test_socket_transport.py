"""The real transport, over loopback sockets: one request is one request, whatever becomes of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import pytest
from raw_websocket import CLOSE, TEXT, RawPeer, close_frame, frame, on_real_loop, raw_server

from exchanges import picows_stream, socket_transport
from exchanges.picows_stream import open_picows
from exchanges.socket_transport import SocketTransport, fastest_carrier
from exchanges.websocket_stream import open_websocket
from helpers.clock import WallClock
from helpers.errors import ConnectivityError
from helpers.transport import HttpRequest, Inbox

Client = Callable[[SocketTransport, str], Awaitable[None]]
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[bool]]


class Requests:
    """An HTTP server by hand: keeps what it was asked, answers as the test says."""

    def __init__(self, answer: Answer) -> None:
        self.heads: list[bytes] = []
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                if not await self._answer(reader, writer, head):
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()


def exchange(answer: Answer, client: Client) -> Requests:
    """Let a client talk to a server that answers as told."""
    requests = Requests(answer)

    async def main() -> None:
        server = await asyncio.start_server(requests.serve, "127.0.0.1", 0)
        transport = SocketTransport(WallClock())
        try:
            await client(transport, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        finally:
            await transport.close()
            server.close()
            await server.wait_closed()

    on_real_loop(main())
    return requests


async def say(writer: asyncio.StreamWriter, status: str, body: bytes = b"", extra: str = "") -> bool:
    """Answer with a status and keep the connection."""
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body)
    await writer.drain()
    return True


async def broken(transport: SocketTransport, request: HttpRequest) -> str:
    """Give the words of a request that gets no answer."""
    with pytest.raises(ConnectivityError) as caught:
        await transport.request(request)
    text = str(caught.value)
    assert "secret" not in text
    return text


def test_a_request_goes_out_as_it_was_signed() -> None:
    """Method, path, query, headers and body are the caller's, and nothing names a content type for it."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> bool:
        assert await reader.readexactly(7) == b'{"a":1}'
        return await say(writer, "200 OK", b"fine", "X-Weight: 3\r\n")

    async def client(transport: SocketTransport, url: str) -> None:
        before = WallClock().now_ns()
        response = await transport.request(
            HttpRequest(method="POST", url=f"{url}/orders?b=%2B&a=1", headers={"X-Sign": "s"}, body=b'{"a":1}')
        )
        assert (response.status, response.body, response.headers["x-weight"]) == (200, b"fine", "3")
        assert before <= response.received_ns <= WallClock().now_ns()

    head = exchange(answer, client).heads[0]
    assert head.startswith(b"POST /orders?b=%2B&a=1 HTTP/1.1\r\n")
    assert b"x-sign: s\r\n" in head.lower()
    assert b"content-type" not in head.lower()


def test_any_status_is_an_answer() -> None:
    """A 4xx or 5xx is what the venue said, a redirect is not followed: the caller judges."""
    statuses = ["503 Down", "429 Slow", "307 Elsewhere"]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> bool:
        return await say(writer, statuses[len(requests_seen)], b"no", "Location: /other\r\nSet-Cookie: a=b\r\n")

    requests_seen: list[int] = []

    async def client(transport: SocketTransport, url: str) -> None:
        for status in (503, 429, 307):
            assert (await transport.request(HttpRequest(method="GET", url=url))).status == status
            requests_seen.append(status)

    requests = exchange(answer, client)
    assert len(requests.heads) == 3
    assert not any(b"cookie" in head.lower() for head in requests.heads)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_nothing_is_sent_twice(method: str) -> None:
    """A kept connection that dies under a request is an unknown outcome, not a reason to send again."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> bool:
        return b"/second" not in head and await say(writer, "200 OK")

    async def client(transport: SocketTransport, url: str) -> None:
        await transport.request(HttpRequest(method=method, url=f"{url}/first"))
        text = await broken(transport, HttpRequest(method=method, url=f"{url}/second?key=secret"))
        assert text == f"{method} {url}: ServerDisconnectedError"

    assert len(exchange(answer, client).heads) == 2


def test_a_request_has_its_own_deadline() -> None:
    """No response in time is an unknown outcome; a slow body is no response either."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> bool:
        if b"/slow" in head:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        await reader.read(1)
        return False

    async def client(transport: SocketTransport, url: str) -> None:
        for path in ("never", "slow"):
            request = HttpRequest(method="GET", url=f"{url}/{path}?key=secret", timeout_s=0.05)
            assert await broken(transport, request) == f"GET {url}: no response in 0.05 s"

    exchange(answer, client)


def test_nobody_there_is_no_connection() -> None:
    """A closed port, and a response that is none, are connectivity errors."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> bool:
        writer.write(b"what?\r\n\r\n")
        return False

    async def client(transport: SocketTransport, url: str) -> None:
        assert (await broken(transport, HttpRequest(method="GET", url=url))).startswith(f"GET {url}: ")
        text = await broken(transport, HttpRequest(method="GET", url="http://127.0.0.1:1/secret"))
        assert text == "GET http://127.0.0.1:1: ClientConnectorError"

    exchange(answer, client)


def test_closing_ends_its_streams_and_twice_is_once() -> None:
    """Streams that are open are closed with the transport; those that ended are forgotten before."""

    async def script(peer: RawPeer) -> None:
        if b"/gone" in peer.request:
            peer.accept(close_frame(1000))
        else:
            peer.accept(frame(TEXT, b"hello"))
            assert (await peer.read_frame())[0] == CLOSE
            peer.writer.write(close_frame(1000))
        await peer.gone()

    async def main() -> None:
        async with raw_server(script) as port:
            transport = SocketTransport(WallClock())
            first, second = Inbox(), Inbox()
            gone = await transport.open_stream(f"ws://127.0.0.1:{port}/gone", first)
            assert [message async for message in first] == []
            stream = await transport.open_stream(f"ws://127.0.0.1:{port}/", second, {"X-Key": "1"})
            assert await second.next() == b"hello"
            assert gone not in transport._streams
            await transport.close()
            await transport.close()
            assert (stream.is_open, second.reason) == (False, "closed by us")

    on_real_loop(main())


def test_the_fastest_carrier_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Picows where it is installed, else websockets, and a clear answer to whether it is."""
    monkeypatch.setattr(socket_transport.picows_stream, "is_installed", lambda: True)
    assert fastest_carrier() is open_picows
    monkeypatch.setattr(socket_transport.picows_stream, "is_installed", lambda: False)
    assert fastest_carrier() is open_websocket
    monkeypatch.undo()
    picows_stream._picows.cache_clear()
    monkeypatch.setitem(sys.modules, "picows", None)  # as if it were not installed
    assert not picows_stream.is_installed()
    picows_stream._picows.cache_clear()
