"""How much a client may ask: weights a minute, transactions a minute, stream messages a minute."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from helpers.clock import NS_PER_S
from simulation.servers.lighter.errors import too_many_requests
from simulation.servers.lighter.options import OTHER_WEIGHT, TERMS, WEIGHTS, LighterOptions, Tier
from simulation.servers.limits import RollingWindow

_MINUTE_NS: Final = 60 * NS_PER_S
_MESSAGES: Final = 200
_NEW_STREAMS: Final = 255
_MOST_STREAMS: Final = 255
SEND_CALLS: Final = frozenset({"sendTx", "sendTxBatch"})
_PREMIUM_WEIGHT: Final = TERMS[Tier.PREMIUM].weight_per_minute


class RateLimits:
    """Counts requests by the address they come from, transactions by account."""

    def __init__(self, options: LighterOptions) -> None:
        """Start unused."""
        self._terms = TERMS[options.tier]
        self._is_on = options.limits
        per_minute = options.sends_per_minute or self._terms.sends_per_minute
        self._sends = RollingWindow(per_minute, _MINUTE_NS)
        self._reads = defaultdict[str, RollingWindow](self._window)
        self._messages = defaultdict[str, RollingWindow](lambda: RollingWindow(_MESSAGES, _MINUTE_NS))
        self._streams = defaultdict[str, RollingWindow](lambda: RollingWindow(_NEW_STREAMS, _MINUTE_NS))

    def request(self, call: str, address: str, now_ns: int) -> None:
        """Count a REST call by its name.

        Raises:
            Refused: too many.
        """
        if call in SEND_CALLS:
            self.send(now_ns)
            if self._terms.is_weighted:
                return
        if self._is_on and not self._reads[address].take(now_ns, self._weight(call)):
            raise too_many_requests()

    def send(self, now_ns: int) -> None:
        """Count a transaction, or a batch, wherever it comes from.

        Raises:
            Refused: too many.
        """
        if self._is_on and not self._sends.take(now_ns):
            raise too_many_requests()

    def message(self, address: str, now_ns: int) -> bool:
        """Count a stream message that is no transaction; False if it is too many."""
        return not self._is_on or self._messages[address].take(now_ns)

    def stream(self, address: str, held: int, now_ns: int) -> None:
        """Count a new stream of an address that holds so many.

        Raises:
            Refused: too many.
        """
        if self._is_on and (held >= _MOST_STREAMS or not self._streams[address].take(now_ns)):
            raise too_many_requests()

    def _window(self) -> RollingWindow:
        return RollingWindow(self._terms.weight_per_minute, _MINUTE_NS)

    def _weight(self, call: str) -> float:
        weight = WEIGHTS.get(call, OTHER_WEIGHT)
        if self._terms.is_weighted:
            return weight
        # Calls are not weighted, but none may be made more often than a premium account may.
        return max(1.0, weight * self._terms.weight_per_minute / _PREMIUM_WEIGHT)


__all__ = ["SEND_CALLS", "RateLimits"]
