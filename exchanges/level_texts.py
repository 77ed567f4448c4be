"""Reading a quantity of a book level from its text, as little as has to be read of it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from helpers.errors import BadPayload

LEAST: Final = "0.000000000000000001"
"""From here up to "0/", as texts are compared, stand the plain quantities between zero and one."""


def is_zero(text: str) -> bool:
    """Whether a quantity below "1", as texts are compared, is zero."""
    rest = text.strip("0.")
    if not text or text[0] not in "0.":
        raise BadPayload(f"{text!r} is no quantity of a level")
    return not rest or rest[0] in "eE"


def read_quantity(text: str) -> Decimal:
    """Read a quantity.

    Raises:
        BadPayload: it is no number.
    """
    try:
        quantity = Decimal(text)
    except InvalidOperation:
        raise BadPayload(f"{text!r} is no quantity of a level") from None
    if not quantity.is_finite():
        raise BadPayload(f"{text!r} is no quantity of a level")
    return quantity
