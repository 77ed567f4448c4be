"""What became of each transaction: status, times, heights. What `tx` and the account_tx channel tell."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import Any, Final

from simulation.servers.lighter.transactions import SignedTx

KEPT: Final = 20_000
"""Transactions that are remembered; they are the bulk of what a busy client leaves behind."""
GENESIS_HEIGHT: Final = 262_000_000
_BLOCK_NS: Final = 100_000_000


class TxStatus(IntEnum):
    """The venue's states of a transaction."""

    FAILED = 0
    PENDING = 1
    EXECUTED = 2


class TxRecord:
    """One transaction on its way."""

    def __init__(self, tx: SignedTx, tx_hash: str, now_ns: int, number: int) -> None:
        """File it as it was accepted."""
        self.tx = tx
        self.hash = tx_hash
        self.status = TxStatus.PENDING
        self.queued_ns = now_ns
        self.executed_ns = 0
        self.number = number
        self.error = ""

    def view(self, l1_address: str) -> dict[str, Any]:
        """Describe it."""
        tx = self.tx
        height = block_height(self.executed_ns or self.queued_ns)
        return {
            "hash": self.hash,
            "type": int(tx.tx_type),
            "info": tx.info,
            "event_info": json.dumps({"ae": self.error} if self.error else {}),
            "status": int(self.status),
            "transaction_index": self.number % 1000,
            "l1_address": l1_address,
            "account_index": tx["AccountIndex"],
            "nonce": tx["Nonce"],
            "expire_at": tx["ExpiredAt"],
            "block_height": height,
            "queued_at": self.queued_ns // 1_000_000,
            "executed_at": self.executed_ns // 1_000_000,
            "sequence_index": GENESIS_HEIGHT + self.number,
            "parent_hash": "",
            "api_key_index": tx["ApiKeyIndex"],
            "transaction_time": self.executed_ns // 1000,
            "committed_at": 0,
            "verified_at": 0,
        }


class TxFile:
    """The account's last transactions, oldest first."""

    def __init__(self, kept: int = KEPT) -> None:
        """Start empty."""
        self.by_hash: dict[str, TxRecord] = {}
        self._kept = kept
        self._count = 0

    def add(self, tx: SignedTx, tx_hash: str, now_ns: int) -> TxRecord:
        """File a transaction; the oldest makes room."""
        self._count += 1
        record = TxRecord(tx, tx_hash, now_ns, self._count)
        self.by_hash[tx_hash] = record
        if len(self.by_hash) > self._kept:
            del self.by_hash[next(iter(self.by_hash))]
        return record


def block_height(now_ns: int) -> int:
    """Give the height at a time: ten blocks a second."""
    return GENESIS_HEIGHT + now_ns // _BLOCK_NS % 10_000_000_000


__all__ = ["TxFile", "TxRecord", "TxStatus", "block_height"]
