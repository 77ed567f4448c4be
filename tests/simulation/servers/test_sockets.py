"""A protocol front on real sockets: the same answers, streams and ends as in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from toy_front import ToyFront, toy

from exchanges.socket_transport import SocketTransport
from helpers.clock import WallClock
from helpers.errors import ConnectivityError, UserError
from helpers.transport import HttpRequest, Inbox
from simulation.servers.sockets import SocketServer

Check = Callable[[ToyFront, SocketTransport, str], Awaitable[None]]


def served(check: Check) -> None:
    """Run a check against a toy venue on a free port, in real time."""

    async def main() -> None:
        clock = WallClock()
        front = toy(clock.now_ns())
        server, transport = SocketServer(front, clock), SocketTransport(clock)
        await server.open("127.0.0.1", 0)
        clock.attach(front.venue)
        try:
            await check(front, transport, f"127.0.0.1:{server.port}")
        finally:
            await transport.close()
            clock.detach(front.venue)
            await server.close()

    asyncio.run(main())


def test_requests_reach_the_front_over_sockets() -> None:
    """Method, path, query, headers and body arrive as sent; status and headers come back."""

    async def check(front: ToyFront, transport: SocketTransport, place: str) -> None:
        request = HttpRequest(
            method="DELETE", url=f"http://{place}/a%20b?x=1&status=404", headers={"X-Key": "k"}, body=b"text"
        )
        answer = await transport.request(request)
        assert (answer.status, answer.headers["x-toy"]) == (404, "yes")
        assert json.loads(answer.body) == {
            "method": "DELETE",
            "path": "/a b",
            "query": [["x", "1"], ["status", "404"]],
            "key": "k",
            "body": "text",
        }

    served(check)


def test_streams_reach_the_front_over_sockets() -> None:
    """Messages go both ways in order, and the venue's close arrives with its code and reason."""

    async def check(front: ToyFront, transport: SocketTransport, place: str) -> None:
        inbox = Inbox()
        stream = await transport.open_stream(f"ws://{place}/stream", inbox)
        for word in (b"one", b"bye"):
            stream.send(word)
        assert [message async for message in inbox] == [b"welcome", b"echo one", b"last words"]
        assert inbox.reason == "closed by the other side: 1001 going away"
        assert front.peers[0].ends == 1

    served(check)


def test_a_refused_handshake_gives_the_venues_answer() -> None:
    """A stream the front refuses ends in the HTTP status it chose."""

    async def check(front: ToyFront, transport: SocketTransport, place: str) -> None:
        with pytest.raises(ConnectivityError, match="404"):
            await transport.open_stream(f"ws://{place}/other", Inbox())

    served(check)


def test_a_client_that_leaves_is_noticed() -> None:
    """The front hears the end of a stream that the client closes."""

    async def check(front: ToyFront, transport: SocketTransport, place: str) -> None:
        inbox = Inbox()
        stream = await transport.open_stream(f"ws://{place}/stream", inbox)
        await inbox.next()
        await stream.close()
        async with asyncio.timeout(5):
            while not front.peers[0].ends:  # noqa: ASYNC110 - the front has no tasks to wait for
                await asyncio.sleep(0)  # noqa: TID251 - lets the server's own task run

    served(check)


def test_a_taken_port_is_one_clear_line() -> None:
    """A port in use is refused with its number and what to do."""

    async def check(front: ToyFront, transport: SocketTransport, place: str) -> None:
        port = int(place.partition(":")[2])
        with pytest.raises(UserError, match=rf"cannot listen on 127.0.0.1:{port} .*choose another --port"):
            await SocketServer(front, WallClock()).open("127.0.0.1", port)

    served(check)
