"""A venue of its own process and core: it sends book changes over a loopback WebSocket and times the answers.

From the last look at the clock before a message leaves to the first one after its order came:
what a venue beside the bot would see. It never sleeps, so none of the time is its own waking.
"""

from __future__ import annotations

import base64
import hashlib
import os
import random
import socket
import sys
from itertools import cycle
from typing import Final

import msgspec

from benchmarks.loopback_wire import Ack, OrderMessage, bid_at, book_message, price_text
from helpers.clock import NS_PER_S, monotonic_ns

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_QUIET_NS: Final = 20_000_000
_FLOOD: Final = 64
"""Messages written at once when there is no pace."""
_WARM_UP: Final = 200
"""First answers that are not counted."""


class ServerResult(msgspec.Struct):
    """What was measured, in microseconds and messages a second."""

    sent: int
    answered: int
    p50_us: float
    p99_us: float
    messages_per_s: float


class LoopbackServer:
    """One client's venue."""

    def __init__(self, line: socket.socket) -> None:
        """Shake hands on an accepted connection."""
        self._line = line
        self._inbox = bytearray()
        self._outbox = bytearray()
        self._orders = msgspec.json.Decoder(OrderMessage)
        self._sent_ns: dict[str, int] = {}
        self._latencies: list[int] = []
        self._pong_ns = 0
        self.placed = 0
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b""
        while b"\r\n\r\n" not in request:
            request += line.recv(4096)
        line.sendall(_handshake(request))
        line.setblocking(False)

    def run(self, count: int, rate: int, *, moves: bool) -> ServerResult:
        """Send `count` changes, `rate` a second or as fast as they are taken (0), and wait for the last answer."""
        rng = random.Random(7)
        frames = [_frame(_TEXT, book_message(number, rng, moves=moves)) for number in range(1, count + 1)]
        prices = [price_text(bid_at(number)) for number in range(1, count + 1)]
        self._send(_frame(_TEXT, book_message(0, rng, moves=True, whole=True)))
        self._rest(5 * _QUIET_NS)
        self._latencies.clear()
        begin = monotonic_ns()
        if rate:
            self._paced(frames, prices, NS_PER_S // rate)
        else:
            self._flood(frames)
        self._send(_frame(_PING, b""))
        while not self._pong_ns:
            self._look()
        took = self._pong_ns - begin
        self._rest(_QUIET_NS)
        self._goodbye()
        return self._result(count, took)

    def _paced(self, frames: list[bytes], prices: list[str], period_ns: int) -> None:
        due = monotonic_ns()
        for frame, price in zip(frames, prices, strict=True):
            due += period_ns
            while monotonic_ns() < due:
                self._look()
            self._sent_ns[price] = monotonic_ns()
            self._send(frame)

    def _flood(self, frames: list[bytes]) -> None:
        for start in range(0, len(frames), _FLOOD):
            self._send(b"".join(frames[start : start + _FLOOD]))
            while self._outbox:
                self._look()

    def _rest(self, quiet_ns: int) -> None:
        end = monotonic_ns() + quiet_ns
        while monotonic_ns() < end:
            self._look()

    def _goodbye(self) -> None:
        self._send(_frame(_CLOSE, (1000).to_bytes(2, "big")))
        self._rest(_QUIET_NS)

    def _send(self, data: bytes) -> None:
        self._outbox += data
        self._flush()

    def _flush(self) -> None:
        try:
            del self._outbox[: self._line.send(self._outbox)]
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            return

    def _look(self) -> None:
        """Read what came, if anything did."""
        if self._outbox:
            self._flush()
        try:
            data = self._line.recv(1 << 20)
        except (BlockingIOError, ConnectionResetError):
            return
        now = monotonic_ns()
        self._inbox += data
        while (taken := self._take(now)) > 0:
            del self._inbox[:taken]

    def _take(self, now: int) -> int:
        """Handle the first whole frame; give its size, or 0."""
        inbox = self._inbox
        if len(inbox) < 6:  # noqa: PLR2004 - two bytes of header and a mask
            return 0
        size, start = inbox[1] & 0x7F, 6
        if size == 126:  # noqa: PLR2004 - RFC 6455: the size is in the next two bytes
            size, start = int.from_bytes(inbox[2:4], "big"), 8
        if len(inbox) < start + size:
            return 0
        opcode = inbox[0] & 0x0F
        if opcode == _TEXT:
            self._take_order(_unmasked(inbox[start : start + size], inbox[start - 4 : start]), now)
        elif opcode == _PONG:
            self._pong_ns = now
        return start + size

    def _take_order(self, payload: bytes, now: int) -> None:
        order = self._orders.decode(payload)
        self.placed += 1
        sent_ns = self._sent_ns.pop(order.price, None) if order.side == "buy" else None
        if sent_ns is not None:
            self._latencies.append(now - sent_ns)
        if order.id:
            self._send(_frame(_TEXT, msgspec.json.encode(Ack(id=order.id, order_id=f"v{order.id}"))))

    def _result(self, count: int, took_ns: int) -> ServerResult:
        times = sorted(self._latencies[_WARM_UP:]) or [0]
        return ServerResult(
            sent=count,
            answered=len(self._latencies),
            p50_us=times[len(times) // 2] / 1000,
            p99_us=times[len(times) * 99 // 100] / 1000,
            messages_per_s=count * NS_PER_S / took_ns,
        )


def _handshake(request: bytes) -> bytes:
    lines = (line.split(b": ", 1) for line in request.split(b"\r\n") if b": " in line)
    key = {name.lower(): value for name, value in lines}[b"sec-websocket-key"]
    digest = base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 - RFC 6455 asks for it
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n"
    )


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    length = bytes([size]) if size < 126 else bytes([126]) + size.to_bytes(2, "big")  # noqa: PLR2004 - RFC 6455
    return bytes([0x80 | opcode]) + length + payload


def _unmasked(payload: bytearray, mask: bytearray) -> bytes:
    return bytes(byte ^ key for byte, key in zip(payload, cycle(mask), strict=False))


def main(arguments: list[str]) -> None:
    """Serve one client: CORE COUNT RATE MOVES; prints the port, then the result as JSON."""
    core, count, rate, moves = map(int, arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        line, _ = listening.accept()
        with line:
            result = LoopbackServer(line).run(count, rate, moves=bool(moves))
    print(msgspec.json.encode(result).decode(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
