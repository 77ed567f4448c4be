"""Stop and take-profit orders, which wait until the mark price is where they say."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from helpers.enums import Side
from simulation.servers.market_feed import Ticker
from simulation.servers.paradex.order_file import OrderFile, WireStatus
from simulation.venue import SimulatedVenue

_LOOK_NS: Final = 100_000_000


class Triggers:
    """Looks at the mark price ten times a second while an order waits."""

    def __init__(self, venue: SimulatedVenue, fire: Callable[[OrderFile], None]) -> None:
        """Hand an order over to `fire` when its trigger is met."""
        self._venue = venue
        self._fire = fire
        self._waiting: dict[str, OrderFile] = {}
        self._ticker = Ticker(venue, _LOOK_NS, self._look)

    def add(self, file: OrderFile) -> None:
        """Let an order wait."""
        self._waiting[file.order_id] = file
        self._ticker.start()

    def remove(self, file: OrderFile) -> bool:
        """Let an order wait no longer; whether it did."""
        found = self._waiting.pop(file.order_id, None) is not None
        if not self._waiting:
            self._ticker.stop()
        return found

    def _look(self) -> None:
        for file in list(self._waiting.values()):
            mark = self._venue.core.market(file.form.market.ticker).mark_price()
            if mark is not None and _is_met(file, mark):
                self.remove(file)
                file.status = WireStatus.NEW
                self._fire(file)


def _is_met(file: OrderFile, mark: Decimal) -> bool:
    """Whether the mark price has reached a trigger: stops beyond it, take-profits short of it."""
    upward = (file.form.side is Side.BUY) is not file.form.kind.startswith("TAKE_PROFIT")
    if "STOP_CONDITION_ABOVE_TRIGGER" in file.form.flags:
        upward = True
    elif "STOP_CONDITION_BELOW_TRIGGER" in file.form.flags:
        upward = False
    return mark >= file.form.trigger_price if upward else mark <= file.form.trigger_price


__all__ = ["Triggers"]
