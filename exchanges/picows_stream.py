"""The fast carrier: `picows`, a WebSocket client in compiled code. An extra: `make install EXTRAS=fast`.

It parses frames in the socket's read buffer and calls us from there. Closing, joining messages
that come in several frames and limiting their size are left to its user, which is this file.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final, Protocol

from exchanges.carrier import Delivery, StreamLimits, closed_by_them, closed_by_us, closed_here, lost, place_of
from helpers.errors import ConnectivityError
from helpers.transport import Stream, StreamListener

_MORE: Final = 0
_TEXT: Final = 1
_WHOLE: Final = frozenset({1, 2})
"""Text and binary frames."""
_CLOSE: Final = 8
_OK: Final = 1000
_NO_CODE: Final = 1005
_TOO_BIG: Final = 1009
_BROKEN: Final = 1011


def is_installed() -> bool:
    """Whether the extra is there."""
    try:
        _picows()
    except ImportError:
        return False
    return True


async def open_picows(url: str, listener: StreamListener, headers: Mapping[str, str], limits: StreamLimits) -> Stream:
    """Open a stream with `picows`.

    Raises:
        ConnectivityError: the venue cannot be reached.
        ImportError: the extra is not installed.
    """
    picows = _picows()
    try:
        async with asyncio.timeout(limits.open_timeout_s):
            _, stream = await picows.ws_connect(
                lambda: _stream_class()(listener, limits),
                url,
                extra_headers=dict(headers),
                websocket_handshake_timeout=limits.open_timeout_s,
                max_frame_size=limits.max_message_bytes,
                max_redirects=0,
                enable_auto_ping=limits.ping_interval_s is not None,
                auto_ping_idle_timeout=limits.ping_interval_s or limits.ping_timeout_s,
                # picows asks once at a time, so an answer may not take longer than the pause between two.
                auto_ping_reply_timeout=min(limits.ping_timeout_s, limits.ping_interval_s or limits.ping_timeout_s),
            )
    except picows.WSInvalidStatusError as error:
        raise ConnectivityError(f"{place_of(url)} answers {int(error.response.status)} to a stream") from None
    except (picows.WSError, OSError, EOFError, ValueError) as error:  # TimeoutError is an OSError
        raise ConnectivityError(f"no stream to {place_of(url)}: {type(error).__name__}") from None
    if stream is None:  # picows says nothing of a line that was cut before the handshake's answer
        raise ConnectivityError(f"no stream to {place_of(url)}: it hung up")
    opened: Stream = stream
    return opened


class _Frame(Protocol):
    """What is used of a frame; it is valid during the call only."""

    fin: bool
    msg_type: int

    def get_payload_as_bytes(self) -> bytes: ...


class _PicowsStream:
    """One connection: picows tells it of frames, it tells the listener of messages."""

    def __init__(self, listener: StreamListener, limits: StreamLimits) -> None:
        """Wait for the handshake."""
        self._delivery = Delivery(listener)
        self._deliver = self._delivery.message
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._line: Any = None
        self._over: asyncio.Task[None] | None = None
        self._parts: list[bytes] = []
        """Beginning of a message that comes in several frames."""
        self._is_full = False

    # -- what we want ---------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._delivery.is_open and not self._line.is_close_frame_sent

    def send(self, message: bytes) -> None:
        """Send one text message."""
        if not self.is_open:
            raise ConnectivityError("the stream is closed")
        if self._is_full:
            raise ConnectivityError("the other side does not read what is sent")
        self._line.send(_TEXT, message)

    async def close(self) -> None:
        """Agree with the other side on the end, or cut the line when it does not answer."""
        self._delivery.is_closing = True
        self._end(_OK)
        if self._over is not None:
            await asyncio.shield(self._over)

    # -- what picows tells ------------------------------------------------------------------

    def on_ws_connected(self, transport: Any) -> None:
        """Take note that the handshake is done."""
        self._line = transport
        self._over = self._loop.create_task(_over(transport))
        self._delivery.opened()

    def on_ws_frame(self, transport: Any, frame: _Frame) -> None:
        """Tell a message, join parts of one, or answer a close."""
        kind = frame.msg_type
        if frame.fin and kind in _WHOLE:
            if not self._deliver(frame.get_payload_as_bytes()):
                self._end(_BROKEN)
        elif kind in _WHOLE or kind == _MORE:
            self._join(frame)
        elif kind == _CLOSE:
            if not transport.is_close_frame_sent:
                transport.send_close(_OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: Any) -> None:
        """Tell the end."""
        self._delivery.end(self._why(transport.close_handshake))

    def pause_writing(self) -> None:
        """Take nothing more: the other side does not read."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Take messages again."""
        self._is_full = False

    # -- inside -----------------------------------------------------------------------------

    def _join(self, frame: _Frame) -> None:
        self._parts.append(frame.get_payload_as_bytes())
        if sum(map(len, self._parts)) > self._limits.max_message_bytes:
            self._parts.clear()
            self._end(_TOO_BIG)
        elif frame.fin:
            message = b"".join(self._parts)
            self._parts.clear()
            if not self._deliver(message):
                self._end(_BROKEN)

    def _end(self, code: int) -> None:
        """Say goodbye, once, and cut the line if the other side does not answer."""
        if not self._line.is_close_frame_sent:
            self._line.send_close(code)
            self._loop.call_later(self._limits.close_timeout_s, self._line.disconnect, False)

    def _why(self, handshake: Any) -> str:
        received = None if handshake is None else handshake.recv
        if received is not None and handshake.recv_then_sent:
            return closed_by_them(int(received.code) or _NO_CODE, received.reason or "")
        if self._delivery.is_closing:
            return closed_by_us()
        if handshake is not None and handshake.sent is not None:
            return closed_here(int(handshake.sent.code))
        return lost()


async def _over(line: Any) -> None:
    """Wait until the line is down; what went wrong on our side is told as the end's reason, not here."""
    with suppress(Exception):
        await line.wait_disconnected()


@cache
def _picows() -> Any:
    return importlib.import_module("picows")


@cache
def _stream_class() -> type[_PicowsStream]:
    """Join our part with the library's base, which exists only where the extra is installed."""
    return type("PicowsStream", (_PicowsStream, _picows().WSListener), {})
