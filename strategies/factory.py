"""Names of strategies. Adding one is one subclass and one line here (or an entry point elsewhere)."""

from __future__ import annotations

from typing import Any, Final

from helpers.registry import Registry
from strategies.base_strategy import BaseStrategy

_TABLE: Final = {
    "grid": "strategies.grid_strategy:GridStrategy",
}

strategies: Final[Registry[BaseStrategy[Any]]] = Registry(
    kind="strategy",
    table=_TABLE,
    group="runbot.strategies",
    base=BaseStrategy,  # type: ignore[type-abstract]  # only compared with, never built
)
