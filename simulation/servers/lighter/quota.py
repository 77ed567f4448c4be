"""Volume quota: what orders use up and trading brings back. Standard accounts have none and need none."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from simulation.servers.lighter.errors import TOO_MANY, Refused
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.transactions import TxType

_CAP: Final = 5_000_000
_USD_PER_CREDIT: Final = Decimal(10)
_FREE_EVERY_NS: Final = 15 * NS_PER_S
_USES_ONE: Final = {TxType.CREATE_ORDER, TxType.MODIFY_ORDER, TxType.CREATE_GROUPED_ORDERS}
FREE: Final = "didn't use volume quota"


class Quota:
    """One account's quota."""

    def __init__(self, trading: Trading) -> None:
        """Start with what the options say."""
        self._trading = trading
        self._has_quota = trading.terms.has_quota
        self._kept = trading.options.volume_quota if self._has_quota else 0
        self._earned = 0
        self._free_ns = 0

    @property
    def left(self) -> int:
        """What is left, with what was earned by trading meanwhile."""
        earned = int(self._trading.trades.volume / _USD_PER_CREDIT)
        if self._has_quota and earned > self._earned:
            self._kept = min(_CAP, self._kept + earned - self._earned)
            self._earned = earned
        return self._kept

    def take(self, kinds: Sequence[TxType]) -> str:
        """Use up quota for transactions; give what the answer says of it.

        Raises:
            Refused: nothing is left and none is free now.
        """
        wanted = sum(kind in _USES_ONE for kind in kinds)
        if not self._has_quota or not wanted:
            return FREE
        if wanted <= self.left:
            self._kept -= wanted
            return f"{self._kept} volume quota remaining"
        if wanted == 1 and self._trading.now_ns >= self._free_ns:
            self._free_ns = self._trading.now_ns + _FREE_EVERY_NS
            return FREE
        raise Refused(23003, "not enough volume quota remaining", TOO_MANY)


__all__ = ["FREE", "Quota"]
