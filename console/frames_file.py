"""Recorded frames from a file: one a line, or one whole JSON text, plain or gzipped."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from helpers.errors import UserError

_GZIP: Final = b"\x1f\x8b"
_SENT: Final = frozenset({"sent", "send", "out"})


class RecordedFrame(msgspec.Struct, frozen=True):
    """One frame and where it stands."""

    place: int
    """Number of its line, or of its entry in a list, from 1."""
    data: bytes
    is_sent: bool = False
    """Whether the recording says that the client sent it."""


def recorded_frames(path: Path) -> Iterator[RecordedFrame]:
    """Read the frames of a file, in order.

    Raises:
        UserError: the file cannot be read or holds nothing.
    """
    content = _content(path)
    try:
        whole = msgspec.json.decode(content)
    except msgspec.DecodeError:
        lines = list(_lines(content))
        if any(_is_object(line) for _, line in lines):
            yield from (_unwrapped(number, line) for number, line in lines)
        else:
            yield RecordedFrame(1, content)  # one text over many lines, and damaged: it counts once
        return
    entries = whole if isinstance(whole, list) else None
    if entries is None:
        yield _unwrapped(1, content)
        return
    for number, entry in enumerate(entries, 1):
        yield _unwrapped(number, msgspec.json.encode(entry))


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or 'cannot be read'}", "name a file of recorded frames") from None
    except (EOFError, zlib.error):
        raise UserError(f"{path}: its compression is damaged", "give the whole file") from None
    if not content.strip():
        raise UserError(f"{path} is empty", "name a file of recorded frames, one a line")
    return content


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            yield number, line.strip()


def _is_object(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return False
    return True


def _unwrapped(place: int, data: bytes) -> RecordedFrame:
    """Take a frame out of a recorder's envelope: {"dir": "recv", "ts": ..., "raw": "..."}."""
    try:
        entry: Any = msgspec.json.decode(data)
    except msgspec.DecodeError:
        return RecordedFrame(place, data)
    if isinstance(entry, dict) and isinstance(entry.get("raw"), str):
        return RecordedFrame(place, entry["raw"].encode(), entry.get("dir") in _SENT)
    return RecordedFrame(place, data)
