"""Recorded frames of Lighter: each one is read, or named unreadable with its reason."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lighter_payloads import MARKETS, account, change, order, position, stats, trade

from exchanges.lighter.client import LighterClient
from exchanges.lighter.frames import read_frame
from helpers.errors import BadPayload

UNREADABLE = {
    "ws_account_response.json": "no single JSON object",  # two frames with comments between them
    "nautilus_signing_auth_token_oracle.json": "vectors",
    "nautilus_signing_curve_ecgfp5_vectors.json": "vectors",
    "nautilus_signing_field_goldilocks_vectors.json": "vectors",
    "nautilus_signing_field_quintic_vectors.json": "vectors",
    "nautilus_signing_hash_poseidon2_vectors.json": "vectors",
    "nautilus_signing_schnorr_vectors.json": "vectors",
    "nautilus_signing_tx_oracle.json": "vectors",
}
KINDS = {
    "eth_orderbook_full.txt.gz": ["book_snapshot"],
    "nautilus_http_account.json": ["balance", "position"],
    "nautilus_http_candles.json": ["candle", "candle"],
    "nautilus_http_candles_null.json": [],
    "nautilus_http_fundings.json": ["funding", "funding"],
    "nautilus_http_next_nonce.json": ["other"],
    "nautilus_http_order_book_details.json": ["market"],
    "nautilus_http_order_book_orders.json": ["book_snapshot"],
    "nautilus_http_orders.json": ["order"],
    "nautilus_http_recent_trades.json": ["trade"],
    "nautilus_http_recent_trades_missing.json": [],
    "nautilus_ws_account_all_assets_update.json": ["balance"],
    "nautilus_ws_account_all_positions_update.json": ["position"],
    "nautilus_ws_account_all_trades_update.json": ["fill"],
    "nautilus_ws_account_orders_update.json": ["order"],
    "nautilus_ws_candle_update.json": ["candle"],
    "nautilus_ws_height_update.json": ["time"],
    "nautilus_ws_market_stats_update_all.json": ["funding"],
    "nautilus_ws_order_book_update.json": ["book_delta"],
    "nautilus_ws_spot_market_stats_update_all.json": ["other"],
    "nautilus_ws_ticker_subscribed_empty.json": ["bbo"],
    "nautilus_ws_trade_update.json": ["trade"],
    "nautilus_ws_user_stats_update.json": ["balance"],
    "ws_connected.json": ["heartbeat"],
    "ws_error_invalid_channel.json": ["error"],
    "ws_orderbook_snapshot.json.gz": ["book_snapshot"],
    "ws_trade.json.gz": ["trade"] * 100,
}


FUNDING = (
    b'{"type":"update/account_all","channel":"account_all:1","funding_histories":{"1":[{"timestamp":1,"market_id":1,'
    b'"funding_id":2,"change":"-0.1","rate":"0.001","position_size":"1","position_side":"long"}]}}'
)


def recorded(path: Path) -> bytes:
    """Read a recorded file."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def test_every_recorded_file_is_read_or_named(shared_data: Path) -> None:
    """All files of the venue: what each tells, or why it tells nothing."""
    files = sorted((shared_data / "frames/lighter").iterdir())
    assert len(files) > 50
    for path in files:
        if path.name in UNREADABLE:
            with pytest.raises(BadPayload, match=UNREADABLE[path.name]):
                read_frame(recorded(path))
            continue
        events = LighterClient.read_frame(recorded(path))
        if path.name in KINDS:
            assert [event.kind for event in events] == KINDS[path.name], path.name
        json.dumps([event.data for event in events])  # plain texts and numbers only


def test_the_two_frames_in_one_file_are_each_readable(shared_data: Path) -> None:
    """Without the comments, the old recording of an account is positions and a trade of somebody else's."""
    text = (shared_data / "frames/lighter/ws_account_response.json").read_text()
    first, second = (json.loads(part.split("\n", 1)[1]) for part in text.split("//")[1:])
    assert [event.kind for event in read_frame(json.dumps(first).encode())] == ["position"] * 3
    assert [event.kind for event in read_frame(json.dumps(second).encode())] == ["trade"]


def test_figures_are_plain(shared_data: Path) -> None:
    """No exponents, no trailing zeros, our side, and the fee in quote."""
    (event,) = read_frame(recorded(shared_data / "frames/lighter/nautilus_ws_account_all_trades_update.json"))
    assert event.market == "0"
    assert (event.data["price"], event.data["quantity"]) == ("2352.73", "0.1336")
    assert (event.data["side"], event.data["liquidity"]) == ("buy", "taker")
    assert event.data["fee"] == "0.061607646688"


def test_past_funding_has_its_sign(shared_data: Path) -> None:
    """Percent per hour with who pays beside it becomes a signed fraction."""
    longs, shorts = read_frame(recorded(shared_data / "frames/lighter/nautilus_http_fundings.json"))
    assert (longs.data["rate"], shorts.data["rate"]) == ("0.000012", "-0.000002")


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (b'{"type":"ping"}', "heartbeat"),
        (b'{"type":"shutdown","close_in_ms":5}', "heartbeat"),
        (b'{"type":"jsonapi/sendtx","code":200,"tx_hash":"ab"}', "ack"),
        (b'{"type":"error","code":30003,"message":"Already Subscribed to : ticker:3"}', "error"),
        (b'{"type":"something-new"}', "other"),
        (b'{"type":"update/notification","channel":"notification:1"}', "other"),
        (b'{"code":200,"message":"x","tx_hash":"ab"}', "ack"),
        (b'{"code":21739,"message":"not enough margin"}', "error"),
        (b'{"code":200,"message":"fine"}', "ack"),
        (b'{"error":{"code":1,"message":"x"}}', "error"),
        (FUNDING, "funding"),
    ],
)
def test_other_frames(frame: bytes, kind: str) -> None:
    """What the recordings lack is known too."""
    assert [event.kind for event in read_frame(frame)] == [kind]


@pytest.mark.parametrize("frame", [b"[1]", b"\xff", b'{"what":1}', b'{"type":7}'])
def test_what_is_no_frame_says_why(frame: bytes) -> None:
    """One line with the reason, and the beginning of what it was."""
    with pytest.raises(BadPayload) as told:
        read_frame(frame)
    assert told.value.raw


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the ways to every value inside a message."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for key, inner in items:
        found += leaves(inner, (*path, key))
    return found


SAMPLES = [
    {"type": "update/order_book", "channel": "order_book:1", **change(10, 11, bids=[("60000.0", "1")])},
    {"type": "update/account_all_orders", "channel": "account_all_orders:65", "orders": {"1": [order()]}},
    {"type": "update/account_all_trades", "channel": "account_all_trades:65", "trades": {"1": [trade()]}},
    {"type": "update/account_all_positions", "channel": "account_all_positions:65", "positions": {"1": position()}},
    {"type": "update/market_stats", "channel": "market_stats:1", **stats()},
    {"code": 200, "accounts": [account()]},
    {"code": 200, "order_book_details": MARKETS},
    {"code": 200, "r": "1m", "c": [{"t": 1, "o": 1.5, "h": 2, "l": 1, "c": 1.5, "v": 3}]},
    {"code": 200, "fundings": [{"timestamp": 1, "rate": "0.1", "direction": "long"}]},
]
STRANGE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_broken_field_is_read_or_named_and_nothing_else(data: st.DataObject) -> None:
    """Whatever stands in one field of a message, it is read or told to be unreadable."""
    frame = copy.deepcopy(data.draw(st.sampled_from(SAMPLES)))
    *way, last = data.draw(st.sampled_from(leaves(frame)))
    inside: Any = frame
    for key in way:
        inside = inside[key]
    inside[last] = data.draw(STRANGE)
    try:
        events = read_frame(json.dumps(frame).encode())
    except BadPayload:
        return
    json.dumps([event.data for event in events])
