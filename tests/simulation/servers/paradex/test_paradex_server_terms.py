"""Rate limits, the state of the system, the .env lines: the terms of the simulated Paradex."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paradex_server_scenes import BTC, Scene, played
from worlds import START_NS, S

from simulation.servers.paradex.accounts import address_of, public_key
from simulation.servers.paradex.errors import ApiRefusal
from simulation.servers.paradex.front import ParadexFront
from simulation.servers.paradex.rate_limits import CallKind, RateLimits, TokenBucket
from simulation.servers.paradex.terms import ParadexTerms, StateWindow, SystemStatus
from simulation.servers.world import ServerOptions


def at(text: str) -> int:
    """Give a time of UTC, ns."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * S


@pytest.mark.parametrize(
    ("time", "status"),
    [
        ("2026-01-05T04:29:59", SystemStatus.OK),
        ("2026-01-05T04:30:00", SystemStatus.MAINTENANCE),
        ("2026-01-05T04:41:00", SystemStatus.CANCEL_ONLY),
        ("2026-01-05T04:43:00", SystemStatus.POST_ONLY),
        ("2026-01-05T04:45:00", SystemStatus.OK),
        ("2026-01-09T04:30:00", SystemStatus.MAINTENANCE),
        ("2026-01-10T04:30:00", SystemStatus.OK),
        ("2026-01-11T04:30:00", SystemStatus.OK),
    ],
)
def test_maintenance_is_on_weekdays_at_half_past_four(time: str, status: SystemStatus) -> None:
    """Monday to Friday, with cancel-only and post-only at its end; and never where it is not wanted."""
    assert ParadexTerms(has_weekday_maintenance=True).status_at(at(time)) is status
    assert ParadexTerms().status_at(at(time)) is SystemStatus.OK


def windows(*states: SystemStatus) -> ParadexTerms:
    """Give terms with one state after the other, ten seconds each, from second 10 on."""
    return ParadexTerms(
        windows=tuple(
            StateWindow(start_ns=START_NS + 10 * n * S, end_ns=START_NS + 10 * (n + 1) * S, status=status)
            for n, status in enumerate(states, 1)
        )
    )


@played(windows(SystemStatus.CANCEL_ONLY, SystemStatus.MAINTENANCE))
async def test_a_venue_that_only_cancels_takes_no_orders(scene: Scene) -> None:
    """Orders and changes are refused by name, cancels work; under maintenance nothing does: 503."""
    order = await scene.place()
    await scene.settle(10)
    assert await scene.get("/system/state") == {"status": "cancel_only"}
    assert await scene.refused("POST", "/orders", scene.order()) == "SYSTEM_STATUS_CANCEL_ONLY"
    change = scene.order(id=order["id"])
    assert await scene.refused("PUT", f"/orders/{order['id']}", change) == "SYSTEM_STATUS_CANCEL_ONLY"
    assert (await scene.ask("DELETE", f"/orders/{order['id']}")).status == 204
    await scene.settle(10)
    reply = await scene.ask("DELETE", "/orders")
    assert (reply.status, reply.body["error"]) == (503, "SERVICE_UNAVAILABLE")
    assert (await scene.ask("GET", "/account")).status == 200


@played(windows(SystemStatus.POST_ONLY))
async def test_a_venue_that_is_post_only_wants_prices_near_the_mark(scene: Scene) -> None:
    """Others are SYSTEM_STATUS_POST_ONLY; a price 5 bps from the mark at most may come in."""
    await scene.settle(11)
    bid, _ = await scene.best()
    assert await scene.refused("POST", "/orders", scene.order()) == "SYSTEM_STATUS_POST_ONLY"
    far = scene.order(price=str(bid - 100), instruction="POST_ONLY")
    assert await scene.refused("POST", "/orders", far) == "VALIDATION_ERROR"
    near = scene.order(price=str(bid - 1), instruction="POST_ONLY")
    assert (await scene.ask("POST", "/orders", near)).status == 201


@played()
async def test_answers_tell_of_the_limit(scene: Scene) -> None:
    """x-ratelimit-*: the limit that is nearest, what remains of it, when it is full, its window."""
    reply = await scene.ask("GET", "/account")
    assert (reply.headers["x-ratelimit-limit"], reply.headers["x-ratelimit-window"]) == ("120", "1")
    assert reply.headers["x-ratelimit-remaining"] == "119"
    assert int(reply.headers["x-ratelimit-reset"]) == scene.clock.now_ns() // S + 1
    reply = await scene.ask("POST", "/orders", scene.order())
    assert reply.headers["x-ratelimit-limit"] in {"800", "1500"}
    refused = await scene.ask("GET", "/orders/5")
    assert (refused.status, "x-ratelimit-remaining" in refused.headers) == (400, True)


@played()
async def test_too_many_reads_are_throttled_and_forgiven_bit_by_bit(scene: Scene) -> None:
    """After 120 at once the next is 429; a hundred milliseconds later one more may be made."""
    limits, now = scene.front._limits, scene.front.venue.core.now_ns
    for _ in range(120):
        limits.call(CallKind.READ, "10.0.0.1", scene.address, now)
    reply = await scene.ask("GET", "/account")
    assert (reply.status, reply.body) == (429, {"message": "rate limit exceeded"})
    assert reply.headers["x-ratelimit-remaining"] == "0"
    await scene.settle(0.1)
    assert (await scene.ask("GET", "/account")).status == 200


@played(logs_in=False)
async def test_logins_have_a_limit_of_their_own(scene: Scene) -> None:
    """600 a minute from one address, beside the 1500 of everything else."""
    limits, now = scene.front._limits, scene.front.venue.core.now_ns
    for _ in range(600):
        limits.call(CallKind.LOGIN, "127.0.0.1", "", now)
    assert (await scene.log_in()).status == 429
    assert (await scene.ask("GET", f"/bbo/{BTC}")).status == 200


def test_one_address_makes_1500_calls_a_minute() -> None:
    """Whatever they are and whoever makes them; another address is not concerned."""
    limits = RateLimits()
    for number in range(1500):
        limits.call(CallKind.PUBLIC if number % 2 else CallKind.ORDER, "1.1.1.1", str(number), 0)
    with pytest.raises(ApiRefusal):
        limits.call(CallKind.PUBLIC, "1.1.1.1", "", 0)
    assert limits.call(CallKind.PUBLIC, "2.2.2.2", "", 0)["x-ratelimit-remaining"] == "1499"
    assert limits.call(CallKind.PUBLIC, "", "", 0) == {}


def test_people_may_send_few_orders() -> None:
    """Three a second and thirty a minute."""
    limits, sent = RateLimits(), 0
    for tick in range(600):
        try:
            limits.call(CallKind.INTERACTIVE_ORDER, "", "0x1", tick * S // 10)
        except ApiRefusal:
            continue
        sent += 1
    assert 30 <= sent <= 60


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=400), max_size=200))
def test_a_bucket_never_gives_more_than_its_rate_and_its_size(gaps_ms: list[int]) -> None:
    """In any time it gives at most its size plus what flows in, and it never holds more than its size."""
    bucket, now, taken = TokenBucket((10, 1), 0), 0, 0
    for gap in gaps_ms:
        now += gap * 1_000_000
        bucket.fill(now)
        assert 0 <= bucket.remaining <= 10
        if bucket.remaining:
            bucket.take()
            taken += 1
        assert taken <= 10 + now / S * 10 + 1e-6
        assert bucket.full_ns >= now


def test_the_env_lines_are_what_a_client_needs() -> None:
    """Network, both addresses of the venue, and a key from which the account's address follows."""
    front = ParadexFront(ServerOptions(start_ns=START_NS, seed=3))
    lines = dict(line.split("=", 1) for line in front.env_lines("http://h:1", "ws://h:1"))
    assert lines["PARADEX_ENVIRONMENT"] == "testnet"
    assert lines["PARADEX_L2_ADDRESS"] == front.account_id
    assert lines["PARADEX_URL"] == "http://h:1/v1"
    assert lines["PARADEX_STREAM_URL"] == "ws://h:1/v1/ws"
    assert address_of(public_key(int(lines["PARADEX_L2_PRIVATE_KEY"], 16))) == front.account_id
    assert len(lines["PARADEX_L1_ADDRESS"]) == 42


@played()
async def test_two_runs_of_one_seed_are_the_same(scene: Scene) -> None:
    """Everything but the signatures repeats: ids, prices, times."""
    await scene.place("BUY", "0.01", None)
    told = (await scene.get("/orders-history"))["results"][0]
    _RUNS.append((told["id"], told["avg_fill_price"], told["last_updated_at"]))


_RUNS: list[tuple[str, str, int]] = []


def test_runs_repeat() -> None:
    """The same scene played twice leaves the same traces."""
    _RUNS.clear()
    test_two_runs_of_one_seed_are_the_same()
    test_two_runs_of_one_seed_are_the_same()
    assert _RUNS[0] == _RUNS[1]
