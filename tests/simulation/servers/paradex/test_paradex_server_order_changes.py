"""Changes, batches and cancels of orders at the simulated Paradex over REST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from paradex_server_scenes import BTC, Scene, played

D = Decimal


@played()
async def test_a_modified_order_keeps_its_id(scene: Scene) -> None:
    """PUT changes price and size of an open order; what became of the request is told with it."""
    order = await scene.place(client_id="m")
    change = scene.order(price="79000", size="0.02", id=order["id"])
    reply = await scene.ask("PUT", f"/orders/{order['id']}", change)
    assert (reply.status, reply.body["request_info"]["status"]) == (200, "PENDING")
    await scene.settle()
    changed = await scene.get("/orders/by_client_id/m")
    assert (changed["id"], changed["price"], changed["size"]) == (order["id"], "79000", "0.02")
    assert changed["request_info"]["status"] == "SUCCESS"


@played()
async def test_a_modification_that_cannot_be_is_told(scene: Scene) -> None:
    """Post-only that would take and a price beyond the band fail at the engine; the order stays."""
    order = await scene.place(instruction="POST_ONLY")
    for price in ("82000", "90000"):
        await scene.ask("PUT", f"/orders/{order['id']}", scene.order(price=price, id=order["id"]))
        await scene.settle()
        kept = await scene.get(f"/orders/{order['id']}")
        assert (kept["price"], kept["request_info"]["status"]) == ("80000", "FAILED")


@played()
async def test_a_modification_is_checked_before_it_is_queued(scene: Scene) -> None:
    """Unknown, queued and closed orders, another side, another id, a bad signature and a size that is too small."""
    order = await scene.place(size="0.02")
    path = f"/orders/{order['id']}"

    def change(**more: Any) -> dict[str, Any]:
        return scene.order(**{"size": "0.02", "id": order["id"], **more})

    assert await scene.refused("PUT", "/orders/5", scene.order(id="5")) == "ORDER_ID_NOT_FOUND"
    assert await scene.refused("PUT", path, change(side="SELL")) == "VALIDATION_ERROR"
    assert await scene.refused("PUT", path, change(id="5")) == "VALIDATION_ERROR"
    assert await scene.refused("PUT", path, {**change(), "size": "0.03"}) == "INVALID_ORDER_SIGNATURE"
    assert await scene.refused("PUT", path, scene.order(size="0.02")) == "INVALID_ORDER_SIGNATURE"
    assert await scene.refused("PUT", path, change(size="0.00001")) == "INVALID_ORDER_SIZE"
    fresh = await scene.ask("POST", "/orders", scene.order())
    fresh_id = fresh.body["id"]
    assert await scene.refused("PUT", f"/orders/{fresh_id}", scene.order(id=fresh_id)) == "ORDER_IS_NOT_OPEN"
    await scene.ask("DELETE", path)
    await scene.settle()
    assert await scene.refused("PUT", path, change()) == "ORDER_IS_CLOSED"
    assert await scene.refused("DELETE", path) == "ORDER_IS_CLOSED"


@played()
async def test_a_size_at_or_below_what_has_filled_is_no_modification(scene: Scene) -> None:
    """INVALID_ORDER_SIZE, and the order stays open."""
    _, ask = await scene.best()
    order = await scene.place(size="0.5", price=str(ask))
    filled = D("0.5") - D((await scene.get(f"/orders/{order['id']}"))["remaining_size"])
    assert 0 < filled < D("0.5")
    change = scene.order(size=str(filled), price=str(ask), id=order["id"])
    assert await scene.refused("PUT", f"/orders/{order['id']}", change) == "INVALID_ORDER_SIZE"


@played()
async def test_a_batch_places_each_order_that_may_be(scene: Scene) -> None:
    """Two of three are queued, the third repeats a client id and stands among the errors; one call of the limit."""
    orders = [scene.order(client_id=client_id) for client_id in ("a", "b", "a")]
    reply = await scene.ask("POST", "/orders/batch", orders)
    assert reply.status == 201
    assert [order["client_id"] for order in reply.body["orders"]] == ["a", "b"]
    assert [error["error"] for error in reply.body["errors"]] == ["DUPLICATED_CLIENT_ID"]
    await scene.settle()
    assert len((await scene.get("/orders"))["results"]) == 2


@played()
async def test_one_bad_signature_refuses_a_whole_batch(scene: Scene) -> None:
    """Nothing of it is queued; nor of a batch of none or of eleven."""
    batch = [scene.order(), {**scene.order(), "price": "80001"}]
    assert await scene.refused("POST", "/orders/batch", batch) == "INVALID_ORDER_SIGNATURE"
    for size in (0, 11):
        assert await scene.refused("POST", "/orders/batch", [scene.order()] * size) == "BATCH_SIZE_OUT_OF_RANGE"
    assert (await scene.get("/orders-history"))["results"] == []


@played()
async def test_a_batch_of_cancels_says_what_became_of_each(scene: Scene) -> None:
    """Queued, closed already, not found: by the venue's id or by the client's."""
    live, over = await scene.place(client_id="live"), await scene.place(instruction="IOC")
    named = await scene.place(client_id="named")
    body = {"order_ids": [live["id"], over["id"], "7"], "client_order_ids": ["named", "nobody"]}
    reply = await scene.ask("DELETE", "/orders/batch", body)
    assert [(each.get("id"), each["status"]) for each in reply.body["results"]] == [
        (live["id"], "QUEUED_FOR_CANCELLATION"),
        (over["id"], "ALREADY_CLOSED"),
        ("7", "NOT_FOUND"),
        (named["id"], "QUEUED_FOR_CANCELLATION"),
        (None, "NOT_FOUND"),
    ]
    await scene.settle()
    assert (await scene.get("/orders"))["results"] == []
    assert await scene.refused("DELETE", "/orders/batch", b"[]") == "BINDING_ERROR"


@played()
async def test_cancel_all_keeps_to_one_market(scene: Scene) -> None:
    """With a market only its orders are cancelled, without one all are; a market that is not there is refused."""
    await scene.place()
    await scene.place(market="ETH-USD-PERP", price="2400", size="0.1")
    assert (await scene.ask("DELETE", "/orders", market=BTC)).status == 200
    await scene.settle()
    assert [order["market"] for order in (await scene.get("/orders"))["results"]] == ["ETH-USD-PERP"]
    await scene.ask("DELETE", "/orders")
    await scene.settle()
    assert (await scene.get("/orders"))["results"] == []
    assert await scene.refused("DELETE", "/orders", market="X") == "MARKET_NOT_FOUND"


@played()
async def test_cancels_of_what_is_not_there_are_refused(scene: Scene) -> None:
    """By id, by client id, and by client id on another market."""
    await scene.place(client_id="c")
    assert await scene.refused("DELETE", "/orders/5") == "ORDER_ID_NOT_FOUND"
    assert await scene.refused("DELETE", "/orders/by_client_id/x") == "CLIENT_ORDER_ID_NOT_FOUND"
    wrong = await scene.refused("DELETE", "/orders/by_client_id/c", market="ETH-USD-PERP")
    assert wrong == "CLIENT_ORDER_ID_NOT_FOUND"
