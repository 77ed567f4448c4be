"""The channels of a stream: what proves them, what resets them, what is asked again and when."""

from __future__ import annotations

import asyncio

import pytest
from stream_scenes import Scene, others

from helpers.errors import ConnectivityError
from simulation.virtual_loop import VirtualClock


async def test_a_channel_is_subscribed_and_proven_by_data(clock: VirtualClock) -> None:
    """`add` returns when data came; the subscription was sent once."""
    scene = Scene(clock)
    await scene.stream.open()
    assert scene.stream.is_up
    await scene.stream.add(scene.channel("a"))
    assert scene.stream.is_up
    assert (scene.venue.last.sent, scene.told) == (["sub a"], ["proven a"])
    await scene.stream.close()
    assert not scene.stream.is_up
    assert not others()


async def test_an_acknowledgement_proves_nothing(clock: VirtualClock) -> None:
    """A subscription that is acknowledged and brings no data fails in time, says so, and is not kept."""
    scene = Scene(clock)
    scene.venue.brings_data = False
    await scene.stream.open()
    with pytest.raises(ConnectivityError, match="no data of a in 5 s, though it was acknowledged"):
        await scene.stream.add(scene.channel("a"))
    assert clock.now_ns() == 5_000_000_000
    assert (scene.venue.last.sent, scene.told) == (["sub a", "unsub a"], [])
    assert scene.stream.is_up  # nothing is wanted, so nothing is missing
    await clock.sleep(20)
    assert len(scene.venue.streams) == 1
    await scene.stream.close()


async def test_an_acknowledgement_is_enough_where_the_channel_says_so(clock: VirtualClock) -> None:
    """A quiet account is proven by its acknowledgement; without one it is not."""
    scene = Scene(clock)
    scene.venue.brings_data = False
    await scene.stream.open()
    await scene.stream.add(scene.channel("a", proven_by_ack=True))
    assert clock.now_ns() == 0
    scene.venue.acks = False
    with pytest.raises(ConnectivityError, match=r"no data of b in 5 s$"):
        await scene.stream.add(scene.channel("b", proven_by_ack=True))
    await scene.stream.close()


async def test_a_refusal_is_heard_by_who_waits(clock: VirtualClock) -> None:
    """The venue's words reach who adds, at once, and the channel is not tried again."""
    scene = Scene(clock)
    scene.venue.refused["a"] = "no such market"
    await scene.stream.open()
    with pytest.raises(ConnectivityError, match="a was refused: no such market"):
        await scene.stream.add(scene.channel("a"))
    await clock.sleep(20)
    assert (clock.now_ns(), scene.venue.last.sent) == (20_000_000_000, ["sub a"])
    await scene.stream.close()


async def test_a_kept_channel_that_is_refused_is_tried_again(clock: VirtualClock) -> None:
    """After a reconnect a refusal means to try later, with growing waits, until the venue takes it."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    scene.venue.refused["a"] = "token expired"
    scene.venue.last.end()
    await clock.sleep(9)
    sent = len(scene.venue.last.sent)
    assert 3 <= sent <= 5
    assert not scene.stream.is_up
    assert len(scene.venue.streams) == 2
    scene.venue.refused.clear()
    await clock.sleep(8)
    assert scene.stream.is_up
    assert len(scene.venue.last.sent) == sent + 1
    await scene.stream.close()


async def test_a_proven_channel_that_the_venue_drops_is_subscribed_anew(clock: VirtualClock) -> None:
    """A refusal of what worked until now is trouble like a gap: reset, unsubscribe, subscribe."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    scene.venue.last.say_now("no a expired")
    await clock.sleep(0)
    assert scene.venue.last.sent == ["sub a", "unsub a", "sub a"]
    assert scene.told == ["proven a", "reset a", "proven a"]
    await scene.stream.close()


async def test_a_gap_resets_the_channel_and_only_it(clock: VirtualClock) -> None:
    """Reset, unsubscribe, subscribe, in this order and at once; other channels hear nothing."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    await scene.stream.add(scene.channel("b"))
    scene.told.clear()
    scene.venue.silent.add("a")
    scene.venue.last.say_now("gap a")
    assert scene.told == ["reset a"]
    assert not scene.stream.is_up
    assert scene.venue.last.sent[-2:] == ["unsub a", "sub a"]
    scene.venue.last.say_now("data a")
    assert scene.told == ["reset a", "proven a"]
    assert len(scene.venue.streams) == 1
    await scene.stream.close()


async def test_gaps_upon_gaps_do_not_flood_the_venue(clock: VirtualClock) -> None:
    """Data that bring gap after gap are asked for less and less often; a quiet time later, at once again."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    for _ in range(400):
        scene.venue.last.say_now("gap a")
        await clock.sleep(0.1)
    assert 5 <= scene.venue.last.sent.count("sub a") <= 12
    await clock.sleep(20)
    assert scene.stream.is_up
    asked = scene.venue.last.sent.count("sub a")
    scene.venue.last.say_now("gap a")
    assert scene.venue.last.sent.count("sub a") == asked + 1
    await scene.stream.close()


async def test_a_gap_before_the_first_data_empties_the_book_and_asks_for_nothing(clock: VirtualClock) -> None:
    """What is left of the old subscription may come after the new one was asked for: no second one follows."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    scene.venue.silent.add("a")
    for _ in range(3):
        scene.venue.last.say_now("gap a")
    assert scene.told == ["proven a", "reset a", "reset a", "reset a"]
    assert scene.venue.last.sent == ["sub a", "unsub a", "sub a"]
    await scene.stream.close()


async def test_late_data_of_an_ended_subscription_prove_nothing(clock: VirtualClock) -> None:
    """Between the end of one subscription and the next, while that has to wait, what still comes is worthless."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a"))
    for _ in range(2):
        scene.venue.last.say_now("gap a")
        await clock.sleep(0)
    assert scene.venue.last.sent[-1] == "unsub a"
    scene.venue.last.say_now("data a")
    assert not scene.stream.is_up
    await clock.sleep(1)
    assert scene.stream.is_up
    assert scene.venue.last.sent[-1] == "sub a"
    await scene.stream.close()


async def test_without_unsubscribe_a_gap_takes_a_new_connection(clock: VirtualClock) -> None:
    """Where the venue cannot end a subscription, the connection ends, and every channel is reset once."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a", can_end=False))
    await scene.stream.add(scene.channel("b"))
    scene.told.clear()
    scene.venue.last.say_now("gap a")
    assert scene.told == ["reset a", "reset b"]
    await clock.sleep(1)
    assert scene.told == ["reset a", "reset b", "proven a", "proven b"]
    assert [stream.sent for stream in scene.venue.streams] == [["sub a", "sub b"]] * 2
    assert not scene.venue.streams[0].is_open
    await scene.stream.close()


async def test_a_silent_channel_is_subscribed_anew_and_then_the_connection(clock: VirtualClock) -> None:
    """Silence: subscribed anew after its own time; no data then: a new connection; all while others flow."""
    scene = Scene(clock)
    await scene.stream.open()
    await scene.stream.add(scene.channel("a", max_silence_s=10))
    await scene.stream.add(scene.channel("b", max_silence_s=10))
    flow = asyncio.create_task(scene.venue.flow("a", "b"))
    await clock.sleep(20.5)
    assert scene.venue.last.sent == ["sub a", "sub b"]
    scene.venue.silent.add("a")
    await clock.sleep(9)
    assert scene.venue.last.sent == ["sub a", "sub b"]
    await clock.sleep(1)
    assert scene.venue.last.sent == ["sub a", "sub b", "unsub a", "sub a"]
    await clock.sleep(6)
    assert len(scene.venue.streams) == 2
    await clock.sleep(200)
    assert 3 <= len(scene.venue.streams) <= 6  # the more often in vain, the rarer: b lives on this connection too
    assert scene.counts["proven a"] == 1
    scene.venue.silent.clear()
    await clock.sleep(1)
    assert scene.stream.is_up
    flow.cancel()
    await scene.stream.close()
