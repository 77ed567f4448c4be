"""What the simulated Paradex shows of an account: money, positions, fills, funding."""

from __future__ import annotations

from decimal import Decimal

import pytest
from paradex_server_scenes import BTC, Scene, played

D = Decimal


@played()
async def test_the_account_adds_up(scene: Scene) -> None:
    """Value = collateral + unrealised PnL, free = value - initial margin; the balance is the collateral."""
    await scene.place("BUY", "0.05", None)
    account = await scene.get("/account")
    position = (await scene.get("/positions"))["results"][0]
    assert account["account"] == scene.address
    assert (account["status"], account["settlement_asset"]) == ("ACTIVE", "USDC")
    value, collateral = D(account["account_value"]), D(account["total_collateral"])
    assert value == pytest.approx(collateral + D(position["unrealized_pnl"]), abs=D("0.1"))
    assert D(account["free_collateral"]) == value - D(account["initial_margin_requirement"])
    assert D(account["margin_cushion"]) == value - D(account["maintenance_margin_requirement"])
    assert D((await scene.get("/balance"))["results"][0]["size"]) == pytest.approx(collateral, abs=D("0.00000001"))


@played()
async def test_a_positions_size_is_signed_and_its_side_is_named(scene: Scene) -> None:
    """A short has a negative size; its last fill and opening time are told; flat is no position."""
    await scene.place("SELL", "0.02", None)
    await scene.place("BUY", "0.005", None)
    position = (await scene.get("/positions"))["results"][0]
    fills = (await scene.get("/fills"))["results"]
    assert (position["side"], position["size"], position["status"]) == ("SHORT", "-0.015", "OPEN")
    assert position["last_fill_id"] == fills[0]["id"]
    assert position["created_at"] == fills[1]["created_at"]
    assert D(position["cost"]) < 0
    assert D(position["liquidation_price"]) > D(position["average_entry_price"])
    await scene.place("BUY", "0.015", None)
    assert (await scene.get("/positions"))["results"] == []


@played()
async def test_fills_tell_what_they_realised_and_what_remains(scene: Scene) -> None:
    """Of a market order in parts each says what is left; a closing fill has its profit; filters hold."""
    _, ask = await scene.best()
    await scene.place("BUY", "0.6", str(ask + 100))
    fills = (await scene.get("/fills"))["results"]
    assert len(fills) > 1
    assert [D(fill["remaining_size"]) for fill in fills] == sorted(D(fill["remaining_size"]) for fill in fills)
    assert fills[0]["remaining_size"] == "0"
    await scene.place("SELL", "0.6", None)
    closing = (await scene.get("/fills"))["results"][0]
    bought = sum(D(fill["price"]) * D(fill["size"]) for fill in fills) / D("0.6")
    expected = (D(closing["price"]) - bought) * D(closing["size"])
    assert D(closing["realized_pnl"]) == pytest.approx(expected, abs=D("0.0001"))
    assert (await scene.get("/fills", market="ETH-USD-PERP"))["results"] == []
    since = closing["created_at"]
    assert all(fill["created_at"] >= since for fill in (await scene.get("/fills", start_at=since))["results"])


@played()
async def test_funding_payments_are_listed(scene: Scene) -> None:
    """Once an hour the simulated venue settles: a long pays a positive rate, and the market is required."""
    await scene.place("BUY", "0.05", None)
    await scene.settle(2 * 3600)
    await scene.log_in()
    payments = (await scene.get("/funding/payments", market=BTC))["results"]
    assert len(payments) == 2
    total = sum(D(payment["payment"]) for payment in payments)
    position = (await scene.get("/positions"))["results"][0]
    assert D(position["realized_positional_funding_pnl"]) == pytest.approx(total, abs=D("0.00000001"))
    assert (await scene.get("/funding/payments", market="ETH-USD-PERP"))["results"] == []
    assert await scene.refused("GET", "/funding/payments") == "MARKET_NOT_FOUND"


@played()
async def test_account_info_names_the_fees_and_the_key(scene: Scene) -> None:
    """Maker 0, taker 2 bps, as the recorded market says."""
    info = await scene.get("/account/info")
    assert (info["fees"]["maker_rate"], info["fees"]["taker_rate"]) == ("0", "0.0002")
    assert (info["account"], info["kind"]) == (scene.address, "main")


@played()
async def test_leverage_is_remembered_by_market(scene: Scene) -> None:
    """50 x cross at first; another figure within the market's limit is kept, one beyond is refused."""
    path = f"/account/margin/{BTC}"
    assert {each["leverage"] for each in (await scene.get("/account/margin"))["configs"]} == {50}
    reply = await scene.ask("POST", path, {"leverage": 10, "margin_type": "ISOLATED"})
    assert (reply.status, reply.body["leverage"]) == (200, 10)
    config = (await scene.get("/account/margin", market=BTC))["configs"]
    assert config == [{"market": BTC, "leverage": 10, "margin_type": "ISOLATED"}]
    assert await scene.refused("POST", path, {"leverage": 51}) == "VALIDATION_ERROR"
    assert await scene.refused("POST", path, {"leverage": 5, "margin_type": "BOTH"}) == "VALIDATION_ERROR"
    assert await scene.refused("POST", "/account/margin/X", {"leverage": 5}) == "MARKET_NOT_FOUND"


@played()
async def test_a_liquidated_account_is_told_so(scene: Scene) -> None:
    """The venue's own fills have no order of ours and are of type LIQUIDATION."""
    account = scene.front.venue.core.accounts[scene.address]
    await scene.place("BUY", "0.1", None)
    account.deposit -= D(9_950)
    account._wallet = None
    scene.front.venue.settlement.account_changed(account, "BTC")
    resting = await scene.place("SELL", "0.001", "84000", flags=["REDUCE_ONLY"])
    for _ in range(50):
        await scene.settle(2)
        if not (await scene.get("/positions"))["results"]:
            break
    fill = (await scene.get("/fills"))["results"][0]
    assert (fill["fill_type"], fill["order_id"], fill["side"]) == ("LIQUIDATION", "", "SELL")
    assert (await scene.last(resting["id"]))["cancel_reason"] == "LIQUIDATION"
