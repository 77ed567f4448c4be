"""Poseidon2: the hash under Lighter's transactions, tokens and signatures."""

from __future__ import annotations

from collections.abc import Sequence

from simulation.servers.lighter.goldilocks import P
from simulation.servers.lighter.poseidon2_constants import DIAGONAL, EXTERNAL, INTERNAL
from simulation.servers.lighter.quintic import Element

_WIDTH = 12
_RATE = 8
_FIRST_ROUNDS, _LAST_ROUNDS = EXTERNAL[:4], EXTERNAL[4:]


def digest(words: Sequence[int]) -> Element:
    """Hash words to five."""
    h = sponge(words, 5)
    return h[0], h[1], h[2], h[3], h[4]


def sponge(words: Sequence[int], outputs: int) -> list[int]:
    """Hash any number of words to any number; what comes in overwrites, and nothing is padded."""
    state = [0] * _WIDTH
    for start in range(0, len(words), _RATE):
        chunk = words[start : start + _RATE]
        state[: len(chunk)] = chunk
        state = permute(state)
    found = state[:_RATE]
    while len(found) < outputs:
        state = permute(state)
        found += state[:_RATE]
    return found[:outputs]


def permute(state: Sequence[int]) -> list[int]:
    """Mix twelve words. In between they grow a few bits beyond p, which costs less than reducing them."""
    cells = _mix(list(state))
    for constants in _FIRST_ROUNDS:
        cells = _full_round(cells, constants)
    for constant in INTERNAL:
        cells = _partial_round(cells, constant)
    for constants in _LAST_ROUNDS:
        cells = _full_round(cells, constants)
    return [cell % P for cell in cells]


def _full_round(cells: list[int], constants: tuple[int, ...]) -> list[int]:
    powered = []
    for cell, constant in zip(cells, constants, strict=True):
        x = cell + constant
        square = x * x % P
        powered.append(square * square % P * square * x % P)
    return _mix(powered)


def _partial_round(cells: list[int], constant: int) -> list[int]:
    x = cells[0] + constant
    square = x * x % P
    cells[0] = square * square % P * square * x % P
    total = sum(cells)
    return [(total + cell * factor) % P for cell, factor in zip(cells, DIAGONAL, strict=True)]


def _mix(cells: list[int]) -> list[int]:
    """Mix each block of four, then add to every cell the sum of its column over the three blocks."""
    mixed: list[int] = []
    for at in (0, 4, 8):
        a, b, c, d = cells[at : at + 4]
        t = a + b + c + d
        mixed += (t + a + 2 * b, t + b + 2 * c, t + c + 2 * d, t + d + 2 * a)
    columns = [mixed[at] + mixed[at + 4] + mixed[at + 8] for at in range(4)] * 3
    return [cell + column for cell, column in zip(mixed, columns, strict=True)]


__all__ = ["digest", "permute", "sponge"]
