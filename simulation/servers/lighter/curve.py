"""ECgFp5, the curve Lighter signs on: points, their 40-byte names, and sums of many points at once.

y^2 = x^3 + Ax + B over the quintic field. All points handled are of the odd order ORDER, so
none is its own opposite. None is the neutral element.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from simulation.servers.lighter.goldilocks import P
from simulation.servers.lighter.quintic import (
    ONE,
    ZERO,
    Element,
    add,
    has_root,
    invert,
    multiply,
    negate,
    root,
    scale,
    square,
    subtract,
)

Point = tuple[Element, Element]
"""x and y."""

ORDER: Final = 1067993516717146951041484916571792702745057740581727230159139685185762082554198619328292418486241
GENERATOR: Final[Point] = (
    (11712523173042564207, 14090224426659529053, 13197813503519687414, 16280770174934269299, 15998333998318935536),
    (14639054205878357578, 17426078571020221072, 2548978194165003307, 8663895577921260088, 9793640284382595140),
)
_A: Final[Element] = (6148914689804861439, 263, 0, 0, 0)
_TWO: Final[Element] = (2, 0, 0, 0, 0)
_FOUR_B: Final[Element] = (0, 4 * 263, 0, 0, 0)
_SHIFT: Final[Element] = (2 * pow(3, -1, P) % P, 0, 0, 0, 0)
_HALF: Final = pow(2, -1, P)

_WINDOW: Final = 4
"""Bits of a scalar that one table row covers."""
_WINDOWS: Final = -(-ORDER.bit_length() // _WINDOW)


def encode(point: Point | None) -> Element:
    """Name a point: y / (2/3 - x); zero is the neutral element."""
    if point is None:
        return ZERO
    x, y = point
    return multiply(y, invert(subtract(_SHIFT, x)))


def decode(name: Element) -> Point | None:
    """Find the point of a name.

    Raises:
        ValueError: no point has it.
    """
    if name == ZERO:
        return None
    e = subtract(square(name), _TWO)
    r = root(subtract(square(e), _FOUR_B))
    if r is None:
        raise ValueError("no point of the curve")
    x = scale(add(e, r), _HALF)
    if not has_root(x):
        x = scale(subtract(e, r), _HALF)
    return add(x, _SHIFT), negate(multiply(name, x))


def total(points: Sequence[Point | None]) -> Point | None:
    """Add many points: pair by pair, sharing one inversion among all pairs of a round."""
    left = [point for point in points if point is not None]
    while len(left) > 1:
        odd = [left.pop()] if len(left) % 2 else []
        left = [point for point in _add_pairs(left[::2], left[1::2]) if point is not None] + odd
    return left[0] if left else None


class Multiples:
    """Multiples of one point, ready to be added: sixteen for each four bits of a scalar."""

    def __init__(self, point: Point) -> None:
        """Compute them: some tens of milliseconds."""
        self._rows = _rows(point)

    def terms(self, scalar: int) -> list[Point | None]:
        """Give points whose sum is scalar times the point; the scalar is from 0 to below 2^320."""
        found = []
        for row in self._rows:
            found.append(row[scalar % (1 << _WINDOW)])
            scalar >>= _WINDOW
        return found


def _rows(point: Point) -> list[list[Point | None]]:
    """Double every base in turn, then fill all rows side by side, so that inversions are shared."""
    bases: list[Point | None] = [point]
    while len(bases) < _WINDOWS:
        base = bases[-1]
        for _ in range(_WINDOW):
            base = total([base, base])
        bases.append(base)
    columns: list[list[Point | None]] = [[None] * _WINDOWS, bases]
    while len(columns) < 1 << _WINDOW:
        columns.append(_add_all(columns[-1], bases))
    return [list(row) for row in zip(*columns, strict=True)]


def _add_all(a: Sequence[Point | None], b: Sequence[Point | None]) -> list[Point | None]:
    """Add two lists place by place."""
    sums: list[Point | None] = [second if first is None else first for first, second in zip(a, b, strict=True)]
    both = [at for at, pair in enumerate(zip(a, b, strict=True)) if None not in pair]
    firsts = [point for at in both if (point := a[at]) is not None]
    seconds = [point for at in both if (point := b[at]) is not None]
    for at, point in zip(both, _add_pairs(firsts, seconds), strict=True):
        sums[at] = point
    return sums


def _add_pairs(firsts: Sequence[Point], seconds: Sequence[Point]) -> list[Point | None]:
    slopes = [_slope(a, b) for a, b in zip(firsts, seconds, strict=True)]
    inverses = _invert_all([below for _, below in slopes])
    return [
        None if below == ZERO else _chord(a, b, multiply(above, inverse))
        for a, b, (above, below), inverse in zip(firsts, seconds, slopes, inverses, strict=True)
    ]


def _slope(a: Point, b: Point) -> tuple[Element, Element]:
    """Give the slope of the line through both as a fraction; below is zero where they are opposite."""
    if a[0] != b[0]:
        return subtract(b[1], a[1]), subtract(b[0], a[0])
    if a[1] == b[1]:
        return add(scale(square(a[0]), 3), _A), scale(a[1], 2)
    return ZERO, ZERO


def _chord(a: Point, b: Point, slope: Element) -> Point:
    x = subtract(subtract(square(slope), a[0]), b[0])
    return x, subtract(multiply(slope, subtract(a[0], x)), a[1])


def _invert_all(values: Sequence[Element]) -> list[Element]:
    """Invert all with one inversion (Montgomery); zero stays zero."""
    products, running = [], ONE
    for value in values:
        products.append(running)
        if value != ZERO:
            running = multiply(running, value)
    rest, inverses = invert(running), [ZERO] * len(values)
    for at in range(len(values) - 1, -1, -1):
        if values[at] != ZERO:
            inverses[at] = multiply(rest, products[at])
            rest = multiply(rest, values[at])
    return inverses


__all__ = ["GENERATOR", "ORDER", "Multiples", "Point", "decode", "encode", "total"]
