"""Nonces: which refusals use them up, batches, skipping, what happens to transactions behind a failed one."""

from __future__ import annotations

import json
from typing import Any

from lighter_server_scenes import BTC, Scene

from simulation.servers.lighter.transactions import TxType
from simulation.servers.lighter.tx_file import TxStatus


def nonce_of(scene: Scene) -> int:
    """Ask for the next nonce."""
    account = scene.identity.account_index
    return int(scene.get("nextNonce", account_index=account, api_key_index=5)[1]["nonce"])


def test_each_transaction_uses_the_next_nonce() -> None:
    """Accepted ones count at once; a repeated or a later nonce is 21104 and changes nothing."""
    scene = Scene()
    scene.place()
    assert nonce_of(scene) == 1
    for wrong in (0, 2):
        status, body = scene.send(TxType.CREATE_ORDER, nonce=wrong, **scene.order_fields())
        assert (status, body["code"]) == (400, 21104)
    assert nonce_of(scene) == 1


def test_a_refusal_of_the_api_keeps_the_nonce() -> None:
    """An order below the minimum is refused, and its nonce is good for the next."""
    scene = Scene()
    assert scene.refusal(BaseAmount=1) == 21706
    assert nonce_of(scene) == 0
    scene.place()


def test_two_cancels_at_once() -> None:
    """Both are accepted before the first arrives; the second fails at the sequencer and uses its nonce."""
    scene = Scene()
    order = scene.place()
    fields = {"MarketIndex": BTC, "Index": order.index}
    infos = [scene.tx(TxType.CANCEL_ORDER, nonce=nonce, **fields) for nonce in (1, 2)]
    body = batch(scene, [15, 15], infos)
    scene.wait(0.1)
    statuses = [scene.trading.txs.by_hash[tx_hash].status for tx_hash in body["tx_hash"]]
    assert statuses == [TxStatus.EXECUTED, TxStatus.FAILED]
    assert nonce_of(scene) == 3
    assert order.status == "canceled"


def batch(scene: Scene, kinds: list[int], infos: list[str]) -> dict[str, Any]:
    """Send a batch."""
    parameters = {"tx_types": json.dumps(kinds), "tx_infos": json.dumps(infos)}
    return scene.ask("POST", "/api/v1/sendTxBatch", parameters)[1]


def test_a_resting_order_without_margin_at_the_sequencer_keeps_the_nonce_and_fails_those_behind() -> None:
    """Two orders that each fit alone: the second does not fit any more, and the third's nonce no longer fits."""
    scene = Scene()
    lots = int(scene.trading.account.deposit * 12 / scene.trading.mark(scene.market()) / scene.market().step)
    infos = [
        scene.tx(TxType.CREATE_ORDER, nonce=nonce, **scene.order_fields(BaseAmount=size))
        for nonce, size in enumerate((lots, lots, 1_000))
    ]
    body = batch(scene, [14, 14, 14], infos)
    assert body["code"] == 200
    scene.wait(0.1)
    records = [scene.trading.txs.by_hash[tx_hash] for tx_hash in body["tx_hash"]]
    assert [record.status for record in records] == [TxStatus.EXECUTED, TxStatus.FAILED, TxStatus.FAILED]
    assert [record.error for record in records] == ["", "not enough margin to create the order", "invalid nonce"]
    assert nonce_of(scene) == 1


def test_a_deadline_that_passes_on_the_way_keeps_the_nonce() -> None:
    """ExpiredAt is looked at by the API and again by the sequencer."""
    scene = Scene()
    fields = scene.order_fields()
    late = scene.tx(TxType.CREATE_ORDER, nonce=0, deadline_ms=scene.now_ms, **fields)
    assert scene.post(TxType.CREATE_ORDER, late)[1]["code"] == 21501
    close = scene.tx(TxType.CREATE_ORDER, nonce=0, deadline_ms=scene.now_ms + 2, **fields)
    status, body = scene.post(TxType.CREATE_ORDER, close)
    assert status == 200
    scene.wait(0.1)
    assert scene.trading.txs.by_hash[body["tx_hash"]].error == "transaction is expired"
    assert nonce_of(scene) == 0


def test_deadlines_may_be_ignored() -> None:
    """For rehearsals that outrun the wall clock, a past ExpiredAt says nothing."""
    scene = Scene(checks_deadline=False)
    late = scene.tx(TxType.CREATE_ORDER, nonce=0, deadline_ms=5, **scene.order_fields())
    assert scene.post(TxType.CREATE_ORDER, late)[0] == 200
    scene.wait(0.1)
    assert len(scene.trading.orders.live) == 1


def test_skipping_takes_any_later_nonce() -> None:
    """With attribute 4 the nonce may jump ahead, never back."""
    scene = Scene()
    order = scene.place(nonce=40, attributes={"4": 1})
    assert order.status == "open"
    assert nonce_of(scene) == 41
    status, body = scene.send(TxType.CREATE_ORDER, nonce=40, attributes={"4": 1}, **scene.order_fields())
    assert (status, body["code"]) == (400, 21104)


def test_a_batch_is_taken_whole_or_not_at_all() -> None:
    """A second order that is refused takes the first with it; the nonces are free again."""
    scene = Scene()
    good = scene.tx(TxType.CREATE_ORDER, nonce=0, **scene.order_fields())
    bad = scene.tx(TxType.CREATE_ORDER, nonce=1, **scene.order_fields(BaseAmount=1))
    assert batch(scene, [14, 14], [good, bad])["code"] == 21706
    assert nonce_of(scene) == 0
    assert batch(scene, [14], [good])["code"] == 200


def test_batches_that_are_none() -> None:
    """Too many, none at all, of two lengths, of two keys, of no JSON, with one client order index twice."""
    scene = Scene()
    infos = [scene.tx(TxType.CREATE_ORDER, nonce=nonce, **scene.order_fields()) for nonce in range(16)]
    assert batch(scene, [14] * 16, infos)["code"] == 21514
    assert batch(scene, [], [])["code"] == 21514
    assert batch(scene, [14], infos[:2])["code"] == 20001
    assert scene.ask("POST", "/api/v1/sendTxBatch", {"tx_types": "x", "tx_infos": "[]"})[1]["code"] == 20001
    assert scene.ask("POST", "/api/v1/sendTxBatch", {"tx_types": "[]", "tx_infos": "x"})[1]["code"] == 20001
    fields = scene.order_fields()
    twice = [scene.tx(TxType.CREATE_ORDER, nonce=nonce, **fields) for nonce in (0, 1)]
    assert batch(scene, [14, 14], twice)["code"] == 21728
    other = json.dumps(json.loads(infos[1]) | {"ApiKeyIndex": 6})
    assert batch(scene, [14, 14], [infos[0], other])["code"] == 21121


def test_unknown_accounts_and_keys() -> None:
    """Another account is 21100, a free key index 21109, one beyond all 21110."""
    scene = Scene()
    account = scene.identity.account_index
    for asked, code in (((account + 1, 5), 21100), ((account, 6), 21109), ((account, 300), 21110)):
        status, body = scene.get("nextNonce", account_index=asked[0], api_key_index=asked[1])
        assert (status, body["code"]) == (400, code)


def test_a_taker_that_waits_does_not_hold_up_the_nonces_behind_it() -> None:
    """A cancel sent after a market order overtakes its speed bump and still fits."""
    scene = Scene()
    resting = scene.place()
    taking = scene.order_fields(Price=scene.ticks(1.01), TimeInForce=0)
    assert scene.send(TxType.CREATE_ORDER, **taking)[0] == 200
    assert scene.send(TxType.CANCEL_ORDER, MarketIndex=BTC, Index=resting.client_index)[0] == 200
    scene.wait(0.03)
    taker = scene.trading.orders.find(taking["ClientOrderIndex"])
    assert taker is not None
    assert (resting.status, taker.status) == ("canceled", "in-progress")
    scene.wait(0.3)
    assert taker.status == "filled"
