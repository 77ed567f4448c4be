"""What holds of Extended's simulator whatever is done: signatures, and that stream and REST tell one story."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from extended_server_scenes import START_NS, D, Scene, TimeInForce
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.servers.extended.account_keys import TESTNET
from simulation.servers.extended.ids import snowflake
from simulation.servers.extended.markets import BY_NAME
from simulation.servers.extended.order_form import is_signed_by, order_hash, read_form

SIGNER = Scene()
DEPOSIT = D(10_000_000)
OVER = {"FILLED", "CANCELLED", "EXPIRED", "REJECTED"}


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    """Draw numbers with at most so many decimals."""
    return st.decimals(D(low), D(high), places=places)


@settings(max_examples=150, deadline=None)
@given(
    market=st.sampled_from(sorted(BY_NAME)),
    side=st.sampled_from(["BUY", "SELL"]),
    qty=decimals("0.00001", "5000", 8),
    price=decimals("0.01", "150000", 6),
    fee=decimals("0", "0.01", 7),
    builder=st.none() | decimals("0.00001", "0.01", 6),
    nonce=st.integers(1, 2**32 - 1),
    expires_s=st.floats(1, 28 * 86400),
)
def test_any_order_signed_by_the_sdk_is_verified(
    market: str, side: str, qty: Decimal, price: Decimal, fee: Decimal, builder: Decimal | None, nonce: int,
    expires_s: float,
) -> None:  # fmt: skip
    """From the JSON alone the very hash is found that x10 signed, which is also the id it gives the order."""
    sent = SIGNER.order(
        side,
        market=market,
        qty=qty,
        price=price,
        taker_fee=fee,
        builder_fee=builder,
        nonce=nonce,
        expires_s=expires_s,
    )
    form, keys = read_form(SIGNER.request("POST", "user/order", sent).body), SIGNER.front.keys
    message = order_hash(form, BY_NAME[market], TESTNET, keys.public_key, keys.vault)
    assert str(message) == sent["id"]
    assert form.settlement is not None
    assert is_signed_by(keys.public_key, message, form.settlement.signature)
    assert not is_signed_by(keys.public_key, message + 1, form.settlement.signature)


@given(first=st.integers(0, 10**9), later=st.integers(10**6, 10**9), number=st.integers(0, 10**9))
def test_ids_grow_with_time(first: int, later: int, number: int) -> None:
    """What came a millisecond later has the larger id, whatever its number."""
    assert snowflake(START_NS + first, number) < snowflake(START_NS + first + later, 0)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["rest", "inside", "take", "edit", "cancel", "sweep", "wait"]),
        st.sampled_from(["BUY", "SELL"]),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=15,
)


def act(scene: Scene, action: str, side: str, draw: int) -> None:
    """Do one thing, and let a drawn time pass: some messages cross each other."""
    opened = [order for order in scene.get("user/orders") if order["status"] in {"NEW", "PARTIALLY_FILLED"}]
    qty, one = f"{'0.00' if draw % 3 else '0.'}{1 + draw % 9}", opened[draw % len(opened)] if opened else None
    if action == "rest":
        scene.place(side, away=draw % 30, qty=qty)
    elif action == "inside":
        scene.place(side, away=-(draw % 4), qty=qty, post_only=bool(draw % 2), expires_s=1 + draw % 5)
    elif action == "take":
        scene.place(side, away=-300, qty=qty, post_only=False, time_in_force=TimeInForce.IOC)
    elif action == "edit" and one is not None:
        scene.place(one["side"], away=draw % 20 - 2, qty=qty, previous_order_external_id=one["externalId"])
    elif action == "cancel" and one is not None:
        scene.ask("DELETE", f"user/order/{one['id']}")
    elif action == "sweep":
        scene.ask("POST", "user/order/massCancel", {"markets": ["BTC-USD"]})
    scene.wait((draw % 2000) / 1000 if action == "wait" else (draw % 30) / 1000)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), actions=ACTIONS)
def test_stream_and_rest_tell_one_story(seed: int, actions: list[tuple[str, str, int]]) -> None:
    """Order by order the stream ends where REST stands; fills, positions and money follow from the trades."""
    scene = Scene(seed=seed, activity=5, deposit=DEPOSIT)
    wire = scene.stream("v1/account")
    for action in actions:
        act(scene, *action)
    scene.wait()
    scene.ask("POST", "user/order/massCancel", {"cancelAll": True})
    scene.wait()
    assert [frame["seq"] for frame in wire.frames] == list(range(1, len(wire.frames) + 1))
    orders, trades = _told(wire.frames, "orders"), _told(wire.frames, "trades")
    _check_orders(scene, orders, trades)
    held = sum((D(trade["qty"]) * (1 if trade["side"] == "BUY" else -1) for trade in trades), D(0))
    positions = {row["market"]: row for row in scene.get("user/positions")}
    told = positions.get("BTC-USD", {"size": "0", "side": "LONG"})
    assert held == D(told["size"]) * (1 if told["side"] == "LONG" else -1)
    history = scene.get("user/positions/history")
    realised = sum((D(row["realisedPnl"]) for row in history), D(0))
    assert abs(D(scene.get("user/balance")["balance"]) - DEPOSIT - realised) < D("1e-15")
    assert [row["id"] for row in scene.get("user/trades?limit=10000")] == [row["id"] for row in reversed(trades)]


def _told(frames: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [row for frame in frames for row in frame["data"].get(kind, ())]


def _check_orders(scene: Scene, orders: list[dict[str, Any]], trades: list[dict[str, Any]]) -> None:
    stories: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for order in orders:
        stories[order["id"]].append(order)
    for order_id, story in stories.items():
        now = scene.get(f"user/orders/{order_id}")
        filled = [D(order["filledQty"]) for order in story]
        mine = [trade for trade in trades if trade["orderId"] == order_id]
        assert story[-1] | {"updatedTime": 0} == now | {"updatedTime": 0}
        assert filled == sorted(filled)
        assert sum((D(trade["qty"]) for trade in mine), D(0)) == D(now["filledQty"])
        assert sum((D(trade["fee"]) for trade in mine), D(0)) == D(now["payedFee"])
        assert [order["status"] in OVER for order in story] == [False] * (len(story) - 1) + [True]
    assert scene.get("user/orders") == []
