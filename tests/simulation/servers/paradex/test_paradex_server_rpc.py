"""Streams of the simulated Paradex: JSON-RPC, its errors, channels that are none, how streams begin and end."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from paradex_server_scenes import BTC, Scene, played

from helpers.errors import ConnectivityError
from helpers.transport import Inbox
from simulation.servers.paradex.terms import ParadexTerms


@played(logs_in=False)
async def test_answers_carry_the_venues_stamps(scene: Scene) -> None:
    """The id comes back, and usIn, usDiff, usOut are microseconds of the venue's time."""
    stream = await scene.stream()
    reply = await stream.subscribe(f"bbo.{BTC}")
    assert reply["result"] == {"channel": f"bbo.{BTC}"}
    assert reply["usOut"] - reply["usIn"] == reply["usDiff"]
    assert reply["usIn"] // 10**6 == scene.clock.now_ns() // 10**9


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        (b"{", -32700, "Parse error"),
        (b"[]", -32600, "invalid request object"),
        (b'{"id":10,"method":"subscribe"}', -32600, "invalid request object"),
        (b'{"id":10,"jsonrpc":"2.0"}', -32600, "invalid request object"),
        (b'{"jsonrpc":"2.0","method":"subscribe"}', -32600, "invalid request object"),
        (b'{"id":10,"jsonrpc":"2.0","method":"dance"}', -32601, "method does not exist"),
        (b'{"id":10,"jsonrpc":"2.0","method":"subscribe","params":[]}', -32600, "invalid subscribe request"),
        (b'{"id":10,"jsonrpc":"2.0","method":"auth"}', 40110, "Malformed Bearer Token"),
        (b'{"id":10,"jsonrpc":"2.0","method":"auth","params":{"bearer":"a.b.c"}}', 40111, "Invalid Bearer Token"),
        (b'{"id":10,"jsonrpc":"2.0","method":"order.cancel_all"}', 40300, "Permission denied"),
        (b'{"id":10,"jsonrpc":"2.0","method":"order.cancel_on_disconnect"}', 40300, "Permission denied"),
    ],
)
def test_what_is_no_request_is_answered_with_its_code(message: bytes, code: int, text: str) -> None:
    """Each error has the published code and the id of the request where there was one."""

    @played(logs_in=False)
    async def scenario(scene: Scene) -> None:
        stream = await scene.stream()
        stream.stream.send(message)
        reply = await stream.next()
        assert reply["error"]["code"] == code
        assert reply["error"]["message"].startswith(text)
        assert reply["id"] == (10 if b'"id":10' in message else None)

    scenario()


def test_errors_are_those_that_were_recorded(shared_data: Path) -> None:
    """The recorded strictness of the venue: no version, a channel that is none, and a good one."""
    recorded = msgspec.json.decode((shared_data / "frames/paradex/ws_strictness_errors.json").read_bytes())

    @played(logs_in=False)
    async def scenario(scene: Scene) -> None:
        stream = await scene.stream()
        stream.send({"id": 10, "method": "subscribe", "params": {"channel": f"bbo.{BTC}"}})
        stream.send({"id": 11, "jsonrpc": "2.0", "method": "subscribe", "params": {"channel": "nonsense"}})
        stream.send({"id": 12, "jsonrpc": "2.0", "method": "subscribe", "params": {"channel": f"bbo.{BTC}"}})
        for expected in recorded:
            reply = await stream.next()
            for stamp in ("usIn", "usDiff", "usOut"):
                del reply[stamp], expected[stamp]
            assert reply == expected

    scenario()


CHANNELS = [
    ("nothing", "invalid channel"),
    ("bbo.X", "invalid channel"),
    ("trades", "invalid channel"),
    ("order_book.X.deltas", "invalid channel"),
    (f"order_book.{BTC}.snapshot", "invalid channel"),
    (f"order_book.{BTC}.snapshot@50@100ms", "Expecting depth=15"),
    (f"order_book.{BTC}.snapshot@15@10ms", "invalid refresh rate"),
    (f"order_book.{BTC}.interactive_deltas@15@50ms", "no parameters expected for interactive_deltas topic."),
    ("orders.X", "invalid channel"),
]


@pytest.mark.parametrize(("channel", "data"), CHANNELS)
def test_channels_that_are_none_are_refused(channel: str, data: str) -> None:
    """The error says why, in `data`."""

    @played()
    async def scenario(scene: Scene) -> None:
        stream = await scene.stream(authenticated=True)
        error = (await stream.subscribe(channel))["error"]
        assert error == {"code": -32600, "message": "invalid subscribe request", "data": data}

    scenario()


@played(logs_in=False)
async def test_subscribing_twice_and_leaving_twice_are_errors(scene: Scene) -> None:
    """After leaving nothing comes, and one may come back."""
    stream, channel = await scene.stream(), f"bbo.{BTC}"
    await stream.subscribe(channel)
    assert (await stream.subscribe(channel))["error"]["data"] == "already subscribed"
    assert (await stream.ask("unsubscribe", {"channel": channel}))["result"] == {"channel": channel}
    await stream.drain()
    await scene.settle(60)
    assert await stream.drain() == []
    assert (await stream.ask("unsubscribe", {"channel": channel}))["error"]["data"] == "not subscribed"
    assert "result" in await stream.subscribe(channel)


@played(ParadexTerms(stream_life_s=60), logs_in=False)
async def test_the_venue_may_end_streams(scene: Scene) -> None:
    """With the option a stream ends after its time; one that ended before is left alone."""
    stream, gone = await scene.stream(), await scene.stream()
    await gone.stream.close()
    await scene.settle(61)
    with pytest.raises(ConnectivityError, match="1001"):
        await stream.next()


@played(logs_in=False)
async def test_streams_are_refused_elsewhere_and_in_binary(scene: Scene) -> None:
    """Another path and the binary encoding, which is not simulated, get no stream."""
    for url in ("ws://paradex.test/v2/ws", "ws://paradex.test/v1?sbeSchemaId=1&sbeSchemaVersion=2"):
        with pytest.raises(ConnectivityError):
            await scene.transport.open_stream(url, Inbox())
    await scene.transport.open_stream("ws://paradex.test/v1", Inbox())


@played(logs_in=False)
async def test_more_than_twenty_streams_a_second_are_refused(scene: Scene) -> None:
    """The 21st from one address waits."""
    for _ in range(20):
        await scene.stream()
    with pytest.raises(ConnectivityError, match="429"):
        await scene.stream()
    await scene.settle(0.1)
    await scene.stream()


@played(ParadexTerms(stream_life_s=1), logs_in=False)
async def test_a_stream_ends_once(scene: Scene) -> None:
    """The mount may say twice that the client has gone, after the venue's own close as well."""
    stream = await scene.stream()
    await stream.subscribe(f"bbo.{BTC}")
    peer = scene.transport.streams[0].peer
    assert peer is not None
    await scene.settle(2)
    peer.on_end()
    assert not scene.transport.streams[0].is_open
