"""Parquet files in and out: the one place that needs pyarrow, imported when first used.

What can be wrong with a file becomes one line for the person; what it means is decided by
those who read it (simulation/parquet_tape.py, simulation/importers/).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from helpers.errors import UserError

MAGIC = b"PAR1"


def load_pyarrow() -> tuple[Any, Any]:
    """Import pyarrow and its Parquet part.

    Raises:
        UserError: it is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, needed by nobody else
        from pyarrow import parquet  # noqa: PLC0415 - the same
    except ImportError as error:
        raise UserError("Parquet files need pyarrow, which is not installed", "make install EXTRAS=tapes") from error
    return pa, parquet


def load_compute() -> Any:
    """Import what pyarrow computes with, for those who hold a column and so have pyarrow."""
    from pyarrow import compute  # noqa: PLC0415 - an extra, needed by nobody else

    return compute


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what goes wrong while reading a file into one line."""
    pa, _ = load_pyarrow()
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"there is no file {path}", "check the name") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder", "name a file") from None
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"{path} cannot be read as Parquet ({_first_line(error)})", "get or make it again") from error


def open_parquet(path: Path) -> Any:
    """Open a file and read its schema; checksums of pages are verified as they are read.

    Raises:
        UserError: it is missing, unreadable, damaged or no Parquet.
    """
    _, parquet = load_pyarrow()
    with readable(path):
        if path.is_dir():
            raise IsADirectoryError
        return parquet.ParquetFile(path, page_checksum_verification=True)


def count_rows(path: Path) -> int:
    """Count a file's rows without reading them.

    Raises:
        UserError: the file is missing, unreadable, damaged or no Parquet.
    """
    with open_parquet(path) as file:
        rows: int = file.metadata.num_rows
    return rows


def batches(path: Path, columns: Sequence[str], rows: int) -> Iterator[Any]:
    """Yield record batches of at most `rows` rows, so that memory does not grow with the file.

    Raises:
        UserError: the file is damaged.
    """
    with open_parquet(path) as file, readable(path):
        yield from file.iter_batches(batch_size=rows, columns=list(columns), use_threads=False)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
