"""How a stream comes back: storms, silence, heartbeats, refused keys, bugs, lifetimes."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math

import msgspec
import pytest
from stream_scenes import TERMS, Scene, others

from helpers.errors import AuthError, ConnectivityError, RateLimited
from simulation.virtual_loop import VirtualClock


def gaps(times: list[float]) -> list[float]:
    """The waits between attempts."""
    return [later - earlier for earlier, later in itertools.pairwise(times)]


async def test_a_lost_connection_is_told_at_once_and_comes_back(clock: VirtualClock) -> None:
    """Every channel is reset when the connection is lost, and proven again on the next."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    await scene.stream.add(scene.channel("b"))
    scene.told.clear()
    scene.venue.last.end()
    assert scene.told == ["reset a", "reset b"]
    assert not scene.stream.is_up
    await clock.sleep(1)
    assert scene.stream.is_up
    assert scene.told == ["reset a", "reset b", "proven a", "proven b"]
    assert 0.5 <= scene.venue.last.opened_s <= 1
    await scene.stream.close()
    assert not others()


async def test_a_storm_of_refused_connections(clock: VirtualClock) -> None:
    """Waits double from the first to the longest, each from its upper half; then all is proven again."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    scene.venue.refuses = 10
    scene.venue.last.end()
    await clock.sleep(100)
    assert scene.stream.is_up
    waits = gaps(scene.venue.attempts_s)
    usual = [1, 2, 4, 8, 8, 8, 8, 8, 8, 8, 8]
    assert len(waits) == len(usual)
    assert all(most / 2 <= wait <= most for wait, most in zip(waits, usual, strict=True))
    assert len({round(wait / most, 6) for wait, most in zip(waits, usual, strict=True)}) == len(usual)  # jitter
    assert scene.told == ["proven a", "reset a", "proven a"]
    await scene.stream.close()


async def test_waits_begin_anew_only_after_a_connection_that_lasted(clock: VirtualClock) -> None:
    """A venue that takes us in and throws us out again and again is asked less and less often."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    for _ in range(6):
        scene.venue.last.end()
        while not scene.stream.is_up:
            await clock.sleep(0.1)
    waits = gaps(scene.venue.attempts_s)
    assert waits[-1] >= 4
    await clock.sleep(9)
    before = clock.now_ns()
    scene.venue.last.end()
    await clock.sleep(1)
    assert scene.stream.is_up
    assert scene.venue.last.opened_s - before / 1e9 <= 1
    await scene.stream.close()


async def test_no_storm_where_connections_work_and_data_never_come(clock: VirtualClock) -> None:
    """Acknowledged subscriptions that stay silent after an outage: few connections, each a little later."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a", can_end=False))
    scene.venue.silent.add("a")
    scene.venue.last.end()
    await clock.sleep(120)
    assert 7 <= len(scene.venue.streams) <= 20
    assert gaps(scene.venue.attempts_s)[-1] >= 9
    assert scene.counts["proven a"] == 1
    await scene.stream.close()


async def test_a_half_open_connection_is_given_up(clock: VirtualClock) -> None:
    """No frame at all for the time of silence: another connection, though the dead one takes long to close."""
    scene = Scene(clock, msgspec.structs.replace(TERMS, silence_s=30))
    scene.venue.close_takes_s = 60
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    await clock.sleep(29)
    scene.venue.last.say_now("welcome")  # any frame is a sign of life
    await clock.sleep(29)
    assert len(scene.venue.streams) == 1
    await clock.sleep(2)
    assert scene.told == ["proven a", "reset a", "proven a"]
    assert len(scene.venue.streams) == 2
    scene.venue.streams[0].listener.on_message(b"data a")
    assert scene.dialect.heard.count("data a") == 2  # a given-up connection is not listened to
    await scene.stream.close()
    assert not others()


async def test_silence_may_be_allowed_for_ever(clock: VirtualClock) -> None:
    """A quiet account on a venue of protocol pings stays connected."""
    assert math.isinf(TERMS.silence_s)
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    await clock.sleep(86_400)
    assert len(scene.venue.streams) == 1
    await scene.stream.close()


async def test_our_heartbeat(clock: VirtualClock) -> None:
    """What the venue wants to hear is said as often as it wants to, on every connection; its pings are answered."""
    scene = Scene(clock, msgspec.structs.replace(TERMS, ping=b"alive", ping_interval_s=10))
    await scene.stream.open()
    await clock.sleep(35)
    assert scene.venue.last.sent == ["alive"] * 3
    scene.venue.last.say_now("ping")
    assert scene.venue.last.sent[-1] == "pong"
    scene.venue.last.is_open = False  # dead, and nobody said so: the next heartbeat finds out
    await clock.sleep(16)
    assert len(scene.venue.streams) == 2
    assert scene.venue.last.sent == ["alive"]
    await scene.stream.close()


async def test_refused_keys_on_a_reconnect_are_told_and_tried_rarely(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A token may be renewed: an AuthError waits the longest time, is logged as an error, and is not the end."""
    scene = Scene(clock)
    await scene.stream.open()
    scene.dialect.greet_trouble = [AuthError("token expired")] * 3
    scene.venue.last.end()
    await clock.sleep(60)
    assert scene.stream.is_up
    waits = gaps(scene.venue.attempts_s)
    assert len(waits) == 4
    assert all(4 <= wait <= 8 for wait in waits[1:])
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 3
    assert "token expired" in told[0]
    await scene.stream.close()


async def test_a_venue_that_says_when_to_come_back_is_obeyed(clock: VirtualClock) -> None:
    """Retry-After of a refused handshake counts when it is longer than our own wait."""
    scene = Scene(clock)
    await scene.stream.open()
    scene.dialect.greet_trouble = [RateLimited("429", 40.0), RateLimited("429")]
    scene.venue.last.end()
    await clock.sleep(60)
    waits = gaps(scene.venue.attempts_s)
    assert waits[1] == 40
    assert waits[2] <= 4
    await scene.stream.close()


async def test_a_bug_in_the_dialect_ends_the_connection_loudly(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Any exception but BadPayload: logged, opened anew; also from the greeting of a reconnect."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    scene.dialect.greet_trouble = [KeyError("id")]
    scene.venue.last.say_now("boom")
    assert scene.told == ["proven a", "reset a"]
    await clock.sleep(10)
    assert scene.stream.is_up
    assert len(scene.venue.streams) == 3
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 2
    await scene.stream.close()


async def test_an_unreadable_message_is_counted_and_told(clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> None:
    """The connection goes on; a flood of them is counted in full and told at 1, 2, 4, 8."""
    scene = Scene(clock)
    await scene.stream.open()
    for _ in range(9):
        scene.venue.last.say_now("<html>")
    assert (scene.stream.unreadable, len(scene.venue.streams), scene.stream.is_up) == (9, 1, True)
    assert len([record for record in caplog.records if "unreadable" in record.getMessage()]) == 4
    await scene.stream.close()


async def test_a_venue_error_while_reading_ends_the_connection(clock: VirtualClock) -> None:
    """A ping that cannot be answered shows that the connection is dead."""
    scene = Scene(clock)
    await scene.stream.open()
    scene.venue.last.is_open = False
    scene.venue.last.listener.on_message(b"ping")
    assert not scene.stream.is_up
    await clock.sleep(1)
    assert scene.stream.is_up
    await scene.stream.close()


async def test_lifetime_renewal(clock: VirtualClock) -> None:
    """Before the venue ends it the connection is opened anew, without a wait, and all is proven again."""
    scene = Scene(clock, msgspec.structs.replace(TERMS, lifetime_s=1000))
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    await clock.sleep(10_000)
    opened = [stream.opened_s for stream in scene.venue.streams]
    assert len(opened) == 11
    assert all(950 <= wait <= 1000 for wait in gaps(opened))
    assert len({round(wait, 3) for wait in gaps(opened)}) > 5  # not all streams of a process in one moment
    assert scene.stream.is_up
    assert (scene.counts["proven a"], scene.counts["reset a"]) == (11, 10)
    await scene.stream.close()


async def test_the_venue_says_that_it_will_close(clock: VirtualClock) -> None:
    """`reconnect` opens another at once if this one lasted, else after a wait; before `open` it does nothing."""
    scene = Scene(clock)
    scene.stream.reconnect("nothing to leave")
    await scene.stream.open()
    await clock.sleep(9)
    scene.venue.last.say_now("leave")
    await clock.sleep(0)
    await clock.sleep(0)
    assert gaps(scene.venue.attempts_s) == [9]
    scene.venue.last.say_now("leave")
    await clock.sleep(2)
    assert 0.5 <= gaps(scene.venue.attempts_s)[1] <= 1
    await scene.stream.close()


async def test_remove_and_add_during_a_reconnect(clock: VirtualClock) -> None:
    """What is removed meanwhile is not asked for; what is added meanwhile is, and is proven when it can be."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    await scene.stream.add(scene.channel("b"))
    scene.venue.open_takes_s = 2
    scene.venue.last.end()
    adding = asyncio.create_task(scene.stream.add(scene.channel("c")))
    await clock.sleep(1.5)
    scene.stream.remove("a")
    await adding
    assert scene.venue.last.sent == ["sub b", "sub c"]
    assert scene.stream.is_up
    await scene.stream.close()


async def test_adding_while_down_fails_in_time(clock: VirtualClock) -> None:
    """Nobody waits for a venue for ever; the channel is not asked for later."""
    scene = Scene(clock)
    with pytest.raises(ConnectivityError, match="no data of a in 5 s"):
        await scene.stream.add(scene.channel("a"))
    await scene.stream.open()
    assert scene.venue.last.sent == []
    await scene.stream.close()
