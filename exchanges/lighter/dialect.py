"""What a connection to Lighter's stream speaks: the welcome, pings both ways, subscriptions, errors without an address.

Channels are named with a slash on the way out and with a colon on the way in. An error does not
say which message it answers, so it is taken for the answer to the oldest subscription that is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import msgspec

from exchanges.lighter.stream_wire import StreamFrame, read_stream_frame
from exchanges.lighter.tokens import CONNECTION_LIFE_S
from exchanges.lighter.wire import Fault
from exchanges.stream import Channel, ConnectionQuota, ReconnectingStream, StreamTerms
from helpers.errors import ConnectivityError
from helpers.transport import NO_HEADERS

Handler = Callable[[StreamFrame], bool]
"""Takes a frame in; True if it proves that the subscription works."""

_PONG: Final = b'{"type":"pong"}'
_ALREADY: Final = 30003
_KEEPALIVE_S: Final = 50.0
"""The venue closes a connection on which it heard nothing for two minutes."""


def stream_terms(silence_s: float) -> StreamTerms:
    """Say how a connection is kept; its subscriptions carry tokens that outlive it."""
    return StreamTerms(silence_s=silence_s, ping=_PONG, ping_interval_s=_KEEPALIVE_S, lifetime_s=CONNECTION_LIFE_S)


def connection_quota() -> ConnectionQuota:
    """Say how often one client may connect: well below what the venue allows an address."""
    return ConnectionQuota(most=30, window_s=60.0)


class LighterDialect:
    """One connection's language; `stream` is set right after both are made."""

    stream: ReconnectingStream

    def __init__(self, url: str) -> None:
        """Know where to connect to."""
        self._url = url
        self._handlers: dict[str, Handler] = {}
        self._asked: dict[str, None] = {}
        """Subscriptions that were not answered yet, oldest first."""
        self._welcome = asyncio.Event()

    def channel(
        self,
        family: str,
        target: int | str,
        handler: Handler,
        *,
        token: Callable[[], str] | None = None,
        max_silence_s: float | None = None,
        on_reset: Callable[[], None] | None = None,
        on_proven: Callable[[], None] | None = None,
    ) -> Channel:
        """Describe a subscription; its frames go to `handler` from now on.

        Args:
            family: "order_book".
            target: market or account number.
            handler: takes its frames in.
            token: makes the token of a private one.
            max_silence_s: how often data must come.
            on_reset: told when what was heard is worthless.
            on_proven: told when data came again.
        """
        name, outbound = f"{family}:{target}", f"{family}/{target}"
        self._handlers[name] = handler

        def subscribe() -> bytes:
            self._asked[name] = None
            auth = {} if token is None else {"auth": token()}
            return msgspec.json.encode({"type": "subscribe", "channel": outbound, **auth})

        return Channel(
            name=name,
            subscribe=subscribe,
            unsubscribe=lambda: msgspec.json.encode({"type": "unsubscribe", "channel": outbound}),
            max_silence_s=max_silence_s,
            on_reset=on_reset,
            on_proven=on_proven,
        )

    # -- what a stream asks of a dialect ------------------------------------------------------

    def url(self) -> str:
        """Give where to connect to; nothing was heard there yet."""
        self._welcome.clear()
        self._asked.clear()
        return self._url

    def headers(self) -> Mapping[str, str]:
        """Give none: tokens travel with subscriptions."""
        return NO_HEADERS

    async def greet(self, stream: ReconnectingStream) -> None:
        """Wait for the venue's word that it is there; what is sent before may be lost."""
        del stream
        await self._welcome.wait()

    def on_message(self, message: bytes) -> None:
        """Read one message.

        Raises:
            BadPayload: it cannot be read.
        """
        frame = read_stream_frame(message)
        handler = self._handlers.get(frame.channel)
        if handler is None:
            self._on_other(frame)
            return
        self._asked.pop(frame.channel, None)
        if handler(frame):
            self.stream.heard(frame.channel)

    def _on_other(self, frame: StreamFrame) -> None:
        if frame.type == "ping":
            with suppress(ConnectivityError):
                self.stream.send(_PONG)
        elif frame.type == "connected":
            self._welcome.set()
        elif frame.type == "shutdown":
            self.stream.reconnect(f"Lighter closes it in {frame.close_in_ms} ms")
        elif frame.error is not None:
            self._on_error(frame.error)
        elif frame.type == "error":
            self._on_error(Fault(code=frame.code, message=frame.message))

    def _on_error(self, error: Fault) -> None:
        reason = f"{error.message} [{error.code}]"
        # Of "order_book:1" and "order_book:12" the longer one is meant where both can be read out of the words.
        named = max((name for name in self._handlers if name in (error.message or "")), key=len, default=None)
        if error.code == _ALREADY and named is not None:
            self.stream.reconnect(f"Lighter takes {named} for subscribed, and sends no snapshot")
            return
        name = named or next(iter(self._asked), None)
        if name is not None:
            self._asked.pop(name, None)
            self.stream.refused(name, reason)


__all__ = ["LighterDialect", "connection_quota", "stream_terms"]
