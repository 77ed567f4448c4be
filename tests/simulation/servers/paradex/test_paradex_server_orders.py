"""The life of orders at the simulated Paradex over REST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from paradex_server_scenes import BTC, Scene, played

from simulation.profile import Latency
from simulation.servers.paradex.terms import ParadexTerms

D = Decimal


@played()
async def test_an_order_is_new_then_open_then_cancelled(scene: Scene) -> None:
    """The answer is 201 NEW; the engine makes it OPEN; a cancel is 204 and ends it as USER_CANCELED."""
    reply = await scene.ask("POST", "/orders", scene.order(client_id="mine"))
    assert (reply.status, reply.body["status"]) == (201, "NEW")
    assert await scene.refused("GET", "/orders/by_client_id/mine") == "CLIENT_ORDER_ID_NOT_FOUND"
    await scene.settle()
    order = await scene.get("/orders/by_client_id/mine")
    assert (order["status"], order["remaining_size"], order["price"]) == ("OPEN", "0.01", "80000")
    assert [each["id"] for each in (await scene.get("/orders", market=BTC))["results"]] == [order["id"]]
    assert (await scene.ask("DELETE", f"/orders/{order['id']}")).status == 204
    await scene.settle()
    closed = await scene.last(order["id"])
    assert (closed["status"], closed["cancel_reason"]) == ("CLOSED", "USER_CANCELED")
    assert (await scene.get("/orders"))["results"] == []


@played()
async def test_a_closed_order_is_found_in_the_history_only(scene: Scene) -> None:
    """By id and by client id only what is not over is found; the history filters by client id and status."""
    order = await scene.place(client_id="mine")
    await scene.place(client_id="other")
    await scene.ask("DELETE", "/orders/by_client_id/mine", market=BTC)
    await scene.settle()
    assert await scene.refused("GET", "/orders/by_client_id/mine") == "CLIENT_ORDER_ID_NOT_FOUND"
    assert await scene.refused("GET", f"/orders/{order['id']}") == "ORDER_ID_NOT_FOUND"
    history = await scene.get("/orders-history", client_id="mine")
    assert [(each["id"], each["status"]) for each in history["results"]] == [(order["id"], "CLOSED")]
    assert len((await scene.get("/orders-history", status="OPEN", side="BUY", type="LIMIT"))["results"]) == 1
    assert (await scene.get("/orders-history", market="ETH-USD-PERP"))["results"] == []


@played(ParadexTerms(finds_closed_orders=True))
async def test_a_venue_that_finds_closed_orders_can_be_had(scene: Scene) -> None:
    """With the option, looking up one order finds it in any state."""
    order = await scene.place(client_id="mine", instruction="IOC")
    for path in (f"/orders/{order['id']}", "/orders/by_client_id/mine"):
        assert (await scene.get(path))["status"] == "CLOSED"


@played()
async def test_a_market_order_fills_and_closes_without_a_reason(scene: Scene) -> None:
    """Filled is CLOSED with nothing remaining; its price is 0, its average the fill's; the fee is 2 bps."""
    order = await scene.last((await scene.place("BUY", "0.02", None))["id"])
    assert (order["status"], order["cancel_reason"], order["remaining_size"]) == ("CLOSED", "", "0")
    fill = (await scene.get("/fills"))["results"][0]
    assert (order["price"], order["avg_fill_price"]) == ("0", fill["price"])
    assert (fill["order_id"], fill["side"], fill["liquidity"]) == (order["id"], "BUY", "TAKER")
    assert D(fill["fee"]) == D(fill["price"]) * D(fill["size"]) * D("0.0002")


@played()
async def test_a_market_order_takes_no_further_than_the_band_and_the_book(scene: Scene) -> None:
    """What the book does not have is cancelled."""
    order = await scene.last((await scene.place("BUY", "5", None))["id"])
    assert order["status"] == "CLOSED"
    assert order["cancel_reason"] == "NO_LIQUIDITY"
    assert 0 < D(order["remaining_size"]) < 5


@played()
async def test_ioc_and_post_only_do_as_they_say(scene: Scene) -> None:
    """An IOC away from the market is cancelled; a post-only that would take is closed for that."""
    _, ask = await scene.best()
    for instruction, price, reason in (
        ("IOC", str(ask - 100), "NO_LIQUIDITY"),
        ("POST_ONLY", str(ask + 100), "POST_ONLY_WOULD_CROSS"),
    ):
        order = await scene.last((await scene.place(price=price, instruction=instruction))["id"])
        assert (order["status"], order["cancel_reason"]) == ("CLOSED", reason)


@played()
async def test_risk_checks_close_an_order_that_was_queued(scene: Scene) -> None:
    """Too little margin, nothing to reduce, a price beyond the band: 201 NEW first, CLOSED with the reason then."""
    cases: list[tuple[dict[str, Any], str]] = [
        ({"size": "50"}, "NOT_ENOUGH_MARGIN"),
        ({"flags": ["REDUCE_ONLY"]}, "REDUCE_ONLY_WOULD_INCREASE"),
        ({"price": "90000"}, "PRICE_BAND_EXCEEDED"),
        ({"price": "70000", "side": "SELL"}, "PRICE_BAND_EXCEEDED"),
    ]
    for change, reason in cases:
        order = await scene.last((await scene.place(**change))["id"])
        assert (order["status"], order["cancel_reason"]) == ("CLOSED", reason)


@played()
async def test_reduce_only_takes_no_more_than_the_position(scene: Scene) -> None:
    """A reduce-only order larger than the position fills up to it and is cancelled, however small."""
    await scene.place("BUY", "0.0002", None)
    order = await scene.last((await scene.place("SELL", "0.01", None, flags=["REDUCE_ONLY"]))["id"])
    assert (order["status"], order["remaining_size"]) == ("CLOSED", "0.0098")
    assert (await scene.get("/positions"))["results"] == []


@played()
async def test_a_client_id_is_taken_while_its_order_lives(scene: Scene) -> None:
    """A second live order with the same client id is DUPLICATED_CLIENT_ID; afterwards the id is free."""
    await scene.place(client_id="one")
    assert await scene.refused("POST", "/orders", scene.order(client_id="one")) == "DUPLICATED_CLIENT_ID"
    await scene.ask("DELETE", "/orders/by_client_id/one")
    await scene.settle()
    assert await scene.place(client_id="one")


@pytest.mark.parametrize(
    ("stp", "maker", "taker"),
    [
        ("EXPIRE_TAKER", "OPEN", "CLOSED"),
        (None, "OPEN", "CLOSED"),
        ("EXPIRE_MAKER", "CLOSED", "CLOSED"),
        ("EXPIRE_BOTH", "CLOSED", "CLOSED"),
    ],
)
def test_self_trades_are_prevented_as_asked(stp: str | None, maker: str, taker: str) -> None:
    """The resting order, the coming one, or both end when they would meet; nothing trades between them."""

    @played()
    async def scenario(scene: Scene) -> None:
        bid, ask = await scene.best()
        resting = await scene.place("SELL", "0.01", str(ask))
        far = await scene.place("SELL", "0.01", str(ask + 1000))
        coming = await scene.place("BUY", "0.01", str(ask), stp=stp, instruction="IOC")
        first, last = await scene.last(resting["id"]), await scene.last(coming["id"])
        assert (first["status"], last["status"]) == (maker, taker)
        assert (await scene.last(far["id"]))["status"] == "OPEN"
        if maker == "CLOSED":
            assert first["cancel_reason"] == "SELF_TRADE"
        if stp == "EXPIRE_MAKER":
            assert (last["cancel_reason"], last["remaining_size"]) == ("", "0")
        else:
            assert last["cancel_reason"] == "SELF_TRADE"
        assert bid < ask

    scenario()


@played()
async def test_a_market_order_may_take_our_own_order_out(scene: Scene) -> None:
    """With EXPIRE_MAKER a market order expires whatever of ours stands against it, and takes from others."""
    _, ask = await scene.best()
    resting = await scene.place("SELL", "0.01", str(ask))
    taking = await scene.place("BUY", "0.01", None, stp="EXPIRE_MAKER")
    assert (await scene.last(resting["id"]))["cancel_reason"] == "SELF_TRADE"
    assert (await scene.last(taking["id"]))["remaining_size"] == "0"


SLOW = ParadexTerms(entry=Latency(base_ns=1_000_000, jitter_ns=200_000_000))


@played(SLOW)
async def test_requests_arrive_in_the_order_in_which_they_were_sent(scene: Scene) -> None:
    """However long each takes, a cancel never overtakes its order."""
    for _ in range(10):
        order = (await scene.ask("POST", "/orders", scene.order())).body
        assert (await scene.ask("DELETE", f"/orders/{order['id']}")).status == 204
    await scene.settle(1)
    reasons = {order["cancel_reason"] for order in (await scene.get("/orders-history"))["results"]}
    assert reasons == {"USER_CANCELED"}


@played()
async def test_people_are_slowed_down(scene: Scene) -> None:
    """A token for people waits 300 ms before its order and its cancel reach the engine; its fills are marked."""
    await scene.log_in(token_usage="interactive")  # noqa: S106 - no password
    order = (await scene.ask("POST", "/orders", scene.order(client_id="slow"))).body
    await scene.settle(0.25)
    assert (await scene.get(f"/orders/{order['id']}"))["status"] == "NEW"
    await scene.settle(0.15)
    assert (await scene.get(f"/orders/{order['id']}"))["status"] == "OPEN"
    await scene.ask("POST", "/orders", scene.order(price=None))
    await scene.settle(0.5)
    assert (await scene.get("/fills"))["results"][0]["flags"] == ["interactive"]


@played()
async def test_a_stop_order_waits_for_its_trigger(scene: Scene) -> None:
    """UNTRIGGERED until the mark price is there; then it is an order like any other."""
    _, ask = await scene.best()
    await scene.place("BUY", "0.01", None)
    stop = await scene.place("SELL", "0.01", None, type="STOP_MARKET", trigger_price=str(ask - 5))
    assert (await scene.get(f"/orders/{stop['id']}"))["status"] == "UNTRIGGERED"
    take = await scene.place("SELL", price=str(ask), type="TAKE_PROFIT_LIMIT", trigger_price=str(ask + 9_000))
    change = scene.order("SELL", price=str(ask + 1), type="TAKE_PROFIT_LIMIT", trigger_price="99000", id=take["id"])
    await scene.ask("PUT", f"/orders/{take['id']}", change)
    for _ in range(600):
        await scene.settle(1)
        if (await scene.last(stop["id"]))["status"] == "CLOSED":
            break
    sold = await scene.last(stop["id"])
    assert (sold["cancel_reason"], sold["remaining_size"]) == ("", "0")
    waiting = await scene.get(f"/orders/{take['id']}")
    assert (waiting["status"], waiting["trigger_price"]) == ("UNTRIGGERED", "99000")
    await scene.ask("DELETE", f"/orders/{take['id']}")
    await scene.settle()
    assert (await scene.last(take["id"]))["cancel_reason"] == "USER_CANCELED"


@played()
async def test_a_condition_may_say_which_way_a_trigger_lies(scene: Scene) -> None:
    """With the flag a sell triggers above, and one below: both at once where the price is beyond."""
    above, below = "STOP_CONDITION_ABOVE_TRIGGER", "STOP_CONDITION_BELOW_TRIGGER"
    orders = [
        await scene.place("SELL", type="STOP_LIMIT", price="82000", trigger_price=trigger, flags=[flag])
        for flag, trigger in ((above, "70000"), (below, "90000"), (above, "90000"))
    ]
    await scene.settle(0.5)
    states = [(await scene.get(f"/orders/{order['id']}"))["status"] for order in orders]
    assert states == ["OPEN", "OPEN", "UNTRIGGERED"]


@played()
async def test_every_answer_has_the_fields_of_the_sdk(scene: Scene) -> None:
    """An order carries what a recorded one does, and numbers that only grow."""
    first, second = await scene.place(), await scene.place()
    assert second["seq_no"] > first["seq_no"]
    fields = "id account market side type size remaining_size price status created_at last_updated_at timestamp "
    fields += (
        "cancel_reason client_id seq_no instruction avg_fill_price stp received_at published_at flags trigger_price"
    )
    assert set(fields.split()) == set(first)
    assert first["stp"] == "EXPIRE_TAKER"
    assert msgspec.json.encode(first)
