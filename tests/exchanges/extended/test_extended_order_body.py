"""What is sent for an order of ours, and what is refused before it is sent."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from extended_samples import btc_listing
from extended_scenes import PRIVATE, PUBLIC, VAULT
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.extended.keys import Domain
from exchanges.extended.order_body import check, expiry_ms, market_price, new_order, touch_price
from exchanges.extended.signing import Signer
from helpers.decisions import OrderParams, Peg
from helpers.enums import OrderType, Side, TimeInForce
from helpers.errors import VenueRejected
from helpers.models import Bbo
from helpers.money import is_multiple

D = Decimal
LISTING = btc_listing()
SIGNER = Signer(PRIVATE, PUBLIC, VAULT, Domain("SN_MAIN"))
NOW = 1_767_225_600 * 10**9
DAY = 86_400 * 10**9


def params(**more: Any) -> OrderParams:
    """Give a buy of 0.01 at 65,000, or what it is changed to."""
    fields: dict[str, Any] = {"side": Side.BUY, "quantity": D("0.01"), "price": D(65000), "intent": "any"}
    return OrderParams(**{**fields, **more})


def body(price: str = "65000", fee: str = "0.00025", **more: Any) -> dict[str, Any]:
    """Give the order as it is sent."""
    made = new_order(
        params(**more),
        client_order_id="77",
        listing=LISTING,
        price=D(price),
        fee=D(fee),
        expires_ms=1,
        nonce=5,
        signer=SIGNER,
    )
    return dict(msgspec.to_builtins(made))


def bbo(bid: str | None = "65000", ask: str | None = "65001") -> Bbo:
    """Give best prices."""
    return Bbo(bid and D(bid), D(1), ask and D(ask), D(1), 0, 0)  # type: ignore[arg-type]  # None stays None


@pytest.mark.parametrize(
    ("flaw", "code", "words"),
    [
        ({"quantity": D("0.00009")}, "1120", "the minimum of BTC-USD is 0.0001"),
        ({"quantity": D(0)}, "1120", "minimum"),
        ({"quantity": D("-1")}, "1120", "minimum"),
        ({"quantity": D("NaN")}, "1120", "minimum"),
        ({"quantity": D("0.000105")}, "1121", "0.00001"),
        ({"price": D("65000.5")}, "1124", "tick 1 of BTC-USD"),
        ({"price": D(0)}, "1141", "no price"),
        ({"price": D("Infinity")}, "1141", "no price"),
        ({"time_in_force": TimeInForce.FOK}, "UNSUPPORTED", "fill-or-kill"),
        ({"peg": Peg(), "price": None}, "UNSUPPORTED", "follow the book"),
        ({"post_only": True, "time_in_force": TimeInForce.IOC}, "1139", "post-only"),
        ({"post_only": True, "order_type": OrderType.MARKET}, "1139", "post-only"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_venues_code(flaw: dict[str, Any], code: str, words: str) -> None:
    """The text names the limit."""
    with pytest.raises(VenueRejected, match=words) as caught:
        check(params(**flaw), LISTING)
    assert caught.value.code == code


def test_what_fits_is_let_through() -> None:
    """The least quantity, and a price on the tick."""
    check(params(quantity=D("0.0001"), price=D(1)), LISTING)
    check(params(order_type=OrderType.MARKET, price=None, time_in_force=TimeInForce.GTC), LISTING)


def test_too_large_an_order_names_the_most() -> None:
    """Market orders have a limit of their own."""
    with pytest.raises(VenueRejected, match="15000000 at most"):
        body(quantity=D(300))
    with pytest.raises(VenueRejected, match="a market order on BTC-USD may be worth 3000000"):
        body(quantity=D(50), order_type=OrderType.MARKET)


def test_kinds_of_orders_on_the_wire() -> None:
    """A resting order is GTT, a market order IOC of type MARKET, flags are always there."""
    rests = body(post_only=True, fee="0")
    assert (rests["type"], rests["timeInForce"], rests["postOnly"], rests["fee"]) == ("LIMIT", "GTT", True, "0")
    market = body(order_type=OrderType.MARKET, reduce_only=True, price="65489")
    assert (market["type"], market["timeInForce"], market["reduceOnly"]) == ("MARKET", "IOC", True)
    assert body(time_in_force=TimeInForce.IOC)["timeInForce"] == "IOC"
    assert (market["price"], market["side"], market["id"], market["nonce"]) == ("65489", "BUY", "77", "5")
    assert "cancelId" not in market


def test_no_exponent_and_no_rebate_on_the_wire() -> None:
    """Decimals are plain digits; a negative fee goes out as zero."""
    sent = body(price="6.5E+4", quantity=D("1E-2"), fee="-0.00002")
    assert (sent["price"], sent["qty"], sent["fee"]) == ("65000", "0.01", "0")


def test_every_order_ends() -> None:
    """A resting one a day before the longest life, what ends at once within the hour, a timed one at its time."""
    assert expiry_ms(params(), "mainnet", NOW) == (NOW + 89 * DAY) // 10**6
    assert expiry_ms(params(), "testnet", NOW) == (NOW + 27 * DAY) // 10**6
    hour = (NOW + 3600 * 10**9) // 10**6
    assert expiry_ms(params(time_in_force=TimeInForce.IOC), "mainnet", NOW) == hour
    assert expiry_ms(params(order_type=OrderType.MARKET), "mainnet", NOW) == hour
    timed = params(time_in_force=TimeInForce.GTT, expires_ns=NOW + 60 * 10**9 + 1)
    assert expiry_ms(timed, "mainnet", NOW) == NOW // 10**6 + 60_001


@pytest.mark.parametrize("ends", [None, NOW, NOW - 1, NOW + 91 * DAY])
def test_a_time_that_cannot_be_is_refused(ends: int | None) -> None:
    """None, past, and beyond what the venue takes."""
    with pytest.raises(VenueRejected) as caught:
        expiry_ms(params(time_in_force=TimeInForce.GTT, expires_ns=ends), "mainnet", NOW)
    assert caught.value.code == "1135"


def test_a_market_order_has_a_worst_price() -> None:
    """0.75 % beyond the touch, on the tick, rounded so that it still takes."""
    assert market_price(Side.BUY, bbo(), None, LISTING) == 65489  # 65001 * 1.0075 = 65488.5075
    assert market_price(Side.SELL, bbo(), None, LISTING) == 64512  # 65000 * 0.9925 = 64512.5


def test_a_worst_price_stays_in_the_collar() -> None:
    """No further from a fresh mark price than the venue lets an order be."""
    assert market_price(Side.BUY, bbo(), D("62000.9"), LISTING) == 65100  # 62000.9 * 1.05 = 65100.945
    assert market_price(Side.SELL, bbo(), D("68000.9"), LISTING) == 64601  # 68000.9 * 0.95 = 64600.855


@pytest.mark.parametrize("side", Side)
def test_nobody_there_is_a_refusal(side: Side) -> None:
    """Without the other side of the book there is no price, for a market order or one that takes the touch."""
    for book in (None, bbo(bid=None, ask=None)):
        with pytest.raises(VenueRejected, match="nobody"):
            market_price(side, book, None, LISTING)
        with pytest.raises(VenueRejected, match="nobody"):
            touch_price(side, book, LISTING)


def test_the_touch() -> None:
    """A limit order without a price takes the best of the other side."""
    assert (touch_price(Side.BUY, bbo(), LISTING), touch_price(Side.SELL, bbo(), LISTING)) == (D(65001), D(65000))


@settings(max_examples=100, deadline=None)
@given(
    side=st.sampled_from(Side),
    touch=st.integers(2, 10**7),
    mark=st.one_of(st.none(), st.decimals("0.5", "20000000", places=6)),
    tick=st.sampled_from(["1", "0.1", "0.0005"]),
)
def test_worst_prices_are_on_the_tick_and_in_the_collar(
    side: Side, touch: int, mark: Decimal | None, tick: str
) -> None:
    """For any book and mark: on the tick, never beyond the collar, never further than 0.75 % and a tick; or none."""
    terms = msgspec.structs.replace(LISTING.terms, min_price_change=D(tick))
    listing = dataclasses.replace(LISTING, terms=terms)
    at = touch * D(tick)
    try:
        price = market_price(side, Bbo(at, D(1), at, D(1), 0, 0), mark, listing)
    except VenueRejected:
        assert mark is not None
        assert mark * D("1.05") < D(tick)
        return
    assert price > 0
    assert is_multiple(price, D(tick))
    if mark is None:
        assert abs(price - at) <= at * D("0.0075") + D(tick)
        assert (price - at) * side.sign >= 0 or price == D(tick)
    elif side is Side.BUY:
        assert price <= mark * D("1.05")
    else:
        assert price >= mark * D("0.95")
