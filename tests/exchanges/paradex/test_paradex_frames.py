"""Recorded frames and replies are read completely; what cannot be read says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from paradex_samples import FILL, MARKET, ORDER, POSITION

from exchanges.paradex.client import ParadexClient
from exchanges.paradex.frames import read_frame
from helpers.errors import BadPayload


def recorded(folder: Path) -> list[bytes]:
    """Give every recorded frame and reply."""
    frames: list[bytes] = []
    for path in sorted((folder / "frames/paradex").iterdir()):
        raw = path.read_bytes()
        frames += [line for line in raw.splitlines() if line.strip()] if path.suffix == ".jsonl" else [raw]
    return frames


def test_every_recorded_frame_is_read(shared_data: Path) -> None:
    """None is unreadable, none is passed over."""
    kinds = [event.kind for frame in recorded(shared_data) for event in read_frame(frame)]
    assert set(kinds) == {"ack", "bbo", "book_snapshot", "error", "funding", "market"}
    assert kinds.count("error") == 2
    assert kinds.count("ack") == 5


def test_recorded_replies_say_what_they_say(shared_data: Path) -> None:
    """The market's terms, the book's depth, the touch, and why a subscription was refused."""
    folder = shared_data / "frames/paradex"
    (terms,) = read_frame((folder / "rest_market_BTC_20260904.json").read_bytes())
    assert (terms.market, terms.data["tick_size"], terms.data["max_leverage"]) == ("BTC-USD-PERP", "0.1", "50")
    (book,) = read_frame((folder / "rest_orderbook_BTC_depth100_20260904.json").read_bytes())
    assert book.data["bids"][0] == ["80874.2", "0.02471"]
    (touch,) = read_frame((folder / "rest_bbo_btc.json").read_bytes())
    assert (touch.kind, touch.data["ask"]) == ("bbo", "61782.3")
    refused = read_frame((folder / "ws_strictness_errors.json").read_bytes())[1]
    assert refused.data == {"code": -32600, "text": "invalid subscribe request: invalid channel [-32600]"}


def push(channel: str, data: Any) -> bytes:
    """Give a frame of news."""
    return msgspec.json.encode(
        {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}
    )


TRADE = {"id": "9", "market": "X", "side": "SELL", "price": "5", "size": "2", "created_at": 7}
LEVEL = {"side": "BUY", "price": "1", "size": "2"}
BOOK = {"market": "X", "seq_no": 1, "update_type": "s", "last_updated_at": 7, "inserts": [LEVEL]}
MONEY = {"account": "0x1", "account_value": "2", "total_collateral": "1", "free_collateral": "1"}


@pytest.mark.parametrize(
    ("frame", "kind", "field", "value"),
    [
        (push("trades.X", TRADE), "trade", "taker_side", "sell"),
        (push("order_book.X.snapshot@15@50ms", BOOK), "book_snapshot", "bids", [["1", "2"]]),
        (push("orders.ALL", ORDER), "order", "status", "open"),
        (push("fills.ALL", FILL), "fill", "quantity", "0.004"),
        (push("positions", POSITION), "position", "quantity", "-0.345"),
        (push("account", MONEY), "balance", "equity", "2"),
        (msgspec.json.encode({"results": [TRADE]}), "trade", "price", "5"),
        (msgspec.json.encode(ORDER), "order", "client_order_id", "77"),
        (msgspec.json.encode({"results": [FILL]}), "fill", "fee", "0.0639"),
        (msgspec.json.encode({"results": [POSITION]}), "position", "entry_price", "80000.5"),
        (msgspec.json.encode(MONEY), "balance", "wallet", "1"),
        (b'{"server_time":"5"}', "time", "time_ns", 5_000_000),
        (b'{"error":"X","message":"no","data":null}', "error", "code", "X"),
    ],
)
def test_a_frame_is_told_in_our_words(frame: bytes, kind: str, field: str, value: Any) -> None:
    """Streams and replies of every kind, with our names and units."""
    (event,) = ParadexClient.read_frame(frame)
    assert (event.kind, event.data[field]) == (kind, value)


@pytest.mark.parametrize(
    "frame",
    [
        push("tradebusts", {}),
        push("order_book.X.deltas", {**BOOK, "update_type": "d"}),
        msgspec.json.encode({"results": [{**MARKET, "asset_kind": "OPTION"}]}),
        b'{"status":"ok"}',
    ],
)
def test_what_is_of_no_use_is_told_as_such(frame: bytes) -> None:
    """Known to be nothing for us, which is not the same as unreadable."""
    assert [event.kind for event in read_frame(frame)] == ["other"]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (b"{", "no JSON"),
        (b"7", "object"),
        (b'{"results":[7]}', "object"),
        (b'{"jsonrpc":"2.0","id":1}', "neither"),
        (push("orders.ALL", {"id": "1"}), "missing"),
        (b'{"server_time":"soon"}', "no time"),
    ],
)
def test_an_unreadable_frame_says_why(frame: bytes, words: str) -> None:
    """Cut off, no object, or fields missing."""
    with pytest.raises(BadPayload, match=words):
        read_frame(frame)
