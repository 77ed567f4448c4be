"""Signing of orders, against the venue's own SDK and against the verifier."""

from __future__ import annotations

import random
import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from extended_samples import BTC, btc_listing
from extended_scenes import API_KEY, PRIVATE, PUBLIC, VAULT
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.extended.keys import Domain
from exchanges.extended.order_body import new_order
from exchanges.extended.signing import Amounts, Nonces, Signer, crypto, settle
from helpers.decisions import OrderParams
from helpers.enums import OrderType, Side, TimeInForce
from helpers.errors import AuthError, UserError, VenueRejected

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK imports what other packages call outdated
    from x10.config import MAINNET_CONFIG, TESTNET_CONFIG
    from x10.core.stark_account import StarkPerpetualAccount
    from x10.models.market import MarketModel
    from x10.models.order import OrderSide
    from x10.models.order import OrderType as TheirType
    from x10.models.order import TimeInForce as TheirTime
    from x10.signing.order_object import create_order_object

D = Decimal
MAIN = Signer(PRIVATE, PUBLIC, VAULT, Domain("SN_MAIN"))
LISTING = btc_listing()
SECOND_MS = 1000

quantities = st.integers(10, 10**8).map(lambda steps: D(steps) * D("0.00001"))
prices = st.one_of(
    st.integers(1, 150_000).map(D),
    st.integers(1, 10**9).map(lambda ticks: D(ticks) * D("0.0000001")),
)
fees = st.integers(0, 100_000).map(lambda parts: D(parts) / 10**8)


def theirs(params: OrderParams, price: Decimal, fee: Decimal, expires_ms: int, nonce: int, market: Any) -> Any:
    """Let the SDK make the order."""
    is_market, is_testnet = params.order_type is OrderType.MARKET, nonce % 2
    config = TESTNET_CONFIG if is_testnet else MAINNET_CONFIG
    return create_order_object(
        account=StarkPerpetualAccount(VAULT, hex(PRIVATE), hex(PUBLIC), API_KEY),
        market=MarketModel.model_validate(market),
        amount_of_synthetic=params.quantity,
        price=price,
        side=OrderSide[params.side.name],
        starknet_domain=config.signing.starknet_domain,
        order_type=TheirType.MARKET if is_market else TheirType.LIMIT,
        post_only=params.post_only,
        reduce_only=params.reduce_only,
        expire_time=datetime.fromtimestamp(0, tz=UTC) + timedelta(milliseconds=expires_ms),
        order_external_id="77",
        time_in_force=TheirTime.IOC if params.time_in_force is TimeInForce.IOC else TheirTime.GTT,
        nonce=nonce,
        taker_fee=fee,
    )


@settings(max_examples=100, deadline=None)
@given(
    side=st.sampled_from(Side),
    quantity=quantities,
    price=prices,
    fee=fees,
    expires_ms=st.integers(1_700_000_000_000, 1_900_000_000_000),
    nonce=st.integers(1, 2**31),
    is_market=st.booleans(),
    flags=st.tuples(st.booleans(), st.booleans()),
    resolutions=st.sampled_from([(10**6, 10**6), (10**3, 10**6), (10**10, 10**6), (1, 10**6)]),
)
def test_an_order_is_the_sdks_order(
    side: Side,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal,
    expires_ms: int,
    nonce: int,
    is_market: bool,
    flags: tuple[bool, bool],
    resolutions: tuple[int, int],
) -> None:
    """Whatever is ordered, on either network: signature, settlement numbers and every other field are the SDK's."""
    synthetic, collateral = resolutions
    l2 = {**BTC["l2Config"], "syntheticResolution": synthetic, "collateralResolution": collateral}
    terms = msgspec.structs.replace(LISTING.l2, synthetic_resolution=synthetic, collateral_resolution=collateral)
    params = OrderParams(
        side=side,
        quantity=quantity,
        intent="any",
        order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
        time_in_force=TimeInForce.IOC if is_market else TimeInForce.GTT,
        post_only=flags[0] and not is_market,
        reduce_only=flags[1],
    )
    limits = msgspec.structs.replace(LISTING.terms, max_limit_order_value=None, max_market_order_value=None)
    listing = type(LISTING)(LISTING.market, LISTING.name, limits, terms, "")
    signer = Signer(PRIVATE, PUBLIC, VAULT, Domain("SN_SEPOLIA" if nonce % 2 else "SN_MAIN"))
    ours = new_order(
        params,
        client_order_id="77",
        listing=listing,
        price=price,
        fee=fee,
        expires_ms=expires_ms,
        nonce=nonce,
        signer=signer,
    )
    wanted = theirs(params, price, fee, expires_ms, nonce, {**BTC, "l2Config": l2}).to_api_request_json(
        exclude_none=True
    )
    sent = msgspec.to_builtins(ours)
    for name in ("qty", "price", "fee"):
        assert D(sent.pop(name)) == D(wanted.pop(name))
    assert sent == wanted


@settings(max_examples=25, deadline=None)
@given(side=st.sampled_from(Side), quantity=quantities, price=prices, fee=fees, nonce=st.integers(1, 2**31))
def test_the_verifier_accepts_what_was_signed(
    side: Side, quantity: Decimal, price: Decimal, fee: Decimal, nonce: int
) -> None:
    """The public key verifies the signature on the hash, and no other hash."""
    signature = MAIN.sign(settle(side, quantity, price, fee, LISTING.l2), LISTING.l2, 1_800_000_000_001, nonce)
    verify = crypto().verify
    assert verify(PUBLIC, signature.order_hash, signature.r, signature.s)
    assert not verify(PUBLIC, signature.order_hash ^ 1, signature.r, signature.s)


def test_a_known_order() -> None:
    """The numbers of the order that the venue's documentation settles: 0.001 BTC to buy at 65,000."""
    amounts = settle(Side.BUY, D("0.001"), D(65000), D("0.00025"), LISTING.l2)
    assert amounts == Amounts(base=1000, quote=-65_000_000, fee=16250)
    assert settle(Side.SELL, D("0.001"), D(65000), D("0.00025"), LISTING.l2) == Amounts(-1000, 65_000_000, 16250)


def test_rounding_is_against_us() -> None:
    """A buy may pay up to the next unit, a sell gets at least the whole units; the fee is rounded up."""
    l2 = msgspec.structs.replace(LISTING.l2, synthetic_resolution=10, collateral_resolution=10)
    assert settle(Side.BUY, D("0.11"), D("1.01"), D("0.01"), l2) == Amounts(2, -2, 1)
    assert settle(Side.SELL, D("0.11"), D("1.01"), D("0.01"), l2) == Amounts(-1, 1, 1)


def test_a_rebate_is_signed_as_no_fee() -> None:
    """The fee is a largest rate: it cannot be negative."""
    assert settle(Side.BUY, D(1), D(100), D("-0.00013"), LISTING.l2).fee == 0


def test_what_cannot_be_settled_is_refused() -> None:
    """An amount beyond the chain's 64 bits is refused before it wraps."""
    with pytest.raises(VenueRejected, match="more than can be settled"):
        settle(Side.BUY, D(10**9), D(10**6), D(0), LISTING.l2)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers())
def test_nonces_are_in_range_and_unique(seed: int) -> None:
    """A thousand of a run are between 1 and 2^31 and all different."""
    nonces = Nonces(random.Random(seed), seed)
    drawn = [nonces.next() for _ in range(1000)]
    assert len(set(drawn)) == 1000
    assert 1 <= min(drawn) <= max(drawn) <= 2**31


def test_keys_that_do_not_belong_together() -> None:
    """A public key of another pair is found out before anything is sent."""
    MAIN.check()
    with pytest.raises(UserError, match="EXTENDED_STARK_KEY_PUBLIC is not the public key"):
        Signer(PRIVATE, PUBLIC + 1, VAULT, Domain("SN_MAIN")).check()


def test_a_signer_shows_no_key() -> None:
    """Neither repr nor the error of a failed signature holds the private key."""
    assert f"{PRIVATE:x}" not in repr(MAIN)
    assert str(PRIVATE) not in repr(MAIN)
    with pytest.raises(AuthError) as caught:
        Signer(-PRIVATE, PUBLIC, VAULT, Domain("SN_MAIN")).sign(Amounts(1, -1, 0), LISTING.l2, 1, 1)
    assert f"{PRIVATE:x}" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_client_loads_without_the_sdk() -> None:
    """Neither the venue's SDK nor the signer nor aiohttp is imported with the client's module."""
    code = (
        "import sys, exchanges.extended.client\n"
        "print([name for name in ('x10', 'fast_stark_crypto', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.strip() == "[]"


def test_a_missing_signer_is_mended_by_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the error names the command that installs it."""
    monkeypatch.setitem(sys.modules, "fast_stark_crypto", None)
    with pytest.raises(UserError, match="make install EXTRAS=extended"):
        MAIN.check()
