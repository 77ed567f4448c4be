"""Adding and removing channels of a stream: twice, together, by URL, and with a venue's code that fails."""

from __future__ import annotations

import asyncio
import logging

import pytest
from stream_scenes import Scene

from helpers.errors import AuthError, ConnectivityError
from simulation.virtual_loop import VirtualClock


async def test_a_channel_there_already_is_not_subscribed_twice(clock: VirtualClock) -> None:
    """Two who add the same channel share one subscription and its proof; a third one finds it proven."""
    scene = Scene(clock)
    await scene.stream.open()
    scene.venue.silent.add("a")
    adding = [asyncio.create_task(scene.stream.add(scene.channel("a"))) for _ in range(2)]
    await clock.sleep(1)
    scene.venue.last.say_now("data a")
    await asyncio.gather(*adding)
    await scene.stream.add(scene.channel("a"))
    assert (scene.venue.last.sent, scene.told) == (["sub a"], ["proven a"])
    await scene.stream.close()


async def test_one_of_two_who_wait_may_give_up(clock: VirtualClock) -> None:
    """The channel stays for the other; when the last one goes, it goes too."""
    scene = Scene(clock)
    await scene.stream.open()
    scene.venue.silent.add("a")
    first, second = (asyncio.create_task(scene.stream.add(scene.channel("a"))) for _ in range(2))
    await clock.sleep(1)
    first.cancel()
    await clock.sleep(1)
    assert scene.venue.last.sent == ["sub a"]
    second.cancel()
    await clock.sleep(1)
    assert scene.venue.last.sent == ["sub a", "unsub a"]
    await scene.stream.close()


async def test_who_joins_in_vain_does_not_take_a_kept_channel_away(clock: VirtualClock) -> None:
    """Adding a channel that is kept but not proven now may fail; the channel stays wanted."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    scene.venue.silent.add("a")
    scene.venue.last.say_now("gap a")
    with pytest.raises(ConnectivityError):
        await scene.stream.add(scene.channel("a"))
    scene.venue.silent.clear()
    await clock.sleep(10)
    assert scene.stream.is_up
    assert scene.counts["proven a"] == 2
    await scene.stream.close()


async def test_a_removed_channel_is_unsubscribed_and_forgotten(clock: VirtualClock) -> None:
    """Its late data prove nothing, it does not come back, and removing it again is no error."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    scene.stream.remove("a")
    scene.stream.remove("a")
    scene.venue.last.say_now("data a")
    for word in ("ack a", "no a reason", "gap a"):
        scene.venue.last.say_now(word)
    scene.venue.last.end()
    await clock.sleep(1)
    assert [stream.sent for stream in scene.venue.streams] == [["sub a", "unsub a"], []]
    assert scene.told == ["proven a"]
    await scene.stream.close()


async def test_who_waits_for_a_removed_channel_hears_it(clock: VirtualClock) -> None:
    """`add` fails at once when the channel is removed meanwhile, or the stream closed."""
    scene = Scene(clock)
    await scene.stream.open()
    scene.venue.brings_data = False
    adding = [asyncio.create_task(scene.stream.add(scene.channel(name))) for name in "ab"]
    await clock.sleep(1)
    scene.stream.remove("a")
    with pytest.raises(ConnectivityError, match="a was removed"):
        await adding[0]
    await scene.stream.close()
    with pytest.raises(ConnectivityError, match="is closed"):
        await adding[1]
    with pytest.raises(ConnectivityError, match="is closed"):
        await scene.stream.add(scene.channel("c"))
    assert clock.now_ns() == 1_000_000_000


async def test_a_channel_that_cannot_be_ended_comes_back_on_a_new_connection(clock: VirtualClock) -> None:
    """Removed and added again, it is not subscribed twice on one connection."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a", can_end=False))
    scene.stream.remove("a")
    assert len(scene.venue.streams) == 1
    await scene.stream.add(scene.channel("a", can_end=False))
    assert [stream.sent for stream in scene.venue.streams] == [["sub a"], ["sub a"]]
    await scene.stream.close()


async def test_the_url_may_subscribe(clock: VirtualClock) -> None:
    """Where no message is needed none is sent, and data that came before `add` prove the channel."""
    scene = Scene(clock)
    scene.venue.greets = lambda stream: stream.say("data a")
    await scene.stream.open()
    await clock.sleep(3)
    await scene.stream.add(scene.channel("a", by_url=True, can_end=False))
    assert (clock.now_ns(), scene.venue.last.sent, scene.told) == (3_000_000_000, [], ["proven a"])
    scene.venue.last.say_now("gap a")
    await clock.sleep(1)
    assert (len(scene.venue.streams), scene.told) == (2, ["proven a", "reset a", "proven a"])
    scene.venue.greets = None
    scene.venue.last.end()
    await clock.sleep(2)
    assert not scene.stream.is_up  # what the connection before brought proves nothing on this one
    await scene.stream.close()


async def test_an_open_connection_may_be_its_own_acknowledgement(clock: VirtualClock) -> None:
    """A dialect may acknowledge while it makes the message; data that came early do not prove the same once more."""
    scene = Scene(clock)
    scene.venue.greets = lambda stream: stream.say("data a")
    await scene.stream.open()
    await clock.sleep(1)
    channel = scene.channel("a", by_url=True, can_end=False, proven_by_ack=True)

    def subscribe() -> bytes:
        scene.stream.acked("a")
        return b""

    object.__setattr__(channel, "subscribe", subscribe)
    await scene.stream.add(channel)
    assert (clock.now_ns(), scene.told) == (1_000_000_000, ["proven a"])
    await scene.stream.close()


async def test_a_message_that_cannot_be_made_ends_the_connection(clock: VirtualClock) -> None:
    """A token that cannot be renewed, or a bug, is told and tried again on the next connection."""
    scene = Scene(clock)
    await scene.stream.open()
    errors: list[Exception] = [AuthError("no token"), ZeroDivisionError()]

    def subscribe() -> bytes:
        if errors:
            raise errors.pop(0)
        return b"sub a"

    channel = scene.channel("a")
    object.__setattr__(channel, "subscribe", subscribe)
    await scene.stream.add(channel)
    assert [stream.sent for stream in scene.venue.streams] == [[], [], ["sub a"]]
    await scene.stream.close()


async def test_a_listener_of_news_that_fails_ends_the_connection_only(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug in `on_proven` or `on_reset` is loud, other channels hear their own news, and the stream lives."""
    scene = Scene(clock)
    await scene.stream.open()
    bugs = 2

    def fail() -> None:
        nonlocal bugs
        bugs -= 1
        if bugs >= 0:
            raise ZeroDivisionError

    channel = scene.channel("a")
    object.__setattr__(channel, "on_proven", fail)
    object.__setattr__(channel, "on_reset", fail)
    await scene.stream.add(channel)
    await scene.stream.add(scene.channel("b"))
    await clock.sleep(5)
    assert scene.stream.is_up
    assert len(scene.venue.streams) == 2
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 2
    await scene.stream.close()
