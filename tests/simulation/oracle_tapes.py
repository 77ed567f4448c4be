"""Random tapes for the venue and its slow double, as rows of integers: restless, calm, and long ones."""

from __future__ import annotations

import random

from slow_book import BOUGHT, QUOTE, SOLD, UNKNOWN, SlowRow
from venue_scenes import START_NS

from helpers.enums import Side

TRADES = (BOUGHT, SOLD, UNKNOWN)


class TapeScript:
    """Rows one after the other."""

    def __init__(self, rng: random.Random, steps_ns: list[int]) -> None:
        self.rng = rng
        self.steps_ns = steps_ns
        self.now_ns = START_NS
        self.best = (0, 0, 0, 0)
        self.rows: list[SlowRow] = []

    def quote(self, bid: int, bid_lots: int, ask: int, ask_lots: int) -> None:
        """Change the book; what is not above zero is a missing side."""
        self.best = (bid, bid_lots) if bid > 0 else (0, 0)
        self.best += (ask, ask_lots) if ask > 0 else (0, 0)
        self._row(QUOTE, 0, 0)

    def trade(self, kind: int, price: int, lots: int) -> None:
        """Print a trade."""
        self._row(kind, max(1, price), lots)

    def _row(self, kind: int, price: int, lots: int) -> None:
        self.now_ns += self.rng.choice(self.steps_ns)
        self.rows.append((self.now_ns, kind, *self.best, price, lots))


def calm_rows(rng: random.Random, base: int, unit: int) -> list[SlowRow]:
    """Stand still for long, so that queues shorten bit by bit."""
    script = TapeScript(rng, [0, unit, unit, 2 * unit])
    script.quote(base, rng.randint(1, 30), base + 2, rng.randint(1, 30))
    for _ in range(rng.randint(10, 80)):
        what = rng.random()
        if what < 0.4:
            price = rng.choice([base, base, base + 1, base + 2, base + 2, base - 1, base + 3])
            script.trade(rng.choice(TRADES), price, rng.choice([1, 2, 3, 5, 8, 20]))
        elif what < 0.9:
            bid, bid_lots, ask, ask_lots = script.best
            lots = rng.choice([(bid_lots, rng.randint(1, 30)), (rng.randint(1, 30), ask_lots), (5, 5)])
            script.quote(bid or base, lots[0] or 9, ask or base + 2, lots[1] or 9)
        elif what < 0.95:
            script.quote(base, rng.randint(1, 30), base + 2, rng.randint(1, 30))
        else:
            _dense_quote(rng, script, base)
    return script.rows


def dense_rows(rng: random.Random, base: int, unit: int) -> list[SlowRow]:
    """Move about a price without rest: locked, crossed, half empty and empty books among the others."""
    script = TapeScript(rng, [0, 0, unit, unit, 2 * unit])
    script.quote(base, rng.randint(1, 12), base + 1, rng.randint(1, 12))
    for _ in range(rng.randint(4, 60)):
        if rng.random() < 0.45:
            script.trade(rng.choice(TRADES), base + rng.randint(-3, 4), rng.choice([1, 2, 3, 5, 8, 13, 30]))
        else:
            _dense_quote(rng, script, base)
    return script.rows


def _dense_quote(rng: random.Random, script: TapeScript, base: int) -> None:
    """Change one side or both; sometimes to nothing, or so that they lock or cross."""
    bid, bid_lots, ask, ask_lots = script.best
    what = rng.choice(["lots", "lots", "one side", "one side", "both", "both", "same", "any", "missing"])
    if what in {"lots", "one side"}:
        moves = rng.choice([-1, 1, -2, 2]) if what == "one side" else 0
        if rng.random() < 0.5:
            bid, bid_lots = (bid or base) + moves, rng.randint(1, 12)
        else:
            ask, ask_lots = (ask or base + 1) + moves, rng.randint(1, 12)
    elif what in {"both", "any"}:
        bid, bid_lots, ask_lots = base + rng.randint(-3, 4), rng.randint(1, 12), rng.randint(1, 12)
        ask = bid + rng.randint(1, 3) if what == "both" else base + rng.randint(-3, 4)
    elif what == "missing":
        bid, ask = rng.choice([(0, ask), (bid, 0), (0, 0)])
    script.quote(bid, bid_lots or 1, ask, ask_lots or 1)


class SparseTape(TapeScript):
    """Long stretches far away, visits at the hot prices, and stays at them."""

    def __init__(self, rng: random.Random, steps_ns: list[int], hot: dict[Side, list[int]]) -> None:
        super().__init__(rng, steps_ns)
        self.hot = hot
        self.flicker = rng.choice([0, 0.002, 0.01])
        """How often a side is missing while the market is far away."""
        self.target = self._any_target()

    def write(self, rows: int) -> list[SlowRow]:
        """Write so many rows, and a few more."""
        self.quote(1000, 50, 1001, 50)
        while len(self.rows) < rows:
            part = self.rng.choice([self._far, self._far, self._stay] + [self._visits] * 5)
            part()
        return self.rows

    def _far(self) -> None:
        """Move about the middle until some row, which likes to be close to a multiple of 256."""
        rng, length = self.rng, self.rng.choice([3, 40, 250, 500])
        if rng.random() < 0.7:
            aim = (len(self.rows) + length) // 256 * 256 + 256 + rng.randint(-2, 2)
            length = aim - len(self.rows)
        for _ in range(length):
            if rng.random() < self.flicker:
                self._miss(rng.choice(list(Side)), 0)
            elif rng.random() < 0.3:
                kind = rng.choice(TRADES)
                self.trade(kind, 1000 if kind == SOLD else 1001, rng.randint(1, 500))
            else:
                bid = 1000 + rng.randint(-4, 4)
                self.quote(bid, rng.randint(1, 99), bid + rng.randint(1, 3), rng.randint(1, 99))

    def _visits(self) -> None:
        """Come to a hot price for a row or some, mostly to the one of the visit before, and go again."""
        rng = self.rng
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            if rng.random() < 0.2:
                self.target = self._any_target()
            rng.choice([self._trade_at] * 5 + [self._quote_at] * 5 + [self._miss])(*self.target)
        if rng.random() < 0.7:
            self.quote(1000, 50, 1001, 50)

    def _any_target(self) -> tuple[Side, int]:
        side = self.rng.choice(list(Side))
        return side, self.rng.choice(self.hot[side])

    def _trade_at(self, side: Side, price: int) -> None:
        kind = self.rng.choice([BOUGHT if side is Side.SELL else SOLD] * 4 + list(TRADES))
        away = self.rng.choice([0, 0, 0, 1, -1])
        self.trade(kind, price - side.sign * away, self.rng.choice([1, 5, 20, 25, 40, 200]))

    def _quote_at(self, side: Side, price: int) -> None:
        """Bring a side's own best price, or the opposite one, to the hot price or one beyond or short of it."""
        rng, spread = self.rng, self.rng.choice([1, 1, 2, 0, -1])
        price += rng.choice([0, 0, 0, 1, -1])
        own = price if rng.random() < 0.6 else price - side.sign * spread
        bid, ask = (own, own + spread) if side is Side.BUY else (own - spread, own)
        self.quote(bid, rng.choice([1, 3, 10, 15, 60, 300]), ask, rng.choice([1, 3, 10, 15, 60, 300]))

    def _miss(self, side: Side, _: int) -> None:
        bid, bid_lots, ask, ask_lots = self.best
        if side is Side.BUY:
            bid = 0
        else:
            ask = 0
        self.quote(bid, bid_lots, ask, ask_lots)

    def _stay(self) -> None:
        """Stand at a hot price for long, mostly with more lots than stand before anybody."""
        rng, (side, price) = self.rng, self._any_target()
        bid, ask = (price, price + 1) if side is Side.BUY else (price - 1, price)
        for _ in range(rng.choice([30, 200, 400])):
            if rng.random() < 0.2:
                kind = rng.choice(TRADES) if rng.random() < 0.05 else (BOUGHT if side is Side.BUY else SOLD)
                self.trade(kind, rng.choice([bid, ask]), rng.randint(1, 9))
            else:
                lots = [rng.randint(200, 300), rng.randint(200, 300)]
                if rng.random() < 0.02:
                    lots[rng.randrange(2)] = rng.randint(1, 150)
                self.quote(bid, lots[0], ask, lots[1])
