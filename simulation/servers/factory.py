"""Names of venue simulators. Adding one is one folder and one line here (or an entry point elsewhere)."""

from __future__ import annotations

from typing import Final

from helpers.registry import Registry
from simulation.servers.front import VenueFront

_TABLE: Final = {
    "extended": "simulation.servers.extended.front:ExtendedFront",
    "lighter": "simulation.servers.lighter.front:LighterFront",
    "paradex": "simulation.servers.paradex.front:ParadexFront",
}

servers: Final[Registry[VenueFront]] = Registry(
    kind="venue simulator",
    table=_TABLE,
    group="runbot.servers",
    base=VenueFront,  # type: ignore[type-abstract]  # only compared with, never built
)
