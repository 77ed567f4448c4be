"""The loop that never sleeps."""

from __future__ import annotations

import asyncio
import selectors
import socket
import threading

import pytest

from helpers import busy_poll
from helpers.busy_poll import RestlessSelector, busy_poll_loop


def test_it_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the loop asks for, the system is asked with a timeout of zero, and not for ever."""
    asked: list[float | None] = []

    def select(self: object, timeout: float | None = None) -> list[object]:
        asked.append(timeout)
        return []

    monkeypatch.setattr(selectors.DefaultSelector, "select", select)
    selector = RestlessSelector()
    for timeout in (None, 60.0, 0.0, -1.0):
        assert selector.select(timeout) == []
    selector.close()
    assert asked == [0] * (2 * busy_poll._LOOKS + 2)


def test_it_gives_what_is_ready() -> None:
    """A socket with something to read is told at the first look."""
    ours, theirs = socket.socketpair()
    with ours, theirs, RestlessSelector() as selector:
        selector.register(ours, selectors.EVENT_READ)
        assert selector.select(None) == []
        theirs.send(b"x")
        assert [key.fileobj for key, _ in selector.select(None)] == [ours]


def test_timers_threads_and_sockets_work_on_it() -> None:
    """Timers fire in their order, calls from other threads arrive, and streams carry bytes."""

    async def main() -> list[str]:
        loop, heard = asyncio.get_running_loop(), []
        done = asyncio.Event()
        loop.call_later(0.004, lambda: (heard.append("later"), done.set()))
        loop.call_later(0.002, heard.append, "sooner")
        reader, writer = await asyncio.open_connection(sock=left)
        writer.write(b"ping")
        assert await loop.sock_recv(right, 10) == b"ping"
        await loop.sock_sendall(right, b"pong")
        assert await reader.readexactly(4) == b"pong"
        threading.Thread(target=loop.call_soon_threadsafe, args=(heard.append, "thread")).start()
        await done.wait()
        writer.close()
        return heard

    left, right = socket.socketpair()
    right.setblocking(False)
    with right, asyncio.Runner(loop_factory=busy_poll_loop) as runner:
        heard = runner.run(main())
    assert sorted(heard) == ["later", "sooner", "thread"]
    assert heard.index("sooner") < heard.index("later")
