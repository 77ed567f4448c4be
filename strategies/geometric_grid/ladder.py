"""The levels of a geometric grid: p_k = low x ratio^k, on the tick. Pure arithmetic.

A level has a number that stays its own: when the range moves, levels are added at one end and dropped at the
other, and those in between keep number and price.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec
from msgspec.structs import replace

from helpers.money import nearest_to, passive_price, plain
from strategies.base_strategy import Side


def ratio_between(low: Decimal, high: Decimal, count: int) -> Decimal:
    """Give the ratio of neighbours where `count` levels, both ends counted, reach from low to high."""
    return (high / low) ** (Decimal(1) / (count - 1))


def level_prices(low: Decimal, ratio: Decimal, first: int, count: int, tick: Decimal) -> tuple[Decimal, ...] | None:
    """Give the levels `first` and following, rounded to the tick and strictly increasing; None where they do not fit.

    Where neighbours would round to one price the upper one moves up by as many ticks as it needs. Both ends
    stand where the formula puts them.
    """
    bottom, top = (nearest_to(low * ratio**index, tick) for index in (first, first + count - 1))
    if bottom <= 0 or top - bottom < (count - 1) * tick:
        return None
    prices = [bottom]
    for step in range(1, count):
        highest = top - (count - 1 - step) * tick
        wanted = nearest_to(low * ratio ** (first + step), tick)
        prices.append(min(highest, max(wanted, prices[-1] + tick)))
    return tuple(prices)


class Ladder(msgspec.Struct, frozen=True):
    """All levels of a grid at one time."""

    low: Decimal
    """Price of level 0, not rounded."""
    ratio: Decimal
    """Price of a level / price of the one below."""
    tick: Decimal
    first: int
    """Number of the lowest level."""
    prices: tuple[Decimal, ...]
    """Lowest first."""
    centre: int | None = None
    """Where both sides open: the highest level that buys, those above it sell. None: one side has all levels."""

    @property
    def span(self) -> str:
        """Both ends, in words."""
        return f"{plain(self.prices[0])} to {plain(self.prices[-1])}"

    @property
    def last(self) -> int:
        """Number of the highest level."""
        return self.first + len(self.prices) - 1

    def price(self, index: int) -> Decimal | None:
        """Give the price of a level; None for a number outside the range."""
        return self.prices[index - self.first] if self.first <= index <= self.last else None

    def may_enter(self, index: int, side: Side) -> bool:
        """Whether entries of this side stand on a level: on their side of the centre, with a level to leave at."""
        if self.centre is not None and (index > self.centre) != (side is Side.SELL):
            return False
        return self.first <= index <= self.last and self.first <= index + side.sign <= self.last

    def exit_price(self, index: int, side: Side, entered_at: Decimal) -> Decimal:
        """Say where an entry of `side` leaves: one level away, or one ratio from its price if that is no level now."""
        if self.price(index) == entered_at:
            neighbour = self.price(index + side.sign)
            if neighbour is not None:
                return neighbour
        far = entered_at * self.ratio if side is Side.BUY else entered_at / self.ratio
        price = passive_price(far, side.opposite, self.tick)
        return max(price, entered_at + self.tick) if side is Side.BUY else max(price, self.tick)

    def nearest(self, mid: Decimal, side: Side) -> Sequence[int]:
        """Number the levels where this side may enter, the nearest first: below the mid to buy, above it to sell."""
        if side is Side.BUY:
            highest = min(self.first + bisect_left(self.prices, mid), self.last) - 1
            return range(highest if self.centre is None else min(highest, self.centre), self.first - 1, -1)
        lowest = max(self.first + bisect_right(self.prices, mid), self.first + 1)
        return range(lowest if self.centre is None else max(lowest, self.centre + 1), self.last + 1)

    def half_way(self, index: int, side: Side) -> Decimal:
        """Give the middle between a level and the one where its entry leaves."""
        price = self.prices[index - self.first]
        return (price + (self.price(index + side.sign) or price)) / 2

    def with_centre(self, mid: Decimal) -> Ladder:
        """Let the levels up to this price buy, and those above it sell."""
        return replace(self, centre=self.first + bisect_right(self.prices, mid) - 1)

    def around(self, mid: Decimal) -> tuple[Decimal | None, Decimal | None]:
        """Give the nearest level at or below a price and the nearest one at or above it."""
        below, above = bisect_right(self.prices, mid), bisect_left(self.prices, mid)
        return (
            self.prices[below - 1] if below else None,
            self.prices[above] if above < len(self.prices) else None,
        )

    def holds(self, mid: Decimal) -> bool:
        """Whether a price lies in the range, its ends counted."""
        return self.prices[0] <= mid <= self.prices[-1]

    def holds_well(self, mid: Decimal) -> bool:
        """Whether a price lies a level inside the range, or just inside where there are no levels between."""
        edge = min(1, (len(self.prices) - 1) // 3)
        return self.prices[edge] <= mid <= self.prices[-1 - edge]

    def centred(self, mid: Decimal) -> Ladder | None:
        """Move the range along its own ratio until a price lies in the middle; None where the tick is too coarse."""
        count = len(self.prices)
        middle = (mid / self.low).ln() / self.ratio.ln()
        first = int((middle - Decimal(count - 1) / 2).to_integral_value(ROUND_HALF_EVEN))
        prices = level_prices(self.low, self.ratio, first, count, self.tick)
        if prices is None or not prices[0] <= mid <= prices[-1]:
            return None
        moved = replace(self, first=first, prices=prices)
        return moved if self.centre is None else moved.with_centre(mid)
