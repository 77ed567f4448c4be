"""What a real venue's public data are on the integers of a tape.

Prices off the grid move against us: bids down, asks up, a trade away from the orders it could
fill. Quantities lose their fraction of a lot; a displayed one never vanishes for that.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.enums import Side
from helpers.models import Bbo, OrderBook, Trade
from simulation.live_tape import Quote
from simulation.remembered import Remembered
from simulation.tape import RowKind

_MOST_TICKS: Final = 2**31 - 1
_DEEPEST: Final = 500
_KINDS: Final = {Side.BUY: RowKind.BUY, Side.SELL: RowKind.SELL, None: RowKind.TRADE}


class LiveGrid:
    """Reads prices and quantities of one market."""

    def __init__(self, tick_size: Decimal, quantity_step: Decimal) -> None:
        """Take the market's tick size and quantity step."""
        self._down = Remembered[Decimal, int](lambda price: int(price // tick_size))
        self._up = Remembered[Decimal, int](lambda price: int(price // tick_size) + bool(price % tick_size))
        self._step = quantity_step

    def quote(self, bbo: Bbo) -> Quote | None:
        """Give best bid and offer; None where a price is none that a tape can hold."""
        bid, bid_lots = (0, 0) if bbo.bid is None else (self._down[bbo.bid], self._shown(bbo.bid_quantity))
        ask, ask_lots = (0, 0) if bbo.ask is None else (self._up[bbo.ask], self._shown(bbo.ask_quantity))
        if (bbo.bid is None or _fits(bid)) and (bbo.ask is None or _fits(ask)):
            return Quote(bid, bid_lots, ask, ask_lots)
        return None

    def trade(self, trade: Trade) -> tuple[RowKind, int, int] | None:
        """Give kind, price and lots; None where it is less than a lot, or no price that a tape can hold."""
        down, up = self._down[trade.price], self._up[trade.price]
        if trade.taker_side is None and down != up:
            return None  # it may have filled either side, and no tick is away from both
        price = up if trade.taker_side is Side.SELL else down
        lots = int(trade.quantity // self._step)
        return (_KINDS[trade.taker_side], price, lots) if lots > 0 and _fits(price) else None

    def depth(self, book: OrderBook) -> tuple[int, ...]:
        """Spread what a book shows behind its best prices evenly over the ticks it spans.

        Returns:
            Lots assumed at the best price and at each tick behind it.
        """
        sides = [side for side in (book.bids, book.asks) if side]
        best = sum(self._shown(side[0].quantity) for side in sides) // max(1, len(sides))
        span = sum(abs(self._down[side[-1].price] - self._down[side[0].price]) for side in sides)
        behind = sum(int(level.quantity // self._step) for side in sides for level in side[1:])
        each = behind // span if span else 0
        return (best, *[each] * min(_DEEPEST, span // 2)) if each else (best,)

    def _shown(self, quantity: Decimal | None) -> int:
        return max(1, int((quantity or 0) // self._step))


def _fits(ticks: int) -> bool:
    return 1 <= ticks <= _MOST_TICKS
