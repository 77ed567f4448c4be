"""Cancels, changes, cancel-all, the dead-man switch, leverage."""

from __future__ import annotations

import pytest
from lighter_server_scenes import BTC, ETH, Scene

from simulation.servers.lighter.order_changes import ABORT, IMMEDIATE, SCHEDULED, leverage_of
from simulation.servers.lighter.transactions import TxType
from simulation.servers.lighter.tx_file import TxStatus
from simulation.servers.lighter.wire_orders import WireOrder

CANCEL = TxType.CANCEL_ORDER
CANCEL_ALL = TxType.CANCEL_ALL_ORDERS
MODIFY = TxType.MODIFY_ORDER


def done(scene: Scene, kind: TxType, **fields: object) -> TxStatus:
    """Send something the API takes and give what became of it."""
    status, body = scene.send(kind, **fields)
    assert status == 200, body
    scene.wait(0.1)
    return scene.trading.txs.by_hash[body["tx_hash"]].status


@pytest.mark.parametrize("name", ["client_index", "index"])
def test_an_order_is_cancelled_by_either_index(name: str) -> None:
    """Client order index and order index name the same order; then it is over."""
    scene = Scene()
    order = scene.place()
    assert done(scene, CANCEL, MarketIndex=BTC, Index=getattr(order, name)) is TxStatus.EXECUTED
    assert order.status == "canceled"
    status, body = scene.send(CANCEL, MarketIndex=BTC, Index=getattr(order, name))
    assert (status, body["code"]) == (400, 21600)


def test_cancels_of_what_is_not_there() -> None:
    """An unknown client index and another market's order are 21600, an unknown order index 21700."""
    scene = Scene()
    order = scene.place()
    for market, index, code in ((BTC, 999, 21600), (ETH, order.index, 21600), (BTC, order.index + 1, 21700)):
        status, body = scene.send(CANCEL, MarketIndex=market, Index=index)
        assert (status, body["code"]) == (400, code)
    assert order.status == "open"


def modify(scene: Scene, order: WireOrder, *, lots: int, ticks: int) -> tuple[int, dict[str, object]]:
    """Change an order and wait."""
    answer = scene.send(MODIFY, MarketIndex=BTC, Index=order.client_index, BaseAmount=lots, Price=ticks, TriggerPrice=0)
    scene.wait(0.3)
    return answer


def test_a_change_keeps_the_indexes() -> None:
    """Price and size change, the version counts up, the order stays the same one."""
    scene = Scene()
    order = scene.place()
    ticks = order.ticks - 100
    assert modify(scene, order, lots=700, ticks=ticks)[0] == 200
    assert (order.lots, order.ticks, order.version, order.status) == (700, ticks, 1, "open")
    desk = scene.trading.account.live[order.desk_id]
    assert (desk.lots, desk.price) == (700, ticks)


def test_a_change_that_crosses_takes() -> None:
    """Moved through the market, the order fills."""
    scene = Scene()
    order = scene.place()
    modify(scene, order, lots=1_000, ticks=scene.ticks(1.01))
    assert order.status == "filled"


def test_a_post_only_order_changed_to_cross_is_cancelled() -> None:
    """Changing is cancelling and placing anew: canceled-post-only."""
    scene = Scene()
    order = scene.place(TimeInForce=2)
    modify(scene, order, lots=1_000, ticks=scene.ticks(1.01))
    assert order.status == "canceled-post-only"
    assert not scene.trading.account.live


@pytest.mark.parametrize(("lots", "factor", "code"), [(1, 0.99, 21706), (1_000, 0, 21702), (90_000_000, 0.99, 21739)])
def test_changes_the_api_refuses(lots: int, factor: float, code: int) -> None:
    """Too small, no price, no margin: refused, and the order stays as it is."""
    scene = Scene()
    order = scene.place()
    status, body = modify(scene, order, lots=lots, ticks=scene.ticks(factor))
    assert (status, body["code"]) == (400, code)
    assert (order.lots, order.version) == (1_000, 0)


def test_a_change_below_what_is_filled_is_refused() -> None:
    """An order of which 600 lots are filled cannot shrink to 500."""
    scene = Scene()
    order = scene.place()
    order.filled_lots = 600
    assert modify(scene, order, lots=500, ticks=order.ticks)[1]["code"] == 21701


def test_changes_and_cancels_that_come_too_late_fail_at_the_sequencer() -> None:
    """Accepted while the order lived; when they arrive it is gone."""
    scene = Scene()
    order = scene.place()
    fields = {"MarketIndex": BTC, "Index": order.index}
    change = {**fields, "BaseAmount": 900, "Price": order.ticks, "TriggerPrice": 0}
    hashes = []
    for kind, numbers in ((CANCEL, fields), (MODIFY, change), (CANCEL, fields)):
        info = scene.tx(kind, nonce=scene.nonce, **numbers)
        hashes += scene.front.intake.accept([(int(kind), info)]).hashes
        scene.nonce += 1
    scene.wait(0.1)
    records = [scene.trading.txs.by_hash[tx_hash] for tx_hash in hashes]
    assert [record.status for record in records] == [TxStatus.EXECUTED, TxStatus.FAILED, TxStatus.FAILED]
    assert "not an active" in records[1].view("0x")["event_info"]


def test_a_change_of_an_order_on_its_way_is_taken() -> None:
    """Sent right behind the order, it finds it resting."""
    scene = Scene()
    fields = scene.order_fields()
    change = {"MarketIndex": BTC, "Index": fields["ClientOrderIndex"], "TriggerPrice": 0}
    change |= {"BaseAmount": 500, "Price": fields["Price"]}
    for nonce, (kind, numbers) in enumerate(((TxType.CREATE_ORDER, fields), (MODIFY, change))):
        scene.front.intake.accept([(int(kind), scene.tx(kind, nonce=nonce, **numbers))])
    scene.wait(0.1)
    (order,) = scene.trading.orders.live.values()
    assert order.lots == 500


def test_cancel_all_ends_everything() -> None:
    """Orders of all markets are cancelled."""
    scene = Scene()
    orders = [scene.place(), scene.place(), scene.place(MarketIndex=ETH, Price=scene.ticks(0.99, ETH))]
    assert done(scene, CANCEL_ALL, TimeInForce=IMMEDIATE, Time=0) is TxStatus.EXECUTED
    assert {order.status for order in orders} == {"canceled"}


@pytest.mark.parametrize("market_id", [BTC, ETH])
def test_cancel_all_of_one_market(market_id: int) -> None:
    """Attribute 5 names the market, zero too; the other market's order stays."""
    scene = Scene()
    orders = {BTC: scene.place(), ETH: scene.place(MarketIndex=ETH, Price=scene.ticks(0.99, ETH))}
    done(scene, CANCEL_ALL, TimeInForce=IMMEDIATE, Time=0, attributes={"5": market_id})
    assert orders.pop(market_id).status == "canceled"
    assert next(iter(orders.values())).status == "open"


def test_the_dead_mans_switch() -> None:
    """Scheduled, everything is cancelled at that time, unless it was set again or called off before."""
    scene = Scene()
    order = scene.place()
    first = scene.now_ms + 60_000
    done(scene, CANCEL_ALL, TimeInForce=SCHEDULED, Time=first)
    assert scene.front.intake.changes.cancel_all_ms == first
    later = scene.now_ms + 120_000
    done(scene, CANCEL_ALL, TimeInForce=SCHEDULED, Time=later)
    scene.wait(70)
    assert order.status == "open"
    done(scene, CANCEL_ALL, TimeInForce=ABORT, Time=0)
    scene.wait(70)
    assert order.status == "open"
    done(scene, CANCEL_ALL, TimeInForce=SCHEDULED, Time=scene.now_ms + 1_000)
    scene.wait(1)
    assert order.status == "canceled"


@pytest.mark.parametrize(
    ("kind", "time", "attributes", "code"),
    [
        (3, 0, None, 21501),
        (IMMEDIATE, 5, None, 21501),
        (SCHEDULED, 5, None, 21501),
        (ABORT, 5, None, 21501),
        (IMMEDIATE, 0, {"5": 77}, 21602),
    ],
)
def test_cancel_alls_that_are_refused(kind: int, time: int, attributes: dict[str, int] | None, code: int) -> None:
    """An unknown kind, a time that does not fit it, an unknown market."""
    status, body = Scene().send(CANCEL_ALL, TimeInForce=kind, Time=time, attributes=attributes)
    assert (status, body["code"]) == (400, code)


def test_leverage_binds_margin() -> None:
    """At ten times instead of twenty the same order needs twice the margin, and the position shows it."""
    scene = Scene()
    lots = int(scene.trading.account.deposit * 15 / scene.trading.mark(scene.market()) / scene.market().step)
    assert done(scene, TxType.UPDATE_LEVERAGE, MarketIndex=BTC, InitialMarginFraction=1_000, MarginMode=1) is (
        TxStatus.EXECUTED
    )
    assert scene.refusal(BaseAmount=lots) == 21739
    assert leverage_of(1_000) == 10
    position = scene.get("account", by="index", value=scene.identity.account_index)[1]["accounts"][0]["positions"][1]
    assert (position["initial_margin_fraction"], position["margin_mode"]) == ("10.00", 1)
    done(scene, TxType.UPDATE_LEVERAGE, MarketIndex=BTC, InitialMarginFraction=500, MarginMode=0)
    assert scene.place(BaseAmount=lots).status == "open"


@pytest.mark.parametrize(("fraction", "mode"), [(100, 0), (10_001, 0), (500, 2)])
def test_leverages_that_are_refused(fraction: int, mode: int) -> None:
    """Higher than the market's, below one, or of no margin mode."""
    fields = {"MarketIndex": BTC, "InitialMarginFraction": fraction, "MarginMode": mode}
    assert Scene().send(TxType.UPDATE_LEVERAGE, **fields)[1]["code"] == 21501
