"""Measuring in fresh processes: none profits from what another one loaded, compiled or cached."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

from helpers.errors import RunbotError

_MEDIANS: Final = ("wall_s", "cpu_s", "startup_s", "startup_cpu_s", "peak_rss_mb")

Report = dict[str, Any]
"""What benchmarks.race.run_and_report prints."""


def median_report(command: Sequence[str], runs: int) -> Report:
    """Run a command so many times and give the median of each figure.

    Args:
        command: prints a report in its last line.
        runs: how many processes, one after the other.

    Raises:
        RunbotError: one fails; its last word.
    """
    reports: list[Report] = []
    for _ in range(runs):
        done = subprocess.run(list(command), check=False, capture_output=True, text=True)  # noqa: S603 - our own words
        if done.returncode:
            raise RunbotError(last_line(done.stderr))
        reports.append(json.loads(last_line(done.stdout)))
    medians = {name: statistics.median(one[name] for one in reports) for name in _MEDIANS}
    return reports[0] | medians


def keep_to_one_core() -> None:
    """Give this process and all it starts the same core, where the system can do that."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def last_line(text: str) -> str:
    """Give the last line of what a process printed."""
    lines: Sequence[str] = text.strip().splitlines()
    return lines[-1] if lines else "no output"
