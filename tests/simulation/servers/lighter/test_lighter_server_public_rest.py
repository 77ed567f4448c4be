"""REST that anybody may read: status, markets, books, trades, candles, funding."""

from __future__ import annotations

from pathlib import Path

import pytest
from lighter_server_samples import assert_covers, recorded
from lighter_server_scenes import BTC, ETH, Scene
from worlds import START_NS


def test_the_root_tells_the_venues_time() -> None:
    """Status and seconds since the epoch, and no code."""
    scene = Scene()
    status, body = scene.ask("GET", "/", {})
    assert (status, body) == (200, {"status": 1, "network_id": 1, "timestamp": scene.now_ms // 1000})
    assert "contract_address" in scene.ask("GET", "/info", {})[1]
    assert scene.get("currentHeight")[1]["height"] > 0
    assert scene.get("announcement")[1]["announcements"] == []


def test_markets_have_every_recorded_field(shared_data: Path) -> None:
    """The two lists of markets cover the venue's own answers, and ETH's terms are the recorded ones."""
    scene = Scene()
    books = scene.get("orderBooks", market_id=ETH)[1]
    details = scene.get("orderBookDetails", market_id=ETH)[1]
    for ours, name in ((books, "http_order_books"), (details, "http_order_book_details")):
        theirs = recorded(shared_data, name)
        if name == "http_order_book_details":
            theirs["order_book_details"][0]["daily_chart"] = {}
        assert_covers(ours, theirs, name)
    theirs = recorded(shared_data, "http_order_book_details")["order_book_details"][0]
    for name in ("min_base_amount", "min_quote_amount", "size_decimals", "price_decimals", "closeout_margin_fraction"):
        assert details["order_book_details"][0][name] == theirs[name]


def test_markets_are_listed_all_or_one() -> None:
    """Without an id, and with 255, all are; an unknown one is 21602; spot has none."""
    scene = Scene()
    assert len(scene.get("orderBooks")[1]["order_books"]) == len(
        scene.get("orderBooks", market_id=255)[1]["order_books"]
    )
    assert [each["symbol"] for each in scene.get("orderBooks", market_id=BTC)[1]["order_books"]] == ["BTC"]
    assert scene.get("orderBooks", market_id=99)[1]["code"] == 21602
    assert scene.get("orderBooks", filter="spot")[1]["order_books"] == []
    assert scene.get("orderBooks", filter="odd")[1]["code"] == 20001


def test_the_book_comes_as_orders_best_first(shared_data: Path) -> None:
    """Asks rise, bids fall, the spread is positive, and the shape is the recorded one."""
    scene = Scene()
    body = scene.get("orderBookOrders", market_id=BTC, limit=5)[1]
    assert_covers(body, recorded(shared_data, "http_order_book_orders"))
    asks, bids = ([float(order["price"]) for order in body[side]] for side in ("asks", "bids"))
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert bids[0] < asks[0]
    assert body["total_asks"] == len(asks) == 5
    for limit in (0, 251, "x"):
        assert scene.get("orderBookOrders", market_id=BTC, limit=limit)[1]["code"] == 20001


def test_recent_trades_come_newest_first(shared_data: Path) -> None:
    """The shape is the recorded one; trades without an account are the same."""
    scene = Scene()
    scene.wait(60)
    body = scene.get("recentTrades", market_id=BTC, limit=10)[1]
    theirs = recorded(shared_data, "http_recent_trades")
    for name in list(theirs["trades"][0]):
        if name.startswith(("taker_", "maker_")):  # not told of strangers
            del theirs["trades"][0][name]
    assert_covers(body, theirs)
    times = [trade["timestamp"] for trade in body["trades"]]
    assert times == sorted(times, reverse=True)
    assert len(times) == 10
    assert scene.get("trades", sort_by="timestamp", market_id=BTC, limit=10)[1]["trades"] == body["trades"]


def test_candles_join_the_trades(shared_data: Path) -> None:
    """Minutes add up to hours; times are milliseconds; count_back keeps the newest."""
    scene = Scene(limits=False)
    scene.wait(3 * 3600)
    span = {"market_id": BTC, "start_timestamp": 0, "end_timestamp": scene.now_ms}
    minutes = scene.get("candles", resolution="1m", **span)[1]
    assert_covers(minutes, recorded(shared_data, "http_candles"))
    hours = scene.get("candles", resolution="1h", **span)[1]["c"]
    first = [candle for candle in minutes["c"] if candle["t"] < hours[0]["t"] + 3_600_000]
    assert hours[0]["V"] == pytest.approx(sum(candle["V"] for candle in first))
    assert (hours[0]["o"], hours[0]["c"]) == (first[0]["o"], first[-1]["c"])
    assert hours[0]["h"] == max(candle["h"] for candle in first)
    assert scene.get("candles", resolution="1m", count_back=2, **span)[1]["c"] == minutes["c"][-2:]
    assert scene.get("candles", resolution="2m", **span)[1]["code"] == 22402
    stats = scene.get("exchangeStats")[1]
    assert stats["daily_trades_count"] > 0


def test_fundings_are_percent_without_sign(shared_data: Path) -> None:
    """One an hour with its direction; a day's is the mean; the rates to come are fractions of eight hours."""
    scene = Scene(limits=False, activity=0.2)
    scene.wait(26 * 3600)
    span = {"market_id": ETH, "start_timestamp": START_NS // 10**9, "end_timestamp": scene.now_ms}
    body = scene.get("fundings", resolution="1h", **span)[1]
    assert_covers(body, recorded(shared_data, "http_fundings"))
    assert len(body["fundings"]) == 26
    funding = scene.trading.venue.core.market("ETH").funding
    first = body["fundings"][0]
    rate = funding.rate(first["timestamp"] * 10**9)
    assert (first["rate"], first["direction"]) == (f"{abs(rate) * 100:.4f}", "long" if rate >= 0 else "short")
    assert len(scene.get("fundings", resolution="1d", **span)[1]["fundings"]) == 1
    assert len(scene.get("fundings", resolution="1h", count_back=3, **span)[1]["fundings"]) == 3
    assert scene.get("fundings", resolution="5m", **span)[1]["code"] == 22402
    rates = {each["market_id"]: each["rate"] for each in scene.get("funding-rates")[1]["funding_rates"]}
    upcoming = funding.rate(funding.next_ns(scene.front.venue.core.now_ns))
    assert rates[ETH] == pytest.approx(float(upcoming) * 8)
