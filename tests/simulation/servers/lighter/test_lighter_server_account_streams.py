"""The account's channels: orders, trades, positions, figures, transactions."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from lighter_server_samples import assert_covers, recorded
from lighter_server_scenes import BTC, ETH, Client, Scene

from simulation.servers.lighter.transactions import TxType

Sides = dict[str, dict[Decimal, Decimal]]


BATCH_NS = 50_000_000


def listen(scene: Scene, *families: str) -> Client:
    """Subscribe to the account's channels."""
    client = Client(scene)
    for family in families:
        assert client.subscribe(f"{family}/{scene.identity.account_index}", auth=True)["type"].startswith("subscribed/")
    return client


def test_orders_are_told_from_open_to_their_end(shared_data: Path) -> None:
    """Each state once, in order, in the recorded shape; other markets' channels stay silent."""
    scene = Scene()
    client = listen(scene, "account_all_orders", f"account_orders/{BTC}", f"account_orders/{ETH}")
    order = scene.place()
    scene.send(TxType.CANCEL_ORDER, MarketIndex=BTC, Index=order.index)
    scene.wait(0.1)
    of_market = client.of("update/account_orders")
    assert_covers(
        of_market[0] | {"orders": {"0": of_market[0]["orders"]["1"]}}, recorded(shared_data, "ws_account_orders_update")
    )
    for updates in (client.of("update/account_all_orders"), of_market):
        states = [update["orders"]["1"][0]["status"] for update in updates]
        assert states == ["open", "canceled"]
    assert {update["channel"] for update in of_market} == {f"account_orders:{BTC}:{scene.identity.account_index}"}


def test_a_snapshot_of_orders_holds_the_open_ones() -> None:
    """Those that ended are not in it."""
    scene = Scene()
    kept = scene.place()
    scene.place(TimeInForce=0)
    client = listen(scene, "account_all_orders")
    assert [order["order_index"] for order in client.heard[-1]["orders"]["1"]] == [kept.index]
    assert client.subscribe(f"account_orders/{ETH}/{scene.identity.account_index}", auth=True)["orders"] == {}


def test_a_trade_moves_trades_positions_assets_and_figures(shared_data: Path) -> None:
    """One purchase is told on all of the account's channels, in the recorded shapes."""
    scene = Scene()
    client = listen(
        scene, "account_all_trades", "account_all_positions", "account_all_assets", "user_stats", "account_all"
    )
    assert_covers(
        {"positions": {"0": client.of("subscribed/account_all_positions")[0]["positions"]["0"]}},
        {"positions": recorded(shared_data, "ws_account_all_positions_update")["positions"]},
    )
    scene.buy_now(2_000)
    scene.wait(0.1)
    theirs = recorded(shared_data, "ws_account_all_trades_update")["trades"]["0"]
    del theirs[0]["maker_fee"]
    assert_covers(client.of("update/account_all_trades")[0]["trades"]["1"], theirs)
    positions = client.of("update/account_all_positions")[-1]["positions"]
    assert (positions["1"]["position"], positions["0"]["position"]) == ("0.02000", "0.0000")
    assert_covers(
        client.of("update/user_stats")[-1]["stats"], recorded(shared_data, "ws_user_stats_with_position")["stats"]
    )
    assert float(client.of("update/user_stats")[-1]["stats"]["margin_usage"]) > 0
    assert float(client.of("update/account_all_assets")[-1]["assets"]["3"]["margin_balance"]) < 10_000
    kinds = [("trades" if update["trades"] else "positions") for update in client.of("update/account_all")]
    assert set(kinds) == {"trades", "positions"}
    late = listen(scene, "account_all_trades")
    assert len(late.heard[-1]["trades"]["1"]) == 1


def test_the_fate_of_transactions_is_told() -> None:
    """Executed and failed ones, with their hash, on account_tx."""
    scene = Scene()
    client = listen(scene, "account_tx")
    order = scene.place()
    fields = {"MarketIndex": BTC, "Index": order.index}
    for _ in range(2):
        info = scene.tx(TxType.CANCEL_ORDER, nonce=scene.nonce, **fields)
        scene.front.intake.accept([(15, info)])
        scene.nonce += 1
    scene.wait(0.1)
    told = [tx for update in client.of("update/account_tx") for tx in update["txs"]]
    assert [tx["status"] for tx in told] == [2, 2, 0]
    assert [tx["type"] for tx in told] == [14, 15, 15]
    assert json.loads(told[2]["event_info"]) == {"ae": "given order is not an active limit order"}


def test_news_take_time_and_keep_their_order() -> None:
    """Nothing is told in the instant it happens; a fill is told before the state it leads to."""
    scene = Scene()
    client = listen(scene, "account_all_trades", "account_all_orders")
    scene.buy_now()
    kinds = [message["type"] for message in client.heard if message["type"].startswith("update")]
    assert kinds == ["update/account_all_trades", "update/account_all_orders"]
    filled_ms = client.of("update/account_all_orders")[0]["orders"]["1"][0]["updated_at"]
    assert client.of("update/account_all_orders")[0]["timestamp"] == filled_ms
