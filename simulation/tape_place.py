"""Where a tape can be written: what cannot work is refused before the work begins."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers.errors import UserError


def demand_place(output: Path, sources: Sequence[Path] = ()) -> None:
    """Refuse a place that cannot take a tape; a file that stands there is replaced when the new one is whole.

    Raises:
        UserError: there is no such folder, nothing may be written there, or it would replace one of the sources.
    """
    folder = output.parent
    if output.is_dir():
        raise unwritable(output, "it is a folder")
    if not folder.is_dir():
        raise unwritable(output, f"there is no folder {folder}")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise unwritable(output, reason_of(error)) from error
    if output.exists() and any(source.exists() and output.samefile(source) for source in sources):
        raise unwritable(output, "it is one of the recordings")


def reason_of(error: OSError) -> str:
    """Give the system's own name for what went wrong; pyarrow wraps it into more words."""
    return os.strerror(error.errno) if error.errno else str(error)


def unwritable(output: Path, reason: str) -> UserError:
    """Say in one line that a tape cannot be written."""
    return UserError(f"{output} cannot be written ({reason})", "choose another place")
