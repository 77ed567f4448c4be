"""Recorded answers and published vectors of the venue, and what it means to cover them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def vectors(shared_data: Path, name: str) -> Any:
    """Read a file of published vectors."""
    path = shared_data / "frames" / "lighter" / f"nautilus_signing_{name}.json"
    if not path.is_file():
        pytest.skip(f"{path.name} is not on this machine")
    return json.loads(path.read_text())["vectors"]


def number(text: str) -> int:
    """Read a little-endian number."""
    return int.from_bytes(bytes.fromhex(text), "little")


def recorded(shared_data: Path, name: str) -> Any:
    """Read a recorded answer."""
    path = shared_data / "frames" / "lighter" / f"nautilus_{name}.json"
    if not path.is_file():
        pytest.skip(f"{path.name} is not on this machine")
    return json.loads(path.read_text())


def assert_covers(ours: Any, theirs: Any, where: str = "") -> None:
    """Every field the venue sends is there, and of the venue's type."""
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), where
        for name, value in theirs.items():
            assert name in ours, f"{where}.{name}"
            assert_covers(ours[name], value, f"{where}.{name}")
    elif isinstance(theirs, list):
        assert isinstance(ours, list), where
        if theirs and ours:
            assert_covers(ours[0], theirs[0], f"{where}[0]")
    elif isinstance(theirs, bool | str):
        assert type(ours) is type(theirs), where
    elif theirs is not None:
        assert isinstance(ours, int | float), where
