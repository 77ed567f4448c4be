"""Tickers and quote currencies out of venues' symbols and file names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_QUOTES: Final = ("FDUSD", "USDT", "USDC", "USDF", "USD1", "USD")
"""Longer ones first: BTCUSDT is no BTCUS in DT."""
_SYMBOL: Final = re.compile(r"(?=[0-9]*[A-Z])[A-Z0-9]{2,}(-[A-Z0-9]+)*")


def split_symbol(symbol: str, quote: str) -> tuple[str, str]:
    """Split a venue's symbol into ticker and quote currency: BTCUSDT, BTC-USD, BTC_USDT_PERP, BTC.

    Args:
        symbol: in any case.
        quote: the currency where the symbol does not tell it.
    """
    base, *more = re.split(r"[-_/]", symbol.upper())
    named = next((part for part in more if part in _QUOTES), None)
    if named is not None:
        return base, named
    for known in _QUOTES:
        if base.endswith(known) and base != known:
            return base.removesuffix(known), known
    return base, quote


def symbol_in_name(path: Path) -> str | None:
    """Find the symbol in a file name: the first part in capitals, as in trades_BTCUSDT_0924.csv.gz."""
    parts = re.split(r"[_.\s]+", path.name)
    return next((part for part in parts if _SYMBOL.fullmatch(part)), None)
