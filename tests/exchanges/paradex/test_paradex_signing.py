"""What is signed is what the venue's own SDK would have signed, for every order there can be."""

from __future__ import annotations

import warnings
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

import fast_stark_crypto
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.paradex.address import derive_address
from exchanges.paradex.signing import OrderTerms, Signer, short_text, units
from exchanges.paradex.wire import SystemConfig
from helpers.errors import VenueError

KEY = 0x4D3C2B1A0F9E8D7C6B5A493827160504030201F1E2D3C4B5A69788796A5B4C3
ACCOUNT = 0x129F3DC1B8962D8A87ABC692424C78FDA963ADE0E1CD17BF3D1C26F8D41EE7A
CHAIN = "PRIVATE_SN_PARACLEAR_MAINNET"
SIGNER = Signer(KEY, ACCOUNT, CHAIN)
EXAMPLES = settings(max_examples=40, deadline=None)

sizes = st.integers(min_value=1, max_value=10**18).map(lambda units: Decimal(units).scaleb(-8))
times = st.integers(min_value=1, max_value=2**45)
markets = st.from_regex(r"[A-Z][A-Z0-9]{0,14}-USD-PERP", fullmatch=True)
sides = st.sampled_from(["BUY", "SELL"])
order_ids = st.one_of(
    st.integers(min_value=1, max_value=2**200).map(str),
    st.integers(min_value=1, max_value=2**200).map(hex),
    st.from_regex(r"v[a-z0-9-]{1,30}", fullmatch=True),
)


@cache
def sdk(name: str) -> Any:
    """Load a module of the SDK; its own dependencies warn of each other while they load."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(name)


def sdk_hash(message: Any) -> int:
    """Hash a typed message as the SDK does."""
    return int(sdk("paradex_py.account.utils").typed_data_to_message_hash(message, ACCOUNT))


def sdk_order(terms: OrderTerms) -> Any:
    """Give the SDK's order with the same terms."""
    kinds = sdk("paradex_py.common.order")
    return kinds.Order(
        market=terms.market,
        order_type=kinds.OrderType(terms.order_type),
        order_side=kinds.OrderSide(terms.side),
        size=terms.size,
        limit_price=terms.price,
        signature_timestamp=terms.timestamp_ms,
        order_id=terms.order_id or None,
    )


def chain() -> int:
    """Give the chain's number as the SDK takes it."""
    return int.from_bytes(CHAIN.encode(), "big")


@EXAMPLES
@given(times, markets, sides, st.sampled_from(["LIMIT", "MARKET"]), sizes, sizes)
def test_an_order_hashes_as_the_sdk_hashes_it(
    at: int, market: str, side: str, order_type: str, size: Decimal, price: Decimal
) -> None:
    """Time, market, side, type, size and price make the same hash, and a market order's price is zero."""
    price = Decimal(0) if order_type == "MARKET" else price
    terms = OrderTerms(timestamp_ms=at, market=market, side=side, order_type=order_type, size=size, price=price)
    assert SIGNER.order_hash(terms) == sdk_hash(
        sdk("paradex_py.message.order").build_order_message(chain(), sdk_order(terms))
    )


@EXAMPLES
@given(times, markets, sides, sizes, sizes, order_ids)
def test_a_change_hashes_as_the_sdk_hashes_it(
    at: int, market: str, side: str, size: Decimal, price: Decimal, order_id: str
) -> None:
    """A change is another type than an order, and its hash covers the order's id."""
    terms = OrderTerms(
        timestamp_ms=at, market=market, side=side, order_type="LIMIT", size=size, price=price, order_id=order_id
    )
    assert SIGNER.order_hash(terms) == sdk_hash(
        sdk("paradex_py.message.order").build_modify_order_message(chain(), sdk_order(terms))
    )


@EXAMPLES
@given(times, times)
def test_a_login_hashes_as_the_sdk_hashes_it(now_s: int, expires_s: int) -> None:
    """Both times are covered."""
    assert SIGNER.login_hash(now_s, expires_s) == sdk_hash(
        sdk("paradex_py.message.auth").build_auth_message(chain(), now_s, expires_s)
    )


def test_a_registration_hashes_as_the_sdk_hashes_it() -> None:
    """It is a constant of chain and account."""
    assert SIGNER.onboarding_hash() == sdk_hash(sdk("paradex_py.message.onboarding").build_onboarding_message(chain()))


@EXAMPLES
@given(st.integers(min_value=1, max_value=2**250))
def test_a_signature_is_the_keys_and_of_this_hash(message_hash: int) -> None:
    """The venue's check passes for this key and hash, and for no other hash."""
    text = SIGNER.sign(message_hash)
    assert text.startswith('["')
    assert text.endswith('"]')
    r, s = (int(part) for part in text[2:-2].split('","'))
    assert fast_stark_crypto.verify(SIGNER.public_key, message_hash, r, s)
    assert not fast_stark_crypto.verify(SIGNER.public_key, message_hash ^ 1, r, s)


def test_the_public_key_is_the_sdks() -> None:
    """Login paths name the same key as the SDK's would."""
    assert sdk("starknet_py.net.signer.key_pair").KeyPair.from_private_key(KEY).public_key == SIGNER.public_key


def test_nothing_shows_the_key() -> None:
    """A repr of the signer holds neither key nor account."""
    assert str(KEY) not in repr(vars(SIGNER.__class__)) + repr(SIGNER)
    assert f"{KEY:x}" not in repr(SIGNER)


@EXAMPLES
@given(st.integers(min_value=0, max_value=10**19))
def test_units_are_exact(counted: int) -> None:
    """Every multiple of 10^-8 is counted exactly, however it is written."""
    assert units(Decimal(counted).scaleb(-8)) == counted
    assert units(Decimal(counted)) == counted * 10**8


@pytest.mark.parametrize("value", ["0.000000001", "1.123456789", "-1"])
def test_what_would_be_cut_off_is_refused(value: str) -> None:
    """The SDK would sign a truncated number and send the whole one; here neither happens."""
    with pytest.raises(ValueError, match="decimals"):
        units(Decimal(value))


def test_a_short_text_is_short() -> None:
    """Thirty-one characters fit, thirty-two do not."""
    assert short_text("a" * 31).bit_length() <= 31 * 8
    with pytest.raises(ValueError, match="too long"):
        short_text("a" * 32)


def test_the_address_of_a_main_key_is_the_sdks() -> None:
    """An account that the SDK makes of the same key and the venue's class hashes has the same address."""
    account_class = sdk("paradex_py.account.account").ParadexAccount
    sdk_config = sdk("paradex_py.api.models").SystemConfig
    hashes = {
        "paraclear_account_hash": "0x033434ad846cdd5f23eb73ff09fe6fddd568284a0fb7d1be20ee482f044dabe2",
        "paraclear_account_proxy_hash": "0x03530cc4759d78042f1b543bf797f5f3d647cde0388c33734cf91b7f7b9314a9",
    }
    texts = dict.fromkeys((name for name in sdk_config.__annotations__ if name not in hashes), "x")
    texts |= {"starknet_chain_id": CHAIN, "starknet_fullnode_rpc_url": "http://127.0.0.1:1/"}
    account = account_class(config=sdk_config(**texts, **hashes), l1_address="0x1", l2_private_key=hex(KEY))
    config = SystemConfig(starknet_chain_id=CHAIN, **hashes)
    assert derive_address(config, SIGNER.public_key) == account.l2_address


def test_no_class_hashes_are_an_error_of_the_venue() -> None:
    """A configuration without them is told as such, not as a number."""
    with pytest.raises(VenueError, match="contract"):
        derive_address(SystemConfig(starknet_chain_id=CHAIN), SIGNER.public_key)
