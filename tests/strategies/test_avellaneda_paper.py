"""The experiment of the paper (section 3.3), run with the strategy's own reservation price and half-spread.

s = 100, T = 1, sigma = 2, dt = 0.005, q = 0 at first, gamma = 0.1, k = 1.5, A = 140: in each step the mid goes up or
down by sigma sqrt(dt), and a quote at distance d from the mid fills with probability A exp(-k d) dt.
`python tests/strategies/test_avellaneda_paper.py` prints the figures of the strategy's page.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from strategies.avellaneda_stoikov.model import half_spread, reservation_price

D = Decimal
STEPS, DT = 200, D("0.005")
START, VARIANCE, KAPPA, RATE = D(100), D(4), D("1.5"), 140
STEP_SIZE = 2 * math.sqrt(0.005)


class Result(NamedTuple):
    """What many runs came to."""

    spread: float
    profit: float
    profit_std: float
    inventory: float
    inventory_std: float


def experiment(gamma: Decimal, runs: int, seed: int, *, leans: bool) -> Result:
    """Run it with quotes around the reservation price, or around the mid with the same average spread."""
    taus = [1 - DT * step for step in range(STEPS)]
    halves = [half_spread(gamma, KAPPA, VARIANCE, tau) for tau in taus]
    if not leans:
        halves = [sum(halves, D(0)) / STEPS] * STEPS
    rng = random.Random(seed)
    ended = [_run(gamma if leans else D(0), taus, halves, rng) for _ in range(runs)]
    profits, inventories = zip(*ended, strict=True)
    return Result(
        float(2 * sum(halves, D(0)) / STEPS),
        statistics.fmean(profits),
        statistics.stdev(profits),
        statistics.fmean(inventories),
        statistics.stdev(inventories),
    )


def _run(gamma: Decimal, taus: list[Decimal], halves: list[Decimal], rng: random.Random) -> tuple[float, int]:
    mid, cash, held = float(START), 0.0, 0
    for tau, half in zip(taus, halves, strict=True):
        # The shift does not depend on the mid, so the mid may be the binary number that the walk makes.
        shift, distance = float(reservation_price(D(0), D(held), gamma, D(1), VARIANCE, tau)), float(half)
        below, above = distance - shift, distance + shift
        if rng.random() < RATE * math.exp(-1.5 * below) * 0.005:
            held, cash = held + 1, cash - (mid - below)
        if rng.random() < RATE * math.exp(-1.5 * above) * 0.005:
            held, cash = held - 1, cash + mid + above
        mid += STEP_SIZE if rng.random() < 0.5 else -STEP_SIZE
    return cash + held * mid, held


@pytest.mark.parametrize(("gamma", "seed"), [("0.1", 1), ("0.1", 2), ("0.5", 3)])
def test_inventory_varies_far_less_than_a_symmetric_quoter_s(gamma: str, seed: int) -> None:
    """At the same spread: inventory and profit vary less than half and two thirds as much, for a little less profit."""
    leaning, symmetric = (experiment(D(gamma), 300, seed, leans=leans) for leans in (True, False))
    assert leaning.spread == pytest.approx(symmetric.spread)
    assert leaning.inventory_std < 0.5 * symmetric.inventory_std
    assert leaning.profit_std < 0.67 * symmetric.profit_std
    assert 0.6 * symmetric.profit < leaning.profit < symmetric.profit


def test_hardly_any_aversion_is_hardly_any_lean() -> None:
    """With gamma a thousandth the two are alike, so it is gamma that makes the difference."""
    leaning, symmetric = (experiment(D("0.001"), 300, 4, leans=leans) for leans in (True, False))
    assert leaning.inventory_std > 0.8 * symmetric.inventory_std


if __name__ == "__main__":
    for gamma in ("0.01", "0.1", "0.5"):
        for leans, name in ((True, "leaning"), (False, "symmetric")):
            found = experiment(D(gamma), 1000, 7, leans=leans)
            cells = " | ".join(f"{figure:.2f}" for figure in found)
            sys.stdout.write(f"| {gamma} | {name} | {cells} |\n")
