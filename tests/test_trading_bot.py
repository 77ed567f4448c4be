"""The bot: steps, stops, refusals, news; on a scripted strategy and a small tape."""

from __future__ import annotations

from pathlib import Path

from worlds import START_NS, ScriptedStrategy, TapeWriter, limit, make_world, place, scripted

from helpers.decisions import StrategyResult
from helpers.models import MarketData, Side
from simulation.virtual_loop import VirtualClock, run_virtual


def test_an_order_fills_and_the_strategy_hears_of_it(tmp_path: Path) -> None:
    """A resting buy that the market comes to is filled, booked and told to the strategy before its next step."""
    tape = TapeWriter(620_000, 620_001).quote(5, 619_990, 619_991).quote(10, 620_000, 620_001).tape()

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        if data.orders or strategy.fills:
            return None
        return place(limit("entry", Side.BUY, "61999.5"))

    async def main(clock: VirtualClock) -> None:
        world = await make_world(clock, tmp_path, tape, scripted(script), duration_s=20)
        await world.bot.run()
        ((order, fill),) = world.strategy.fills
        assert (order.intent, str(fill.price), str(fill.quantity)) == ("entry", "61999.5", "0.001")
        assert world.session.beliefs.position is not None
        assert str(world.session.beliefs.position.quantity) == "0.001"

    run_virtual(main, start_ns=START_NS)
