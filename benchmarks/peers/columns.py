"""The event tape as numpy columns: what both peers read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[np.int64]]


def read_columns(folder: Path) -> tuple[Columns, int]:
    """Read the raw files of benchmarks/event_tape.py; give them and the lots assumed behind the best price."""
    about = json.loads((folder / "tape.json").read_text(encoding="utf-8"))
    columns = {name: np.fromfile(folder / name, dtype=code).astype(np.int64) for name, code in about["columns"].items()}
    return columns, about["depth_lots"]
