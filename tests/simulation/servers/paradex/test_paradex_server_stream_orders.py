"""The private streams of the simulated Paradex, and orders sent over a stream."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from paradex_server_scenes import BTC, Scene, StreamClient, played

from simulation.servers.paradex.terms import ParadexTerms, StateWindow, SystemStatus

D = Decimal
PRIVATE = [
    "orders.ALL",
    "fills.ALL",
    "positions",
    "account",
    "balance_events",
    "funding_payments.ALL",
    "mmp",
    "transfers",
]


async def listening(scene: Scene, *channels: str) -> StreamClient:
    """Open a stream that hears these channels."""
    stream = await scene.stream(authenticated=True)
    for channel in channels:
        assert (await stream.subscribe(channel))["result"] == {"channel": channel}
    return stream


def named(told: list[dict[str, Any]], channel: str) -> list[dict[str, Any]]:
    """Choose the pushes of one channel."""
    return [push["data"] for push in told if push["channel"] == channel]


@played()
async def test_private_channels_need_a_login(scene: Scene) -> None:
    """40300 before `auth`, welcome after it; nothing is sent to begin with."""
    stream = await scene.stream()
    assert (await stream.subscribe("orders.ALL"))["error"]["code"] == 40300
    await stream.ask("auth", {"bearer": scene.bearer})
    for channel in PRIVATE:
        assert "result" in await stream.subscribe(channel)
    assert (await stream.subscribe("account"))["error"]["data"] == "already subscribed"
    await scene.settle()
    assert await stream.drain() == []


@played()
async def test_a_login_lasts_for_the_life_of_the_stream(scene: Scene) -> None:
    """An expired token is refused at `auth`, but a stream that is logged in goes on hearing."""
    stream = await listening(scene, f"orders.{BTC}")
    await scene.settle(400)
    late = await scene.stream()
    assert (await late.ask("auth", {"bearer": scene.bearer}))["error"]["code"] == 40111
    await scene.log_in()
    await scene.place()
    assert (await stream.push(f"orders.{BTC}"))["status"] == "OPEN"


@played()
async def test_an_orders_life_is_told(scene: Scene) -> None:
    """OPEN, then CLOSED with the reason; on the market's channel and on ALL, not on another market's."""
    stream = await listening(scene, f"orders.{BTC}", "orders.ALL", "orders.ETH-USD-PERP")
    order = await scene.place(client_id="c")
    await scene.ask("DELETE", f"/orders/{order['id']}")
    await scene.settle()
    told = await stream.drain()
    for channel in (f"orders.{BTC}", "orders.ALL"):
        states = [(each["client_id"], each["status"], each["cancel_reason"]) for each in named(told, channel)]
        assert states == [("c", "OPEN", ""), ("c", "CLOSED", "USER_CANCELED")]
    assert named(told, "orders.ETH-USD-PERP") == []


@played()
async def test_a_fill_is_told_in_all_its_consequences(scene: Scene) -> None:
    """Fills, balance, position, account and the order, each as REST shows it, with growing numbers."""
    stream = await listening(scene, *PRIVATE)
    await scene.place("BUY", "0.01", None)
    told = await stream.drain()
    fill = (await scene.get("/fills"))["results"][0]
    assert named(told, "fills.ALL") == [fill]
    event = named(told, "balance_events")[0]
    assert (event["fill_id"], event["fees"]) == (fill["id"], fill["fee"])
    paid = D(event["settlement_asset_balance_before"]) - D(event["settlement_asset_balance_after"])
    assert paid == pytest.approx(D(fill["fee"]), abs=D("0.00000002"))
    assert named(told, "positions")[0]["size"] == "0.01"
    assert named(told, "account")[0]["account"] == scene.address
    assert named(told, "orders.ALL")[-1]["avg_fill_price"] == fill["price"]
    numbers = [push["data"]["seq_no"] for push in told if "seq_no" in push["data"]]
    assert numbers == sorted(set(numbers))


@played()
async def test_a_closed_position_is_told_with_size_zero(scene: Scene) -> None:
    """The last push says CLOSED."""
    stream = await listening(scene, "positions")
    await scene.place("BUY", "0.01", None)
    await scene.place("SELL", "0.01", None)
    last = named(await stream.drain(), "positions")[-1]
    assert (last["size"], last["status"]) == ("0", "CLOSED")
    assert last["closed_at"] > 0


@played()
async def test_each_fill_has_its_own_position(scene: Scene) -> None:
    """An order that fills in parts is told in steps, each with the position that it left."""
    stream = await listening(scene, "positions", "fills.ALL")
    await scene.place("BUY", "0.6", None)
    told = await stream.drain()
    sizes = [D(each["size"]) for each in named(told, "fills.ALL")]
    positions = [D(each["size"]) for each in named(told, "positions")]
    assert len(sizes) > 1
    assert positions == [sum(sizes[: n + 1]) for n in range(len(sizes))]


@played()
async def test_funding_is_told(scene: Scene) -> None:
    """A payment on its market's channel, as REST lists it."""
    stream = await listening(scene, f"funding_payments.{BTC}")
    await scene.place("BUY", "0.05", None)
    await scene.settle(3700)
    await scene.log_in()
    told = named(await stream.drain(), f"funding_payments.{BTC}")
    assert told == (await scene.get("/funding/payments", market=BTC))["results"]
    assert len(told) == 1


@played()
async def test_leaving_a_private_channel_ends_it(scene: Scene) -> None:
    """No push after `unsubscribe`, and none after the stream is closed."""
    stream = await listening(scene, "orders.ALL")
    await stream.ask("unsubscribe", {"channel": "orders.ALL"})
    closed = await listening(scene, "orders.ALL")
    await closed.stream.close()
    await scene.place()
    assert await stream.drain() == []


@played()
async def test_an_order_can_be_created_over_a_stream(scene: Scene) -> None:
    """The answer comes from the matching engine: the order as it stands there, and when it was received in ns."""
    stream = await listening(scene)
    received_ns = scene.clock.now_ns()
    reply = await stream.ask("order.create", scene.order(client_id="ws"))
    result = reply["result"]
    assert result["received_at"] == received_ns
    assert result["created_at"] > received_ns // 10**6
    assert (result["order"]["status"], result["order"]["client_id"]) == ("OPEN", "ws")
    assert reply["usDiff"] > 0
    filled = await stream.ask("order.create", scene.order("SELL", "0.01", "70000", instruction="POST_ONLY"))
    assert filled["result"]["order"]["status"] == "CLOSED"
    waiting = await stream.ask("order.create", scene.order(price=None, type="STOP_MARKET", trigger_price="90000"))
    assert waiting["result"]["order"]["status"] == "UNTRIGGERED"


@played()
async def test_batches_come_as_a_list_or_by_name(scene: Scene) -> None:
    """Each result stands where its order stood; a failure is a text."""
    stream = await listening(scene)
    for params in ([scene.order(client_id="a"), scene.order(client_id="a")], {"orders": [scene.order()] * 2}):
        results = (await stream.ask("order.create_batch", params))["result"]["results"]
        assert len(results) == 2
        assert results[0]["order"]["status"] == "NEW"
        if isinstance(params, list):
            assert results[1]["error"].startswith("DUPLICATED_CLIENT_ID")


@played()
async def test_orders_can_be_changed_and_cancelled_over_a_stream(scene: Scene) -> None:
    """By id, by client id and market, in batches, all of one market."""
    stream = await listening(scene)
    orders = [await scene.place(client_id=name) for name in "abcd"]
    changed = await stream.ask("order.modify", scene.order(price="79000", id=orders[0]["id"]))
    assert changed["result"]["order"]["request_info"]["request_type"] == "MODIFY_ORDER"
    queued = "QUEUED_FOR_CANCELLATION"
    reply = await stream.ask("order.cancel", {"id": orders[0]["id"]})
    assert reply["result"] == {"order_id": orders[0]["id"], "status": queued}
    reply = await stream.ask("order.cancel", {"client_id": "b", "market": BTC})
    assert reply["result"]["order_id"] == orders[1]["id"]
    reply = await stream.ask("order.cancel_batch", {"order_ids": [orders[2]["id"], "9"]})
    assert [each["status"] for each in reply["result"]["results"]] == [queued, "NOT_FOUND"]
    assert (await stream.ask("order.cancel_all", {"market": BTC}))["result"] == {"status": "ok"}
    await scene.settle()
    assert (await scene.get("/orders"))["results"] == []


@played()
async def test_refusals_over_a_stream_have_codes(scene: Scene) -> None:
    """A broken form is -32602; what the venue refuses is 100 with its own word and its sentence."""
    stream = await listening(scene)

    async def error(method: str, params: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await stream.ask(method, params))["error"]
        return found

    assert (await error("order.create", {"market": BTC}))["code"] == -32602
    assert (await error("order.create", scene.order(side="UP") | {"side": "UP"}))["code"] == -32602
    assert (await error("order.cancel", {"client_id": "x"}))["code"] == -32602
    assert (await error("order.cancel_on_disconnect", {"enabled": "yes"}))["code"] == -32602
    unknown = await error("order.cancel", {"id": "5"})
    assert unknown == {"code": 100, "message": "ORDER_ID_NOT_FOUND", "data": "order 5 not found"}
    forged = {**scene.order(), "price": "80001"}
    assert (await error("order.create", forged))["message"] == "INVALID_ORDER_SIGNATURE"


@played()
async def test_limits_are_shared_with_rest(scene: Scene) -> None:
    """For people three orders a second, wherever they come from: then 42901."""
    await scene.log_in(token_usage="interactive")  # noqa: S106 - no password
    stream = await listening(scene)
    for _ in range(2):
        await scene.ask("POST", "/orders", scene.order())
    assert "result" in await stream.ask("order.cancel_all")
    await scene.settle(0.01)
    refused = await stream.ask("order.create_batch", [scene.order()])
    assert refused["error"]["code"] == 42901


@played()
async def test_a_stream_that_is_lost_takes_its_own_orders_along(scene: Scene) -> None:
    """With cancel_on_disconnect, what was sent over this stream is cancelled; the rest stays."""
    stream, other = await listening(scene), await listening(scene, "orders.ALL")
    assert (await stream.ask("order.cancel_on_disconnect", {"enabled": True}))["result"] == {"enabled": True}
    own = (await stream.ask("order.create", scene.order(client_id="own")))["result"]["order"]
    await stream.ask("order.create_batch", [scene.order(client_id="batch")])
    kept = await scene.place(client_id="rest")
    await stream.stream.close()
    await scene.settle()
    assert [order["id"] for order in (await scene.get("/orders"))["results"]] == [kept["id"]]
    closed = [each for each in named(await other.drain(), "orders.ALL") if each["status"] == "CLOSED"]
    assert {each["cancel_reason"] for each in closed} == {"CANCEL_ON_DISCONNECT"}
    assert own["id"] in {each["id"] for each in closed}


@played()
async def test_without_asking_orders_outlive_their_stream(scene: Scene) -> None:
    """It is off at first, and can be switched off again."""
    for switches in ([], [True, False]):
        stream = await listening(scene)
        for enabled in switches:
            await stream.ask("order.cancel_on_disconnect", {"enabled": enabled})
        await stream.ask("order.create", scene.order())
        await stream.stream.close()
    await scene.settle()
    assert len((await scene.get("/orders"))["results"]) == 2


START_S = 1_767_225_600


@played(
    ParadexTerms(
        windows=(
            StateWindow(
                start_ns=(START_S + 10) * 10**9, end_ns=(START_S + 20) * 10**9, status=SystemStatus.MAINTENANCE
            ),
        )
    )
)
async def test_a_lost_stream_is_cleaned_up_under_maintenance_too(scene: Scene) -> None:
    """Cancelling on disconnect is the venue's own doing."""
    stream = await listening(scene)
    await stream.ask("order.cancel_on_disconnect", {"enabled": True})
    await stream.ask("order.create", scene.order())
    await scene.settle(12)
    await stream.stream.close()
    await scene.settle()
    assert (await scene.get("/orders"))["results"] == []
