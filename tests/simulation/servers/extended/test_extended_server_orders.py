"""Placing, refusing, replacing and cancelling orders, as Extended does it."""

from __future__ import annotations

from typing import Any

import pytest
from extended_server_scenes import MAINNET_CONFIG, START_NS, D, Scene, TimeInForce

from simulation.servers.extended.account_keys import MAINNET, keys_from
from simulation.servers.extended.front import ExtendedFront, TradingMode


@pytest.fixture
def scene() -> Scene:
    """A venue that has just opened."""
    return Scene()


def test_answer_names_order_before_book_has_it(scene: Scene) -> None:
    """The id comes back with the client's id, while the book's answer is still on its way."""
    account = scene.stream("v1/account")
    account.take()
    sent = scene.order()
    placed = scene.ask("POST", "user/order", sent).data
    assert placed["externalId"] == sent["id"]
    assert placed["id"] > 2**53
    assert not account.frames
    scene.wait()
    (frame,) = account.frames
    (order,) = frame["data"]["orders"]
    assert (order["id"], order["status"], order["externalId"]) == (placed["id"], "NEW", sent["id"])


def test_post_only_that_would_take_is_accepted_then_rejected(scene: Scene) -> None:
    """REST takes the order; the refusal comes on the account stream with its reason, and stays readable."""
    account = scene.stream("v1/account")
    account.take()
    placed = scene.place("BUY", price=scene.touch("ask") + 5).data
    scene.wait()
    (order,) = account.frames[0]["data"]["orders"]
    assert (order["status"], order["statusReason"]) == ("REJECTED", "POST_ONLY_FAILED")
    assert scene.get(f"user/orders/{placed['id']}")["status"] == "REJECTED"
    assert scene.get("user/orders") == []


CASES: list[tuple[str, int, dict[str, Any]]] = [
    ("a market nobody lists", 1001, {"wire": {"market": "NOPE-USD"}}),
    ("another's public key", 1100, {"stark_key": "0x123"}),
    ("a public key that is none", 1100, {"stark_key": "key"}),
    ("another's vault", 1102, {"vault": "1"}),
    ("below the minimum", 1120, {"qty": "0.00009"}),
    ("off the quantity step", 1121, {"market": "ETH-USD", "qty": "0.0105"}),
    ("value above the limit orders' maximum", 1122, {"qty": "200"}),
    ("more decimals than the asset has", 1123, {"qty": "0.000105"}),
    ("off the price step", 1124, {"price": "83990.5"}),
    ("more decimals than the collateral has", 1125, {"price": "83990.0000005"}),
    ("fee below the taker's rate", 1128, {"post_only": False, "taker_fee": D("0.0002")}),
    ("a type that is not simulated", 1132, {"wire": {"type": "CONDITIONAL"}}),
    ("post-only and immediate", 1133, {"time_in_force": TimeInForce.IOC}),
    ("nonce zero", 1133, {"nonce": 0}),
    ("nonce too large", 1133, {"nonce": 2**32}),
    ("an unknown builder", 1133, {"builder_fee": D("0.0001"), "builder_id": 7}),
    ("over already", 1135, {"expires_s": -1}),
    ("longer than the testnet allows", 1135, {"expires_s": 28 * 86400 + 60}),
    ("reduces nothing", 1137, {"reduce_only": True}),
    ("market order that may rest", 1139, {"post_only": False, "wire": {"type": "MARKET"}}),
    ("more than the money backs", 1140, {"qty": "2"}),
    ("buys too high above the mark", 1141, {"price": "90000"}),
    ("a price of nothing", 1141, {"price": "0"}),
    ("no price at all", 1130, {"wire": {"price": None}}),
    ("replaces an order that is not there", 1142, {"previous_order_external_id": "nothing"}),
    ("a side that is none", 400, {"wire": {"side": "LONG"}}),
    ("a quantity that is none", 400, {"wire": {"qty": "NaN"}}),
    ("a quantity beyond all bounds", 400, {"wire": {"qty": "1E+400"}}),
    ("no settlement", 1133, {"wire": {"settlement": None}}),
]


@pytest.mark.parametrize(("code", "terms"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refusals_have_the_venues_codes(scene: Scene, code: int, terms: dict[str, Any]) -> None:
    """Each rule of the gateway answers with its own code in the error envelope, and keeps nothing."""
    terms = dict(terms)
    changes = {name: terms.pop(name) for name in ("wire", "stark_key", "vault") if name in terms}
    sent = scene.order(**terms)
    sent |= changes.get("wire", {})
    if "stark_key" in changes:
        sent["settlement"]["starkKey"] = changes["stark_key"]
    if "vault" in changes:
        sent["settlement"]["collateralPosition"] = changes["vault"]
    answer = scene.ask("POST", "user/order", sent)
    assert (answer.code, answer.status) == (code, 400)
    assert answer.body["error"]["message"]
    scene.wait()
    assert scene.get("user/orders/history") == []


SIGNED: dict[str, Any] = {
    "qty": "0.002",
    "price": "83000",
    "side": "SELL",
    "fee": "0.0003",
    "nonce": "77",
    "expiryEpochMillis": START_NS // 10**6 + 7_200_000,
}


@pytest.mark.parametrize("field", SIGNED)
def test_signature_covers_the_terms(scene: Scene, field: str) -> None:
    """A signed order whose quantity, price, side, fee, nonce or expiry was changed on the way is refused with 1101."""
    sent = scene.order() | {field: SIGNED[field]}
    if field == "side":
        sent["price"] = str(scene.touch("ask") + 10)
    assert scene.ask("POST", "user/order", sent).code == 1101


def test_signature_of_another_network_is_refused() -> None:
    """A front of the mainnet takes what was signed for it, and not what was signed for the testnet."""
    scene = Scene(make=lambda options: ExtendedFront(options, MAINNET))
    assert scene.place().code == 1101
    scene.config = MAINNET_CONFIG
    assert scene.place(expires_s=89 * 86400).data["id"]


def test_broken_signature_is_refused(scene: Scene) -> None:
    """What is no hex, or no number of the curve, is an invalid signature."""
    for part in ("zz", "0x" + "f" * 80, "0x0", "-0x5"):
        sent = scene.order()
        sent["settlement"]["signature"]["r"] = part
        assert scene.ask("POST", "user/order", sent).code == 1101


def test_nonce_and_external_id_are_used_once(scene: Scene) -> None:
    """A client's id stays taken after the order is over (1134), and so does a nonce (1133)."""
    first = scene.order(order_external_id="mine")
    order_id = scene.ask("POST", "user/order", first).data["id"]
    scene.wait()
    scene.ask("DELETE", f"user/order/{order_id}")
    scene.wait()
    assert scene.place(order_external_id="mine").code == 1134
    assert scene.place(nonce=int(first["nonce"])).code == 1133


def test_modes_of_the_venue(scene: Scene) -> None:
    """Maintenance refuses orders and cancels (1010); post-only (1011) and reduce-only mode (1012) what they exclude."""
    resting = scene.rest()
    scene.front.set_mode(TradingMode.MAINTENANCE)
    assert scene.place().code == 1010
    assert scene.ask("DELETE", f"user/order/{resting['id']}").code == 1010
    assert scene.ask("POST", "user/order/massCancel", {"cancelAll": True}).code == 1010
    scene.front.set_mode(TradingMode.POST_ONLY)
    assert scene.place(post_only=False).code == 1011
    assert scene.place().status == 200
    scene.front.set_mode(TradingMode.REDUCE_ONLY)
    assert scene.place().code == 1012
    assert scene.get("info/markets")[0]["status"] == "REDUCE_ONLY"


def test_market_order_fills_and_ends(scene: Scene) -> None:
    """A market order trades at the book's prices, up to its own, and is never left resting."""
    order = scene.market_order("BUY", "0.002")
    assert (order["status"], order["type"], order["timeInForce"]) == ("FILLED", "MARKET", "IOC")
    assert D(order["averagePrice"]) < D(order["price"])
    assert D(order["payedFee"]) == D(order["averagePrice"]) * D("0.002") * D("0.00025")


def test_immediate_order_that_finds_nothing_is_cancelled(scene: Scene) -> None:
    """What does not fill at once ends cancelled, for want of liquidity."""
    order = scene.rest(post_only=False, time_in_force=TimeInForce.IOC)
    assert (order["status"], order["statusReason"], order["cancelledQty"]) == ("CANCELLED", "NO_LIQUIDITY", "0.001")


def test_order_expires(scene: Scene) -> None:
    """A good-till-time order ends EXPIRED when its time is over."""
    order = scene.rest(expires_s=10)
    assert order["status"] == "NEW"
    scene.wait(10)
    assert scene.get(f"user/orders/{order['id']}")["status"] == "EXPIRED"


def test_reduce_only_wants_a_position_to_reduce(scene: Scene) -> None:
    """With a position: the same side is 1138, too much is 1136, and what reduces it closes it."""
    scene.market_order("BUY", "0.002")
    assert scene.place("BUY", reduce_only=True).code == 1138
    assert scene.place("SELL", qty="0.003", reduce_only=True).code == 1136
    order = scene.market_order("SELL", "0.002", reduce_only=True)
    assert order["status"] == "FILLED"
    assert scene.get("user/positions") == []


def test_reduce_only_refused_by_the_book(scene: Scene) -> None:
    """A position that went away while the order travelled: rejected on the stream, REDUCE_ONLY_FAILED."""
    scene.market_order("BUY", "0.001")
    price = int(scene.touch("bid") * D("0.99"))
    close: dict[str, Any] = {"price": price, "post_only": False, "reduce_only": True, "time_in_force": TimeInForce.IOC}
    first, second = scene.order("SELL", **close), scene.order("SELL", **close)
    answers: list[Any] = []
    for sent in (first, second):
        scene.front.handle(scene.request("POST", "user/order", sent), answers.append)
    scene.wait()
    assert [answer.status for answer in answers] == [200, 200]
    (order,) = scene.get(f"user/orders/external/{second['id']}")
    assert (order["status"], order["statusReason"]) == ("REJECTED", "REDUCE_ONLY_FAILED")


def test_position_limit(scene: Scene) -> None:
    """Orders that could lead to a position above the market's maximum are refused with 1127, money or not."""
    rich = Scene(deposit=D(10_000_000))
    for _ in range(4):
        assert rich.rest(qty="170")["status"] == "NEW"
    assert rich.place(qty="170").code == 1127


def test_two_hundred_orders_a_market(scene: Scene) -> None:
    """The order beyond the two hundredth is refused with 1126, on that market only; replacing one is not."""
    ids = [scene.place(qty="0.0001", order_external_id=f"n{number}").data["id"] for number in range(200)]
    assert len(set(ids)) == 200
    assert scene.place(qty="0.0001").code == 1126
    assert scene.place(qty="0.0001", previous_order_external_id="n7").status == 200
    assert scene.place(market="ETH-USD").status == 200


# -- replacing ------------------------------------------------------------------------------


def test_replacement_takes_the_place_of_the_original(scene: Scene) -> None:
    """An order with cancelId ends the one it names and lives under its own ids."""
    old = scene.rest()
    new = scene.rest(away=60, qty="0.002", previous_order_external_id=old["externalId"])
    old = scene.get(f"user/orders/{old['id']}")
    assert (old["status"], old["statusReason"]) == ("CANCELLED", "ORDER_REPLACED")
    assert (new["status"], new["qty"]) == ("NEW", "0.002")
    assert [order["id"] for order in scene.get("user/orders")] == [new["id"]]


def test_replacement_refused_by_the_gateway_changes_nothing(scene: Scene) -> None:
    """When a check of the REST gateway fails the original stays as it was."""
    old = scene.rest()
    assert scene.place(qty="0.00001", previous_order_external_id=old["externalId"]).code == 1120
    scene.wait()
    assert scene.get(f"user/orders/{old['id']}")["status"] == "NEW"


def test_replacement_refused_by_the_book_cancels_both(scene: Scene) -> None:
    """When the book refuses the new order the original is gone too."""
    old = scene.rest()
    new = scene.rest(price=scene.touch("ask") + 5, previous_order_external_id=old["externalId"])
    assert (new["status"], new["statusReason"]) == ("CANCELLED", "POST_ONLY_FAILED")
    assert scene.get(f"user/orders/{old['id']}")["status"] == "CANCELLED"


def test_replacement_of_an_order_that_ended_on_the_way(scene: Scene) -> None:
    """Between REST and book the original was cancelled: the replacement ends too, PREV_ORDER_NOT_FOUND."""
    old = scene.rest()
    sent = scene.order(previous_order_external_id=old["externalId"])
    cancel = scene.request("DELETE", f"user/order/{old['id']}")
    scene.front.handle(cancel, lambda _: None)
    placed = scene.ask("POST", "user/order", sent).data
    scene.wait()
    new = scene.get(f"user/orders/{placed['id']}")
    assert (new["status"], new["statusReason"]) == ("CANCELLED", "PREV_ORDER_NOT_FOUND")


# -- cancelling -----------------------------------------------------------------------------


def test_cancel_by_either_id(scene: Scene) -> None:
    """Both ids name an order; the cancel's answer says only that it was sent."""
    first, second = scene.rest(), scene.rest()
    assert scene.ask("DELETE", f"user/order/{first['id']}").body == {"status": "OK"}
    assert scene.ask("DELETE", f"user/order?externalId={second['externalId']}").body == {"status": "OK"}
    scene.wait()
    assert [scene.get(f"user/orders/{order['id']}")["status"] for order in (first, second)] == ["CANCELLED"] * 2


def test_cancel_never_overtakes_its_order(scene: Scene) -> None:
    """A cancel sent right behind the order finds it in the book."""
    for _ in range(20):
        sent = scene.order()
        scene.front.handle(scene.request("POST", "user/order", sent), lambda _: None)
        scene.front.handle(scene.request("DELETE", f"user/order?externalId={sent['id']}"), lambda _: None)
        scene.wait()
        assert scene.get(f"user/orders/external/{sent['id']}")[0]["status"] == "CANCELLED"


def test_cancel_of_what_is_not_open(scene: Scene) -> None:
    """Unknown orders and those that are over are not found; what is no id is a bad request."""
    over = scene.market_order("BUY", "0.001")
    assert scene.ask("DELETE", f"user/order/{over['id']}").code == 404
    assert scene.ask("DELETE", "user/order?externalId=unknown").status == 404
    assert scene.ask("DELETE", "user/order/abc").code == 400
    assert scene.ask("DELETE", "user/order/" + "9" * 5000).code == 400
    assert scene.ask("DELETE", "user/order").code == 400


@pytest.mark.parametrize("selector", ["orderIds", "externalOrderIds", "markets", "cancelAll"])
def test_mass_cancel_by_any_selector(scene: Scene, selector: str) -> None:
    """Ids, the client's ids, markets or everything: what is named goes, the rest stays."""
    first, other = scene.rest(), scene.rest(market="ETH-USD")
    wanted: dict[str, Any] = {
        "orderIds": [first["id"], 1],
        "externalOrderIds": [first["externalId"], "unknown"],
        "markets": ["BTC-USD"],
        "cancelAll": True,
    }
    body = {"cancelAll": False, selector: wanted[selector]}
    assert scene.ask("POST", "user/order/massCancel", body).body == {"status": "OK"}
    scene.wait()
    left = [order["id"] for order in scene.get("user/orders")]
    assert left == ([] if selector == "cancelAll" else [other["id"]])


def test_mass_cancel_of_nothing(scene: Scene) -> None:
    """At least one selector must say something, and markets must exist."""
    assert scene.ask("POST", "user/order/massCancel", {"cancelAll": False}).code == 400
    assert scene.ask("POST", "user/order/massCancel", {"markets": ["NOPE"]}).code == 1001
    assert scene.ask("POST", "user/order/massCancel", b"[").code == 400


def test_dead_man_switch(scene: Scene) -> None:
    """Everything is cancelled when the countdown ends; a new call puts it off, zero turns it off."""
    scene.rest()
    assert scene.ask("POST", "user/deadmanswitch?countdownTime=10").status == 200
    scene.wait(8)
    scene.ask("POST", "user/deadmanswitch?countdownTime=10")
    scene.wait(8)
    assert len(scene.get("user/orders")) == 1
    scene.wait(3)
    assert scene.get("user/orders") == []
    scene.rest()
    scene.ask("POST", "user/deadmanswitch?countdownTime=1")
    scene.ask("POST", "user/deadmanswitch?countdownTime=0")
    scene.wait(5)
    assert len(scene.get("user/orders")) == 1
    assert scene.ask("POST", "user/deadmanswitch").code == 400


def test_keys_grow_from_the_seed() -> None:
    """The same seed is the same account; another is another. Its text shows no secret."""
    keys = keys_from(7)
    assert keys == keys_from(7)
    assert keys.private_key != keys_from(8).private_key
    assert str(keys.private_key) not in repr(keys)
    assert keys.api_key not in repr(keys)


def test_own_orders_do_not_trade_with_each_other() -> None:
    """An order that would meet one of the account's own stops there: SELF_TRADE_PROTECTION."""
    scene = Scene(deposit=D(10_000_000))
    bid = scene.touch("bid")
    own = scene.rest("BUY", price=bid - 1, qty="0.01")
    taker = scene.rest("SELL", price=bid - 100, qty="50", post_only=False)
    assert (taker["status"], taker["statusReason"]) == ("CANCELLED", "SELF_TRADE_PROTECTION")
    assert D(taker["filledQty"]) > 0
    assert scene.get(f"user/orders/{own['id']}")["status"] == "NEW"
