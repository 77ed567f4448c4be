"""What the WebSocket carriers have in common: their limits, and who is told what, exactly once.

A carrier is one library's way of keeping one connection. Opening again, waiting longer each
time and noticing silence are not its business; answering pings and closing properly are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from helpers.transport import Stream, StreamListener

_CODES: Final = {
    1002: "it broke the protocol",
    1007: "its text cannot be read",
    1009: "its message was too large",
    1011: "it gave no sign of life",
}


class StreamLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how much a connection may take."""

    open_timeout_s: float = 10.0
    close_timeout_s: float = 3.0
    """How long the other side may take to agree to a close; then the line is cut."""
    max_message_bytes: int = 8 * 1024 * 1024
    ping_interval_s: float | None = 20.0
    """How often the other side is asked for a sign of life; None is never."""
    ping_timeout_s: float = 20.0
    """A connection that gives none for so long is over."""


class Carrier(Protocol):
    """Opens a stream with one library."""

    def __call__(
        self, url: str, listener: StreamListener, headers: Mapping[str, str], limits: StreamLimits
    ) -> Awaitable[Stream]:
        """Open a stream that tells this listener.

        Raises:
            ConnectivityError: the venue cannot be reached; the listener hears nothing.
        """
        ...


class Delivery:
    """Tells a listener each message, and one end."""

    __slots__ = ("_listener", "_on_message", "is_closing", "is_open", "trouble")

    def __init__(self, listener: StreamListener) -> None:
        """Tell this listener."""
        self._listener = listener
        self._on_message = listener.on_message
        self.is_open = False
        """Whether messages can be sent."""
        self.is_closing = False
        """Whether our side closed: nothing but the end is told from then on."""
        self.trouble = ""
        """What went wrong on our side, if that is why the connection ends."""

    def message(self, message: bytes) -> bool:
        """Tell a message; False if the listener broke on it, and the connection has to end."""
        if self.is_closing or self.trouble:
            return True
        try:
            self._on_message(message)
        except Exception as error:  # noqa: BLE001 - a listener's bug ends its stream, loudly; not the whole event loop
            self.trouble = f"a message could not be handled: {error!r}"
            return False
        return True

    def opened(self) -> None:
        """Take note that the connection stands; only one that stood has an end to tell."""
        self.is_open = True

    def end(self, reason: str) -> None:
        """Tell the end, the first time; what went wrong on our side comes before what the line says."""
        if self.is_open:
            self.is_open = False
            self._listener.on_end(self.trouble or reason)


def closed_by_us() -> str:
    """Say that we wanted the end."""
    return "closed by us"


def closed_by_them(code: int, text: str) -> str:
    """Say why the other side closed, in its own words."""
    return f"closed by the other side: {code} {text}".rstrip()


def closed_here(code: int) -> str:
    """Say that our side gave the connection up: too much, too silent, or not to be understood."""
    return f"closed here: {code} {_CODES.get(code, '')}".rstrip()


def lost(detail: str = "") -> str:
    """Say that the connection broke without a word."""
    return f"the connection was lost: {detail}" if detail else "the connection was lost"


def place_of(url: str) -> str:
    """Give scheme and host of a URL: its path and query may carry keys."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}"
