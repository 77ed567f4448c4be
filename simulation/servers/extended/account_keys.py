"""The one account's keys: grown from the seed, so that a restart of the simulator knows the same client."""

from __future__ import annotations

import random
from typing import Final

import msgspec

from helpers.errors import UserError

_CURVE_ORDER: Final = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the venue's networks is simulated."""

    name: str
    chain_id: str
    """What every signature binds itself to."""
    expiry_days: int
    """How far ahead an order may expire."""


TESTNET: Final = Network(name="testnet", chain_id="SN_SEPOLIA", expiry_days=28)
MAINNET: Final = Network(name="mainnet", chain_id="SN_MAIN", expiry_days=90)


class AccountKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What a client of the account knows, and the numbers the venue gave it."""

    api_key: str
    private_key: int
    public_key: int
    vault: int
    account_id: int

    def __repr__(self) -> str:
        """Show no secret."""
        return f"AccountKeys(account_id={self.account_id}, vault={self.vault})"


def keys_from(seed: int) -> AccountKeys:
    """Make the account's keys.

    Raises:
        UserError: the package that does the curve's arithmetic is not installed.
    """
    try:
        from fast_stark_crypto.lib import get_public_key  # noqa: PLC0415 - native code, an extra
    except ImportError:
        raise UserError("the Extended simulator needs fast-stark-crypto", "make install EXTRAS=extended") from None
    rng = random.Random(f"extended:{seed}")  # noqa: S311 - an account of a simulator, the same at every start
    private_key = rng.randrange(1, _CURVE_ORDER)
    return AccountKeys(
        api_key=f"{rng.getrandbits(128):032x}",
        private_key=private_key,
        public_key=get_public_key(private_key),
        vault=rng.randrange(100_000, 1_000_000),
        account_id=rng.randrange(100_000, 1_000_000),
    )


__all__ = ["MAINNET", "TESTNET", "AccountKeys", "Network", "keys_from"]
