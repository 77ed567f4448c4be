"""All formats that can be imported, and telling which one a file is. A new one is one line here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from helpers.errors import UserError
from simulation.importers import aster, binance, edgex, hyperliquid, lighter, standx
from simulation.importers.recording import Format
from simulation.importers.text import first_bytes

FORMATS: Final[tuple[Format, ...]] = (
    *aster.FORMATS,
    *binance.FORMATS,
    *edgex.FORMATS,
    *hyperliquid.FORMATS,
    *lighter.FORMATS,
    *standx.FORMATS,
)


def recognise(path: Path) -> Format:
    """Find the format of a file by its beginning.

    Raises:
        UserError: the file cannot be read, is empty or of no known format.
    """
    head = first_bytes(path)
    if not head:
        raise UserError(f"{path} is empty", "give a recording with rows")
    for known in FORMATS:
        if known.sniff(head, path):
            return known
    names = ", ".join(dict.fromkeys(known.source for known in FORMATS))
    raise UserError(f"{path} is no recording that can be read", f"docs/tapes.md shows the formats of {names}")
