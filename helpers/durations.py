"""Spans of time as people write them: "90", "90s", "10m", "24h", "7d", "1h30m".

A bare number means seconds. Inside the program a span is int nanoseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer

EXAMPLES: Final = "90s, 10m, 24h, 7d or 1h30m"
MAX_DURATION_NS: Final = 2**63 - 1
"""292 years: what a 64-bit column of a journal or a tape can hold."""

_UNITS: Final = {
    "d": 86_400_000_000_000,
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
_PART: Final = re.compile(r"([0-9]{1,24}(?:\.[0-9]{1,9})?)(d|h|ms|m|us|ns|s)")
_BARE: Final = re.compile(r"[0-9]{1,24}(?:\.[0-9]{1,9})?")


def parse_duration(text: str) -> int:
    """Read a span of time into ns.

    Raises:
        ValueError: the text is no such span, names a part of a nanosecond, or exceeds 292 years.
    """
    written = text.strip().lower()
    total = sum(_parts(f"{written}s" if _BARE.fullmatch(written) else written, text))
    if total != int(total):
        raise ValueError(f"{text!r} is finer than a nanosecond")
    if total > MAX_DURATION_NS:
        raise ValueError(f"{text!r} is longer than 292 years")
    return int(total)


def format_duration(duration_ns: int) -> str:
    """Write ns in the shortest exact way that `parse_duration` reads back."""
    if duration_ns < 0:
        return f"-{format_duration(-duration_ns)}"
    text = ""
    rest = duration_ns
    for unit, size_ns in _UNITS.items():
        count, rest = divmod(rest, size_ns)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def _parts(written: str, text: str) -> Iterator[Decimal]:
    position, smallest_ns = 0, None
    while part := _PART.match(written, position):
        size_ns = _UNITS[part[2]]
        if smallest_ns is not None and size_ns >= smallest_ns:
            break
        yield Decimal(part[1]) * size_ns
        position, smallest_ns = part.end(), size_ns
    if not position or position != len(written):
        raise ValueError(f"{text!r} is no duration: write {EXAMPLES}")


def _from_text(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _to_text(value: Any) -> Any:
    return format_duration(value) if isinstance(value, int) else value


DURATION_MARK: Final = BeforeValidator(_from_text)
"""By this object in a field's metadata others see that its value is a span of time."""

DurationNs = Annotated[int, DURATION_MARK, PlainSerializer(_to_text, when_used="json")]
"""A parameter of whole ns that also takes the texts above; dumped to JSON as such a text."""
