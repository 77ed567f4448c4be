"""Corners of small parts that no ordinary exchange with the venue reaches."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lighter_server_scenes import Client, Scene
from worlds import START_NS

from helpers.enums import OrderStatus, Side
from helpers.models import OrderInfo
from helpers.transport import HttpRequest
from simulation.servers.front import ServerRequest, ServerResponse
from simulation.servers.lighter.book_stream import BookStream
from simulation.servers.lighter.front import LighterFront
from simulation.servers.lighter.options import LighterOptions
from simulation.servers.lighter.trade_file import Before
from simulation.servers.lighter.transactions import ORDER_FIELDS, TxType, read_tx
from simulation.servers.lighter.tx_file import TxFile
from simulation.servers.market_feed import FeedBook
from simulation.servers.memory_transport import MemoryTransport
from simulation.virtual_loop import VirtualClock, run_virtual

SHARED = Scene(limits=False)
"""One simulator for all that must not break it."""
GOOD = SHARED.tx(TxType.CREATE_ORDER, nonce=0, **SHARED.order_fields())


def test_an_empty_side_is_two_empty_texts() -> None:
    """As the venue writes a market without orders."""
    book = FeedBook(bids={}, asks={Decimal("62000.5"): Decimal(1)}, number=0, time_ns=START_NS)
    feed: Any = SimpleNamespace(snapshot=lambda: book)
    ticker = BookStream(Scene().market(), feed).ticker()["ticker"]
    assert ticker["b"] == {"price": "", "size": ""}
    assert ticker["a"] == {"price": "62000.5", "size": "1.00000"}


def test_the_oldest_transactions_make_room() -> None:
    """Of three, two are kept."""
    scene = Scene()
    tx = read_tx(TxType.CREATE_ORDER, scene.tx(TxType.CREATE_ORDER, nonce=0, **scene.order_fields()))
    txs = TxFile(kept=2)
    for name in "abc":
        txs.add(tx, name, START_NS)
    assert list(txs.by_hash) == ["b", "c"]
    assert txs.by_hash["c"].number == 3


def test_news_of_unknown_orders_are_nobodys() -> None:
    """What the venue places itself, in a liquidation, is no order of the account."""
    scene = Scene()
    info = OrderInfo(
        order_id="1", client_order_id=None, side=Side.BUY, size=Decimal(1), price=None, status=OrderStatus.CANCELLED
    )
    scene.trading.settled(info)
    assert not scene.trading.orders.ended


@pytest.mark.parametrize(
    ("trades", "size", "cost"),
    [
        ([(2, 10), (2, 20)], 4, 60),
        ([(4, 15), (-1, 99)], 3, 45),
        ([(4, 15), (-6, 20)], -2, -40),
        ([(-2, 10), (2, 5)], 0, 0),
    ],
)
def test_positions_before_trades(trades: list[tuple[int, int]], size: int, cost: int) -> None:
    """Grown at cost, shrunk at average cost, turned at the new price."""
    before = Before()
    for signed, price in trades:
        before.add(Decimal(signed), Decimal(price))
    assert (before.size, before.cost) == (size, cost)


def test_a_stream_that_ended_hears_nothing() -> None:
    """Neither pings nor what comes back late; closing it again changes nothing."""
    scene = Scene()
    client = Client(scene)
    info = scene.tx(TxType.CREATE_ORDER, nonce=0, **scene.order_fields())
    client.peer.on_message(b'{"type":"jsonapi/sendtx","data":{"tx_type":14,"tx_info":' + info.encode() + b"}}")
    heard = len(client.heard)
    client.peer.on_end()
    scene.front.shut_down()
    scene.wait(200)
    assert len(client.heard) == heard
    assert client.closed is None
    assert len(scene.trading.orders.live) == 1


CALLS = ("account", "apikeys", "nextNonce", "orderBookOrders", "candles", "fundings", "trades", "tx", "accountOrders")
NAMES = ("account_index", "api_key_index", "by", "value", "market_id", "limit", "resolution", "cursor", "auth")
texts = st.one_of(
    st.text(max_size=8), st.integers(-(2**70), 2**70).map(str), st.sampled_from(["index", "1m", "hash", "1h"])
)


@given(call=st.sampled_from(CALLS), parameters=st.dictionaries(st.sampled_from(NAMES), texts), post=st.booleans())
@settings(max_examples=80, deadline=None)
def test_whatever_is_asked_is_answered(call: str, parameters: dict[str, str], post: bool) -> None:
    """Any parameters get an answer with a code; nothing breaks."""
    status, body = SHARED.ask("POST" if post else "GET", f"/api/v1/{call}", parameters)
    assert status in {200, 400, 404, 405}
    assert body["code"] == 200 or body["message"]


@given(kind=st.sampled_from(["sendTx", "sendTxBatch"]), body=st.binary(max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_is_posted_is_refused(kind: str, body: bytes) -> None:
    """Bytes that are no transaction are a 400 with a code, in UTF-8 or not."""
    answers: list[ServerResponse] = []
    for start in (b"", b"tx_type=14&tx_info=", b"tx_types=[14]&tx_infos="):
        request = ServerRequest(method="POST", path=f"/api/v1/{kind}", body=start + body)
        SHARED.front.handle(request, answers.append)
    assert {answer.status for answer in answers} == {400}
    assert all(json.loads(answer.body)["code"] > 20_000 for answer in answers)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
KINDS = ("subscribe", "unsubscribe", "pong", "jsonapi/sendtx", "jsonapi/sendtxbatch", "jsonapi/x")
FIELDS = ("tx_type", "tx_info", "tx_types", "tx_infos", "id")


@given(
    kind=st.one_of(st.sampled_from(KINDS), json_values),
    channel=st.one_of(st.sampled_from(["order_book/1", "account_tx/1", "height", "candle/1/1m"]), json_values),
    auth=json_values,
    data=st.one_of(json_values, st.dictionaries(st.sampled_from(FIELDS), json_values)),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_said_keeps_the_stream(kind: Any, channel: Any, auth: Any, data: Any) -> None:
    """Any JSON said on a stream is answered or ignored; the stream stays open."""
    client = Client(SHARED)
    client.peer.on_message(json.dumps({"type": kind, "channel": channel, "auth": auth, "data": data}).encode())
    SHARED.wait(0.1)
    assert client.closed is None
    client.peer.on_end()


@given(
    changes=st.dictionaries(
        st.sampled_from([*ORDER_FIELDS, "Nonce", "ExpiredAt", "AccountIndex", "ApiKeyIndex", "L2TxAttributes", "Sig"]),
        json_values,
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_a_transaction(changes: dict[str, Any]) -> None:
    """Any values in any fields are refused with a code, or taken; nothing breaks, then or later."""
    info = json.loads(GOOD) | changes
    status, body = SHARED.post(TxType.CREATE_ORDER, json.dumps(info))
    SHARED.wait(0.5)
    assert status == 200 or body["code"] > 20_000
    if status == 200:
        SHARED.nonce += 1


async def test_it_mounts_in_memory() -> None:
    """A transport reaches requests and streams; answers to transactions come in the venue's time."""

    async def scene(clock: VirtualClock) -> tuple[int, list[bytes], int]:
        front = LighterFront(LighterOptions(start_ns=clock.now_ns()))
        clock.attach(front.venue)
        transport, heard = MemoryTransport(front, clock), Heard()
        stream = await transport.open_stream("ws://lighter/stream", heard)
        stream.send(b'{"type":"subscribe","channel":"order_book/1"}')
        await clock.sleep(3)
        before = clock.now_ns()
        url = "http://lighter/api/v1/sendTx"
        answer = await transport.request(HttpRequest(method="POST", url=url, body=b"tx_type=14&tx_info=x"))
        assert answer.status == 400
        await transport.close()
        return answer.status, heard.messages, clock.now_ns() - before

    status, messages, took = await asyncio.to_thread(run_virtual, scene, start_ns=START_NS)
    assert (status, took) == (400, 0)
    kinds = [json.loads(message)["type"] for message in messages]
    assert kinds[:2] == ["connected", "subscribed/order_book"]
    assert set(kinds[2:]) == {"update/order_book"}


class Heard:
    """A stream's listener that keeps what it hears."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def on_message(self, message: bytes) -> None:
        self.messages.append(message)

    def on_end(self, reason: str) -> None:
        pass
