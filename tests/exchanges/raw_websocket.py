"""A WebSocket server written byte by byte, so that a test can do everything a bad one might."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

TEXT, BINARY, MORE, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10

Script = Callable[["RawPeer"], Awaitable[None]]


def frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """Build a server's frame."""
    size = len(payload)
    if size < 126:
        length = bytes([size])
    elif size < 65_536:
        length = bytes([126]) + size.to_bytes(2, "big")
    else:
        length = bytes([127]) + size.to_bytes(8, "big")
    return bytes([(0x80 if fin else 0) | opcode]) + length + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Build a server's close."""
    return frame(CLOSE, code.to_bytes(2, "big") + reason.encode())


class RawPeer:
    """The server's end of one connection, after the request was read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
        self._reader = reader
        self.writer = writer
        self.request = request

    def accept(self, extra: bytes = b"") -> None:
        """Agree to the stream, with `extra` in the very same write."""
        fields = dict(line.split(": ", 1) for line in self.request.decode().split("\r\n")[1:] if ": " in line)
        key = {name.lower(): value for name, value in fields.items()}["sec-websocket-key"]
        digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()  # noqa: S324 - RFC 6455
        self.writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n" + extra
        )

    async def read_frame(self) -> tuple[int, bytes]:
        """Read a client's frame: opcode and unmasked payload."""
        first, second = await self._reader.readexactly(2)
        size = second & 0x7F
        assert second & 0x80, "a client masks what it sends"
        if size == 126:
            size = int.from_bytes(await self._reader.readexactly(2), "big")
        mask = await self._reader.readexactly(4)
        payload = await self._reader.readexactly(size)
        return first & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))

    async def gone(self) -> None:
        """Wait until the client's side of the line is closed."""
        with suppress(ConnectionError):
            while await self._reader.read(65_536):
                pass


@asynccontextmanager
async def raw_server(script: Script) -> AsyncIterator[int]:
    """Serve each connection with a script; gives the port. What breaks in a script breaks the test."""
    troubles: list[BaseException] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            await script(RawPeer(reader, writer, request))
        except Exception as error:  # noqa: BLE001 - told at the end of the test
            troubles.append(error)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
    if troubles:
        raise troubles[0]


def on_real_loop(
    main: Coroutine[Any, Any, None], factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
) -> None:
    """Run over real sockets, in real time, for ten seconds at most."""

    async def bounded() -> None:
        async with asyncio.timeout(10):
            await main

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(bounded())
