"""What a venue says of its streams: how connections are kept, what is subscribed, what is spoken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec


class StreamTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue wants its connections kept. Times in seconds; `math.inf` is never."""

    first_backoff_s: float = 0.5
    longest_backoff_s: float = 30.0
    """Waits between attempts double from the first to the longest; each is drawn from its upper half (jitter)."""
    silence_s: float = 30.0
    """A connection that brings no frame at all for so long is given up. Protocol pings and pongs are no frames
    here: where nothing else comes for long, as on a quiet account, say so."""
    ping: bytes = b""
    """What the venue's own protocol wants to hear from us regularly; empty where protocol pings do."""
    ping_interval_s: float = 15.0
    data_within_s: float = 10.0
    """How long a subscription may take to bring its first data, and a greeting to be done."""
    lifetime_s: float | None = None
    """The connection is opened anew after so long (or up to a twentieth sooner, so that not all are opened in one
    moment), before the venue ends it; None is never."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One subscription."""

    name: str
    """Ours; unique on the connection."""
    subscribe: Callable[[], bytes]
    """Makes the message, anew each time: it may carry a token that expires. Empty bytes: the URL subscribes."""
    unsubscribe: Callable[[], bytes] | None = None
    """None where the venue has none: then the whole connection is opened anew."""
    max_silence_s: float | None = None
    """Data must come at least so often; None where silence is normal, as on an account."""
    proven_by_ack: bool = False
    """Whether the acknowledgement is all that comes until something happens, as on a quiet account."""
    on_reset: Callable[[], None] | None = None
    """Called when what was heard is worthless from now on: a gap, or a lost connection. Books are emptied here."""
    on_proven: Callable[[], None] | None = None
    """Called each time the subscription was proven."""


__all__ = ["Channel", "StreamTerms"]
