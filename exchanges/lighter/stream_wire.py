"""Any message of Lighter's stream, read in one pass: the book at once, the rest by whom it concerns."""

from __future__ import annotations

from typing import Final

import msgspec

from exchanges.lighter.wire import Book, Fault
from helpers.errors import BadPayload

NOTHING: Final = msgspec.Raw(b"")


class StreamFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Any message of the stream: the book is read at once, the rest by whom it concerns."""

    type: str = ""
    channel: str = ""
    code: int | None = None
    message: str | None = None
    error: Fault | None = None
    timestamp: int = 0
    close_in_ms: int = 0
    order_book: Book | None = None
    trades: msgspec.Raw = NOTHING
    liquidation_trades: msgspec.Raw = NOTHING
    market_stats: msgspec.Raw = NOTHING
    orders: msgspec.Raw = NOTHING
    positions: msgspec.Raw = NOTHING
    stats: msgspec.Raw = NOTHING
    assets: msgspec.Raw = NOTHING
    txs: msgspec.Raw = NOTHING
    funding_histories: msgspec.Raw = NOTHING
    ticker: msgspec.Raw = NOTHING
    candles: msgspec.Raw = NOTHING
    height: int | None = None

    @property
    def is_snapshot(self) -> bool:
        """Whether it answers a subscription."""
        return self.type.startswith("subscribed/")


_frame: Final = msgspec.json.Decoder(StreamFrame)


def read_stream_frame(message: bytes) -> StreamFrame:
    """Read a message of the stream.

    Raises:
        BadPayload: it cannot be read.
    """
    try:
        return _frame.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadPayload(f"a frame of Lighter's stream cannot be read: {error}", message) from None


__all__ = ["NOTHING", "StreamFrame", "read_stream_frame"]
