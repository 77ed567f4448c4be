"""Orders in Lighter's terms: what each kind becomes, and what is refused before it costs a nonce."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from lighter_payloads import MARKETS
from worlds import START_NS

from exchanges.lighter.markets import LighterMarkets
from exchanges.lighter.order_form import order_tx
from exchanges.lighter.signing import OrderTx
from exchanges.lighter.wire import MarketDetails
from helpers.decisions import OrderParams
from helpers.enums import OrderType, Side, TimeInForce
from helpers.errors import VenueRejected
from helpers.models import Bbo

D = Decimal
BTC = LighterMarkets("lighter", msgspec.convert(MARKETS, list[MarketDetails])).find("BTC")
BBO = Bbo(D(60000), D(1), D("60000.1"), D(1), 0, 0)
MARKET: dict[str, Any] = {"order_type": OrderType.MARKET, "price": None}


def form(key: str = "1001", bbo: Bbo | None = BBO, side: Side = Side.BUY, **changes: Any) -> OrderTx:
    """Make the venue's terms of an order, by default a buy that rests."""
    fields = {"quantity": D("0.001"), "price": D("59000.5"), "intent": "test", **changes}
    return order_tx(BTC, key, OrderParams(side=side, **fields), bbo, START_NS)


def test_a_resting_order() -> None:
    """Whole ticks and steps, limit, good till a time four weeks off, for an order must end."""
    tx = form()
    assert (tx.market_index, tx.client_order_index) == (1, 1001)
    assert (tx.price, tx.base_amount, tx.is_ask) == (590_005, 100, False)
    assert (tx.order_type, tx.time_in_force) == (0, 1)
    assert tx.order_expiry == START_NS // 10**6 + 28 * 86_400_000


@pytest.mark.parametrize(
    ("changes", "kind", "in_force", "rests"),
    [
        ({"post_only": True}, 0, 2, True),
        ({"time_in_force": TimeInForce.IOC}, 0, 0, False),
        (MARKET, 1, 0, False),
        ({"time_in_force": TimeInForce.GTT, "expires_ns": START_NS + 600 * 10**9}, 0, 1, True),
    ],
)
def test_each_kind_has_its_numbers(changes: dict[str, Any], kind: int, in_force: int, rests: bool) -> None:
    """Type and time in force are the venue's; what takes at once has no end, what rests has one."""
    tx = form(**changes)
    assert (tx.order_type, tx.time_in_force) == (kind, in_force)
    assert (tx.order_expiry > 0) is rests


def test_an_end_of_life_is_kept_to_the_millisecond() -> None:
    """What was asked for is what is signed."""
    ends = START_NS + 301 * 10**9 + 1_999_999
    assert form(time_in_force=TimeInForce.GTT, expires_ns=ends).order_expiry == ends // 10**6


@pytest.mark.parametrize("seconds", [299, 31 * 86_400, -5])
def test_an_end_too_near_or_too_far_is_refused(seconds: int) -> None:
    """The venue takes five minutes to thirty days, and the line says so."""
    with pytest.raises(VenueRejected, match="5 minutes to 30 days"):
        form(time_in_force=TimeInForce.GTT, expires_ns=START_NS + seconds * 10**9)


def test_without_a_price_a_limit_order_takes_the_touch() -> None:
    """The ask for a buy, the bid for a sell."""
    assert form(price=None).price == 600_001
    assert form(price=None, side=Side.SELL).price == 600_000


def test_a_market_order_carries_its_worst_price() -> None:
    """Three percent behind the touch, on the tick, away from the market; a price of its own is the limit instead."""
    assert form(**MARKET).price == 618_002
    assert form(**MARKET, side=Side.SELL).price == 582_000
    assert form(order_type=OrderType.MARKET, price=D("60100")).price == 601_000


def test_without_a_book_nothing_is_guessed() -> None:
    """An order without a price is refused while there is no touch."""
    for bbo in (None, Bbo(D(60000), D(1), None, None, 0, 0)):
        with pytest.raises(VenueRejected, match="no book"):
            form(bbo=bbo, **MARKET)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"quantity": D("0.0001")}, "minimum of 0.0002 \\(0.0002 and 10 USDC\\)"),
        ({"quantity": D("0.0002"), "price": D(10000)}, "minimum of 0.001 "),
        ({"quantity": D(0)}, "is none"),
        ({"price": D(0)}, "is none"),
        ({"price": D("59000.55")}, "no multiple"),
        ({"quantity": D("0.000205")}, "no multiple"),
        ({"time_in_force": TimeInForce.FOK}, "fill-or-kill"),
        ({"post_only": True, "time_in_force": TimeInForce.IOC}, "cannot be post-only"),
        ({"post_only": True, **MARKET}, "cannot be post-only"),
        ({"key": "entry-1"}, "no whole number"),
    ],
)
def test_what_the_venue_would_refuse_is_refused_here(changes: dict[str, Any], says: str) -> None:
    """The line names the figure that is wrong, and the minimum."""
    with pytest.raises(VenueRejected, match=says):
        form(**changes)


def test_the_rest_of_a_position_may_be_small() -> None:
    """A reduce-only order below the minimum is for the venue to judge."""
    assert form(quantity=D("0.0001"), reduce_only=True).base_amount == 10
    assert form(quantity=D("0.0001"), reduce_only=True).reduce_only
