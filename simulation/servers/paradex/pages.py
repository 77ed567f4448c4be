"""Lists that come in pages: filters by time, and cursors that the client hands back unread."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from simulation.servers.front import ServerRequest
from simulation.servers.paradex.errors import ApiRefusal

T = TypeVar("T")
_DEFAULT_SIZE: Final = 100
_LARGEST_SIZE: Final = 5_000


class _Marker(msgspec.Struct):
    """What a cursor says: how many of the list, oldest first, lie before the page's end."""

    end: int
    size: int


def page(
    request: ServerRequest,
    items: Sequence[T],
    time_ms: Callable[[T], int],
    show: Callable[[T], dict[str, Any]],
    largest: int = _LARGEST_SIZE,
) -> dict[str, Any]:
    """Show one page, newest first.

    Args:
        request: with `cursor`, `page_size`, `start_at`, `end_at`.
        items: the whole list, oldest first; what is added later comes after.
        time_ms: gives the time by which an item is filtered.
        show: writes an item.
        largest: greatest page size.

    Raises:
        ApiRefusal: a parameter makes no sense.
    """
    start, end = whole_number(request, "start_at", 0), whole_number(request, "end_at", 2**62)
    chosen = [item for item in items if start <= time_ms(item) <= end]
    size = whole_number(request, "page_size", _DEFAULT_SIZE)
    if not 0 < size <= largest:
        raise ApiRefusal("INVALID_REQUEST_PARAMETER", f"page_size must be between 1 and {largest}")
    cursor = request.parameter("cursor")
    last = _read(cursor).end if cursor else len(chosen)
    first = max(0, last - size)
    return {
        "next": _write(first, size) if first > 0 else None,
        "prev": _write(min(len(chosen), last + size), size) if last < len(chosen) else None,
        "results": [show(item) for item in reversed(chosen[first:last])],
    }


def whole_number(request: ServerRequest, name: str, default: int) -> int:
    """Read a parameter that is a whole number.

    Raises:
        ApiRefusal: it is none.
    """
    text = request.parameter(name)
    if not text:
        return default
    if not text.isdecimal():
        raise ApiRefusal("INVALID_REQUEST_PARAMETER", f"{name} must be a whole number")
    return int(text)


def _write(end: int, size: int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(_Marker(end, size))).decode()


def _read(text: str) -> _Marker:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text.encode()), type=_Marker)
    except (ValueError, msgspec.DecodeError):
        raise ApiRefusal("INVALID_REQUEST_PARAMETER", "cursor is not one of ours") from None


__all__ = ["page", "whole_number"]
