"""The field of degree five over Goldilocks, x^5 = 3: where the coordinates of the curve live."""

from __future__ import annotations

from typing import Final

from simulation.servers.lighter.goldilocks import P, is_square, square_root

Element = tuple[int, int, int, int, int]
"""Coefficients, constant term first, each below p."""

ZERO: Final[Element] = (0, 0, 0, 0, 0)
ONE: Final[Element] = (1, 0, 0, 0, 0)

_F1: Final = pow(3, (P - 1) // 5, P)
"""x^p = x times this."""
_F2, _F3, _F4 = (pow(_F1, power, P) for power in (2, 3, 4))


def add(a: Element, b: Element) -> Element:
    """Add."""
    return ((a[0] + b[0]) % P, (a[1] + b[1]) % P, (a[2] + b[2]) % P, (a[3] + b[3]) % P, (a[4] + b[4]) % P)


def subtract(a: Element, b: Element) -> Element:
    """Subtract."""
    return ((a[0] - b[0]) % P, (a[1] - b[1]) % P, (a[2] - b[2]) % P, (a[3] - b[3]) % P, (a[4] - b[4]) % P)


def negate(a: Element) -> Element:
    """Give -a."""
    return (-a[0] % P, -a[1] % P, -a[2] % P, -a[3] % P, -a[4] % P)


def multiply(a: Element, b: Element) -> Element:
    """Multiply; written out, for everything else is made of this."""
    a0, a1, a2, a3, a4 = a
    b0, b1, b2, b3, b4 = b
    return (
        (a0 * b0 + 3 * (a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1)) % P,
        (a0 * b1 + a1 * b0 + 3 * (a2 * b4 + a3 * b3 + a4 * b2)) % P,
        (a0 * b2 + a1 * b1 + a2 * b0 + 3 * (a3 * b4 + a4 * b3)) % P,
        (a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + 3 * a4 * b4) % P,
        (a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0) % P,
    )


def square(a: Element) -> Element:
    """Multiply by itself, in three fifths of the work."""
    a0, a1, a2, a3, a4 = a
    return (
        (a0 * a0 + 6 * (a1 * a4 + a2 * a3)) % P,
        (2 * a0 * a1 + 3 * (2 * a2 * a4 + a3 * a3)) % P,
        (2 * a0 * a2 + a1 * a1 + 6 * a3 * a4) % P,
        (2 * (a0 * a3 + a1 * a2) + 3 * a4 * a4) % P,
        (2 * (a0 * a4 + a1 * a3) + a2 * a2) % P,
    )


def scale(a: Element, factor: int) -> Element:
    """Multiply by a number."""
    return (a[0] * factor % P, a[1] * factor % P, a[2] * factor % P, a[3] * factor % P, a[4] * factor % P)


def power(a: Element, exponent: int) -> Element:
    """Raise to a power that is not negative."""
    result = ONE
    for bit in f"{exponent:b}":
        result = square(result)
        if bit == "1":
            result = multiply(result, a)
    return result


def invert(a: Element) -> Element:
    """Give 1/a; zero for zero, as the venue has it."""
    if a == ZERO:
        return ZERO
    others = _others(a)
    return scale(others, pow(_constant_of_product(a, others), -1, P))


def has_root(a: Element) -> bool:
    """Whether a is a square: it is one if its norm is."""
    return is_square(_norm(a))


def root(a: Element) -> Element | None:
    """Give a square root, or None: with r = (p^5 - 1)/(p - 1), a^((r + 1)/2) squared is a times the norm of a."""
    norm = _norm(a)
    norm_root = square_root(norm)
    if norm_root is None:
        return None
    if norm == 0:
        return ZERO
    half = power(_frobenius(a), (P + 1) // 2)
    candidate = multiply(a, multiply(half, _frobenius(_frobenius(half))))
    return scale(candidate, pow(norm_root, -1, P))


def _frobenius(a: Element) -> Element:
    return (a[0], a[1] * _F1 % P, a[2] * _F2 % P, a[3] * _F3 % P, a[4] * _F4 % P)


def _others(a: Element) -> Element:
    """Give the product of the four other conjugates of a."""
    once = _frobenius(a)
    two = multiply(once, _frobenius(once))
    return multiply(two, _frobenius(_frobenius(two)))


def _norm(a: Element) -> int:
    return _constant_of_product(a, _others(a))


def _constant_of_product(a: Element, b: Element) -> int:
    return (a[0] * b[0] + 3 * (a[1] * b[4] + a[2] * b[3] + a[3] * b[2] + a[4] * b[1])) % P


__all__ = [
    "ONE",
    "ZERO",
    "Element",
    "add",
    "has_root",
    "invert",
    "multiply",
    "negate",
    "power",
    "root",
    "scale",
    "square",
    "subtract",
]
