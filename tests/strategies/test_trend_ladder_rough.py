"""Rough going, in whole runs: bad books, a hand in the account, a venue that keeps its orders to itself."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trend_ladder_scenes import DIRECTIONS
from worlds import START_NS, TEN_MS, S, TapeWriter, World, context, make_world, walk_tape

from exchanges.paper import PaperClient
from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop, OrderParams
from helpers.enums import OrderType, Side
from helpers.journal_reader import JournalReader
from simulation.tape import MemoryTape
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig
from strategies.trend_ladder.params import TrendLadderParams
from strategies.trend_ladder.strategy import TrendLadderStrategy

D = Decimal
FAST: dict[str, Any] = {"take_profit_usd": "1.5", "wait_time": 4, "min_wait": 2, "max_wait": 8}


def ladder(sessions: list[VenueSession], **params: Any) -> TrendLadderStrategy:
    """Give a ladder that trades often."""
    options = TrendLadderParams(**{**FAST, **params})
    return TrendLadderStrategy(StrategyConfig("BTC", D("0.004"), options, random.Random(5)), *sessions)


def bad_tape(seed: int) -> MemoryTape:
    """Give a random walk whose book is one-sided, crossed, locked or silent now and then, for up to a minute."""
    rng, writer, bid, second = random.Random(seed), TapeWriter(100_000, 100_001, 50), 100_000, 0.0
    while second < 400:
        second += rng.choice([0.1, 0.3, 1.0, 1.0, 40.0 if rng.random() < 0.02 else 0.5])
        bid += rng.choice([-9, -3, -1, 0, 1, 3, 9])
        book = rng.choices(["good", "no ask", "no bid", "empty", "locked", "crossed"], [20, 1, 1, 1, 1, 1])[0]
        ask = {"no ask": 0, "empty": 0, "locked": bid, "crossed": bid - 2}.get(book, bid + rng.randint(1, 3))
        shown = 0 if book in {"no bid", "empty"} else bid
        writer.quote(second, shown, ask, rng.randint(1, 90), rng.randint(1, 90))
    return writer.tape()


def agree(world: World) -> None:
    """Check that take-profits and position agree but for what is on its way."""
    position = world.session.beliefs.valued_position()
    assert position is not None
    orders = world.session.tracker.live()
    resting = sum(order.remaining_quantity * -order.side.sign for order in orders if order.reduce_only)
    assert abs(position.quantity - resting) <= D("0.008")
    assert len(orders) <= 50


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL], ids=["long", "short"])
@pytest.mark.parametrize("seed", range(4))
def test_it_survives_every_kind_of_bad_book(seed: int, side: Side, tmp_path: Path) -> None:
    """Empty, one-sided, locked, crossed or silent: it trades on when the book is good again, and nothing is refused."""

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock, tmp_path, bad_tape(seed), lambda sessions: ladder(sessions, direction=DIRECTIONS[side]),
            profile=TEN_MS, duration_s=400, on_stop=OnStop.KEEP,
        )  # fmt: skip
        await world.bot.run()
        assert world.bot.status().fills > 4
        assert not world.lines.texts("refused")
        assert all("POST_ONLY" in text for text in world.lines.texts("rejected"))
        agree(world)

    run_virtual(main, start_ns=START_NS)


@pytest.mark.parametrize("seed", range(4))
def test_a_hand_in_the_account(seed: int, tmp_path: Path) -> None:
    """Somebody trades beside it: it notices at the next comparison, and ends with what is held covered."""

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock, tmp_path, walk_tape(seed, 3_000), lambda sessions: ladder(sessions, max_orders=8), profile=TEN_MS,
            on_stop=OnStop.KEEP,
        )  # fmt: skip
        life = asyncio.create_task(world.bot.run())
        hand = PaperClient(context(clock), world.venue, "tester")
        await hand.connect()
        chance = random.Random(seed)
        for number in range(4):
            await clock.sleep(chance.uniform(20, 60))
            side, quantity = chance.choice([Side.BUY, Side.SELL]), D(chance.randint(1, 6)) / 1000
            order = OrderParams(side=side, quantity=quantity, intent="", order_type=OrderType.MARKET)
            await hand.place_order("BTC", f"9{number}", order)
        await clock.sleep(200)
        world.bot.request_stop("enough")
        await life
        refused = world.lines.texts("refused")
        assert len(refused) <= 4  # between the hand's trade and the news of it
        agree(world)

    run_virtual(main, start_ns=START_NS)
    with JournalReader(tmp_path / "test") as journal:
        assert [decision for decision in journal.decisions() if "differs" in decision.message]


def test_orders_stay_when_the_person_says_so(tmp_path: Path) -> None:
    """With --on-stop keep the take-profits rest on after the stop; the ladder itself never stops."""

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock, tmp_path, walk_tape(3, 800), ladder, profile=TEN_MS, duration_s=120, on_stop=OnStop.KEEP
        )
        await world.bot.run()
        assert world.bot.stopped_because == "the duration is over"
        assert [order for order in world.session.tracker.live() if order.reduce_only]
        assert (clock.now_ns() - START_NS) // S == 120

    run_virtual(main, start_ns=START_NS)
