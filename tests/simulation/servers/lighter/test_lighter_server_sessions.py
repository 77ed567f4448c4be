"""One stream: greeting, subscriptions, transactions, limits, its end."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from lighter_server_scenes import BTC, Client, Scene

from simulation.servers.front import ServerRequest, StreamRefused
from simulation.servers.lighter import session as session_file
from simulation.servers.lighter.transactions import TxType

Sides = dict[str, dict[Decimal, Decimal]]


BATCH_NS = 50_000_000


def code_of(message: dict[str, Any]) -> int:
    """Give the code of an error message."""
    return int(message["error"]["code"])


def test_the_venue_speaks_first() -> None:
    """`connected` comes before anything was said."""
    client = Client(Scene())
    assert [message["type"] for message in client.heard] == ["connected"]
    assert client.heard[0]["session_id"]


@pytest.mark.parametrize(
    "channel",
    [
        "",
        *("order_book", "order_book/x", "order_book/99", "order_book/0/1", "nothing/0", "candle/0/2m", "candle/0"),
        *("height/1", "account_orders/0", "account_orders/99/1", "account_all/", "market_stats/x"),
        "spot_market_stats/1",
    ],
)
def test_channels_that_are_none(channel: str) -> None:
    """Unknown families, markets and shapes are 30005 Invalid Channel."""
    answer = Client(Scene()).say(type="subscribe", channel=channel)
    assert answer == {"error": {"code": 30005, "message": "Invalid Channel"}}


def test_subscribing_twice_and_leaving_what_is_not() -> None:
    """30003 with the channel's name; unsubscribing elsewhere is an error too."""
    client = Client(Scene())
    client.subscribe(f"ticker/{BTC}")
    assert client.subscribe(f"ticker/{BTC}") == {
        "error": {"code": 30003, "message": f"Already Subscribed to : ticker:{BTC}"}
    }
    assert code_of(client.say(type="unsubscribe", channel="height")) == 30004


def test_messages_that_are_none() -> None:
    """No JSON, no object, no known kind: an error, and the stream stays open."""
    client = Client(Scene())
    for message in (b"x", b"[]", b"{}", b'{"type":"hello"}', b'{"type":5}'):
        client.peer.on_message(message)
        assert code_of(client.heard[-1]) == 30001
    assert client.closed is None


def test_private_channels_need_the_token() -> None:
    """Without it, with a bad one and for another account they are refused; account_all is open to all."""
    scene = Scene()
    client, account = Client(scene), scene.identity.account_index
    assert code_of(client.subscribe(f"account_all_orders/{account}")) == 20013
    assert code_of(client.say(type="subscribe", channel=f"user_stats/{account}", auth="1:2:3:4")) == 20013
    assert code_of(client.subscribe("account_tx/1", auth=True)) == 21100
    assert client.subscribe(f"account_all/{account}")["type"] == "subscribed/account_all"
    assert client.subscribe(f"notification/{account}", auth=True)["notifs"] == []


def test_a_transaction_on_the_stream_is_answered_flat() -> None:
    """The object form and the text form are both taken; the answer carries hash and given id."""
    scene = Scene()
    client = Client(scene)
    for nonce, as_text in enumerate((False, True)):
        info = scene.tx(TxType.CREATE_ORDER, nonce=nonce, **scene.order_fields())
        data = {"id": f"a{nonce}", "tx_type": 14, "tx_info": info if as_text else json.loads(info)}
        client.say(type="jsonapi/sendtx", data=data)
    scene.wait(0.1)
    first, second = client.of("jsonapi/sendtx")
    assert (first["code"], first["id"], second["id"]) == (200, "a0", "a1")
    assert len(first["tx_hash"]) == 80
    assert first["volume_quota_remaining"] == 999_999
    assert len(scene.trading.orders.live) == 2


def test_a_batch_on_the_stream() -> None:
    """Arrays as JSON text; the hashes come as a list."""
    scene = Scene()
    client = Client(scene)
    infos = [scene.tx(TxType.CREATE_ORDER, nonce=nonce, **scene.order_fields()) for nonce in (0, 1)]
    client.say(type="jsonapi/sendtxbatch", data={"tx_types": "[14,14]", "tx_infos": json.dumps(infos)})
    scene.wait(0.1)
    (answer,) = client.of("jsonapi/sendtxbatch")
    assert (answer["code"], len(answer["tx_hash"])) == (200, 2)
    objects = [json.loads(scene.tx(TxType.CREATE_ORDER, nonce=2, **scene.order_fields()))]
    client.say(type="jsonapi/sendtxbatch", data={"tx_types": [14], "tx_infos": objects})
    scene.wait(0.1)
    assert client.of("jsonapi/sendtxbatch")[-1]["code"] == 200


def test_refusals_of_transactions_on_the_stream() -> None:
    """A bad nonce, no data, no such call: the code stands in the answer."""
    scene = Scene()
    client = Client(scene)
    info = scene.tx(TxType.CREATE_ORDER, nonce=9, **scene.order_fields())
    for kind, data, code in (
        ("sendtx", {"tx_type": 14, "tx_info": info, "id": "x"}, 21104),
        ("sendtx", None, 20001),
        ("sendtx", {"tx_type": 14}, 20001),
        ("sendtxbatch", {}, 20001),
        ("other", {}, 30001),
    ):
        client.say(type=f"jsonapi/{kind}", data=data)
        scene.wait(0.1)
        assert client.of(f"jsonapi/{kind}")[-1]["code"] == code
    assert client.of("jsonapi/sendtx")[0]["id"] == "x"


def test_a_readonly_stream_takes_no_transactions() -> None:
    """Opened with ?readonly=true it is for data only."""
    scene = Scene()
    client = Client(scene, query=(("readonly", "true"),))
    info = scene.tx(TxType.CREATE_ORDER, nonce=0, **scene.order_fields())
    client.say(type="jsonapi/sendtx", data={"tx_type": 14, "tx_info": info})
    scene.wait(0.1)
    assert client.heard[-1]["code"] == 30012
    assert client.subscribe(f"ticker/{BTC}")["type"] == "subscribed/ticker"


def test_transactions_share_one_bucket() -> None:
    """What was sent by REST is gone for the stream."""
    scene = Scene(sends_per_minute=1)
    scene.place()
    client = Client(scene)
    client.say(type="jsonapi/sendtx", data={"tx_type": 14, "tx_info": "{}"})
    scene.wait(0.1)
    assert client.heard[-1]["code"] == 23000


def test_messages_are_counted() -> None:
    """Two hundred a minute, pongs and transactions not among them; then 30009 until the minute is over."""
    scene = Scene()
    client = Client(scene)
    for _ in range(300):
        client.peer.on_message(b'{"type":"pong"}')
    for _ in range(200):
        client.say(type="subscribe", channel="x")
    assert code_of(client.say(type="subscribe", channel="height")) == 30009
    scene.wait(60)
    assert client.say(type="subscribe", channel="height")["type"] == "subscribed/height"


def test_subscriptions_are_counted() -> None:
    """Five hundred a stream."""
    scene = Scene(limits=False)
    client = Client(scene)
    session: Any = client.peer
    session._channels |= {object() for _ in range(500)}
    assert code_of(client.subscribe("height")) == 30010
    session._channels.clear()


def test_new_streams_are_counted() -> None:
    """More than 255 a minute from one address, or at once, are refused with 429; another path with 404."""
    scene = Scene()
    for _ in range(255):
        Client(scene).peer.on_end()
    with pytest.raises(StreamRefused) as refused:
        Client(scene)
    assert refused.value.response.status == 429
    scene.wait(60)
    for _ in range(250):
        Client(scene)
    scene.wait(60)
    for _ in range(5):
        Client(scene)
    with pytest.raises(StreamRefused):
        Client(scene)
    with pytest.raises(StreamRefused) as refused:
        scene.front.accept(ServerRequest(method="GET", path="/other"), Client.__new__(Client))
    assert refused.value.response.status == 404


def test_the_venue_pings_and_closes_who_stays_silent() -> None:
    """A ping each minute; a client that says nothing for two minutes is closed."""
    scene = Scene()
    silent, lively = Client(scene), Client(scene)
    for _ in range(4):
        scene.wait(59)
        lively.peer.on_message(b'{"type":"pong"}')
    assert silent.closed == (1001, "no message for two minutes")
    assert len(silent.of("ping")) == 1
    assert lively.closed is None
    assert len(lively.of("ping")) >= 3
    assert session_file.SILENCE_NS == 120 * 10**9


def test_a_ping_of_the_client_is_answered() -> None:
    """With a pong."""
    assert Client(Scene()).say(type="ping") == {"type": "pong"}


def test_connections_end_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """However lively they are; the day is shortened here."""
    assert session_file.LIFE_NS == 24 * 3600 * 10**9
    monkeypatch.setattr(session_file, "LIFE_NS", 300 * 10**9)
    scene = Scene()
    client = Client(scene)
    for _ in range(3):
        assert client.closed is None
        client.peer.on_message(b'{"type":"pong"}')
        scene.wait(100)
    assert client.closed == (1001, "connections end after a day")


def test_shutdowns_are_announced() -> None:
    """As often as asked for: a message with the time left, then the close; new streams are taken."""
    scene = Scene(shutdown_every_s=30)
    client = Client(scene)
    client.subscribe("height")
    scene.wait(30)
    assert client.of("shutdown") == [{"type": "shutdown", "close_in_ms": 5_000}]
    assert client.closed is None
    scene.wait(5)
    assert client.closed == (1001, "shutdown")
    heard = len(client.heard)
    scene.wait(5)
    assert len(client.heard) == heard
    assert Client(scene).heard[0]["type"] == "connected"
