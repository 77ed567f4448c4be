"""What the simulated Paradex refuses before it queues an order, and in which words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paradex_server_scenes import BTC, Scene, played
from worlds import START_NS

from simulation.servers.paradex.errors import ApiRefusal
from simulation.servers.paradex.order_form import decode_order, decode_orders, read_form

NOW_MS = START_NS // 10**6
GOOD: dict[str, Any] = {
    "market": BTC,
    "side": "BUY",
    "type": "LIMIT",
    "size": "0.01",
    "price": "80000",
    "signature": '["1","2"]',
    "signature_timestamp": NOW_MS,
}

BAD = [
    ({"market": "DOGE-USD-PERP"}, "MARKET_NOT_FOUND", "DOGE-USD-PERP"),
    ({"side": "LONG"}, "VALIDATION_ERROR", "side"),
    ({"type": "ICEBERG"}, "VALIDATION_ERROR", "type"),
    ({"instruction": "FOK"}, "VALIDATION_ERROR", "instruction"),
    ({"stp": "NONE"}, "VALIDATION_ERROR", "stp"),
    ({"flags": ["REDUCE"]}, "VALIDATION_ERROR", "flags"),
    ({"client_id": "x" * 65}, "VALIDATION_ERROR", "64"),
    ({"type": "MARKET", "instruction": "POST_ONLY"}, "VALIDATION_ERROR", "limit order"),
    ({"size": "0.000001"}, "INVALID_ORDER_SIZE", "order_size_increment 0.00001"),
    ({"size": "0"}, "INVALID_ORDER_SIZE", "order_size_increment"),
    ({"size": "100.1"}, "INVALID_ORDER_SIZE", "max_order_size 100"),
    ({"size": "1E-2"}, "VALIDATION_ERROR", "plain decimal"),
    ({"size": "-0.01"}, "VALIDATION_ERROR", "plain decimal"),
    ({"price": "80000.05"}, "VALIDATION_ERROR", "price_tick_size 0.1"),
    ({"price": None}, "VALIDATION_ERROR", "price"),
    ({"type": "STOP_LIMIT"}, "VALIDATION_ERROR", "trigger_price"),
    ({"type": "STOP_LIMIT", "trigger_price": "1.05"}, "VALIDATION_ERROR", "trigger_price"),
    ({"recv_window": 9}, "VALIDATION_ERROR", "minimum is 10"),
    ({"recv_window": 100, "signature_timestamp": NOW_MS - 101}, "INVALID_TIMESTAMP", "101 ms old"),
    ({"signature_timestamp": NOW_MS - 300_001}, "INVALID_TIMESTAMP", "recv_window is 300000"),
    ({"signature_timestamp": NOW_MS + 300_001}, "INVALID_TIMESTAMP", "future"),
]


@pytest.mark.parametrize(("change", "code", "text"), BAD)
def test_a_form_that_breaks_a_rule_is_refused_by_name(change: dict[str, Any], code: str, text: str) -> None:
    """Each refusal has the venue's code and says what is wrong."""
    request = decode_order(msgspec.json.encode({**GOOD, **change}))
    with pytest.raises(ApiRefusal) as refused:
        read_form(request, START_NS, 300_000)
    assert refused.value.code == code
    assert text in refused.value.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "BINDING_ERROR"),
        (b"[]", "BINDING_ERROR"),
        (b'{"market": 5}', "BINDING_ERROR"),
        (b"{}", "VALIDATION_ERROR"),
    ],
)
def test_a_body_that_is_no_order_is_refused(body: bytes, code: str) -> None:
    """What cannot be read is BINDING_ERROR, what lacks a field VALIDATION_ERROR."""
    with pytest.raises(ApiRefusal) as refused:
        decode_order(body)
    assert refused.value.code == code


def test_nulls_and_empty_words_are_taken_as_the_sdk_sends_them() -> None:
    """A null window, mode or client id is the usual one, and unknown fields are let pass."""
    sent = {**GOOD, "recv_window": None, "stp": None, "client_id": "", "instruction": "", "dime_discount": True}
    form = read_form(decode_orders(msgspec.json.encode([sent]))[0], START_NS, 300_000)
    assert (form.stp, form.instruction, form.client_id) == ("EXPIRE_TAKER", "GTC", "")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=12))
def test_no_text_for_a_size_gets_through_unread(text: str) -> None:
    """Whatever is written as a size is either a plain number on the grid or refused."""
    request = decode_order(msgspec.json.encode({**GOOD, "size": text}))
    try:
        form = read_form(request, START_NS, 300_000)
    except ApiRefusal:
        return
    assert form.size > 0
    assert "e" not in text.lower()


@played()
async def test_an_order_below_the_minimum_notional_is_refused(scene: Scene) -> None:
    """Size x mark below 10 USD: INVALID_ORDER_SIZE, naming the minimum."""
    reply = await scene.ask("POST", "/orders", scene.order(size="0.0001"))
    assert (reply.status, reply.body["error"], reply.body["data"]) == (400, "INVALID_ORDER_SIZE", None)
    assert "below min_notional 10" in reply.body["message"]


@played()
async def test_every_order_must_be_signed_by_the_tokens_key(scene: Scene) -> None:
    """Another price, another key, no signature at all: INVALID_ORDER_SIGNATURE."""
    good = scene.order()
    assert await scene.refused("POST", "/orders", {**good, "price": "80001"}) == "INVALID_ORDER_SIGNATURE"
    assert await scene.refused("POST", "/orders", {**good, "signature": "none"}) == "INVALID_ORDER_SIGNATURE"
    scene.key = scene.front.keys.subkey
    assert await scene.refused("POST", "/orders", scene.order()) == "INVALID_ORDER_SIGNATURE"
    await scene.log_in()
    assert await scene.place()


@played()
async def test_what_is_not_signed_may_be_said_freely(scene: Scene) -> None:
    """Instruction, flags, client id and window are outside the signature, as at the venue."""
    body = {**scene.order(), "instruction": "POST_ONLY", "client_id": "later", "recv_window": 5_000}
    assert (await scene.ask("POST", "/orders", body)).status == 201


@played()
async def test_no_more_than_the_markets_open_orders_rest(scene: Scene) -> None:
    """The 151st is queued and closed."""
    for _ in range(15):
        reply = await scene.ask("POST", "/orders/batch", [scene.order(size="0.0002")] * 10)
        assert len(reply.body["orders"]) == 10
    order = await scene.last((await scene.place(size="0.0002"))["id"])
    assert order["cancel_reason"] == "MAX_OPEN_ORDERS_EXCEEDED"
