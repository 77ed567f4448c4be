"""Random worlds for the venue and its slow double: tapes as rows, and what two customers do.

A dense world is a few rows and requests within some ticks and some instants, so that everything
meets. A sparse world is thousands of rows of which few come near the customers' prices; those few
like to lie at multiples of 256 rows and at the ends of odd chunks. All randomness is drawn from
the `random.Random` that is given.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from oracle_customers import Act, Customers
from oracle_tapes import SparseTape, calm_rows, dense_rows
from slow_book import SlowRow
from slow_records import Terms
from venue_scenes import START_NS, D, S

from helpers.enums import Side

ACCOUNTS = "ab"
TICKERS = ("BTC", "ETH")
CHUNKS = ((1,), (2, 3), (255,), (256,), (257,), (4096,), (1, 255, 256, 257, 3), (512, 1), (10**6,))


@dataclass(frozen=True)
class OracleWorld:
    """Everything that happens, and how the venue is driven through it."""

    terms: Terms
    tapes: dict[str, list[SlowRow]]
    chunk_rows: tuple[int, ...]
    acts: list[Act]
    by_events: bool
    """Whether time goes from event to event, or jumps from act to act."""

    @property
    def end_ns(self) -> int:
        """A time at which all is over, two settlements later."""
        last = max([rows[-1][0] for rows in self.tapes.values()] + [act.at_ns for act in self.acts])
        return last + 7300 * S


def dense_world(rng: random.Random) -> OracleWorld:
    """Give a short world in which prices and instants meet again and again."""
    unit = rng.choice([600 * S, S])
    base = rng.choice([4, 100, 1000])
    tickers = TICKERS[: rng.choice([1, 1, 1, 2])]
    if rng.random() < 0.5:
        prices = {Side.BUY: [base - 1, base, base, base + 1], Side.SELL: [base + 1, base + 2, base + 2, base + 3]}
        tapes = {ticker: calm_rows(rng, base, unit) for ticker in tickers}
    else:
        prices = {side: [base + n for n in range(-3, 5)] for side in Side}
        tapes = {ticker: dense_rows(rng, base, unit) for ticker in tickers}
    customers = Customers(rng, tickers, prices, 15, unit)
    acts = customers.acts(START_NS, rng.randint(3, 30), [0, 0, 0, unit, unit, unit // 2, 2 * unit])
    delays = [rng.choice([0, 0, unit, unit // 2, 2 * unit]) for _ in range(2)]
    depth = rng.choice([(10, 4, 6), (8, 3), (9,), (10, 0, 5)])
    return OracleWorld(_terms(rng, delays, depth), tapes, rng.choice(CHUNKS[:4]), acts, rng.random() < 0.3)


def sparse_world(rng: random.Random) -> OracleWorld:
    """Give a long world that seldom comes near the customers' prices."""
    tickers = TICKERS[: rng.choice([1, 1, 1, 2])]
    many = rng.random() < 0.5
    hot = {Side.BUY: [970, 969, 960] if many else [970], Side.SELL: [1030, 1031, 1040] if many else [1030]}
    steps = rng.choice([[S], [0, S], [0] * 300 + [200 * S], [S, 3 * S], [0] * 20 + [30 * S]])
    length = rng.choice([300, 600, 600, 900, 900, 1200, 5000])
    tapes = {ticker: SparseTape(rng, steps, hot).write(length) for ticker in tickers}
    lasts_ns = max(rows[-1][0] for rows in tapes.values()) - START_NS
    customers = Customers(rng, tickers, hot, 60, S, patient=rng.random() < 0.6)
    count = rng.randint(8, 40)
    pause = max(2, lasts_ns // count // S)
    acts = customers.acts(START_NS, count, [0, 0, S, *(rng.randrange(pause) * 2 * S for _ in range(4))])
    delays = [rng.choice([0, S, 3 * S, 7 * S // 2]) for _ in range(2)]
    depth = rng.choice([(100, 20, 30), (100, 20, 30, 5), (50, 0, 7)])
    return OracleWorld(_terms(rng, delays, depth), tapes, rng.choice(CHUNKS[2:]), acts, rng.random() < 0.3)


def _terms(rng: random.Random, delays: list[int], depth: tuple[int, ...]) -> Terms:
    fees = rng.choice([("0.0002", "0.0005"), ("-0.0001", "0.0003"), ("0.001", "0")])
    most = rng.choice([2, 5, 200, 200])
    return Terms(delays[0], delays[1], D(fees[0]), D(fees[1]), most, D("0.1"), D("0.001"), depth)
