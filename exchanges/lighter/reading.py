"""Reading bodies and parts of frames as what they should be, or saying that they are something else."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

from helpers.errors import BadPayload

T = TypeVar("T")


@cache
def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)


def read_as(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    """Read a body, or a part of a frame, as what it should be.

    Raises:
        BadPayload: it is something else.
    """
    key: Any = shape  # mypy does not see that types can be hashed
    try:
        found: T = _decoder(key).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadPayload(f"Lighter sent what cannot be read: {error}", bytes(body)) from None
    return found


def lists_of(part: msgspec.Raw, shape: type[T]) -> list[T]:
    """Read rows that come as a map of lists by market, as a map of single rows, as a list, as null or not at all."""
    if not bytes(part):
        return []
    by_market: Any = dict[str, list[shape] | shape | None] | list[shape] | None  # type: ignore[valid-type]  # built at run time
    found = read_as(part, by_market)
    if found is None:
        return []
    if isinstance(found, list):
        return found
    rows: list[T] = []
    for each in found.values():
        rows.extend(each if isinstance(each, list) else [] if each is None else [each])
    return rows


__all__ = ["lists_of", "read_as"]
