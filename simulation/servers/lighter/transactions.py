"""Lighter's signed transactions: what each kind carries, and the hash that is signed.

The hash runs over the numbers in a fixed order, not over the JSON text.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Final

import msgspec

from simulation.servers.lighter.errors import Refused, invalid_tx
from simulation.servers.lighter.goldilocks import P, to_bytes
from simulation.servers.lighter.poseidon2 import digest, sponge
from simulation.servers.lighter.quintic import Element


class TxType(IntEnum):
    """The kinds a trading client sends."""

    CREATE_ORDER = 14
    CANCEL_ORDER = 15
    CANCEL_ALL_ORDERS = 16
    MODIFY_ORDER = 17
    UPDATE_LEVERAGE = 20
    CREATE_GROUPED_ORDERS = 28


class Attribute(IntEnum):
    """Keys of the optional attributes."""

    INTEGRATOR_ACCOUNT = 1
    SKIP_NONCE = 4
    CANCEL_ALL_MARKET = 5
    SELF_TRADE_BEHAVIOUR = 6


ORDER_FIELDS: Final = (
    "MarketIndex",
    "ClientOrderIndex",
    "BaseAmount",
    "Price",
    "IsAsk",
    "Type",
    "TimeInForce",
    "ReduceOnly",
    "TriggerPrice",
    "OrderExpiry",
)
_FIELDS: Final[Mapping[TxType, tuple[str, ...]]] = {
    TxType.CREATE_ORDER: ORDER_FIELDS,
    TxType.CANCEL_ORDER: ("MarketIndex", "Index"),
    TxType.CANCEL_ALL_ORDERS: ("TimeInForce", "Time"),
    TxType.MODIFY_ORDER: ("MarketIndex", "Index", "BaseAmount", "Price", "TriggerPrice"),
    TxType.UPDATE_LEVERAGE: ("MarketIndex", "InitialMarginFraction", "MarginMode"),
    TxType.CREATE_GROUPED_ORDERS: ("GroupingType",),
}
_COMMON: Final = ("Nonce", "ExpiredAt", "AccountIndex", "ApiKeyIndex")
_MOST_ATTRIBUTES: Final = 4
_MOST: Final = 2**63


class SignedTx(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction as it came, its numbers checked to be numbers."""

    tx_type: TxType
    numbers: Mapping[str, int]
    """Everything but signature, attributes and grouped orders, by the venue's names."""
    orders: tuple[Mapping[str, int], ...] = ()
    """Of a grouped order."""
    attributes: Mapping[int, int] = {}
    signature: bytes
    info: str
    """The JSON text."""

    def __getitem__(self, name: str) -> int:
        """Give a number by its name."""
        return self.numbers[name]

    def attribute(self, key: Attribute) -> int:
        """Give an attribute; zero is what it is without."""
        return self.attributes.get(int(key), 0)

    def message(self, chain_id: int) -> Element:
        """Give the five words that are signed."""
        words = [chain_id, int(self.tx_type), *(self[name] for name in _COMMON)]
        words += (self[name] for name in _FIELDS[self.tx_type])
        if self.orders:
            words += _folded(self.orders)
        hashed = digest([word % P for word in words])
        pairs = _pairs(self.attributes)
        return digest(hashed + digest(pairs)) if any(pairs) else hashed


def hash_text(message: Element) -> str:
    """Write a hash as the venue does: 80 hex digits."""
    return to_bytes(message).hex()


def read_tx(tx_type: int, info: str) -> SignedTx:
    """Read a transaction.

    Raises:
        Refused: a kind that is not traded with, or text that is none of its kind.
    """
    try:
        kind = TxType(tx_type)
    except ValueError:
        raise Refused(21500, f"transaction type {tx_type} is not simulated") from None
    try:
        fields = msgspec.json.decode(info, type=dict[str, Any])
    except msgspec.DecodeError:
        raise invalid_tx("not a JSON object") from None
    orders = fields.get("Orders") if kind is TxType.CREATE_GROUPED_ORDERS else None
    return SignedTx(
        tx_type=kind,
        numbers=_numbers(fields, (*_COMMON, *_FIELDS[kind])),
        orders=tuple(_numbers(order, ORDER_FIELDS) for order in _list(orders)),
        attributes=_attributes(fields.get("L2TxAttributes")),
        signature=_signature(fields.get("Sig")),
        info=info,
    )


def _numbers(fields: Mapping[str, Any], names: Sequence[str]) -> dict[str, int]:
    found = {name: fields.get(name) for name in names}
    for name, value in found.items():
        if type(value) is not int or not 0 <= value < _MOST:
            raise invalid_tx(name)
    return {name: int(value) for name, value in found.items() if value is not None}


def _list(orders: object) -> list[dict[str, Any]]:
    if orders is None:
        return []
    if not isinstance(orders, list) or not all(isinstance(order, dict) for order in orders):
        raise invalid_tx("Orders")
    return orders


def _attributes(given: object) -> dict[int, int]:
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > _MOST_ATTRIBUTES:
        raise invalid_tx("L2TxAttributes")
    found = {}
    for key, value in given.items():
        if not str(key).isdecimal() or type(value) is not int or not 0 <= value < _MOST:
            raise invalid_tx("L2TxAttributes")
        found[int(key)] = value
    return dict(sorted(found.items()))


def _signature(given: object) -> bytes:
    if not isinstance(given, str):
        raise invalid_tx("Sig")
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_tx("Sig") from None


def _folded(orders: Sequence[Mapping[str, int]]) -> list[int]:
    folded: list[int] = []
    for order in orders:
        hashed = sponge([order[name] % P for name in ORDER_FIELDS], 4)
        folded = sponge(folded + hashed, 4) if folded else hashed
    return folded


def _pairs(attributes: Mapping[int, int]) -> list[int]:
    """List what is set; zero means "not set" but for the market of a cancel-all, where zero is a market."""
    words = [word for pair in attributes.items() if pair[1] or pair[0] == Attribute.CANCEL_ALL_MARKET for word in pair]
    return words + [0] * (2 * _MOST_ATTRIBUTES - len(words))


__all__ = ["ORDER_FIELDS", "Attribute", "SignedTx", "TxType", "hash_text", "read_tx"]
