"""Names of venues. Adding one is one folder and one line here (or an entry point elsewhere)."""

from __future__ import annotations

from typing import Final

from exchanges.base import BaseExchangeClient
from helpers.registry import Registry

_TABLE: Final = {
    "extended": "exchanges.extended.client:ExtendedClient",
    "lighter": "exchanges.lighter.client:LighterClient",
    "paper": "exchanges.paper:PaperClient",
    "paradex": "exchanges.paradex.client:ParadexClient",
}

exchanges: Final[Registry[BaseExchangeClient]] = Registry(
    kind="exchange",
    table=_TABLE,
    group="runbot.exchanges",
    base=BaseExchangeClient,  # type: ignore[type-abstract]  # only compared with, never built
)
