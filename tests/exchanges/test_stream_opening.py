"""The first connection of a stream, its greeting, and what can be sent when."""

from __future__ import annotations

import asyncio

import pytest
from stream_scenes import Scene, others

from helpers.errors import AuthError, ConnectivityError, VenueRejected
from simulation.virtual_loop import VirtualClock


async def test_the_first_connection_is_the_callers(clock: VirtualClock) -> None:
    """`open` raises what went wrong and leaves nothing behind; it may be tried again, and again does nothing."""
    scene = Scene(clock)
    scene.venue.refuses = 1
    with pytest.raises(ConnectivityError, match="refused"):
        await scene.stream.open()
    scene.dialect.greet_trouble = [AuthError("no such key"), VenueRejected("7", "not today"), ZeroDivisionError()]
    with pytest.raises(AuthError):
        await scene.stream.open()
    with pytest.raises(ConnectivityError, match=r"not greeted: not today \[7\]"):
        await scene.stream.open()
    with pytest.raises(ZeroDivisionError):
        await scene.stream.open()
    await clock.sleep(60)
    assert not others()
    assert [stream.is_open for stream in scene.venue.streams] == [False] * 3
    await scene.stream.open()
    await scene.stream.open()
    assert len(scene.venue.streams) == 4
    assert scene.venue.last.url == "wss://words.example/stream?token=hidden"
    assert scene.venue.last.headers == {"x-key": "hidden"}
    await scene.stream.close()


async def test_two_who_open_share_one_connection(clock: VirtualClock) -> None:
    """The second waits for the first."""
    scene = Scene(clock)
    scene.venue.open_takes_s = 1
    await asyncio.gather(scene.stream.open(), scene.stream.open())
    assert len(scene.venue.streams) == 1
    await scene.stream.close()


async def test_a_greeting_has_its_time(clock: VirtualClock) -> None:
    """A venue that never greets is a venue that cannot be reached; its end ends the waiting at once."""
    scene = Scene(clock)
    scene.dialect.greet_waits = asyncio.get_running_loop().create_future
    with pytest.raises(ConnectivityError, match="was not greeted in 5 s"):
        await scene.stream.open()
    assert clock.now_ns() == 5_000_000_000
    scene.venue.greets = lambda stream: asyncio.get_running_loop().call_soon(stream.end, "closed: 4001 no")
    with pytest.raises(ConnectivityError, match="closed: 4001 no"):
        await scene.stream.open()
    assert clock.now_ns() == 5_000_000_000
    await scene.stream.close()


async def test_opening_has_its_time(clock: VirtualClock) -> None:
    """A transport that never comes back is given up."""
    scene = Scene(clock)
    scene.venue.open_takes_s = 1000
    with pytest.raises(ConnectivityError, match="could not be opened in 20 s"):
        await scene.stream.open()
    await scene.stream.close()


async def test_a_stream_that_ends_while_it_opens(clock: VirtualClock) -> None:
    """The end may be told before the transport gives us the stream."""
    scene = Scene(clock)
    scene.venue.greets = lambda stream: stream.end("closed: 4001 no")
    with pytest.raises(ConnectivityError, match="closed: 4001 no"):
        await scene.stream.open()
    await scene.stream.close()
    assert not others()


async def test_a_stream_that_is_given_up_while_it_opens(clock: VirtualClock) -> None:
    """A venue may say that it will close before the transport gives us the stream, which is closed then."""
    scene = Scene(clock)
    scene.venue.greets = lambda stream: stream.say_now("leave")
    with pytest.raises(ConnectivityError, match="the venue will close"):
        await scene.stream.open()
    await scene.stream.close()
    assert not scene.venue.last.is_open


async def test_a_ping_may_come_before_the_stream_is_ours(clock: VirtualClock) -> None:
    """An answer to what came while the stream opened is sent when it is open."""
    scene = Scene(clock)
    scene.venue.greets = lambda stream: stream.say_now("ping")
    await scene.stream.open()
    assert scene.venue.last.sent == ["pong"]
    await scene.stream.close()


async def test_sending_needs_a_connection(clock: VirtualClock) -> None:
    """Before the first, between two and after the last there is none, and the error says why."""
    scene = Scene(clock)
    with pytest.raises(ConnectivityError, match="there is no connection"):
        scene.stream.send(b"hello")
    await scene.stream.open()
    scene.stream.send(b"hello")
    assert scene.venue.last.sent == ["hello"]
    scene.venue.last.end("gone")
    with pytest.raises(ConnectivityError, match="gone"):
        scene.stream.send(b"hello")
    await scene.stream.close()
    with pytest.raises(ConnectivityError, match=r"closed by us|gone"):
        scene.stream.send(b"hello")
