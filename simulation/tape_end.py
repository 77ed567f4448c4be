"""When a tape ends, as far as that can be told without reading all of it."""

from __future__ import annotations

from pathlib import Path

from simulation.parquet_file import open_parquet, readable
from simulation.tape import Tape


def goes_on(tape: Tape) -> bool:
    """Whether time passes on a tape: whether any row is later than the first."""
    return any(chunk.time_ns[-1] > tape.start_ns for chunk in tape.chunks())


def last_row_ns(path: Path) -> int:
    """Read the time of the last row of a tape file, from the last of its row groups that holds rows.

    Raises:
        UserError: the file is damaged.
    """
    with open_parquet(path) as file, readable(path):
        groups = range(file.metadata.num_row_groups)
        last = max(group for group in groups if file.metadata.row_group(group).num_rows)
        times = file.read_row_group(last, columns=["time_ns"], use_threads=False).column(0)
        return int(times[-1].as_py())
