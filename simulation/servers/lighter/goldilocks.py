"""The field of 2^64 - 2^32 + 1 elements that Lighter's hashes and signatures are made in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

P: Final = 2**64 - 2**32 + 1
WORD_BYTES: Final = 8

_TWO_ADICITY: Final = 32
"""p - 1 = 2^32 x odd."""
_ODD: Final = (P - 1) >> _TWO_ADICITY
_ROOT: Final = pow(7, _ODD, P)
"""7 generates the field, so this has order 2^32."""


def is_square(value: int) -> bool:
    """Whether the value has a root in the field."""
    return value == 0 or pow(value, (P - 1) // 2, P) == 1


def square_root(value: int) -> int | None:
    """Give a root, or None if there is none (Tonelli and Shanks)."""
    if value == 0:
        return 0
    if not is_square(value):
        return None
    order, root_of_one = _TWO_ADICITY, _ROOT
    result, rest = pow(value, (_ODD + 1) // 2, P), pow(value, _ODD, P)
    while rest != 1:
        doublings, power = 0, rest
        while power != 1:
            power, doublings = power * power % P, doublings + 1
        factor = pow(root_of_one, 1 << (order - doublings - 1), P)
        order, root_of_one = doublings, factor * factor % P
        result, rest = result * factor % P, rest * root_of_one % P
    return result


def to_words(data: bytes) -> tuple[int, ...]:
    """Cut bytes into little-endian words; the length is a multiple of 8."""
    return tuple(int.from_bytes(data[at : at + WORD_BYTES], "little") for at in range(0, len(data), WORD_BYTES))


def to_bytes(words: Iterable[int]) -> bytes:
    """Join words, little-endian."""
    return b"".join(word.to_bytes(WORD_BYTES, "little") for word in words)


def are_canonical(words: Sequence[int]) -> bool:
    """Whether every word is below p: anything else would be a second spelling of the same element."""
    return all(word < P for word in words)


__all__ = ["WORD_BYTES", "P", "are_canonical", "is_square", "square_root", "to_bytes", "to_words"]
