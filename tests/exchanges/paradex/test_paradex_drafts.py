"""The body of an order: exactly what was asked for, signed as it is sent, or refused before anything is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import fast_stark_crypto
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paradex_samples import buy, market, order

from exchanges.paradex.drafts import changed_draft, new_draft
from exchanges.paradex.signing import OrderTerms, Signer
from helpers.enums import OrderType, Side, TimeInForce
from helpers.errors import VenueRejected
from helpers.models import Bbo

D = Decimal
SIGNER = Signer(0x4D3C2B1A, 0x129F, "PRIVATE_SN_PARACLEAR_MAINNET")
BBO = Bbo(D("79999.9"), D(1), D("80000.1"), D(1), 0, 0)
NOW_MS = 1_795_160_288_830


def body(**more: Any) -> dict[str, Any]:
    """Give what would be sent for a wanted order."""
    draft = new_draft(market(), "77", buy(**more), BBO).sign(SIGNER, NOW_MS)
    sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(draft))
    return sent


def check_signature(sent: dict[str, Any], order_id: str = "") -> None:
    """Check a body's signature as the venue does: over what the body says."""
    terms = OrderTerms(
        timestamp_ms=sent["signature_timestamp"],
        market=sent["market"],
        side=sent["side"],
        order_type=sent["type"],
        size=D(sent["size"]),
        price=D(sent.get("price", 0)),
        order_id=order_id,
    )
    r, s = msgspec.json.decode(sent["signature"])
    assert fast_stark_crypto.verify(SIGNER.public_key, SIGNER.order_hash(terms), int(r), int(s))


def test_a_limit_order_is_written_in_the_venues_words() -> None:
    """Plain numbers, the venue's names, and nothing that does not apply."""
    sent = body(price="80000.10", quantity="1E-2")
    signature = sent.pop("signature")
    assert sent == {
        "market": "BTC-USD-PERP",
        "side": "BUY",
        "size": "0.01",
        "type": "LIMIT",
        "instruction": "GTC",
        "client_id": "77",
        "signature_timestamp": NOW_MS,
        "recv_window": 10_000,
        "price": "80000.1",
    }
    check_signature({**sent, "signature": signature})


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"post_only": True}, {"instruction": "POST_ONLY"}),
        ({"time_in_force": TimeInForce.IOC}, {"instruction": "IOC"}),
        ({"reduce_only": True}, {"flags": ["REDUCE_ONLY"]}),
        ({"side": Side.SELL}, {"side": "SELL"}),
        ({"order_type": OrderType.MARKET, "price": None}, {"type": "MARKET", "instruction": "GTC"}),
    ],
    ids=str,
)
def test_each_wish_has_its_word(wanted: dict[str, Any], said: dict[str, Any]) -> None:
    """Post-only, immediate-or-cancel, reduce-only, side and market orders; a market order names no price."""
    sent = body(**wanted)
    assert {name: sent[name] for name in said} == said
    assert ("price" in sent) == (sent["type"] == "LIMIT")
    check_signature(sent)


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, "80000.1"), (Side.SELL, "79999.9")])
def test_no_price_takes_the_touch(side: Side, price: str) -> None:
    """A buy at the best ask, a sell at the best bid."""
    assert body(side=side, price=None)["price"] == price


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"price": "80000.15"}, "tick 0.1"),
        ({"price": "0"}, "tick 0.1"),
        ({"price": "-0.1"}, "tick 0.1"),
        ({"quantity": "0.010001"}, "minimum|step"),
        ({"quantity": "0.0100011"}, "step 0.00001"),
        ({"quantity": "0"}, "minimum of 0.00001"),
        ({"quantity": "-1"}, "minimum of 0.00001"),
        ({"quantity": "0.0001"}, "minimum of 10 USD: 0.00013 is the least"),
        ({"time_in_force": TimeInForce.FOK}, "no FOK"),
        ({"time_in_force": TimeInForce.GTT}, "no GTT"),
        ({"time_in_force": TimeInForce.IOC, "post_only": True}, "both"),
    ],
    ids=str,
)
def test_what_the_venue_would_refuse_is_never_sent(wanted: dict[str, Any], words: str) -> None:
    """Off the grid, too small, or something Paradex has not: a definite refusal that says what would be right."""
    with pytest.raises(VenueRejected, match=words):
        body(**wanted)


def test_without_a_book_an_order_needs_a_price() -> None:
    """There is no touch to take."""
    with pytest.raises(VenueRejected, match="names no price"):
        new_draft(market(), "77", buy(None), None)
    assert new_draft(market(), "77", buy(None, order_type=OrderType.MARKET), None).type == "MARKET"


def test_what_is_left_of_a_position_may_be_closed() -> None:
    """The minimum is no reason to keep a position: the venue decides on a reduce-only order."""
    assert body(quantity="0.00001", reduce_only=True)["size"] == "0.00001"


def test_the_minimum_is_counted_at_the_touch_too() -> None:
    """The venue counts at the mark: a cheap bid is not refused here while it is enough at the market's price."""
    assert body(price="40000", quantity="0.00013")["size"] == "0.00013"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 10**7), st.integers(2_000, 10**7), st.sampled_from([Side.BUY, Side.SELL]))
def test_what_is_signed_is_what_is_sent(price_ticks: int, steps: int, side: Side) -> None:
    """For every price and quantity on the grid the texts that are sent and the numbers that are signed are one."""
    price, quantity = D(price_ticks) * D("0.1"), D(steps) * D("0.00001")
    sent = body(price=str(price), quantity=str(quantity), side=side)
    assert (D(sent["price"]), D(sent["size"])) == (price, quantity)
    assert "E" not in sent["price"] + sent["size"]
    check_signature(sent)


def test_a_change_keeps_everything_but_price_and_size() -> None:
    """Id, side, type, instruction, flags and our id stay, and the signature covers the order's id."""
    known = order(side="SELL", instruction="POST_ONLY", flags=["REDUCE_ONLY"])
    draft = changed_draft(market(), known, D("81000.5"), D("0.02")).sign(SIGNER, NOW_MS)
    sent = msgspec.json.decode(msgspec.json.encode(draft))
    assert (sent["id"], sent["client_id"], sent["side"], sent["type"]) == (known.id, "77", "SELL", "LIMIT")
    assert (sent["instruction"], sent["flags"], sent["price"], sent["size"]) == (
        "POST_ONLY", ["REDUCE_ONLY"], "81000.5", "0.02",
    )  # fmt: skip
    check_signature(sent, known.id)


@pytest.mark.parametrize(("price", "quantity"), [("81000.55", "0.02"), ("81000.5", "0"), ("81000.5", "0.000015")])
def test_a_change_beside_the_grid_is_refused(price: str, quantity: str) -> None:
    """The rules of new orders hold for changed ones."""
    with pytest.raises(VenueRejected):
        changed_draft(market(), order(), D(price), D(quantity))
