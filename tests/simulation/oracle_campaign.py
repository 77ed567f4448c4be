"""Holds the venue against its slow double on as many random worlds as wanted: `oracle_campaign.py [SEEDS] [FIRST]`.

Each seed is ten dense worlds and three sparse ones, the same as in test_oracle.py. The first world that
differs is cut down, request by request and row by row, and shown. It is no test and pytest does
not collect it; run it with `PYTHONPATH=.:tests:tests/simulation`.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace

from oracle_duel import differences
from oracle_worlds import OracleWorld, dense_world, sparse_world
from slow_book import QUOTE, SlowRow
from venue_scenes import START_NS, S

MAKERS = ((dense_world, 10), (sparse_world, 3))
"""How to make a world, and how many of them a seed is."""


def worlds(seed: int) -> dict[str, OracleWorld]:
    """Make the worlds of a seed."""
    each = ((make, number) for make, count in MAKERS for number in range(count))
    return {f"{make.__name__} {seed}-{number}": make(random.Random(f"{seed}-{number}")) for make, number in each}


def slimmed(world: OracleWorld) -> OracleWorld:
    """Leave out every request and every row without which the world still differs."""
    while True:
        smaller = next((less for less in _with_less(world) if differences(less)), None)
        if smaller is None:
            return world
        world = smaller


def _with_less(world: OracleWorld) -> list[OracleWorld]:
    """Give the world without one stretch of requests or rows, long stretches first."""
    longest = max(len(world.acts), *(len(rows) for rows in world.tapes.values()))
    found, size = [], 1 << longest.bit_length()
    while size:
        for at in range(0, longest, size):
            found.append(replace(world, acts=world.acts[:at] + world.acts[at + size :]))
            for ticker, rows in world.tapes.items():
                rest = repeating_quotes(rows[:at] + rows[at + size :])
                found.append(replace(world, tapes={**world.tapes, ticker: rest}))
        size //= 2
    fits = (len(world.acts), sum(map(len, world.tapes.values())))
    sizes = [(less, (len(less.acts), sum(map(len, less.tapes.values())))) for less in found if all(less.tapes.values())]
    return [less for less, figures in sizes if figures != fits]


def repeating_quotes(rows: list[SlowRow]) -> list[SlowRow]:
    """Let each trade repeat the quote before it, as a tape must."""
    best, result = (0, 0, 0, 0), []
    for row in rows:
        best = row[2:6] if row[1] == QUOTE else best
        result.append((*row[:2], *best, *row[6:]))
    return result


def show(world: OracleWorld) -> str:
    """Write a world down, times in seconds."""
    lines = [str(world.terms)]
    rows = [(row[0], 0, f"{ticker} {row[1:]}") for ticker, rows in world.tapes.items() for row in rows]
    acts = [(act.at_ns, 1, f"{act.what} {act.account} {act.ticker} {act.key} {act.details}") for act in world.acts]
    happens = sorted(rows + acts, key=lambda entry: entry[:2])
    return "\n".join(lines + [f"  {(at - START_NS) / S:g} s  {text}" for at, _, text in happens] + differences(world))


def main(count: int = 1000, first: int = 0) -> int:
    """Run the seeds, say which worlds differ, and give how many."""
    different = 0
    for seed in range(first, first + count):
        for name, world in worlds(seed).items():
            found = differences(world)
            if found and not different:
                sys.stdout.write(f"{name}, cut down:\n{show(slimmed(world))}\n")
            elif found:
                sys.stdout.write(f"{name}: {found[0][:400]}\n")
            different += bool(found)
    sys.stdout.write(f"{count} seeds, {count * sum(each for _, each in MAKERS)} worlds, {different} different\n")
    return different


if __name__ == "__main__":
    sys.exit(min(1, main(*map(int, sys.argv[1:]))))
