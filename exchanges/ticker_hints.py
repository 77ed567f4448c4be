"""What to say of a ticker that a venue does not list: the nearest one, and some that there are."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from helpers.registry import nearest

_SHOWN: Final = 8
_BETWEEN: Final = re.compile("[-/_.:]")


def ticker_hint(ticker: str, listed: Collection[str]) -> str:
    """Name the nearest ticker, by the base asset where a pair or a venue's own symbol was given, and list some."""
    near = nearest(ticker, listed) or nearest(_BETWEEN.split(ticker)[0], listed)
    some = ", ".join([*listed][:_SHOWN])
    return f"{near}there are {len(listed)}: {some}{', ...' if len(listed) > _SHOWN else ''}"


__all__ = ["ticker_hint"]
