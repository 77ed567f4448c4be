"""Whether the file that holds a venue's keys is closed to everybody but its owner."""

from __future__ import annotations

import io
import os
import shlex
import stat
from pathlib import Path

from dotenv.parser import parse_stream

from helpers.errors import UserError
from helpers.secret_names import is_secret_name


def check_key_file(path: Path) -> None:
    """See to it that nobody else on this machine can read keys.

    A file that is not there, or holds none, is in order.

    Raises:
        UserError: the group or others may read, write or run it.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return  # whoever needs something of it will say so
    # Windows shows modes that mean nothing there.
    if os.name == "posix" and mode & 0o077 and _holds_keys(text):
        raise UserError(
            f"{path} holds keys and others on this machine may read it (mode {mode:03o})",
            f"chmod 600 {shlex.quote(str(path))}",
        )


def _holds_keys(text: str) -> bool:
    bindings = parse_stream(io.StringIO(text))
    return any(binding.key and binding.value and is_secret_name(binding.key) for binding in bindings)
