"""Schnorr signatures as Lighter has them: 80 bytes, s then e, over five hashed words."""

from __future__ import annotations

from functools import cache
from typing import Final

from simulation.servers.lighter.curve import GENERATOR, ORDER, Multiples, decode, encode, total
from simulation.servers.lighter.goldilocks import are_canonical, to_bytes, to_words
from simulation.servers.lighter.poseidon2 import digest
from simulation.servers.lighter.quintic import Element

KEY_BYTES: Final = 40
SIGNATURE_BYTES: Final = 80


class PublicKey:
    """Checks the signatures of one key. Building one costs some tens of milliseconds, a check a few."""

    def __init__(self, data: bytes) -> None:
        """Take the 40 bytes of the key.

        Raises:
            ValueError: they are no public key.
        """
        point = decode(_element(data))
        if point is None:
            raise ValueError("the neutral element is no key")
        self._multiples = Multiples(point)

    def verifies(self, message: Element, signature: bytes) -> bool:
        """Whether the signature is this key's, on this message."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        s, e = (int.from_bytes(signature[at : at + KEY_BYTES], "little") for at in (0, KEY_BYTES))
        if s >= ORDER or e >= ORDER:
            return False
        point = total([*_generator().terms(s), *self._multiples.terms(e)])
        return _challenge(encode(point), message) == e


def public_key_of(private_key: int) -> bytes:
    """Give the 40 bytes of the public key of a scalar."""
    return to_bytes(encode(total(_generator().terms(private_key))))


def sign(private_key: int, message: Element, once: int) -> bytes:
    """Sign five words with a number that is used once and never told."""
    e = _challenge(encode(total(_generator().terms(once))), message)
    s = (once - e * private_key) % ORDER
    return s.to_bytes(KEY_BYTES, "little") + e.to_bytes(KEY_BYTES, "little")


def _challenge(name: Element, message: Element) -> int:
    return int.from_bytes(to_bytes(digest(name + message)), "little") % ORDER


@cache
def _generator() -> Multiples:
    return Multiples(GENERATOR)


def _element(data: bytes) -> Element:
    words = to_words(data)
    if len(data) != KEY_BYTES or not are_canonical(words):
        raise ValueError("a public key is 40 bytes of five field elements")
    return words[0], words[1], words[2], words[3], words[4]


__all__ = ["KEY_BYTES", "SIGNATURE_BYTES", "PublicKey", "public_key_of", "sign"]
