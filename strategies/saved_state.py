"""A strategy's state, a msgspec.Struct, as plain JSON values and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from helpers.errors import UserError

S = TypeVar("S", bound=msgspec.Struct)


def save(state: msgspec.Struct) -> Mapping[str, Any]:
    """Give plain JSON values."""
    saved: dict[str, Any] = msgspec.to_builtins(state)
    return saved


def load(kind: type[S], saved: Mapping[str, Any]) -> S:
    """Take back what `save` gave.

    Raises:
        UserError: it was saved by something else.
    """
    try:
        return msgspec.convert(dict(saved), kind)
    except msgspec.ValidationError as error:
        raise UserError(
            f"the state that the earlier session saved cannot be read ({error})",
            "close what it left and choose a fresh --runs-dir",
        ) from error
