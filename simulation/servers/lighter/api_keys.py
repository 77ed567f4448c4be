"""API keys as the venue sees them: public key, nonces, which signatures are checked."""

from __future__ import annotations

from simulation.servers.lighter.errors import Refused, invalid_auth, invalid_nonce
from simulation.servers.lighter.poseidon2 import digest
from simulation.servers.lighter.quintic import Element
from simulation.servers.lighter.schnorr import PublicKey

_MAX_TOKEN_S = 8 * 3600
_KEY_255 = 255
"""Stands for all keys in a query."""


class ApiKey:
    """One key of the account."""

    def __init__(self, index: int, public_key: bytes, sample: int) -> None:
        """Register a key whose nonces begin at zero; check one signature of `sample`."""
        self.index = index
        self.public_key = public_key
        self.expected = 0
        """The nonce the API takes next."""
        self.sequenced = 0
        """The nonce the sequencer takes next."""
        self.transaction_time_us = 0
        self.checked = 0
        """Signatures of transactions that were checked."""
        self._sample = max(1, sample)
        self._seen = 0
        self._checker: PublicKey | None = None

    def check_signature(self, message: Element, signature: bytes) -> None:
        """Check a transaction's signature if it is one of the sample.

        Raises:
            Refused: it is not this key's.
        """
        is_due = self._seen % self._sample == 0
        if is_due:
            self.checked += 1
            if not self.verifies(message, signature):
                raise Refused(21120, "invalid signature")
        self._seen += 1

    def verifies(self, message: Element, signature: bytes) -> bool:
        """Whether this key signed the message."""
        if self._checker is None:
            self._checker = PublicKey(self.public_key)
        return self._checker.verifies(message, signature)

    def take_nonce(self, nonce: int, *, skips: bool) -> None:
        """Accept a nonce at the API.

        Raises:
            Refused: it is not the next one, or with skipping one that is past.
        """
        if nonce < self.expected or (nonce > self.expected and not skips):
            raise invalid_nonce(self.expected)
        self.expected = nonce + 1

    def sequence(self, nonce: int, *, skips: bool) -> bool:
        """Whether the sequencer may take this nonce now; nothing is consumed yet."""
        return nonce == self.sequenced or (skips and nonce > self.sequenced)

    def consume(self, nonce: int, time_us: int) -> None:
        """Count a nonce as used."""
        self.sequenced = nonce + 1
        self.transaction_time_us = time_us

    def fall_back(self) -> None:
        """Expect again what the sequencer expects: a transaction failed without using its nonce."""
        self.expected = self.sequenced


class ApiKeys:
    """All keys of the account."""

    def __init__(self, account_index: int) -> None:
        """Start without keys."""
        self.account_index = account_index
        self.keys: dict[int, ApiKey] = {}

    def add(self, key: ApiKey) -> None:
        """Register a key."""
        self.keys[key.index] = key

    def find(self, account_index: int, index: int) -> ApiKey:
        """Find the key of a transaction or query.

        Raises:
            Refused: no such account or key.
        """
        if account_index != self.account_index:
            raise Refused(21100, "account not found")
        if index in self.keys:
            return self.keys[index]
        if index >= _KEY_255:
            raise Refused(21110, "invalid api key index")
        raise Refused(21109, "api key not found")

    def select(self, account_index: int, index: int | None) -> list[ApiKey]:
        """List the keys a query names; 255 or none is all of them."""
        if index is None or index == _KEY_255:
            if account_index != self.account_index:
                raise Refused(21100, "account not found")
            return list(self.keys.values())
        return [self.find(account_index, index)]

    def check_token(self, token: str, now_ns: int) -> None:
        """Check an auth token: "expiry:account:key:signature".

        Raises:
            Refused: it is not valid now.
        """
        parts = token.split(":")
        if len(parts) != 4 or not all(part.isdecimal() for part in parts[:3]):  # noqa: PLR2004 - its four parts
            raise invalid_auth("malformed token")
        expiry_s, account, index = (int(part) for part in parts[:3])
        key = self.keys.get(index)
        if account != self.account_index or key is None:
            raise invalid_auth("unknown account or api key")
        now_s = now_ns // 1_000_000_000
        if expiry_s <= now_s:
            raise invalid_auth("expired token")
        if expiry_s > now_s + _MAX_TOKEN_S:
            raise invalid_auth("expiry is too far in the future")
        if not key.verifies(token_message(token.rpartition(":")[0]), _from_hex(parts[3])):
            raise invalid_auth("invalid signature")


def token_message(text: str) -> Element:
    """Give the five words that are signed for "expiry:account:key"."""
    data = text.encode()
    data += bytes(-len(data) % 8)
    return digest([int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data), 8)])


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


__all__ = ["ApiKey", "ApiKeys", "token_message"]
