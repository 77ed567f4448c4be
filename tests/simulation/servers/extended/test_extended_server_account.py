"""What Extended's private REST answers tell of the account, and who may ask."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
import pytest
from extended_server_scenes import START_NS, D, Scene

from helpers.errors import UserError

MS_START = START_NS // 10**6
LOSING_SEED, LOSING_HOURS = 21, 7
"""A market that falls far enough in so many hours."""


@pytest.fixture
def scene() -> Scene:
    """A venue that has just opened."""
    return Scene()


def test_key_opens_the_private_half(scene: Scene) -> None:
    """Without the account's key private calls answer 401; public ones need none."""
    for headers in ({"user-agent": "x"}, {"user-agent": "x", "x-api-key": "0" * 32}):
        answer = scene.ask("GET", "user/balance", headers=headers)
        assert (answer.status, answer.code) == (401, 401)
        assert scene.ask("GET", "info/markets", headers=headers).status == 200


def test_user_agent_is_mandatory(scene: Scene) -> None:
    """A request that does not say what it is, is refused."""
    assert scene.ask("GET", "info/markets", headers={}).code == 400


def test_a_thousand_requests_a_minute(scene: Scene) -> None:
    """The request beyond a thousand in a minute answers 429, for that address only, until the minute is over."""
    headers = {"user-agent": "x"}
    statuses: list[int] = []
    for _ in range(1001):
        request = scene.request("GET", "info/settings", headers=headers)
        scene.front.handle(request, lambda response: statuses.append(response.status))
    scene.wait(0.1)
    assert statuses.count(429) == 1
    assert statuses.count(200) == 1000
    assert scene.ask("GET", "info/settings").code == 429
    scene.wait(60)
    assert scene.ask("GET", "info/settings").status == 200


def test_unknown_urls(scene: Scene) -> None:
    """What is not there answers 404 in the envelope."""
    for path in ("nothing", "user/nothing", "info/candles/BTC-USD/other?interval=PT1M"):
        assert scene.ask("GET", path).code == 404
    assert scene.ask("DELETE", "user/balance").code == 404
    request = msgspec.structs.replace(scene.request("GET", "user/balance"), path="/api/v2/user/balance")
    answers: list[int] = []
    scene.front.handle(request, lambda response: answers.append(response.status))
    scene.wait()
    assert answers == [404]


def test_open_interest_is_empty(scene: Scene) -> None:
    """Nobody else trades here, so there is no history of open interest; of an unknown market it is an error."""
    assert scene.get("info/BTC-USD/open-interests?interval=PT1H") == []
    assert scene.ask("GET", "info/NOPE/open-interests").code == 1001


def test_assets_by_type(scene: Scene) -> None:
    """The collateral and the base assets, with the settlement ids that orders sign."""
    (usd,) = scene.get("info/assets?type=SPOT")
    assert (usd["name"], usd["starkexId"], usd["isCollateral"]) == ("USD", "0x1", True)
    ids = {row["name"]: row["starkexId"] for row in scene.get("info/assets?type=PERPETUAL")}
    told = {row["assetName"]: row["l2Config"]["syntheticId"] for row in scene.get("info/markets")}
    assert ids == told


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that does the curve's arithmetic the error says what to install."""
    monkeypatch.setitem(sys.modules, "fast_stark_crypto.lib", None)
    with pytest.raises(UserError, match="make install EXTRAS=extended"):
        Scene()


def test_same_seed_same_day() -> None:
    """Two simulators of one seed tell the same, frame for frame; one of another seed does not."""

    def day(seed: int) -> list[Any]:
        scene = Scene(seed=seed, activity=5)
        wires = [scene.stream(path) for path in ("v1/orderbooks", "v1/publicTrades", "v1/account")]
        scene.market_order("BUY", "0.003")
        scene.rest("SELL")
        scene.wait(5)
        return [frame for wire in wires for frame in wire.frames]

    assert day(1) == day(1)
    assert day(1) != day(2)


def test_answers_carry_the_venues_time(scene: Scene) -> None:
    """The Date header is the venue's clock, and answers take the time the venue's delays say."""
    answer = scene.ask("GET", "info/settings")
    assert answer.headers["Date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert 8 <= (scene.now_ns - START_NS) / 10**6 <= 15


def test_account_knows_its_keys(scene: Scene) -> None:
    """Public key and vault are those of the .env lines."""
    account = scene.get("user/account/info")
    lines = dict(line.split("=", 1) for line in scene.front.env_lines("http://h:1", "ws://h:1"))
    assert account["l2Key"] == lines["EXTENDED_STARK_KEY_PUBLIC"]
    assert account["l2Vault"] == lines["EXTENDED_VAULT"]
    assert str(account["accountId"]) == scene.front.account_id
    assert lines["EXTENDED_URL"] == "http://h:1/api/v1"
    assert lines["EXTENDED_STREAM_URL"] == "ws://h:1/stream.extended.exchange"
    assert lines["EXTENDED_ENVIRONMENT"] == "testnet"
    assert scene.get("user/accounts") == [account]
    assert scene.get("user/client/info")["id"]
    assert scene.get("user/spot/balances") == []


def test_zero_balance_is_not_found() -> None:
    """An account without money has no balance: 404."""
    scene = Scene(deposit=D(0))
    assert scene.ask("GET", "user/balance").status == 404


def test_balance_adds_up(scene: Scene) -> None:
    """Available is equity less what position and orders bind; the wallet lost the fee and nothing else."""
    scene.market_order("BUY", "0.01")
    scene.rest("BUY", qty="0.02")
    balance = {name: D(value) for name, value in scene.get("user/balance").items() if name != "collateralName"}
    (trade,) = scene.get("user/trades")
    (position,), (order,) = scene.get("user/positions"), scene.get("user/orders")
    assert balance["balance"] == D(10_000) - D(trade["fee"])
    assert balance["equity"] == balance["balance"] + balance["unrealisedPnl"]
    bound = (D("0.01") * D(position["markPrice"]) + D("0.02") * D(order["price"])) / 10
    assert abs(balance["initialMargin"] - bound) < D("0.00001")
    assert abs(balance["equity"] - balance["initialMargin"] - balance["availableForTrade"]) < D("0.00001")
    assert balance["exposure"] == D(position["value"])


def test_leverage_is_read_and_set(scene: Scene) -> None:
    """A new leverage changes what orders bind; what the market or the account cannot bear is refused."""
    scene.market_order("BUY", "0.1")
    before = D(scene.get("user/balance")["initialMargin"])
    changed = scene.ask("PATCH", "user/leverage", {"market": "BTC-USD", "leverage": "20"})
    assert changed.data == {"market": "BTC-USD", "leverage": "20"}
    assert scene.get("user/leverage?market=BTC-USD") == [{"market": "BTC-USD", "leverage": "20"}]
    assert len(scene.get("user/leverage")) == 3
    assert abs(D(scene.get("user/balance")["initialMargin"]) * 2 - before) < 1
    refusals = {"0.5": 1049, "51": 1050, "10.001": 1053, "NaN": 1053}
    for leverage, code in refusals.items():
        assert scene.ask("PATCH", "user/leverage", {"market": "BTC-USD", "leverage": leverage}).code == code
    scene.market_order("BUY", "1")
    assert scene.ask("PATCH", "user/leverage", {"market": "BTC-USD", "leverage": "2"}).code == 1052
    assert scene.ask("PATCH", "user/leverage", {"market": "NOPE", "leverage": "2"}).code == 1001
    assert scene.get("user/leverage?market=BTC-USD")[0]["leverage"] == "20"


def test_fees_of_some_markets(scene: Scene) -> None:
    """Rates come by market; a market that is not there is an error."""
    (row,) = scene.get("user/fees?market=BTC-USD")
    assert row == {"market": "BTC-USD", "makerFeeRate": "0", "takerFeeRate": "0.00025", "builderFeeRate": "0"}
    assert len(scene.get("user/fees")) == 3
    assert scene.ask("GET", "user/fees?market=NOPE").code == 1001


def test_open_orders_can_be_filtered(scene: Scene) -> None:
    """By market, several at once, by side and by type."""
    buy, sell, other = scene.rest("BUY"), scene.rest("SELL"), scene.rest("BUY", market="SOL-USD")

    def ids(query: str) -> list[int]:
        return [order["id"] for order in scene.get(f"user/orders?{query}")]

    assert ids("market=BTC-USD") == [sell["id"], buy["id"]]
    assert ids("market=BTC-USD&market=SOL-USD") == [other["id"], sell["id"], buy["id"]]
    assert ids("side=SELL") == [sell["id"]]
    assert ids("type=MARKET") == []


def test_lists_are_paged_by_cursor(scene: Scene) -> None:
    """Pages follow each other without gap or overlap, newest first; the cursor is the last id."""
    for _ in range(5):
        scene.market_order("BUY", "0.001")
    seen: list[int] = []
    query = "limit=2"
    while (answer := scene.ask("GET", f"user/trades?{query}")).data:
        page = answer.body["pagination"]
        assert page == {"cursor": answer.data[-1]["id"], "count": len(answer.data)}
        seen += [row["id"] for row in answer.data]
        query = f"limit=2&cursor={page['cursor']}"
    assert answer.body["pagination"] == {"count": 0}
    everything = [row["id"] for row in scene.get("user/trades")]
    assert seen == everything == sorted(everything, reverse=True)
    assert len(set(seen)) >= 5
    assert scene.ask("GET", "user/trades?limit=some").code == 400


def test_trades_can_be_filtered(scene: Scene) -> None:
    """By side and by type."""
    scene.market_order("BUY", "0.001")
    assert scene.get("user/trades?side=SELL") == []
    assert scene.get("user/trades?type=LIQUIDATION") == []
    (trade,) = scene.get("user/trades?side=buy&type=trade")
    assert (trade["isTaker"], trade["tradeType"]) == (True, "TRADE")
    assert D(trade["value"]) == D(trade["price"]) * D(trade["qty"])
    assert "externalOrderId" not in trade


def test_orders_by_id_and_external_id(scene: Scene) -> None:
    """By the venue's id one order or 404; by the client's id a list, maybe empty."""
    order = scene.rest()
    assert scene.get(f"user/orders/external/{order['externalId']}") == [order]
    assert scene.get("user/orders/external/unknown") == []
    assert scene.ask("GET", "user/orders/1").status == 404


def test_closed_orders_without_fills_are_forgotten(scene: Scene) -> None:
    """After seven days a closed order that never traded can no longer be read; one that did can."""
    filled = scene.market_order("BUY", "0.001")
    empty = scene.rest(expires_s=1)
    scene.wait(5)
    assert [order["id"] for order in scene.get("user/orders/history")] == [empty["id"], filled["id"]]
    for order in (empty, filled):
        file = scene.front._state.orders.find(order["id"])
        assert file is not None
        file.updated_ns -= 7 * 86400 * 10**9  # as if it had been then
    assert [order["id"] for order in scene.get("user/orders/history")] == [filled["id"]]
    assert scene.ask("GET", f"user/orders/{empty['id']}").status == 404
    assert scene.get(f"user/orders/external/{empty['externalId']}") == []


def test_position_is_opened_turned_and_closed(scene: Scene) -> None:
    """One file from the opening fill to the closing one; turning round closes one position and opens another."""
    scene.market_order("BUY", "0.002")
    (first,) = scene.get("user/positions")
    assert (first["side"], first["size"], first["status"], first["adl"]) == ("LONG", "0.002", "OPENED", 1)
    scene.market_order("BUY", "0.001")
    assert scene.get("user/positions")[0]["id"] == first["id"]
    scene.market_order("SELL", "0.005")
    (second,) = scene.get("user/positions?side=SHORT")
    assert (second["size"], second["market"]) == ("0.002", "BTC-USD")
    scene.market_order("BUY", "0.002")
    assert scene.get("user/positions") == []
    rows = scene.get("user/positions/history")
    assert [row["id"] for row in rows] == [second["id"], first["id"]]
    assert [row["maxPositionSize"] for row in rows] == ["0.002", "0.003"]
    assert [row["exitType"] for row in rows] == ["TRADE", "TRADE"]
    assert sum(D(row["realisedPnl"]) for row in rows) == D(scene.get("user/balance")["balance"]) - 10_000
    assert scene.get("user/positions/history?market=ETH-USD") == []


def test_open_position_is_in_the_history_too(scene: Scene) -> None:
    """A position that is partly closed has an exit price, but no closing time yet."""
    scene.market_order("BUY", "0.002")
    scene.market_order("SELL", "0.001")
    (row,) = scene.get("user/positions/history")
    assert row["size"] == "0.001"
    assert "exitPrice" in row
    assert "closedTime" not in row


def test_funding_is_paid_by_the_hour(scene: Scene) -> None:
    """At the whole hour a long pays size x mark x rate; the payment names its position, and can be read from a time."""
    scene.market_order("BUY", "0.01")
    (position,) = scene.get("user/positions")
    scene.wait(3601)
    (paid,) = scene.get(f"user/funding/history?startTime={MS_START}")
    assert (paid["positionId"], paid["side"], paid["paidTime"]) == (position["id"], "LONG", MS_START + 3_600_000)
    expected = -D(paid["size"]) * D(paid["markPrice"]) * D(paid["fundingRate"])
    assert abs(D(paid["fundingFee"]) - expected) < D("1e-12")
    (rate,) = scene.get(f"info/BTC-USD/funding?startTime={MS_START}&endTime={MS_START + 3_700_000}")
    assert rate == {"m": "BTC-USD", "T": MS_START + 3_600_000, "f": paid["fundingRate"]}
    assert scene.get(f"user/funding/history?startTime={MS_START + 3_600_001}") == []
    assert scene.ask("GET", "user/funding/history").code == 400
    history = scene.get("user/positions/history")[0]["realisedPnlBreakdown"]
    assert history["fundingFees"] == paid["fundingFee"]


def test_liquidation_is_told() -> None:
    """When equity is gone the venue closes the position: a LIQUIDATION trade, orders cancelled with their reason."""
    scene = Scene(deposit=D(1_000), seed=LOSING_SEED, activity=0.05)
    scene.ask("PATCH", "user/leverage", {"market": "BTC-USD", "leverage": "50"})
    scene.market_order("BUY", "0.55")
    order = scene.rest("SELL", qty="0.1", away=3000, expires_s=20 * 86400)
    account = scene.stream("v1/account")
    for _ in range(LOSING_HOURS):
        scene.wait(3600)
    assert scene.get("user/positions") == []
    assert scene.get("user/trades?type=LIQUIDATION")
    told = scene.get(f"user/orders/{order['id']}")
    assert (told["status"], told["statusReason"]) == ("CANCELLED", "ACCOUNT_LIQUIDATION")
    assert scene.get("user/positions/history")[0]["exitType"] == "LIQUIDATION"
    closed = [frame["data"]["positions"][0] for frame in account.frames if frame["type"] == "POSITION"][-1]
    assert (closed["status"], closed["size"], closed["side"]) == ("CLOSED", "0", "LONG")
