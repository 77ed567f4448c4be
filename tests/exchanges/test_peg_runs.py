"""Whole runs with pegged orders on a venue that cannot follow: where they stand, what they fill, how it ends."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import lives
import pytest
from peg_scenes import PlainClient, ReplacingClient, by_itself, leaving_it_to_the_bot
from worlds import MS, NO_DELAY, START_NS, TEN_MS, D, S, World, make_venue, make_world, walk_tape, with_market

from exchanges.paper import PaperClient
from helpers.decisions import OnStop, Peg, PegReference
from helpers.enums import Side
from helpers.journal_reader import JournalReader
from helpers.pegging import peg_price
from helpers.risk_limits import RiskLimits
from simulation.profile import Latency, VenueProfile
from simulation.virtual_loop import VirtualClock, run_virtual

R = PegReference
ROWS = 1_000
STEP_S = 0.25
SLOW = VenueProfile(
    order_entry=Latency(base_ns=150 * MS, jitter_ns=300 * MS), response=Latency(base_ns=100 * MS, jitter_ns=300 * MS)
)
"""Slower than the market: it moves on while amends are under way, and some come too late."""
MARKET = with_market(min_notional=D(1))
NO_LIMITS = RiskLimits(kill_switch=None, max_leverage=None, max_position_notional=None, max_drawdown=None)
BOTH_SIDES = {"buy": (Side.BUY, Peg()), "sell": (Side.SELL, Peg())}
SEVERAL = {
    "behind": (Side.BUY, Peg(offset=D("0.13"))),
    "mid": (Side.SELL, Peg(reference=R.MID, offset=D("0.05"))),
    "inside": (Side.BUY, Peg(reference=R.OPPOSITE, offset=D("0.1"), limit=D("10000.05"))),
    "bounded": (Side.SELL, Peg(limit=D("9999.97"))),
}
RUNS = {
    "no delay, both sides": (NO_DELAY, BOTH_SIDES),
    "no delay, several": (NO_DELAY, SEVERAL),
    "ten ms, both sides": (TEN_MS, BOTH_SIDES),
    "ten ms, several": (TEN_MS, SEVERAL),
    # A strategy does not hear that an amend was refused, so it tries again at any news of another order.
    "slow, a buy": (SLOW, {"buy": BOTH_SIDES["buy"]}),
    "slow, a sell": (SLOW, {"mid": SEVERAL["mid"]}),
}


def trades(world: World) -> list[tuple[Any, ...]]:
    """Give what a run filled, with times."""
    account = world.venue.core.accounts["tester"]
    return [(fill.time_ns, fill.side, fill.price, fill.quantity, fill.liquidity) for fill in account.fills]


def whole_run(build: Any, seed: int, profile: VenueProfile, client: type[PaperClient] = PlainClient) -> World:
    """Run a bot over a whole tape and give its world."""

    async def main(clock: VirtualClock) -> World:
        with tempfile.TemporaryDirectory() as folder:
            tape = walk_tape(seed, ROWS, step_s=STEP_S)
            world = await make_world(
                clock,
                Path(folder),
                tape,
                build,
                profile=profile,
                market=MARKET,
                limits=NO_LIMITS,
                client_class=client,
            )
            await world.bot.run()
            return world

    return run_virtual(main, start_ns=START_NS)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("seed", range(2))
def test_it_fills_as_a_strategy_that_amends_by_itself(seed: int, run: str) -> None:
    """Left to the bot or amended by the strategy at each move: the same fills at the same nanoseconds."""
    profile, pegs = RUNS[run]
    followed = whole_run(leaving_it_to_the_bot(pegs), seed, profile)
    amended = whole_run(by_itself(pegs), seed, profile)
    assert trades(followed) == trades(amended)
    assert len(trades(followed)) > 20
    assert followed.bot.steps < amended.bot.steps


@pytest.mark.parametrize("pegs", [BOTH_SIDES, SEVERAL], ids=["both sides", "several"])
@pytest.mark.parametrize("delay_ms", [(0, 0), (10, 10), (60, 40)], ids=str)
def test_the_venue_follows_as_the_bot_does(delay_ms: tuple[int, int], pegs: dict[str, tuple[Side, Peg]]) -> None:
    """Where no quote comes while an order is on its way: the same fills, whoever follows."""
    entry, response = (Latency(base_ns=part * MS) for part in delay_ms)
    profile = VenueProfile(order_entry=entry, response=response)
    by_the_bot = whole_run(leaving_it_to_the_bot(pegs), 0, profile)
    by_the_venue = whole_run(leaving_it_to_the_bot(pegs), 0, profile, PaperClient)
    assert trades(by_the_bot) == trades(by_the_venue)


def stray(world: World, pegs: dict[str, tuple[Side, Peg]]) -> list[str]:
    """List the pegged orders that are not where they should be, by our books or the venue's."""
    market, account = world.venue.core.market("BTC"), world.venue.core.accounts["tester"]
    bbo, orders = market.bbo(), {order.client_order_id: order for order in world.session.tracker.live()}
    assert bbo is not None
    wrong = []
    for resting in account.resting("BTC"):
        order = orders[resting.client_order_id]
        side, peg = pegs[order.intent]
        wanted = peg_price(peg, side, bbo.bid, bbo.ask, D("0.1"))
        at_venue = account.known[order.client_order_id].price
        if (order.price, at_venue) != (wanted, wanted):
            wrong.append(f"{order.intent} at {order.price} ({at_venue}) instead of {wanted}")
    return wrong


@pytest.mark.parametrize("client", [PlainClient, ReplacingClient])
@pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS])
@pytest.mark.parametrize("seed", range(2))
def test_at_every_quiet_moment_it_stands_right(seed: int, profile: VenueProfile, client: type[PlainClient]) -> None:
    """When nothing is on its way any more, every order is at its peg's price, at the venue as in our books."""

    async def main(clock: VirtualClock) -> int:
        with tempfile.TemporaryDirectory() as folder:
            tape = walk_tape(seed, ROWS, step_s=STEP_S)
            world = await make_world(
                clock,
                Path(folder),
                tape,
                leaving_it_to_the_bot(BOTH_SIDES),
                profile=profile,
                market=MARKET,
                client_class=client,
            )
            run = asyncio.create_task(world.bot.run())
            await clock.sleep(STEP_S * 0.9)
            for _ in range(ROWS - 10):
                assert stray(world, BOTH_SIDES) == []
                await clock.sleep(STEP_S)
            await run
            assert world.bot.stopped_because == "the recording is over"
            return len(trades(world))

    assert run_virtual(main, start_ns=START_NS) > 20


@pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS])
def test_nothing_is_sent_after_the_stop(profile: VenueProfile) -> None:
    """Orders that are kept at the stop stay where they are: nobody follows any more."""

    async def main(clock: VirtualClock) -> None:
        with tempfile.TemporaryDirectory() as folder:
            world = await make_world(
                clock,
                Path(folder),
                walk_tape(1, ROWS, step_s=STEP_S),
                leaving_it_to_the_bot(BOTH_SIDES),
                profile=profile,
                market=MARKET,
                client_class=PlainClient,
                on_stop=OnStop.KEEP,
                duration_s=100,
            )
            await world.bot.run()
            sent = list(world.client.sent)  # type: ignore[attr-defined]  # a PlainClient's
            assert sent
            assert all(at_ns <= START_NS + 100 * S for at_ns, _ in sent)
            assert world.venue.core.accounts["tester"].live
            await clock.sleep(100)
            assert world.client.sent == sent  # type: ignore[attr-defined]  # a PlainClient's

    run_virtual(main, start_ns=START_NS)


@pytest.mark.parametrize("seed", range(5))
def test_a_restart_goes_on_following(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at any instant: the next bot takes the pegged orders over and keeps them at their prices."""
    monkeypatch.setattr(lives, "PaperClient", PlainClient)
    build = leaving_it_to_the_bot(BOTH_SIDES)

    async def main(clock: VirtualClock) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder, venue = Path(name), make_venue(walk_tape(seed, ROWS, step_s=STEP_S), TEN_MS, MARKET)
            clock.attach(venue)
            first = await lives.live(clock, folder, venue, "life1", build)
            run = asyncio.create_task(first.bot.run())
            await clock.sleep(20 + seed * 0.057)
            left = set(venue.core.accounts[lives.ACCOUNT].live)
            await first.die(run)
            await clock.sleep(seed % 3 * 0.7)
            left &= set(venue.core.accounts[lives.ACCOUNT].live)
            second = await lives.live(clock, folder, venue, "life2", build)
            run = asyncio.create_task(second.bot.run())
            world = World(venue, second.client, second.session, second.bot, second.lines, second.journal)
            await clock.sleep(START_NS / S + 25.2 - clock.now_ns() / S)
            for _ in range(100):
                assert stray(world, BOTH_SIDES) == []
                await clock.sleep(STEP_S)
            second.journal.flush()
            with JournalReader(folder / "life2") as journal:
                written = {order.client_order_id: order.peg for order in journal.orders()}
            assert left <= set(written)
            assert set(written.values()) == {Peg()}
            await second.die(run)

    run_virtual(main, start_ns=START_NS)
