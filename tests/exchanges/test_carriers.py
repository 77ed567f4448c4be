"""One contract for every WebSocket carrier, over loopback sockets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from raw_websocket import (
    BINARY,
    CLOSE,
    MORE,
    PING,
    PONG,
    TEXT,
    RawPeer,
    Script,
    close_frame,
    frame,
    on_real_loop,
    raw_server,
)

from exchanges import picows_stream
from exchanges.carrier import Carrier, StreamLimits
from exchanges.picows_stream import open_picows
from exchanges.websocket_stream import open_websocket
from helpers.busy_poll import busy_poll_loop
from helpers.errors import ConnectivityError
from helpers.transport import Inbox, Stream

NEEDS_PICOWS = pytest.mark.skipif(
    not picows_stream.is_installed(), reason="the extra `fast` is not installed: make install EXTRAS=fast"
)
LIMITS = StreamLimits(
    open_timeout_s=5, close_timeout_s=0.2, max_message_bytes=1_000, ping_interval_s=None, ping_timeout_s=0.1
)


class Heard(Inbox):
    """An inbox that counts the ends it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[str] = []

    def on_end(self, reason: str) -> None:
        self.ends.append(reason)
        super().on_end(reason)

    async def rest(self) -> list[bytes]:
        """Wait for the end and give all messages that were not asked for."""
        return [message async for message in self]


class Breaks(Heard):
    """A listener that breaks on its second message."""

    def on_message(self, message: bytes) -> None:
        if self._messages:
            raise ValueError("no idea what this is")
        super().on_message(message)


@pytest.fixture(params=[pytest.param(open_websocket, id="websockets"),
                        pytest.param(open_picows, id="picows", marks=NEEDS_PICOWS)])  # fmt: skip
def carrier(request: pytest.FixtureRequest) -> Carrier:
    """Each carrier in turn."""
    opener: Carrier = request.param
    return opener


Client = Callable[[Stream, Any], Awaitable[None]]


def meet(carrier: Carrier, script: Script, client: Client, listener: Heard | None = None, **limits: Any) -> None:
    """Let a client meet a server over real sockets."""

    async def main() -> None:
        heard = listener or Heard()
        async with raw_server(script) as port:
            url = f"ws://127.0.0.1:{port}/private/secret-key?token=secret-token"
            stream = await carrier(url, heard, {"X-Key": "k-1"}, msgspec.structs.replace(LIMITS, **limits))
            await client(stream, heard)
            await stream.close()
            assert not stream.is_open
            assert len(heard.ends) == 1

    on_real_loop(main())


async def until_the_end(stream: Stream, heard: Heard) -> None:
    """Wait for the end of the stream."""
    heard.messages = await heard.rest()  # type: ignore[attr-defined]  # for the test to look at


def test_each_message_comes_once_whole_and_in_order(carrier: Carrier) -> None:
    """However the bytes are cut on their way, the messages are those that were sent."""
    rng = random.Random(7)
    sent = [bytes(rng.choices(b"abc{}", k=rng.choice([0, 1, 125, 126, 127, 538, 999]))) for _ in range(300)]

    async def script(peer: RawPeer) -> None:
        peer.accept()
        rest = b"".join(frame(rng.choice([TEXT, BINARY]), message) for message in sent)
        while rest:
            size = rng.choice([1, 2, 3, 100, 1_000, 20_000])
            peer.writer.write(rest[:size])
            await peer.writer.drain()
            rest = rest[size:]
        peer.writer.write(close_frame(1000))
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == sent

    meet(carrier, script, client)


def test_what_comes_with_the_handshake_is_told(carrier: Carrier) -> None:
    """A message in the very packet that opens the stream is not lost, nor is a close right behind it."""

    async def script(peer: RawPeer) -> None:
        peer.accept(frame(TEXT, b"early") + frame(TEXT, b"bird") + close_frame(1001, "full"))
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == [b"early", b"bird"]
        assert heard.reason == "closed by the other side: 1001 full"

    meet(carrier, script, client)


def test_parts_are_joined_and_pings_between_them_answered(carrier: Carrier) -> None:
    """A message in several frames is one message; a ping in its middle gets its pong."""

    async def script(peer: RawPeer) -> None:
        peer.accept(frame(TEXT, b"one ", fin=False) + frame(PING, b"there?") + frame(MORE, b"two ", fin=False))
        assert await peer.read_frame() == (PONG, b"there?")
        peer.writer.write(frame(MORE, b"three") + frame(BINARY, b"next") + close_frame(1000))
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == [b"one two three", b"next"]

    meet(carrier, script, client)


def test_what_is_sent_arrives_as_text(carrier: Carrier) -> None:
    """Messages leave at once, in order, as text frames; the request carries our headers."""

    async def script(peer: RawPeer) -> None:
        assert b"x-key: k-1\r\n" in peer.request.lower()
        assert b"permessage-deflate" not in peer.request
        peer.accept()
        assert [await peer.read_frame() for _ in range(3)] == [(TEXT, b"a"), (TEXT, b"b" * 500), (TEXT, b"")]
        peer.writer.write(frame(TEXT, b"all three"))
        assert await peer.read_frame() == (CLOSE, (1000).to_bytes(2, "big"))
        peer.writer.write(close_frame(1000))
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        assert stream.is_open
        for message in (b"a", b"b" * 500, b""):
            stream.send(message)
        assert await heard.next() == b"all three"

    meet(carrier, script, client)


def test_the_other_side_says_why_it_closes(carrier: Carrier) -> None:
    """A close from there is answered, its code and words are the reason, and nothing can be sent any more."""

    async def script(peer: RawPeer) -> None:
        peer.accept(frame(TEXT, b"last") + close_frame(4001, "key expired"))
        opcode, _ = await peer.read_frame()
        assert opcode == CLOSE

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == [b"last"]
        assert heard.ends == ["closed by the other side: 4001 key expired"]
        with pytest.raises(ConnectivityError, match="the stream is closed"):
            stream.send(b"too late")
        await stream.close()

    meet(carrier, script, client)


def test_a_cut_line_is_lost(carrier: Carrier) -> None:
    """A connection that ends without a word is told as lost, after its last message."""

    async def script(peer: RawPeer) -> None:
        peer.accept(frame(TEXT, b"last") + frame(TEXT, b"never whole")[:5])

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == [b"last"]
        assert heard.ends[0].startswith("the connection was lost")

    meet(carrier, script, client)


def test_our_close_is_agreed_on(carrier: Carrier) -> None:
    """Closing waits for the other side; what it still sends is not told; a second close does nothing."""

    async def script(peer: RawPeer) -> None:
        peer.accept(frame(TEXT, b"first"))
        assert await peer.read_frame() == (CLOSE, (1000).to_bytes(2, "big"))
        peer.writer.write(frame(TEXT, b"unheard") + close_frame(1000))

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.next() == b"first"
        await asyncio.gather(stream.close(), stream.close())
        assert heard.ends == ["closed by us"]
        assert await heard.rest() == []
        with pytest.raises(ConnectivityError, match="the stream is closed"):
            stream.send(b"too late")

    meet(carrier, script, client)


def test_our_close_does_not_wait_for_ever(carrier: Carrier) -> None:
    """A side that does not answer a close is cut off in time."""

    async def script(peer: RawPeer) -> None:
        peer.accept()
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        await stream.close()
        assert heard.ends == ["closed by us"]

    meet(carrier, script, client)


def test_a_side_that_closes_and_stays_is_cut(carrier: Carrier) -> None:
    """Whoever says goodbye and keeps the line open does not keep us: the end is told all the same."""

    async def script(peer: RawPeer) -> None:
        peer.accept(close_frame(1000))
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == []
        assert heard.ends == ["closed by the other side: 1000"]

    meet(carrier, script, client)


@pytest.mark.parametrize(
    "much",
    [frame(TEXT, b"x" * 1_001), frame(TEXT, b"x" * 999, fin=False) + frame(MORE, b"yy")],
    ids=["frame", "parts"],
)
def test_a_message_has_a_greatest_size(carrier: Carrier, much: bytes) -> None:
    """A message that is too large ends the stream, in one frame or in many, and says so."""

    async def script(peer: RawPeer) -> None:
        peer.accept(frame(TEXT, b"x" * 1_000) + much)
        opcode, payload = await peer.read_frame()
        assert (opcode, payload[:2]) == (CLOSE, (1009).to_bytes(2, "big"))
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == [b"x" * 1_000]
        assert heard.ends == ["closed here: 1009 its message was too large"]

    meet(carrier, script, client)


def test_a_listener_that_breaks_ends_its_stream(carrier: Carrier) -> None:
    """A bug in handling a message is told as the reason; nothing more is handed to the listener."""

    async def script(peer: RawPeer) -> None:
        peer.accept(b"".join(frame(TEXT, b"%d" % number) for number in range(4)))
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == [b"0"]
        assert heard.ends == ["a message could not be handled: ValueError('no idea what this is')"]

    meet(carrier, script, client, Breaks())


def test_a_listener_that_breaks_on_parts_ends_its_stream(carrier: Carrier) -> None:
    """The same for a message that came in parts."""

    async def script(peer: RawPeer) -> None:
        peer.accept(frame(TEXT, b"0") + frame(TEXT, b"1", fin=False) + frame(MORE, b"2"))
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == [b"0"]
        assert heard.ends == ["a message could not be handled: ValueError('no idea what this is')"]

    meet(carrier, script, client, Breaks())


def test_a_silent_side_is_given_up(carrier: Carrier) -> None:
    """Where a sign of life is asked for and none comes, the stream ends."""

    async def script(peer: RawPeer) -> None:
        peer.accept()
        opcode, _ = await peer.read_frame()
        assert opcode == PING
        await peer.gone()

    async def client(stream: Stream, heard: Heard) -> None:
        assert await heard.rest() == []
        assert heard.ends[0].startswith(("closed here: 1011", "closed here: 1001", "the connection was lost"))

    meet(carrier, script, client, ping_interval_s=0.05)


def send_much(stream: Stream) -> None:
    """Send more than any buffer on the way holds."""
    for _ in range(2_000):
        stream.send(b"x" * 60_000)


def test_a_side_that_does_not_read_takes_nothing_more(carrier: Carrier) -> None:
    """Messages do not pile up without bound: sending fails when the other side has stopped reading."""
    release = asyncio.Event()

    async def script(peer: RawPeer) -> None:
        peer.accept()
        await release.wait()

    async def client(stream: Stream, heard: Heard) -> None:
        with pytest.raises(ConnectivityError, match="does not read"):
            send_much(stream)
        release.set()
        await heard.rest()

    meet(carrier, script, client)


# -- opening --------------------------------------------------------------------------------


def refused(carrier: Carrier, script: Script, **limits: Any) -> str:
    """Give the words with which opening fails; the listener hears nothing, and no secret is told."""
    texts = []

    async def main() -> None:
        heard = Heard()
        async with raw_server(script) as port:
            with pytest.raises(ConnectivityError) as caught:
                await carrier(
                    f"ws://127.0.0.1:{port}/secret?x=secret", heard, {}, msgspec.structs.replace(LIMITS, **limits)
                )
        assert (heard.ends, heard.reason) == ([], None)
        texts.append(str(caught.value).replace(str(port), "PORT"))

    on_real_loop(main())
    assert "secret" not in texts[0]
    return texts[0]


def test_a_refusal_names_the_status(carrier: Carrier) -> None:
    """A server that answers with another status is unreachable as a stream, and the status is told."""

    async def script(peer: RawPeer) -> None:
        peer.writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\nsecret")
        await peer.writer.drain()

    assert refused(carrier, script) == "ws://127.0.0.1:PORT answers 401 to a stream"


def test_a_server_that_hangs_up_is_unreachable(carrier: Carrier) -> None:
    """A connection closed instead of a handshake is a connectivity error."""

    async def script(peer: RawPeer) -> None:
        return

    assert refused(carrier, script).startswith("no stream to ws://127.0.0.1:PORT")


def test_a_server_that_says_nothing_is_given_up(carrier: Carrier) -> None:
    """Opening takes so long at most."""

    async def script(peer: RawPeer) -> None:
        await peer.gone()

    assert refused(carrier, script, open_timeout_s=0.1).startswith("no stream to ws://127.0.0.1:PORT")


def test_a_false_handshake_is_refused(carrier: Carrier) -> None:
    """A server that cannot prove that it read our key is no WebSocket server."""

    async def script(peer: RawPeer) -> None:
        peer.writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: bm90IHRoZSBrZXk=\r\n\r\n"
        )
        await peer.gone()

    assert refused(carrier, script).startswith("no stream to ws://127.0.0.1:PORT")


def test_a_closed_port_and_a_false_address_are_unreachable(carrier: Carrier) -> None:
    """Nobody listening, and an address that is none, are connectivity errors."""

    async def main() -> None:
        async with raw_server(lambda peer: asyncio.sleep(0)) as port:  # noqa: TID251 - nothing to do
            pass
        for url in (f"ws://127.0.0.1:{port}/", "http://127.0.0.1/", "ws://"):
            with pytest.raises(ConnectivityError):
                await carrier(url, Heard(), {}, LIMITS)

    on_real_loop(main())


@pytest.mark.parametrize("loop", ["asyncio", "uvloop", "busy-poll"])
def test_it_works_on_every_loop(carrier: Carrier, loop: str) -> None:
    """Asyncio's own loop, uvloop and the one that never sleeps carry a stream from open to close."""
    factory = busy_poll_loop if loop == "busy-poll" else pytest.importorskip(loop).new_event_loop

    async def script(peer: RawPeer) -> None:
        peer.accept()
        assert await peer.read_frame() == (TEXT, b"hello")
        peer.writer.write(frame(TEXT, b"hello yourself"))
        assert (await peer.read_frame())[0] == CLOSE
        peer.writer.write(close_frame(1000))

    async def main() -> None:
        heard = Heard()
        async with raw_server(script) as port:
            stream = await carrier(f"ws://127.0.0.1:{port}/", heard, {}, LIMITS)
            stream.send(b"hello")
            assert await heard.next() == b"hello yourself"
            await stream.close()
            assert heard.ends == ["closed by us"]

    on_real_loop(main(), factory)
