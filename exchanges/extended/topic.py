"""One topic of Extended's streams: one URL, one connection, one count of frames.

Of the venue's two stream interfaces this is the first: every topic has a URL of its own and speaks
at once, with no subscribe message. It costs a connection a topic. The second one multiplexes, but it
is not in the venue's public documentation, what it says of accounts has not been seen, and its count
runs over all topics of a connection, so that one lost frame would void every market and the account
with them. Here a gap concerns one topic.

Frames are numbered from 1 on each connection. A number that is missing means that something was not
told: the connection is opened anew, and what comes first on it is the whole state again. Between the
gap and the new connection nothing is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

import msgspec

from exchanges.extended.network import ExtendedNetwork
from exchanges.extended.wire import Frame
from exchanges.stream import ReconnectingStream
from exchanges.stream_terms import Channel, StreamTerms
from helpers.errors import BadPayload, ConnectivityError

F = TypeVar("F", bound=Frame)

_NEVER_S: Final = float("inf")
_FIRST_DATA_S: Final = 10.0


def _nothing() -> None:
    """Do nothing."""


class Topic(Generic[F]):
    """The dialect of one topic, and its connection."""

    def __init__(
        self,
        network: ExtendedNetwork,
        path: str,
        kind: type[F],
        hear: Callable[[F], None],
        *,
        max_silence_s: float | None = None,
        is_private: bool = False,
        on_reset: Callable[[], None] = _nothing,
        on_proven: Callable[[], None] = _nothing,
    ) -> None:
        """Open nothing.

        Args:
            network: opens connections.
            path: of the topic below the streams' base, as "/v1/account".
            kind: of its frames.
            hear: takes one frame; raises BadPayload where it makes no sense.
            max_silence_s: data comes at least so often; None where silence is normal.
            is_private: whether the API key is shown.
            on_reset: called when what was heard is worthless from now on.
            on_proven: called each time the topic is there and speaks.
        """
        self.name: Final = path
        self._network = network
        self._decoder = msgspec.json.Decoder(kind)
        self._hear = hear
        self._max_silence_s = max_silence_s
        self._is_private = is_private
        self._on_reset = on_reset
        self._on_proven = on_proven
        self._last: int | None = None
        self._is_void = False
        self._is_new = False
        """Whether this connection has not spoken yet."""
        self._stream: ReconnectingStream | None = None
        self.venue_time_ms = 0
        """The venue's time of the newest frame."""

    async def open(self) -> None:
        """Connect, and wait until it speaks, or is at least open where silence is normal.

        Raises:
            ConnectivityError: it does not.
        """
        if self._stream is not None:
            return
        context = self._network.context
        silence_s = _NEVER_S if self._max_silence_s is None else self._max_silence_s
        terms = StreamTerms(silence_s=silence_s, data_within_s=_FIRST_DATA_S)
        stream = ReconnectingStream(
            self._network.transport, context.clock, context.random, self, terms, name=f"extended {self.name}"
        )
        self._stream = stream
        try:
            await stream.open()
            await stream.add(self._channel(stream))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End it; may be called twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()

    # -- the dialect --------------------------------------------------------------------------------

    def url(self) -> str:
        """Give the address; a new connection counts from the beginning."""
        self._last, self._is_void, self._is_new = None, False, True
        return self._network.place.streams_url + self.name

    def headers(self) -> Mapping[str, str]:
        """Give the headers of the handshake."""
        return self._network.stream_headers(is_private=self._is_private)

    async def greet(self, stream: ReconnectingStream) -> None:
        """Say nothing: the URL has said it all."""
        del stream

    def on_message(self, message: bytes) -> None:
        """Take one frame in its turn.

        Raises:
            BadPayload: it cannot be read; what it would have told is missing, as in a gap.
        """
        if self._is_void or self._stream is None:
            return
        try:
            frame = self._decoder.decode(message)
            if not self._is_next(frame):
                return
            self._hear(frame)
        except (msgspec.DecodeError, ValueError, BadPayload) as error:
            self.gap(f"a frame cannot be read: {error}")
            raise BadPayload(f"{self.name}: {error}", message) from None
        if frame.ts:
            self.venue_time_ms = frame.ts
        self._stream.heard(self.name)

    def gap(self, reason: str) -> None:
        """Believe nothing more of this connection and open another."""
        self._is_void = True
        self._on_reset()
        if self._stream is not None:
            self._stream.reset(self.name, reason)

    # -- inside ---------------------------------------------------------------------------------------

    def _is_next(self, frame: Frame) -> bool:
        """Whether a frame is the one after the last; a repeated one is passed over.

        Raises:
            BadPayload: it tells of an error.
        """
        if frame.error is not None:
            raise BadPayload(f"the venue says {str(frame.error)[:200]}")
        last, self._last = self._last, frame.seq
        if last is None or frame.seq is None or frame.seq == last + 1:
            return True
        if frame.seq != last:
            self.gap(f"frame {frame.seq} came after frame {last}")
        return False

    def _channel(self, stream: ReconnectingStream) -> Channel:
        is_quiet = self._max_silence_s is None

        def subscribe() -> bytes:
            if self._is_void:  # it went wrong before anybody could be told
                raise ConnectivityError(f"{self.name} began with a gap")
            if is_quiet:  # the open connection is the acknowledgement: nothing else may come for long
                stream.acked(self.name)
            return b""

        return Channel(
            name=self.name,
            subscribe=subscribe,
            max_silence_s=self._max_silence_s,
            proven_by_ack=is_quiet,
            on_reset=self._on_reset,
            on_proven=self._proven,
        )

    def _proven(self) -> None:
        """Tell once a connection that it works: the acknowledgement and early data both prove it."""
        if self._is_new:
            self._is_new = False
            self._on_proven()


__all__ = ["Topic"]
