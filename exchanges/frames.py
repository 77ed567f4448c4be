"""What one recorded frame of a venue says, in our words: what `runbot inspect` prints."""

from __future__ import annotations

from typing import Any

import msgspec


class FrameEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a frame tells."""

    kind: str
    """book_snapshot, book_delta, bbo, trade, order, fill, position, balance, funding, market, time, candle, ack,
    error, heartbeat, or `other` for what this project has no use for."""
    market: str = ""
    """The venue's name of the market, or its number as text."""
    data: dict[str, Any] = {}
    """Our names and units; prices and quantities as plain decimal texts, times in ns."""


__all__ = ["FrameEvent"]
