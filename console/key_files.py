"""Keys before anything is done with them: the file that holds them is closed to others, and no output shows them."""

from __future__ import annotations

import io
import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream

from helpers.errors import UserError
from helpers.logs import register_secret
from helpers.secret_names import is_secret_name

_SHORTEST_KEY: Final = 12
"""Shorter values of variables with secret names are numbers and words: an API key's index, `true`."""


def hide_keys(environment: Mapping[str, str]) -> None:
    """See to it that no value of a variable with a secret name is ever printed or logged."""
    for name, value in environment.items():
        if is_secret_name(name) and len(value.strip()) >= _SHORTEST_KEY:
            register_secret(value)


def check_key_file(path: Path) -> None:
    """See to it that nobody else on this machine can read keys.

    A file that is not there, or holds none, is in order.

    Raises:
        UserError: the group or others may read, write or run it.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return  # whoever needs something of it will say so
    # Windows shows modes that mean nothing there.
    if os.name == "posix" and mode & 0o077 and holds_keys(path):
        raise UserError(
            f"{path} holds keys and others on this machine may read it (mode {mode:03o})",
            f"chmod 600 {shlex.quote(str(path))}",
        )


def holds_keys(path: Path) -> bool:
    """Whether a file gives a variable with a secret name a value; not if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return False
    bindings = parse_stream(io.StringIO(text))
    return any(binding.key and binding.value and is_secret_name(binding.key) for binding in bindings)
