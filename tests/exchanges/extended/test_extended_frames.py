"""Recorded frames and bodies, in our words."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from extended_samples import BTC, bad, delta, good, order, snapshot, trade
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.extended.client import ExtendedClient
from helpers.errors import BadPayload

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
POSITION = {"market": "BTC-USD", "side": "LONG", "size": "1", "status": "OPENED"}
WHOLE: list[dict[str, Any]] = [
    snapshot(),
    delta(2, b=[{"p": "1", "q": "1", "c": "1"}]),
    {"status": "OK", "data": [BTC]},
    {"status": "OK", "data": order()},
    {"status": "ERROR", "error": {"code": 1140, "message": "no"}},
    {"type": "ORDER", "data": {"orders": [order()], "positions": [POSITION]}, "ts": 1, "seq": 1},
    {"id": "1", "result": {"method": "subscribe", "subscription": "trades.BTC-USD"}, "jsonrpc": "2.0"},
]


def read(told: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Give what a frame tells, as kind, market and data."""
    frame = told if isinstance(told, bytes) else msgspec.json.encode(told)
    return [(event.kind, event.market, event.data) for event in ExtendedClient.read_frame(frame)]


def test_every_recorded_frame_is_read(shared_data: Path) -> None:
    """Books, changes, best prices, trades and markets; what is no frame says so."""
    kinds: dict[str, int] = {}
    for path in sorted((shared_data / "frames" / "extended").iterdir()):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for frame in content.splitlines() if path.suffix == ".ndjson" else [content]:
            if path.name.endswith("meta.json"):
                with pytest.raises(BadPayload, match="neither data nor a status"):
                    read(frame)
                continue
            for kind, market, _ in read(frame):
                assert market == "BTC-USD"
                kinds[kind] = kinds.get(kind, 0) + 1
    assert kinds == {"book_snapshot": 1, "book_delta": 20, "bbo": 13, "trade": 59, "market": 1}


def test_books() -> None:
    """Sizes as they are now, plain numbers, the sequence; zero is gone."""
    assert read(snapshot())[0][2]["bids"] == [["65000", "1"]]
    change = delta(2, b=[{"p": "65000.00", "q": "-1E0", "c": "0"}])
    wanted = {"bids": [["65000", "0"]], "asks": [], "sequence": 2, "time_ns": 1_767_225_600_002 * 10**6}
    assert read(change) == [("book_delta", "BTC-USD", wanted)]
    best = {**snapshot(), "data": {**snapshot()["data"], "d": "1", "a": []}}
    assert read(best)[0][2] == {
        "sequence": 1,
        "time_ns": 1_767_225_600_001 * 10**6,
        "bid": "65000",
        "bid_quantity": "1",
    }


def test_the_multiplexed_interface_is_read_too() -> None:
    """Families before the words, acknowledgements, errors and pings."""
    book = {**snapshot(), "type": "ORDERBOOKS.SNAPSHOT", "subscription": "orderbooks.BTC-USD"}
    assert read(book)[0][0] == "book_snapshot"
    price = {"type": "PRICES.MP", "data": {"m": "BTC-USD", "p": "65000.50", "ts": 0}, "ts": 3, "seq": 0}
    assert read(price) == [("other", "BTC-USD", {"mark_price": "65000.5", "time_ns": 3_000_000})]
    rate = {"type": "FUNDING_RATES", "data": {"m": "BTC-USD", "T": 5, "f": "0.000013"}, "ts": 3, "seq": 0}
    assert read(rate) == [("funding", "BTC-USD", {"rate": "0.000013", "time_ns": 5_000_000})]
    result = {"method": "subscribe", "status": "OK", "subscription": "orderbooks.BTC-USD"}
    assert read({"id": "1", "result": result, "jsonrpc": "2.0"}) == [("ack", "BTC-USD", {"method": "subscribe"})]
    assert read({"jsonrpc": "2.0", "id": "2", "method": "ping"})[0][0] == "heartbeat"
    error = {"code": -32001, "message": "unauthorised"}
    assert read({"jsonrpc": "2.0", "error": error}) == [("error", "", {"code": "-32001", "text": "unauthorised"})]


def test_the_accounts_frames() -> None:
    """Orders, executions, positions and money of one frame, in that order; an empty list is nothing."""
    position = {"market": "BTC-USD", "side": "SHORT", "size": "0.5", "status": "OPENED"}
    data = {
        "orders": [order()],
        "trades": [trade(externalOrderId="77")],
        "positions": [position],
        "balance": {"collateralName": "USD", "balance": "5"},
    }
    told = read({"type": "ORDER", "data": data, "ts": 1, "seq": 1})
    assert [kind for kind, _, _ in told] == ["order", "fill", "position", "balance"]
    assert (told[0][2]["venue_status"], told[1][2]["client_order_id"], told[2][2]["quantity"]) == ("NEW", "77", "-0.5")
    assert read({"type": "ORDER", "data": {"orders": []}, "ts": 1, "seq": 1})[0][0] == "other"
    assert read({"type": "SPOT_BALANCE", "data": {"spotBalances": []}, "ts": 1, "seq": 1})[0][0] == "other"
    assert read({"type": "TOMORROW", "data": {"x": 1}, "ts": 1, "seq": 1})[0][0] == "other"
    assert read({"error": "slow down", "ts": 1, "seq": 1}) == [("error", "", {"text": "slow down"})]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ([BTC], "market"),
        ({"market": "BTC-USD", "bid": [{"qty": "1", "price": "2"}], "ask": []}, "book_snapshot"),
        ([{"o": "1", "h": "3", "l": "1", "c": "2", "v": "5", "T": 9}], "candle"),
        ([{"m": "BTC-USD", "T": 9, "f": "0.1"}], "funding"),
        (BTC["marketStats"], "funding"),
        ([order()], "order"),
        (order(), "order"),
        ([trade()], "fill"),
        ([{"market": "BTC-USD", "side": "LONG", "size": "1", "status": "OPENED"}], "position"),
        ({"collateralName": "USD", "balance": "5"}, "balance"),
        ([{"market": "BTC-USD", "makerFeeRate": "0", "takerFeeRate": "0.1"}], "other"),
        ({"id": 5, "externalId": "77"}, "ack"),
        ({"l2Key": "0x1", "accountId": 1}, "other"),
        (None, "ack"),
        ([], "other"),
    ],
)
def test_bodies_are_told_by_their_fields(data: Any, kind: str) -> None:
    """A recording does not keep the request; what was asked shows in the answer."""
    assert read(good(data).body)[0][0] == kind


def test_a_payment_and_a_refusal() -> None:
    """A settlement with its sign; the venue's code and words."""
    payment = {"id": 1, "market": "BTC-USD", "side": "LONG", "size": "1", "fundingFee": "2", "fundingRate": "0.1"}
    assert read(good([{**payment, "paidTime": 1}]).body)[0][2]["amount"] == "-2"
    assert read(bad(1140, "no money").body) == [("error", "", {"code": "1140", "message": "no money"})]


def test_bare_entries_are_read() -> None:
    """Without an envelope, alone or in a list."""
    assert read(order())[0][0] == "order"
    assert read([trade()])[0][0] == "fill"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"hello",
        b"5",
        b"{}",
        b'["x"]',
        b'{"data":5,"ts":1,"seq":1}',
        b'{"status":"OK","data":5}',
        b'{"type":"DELTA","data":{"m":"BTC-USD","b":[{"p":"1","q":"1"}]},"ts":1,"seq":1}',
        b'{"type":"SNAPSHOT","data":{"m":"BTC-USD","b":[{"p":"x","q":"1"}]},"ts":1,"seq":1}',
        b'{"type":"SNAPSHOT","data":{"m":"BTC-USD","d":"1","b":[{"p":"1","q":"1"},{"p":"2","q":"1"}]},"ts":1,"seq":1}',
        b'{"type":"SNAPSHOT","data":[],"ts":"late","seq":1}',
        b'{"status":"OK","data":[{"m":"BTC-USD","T":9,"f":"NaN"}]}',
        b'{"data":{"positions":[{"market":"BTC-USD","side":"UP","size":"1"}]},"ts":1}',
    ],
)
def test_what_cannot_be_read_says_why(broken: bytes) -> None:
    """One kind of error for all, with its reason and the beginning of the bytes."""
    with pytest.raises(BadPayload, match=r"no frame of Extended: .+") as caught:
        read(broken)
    assert caught.value.raw == broken


@settings(max_examples=200, deadline=None)
@given(whole=st.sampled_from(WHOLE), path=st.lists(st.integers(0, 30), max_size=4), value=JSON)
def test_whatever_stands_anywhere_in_a_frame_is_read_or_refused(
    whole: dict[str, Any], path: list[int], value: Any
) -> None:
    """Any value in any place: events, or BadPayload with a reason; never another error."""
    changed = _with(whole, path, value)
    with suppress(BadPayload):
        assert all(kind for kind, _, _ in read(changed))


def _with(told: Any, path: list[int], value: Any) -> Any:
    """Put a value into a copy, down a path of positions."""
    if not path or not told or not isinstance(told, dict | list):
        return value
    keys = list(told) if isinstance(told, dict) else list(range(len(told)))
    key = keys[path[0] % len(keys)]
    copy = told.copy()
    copy[key] = _with(told[key], path[1:], value)
    return copy
