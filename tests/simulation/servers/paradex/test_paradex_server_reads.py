"""What the simulated Paradex shows to everybody: markets, book, trades, funding."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from paradex_server_scenes import BTC, Scene, played

from simulation.servers.paradex.book_view import grouped
from simulation.servers.paradex.markets import BY_SYMBOL

D = Decimal


@played(logs_in=False)
async def test_the_system_says_what_the_sdk_needs(scene: Scene) -> None:
    """Config with all fourteen facts, time in ms as text, state ok."""
    config = await scene.get("/system/config")
    needed = (
        "starknet_fullnode_rpc_url starknet_fullnode_rpc_base_url starknet_chain_id block_explorer_url "
        "paraclear_address paraclear_decimals paraclear_account_proxy_hash paraclear_account_hash oracle_address "
        "bridged_tokens l1_core_contract_address l1_operator_address l1_chain_id liquidation_fee"
    )
    assert set(needed.split()) <= set(config)
    assert config["starknet_chain_id"] == "PRIVATE_SN_POTC_SEPOLIA"
    before_ms = scene.clock.now_ns() // 10**6
    assert int((await scene.get("/system/time"))["server_time"]) == before_ms
    assert await scene.get("/system/state") == {"status": "ok"}


def test_btc_is_as_it_was_recorded(shared_data: Path) -> None:
    """Every figure of BTC's metadata is that of the recorded reply."""
    recorded = msgspec.json.decode((shared_data / "frames/paradex/rest_market_BTC_20260904.json").read_bytes())
    assert BY_SYMBOL[BTC].view() == recorded["results"][0]


@played(logs_in=False)
async def test_markets_are_listed_all_or_one_by_one(scene: Scene) -> None:
    """BTC, ETH and SOL with their own ticks and steps; another name is MARKET_NOT_FOUND."""
    listed = {market["symbol"]: market for market in (await scene.get("/markets"))["results"]}
    grids = [(market["price_tick_size"], market["order_size_increment"]) for market in listed.values()]
    assert grids == [("0.1", "0.00001"), ("0.01", "0.0001"), ("0.001", "0.01")]
    assert (await scene.get("/markets", market=BTC))["results"] == [listed[BTC]]
    assert await scene.refused("GET", "/markets", market="X") == "MARKET_NOT_FOUND"


@pytest.mark.parametrize("name", ["rest_bbo_btc.json", "rest_orderbook_BTC_depth100_20260904.json"])
def test_books_have_the_recorded_form(name: str, shared_data: Path) -> None:
    """Our BBO and book have every field of a recorded reply, of the same type."""
    recorded = msgspec.json.decode((shared_data / "frames/paradex" / name).read_bytes())

    @played(logs_in=False)
    async def scenario(scene: Scene) -> None:
        ours = await scene.get(f"/bbo/{BTC}" if "bbo" in name else f"/orderbook/{BTC}")
        for field, value in recorded.items():
            assert type(ours[field]) is type(value), field

    scenario()


@played(logs_in=False)
async def test_the_book_can_be_cut_and_grouped(scene: Scene) -> None:
    """Depth counts levels of a side; a price tick adds levels up, bids down and asks up."""
    book = await scene.get(f"/orderbook/{BTC}", depth=3)
    assert len(book["bids"]) == len(book["asks"]) == 3
    assert book["bids"][0] == book["best_bid_api"]
    coarse = await scene.get(f"/orderbook/{BTC}/interactive", price_tick="100")
    assert all(D(price) % 100 == 0 for price, _ in coarse["bids"] + coarse["asks"])
    assert sum(D(size) for _, size in coarse["bids"]) > D(book["bids"][0][1])
    assert await scene.refused("GET", f"/orderbook/{BTC}", price_tick="coarse") == "INVALID_REQUEST_PARAMETER"
    assert await scene.refused("GET", "/bbo/X") == "MARKET_NOT_FOUND"


def test_asks_are_grouped_up_and_bids_down() -> None:
    """A level on the coarse grid stays where it is."""
    levels = {D("10.0"): D(1), D("10.4"): D(2)}
    assert grouped(levels, D(1), up=True) == {D(10): D(1), D(11): D(2)}
    assert grouped(levels, D(1), up=False) == {D(10): D(3)}


@played(logs_in=False)
async def test_the_books_number_grows_with_each_change(scene: Scene) -> None:
    """Reading twice at once gives the same number; a later book has a higher one."""
    first, second = await scene.get(f"/bbo/{BTC}"), await scene.get(f"/orderbook/{BTC}")
    await scene.settle(60)
    later = await scene.get(f"/bbo/{BTC}/interactive")
    assert first["seq_no"] <= second["seq_no"] < later["seq_no"]


@played(logs_in=False)
async def test_summaries_have_the_recorded_form(scene: Scene) -> None:
    """All markets or one; every figure is text, as in the recorded frames; the market is required."""
    await scene.settle(60)
    everything = (await scene.get("/markets/summary", market="ALL"))["results"]
    assert [each["symbol"] for each in everything] == list(BY_SYMBOL)
    one = (await scene.get("/markets/summary", market=BTC))["results"][0]
    assert D(one["bid"]) < D(one["mark_price"]) < D(one["ask"])
    assert D(one["volume_24h"]) > 0
    assert await scene.refused("GET", "/markets/summary") == "INVALID_REQUEST_PARAMETER"


@played(logs_in=False, activity=0.2)
async def test_the_days_volume_forgets_what_is_older(scene: Scene) -> None:
    """After a day and an hour the day's volume is less than that of all time."""
    await scene.settle(25 * 3600)
    one = (await scene.get("/markets/summary", market=BTC))["results"][0]
    assert 0 < D(one["volume_24h"]) < D(one["total_volume"])


def test_a_summary_has_the_fields_of_a_recorded_frame(shared_data: Path) -> None:
    """Nothing of what the venue tells of a perpetual is missing, and the types are the same."""
    lines = (shared_data / "frames/paradex/ws_20260904.jsonl").read_bytes().splitlines()
    frames = [msgspec.json.decode(line) for line in lines if b"ETH-USD-PERP" in line and b"mark_price" in line]
    recorded = frames[0]["params"]["data"]

    @played(logs_in=False)
    async def scenario(scene: Scene) -> None:
        ours = (await scene.get("/markets/summary", market="ETH-USD-PERP"))["results"][0]
        assert {name: type(value) for name, value in ours.items()} == {
            name: type(value) for name, value in recorded.items()
        }

    scenario()


@played(logs_in=False)
async def test_trades_come_newest_first_and_in_pages(scene: Scene) -> None:
    """Following `next` gives every trade once; `prev` leads back; other cursors and sizes are refused."""
    await scene.settle(120)
    end = scene.clock.now_ns() // 10**6
    whole = (await scene.get("/trades", market=BTC, page_size=1000, end_at=end))["results"]
    assert [trade["created_at"] for trade in whole] == sorted((t["created_at"] for t in whole), reverse=True)
    collected: list[Any] = []
    query: dict[str, Any] = {"market": BTC, "page_size": 7, "end_at": end}
    while True:
        page = await scene.get("/trades", **query)
        collected += page["results"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert collected == whole
    assert len({trade["id"] for trade in collected}) == len(collected) > 14
    back = await scene.get("/trades", **{**query, "cursor": page["prev"]})
    assert back["results"] == whole[-len(page["results"]) - 7 : -len(page["results"])]
    for bad in ({"cursor": "!"}, {"page_size": 1001}, {"page_size": 0}, {"start_at": "noon"}):
        code = await scene.refused("GET", "/trades", **{"market": BTC, **bad})
        assert code == "INVALID_REQUEST_PARAMETER"


@played(logs_in=False)
async def test_candles_are_made_of_the_trades(scene: Scene) -> None:
    """High and low enclose open and close, volumes add up, the figures are numbers."""
    await scene.settle(300)
    rows = (await scene.get("/markets/klines", symbol=BTC, resolution=1))["results"]
    trades = (await scene.get("/trades", market=BTC, page_size=1000))["results"]
    assert sum(row[5] for row in rows) == pytest.approx(float(sum(D(trade["size"]) for trade in trades)))
    assert all(low <= min(begin, close) <= max(begin, close) <= high for _, begin, high, low, close, _ in rows)
    assert all(row[0] % 60_000 == 0 for row in rows)
    first = rows[0][0]
    assert len((await scene.get("/markets/klines", symbol=BTC, start_at=first, end_at=first))["results"]) == 1
    assert await scene.refused("GET", "/markets/klines", symbol=BTC, resolution=2) == "INVALID_REQUEST_PARAMETER"


@played(logs_in=False)
async def test_funding_is_published_per_eight_hours_with_a_growing_index(scene: Scene) -> None:
    """The index grows by premium x time / period; there is a point for every hour."""
    before = (await scene.get("/funding/data", market=BTC))["results"][0]
    await scene.settle(2 * 3600)
    points = (await scene.get("/funding/data", market=BTC))["results"]
    assert len(points) == 4
    now = points[0]
    assert now["funding_period_hours"] == 8
    assert D(now["funding_rate_8h"]) == D(now["funding_rate"])
    mark = D((await scene.get("/markets/summary", market=BTC))["results"][0]["mark_price"])
    assert D(now["funding_premium"]) == pytest.approx(D(now["funding_rate"]) * mark, rel=D("0.01"))
    assert D(now["funding_index"]) != D(before["funding_index"])


@played(logs_in=False)
async def test_paths_that_are_not_there_answer_not_found(scene: Scene) -> None:
    """Another version, another word, another method."""
    for method, path in (("GET", "/nothing"), ("PATCH", "/orders"), ("GET", "/../v2/markets")):
        reply = await scene.ask(method, path)
        assert (reply.status, reply.body["error"]) == (404, "NOT_FOUND")
