"""Extended's v2 stream: JSON-RPC, all topics on one connection, one count from 0."""

from __future__ import annotations

from typing import Any

import pytest
from extended_server_scenes import Scene, Wire
from hypothesis import given, settings
from hypothesis import strategies as st


def ask(wire: Wire, method: str, **params: Any) -> dict[str, Any]:
    """Send a request and give its answer, which comes before any data."""
    wire.take()
    request: dict[str, Any] = {"jsonrpc": "2.0", "id": "1", "method": method}
    wire.rpc({**request, "params": params} if params else request)
    answer, *rest = wire.frames
    wire.frames = rest
    return answer


def subscribe(wire: Wire, scope: str, **selector: Any) -> str:
    """Subscribe and give the topic id."""
    answer = ask(wire, "subscribe", scope=scope, selector=selector)
    assert answer["jsonrpc"] == "2.0"
    result: dict[str, str] = answer["result"]
    assert (answer["id"], result["method"], result["status"]) == ("1", "subscribe", "OK")
    return result["subscription"]


@pytest.fixture
def scene() -> Scene:
    """A lively venue."""
    return Scene(activity=5)


TOPICS: list[tuple[str, str, dict[str, Any], str]] = [
    ("orderbooks.BTC-USD", "orderbooks", {"market": "BTC-USD", "depth": "full"}, "ORDERBOOKS.SNAPSHOT"),
    ("orderbooks.BTC-USD", "orderbooks", {"market": "BTC-USD"}, "ORDERBOOKS.SNAPSHOT"),
    ("orderbooks.1.BTC-USD", "orderbooks", {"market": "BTC-USD", "depth": "1"}, "ORDERBOOKS.SNAPSHOT"),
    ("orderbooks.BTC-USD.rfq", "orderbooks", {"market": "BTC-USD", "rfqOnly": True}, "ORDERBOOKS.SNAPSHOT"),
    ("orderbooks.all", "orderbooks", {"market": None, "depth": "full", "rfqOnly": False}, "ORDERBOOKS.SNAPSHOT"),
    ("trades.BTC-USD", "trades", {"market": "BTC-USD"}, "TRADES"),
    ("funding-rates.BTC-USD", "funding-rates", {"market": "BTC-USD"}, "FUNDING_RATES"),
    ("prices.mark.BTC-USD", "prices", {"type": "mark", "market": "BTC-USD"}, "PRICES.MP"),
    ("prices.index.all", "prices", {"type": "index"}, "PRICES.IP"),
    ("candles.last.BTC-USD.PT1M", "candles", {"type": "last", "market": "BTC-USD", "interval": "PT1M"}, "CANDLES"),
]


@pytest.mark.parametrize(("name", "scope", "selector", "kind"), TOPICS, ids=[topic[0] for topic in TOPICS])
def test_topics_have_ids_and_first_frames(
    scene: Scene, name: str, scope: str, selector: dict[str, Any], kind: str
) -> None:
    """Each scope answers with its topic id; the first frame names it, and is of its type."""
    scene = Scene(activity=0.05) if scope == "funding-rates" else scene
    scene.wait(3605 if scope == "funding-rates" else 61)
    wire = scene.stream("v2/rpc")
    assert subscribe(wire, scope, **selector) == name
    first = wire.frames[0]
    assert (first["subscription"], first["type"], first["seq"]) == (name, kind, 0)


def test_one_count_over_all_topics(scene: Scene) -> None:
    """Data frames of all topics are numbered together from 0; answers do not count."""
    scene.wait(60)
    wire = scene.stream("v2/rpc")
    frames = []
    for scope in ("orderbooks", "trades", "prices"):
        subscribe(wire, scope, market="BTC-USD", type="mark")
        frames += wire.take()
        ask(wire, "ping")
        scene.wait(2)
        frames += wire.take()
    assert [frame["seq"] for frame in frames] == list(range(len(frames)))
    assert {frame["subscription"] for frame in frames} == {
        "orderbooks.BTC-USD",
        "trades.BTC-USD",
        "prices.mark.BTC-USD",
    }


def test_second_subscription_replaces_the_first(scene: Scene) -> None:
    """Asking again brings a new snapshot and no frame twice."""
    wire = scene.stream("v2/rpc")
    subscribe(wire, "orderbooks", market="BTC-USD")
    subscribe(wire, "orderbooks", market="BTC-USD")
    assert [frame["type"] for frame in wire.take()] == ["ORDERBOOKS.SNAPSHOT"]
    scene.wait(3)
    stamps = [frame["ts"] for frame in wire.frames]
    assert len(stamps) == len(set(stamps)) > 0
    assert ask(wire, "list-subscriptions")["result"]["subscriptions"] == ["orderbooks.BTC-USD"]


def test_trades_repeat_the_last_fifty(scene: Scene) -> None:
    """The first frame of trades holds the last fifty, oldest first."""
    scene.wait(120)
    wire = scene.stream("v2/rpc")
    subscribe(wire, "trades", market="BTC-USD")
    ids = [row["i"] for row in wire.frames[0]["data"]]
    assert len(ids) == 50
    assert ids == sorted(ids)


def test_unsubscribe(scene: Scene) -> None:
    """What was unsubscribed is silent; what was never subscribed is an error."""
    wire = scene.stream("v2/rpc")
    subscribe(wire, "orderbooks", market="BTC-USD")
    answer = ask(wire, "unsubscribe", scope="orderbooks", selector={"market": "BTC-USD"})
    assert answer["result"]["status"] == "OK"
    scene.wait(2)
    assert wire.take() == []
    assert ask(wire, "unsubscribe", scope="orderbooks", selector={"market": "BTC-USD"})["error"]["code"] == -32602
    assert ask(wire, "list-subscriptions")["result"]["subscriptions"] == []


def test_mark_prices_carry_no_time_inside(scene: Scene) -> None:
    """The inner ts of a price is 0 on this stream, as the live venue sends it."""
    wire = scene.stream("v2/rpc")
    subscribe(wire, "prices", type="mark", market="BTC-USD")
    assert wire.frames[0]["data"]["ts"] == 0
    assert wire.frames[0]["ts"] > 0


def test_account_says_what_is_a_snapshot(scene: Scene) -> None:
    """The account's first frames are marked as a snapshot, what follows is not."""
    keys = scene.front.keys
    wire = scene.stream("v2/rpc")
    selector = {"account": str(keys.account_id)}
    answer = ask(wire, "subscribe", scope="account", selector=selector, apiKey=keys.api_key)
    assert answer["result"]["subscription"] == f"account.{keys.account_id}"
    assert [frame["type"] for frame in wire.frames] == ["ACCOUNT.BALANCE", "ACCOUNT.POSITION", "ACCOUNT.ORDER"]
    assert all(frame["data"]["isSnapshot"] for frame in wire.take())
    scene.rest()
    (frame,) = wire.take()
    assert (frame["type"], frame["data"]["isSnapshot"], frame["seq"]) == ("ACCOUNT.ORDER", False, 3)
    for key, account in (("wrong", str(keys.account_id)), (keys.api_key, "1")):
        answer = ask(wire, "subscribe", scope="account", selector={"account": account}, apiKey=key)
        assert answer["error"]["code"] == -32001
    assert wire.peer is not None
    wire.peer.on_end()
    scene.rest()
    assert wire.take() == []


ERRORS: list[tuple[Any, int]] = [
    (b"{", -32700),
    (b"\xff", -32700),
    ([], -32600),
    ({"id": "1", "method": "ping"}, -32600),
    ({"jsonrpc": "2.0", "id": 1, "method": "ping"}, -32600),
    ({"jsonrpc": "2.0", "id": "1", "method": 1}, -32600),
    ({"jsonrpc": "2.0", "id": "1", "method": "dance"}, -32601),
    ({"jsonrpc": "2.0", "id": "1", "method": "subscribe"}, -32602),
    ({"jsonrpc": "2.0", "id": "1", "method": "subscribe", "params": {"scope": ["x"]}}, -32602),
    ({"jsonrpc": "2.0", "id": "1", "method": "subscribe", "params": {"scope": "trades", "selector": "x"}}, -32602),
    ({"jsonrpc": "2.0", "id": "1", "method": "subscribe", "params": {"scope": "prices", "selector": {}}}, -32602),
    (
        {
            "jsonrpc": "2.0",
            "id": "1",
            "method": "subscribe",
            "params": {"scope": "trades", "selector": {"market": "X"}},
        },
        -32602,
    ),
]


@pytest.mark.parametrize(("request_body", "code"), ERRORS)
def test_errors_have_json_rpc_codes(scene: Scene, request_body: Any, code: int) -> None:
    """Each kind of bad request has its own code, and the connection lives on."""
    wire = scene.stream("v2/rpc")
    wire.rpc(request_body)
    assert wire.frames[0]["error"]["code"] == code
    assert ask(wire, "ping")["result"]["status"] == "OK"


def test_unknown_depth_gets_no_answer(scene: Scene) -> None:
    """As seen live, a depth that does not exist is passed over in silence."""
    wire = scene.stream("v2/rpc")
    params = {"scope": "orderbooks", "selector": {"market": "BTC-USD", "depth": "5"}}
    wire.rpc({"jsonrpc": "2.0", "id": "1", "method": "subscribe", "params": params})
    assert wire.frames == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["BTC-USD", "mark", "full"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SCENE = Scene(activity=0.05)


@settings(max_examples=150, deadline=None)
@given(
    scope=JSON | st.sampled_from(["orderbooks", "trades", "prices", "candles", "account", "funding-rates"]),
    selector=JSON
    | st.fixed_dictionaries({}, optional=dict.fromkeys(("market", "type", "depth", "interval", "account"), JSON)),
    method=st.sampled_from(["subscribe", "unsubscribe", "ping", "list-subscriptions"]) | JSON,
)
def test_no_request_breaks_the_stream(scope: Any, selector: Any, method: Any) -> None:
    """Whatever comes, there is an answer, an error or silence, never an exception."""
    wire = SCENE.stream("v2/rpc")
    wire.rpc({"jsonrpc": "2.0", "id": "1", "method": method, "params": {"scope": scope, "selector": selector}})
    assert all("result" in frame or "error" in frame or "seq" in frame for frame in wire.frames)
    assert wire.peer is not None
    wire.peer.on_end()


@settings(max_examples=150, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PATCH"]),
    path=st.sampled_from(
        ["user/order", "user/order/massCancel", "user/leverage", "user/trades?cursor=x", "user/orders/٣"]
    ),
    body=st.binary(max_size=40) | JSON,
)
def test_no_request_breaks_the_gateway(method: str, path: str, body: Any) -> None:
    """Whatever comes over REST, the answer is one of the venue's envelopes."""
    SCENE.wait(1)
    assert SCENE.ask(method, path, body).body["status"] in {"OK", "ERROR"}


SIGNED = SCENE.order()


@settings(max_examples=150, deadline=None)
@given(
    field=st.sampled_from([*SIGNED, "settlement", "cancelId", "builderFee"]),
    value=JSON | st.decimals().map(str) | st.floats() | st.text("0123456789abcdefx.-+E", max_size=30),
)
def test_no_order_breaks_the_gateway(field: str, value: Any) -> None:
    """One field of a good order replaced by anything: taken or refused, with an envelope."""
    SCENE.wait(1)
    answer = SCENE.ask("POST", "user/order", SIGNED | {field: value})
    assert answer.body["status"] in {"OK", "ERROR"}
