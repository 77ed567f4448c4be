"""REST about the account: figures, orders, trades, funding, keys, transactions."""

from __future__ import annotations

from pathlib import Path

import pytest
from lighter_server_samples import assert_covers, recorded
from lighter_server_scenes import ETH, Scene

from simulation.servers.lighter.options import LighterOptions, Tier
from simulation.servers.lighter.transactions import TxType


def test_the_account_has_every_recorded_field(shared_data: Path) -> None:
    """By index and by address, the same account; anybody may read it."""
    scene = Scene()
    body = scene.get("account", by="index", value=scene.identity.account_index)[1]
    assert_covers(body, recorded(shared_data, "http_account"))
    assert scene.get("account", by="l1_address", value=scene.identity.l1_address.upper().replace("X", "x"))[1] == body
    assert body["accounts"][0]["collateral"] == "10000.000000"
    for by, value, code in (("index", "1", 21100), ("name", "1", 20001)):
        assert scene.get("account", by=by, value=value)[1]["code"] == code


def test_accounts_of_an_address() -> None:
    """How a client finds its account index."""
    scene = Scene()
    body = scene.get("accountsByL1Address", l1_address=scene.identity.l1_address)[1]
    assert [each["index"] for each in body["sub_accounts"]] == [scene.identity.account_index]
    assert scene.get("accountsByL1Address", l1_address="0x0")[1]["code"] == 21100


def test_positions_have_a_sign_beside_their_size() -> None:
    """Short is sign -1 and a size without sign; entry, value, margin and equity fit together."""
    scene = Scene()
    scene.place(IsAsk=1, Price=scene.ticks(0.99), TimeInForce=0, BaseAmount=10_000)
    account = scene.get("account", by="index", value=scene.identity.account_index)[1]["accounts"][0]
    position = account["positions"][1]
    assert (position["sign"], position["position"], position["symbol"]) == (-1, "0.10000", "BTC")
    value = float(position["position_value"])
    assert value == pytest.approx(0.1 * float(position["avg_entry_price"]), rel=1e-3)
    assert float(account["cross_initial_margin_requirement"]) == pytest.approx(value * 0.05)
    assert float(account["cross_maintenance_margin_requirement"]) == pytest.approx(value * 0.012)
    assert float(account["available_balance"]) == pytest.approx(
        float(account["total_asset_value"]) - value * 0.05, abs=1e-3
    )
    assert position["liquidation_price"] != "0"


def test_api_keys_are_listed() -> None:
    """One, or with 255 all; the public key is 80 hex digits without 0x."""
    scene = Scene()
    for index in (5, 255):
        body = scene.get("apikeys", account_index=scene.identity.account_index, api_key_index=index)[1]
        assert [key["public_key"] for key in body["api_keys"]] == [scene.identity.public_key.hex()]
    assert scene.get("apikeys", account_index=1, api_key_index=255)[1]["code"] == 21100


def test_private_reads_need_the_accounts_token() -> None:
    """None, an expired one and another account's are 20013; it may come as header or as parameter."""
    scene = Scene()
    account = scene.identity.account_index
    assert scene.get("accountLimits", account_index=account)[1]["code"] == 20013
    assert scene.get("accountLimits", account_index=account, auth=True)[0] == 200
    assert scene.ask("GET", "/api/v1/accountLimits", {"account_index": account, "auth": scene.token()})[0] == 200
    assert scene.ask("GET", "/api/v1/accountLimits", {"account_index": 1, "auth": scene.token()})[1]["code"] == 20013
    token = scene.token(5)
    scene.wait(6)
    assert scene.ask("GET", "/api/v1/accountLimits", {"account_index": account, "auth": token})[1]["code"] == 20013


@pytest.mark.parametrize(
    ("tier", "maker", "taker"), [(Tier.PREMIUM, 40, 280), (Tier.STANDARD, 0, 0), (Tier.PLUS, 50, 50)]
)
def test_limits_tell_tier_and_fees(tier: Tier, maker: int, taker: int) -> None:
    """Fees in millionths of notional."""
    body = Scene(tier=tier).mine("accountLimits")
    assert (body["current_maker_fee_tick"], body["current_taker_fee_tick"]) == (maker, taker)
    assert body["user_tier"] == tier.name.lower()


def test_orders_have_every_recorded_field(shared_data: Path) -> None:
    """An open order in the recorded shape; amounts as text, sizes and prices as lots and ticks too."""
    scene = Scene()
    order = scene.place()
    body = scene.mine("accountActiveOrders")
    assert_covers(body, recorded(shared_data, "http_orders"))
    (shown,) = body["orders"]
    assert shown["initial_base_amount"] == shown["remaining_base_amount"] == "0.01000"
    assert (shown["base_size"], shown["base_price"], shown["status"]) == (1_000, order.ticks, "open")
    assert (shown["order_index"], shown["client_order_id"]) == (order.index, str(order.client_index))
    assert scene.mine("accountActiveOrders", market_id=ETH)["orders"] == []


def test_inactive_orders_come_in_pages() -> None:
    """The last that ended first; cursors lead on, also when more end meanwhile."""
    scene = Scene()
    for _ in range(5):
        scene.place(TimeInForce=0)
    first = scene.mine("accountInactiveOrders", limit=2)
    assert [order["client_order_index"] for order in first["orders"]] == [5, 4]
    scene.place(TimeInForce=0)
    second = scene.mine("accountInactiveOrders", limit=2, cursor=first["next_cursor"])
    assert [order["client_order_index"] for order in second["orders"]] == [3, 2]
    last = scene.mine("accountInactiveOrders", limit=2, cursor=second["next_cursor"])
    assert [order["client_order_index"] for order in last["orders"]] == [1]
    assert last["next_cursor"] == ""
    between = f"{scene.now_ms + 1}-{scene.now_ms + 2}"
    assert scene.mine("accountInactiveOrders", limit=2, between_timestamps=between)["orders"] == []
    account = scene.identity.account_index
    for bad in ({"cursor": "x", "limit": 2}, {"limit": 101}, {}, {"limit": 5, "between_timestamps": "now"}):
        assert scene.get("accountInactiveOrders", auth=True, account_index=account, **bad)[1]["code"] == 20001


def test_orders_are_found_by_client_index() -> None:
    """Up to twenty, whatever became of them; unknown ones are left out."""
    scene = Scene()
    scene.place()
    scene.place(TimeInForce=0)
    found = scene.mine("accountOrders", client_order_indexes="1,2,3")["orders"]
    assert {order["client_order_index"]: order["status"] for order in found} == {
        1: "open",
        2: "canceled-not-enough-liquidity",
    }
    account = scene.identity.account_index
    for bad in ("x", ",".join(map(str, range(21)))):
        answer = scene.get("accountOrders", auth=True, account_index=account, client_order_indexes=bad)
        assert answer[1]["code"] == 20001


def test_own_trades_carry_side_role_and_fee(shared_data: Path) -> None:
    """Our account is on our side, the fee of our role in millionths, nothing for the other."""
    scene = Scene()
    order = scene.buy_now()
    body = scene.mine("trades", sort_by="timestamp", limit=10)
    theirs = recorded(shared_data, "ws_account_all_trades_update")["trades"]["0"][0]
    del theirs["maker_fee"]  # of the other side, and not told
    assert_covers(body["trades"][0], theirs)
    (trade,) = body["trades"]
    assert (trade["bid_account_id"], trade["bid_id"], trade["bid_client_id"]) == (
        scene.identity.account_index,
        order.index,
        order.client_index,
    )
    assert (trade["is_maker_ask"], trade["taker_fee"]) == (True, 280)
    assert "maker_fee" not in trade
    assert trade["taker_position_sign_changed"] is True


def test_own_trades_are_filtered_and_paged() -> None:
    """By order, market, role and time, in either direction."""
    scene = Scene()
    orders = [scene.buy_now() for _ in range(3)]
    ids = [trade["trade_id"] for trade in scene.mine("trades", sort_by="timestamp", limit=10)["trades"]]
    assert ids == sorted(ids, reverse=True)
    rising = scene.mine("trades", sort_by="timestamp", limit=2, sort_dir="asc")
    rest = scene.mine("trades", sort_by="timestamp", limit=2, sort_dir="asc", cursor=rising["next_cursor"])
    assert [trade["trade_id"] for trade in rising["trades"] + rest["trades"]] == ids[::-1]
    assert rest["next_cursor"] == ""
    for options, count in (
        ({"order_index": orders[0].index}, 1),
        ({"market_id": ETH}, 0),
        ({"role": "maker"}, 0),
        ({"role": "taker"}, 3),
        ({"from": scene.now_ms}, 0),
        ({"from": -1}, 3),
    ):
        assert len(scene.mine("trades", sort_by="timestamp", limit=10, **options)["trades"]) == count, options


def test_funding_payments_are_listed() -> None:
    """Each hour a position pays position x mark x rate; long pays a positive rate."""
    scene = Scene(limits=False)
    scene.buy_now()
    scene.wait(2 * 3600)
    payments = scene.mine("positionFunding", limit=10)["position_fundings"]
    assert len(payments) == 2
    assert (payments[0]["position_side"], payments[0]["position_size"]) == ("long", "0.01000")
    for payment in payments:
        assert (float(payment["change"]) < 0) is (float(payment["rate"]) > 0)
    assert payments[0]["timestamp"] == payments[1]["timestamp"] + 3600
    assert scene.mine("positionFunding", limit=10, market_id=ETH)["position_fundings"] == []


def test_a_transaction_is_found_by_its_hash() -> None:
    """Pending at first, executed later; an unknown hash is 404."""
    scene = Scene(gateway=LighterOptions(start_ns=0).gateway)
    info = scene.tx(TxType.CREATE_ORDER, nonce=0, **scene.order_fields())
    (tx_hash,) = scene.front.intake.accept([(14, info)]).hashes
    pending = scene.get("tx", by="hash", value=tx_hash)[1]
    assert (pending["status"], pending["executed_at"]) == (1, 0)
    scene.wait(0.1)
    executed = scene.get("tx", by="hash", value=tx_hash)[1]
    assert (executed["status"], executed["info"], executed["nonce"]) == (2, info, 0)
    assert scene.get("tx", by="hash", value="00")[0] == 404
    assert scene.get("tx", by="number", value="00")[1]["code"] == 20001
    listed = scene.get("accountTxs", auth=True, value=scene.identity.account_index, limit=5)[1]["txs"]
    assert [each["hash"] for each in listed] == [tx_hash]
