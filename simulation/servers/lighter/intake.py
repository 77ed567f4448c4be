"""The way of a transaction: the API accepts it, the sequencer uses its nonce, the engine carries it out.

Refused at the API: nothing happened, the nonce is free. Past it, the nonce is used up, except
where the deadline has passed meanwhile or a resting order has no margin: then the nonces sent
after it no longer fit, and they fail too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from simulation.servers.lighter.api_keys import ApiKey, ApiKeys
from simulation.servers.lighter.errors import Refused, invalid_param, invalid_tx
from simulation.servers.lighter.options import Terms
from simulation.servers.lighter.order_changes import OrderChanges
from simulation.servers.lighter.order_entry import OrderEntry
from simulation.servers.lighter.quota import Quota
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.transactions import Attribute, SignedTx, TxType, hash_text, read_tx
from simulation.servers.lighter.tx_file import TxRecord, TxStatus

MOST_IN_BATCH: Final = 15
_NS_PER_MS: Final = 1_000_000
_MAX_DEADLINE_MS: Final = 2**48 - 1


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What the API answers to transactions it took."""

    hashes: tuple[str, ...]
    predicted_ms: int
    quota_left: int
    quota_text: str


class Intake:
    """Takes transactions for one account."""

    def __init__(self, trading: Trading, keys: ApiKeys) -> None:
        """Work on the account."""
        self._trading = trading
        self._keys = keys
        self.entry = OrderEntry(trading)
        self.changes = OrderChanges(trading)
        self.quota = Quota(trading)
        self._last_ns = 0

    # -- the API ----------------------------------------------------------------------------

    def accept(self, sent: Sequence[tuple[int, str]]) -> Accepted:
        """Accept one transaction or a batch of one key, all or none.

        Raises:
            Refused: nothing was done.
        """
        txs = [read_tx(kind, info) for kind, info in sent]
        if not txs or len(txs) > MOST_IN_BATCH:
            raise Refused(21514, f"a batch carries 1 to {MOST_IN_BATCH} transactions")
        if len({(tx["AccountIndex"], tx["ApiKeyIndex"]) for tx in txs}) > 1:
            raise Refused(21121, "a batch is of one account and one api key")
        key = self._keys.find(txs[0]["AccountIndex"], txs[0]["ApiKeyIndex"])
        messages = [self._verify(key, tx) for tx in txs]
        expected = key.expected
        try:
            for tx in txs:
                key.take_nonce(tx["Nonce"], skips=_skips(tx))
                self._check(tx)
            _check_repeats(txs)
            quota_text = self.quota.take([tx.tx_type for tx in txs])
        except Refused:
            key.expected = expected
            raise
        due = [self._queue(key, tx, message) for tx, message in zip(txs, messages, strict=True)]
        return Accepted(
            hashes=tuple(messages),
            predicted_ms=max(due) // _NS_PER_MS,
            quota_left=self.quota.left,
            quota_text=quota_text,
        )

    def _verify(self, key: ApiKey, tx: SignedTx) -> str:
        options, now_ms = self._trading.options, self._trading.now_ns // _NS_PER_MS
        if tx["ExpiredAt"] > _MAX_DEADLINE_MS or (options.checks_deadline and tx["ExpiredAt"] <= now_ms):
            raise invalid_tx("ExpiredAt is invalid")
        message = tx.message(options.chain_id)
        key.check_signature(message, tx.signature)
        return hash_text(message)

    def _check(self, tx: SignedTx) -> None:
        match tx.tx_type:
            case TxType.CREATE_ORDER:
                self.entry.check(tx)
            case TxType.CANCEL_ORDER:
                self.changes.check_cancel(tx)
            case TxType.MODIFY_ORDER:
                self.changes.check_modify(tx)
            case TxType.CANCEL_ALL_ORDERS:
                self.changes.check_cancel_all(tx)
            case TxType.UPDATE_LEVERAGE:
                self.changes.check_leverage(tx)
            case TxType.CREATE_GROUPED_ORDERS:
                raise Refused(21500, "grouped orders are not simulated")

    # -- the sequencer ----------------------------------------------------------------------

    def _queue(self, key: ApiKey, tx: SignedTx, tx_hash: str) -> int:
        """Send it on; give when the engine will have it."""
        trading = self._trading
        record = trading.txs.add(tx, tx_hash, trading.now_ns)
        if tx.tx_type is TxType.CREATE_ORDER and tx["ClientOrderIndex"]:
            trading.orders.coming.add(tx["ClientOrderIndex"])
        travel = trading.options.sequencer.draw(trading.rng)
        self._last_ns = max(self._last_ns + 1, trading.now_ns + travel)
        bump = self._bump(tx, trading.terms)
        trading.venue.core.agenda.at(self._last_ns, partial(self._sequence, key, record, bump))
        return self._last_ns + bump

    def _bump(self, tx: SignedTx, terms: Terms) -> int:
        is_taker = tx.tx_type is TxType.CREATE_ORDER and self.entry.is_taker(tx)
        return (terms.taker_delay if is_taker else terms.maker_delay).draw(self._trading.rng)

    def _sequence(self, key: ApiKey, record: TxRecord, bump: int) -> None:
        trading, tx = self._trading, record.tx
        nonce, now_ms = tx["Nonce"], trading.now_ns // _NS_PER_MS
        trading.orders.coming.discard(tx.numbers.get("ClientOrderIndex", 0))
        error = ""
        if not key.sequence(nonce, skips=_skips(tx)):
            error = "invalid nonce"
        elif trading.options.checks_deadline and tx["ExpiredAt"] <= now_ms:
            error = "transaction is expired"
        elif tx.tx_type is TxType.CREATE_ORDER and self.entry.keeps_nonce(tx):
            error = "not enough margin to create the order"
        if error:
            key.fall_back()
            self._finish(record, error)
            return
        key.consume(nonce, trading.now_ns // 1000)
        order = self.entry.file(tx) if tx.tx_type is TxType.CREATE_ORDER else None
        action = partial(self.entry.place, tx, order) if order is not None else None
        if bump:
            trading.venue.core.agenda.at(trading.now_ns + bump, partial(self._carry_out, record, action))
        else:
            self._carry_out(record, action)

    def _carry_out(self, record: TxRecord, place: partial[None] | None) -> None:
        tx, error = record.tx, ""
        if place is not None:
            place()
        elif tx.tx_type is TxType.CANCEL_ORDER:
            error = self.changes.cancel(tx)
        elif tx.tx_type is TxType.MODIFY_ORDER:
            error = self.changes.modify(tx)
        elif tx.tx_type is TxType.CANCEL_ALL_ORDERS:
            error = self.changes.cancel_all(tx)
        else:
            error = self.changes.leverage(tx)
        self._finish(record, error)

    def _finish(self, record: TxRecord, error: str) -> None:
        record.status = TxStatus.FAILED if error else TxStatus.EXECUTED
        record.error, record.executed_ns = error, self._trading.now_ns
        self._trading.filed(record)


def read_batch(types: str, infos: str) -> list[tuple[int, str]]:
    """Read the two JSON arrays of a batch: numbers, and texts or objects.

    Raises:
        Refused: they are no such arrays, or differ in length.
    """
    try:
        kinds = msgspec.json.decode(types, type=list[int])
    except msgspec.DecodeError:
        raise invalid_param("tx_types") from None
    try:
        texts = msgspec.json.decode(infos, type=list[str | dict[str, object]])
    except msgspec.DecodeError:
        raise invalid_param("tx_infos") from None
    if len(kinds) != len(texts):
        raise invalid_param("tx_types and tx_infos differ in length")
    return [(kind, info_text(text)) for kind, text in zip(kinds, texts, strict=True)]


def info_text(info: str | dict[str, object]) -> str:
    """Give a transaction as JSON text; the stream also takes it as an object."""
    return info if isinstance(info, str) else msgspec.json.encode(info).decode()


def _skips(tx: SignedTx) -> bool:
    return tx.attribute(Attribute.SKIP_NONCE) == 1


def _check_repeats(txs: Sequence[SignedTx]) -> None:
    """Refuse a batch that uses one client order index twice."""
    chosen = [tx["ClientOrderIndex"] for tx in txs if tx.tx_type is TxType.CREATE_ORDER and tx["ClientOrderIndex"]]
    if len(set(chosen)) < len(chosen):
        raise Refused(21728, "client order index already exists")


__all__ = ["MOST_IN_BATCH", "Accepted", "Intake", "info_text", "read_batch"]
