"""The simulator's one customer: account index, Ethereum address and API key, all from the seed."""

from __future__ import annotations

import random

from simulation.servers.lighter.curve import ORDER
from simulation.servers.lighter.options import LighterOptions
from simulation.servers.lighter.schnorr import KEY_BYTES, public_key_of


class Identity:
    """Who trades here. The private key is known because it is a simulated one."""

    def __init__(self, options: LighterOptions) -> None:
        """Draw it."""
        rng = random.Random(f"lighter:{options.seed}")  # noqa: S311 - a simulated key must repeat
        drawn = rng.randrange(100_000, 900_000)
        self.account_index = drawn if options.account_index is None else options.account_index
        self.l1_address = f"0x{rng.randbytes(20).hex()}"
        self.api_key_index = options.api_key_index
        self.private_key = rng.randrange(1, ORDER)
        self.public_key = public_key_of(self.private_key)

    @property
    def private_key_hex(self) -> str:
        """The private key as the SDK takes it: 80 hex digits, little-endian."""
        return self.private_key.to_bytes(KEY_BYTES, "little").hex()

    def env_lines(self, http_url: str) -> list[str]:
        """Give the lines of an .env file."""
        return [
            f"LIGHTER_ACCOUNT_INDEX={self.account_index}",
            f"LIGHTER_L1_ADDRESS={self.l1_address}",
            f"LIGHTER_API_KEY_INDEX={self.api_key_index}",
            f"LIGHTER_API_KEY_PRIVATE_KEY={self.private_key_hex}",
            "LIGHTER_ENVIRONMENT=mainnet",
            f"LIGHTER_URL={http_url}",
        ]


__all__ = ["Identity"]
