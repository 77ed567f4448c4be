"""The strategy that follows the touch, on the simulated venue."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from pathlib import Path

from worlds import NO_DELAY, START_NS, S, TapeWriter, make_world, walk_tape

from benchmarks.touch_maker import TouchMaker
from exchanges.venue_session import VenueSession
from helpers.enums import OrderStatus, Side
from helpers.params import Params
from helpers.risk_limits import RiskLimits
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig


def build(sessions: list[VenueSession]) -> TouchMaker:
    """Make the strategy."""
    config = StrategyConfig(ticker="BTC", quantity=Decimal("0.06"), params=Params(), random=random.Random(1))
    return TouchMaker(config, *sessions)


def test_both_quotes_follow_the_touch(tmp_path: Path) -> None:
    """One order a side rests at the touch after each move, and only there."""
    writer = TapeWriter(2000, 2001)
    for second, bid in ((5, 2002), (10, 1999), (15, 1999), (20, 2003)):
        writer.quote(second, bid, bid + 1)
    writer.quote(30, 2003, 2004)
    seen: list[list[tuple[Side, Decimal | None]]] = []

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock, tmp_path, writer.tape(), build, profile=NO_DELAY, limits=RiskLimits(kill_switch=None), duration_s=24
        )

        async def look() -> None:
            for second in (2, 7, 12, 17, 22):
                await clock.sleep(second - (clock.now_ns() - START_NS) / S)
                live = world.session.tracker.live()
                assert all(order.status is OrderStatus.OPEN for order in live)
                seen.append([(order.side, order.price) for order in live])

        looking = asyncio.create_task(look())
        await world.bot.run()
        await looking

    run_virtual(main, start_ns=START_NS)
    tick = Decimal("0.1")
    # Falling from 2002 to 1999 fills the bid on its way, and the next step quotes it again.
    wanted = [{(Side.BUY, bid * tick), (Side.SELL, (bid + 1) * tick)} for bid in (2000, 2002, 1999, 1999, 2003)]
    assert [set(orders) for orders in seen] == wanted
    assert all(len(orders) == 2 for orders in seen)


def test_it_trades_on_a_random_walk_and_repeats(tmp_path: Path) -> None:
    """On `paper` it fills on both sides, and the same seed decides the same."""

    def run(folder: str) -> tuple[int, str, int]:
        async def main(clock: VirtualClock) -> tuple[int, str, int]:
            limits = RiskLimits(kill_switch=None)
            world = await make_world(
                clock, tmp_path / folder, walk_tape(3, rows=600), build, limits=limits, duration_s=140
            )
            await world.bot.run()
            sides = {fill.side for fill in await world.client.fetch_fills("BTC", 0)}
            return world.bot.recorder.fills, world.bot.recorder.trace.hexdigest(), len(sides)

        return run_virtual(main, start_ns=START_NS)

    first = run("first")
    assert first[0] > 20
    assert first[2] == 2
    assert run("second") == first
