"""The transport without a network: what is sent arrives unchanged and in order, and faults do what they say."""

from __future__ import annotations

import json

import pytest
from toy_front import ToyFront, toy

from helpers.errors import ConnectivityError
from helpers.transport import HttpRequest, Inbox
from simulation.servers.front import ServerResponse
from simulation.servers.memory_transport import Fault, MemoryTransport
from simulation.virtual_loop import VirtualClock


@pytest.fixture
async def front(clock: VirtualClock) -> ToyFront:
    """A toy venue on the test's clock."""
    front = toy(clock.now_ns())
    clock.attach(front.venue)
    return front


def asking(path: str = "/echo", **more: object) -> HttpRequest:
    """Make a request."""
    return HttpRequest(method="POST", url=f"http://venue{path}", headers={"X-Key": "abc"}, body=b"hello", **more)  # type: ignore[arg-type]  # a test's shorthand


async def test_a_request_arrives_whole_and_its_answer_comes_back(clock: VirtualClock, front: ToyFront) -> None:
    """Method, decoded path, query in order, headers in lower case and body reach the front; its answer is whole."""
    transport = MemoryTransport(front, clock)
    answer = await transport.request(asking("/a%20b?x=1&x=2&y="))
    assert json.loads(answer.body) == {
        "method": "POST",
        "path": "/a b",
        "query": [["x", "1"], ["x", "2"], ["y", ""]],
        "key": "abc",
        "body": "hello",
    }
    assert (answer.status, answer.headers["x-toy"], answer.received_ns) == (200, "yes", clock.now_ns())


async def test_a_late_answer_is_waited_for_in_virtual_time(clock: VirtualClock, front: ToyFront) -> None:
    """A venue that answers after a second is heard after a second; one that takes longer than allowed is not."""
    transport = MemoryTransport(front, clock)
    began = clock.now_ns()
    assert (await transport.request(asking("/later"))).status == 200
    assert clock.now_ns() - began == 1_000_000_000
    with pytest.raises(ConnectivityError, match=r"no response in 0.5 s"):
        await transport.request(asking("/later", timeout_s=0.5))


@pytest.mark.parametrize(
    ("fault", "seen"), [(Fault(lose_request=True), False), (Fault(lose_reply=True), True)], ids=["request", "reply"]
)
async def test_what_is_lost_is_lost(clock: VirtualClock, front: ToyFront, fault: Fault, seen: bool) -> None:
    """A lost request never reaches the venue, a lost reply comes after it acted; both time out alike."""
    asked: list[str] = []
    handle = front.handle
    front.handle = lambda request, respond: (asked.append(request.path), handle(request, respond))  # type: ignore[assignment,method-assign,func-returns-value]  # notes what arrives
    transport = MemoryTransport(front, clock, lambda _: fault)
    with pytest.raises(ConnectivityError):
        await transport.request(asking())
    assert bool(asked) is seen


async def test_somebody_on_the_way_may_answer(clock: VirtualClock, front: ToyFront) -> None:
    """An answer of a load balancer comes instead of the venue's, after the delay that was asked for."""
    fault = Fault(answer=ServerResponse(status=503, body=b"busy"), delay_s=2)
    transport = MemoryTransport(front, clock, lambda _: fault)
    answer = await transport.request(asking())
    assert (answer.status, answer.body, clock.now_ns()) == (503, b"busy", 2_000_000_000)


async def test_a_stream_carries_both_ways_in_order(clock: VirtualClock, front: ToyFront) -> None:
    """What the front says while accepting comes first, then its answers in order; its close comes last."""
    inbox = Inbox()
    stream = await MemoryTransport(front, clock).open_stream("ws://venue/stream", inbox)
    for word in (b"one", b"two", b"bye"):
        stream.send(word)
    assert [message async for message in inbox] == [b"welcome", b"echo one", b"echo two", b"last words"]
    assert inbox.reason == "closed by the other side: 1001 going away"
    assert (stream.is_open, front.peers[0].ends) == (False, 1)
    with pytest.raises(ConnectivityError):
        stream.send(b"more")


async def test_a_refused_stream_is_no_stream(clock: VirtualClock, front: ToyFront) -> None:
    """A refusal of the front, or of the network, is a ConnectivityError and the listener hears nothing."""
    transport, inbox = MemoryTransport(front, clock), Inbox()
    with pytest.raises(ConnectivityError, match="404"):
        await transport.open_stream("ws://venue/other", inbox)
    transport.refuses_streams = True
    with pytest.raises(ConnectivityError):
        await transport.open_stream("ws://venue/stream", inbox)
    assert inbox.reason is None


async def test_a_cut_ends_every_stream_once_on_both_sides(clock: VirtualClock, front: ToyFront) -> None:
    """Client and front hear of a broken line once; a close afterwards changes nothing."""
    transport, inbox = MemoryTransport(front, clock), Inbox()
    stream = await transport.open_stream("ws://venue/stream", inbox)
    transport.cut()
    transport.cut()
    await stream.close()
    assert [message async for message in inbox] == []
    assert (inbox.reason, front.peers[0].ends) == ("the connection was lost", 1)


async def test_a_half_open_stream_is_silent_both_ways(clock: VirtualClock, front: ToyFront) -> None:
    """Nothing gets through a half-open connection, and neither side is told."""
    transport, inbox = MemoryTransport(front, clock), Inbox()
    stream = await transport.open_stream("ws://venue/stream", inbox)
    assert await inbox.next() == b"welcome"
    transport.streams[0].is_silent = True
    stream.send(b"hello?")
    await clock.sleep(60)
    assert (front.peers[0].heard, inbox.reason, stream.is_open) == ([], None, True)


async def test_our_own_close_is_the_last_that_is_heard(clock: VirtualClock, front: ToyFront) -> None:
    """After a close no message is told, only the end."""
    inbox = Inbox()
    transport = MemoryTransport(front, clock)
    stream = await transport.open_stream("ws://venue/stream", inbox)
    stream.send(b"one")
    await transport.close()
    await clock.sleep(1)
    assert [message async for message in inbox] == []
    assert inbox.reason == "closed by us"
