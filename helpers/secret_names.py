"""What may not be shown: names that hold secrets, values that look like one, and quoting what a person wrote."""

from __future__ import annotations

import re
from typing import Any, Final

HIDDEN: Final = "***"
_MOST_SHOWN: Final = 60
_SECRET_NAME: Final = re.compile(r"secret|passw|passphrase|private|mnemonic|token|credential|(^|_)(api_?)?key(_|$)")
_SECRET_VALUE: Final = re.compile(r"[0-9A-Za-z+/=_-]{32,}|([a-z]+\s+){11,}[a-z]+")  # a long code, or twelve words


def is_secret_name(name: str) -> bool:
    """Whether an option or variable of this name holds something nobody may print."""
    return _SECRET_NAME.search(name.lower()) is not None


def looks_secret(value: object) -> bool:
    """Whether a value could be a key or a recovery phrase that someone put in the wrong place."""
    parts = value if isinstance(value, tuple) else (value,)
    return any(_SECRET_VALUE.fullmatch(str(part).strip()) for part in parts)


def quoted(value: Any) -> str:
    """Quote what a person wrote, on one line and not too long."""
    text = ",".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
    return repr(text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 3] + "...")
