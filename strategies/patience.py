"""The option by which a strategy that quotes says how long its quotes may rest without a book."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from strategies.base_strategy import param


def book_patience() -> Any:
    """Declare the option `book_patience`, in seconds; it belongs into withdraw_after_ns."""
    return param(Decimal(2), ge=0, le=3600, unit="s", help="How long quotes may rest while the book cannot be trusted.")
