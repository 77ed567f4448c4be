"""Transaction hashes and auth tokens against published ones; what is no transaction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lighter_server_samples import number, vectors
from lighter_server_scenes import Scene

from simulation.servers.lighter.api_keys import ApiKey, ApiKeys
from simulation.servers.lighter.errors import Refused
from simulation.servers.lighter.schnorr import PublicKey, public_key_of
from simulation.servers.lighter.transactions import Attribute, TxType, hash_text, read_tx

APPROVE_INTEGRATOR = 45
CANCEL: dict[str, Any] = {
    "AccountIndex": 1,
    "ApiKeyIndex": 5,
    "MarketIndex": 0,
    "Index": 7,
    "ExpiredAt": 9,
    "Nonce": 0,
    "Sig": "",
    "L2TxAttributes": None,
}


def test_hashes_and_signatures_of_the_published_transactions(shared_data: Path) -> None:
    """Orders, cancels and changes, with attributes and without, hash as published; right chain verifies, wrong not."""
    for vector in vectors(shared_data, "tx_oracle"):
        if vector["tx_type"] == APPROVE_INTEGRATOR:
            continue
        tx = read_tx(vector["tx_type"], vector["tx_info"])
        key = PublicKey(public_key_of(number(vector["sk"])))
        message = tx.message(vector["chain_id"])
        assert hash_text(message) == vector["tx_hash"]
        assert key.verifies(message, tx.signature)
        assert not key.verifies(tx.message(304), tx.signature)


def test_published_auth_tokens_are_taken_until_they_expire(shared_data: Path) -> None:
    """Each token is good a second before its deadline and refused at it, or with another account's keys."""
    for vector in vectors(shared_data, "auth_token_oracle"):
        keys = ApiKeys(vector["account_index"])
        keys.add(ApiKey(vector["api_key_index"], public_key_of(number(vector["sk"])), 1))
        before_ns = (vector["deadline"] - 1) * 1_000_000_000
        keys.check_token(vector["token"], before_ns)
        with pytest.raises(Refused, match="expired"):
            keys.check_token(vector["token"], before_ns + 1_000_000_000)
        keys.account_index += 1
        with pytest.raises(Refused, match="unknown account"):
            keys.check_token(vector["token"], before_ns)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"MarketIndex": "0"}, "MarketIndex"),
        ({"Index": -1}, "Index"),
        ({"Nonce": True}, "Nonce"),
        ({"ExpiredAt": None}, "ExpiredAt"),
        ({"Sig": "???"}, "Sig"),
        ({"Sig": 5}, "Sig"),
        ({"L2TxAttributes": [1]}, "L2TxAttributes"),
        ({"L2TxAttributes": {"x": 1}}, "L2TxAttributes"),
        ({"L2TxAttributes": {str(key): 1 for key in range(5)}}, "L2TxAttributes"),
    ],
)
def test_what_is_no_transaction_names_the_field(change: dict[str, Any], what: str) -> None:
    """A field of another kind is refused with 21501 and its name."""
    with pytest.raises(Refused, match=what) as caught:
        read_tx(TxType.CANCEL_ORDER, json.dumps(CANCEL | change))
    assert caught.value.code == 21501


def test_text_that_is_no_object_is_refused() -> None:
    """JSON of another kind, or none, is 21501."""
    for text in ("[]", "{", ""):
        with pytest.raises(Refused, match="not a JSON object"):
            read_tx(TxType.CANCEL_ORDER, text)
    with pytest.raises(Refused, match="Orders"):
        read_tx(TxType.CREATE_GROUPED_ORDERS, json.dumps(CANCEL | {"GroupingType": 1, "Orders": [1]}))


def test_attributes_that_are_not_set_do_not_change_the_hash() -> None:
    """Zero is "not set" for all but the market of a cancel-all, where zero is a market."""
    plain = read_tx(TxType.CANCEL_ORDER, json.dumps(CANCEL)).message(304)
    assert read_tx(TxType.CANCEL_ORDER, json.dumps(CANCEL | {"L2TxAttributes": {"4": 0}})).message(304) == plain
    with_market = {str(int(Attribute.CANCEL_ALL_MARKET)): 0}
    assert read_tx(TxType.CANCEL_ORDER, json.dumps(CANCEL | {"L2TxAttributes": with_market})).message(304) != plain


def test_kinds_that_are_not_simulated_are_refused_cleanly() -> None:
    """A withdrawal, and grouped orders that can be read, are refused with 21500; nothing is used up."""
    scene = Scene()
    status, body = scene.post(13, "{}")
    assert (status, body["code"]) == (400, 21500)
    order = scene.order_fields()
    status, body = scene.send(TxType.CREATE_GROUPED_ORDERS, GroupingType=1, Orders=[order, order])
    assert (status, body["code"]) == (400, 21500)
    assert scene.get("nextNonce", account_index=scene.identity.account_index, api_key_index=5)[1]["nonce"] == 0


def test_a_tampered_transaction_is_refused() -> None:
    """A changed price after signing is 21120, and the nonce stays free."""
    scene = Scene(signature_sample=1)
    info = scene.tx(TxType.CREATE_ORDER, nonce=0, **scene.order_fields())
    fields = json.loads(info)
    fields["Price"] += 1
    assert scene.post(TxType.CREATE_ORDER, json.dumps(fields))[1] == {"code": 21120, "message": "invalid signature"}
    assert scene.post(TxType.CREATE_ORDER, info)[0] == 200


def test_a_transaction_for_another_chain_is_refused() -> None:
    """Signed for the testnet, it is no signature on mainnet, and the other way round it is one."""
    fields = Scene().order_fields()
    wrong = Scene()
    assert wrong.send(TxType.CREATE_ORDER, chain_id=300, **fields)[1]["code"] == 21120
    right = Scene(chain_id=300)
    assert right.send(TxType.CREATE_ORDER, chain_id=300, **fields)[0] == 200


def test_signatures_are_checked_on_a_sample() -> None:
    """With a sample of three, of seven transactions the first, fourth and seventh are checked."""
    scene = Scene(signature_sample=3)
    for _ in range(7):
        scene.place()
    assert scene.front.keys.keys[5].checked == 3


def test_a_bad_first_signature_is_checked_again() -> None:
    """Until a key's first signature is good, every one is checked."""
    scene = Scene(signature_sample=100)
    for _ in range(3):
        assert scene.send(TxType.CREATE_ORDER, chain_id=300, **scene.order_fields())[0] == 400
    assert scene.front.keys.keys[5].checked == 3


def test_the_answer_carries_hash_time_and_quota() -> None:
    """Accepted is code 200 with the hash that was signed, the predicted time and what is left of the quota."""
    scene = Scene()
    fields = scene.order_fields()
    info = scene.tx(TxType.CREATE_ORDER, nonce=0, **fields)
    status, body = scene.post(TxType.CREATE_ORDER, info)
    assert status == 200
    assert body["code"] == 200
    assert body["tx_hash"] == hash_text(read_tx(TxType.CREATE_ORDER, info).message(304))
    assert abs(body["predicted_execution_time_ms"] - scene.now_ms) < 20
    assert body["volume_quota_remaining"] == 999_999
    assert json.loads(body["message"]) == {"ratelimit": "999999 volume quota remaining"}


@pytest.mark.parametrize("token", ["", "1:2:3", "a:1:5:00", "9:1:5", "1:1:9:00"])
def test_what_is_no_token(token: str) -> None:
    """Malformed tokens and unknown keys are 20013."""
    with pytest.raises(Refused) as caught:
        Scene().front.keys.check_token(token, 0)
    assert caught.value.code == 20013


def test_tokens_of_wrong_signature_or_too_long_a_life() -> None:
    """A token for more than eight hours, or signed over another text, is refused."""
    scene = Scene()
    now_ns = scene.front.venue.core.now_ns
    scene.front.keys.check_token(scene.token(8 * 3600), now_ns)
    with pytest.raises(Refused, match="too far"):
        scene.front.keys.check_token(scene.token(8 * 3600 + 1), now_ns)
    head, _, signature = scene.token(600).rpartition(":")
    expiry, rest = head.split(":", 1)
    for bad in (f"{int(expiry) + 1}:{rest}:{signature}", f"{head}:zz"):
        with pytest.raises(Refused, match="invalid signature"):
            scene.front.keys.check_token(bad, now_ns)
