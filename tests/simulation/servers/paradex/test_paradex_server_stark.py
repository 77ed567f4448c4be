"""Hashes, addresses and signatures against the venue's own SDK."""

from __future__ import annotations

import warnings
from decimal import Decimal
from typing import Any

import fast_stark_crypto
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import UserError
from simulation.servers.paradex import stark
from simulation.servers.paradex.accounts import address_of, public_key, seeded_keys
from simulation.servers.paradex.public_rest import CHAIN_ID, PublicRest
from simulation.servers.paradex.stark import Messages, is_public_key, is_signed

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the SDK imports warns about what it imports
    from paradex_py.account.utils import derive_l2_address_starknet, typed_data_to_message_hash
    from paradex_py.api.models import SystemConfigSchema
    from paradex_py.common.order import Order, OrderSide, OrderType
    from paradex_py.message.auth import build_auth_message
    from paradex_py.message.onboarding import build_onboarding_message
    from paradex_py.message.order import build_modify_order_message, build_order_message

CHAIN = int.from_bytes(CHAIN_ID.encode(), "big")
MESSAGES = Messages(CHAIN_ID)
ACCOUNTS = st.integers(min_value=1, max_value=2**251 - 1)
SIZES = st.decimals(min_value="0.00000001", max_value="1000000", places=8)


@settings(max_examples=25, deadline=None)
@given(ACCOUNTS, SIZES, SIZES, st.sampled_from(list(OrderType)), st.sampled_from(list(OrderSide)), st.booleans())
def test_orders_hash_as_the_sdk_hashes_them(
    account: int, size: Decimal, price: Decimal, kind: Any, side: Any, is_change: bool
) -> None:
    """For every type, side, size and price, new or changed, our hash of an order is the SDK's."""
    order_id = "1718941725080201704028870000" if is_change else None
    order = Order("ETH-USD-PERP", kind, side, size, price, signature_timestamp=1795160288830, order_id=order_id)
    build = build_modify_order_message if is_change else build_order_message
    ours = MESSAGES.order(
        account,
        timestamp_ms=1795160288830,
        market="ETH-USD-PERP",
        is_buy=side is OrderSide.Buy,
        kind=kind.value,
        size=size,
        price=Decimal(0) if kind is OrderType.Market else price,
        order_id=int(order_id) if order_id else None,
    )
    assert ours == typed_data_to_message_hash(build(CHAIN, order), account)


@settings(max_examples=10, deadline=None)
@given(ACCOUNTS, st.integers(min_value=1, max_value=2**33))
def test_logins_hash_as_the_sdk_hashes_them(account: int, time_s: int) -> None:
    """Our hashes of a log-in and of an onboarding are the SDK's."""
    theirs = typed_data_to_message_hash(build_auth_message(CHAIN, time_s, time_s + 60), account)
    assert MESSAGES.auth(account, time_s, time_s + 60) == theirs
    theirs = typed_data_to_message_hash(build_onboarding_message(CHAIN), account)
    assert MESSAGES.onboarding(account) == theirs


def test_more_than_eight_decimals_are_cut_off() -> None:
    """What is signed is the size times 10^8 without its fraction, as in the SDK."""
    sizes = [Decimal("0.123456789"), Decimal("0.12345678")]
    hashes = {
        MESSAGES.order(1, timestamp_ms=1, market="M", is_buy=True, kind="LIMIT", size=size, price=Decimal(1))
        for size in sizes
    }
    assert len(hashes) == 1


@pytest.mark.parametrize("seed", [1, 7, 99])
def test_addresses_are_derived_as_the_sdk_derives_them(seed: int) -> None:
    """The SDK gets the same account address from a key and /system/config."""
    config = SystemConfigSchema().load(PublicRest.config(None, None), unknown="exclude")  # type: ignore[arg-type]  # no state is read
    key = public_key(seeded_keys(seed).private_key)
    assert address_of(key) == hex(derive_l2_address_starknet(config, key))


def test_seeds_give_different_keys() -> None:
    """Keys grow from the seed alone, and the two keys of an account differ."""
    assert seeded_keys(1) == seeded_keys(1)
    assert seeded_keys(1).private_key != seeded_keys(2).private_key
    assert seeded_keys(1).private_key != seeded_keys(1).subkey


def test_a_signature_is_good_for_its_key_and_hash_only() -> None:
    """Another hash, another key, or a half out of range is no signature, and nothing panics."""
    key, other = public_key(123), public_key(124)
    signature = fast_stark_crypto.sign(123, 999)
    assert is_signed(key, 999, signature)
    assert not is_signed(key, 998, signature)
    assert not is_signed(other, 999, signature)
    for bad in ((0, 1), (1, 0), (2**251, 1), (1, 2**251), (-1, 1)):
        assert not is_signed(key, 999, bad)


def test_a_public_key_is_a_point_of_the_curve() -> None:
    """Half of all numbers are no key, nor is any outside the field."""
    assert is_public_key(public_key(5))
    assert not all(is_public_key(number) for number in range(1, 20))
    assert not any(map(is_public_key, (0, -1, 2**252)))


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the error says how to install it."""
    monkeypatch.setitem(__import__("sys").modules, "fast_stark_crypto", None)
    with pytest.raises(UserError, match="make install EXTRAS=paradex"):
        stark.library()
