"""The folder of a session's results: made at its start, gone again if nothing came of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from helpers.errors import UserError


class SessionFolder:
    """One folder that no other session has."""

    def __init__(self, path: Path, made: Sequence[Path]) -> None:
        """Take over a folder and the ones above it that were made with it; use `make`."""
        self.path = path
        self._made = made

    @classmethod
    def make(cls, runs_dir: Path, name: str) -> SessionFolder:
        """Make a folder of this name, or of this name and a number where another process was faster.

        Raises:
            UserError: it cannot be made; nothing is left behind.
        """
        missing = [folder for folder in (runs_dir, *runs_dir.parents) if not folder.exists()]
        try:
            runs_dir.mkdir(parents=True, exist_ok=True)
            return cls(_new_folder(runs_dir, name), missing)
        except FileExistsError:
            raise UserError(f"{runs_dir} is no folder", "name another one with --runs-dir") from None
        except OSError as error:
            _remove_empty(missing)
            raise UserError(f"cannot make {runs_dir / name} ({error.strerror})", "name another --runs-dir") from error

    def remove(self) -> None:
        """Remove the folder with the files in it, and the folders that were made for it if nothing else is there."""
        with suppress(OSError):
            for file in self.path.iterdir():
                file.unlink()
        _remove_empty([self.path, *self._made])


def _new_folder(runs_dir: Path, name: str) -> Path:
    path, number = runs_dir / name, 1
    while True:
        with suppress(FileExistsError):
            path.mkdir()
            return path
        number += 1
        path = runs_dir / f"{name}-{number}"


def _remove_empty(folders: Sequence[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
