"""The carrier that is always there: the `websockets` library, its messages taken straight from the socket's read.

The library's own `recv` puts a queue and a task's wake-up between the socket and us; here its
connection hands each frame on as soon as it is read. Handshake, masking, pings, keep-alive and
the closing handshake stay the library's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State

from exchanges.carrier import Delivery, StreamLimits, closed_by_them, closed_by_us, closed_here, lost, place_of
from helpers.errors import ConnectivityError
from helpers.transport import Stream, StreamListener

_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


async def open_websocket(
    url: str, listener: StreamListener, headers: Mapping[str, str], limits: StreamLimits
) -> Stream:
    """Open a stream with `websockets`.

    Raises:
        ConnectivityError: the venue cannot be reached.
    """
    delivery = Delivery(listener)

    def make(protocol: ClientProtocol, **options: Any) -> ClientConnection:
        return _Connection(protocol, delivery, **options)

    try:
        return WebsocketStream(await _connect(make, url, headers, limits), delivery)
    except InvalidStatus as error:
        raise ConnectivityError(f"{place_of(url)} answers {error.response.status_code} to a stream") from None
    except (WebSocketException, OSError, EOFError, ValueError) as error:  # TimeoutError is an OSError
        raise ConnectivityError(f"no stream to {place_of(url)}: {type(error).__name__}") from None


async def _connect(make: Any, url: str, headers: Mapping[str, str], limits: StreamLimits) -> _Connection:
    connection = await connect(
        url,
        additional_headers=dict(headers),
        user_agent_header=None,
        compression=None,  # inflating costs more than the bytes that loopback or a data centre would save
        proxy=None,
        open_timeout=limits.open_timeout_s,
        close_timeout=limits.close_timeout_s,
        ping_interval=limits.ping_interval_s,
        ping_timeout=limits.ping_timeout_s,
        max_size=limits.max_message_bytes,
        create_connection=make,
    )
    assert isinstance(connection, _Connection)  # noqa: S101 - what `make` made
    return connection


class WebsocketStream:
    """One open connection."""

    def __init__(self, connection: _Connection, delivery: Delivery) -> None:
        """Take a connection whose handshake is done."""
        self._connection = connection
        self._delivery = delivery

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._connection.is_open

    def send(self, message: bytes) -> None:
        """Send one text message."""
        self._connection.send_now(message)

    async def close(self) -> None:
        """Agree with the other side on the end, or cut the line when it does not answer."""
        self._delivery.is_closing = True
        await self._connection.close()
        await asyncio.shield(self._connection.connection_lost_waiter)


class _Connection(ClientConnection):
    """The library's connection, telling each message at once."""

    def __init__(self, protocol: ClientProtocol, delivery: Delivery, **options: Any) -> None:
        super().__init__(protocol, **options)
        self._delivery = delivery
        self._parts: list[bytes] = []
        """Beginning of a message that comes in several frames."""
        self._cut: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self.protocol.state is State.OPEN and not self.transport.is_closing()

    def send_now(self, message: bytes) -> None:
        """Write one text message to the socket."""
        if not self.is_open:
            raise ConnectivityError("the stream is closed")
        if self.paused:
            raise ConnectivityError("the other side does not read what is sent")
        self.protocol.send_text(message)
        self.send_data()

    def process_event(self, event: Event) -> None:
        """Tell a message; leave handshake and pongs to the library."""
        if isinstance(event, Frame) and event.opcode in _DATA:
            if event.fin and not self._parts:
                self._tell(bytes(event.data))
            else:
                self._join(event)
            return
        super().process_event(event)
        if not isinstance(event, Frame) and self.protocol.handshake_exc is None:
            self._delivery.opened()

    def data_received(self, data: bytes) -> None:
        """Read what came; a connection that is about to end may take only so long."""
        super().data_received(data)
        if self.protocol.state is not State.OPEN:
            self._end_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the end."""
        super().connection_lost(exc)
        if self._cut is not None:
            self._cut.cancel()
        self._delivery.end(self._why(exc))

    def _join(self, frame: Frame) -> None:
        self._parts.append(bytes(frame.data))
        if frame.fin:
            parts, self._parts = self._parts, []
            self._tell(b"".join(parts))

    def _tell(self, message: bytes) -> None:
        if not self._delivery.message(message):
            self.protocol.fail(1011, "")
            self.send_data()
            self._end_soon()

    def _end_soon(self) -> None:
        """Cut the line if the other side does not do it in time: the library would wait for ever."""
        if self._cut is None and self.close_timeout is not None:
            self._cut = self.loop.call_later(self.close_timeout, self.transport.abort)

    def _why(self, error: Exception | None) -> str:
        protocol = self.protocol
        received, sent = protocol.close_rcvd, protocol.close_sent
        if received is not None and protocol.close_rcvd_then_sent:
            return closed_by_them(received.code, received.reason)
        if self._delivery.is_closing:
            return closed_by_us()
        if sent is not None:
            return closed_here(sent.code)
        return lost("" if error is None else type(error).__name__)
