"""Signatures for Lighter: the venue's own vectors, figures at the edge and beyond, a signer not to be trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lighter_payloads import KEY, OTHER_KEY

from exchanges.lighter import native_signer
from exchanges.lighter.native_signer import NativeRefusal, NativeTx
from exchanges.lighter.signing import MAX_BASE_AMOUNT, MAX_PRICE, LighterSigner, OrderTx
from exchanges.lighter.tx_hash import FIELDS, hash_words, tx_hash
from helpers.errors import UserError, VenueRejected

ORDER = OrderTx(
    market_index=0,
    client_order_index=123,
    base_amount=1000,
    price=405_000,
    is_ask=True,
    order_type=0,
    time_in_force=1,
    reduce_only=False,
    order_expiry=1_735_689_600_000,
)


def make(key: str = KEY, chain_id: int = 300, api_key_index: int = 5, account_index: int = 12_345) -> LighterSigner:
    """Give a signer; tests use account numbers of their own where they leave one behind."""
    return LighterSigner("http://127.0.0.1:1", key, chain_id, api_key_index, account_index)


@pytest.fixture
def signer() -> Iterator[LighterSigner]:
    """A signer of the vectors' key."""
    found = make()
    yield found
    found.close()


# -- the hash ---------------------------------------------------------------------------------


def test_the_hash_function_gives_the_published_words() -> None:
    """Eight words in, the five that the venue's own implementation gives."""
    assert [f"{word:x}" for word in hash_words(range(1, 9))] == [
        "993053299711343d",
        "790414e0ac5918cf",
        "d3fc7e07cba40ca3",
        "6bb742d900cae67f",
        "e78a34fd86b32d5e",
    ]


def test_recorded_transactions_hash_to_what_the_venue_names_them(shared_data: Path) -> None:
    """Every recorded transaction of a type we sign, with and without attributes, has the recorded hash."""
    vectors = json.loads((shared_data / "frames/lighter/nautilus_signing_tx_oracle.json").read_text())["vectors"]
    ours = [vector for vector in vectors if vector["tx_type"] in FIELDS]
    assert len(ours) == 7
    for vector in ours:
        assert tx_hash(vector["chain_id"], vector["tx_type"], json.loads(vector["tx_info"])) == vector["tx_hash"]


@settings(max_examples=60, deadline=None)
@given(
    market=st.integers(0, 254),
    index=st.integers(1, (1 << 48) - 1),
    amount=st.integers(1, MAX_BASE_AMOUNT),
    price=st.integers(1, MAX_PRICE),
    nonce=st.integers(0, 1 << 40),
    is_ask=st.booleans(),
)
def test_what_is_signed_is_what_was_asked(
    market: int, index: int, amount: int, price: int, nonce: int, is_ask: bool
) -> None:
    """Over the whole range every field arrives, and the signer's hash is the one worked out in Python."""
    signer = make()
    try:
        order = OrderTx(
            market_index=market,
            client_order_index=index,
            base_amount=amount,
            price=price,
            is_ask=is_ask,
            order_type=0,
            time_in_force=2,
            reduce_only=False,
            order_expiry=1_800_000_000_000,
        )
        for signed in (
            signer.create_order(order, nonce),
            signer.modify_order(market, index, amount, price, nonce),
            signer.cancel_order(market, index, nonce),
            signer.cancel_all(market, nonce),
        ):
            info = json.loads(signed.tx_info)
            assert info["Nonce"] == nonce
            assert info.get("MarketIndex", market) == market
            assert info.get("Price", price) == price
            assert signed.tx_hash == tx_hash(300, signed.tx_type, info)
    finally:
        signer.close()


def test_cancelling_all_of_one_market_names_that_market(signer: LighterSigner) -> None:
    """Market 0 too: without the attribute it would be every market."""
    for market in (0, 254):
        signed = signer.cancel_all(market, 1)
        assert json.loads(signed.tx_info)["L2TxAttributes"] == {"5": market}


def test_a_scheduled_cancel_and_its_end(signer: LighterSigner) -> None:
    """The appointment carries its time, calling it off carries none, and both are for every market."""
    set_at, ended = signer.schedule_cancel_all(1_800_000_000_000, 1), signer.schedule_cancel_all(None, 2)
    assert [json.loads(tx.tx_info)["TimeInForce"] for tx in (set_at, ended)] == [1, 2]
    assert [json.loads(tx.tx_info)["Time"] for tx in (set_at, ended)] == [1_800_000_000_000, 0]
    assert [json.loads(tx.tx_info)["L2TxAttributes"] for tx in (set_at, ended)] == [None, None]


def test_a_token_names_its_end_its_account_and_its_key(signer: LighterSigner, shared_data: Path) -> None:
    """It has the recorded tokens' form; the signature is new each time."""
    vectors = json.loads((shared_data / "frames/lighter/nautilus_signing_auth_token_oracle.json").read_text())
    for vector in vectors["vectors"]:
        if (vector["sk"], vector["account_index"], vector["api_key_index"]) != (KEY, 12_345, 5):
            continue
        ours, theirs = signer.auth_token(vector["deadline"]).split(":"), vector["token"].split(":")
        assert ours[:3] == theirs[:3]
        assert len(ours[3]) == len(theirs[3]) == 160


# -- what is refused before it is signed ----------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": 0}, "21702"),
        ({"price": (1 << 32) + 5}, "21702"),
        ({"base_amount": 0}, "21701"),
        ({"base_amount": 1 << 48}, "21701"),
        ({"client_order_index": 1 << 48}, "21727"),
        ({"client_order_index": 0}, "21727"),
        ({"market_index": 2048}, "21602"),
        ({"market_index": 255}, "21602"),
    ],
)
def test_figures_out_of_range_are_not_signed(signer: LighterSigner, changes: dict[str, int], code: str) -> None:
    """A price of 2^32 + 5 would be signed as 5, and 255 means every market: refused with the venue's code."""
    fields = {name: getattr(ORDER, name) for name in ORDER.__struct_fields__}
    with pytest.raises(VenueRejected) as told:
        signer.create_order(OrderTx(**{**fields, **changes}), 1)
    assert told.value.code == code


def test_what_the_signer_refuses_is_a_refusal(signer: LighterSigner) -> None:
    """An order that may rest and has no end is refused in the signer's own words."""
    with pytest.raises(VenueRejected, match="signer refuses"):
        signer.create_order(OrderTx(**{**_fields(), "order_expiry": 0}), 1)


def test_a_negative_nonce_is_a_mistake(signer: LighterSigner) -> None:
    """The signer would ask the venue for a nonce by itself, past our line."""
    with pytest.raises(ValueError, match="nonce"):
        signer.create_order(ORDER, -1)


# -- a signer that cannot be trusted ---------------------------------------------------------------


def test_another_release_of_the_signer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that truncates a market's number, as an older release did, is refused before anything is sent."""
    honest = native_signer.sign

    def truncating(function: str, *arguments: int) -> NativeTx:
        return honest(function, arguments[0] % 128, *arguments[1:])

    monkeypatch.setattr(native_signer, "sign", truncating)
    with pytest.raises(UserError, match=r"something else than it is asked to \(MarketIndex\).*EXTRAS=lighter"):
        make(account_index=1)


def test_another_hash_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose hashes are not the ones we know is refused, though every field is right."""
    honest = native_signer.sign

    def different(function: str, *arguments: int) -> NativeTx:
        tx = honest(function, *arguments)
        return NativeTx(tx.tx_type, tx.tx_info, tx.tx_hash[::-1])

    monkeypatch.setattr(native_signer, "sign", different)
    with pytest.raises(UserError, match="other signatures"):
        make(account_index=2)


def test_lost_attributes_are_noticed(signer: LighterSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancel of one market that became a cancel of all is not sent."""
    honest = native_signer.sign
    monkeypatch.setattr(native_signer, "sign", lambda name, *args: honest(name, args[0], args[1], 255, *args[3:]))
    with pytest.raises(UserError, match="L2TxAttributes"):
        signer.cancel_all(0, 1)


def test_a_token_that_cannot_be_made_is_told(signer: LighterSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the mend."""

    def refuse(*_: int) -> str:
        raise NativeRefusal("no client")

    monkeypatch.setattr(native_signer, "auth_token", refuse)
    with pytest.raises(UserError, match="makes no token"):
        signer.auth_token(1)


# -- one key under one pair of numbers ---------------------------------------------------------------


def test_the_same_key_may_be_used_twice() -> None:
    """Two clients with one key and one network are fine."""
    first, second = make(account_index=3), make(account_index=3)
    assert first.create_order(ORDER, 1).tx_hash
    assert second.create_order(ORDER, 1).tx_hash
    first.close()
    second.close()


@pytest.mark.parametrize("other", [{"key": OTHER_KEY}, {"chain_id": 304}])
def test_another_key_or_network_under_the_same_numbers_is_refused(other: dict[str, Any]) -> None:
    """The signer would use the newer for both; once the first is closed the numbers are free."""
    first = make(account_index=4)
    with pytest.raises(UserError, match="two different Lighter keys or networks share API key 5 of account 4"):
        make(account_index=4, **other)
    assert first.create_order(ORDER, 1).tx_hash
    first.close()
    first.close()
    make(account_index=4, **other).close()


def test_a_key_the_signer_does_not_take_is_told_without_its_digits() -> None:
    """The signer's own words may hold parts of the key: they are not passed on, and the numbers stay free."""
    with pytest.raises(UserError, match="LIGHTER_API_KEY_PRIVATE_KEY is no Lighter API key") as told:
        make(key="zz" * 40, account_index=6)
    assert "zz" not in str(told.value)
    make(account_index=6).close()


def _fields() -> dict[str, Any]:
    return {name: getattr(ORDER, name) for name in ORDER.__struct_fields__}
