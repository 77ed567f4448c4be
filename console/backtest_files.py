"""The files of a backtest: what is written into its folder, and what that needs."""

from __future__ import annotations

import importlib.util
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.backtest_result import BacktestResult
from console.backtest_table import money_lines, other_lines
from console.records import MemoryRecords
from helpers.errors import UserError
from simulation.backtest.result_files import write_results

RESULT_NAME: Final = "result.json"
REPORT_NAME: Final = "report.html"
MEND: Final = "make install EXTRAS=research"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants of the results."""

    save: bool = True
    """Files at all."""
    report: bool = False
    """The HTML page as well."""


def has_parquet() -> bool:
    """Whether what writes Parquet is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def check(wanted: Wanted) -> None:
    """Refuse, before anything is done, what could not be written in the end.

    Raises:
        UserError: a page without files, or without what draws it.
    """
    if not wanted.report:
        return
    if not wanted.save:
        raise UserError("--report goes into a file and --no-save forbids files", "leave one of them out")
    if importlib.util.find_spec("plotly") is None:
        raise UserError("--report needs plotly, which is not installed", MEND)


def save(result: BacktestResult, records: MemoryRecords, wanted: Wanted) -> None:
    """Write result.json, the Parquet files where that is possible, and the page if it is wanted.

    Raises:
        UserError: a file cannot be written.
    """
    if records.folder is None:
        return
    assert records.journal is not None  # noqa: S101 - the run wrote to it
    folder = records.folder.path
    _write_text(folder / RESULT_NAME, json.dumps(result.values(), indent=2) + "\n")
    if has_parquet():
        write_results(records.journal, folder)
    if wanted.report:
        from console.report import write_backtest_page  # noqa: PLC0415 - charts are slow to load

        write_backtest_page(records.journal, [*money_lines(result), *other_lines(result)], folder / REPORT_NAME)


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise UserError(f"cannot write {path} ({error.strerror})", "make room there") from error
