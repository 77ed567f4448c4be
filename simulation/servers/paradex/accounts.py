"""Who has an account: addresses, the keys that may sign for them, and the one account that grows from the seed."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from simulation.servers.paradex.stark import derive_address, library

PROXY_CLASS: Final = "0x3530cc4759d78042f1b543bf797f5f3d647cde0388c33734cf91b7f7b9314a9"
ACCOUNT_CLASS: Final = "0x033434ad846cdd5f23eb73ff09fe6fddd568284a0fb7d1be20ee482f044dabe2"
_CURVE_ORDER: Final = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F


class SeededKeys(msgspec.Struct, frozen=True):
    """The keys of the funded account. They open nothing anywhere else."""

    l1_address: str
    private_key: int
    subkey: int
    """Private key of a second key of the same account."""


def seeded_keys(seed: int) -> SeededKeys:
    """Grow keys from a seed."""

    def number(name: str) -> int:
        digest = hashlib.sha512(f"paradex {name} {seed}".encode()).digest()
        return int.from_bytes(digest, "big")

    def private(name: str) -> int:
        return number(name) % (_CURVE_ORDER - 1) + 1

    return SeededKeys(f"0x{number('l1') % 2**160:040x}", private("key"), private("subkey"))


def public_key(private_key: int) -> int:
    """Give the public key of a private one."""
    return int(library().get_public_key(private_key))


def address_of(key: int) -> str:
    """Give the address of the account whose main key this is."""
    return hex(derive_address(int(PROXY_CLASS, 16), int(ACCOUNT_CLASS, 16), key))


class AccountRegistry:
    """Accounts that are onboarded, by address, with their public keys."""

    def __init__(self) -> None:
        """Know nobody."""
        self._keys: dict[str, list[int]] = {}

    def onboard(self, address: str, key: int) -> None:
        """Open an account with its main key, or do nothing if it is open."""
        self._keys.setdefault(address, [key])

    def add_subkey(self, address: str, key: int) -> None:
        """Let another key sign for an account."""
        self._keys[address].append(key)

    def is_onboarded(self, address: str) -> bool:
        """Whether the account is open."""
        return address in self._keys

    def main_key(self, address: str) -> int:
        """Give the key that the account was opened with."""
        return self._keys[address][0]

    def may_sign(self, address: str, key: int) -> bool:
        """Whether a key signs for the account."""
        return key in self._keys.get(address, ())


__all__ = ["ACCOUNT_CLASS", "PROXY_CLASS", "AccountRegistry", "SeededKeys", "address_of", "public_key", "seeded_keys"]
