"""Which key the native signer holds under each pair of numbers: its registry is one for the whole process.

It is keyed by API key index and account index, and the last key given wins, for older users too.
So two different keys, or one key for two networks, must never share a pair in one run.
"""

from __future__ import annotations

import hashlib

from helpers.errors import UserError


class SignerClaims:
    """Counts who uses which pair with which key; of a key it keeps a digest only."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._held: dict[tuple[int, int], tuple[bytes, int]] = {}

    def take(self, pair: tuple[int, int], key: str, chain_id: int) -> None:
        """Claim a pair for a key; the same key may claim it again.

        Raises:
            UserError: another key holds it.
        """
        mark = hashlib.sha256(f"{chain_id}:{key}".encode()).digest()
        held, count = self._held.get(pair, (mark, 0))
        if held != mark:
            raise UserError(
                f"two different Lighter keys or networks share API key {pair[0]} of account {pair[1]} in one run",
                "use the same key for both, or run them apart: the signer would mix them up",
            )
        self._held[pair] = (mark, count + 1)

    def give_back(self, pair: tuple[int, int]) -> None:
        """Release one claim."""
        mark, count = self._held.pop(pair)
        if count > 1:
            self._held[pair] = (mark, count - 1)


__all__ = ["SignerClaims"]
