"""What the customers of a market want to know of its quotes, and all of it as one."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from simulation.resting import NO_BUY, NO_SELL


class Watch(msgspec.Struct, frozen=True, gc=False):
    """Quotes somebody wants to know of. Prices in ticks."""

    low: int = NO_BUY
    """A bid at or below this."""
    high: int = NO_SELL
    """An ask at or above this."""
    every_quote: bool = False
    moves: bool = False
    """A bid or an ask other than these."""
    bid: int = 0
    ask: int = 0

    def wants(self, bid: int, ask: int) -> bool:
        """Whether a quote is to be told."""
        return (
            self.every_quote
            or bid <= self.low
            or ask >= self.high
            or (self.moves and (bid != self.bid or ask != self.ask))
        )


def joined(watches: Collection[Watch]) -> Watch:
    """Give one watch that wants whatever any of them wants, or rather more."""
    if len(watches) == 1:
        return next(iter(watches))
    moving = {(watch.bid, watch.ask) for watch in watches if watch.moves}
    bid, ask = next(iter(moving)) if len(moving) == 1 else (0, 0)
    return Watch(
        low=max((watch.low for watch in watches), default=NO_BUY),
        high=min((watch.high for watch in watches), default=NO_SELL),
        every_quote=any(watch.every_quote for watch in watches) or len(moving) > 1,
        moves=len(moving) == 1,
        bid=bid,
        ask=ask,
    )
