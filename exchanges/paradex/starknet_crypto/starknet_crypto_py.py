"""The four functions of `starknet-crypto-py` that paradex-py imports, done by fast-stark-crypto.

Signatures of fast-stark-crypto are randomised and valid: they differ from one call to the next,
so the seed that the original takes has nothing to act on.
"""

from __future__ import annotations

import fast_stark_crypto


def get_public_key(private_key: int) -> int:
    """Give the x coordinate of the public key."""
    return int(fast_stark_crypto.get_public_key(private_key))


def pedersen_hash(left: int, right: int) -> int:
    """Hash two field elements into one."""
    return int(fast_stark_crypto.pedersen_hash(left, right))


def sign(private_key: int, msg_hash: int, seed: int = 32) -> tuple[int, int]:
    """Sign a message hash; gives r and s."""
    del seed
    r, s = fast_stark_crypto.sign(private_key, msg_hash)
    return int(r), int(s)


def verify(public_key: int, msg_hash: int, r: int, s: int) -> bool:
    """Tell whether a signature belongs to this key and message hash."""
    return bool(fast_stark_crypto.verify(public_key=public_key, msg_hash=msg_hash, r=r, s=s))
