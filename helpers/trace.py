"""The fingerprint of a run: a hash over everything that decides what it did, in order.

Two runs with the same hash made the same decisions, sent the same orders and had the same
fills at the same times. Each entry is one canonical line, so a number's spelling does not
matter, and no text can pass for two fields or for a missing one.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any, Final

from helpers.money import plain

_SEPARATOR: Final = "\x1f"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", _SEPARATOR: "\\s", "\n": "\\n"})


def _decimal(value: Decimal) -> str:
    return plain(value) if value else "0"  # a zero may carry a sign


def _text(value: str) -> str:
    if value.isalnum():  # most are, and have nothing to escape
        return value
    if value == "-":
        return "\\-"  # the bare dash is a missing value
    return value.translate(_ESCAPES)


_WRITERS: Final[dict[type, Callable[[Any], str]]] = {
    str: _text,
    Decimal: _decimal,
    int: str,
    bool: lambda value: "1" if value else "0",
    float: repr,
    type(None): lambda _: "-",
}


def _field(value: object) -> str:
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    if isinstance(value, Enum):
        return _field(value.value)
    raise TypeError(f"a trace has no spelling for {type(value).__name__}")


class Trace:
    """Hashes what happens as it happens."""

    __slots__ = ("_hash",)

    def __init__(self) -> None:
        """Start with nothing."""
        self._hash = sha256()

    def add(self, kind: str, time_ns: int, *fields: object) -> None:
        """Add one entry.

        Args:
            kind: what happened: "decision", "order", "fill", ...
            time_ns: when.
            fields: str, int, float, bool, Decimal, enums of these, or None.

        Raises:
            TypeError: a field is of another type.
        """
        line = _SEPARATOR.join([_text(kind), str(time_ns), *map(_field, fields)])
        self._hash.update((line + "\n").encode("utf-8", "surrogatepass"))

    def hexdigest(self) -> str:
        """Give the hash of everything so far."""
        return self._hash.hexdigest()
