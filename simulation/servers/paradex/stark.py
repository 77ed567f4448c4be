"""Message hashes, account addresses and signatures as Paradex makes them, on the STARK curve.

A message is a list of field elements hashed pairwise with Pedersen. The selectors below are the
masked Keccak hashes of the type texts beside them: constants of the protocol.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from types import ModuleType
from typing import Final

from helpers.errors import UserError

_DOMAIN: Final = 0x98D1932052FC5137543DE5ED85B7A88555A4CD1FF5D5BFEDB62ED9B9A1F0DB
"""StarkNetDomain(name:felt,chainId:felt,version:felt)"""
_ORDER: Final = 0xA56D5225B97B257C15AE2CB1CC0EA605381A886CD75463DB45FD2EF9FBC255
"""Order(timestamp:felt,market:felt,side:felt,orderType:felt,size:felt,price:felt)"""
_MODIFY: Final = 0x201789BB587C17B251FD38DAF43B14807010EA721C2929A8C2FC33BF15C2E2C
"""ModifyOrder(timestamp:felt,market:felt,side:felt,orderType:felt,size:felt,price:felt,id:felt)"""
_REQUEST: Final = 0x186CDEF6B179923C411C13C11B8A825F12BF34203BDDA0A984DA9D6F2313C2
"""Request(method:felt,path:felt,body:felt,timestamp:felt,expiration:felt)"""
_CONSTANT: Final = 0xE84BBCB68E0F7C73A9058BA82B6DA9C1FFDC502EFCF034E78B0C003C22ECC9
"""Constant(action:felt)"""
_INITIALIZE: Final = 0x79DC0DA7C54B95F10AA182AD0A46400DB63156920ADB65ECA2654C0945A463
"""initialize, the function that an account's proxy calls when it is deployed"""

_SCALE: Final = 8
"""Decimals of sizes and prices in what is signed; the rest is cut off, toward zero."""
_PRIME: Final = 2**251 + 17 * 2**192 + 1
_BETA: Final = 3141592653589793238462643383279502884197169399375105820974944592307816406665
_ELEMENTS: Final = 2**251
"""Both halves of a signature are below it."""
_ADDRESSES: Final = 2**251 - 256


def library() -> ModuleType:
    """Give the curve's functions, imported when first needed.

    Raises:
        UserError: the package is not installed; says how to mend it.
    """
    try:
        import fast_stark_crypto  # noqa: PLC0415 - an extra: only who simulates or trades this venue has it
    except ImportError:
        raise UserError("Paradex needs fast-stark-crypto", "make install EXTRAS=paradex") from None
    return fast_stark_crypto


@lru_cache(maxsize=4096)
def short_text(text: str) -> int:
    """Give a text of up to 31 ASCII characters as a field element."""
    return int.from_bytes(text.encode("ascii"), "big")


def hash_chain(elements: Iterable[int]) -> int:
    """Hash elements one after the other, and their number last."""
    pedersen, result, count = library().pedersen_hash, 0, 0
    for element in elements:
        result = pedersen(result, element)
        count += 1
    return int(pedersen(result, count))


def derive_address(proxy_class: int, account_class: int, public_key: int) -> int:
    """Give the address at which the account of a key is deployed."""
    calldata = hash_chain((account_class, _INITIALIZE, 2, public_key, 0))
    deployed = (short_text("STARKNET_CONTRACT_ADDRESS"), 0, public_key, proxy_class, calldata)
    return hash_chain(deployed) % _ADDRESSES


def is_public_key(number: int) -> bool:
    """Whether a number is the x coordinate of a point of the curve."""
    if not 0 < number < _PRIME:
        return False
    square = (pow(number, 3, _PRIME) + number + _BETA) % _PRIME
    return pow(square, (_PRIME - 1) // 2, _PRIME) == 1


def is_signed(public_key: int, message_hash: int, signature: tuple[int, int]) -> bool:
    """Whether a signature is this key's on this hash. The key must be a point of the curve."""
    r, s = signature
    if not (0 < r < _ELEMENTS and 0 < s < _ELEMENTS):  # the library panics on others
        return False
    return bool(library().verify(public_key, message_hash, r, s))


class Messages:
    """Hashes of the messages of one chain."""

    def __init__(self, chain_id: str) -> None:
        """Take the chain's name, as /system/config has it."""
        # The version is signed as the number 1.
        self._domain = hash_chain((_DOMAIN, short_text("Paradex"), short_text(chain_id), 1))

    def auth(self, account: int, timestamp_s: int, expiration_s: int) -> int:
        """Hash a log-in."""
        parts = (_REQUEST, short_text("POST"), short_text("/v1/auth"), 0, timestamp_s, expiration_s)
        return self._message(account, parts)

    def onboarding(self, account: int) -> int:
        """Hash an onboarding."""
        return self._message(account, (_CONSTANT, short_text("Onboarding")))

    def order(
        self,
        account: int,
        *,
        timestamp_ms: int,
        market: str,
        is_buy: bool,
        kind: str,
        size: Decimal,
        price: Decimal,
        order_id: int | None = None,
    ) -> int:
        """Hash an order, or with `order_id` the change of one; the price is 0 for MARKET."""
        side = 1 if is_buy else 2
        parts = (timestamp_ms, short_text(market), side, short_text(kind), _scaled(size), _scaled(price))
        if order_id is None:
            return self._message(account, (_ORDER, *parts))
        return self._message(account, (_MODIFY, *parts, order_id))

    def _message(self, account: int, parts: tuple[int, ...]) -> int:
        return hash_chain((short_text("StarkNet Message"), self._domain, account, hash_chain(parts)))


def _scaled(value: Decimal) -> int:
    return int(value.scaleb(_SCALE))


__all__ = ["Messages", "derive_address", "hash_chain", "is_public_key", "is_signed", "library", "short_text"]
