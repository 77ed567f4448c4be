"""Calls that are none, rate limits, quota, and the front as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from lighter_server_scenes import BTC, Scene
from worlds import START_NS

from simulation.servers.lighter.front import LighterFront
from simulation.servers.lighter.options import LighterOptions, Tier
from simulation.servers.lighter.transactions import TxType
from simulation.servers.world import ServerOptions


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/elsewhere", 404),
        ("GET", "/api/v1/sendTx", 405),
        ("POST", "/api/v1/account", 405),
    ],
)
def test_calls_that_are_none(method: str, path: str, status: int) -> None:
    """Unknown paths are 404, the wrong method 405, each with a body."""
    answer = Scene().ask(method, path, {})
    assert answer == (status, {"code": status, "message": answer[1]["message"]})


@pytest.mark.parametrize("parameters", [{}, {"account_index": "x"}, {"account_index": "9" * 20, "api_key_index": 5}])
def test_parameters_that_are_none(parameters: dict[str, Any]) -> None:
    """Missing, no number, or more than 64 bits: 20001 with the name."""
    status, body = Scene().get("nextNonce", **parameters)
    assert (status, body) == (400, {"code": 20001, "message": "invalid param: account_index"})


def test_reads_are_weighed() -> None:
    """A premium account has 24,000 a minute: eighty reads of 300, then 429 until the minute is over."""
    scene = Scene()
    for _ in range(80):
        assert scene.get("orderBooks")[0] == 200
    assert scene.get("orderBooks") == (429, {"code": 23000, "message": "Too Many Requests!"})
    assert scene.send(TxType.CREATE_ORDER, **scene.order_fields())[0] == 200
    scene.wait(61)
    assert scene.get("orderBooks")[0] == 200


def test_a_standard_account_has_sixty_requests() -> None:
    """Transactions count with them; heavy calls are fewer still."""
    scene = Scene(tier=Tier.STANDARD)
    for _ in range(30):
        scene.get("orderBooks")
        assert scene.send(TxType.CREATE_ORDER, **scene.order_fields())[0] == 200
    assert scene.get("orderBooks")[0] == 429
    assert scene.send(TxType.CREATE_ORDER, **scene.order_fields())[0] == 429
    heavy = Scene(tier=Tier.STANDARD)
    answers = [heavy.get("recentTrades", market_id=BTC, limit=1)[0] for _ in range(41)]
    assert answers == [200] * 40 + [429]


def test_transactions_have_a_bucket_of_their_own() -> None:
    """As many a minute as granted, then 429, without any read being lost."""
    scene = Scene(sends_per_minute=3)
    answers = [scene.send(TxType.CREATE_ORDER, **scene.order_fields())[0] for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert scene.get("orderBooks")[0] == 200


def test_quota_is_used_and_earned() -> None:
    """Orders use one each, cancels none; with none left one in 15 s is free; trading brings some back."""
    scene = Scene(volume_quota=1)
    order = scene.place()
    assert scene.send(TxType.CANCEL_ORDER, MarketIndex=BTC, Index=order.index)[1]["volume_quota_remaining"] == 0
    free = scene.send(TxType.CREATE_ORDER, **scene.order_fields(Price=scene.ticks(1.01)))
    assert "didn't use" in free[1]["message"]
    status, body = scene.send(TxType.CREATE_ORDER, **scene.order_fields())
    assert (status, body["code"]) == (429, 23003)
    scene.wait(0.5)
    earned = int(scene.trading.trades.volume / 10)
    assert earned > 10
    assert scene.send(TxType.CREATE_ORDER, **scene.order_fields())[1]["volume_quota_remaining"] == earned - 1


def test_plain_options_mean_a_premium_account() -> None:
    """The account is on the venue, and its lines hold what a client needs."""
    front = LighterFront(ServerOptions(start_ns=START_NS, seed=3))
    assert front.terms.tier is Tier.PREMIUM
    assert front.account_id in front.venue.core.accounts
    lines = dict(line.split("=", 1) for line in front.env_lines("http://h:1", "ws://h:1"))
    assert lines["LIGHTER_URL"] == "http://h:1"
    assert lines["LIGHTER_ACCOUNT_INDEX"] == front.account_id
    assert len(lines["LIGHTER_API_KEY_PRIVATE_KEY"]) == 80
    again = LighterFront(ServerOptions(start_ns=START_NS, seed=3))
    assert list(again.env_lines("", "")) == list(front.env_lines("", ""))
    assert LighterFront(ServerOptions(start_ns=START_NS, seed=4)).identity.public_key != front.identity.public_key
    assert LighterFront(LighterOptions(start_ns=START_NS, account_index=65)).account_id == "65"
