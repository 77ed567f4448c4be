"""Quotes leave a market whose book cannot be trusted, if the strategy says so in advance."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from worlds import START_NS, S, ScriptedStrategy, ScriptParams, TapeWriter, World, limit, make_world, place

from exchanges.venue_session import VenueSession
from helpers.enums import Side
from helpers.models import MarketData
from simulation.tape import MemoryTape
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig, StrategyResult, Wake

BID, ASK = limit("bid", Side.BUY, "99.9", "0.2"), limit("ask", Side.SELL, "100.2", "0.2")
EXIT = limit("exit", Side.SELL, "100.5", "0.1", reduce_only=True)


class Quoter(ScriptedStrategy):
    """Rests a bid and an ask once, sleeps as deep as it can, and does not trust a book for longer than 2 s."""

    patience_ns: int | None = 2 * S

    def withdraw_after_ns(self) -> int | None:
        return self.patience_ns


class Trusting(Quoter):
    """The same, without fear."""

    patience_ns = None


def once(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
    """Quote both sides and a close of what was bought by hand, at the first step."""
    del data
    return place(BID, ASK) if len(strategy.seen) == 1 else None


async def quoting(
    clock: VirtualClock,
    folder: Path,
    tape: MemoryTape,
    kind: type[Quoter],
    seconds: float,
    *,
    script: Any = once,
    **more: Any,
) -> World:
    """Run a quoter over a tape."""

    def build(sessions: list[VenueSession]) -> Quoter:
        strategy = kind(StrategyConfig("BTC", Decimal("0.2"), ScriptParams(), random.Random(1)), *sessions)
        strategy.script = script
        strategy.wake = Wake(book=False, balances=False)
        return strategy

    world = await make_world(clock, folder, tape, build, duration_s=seconds, **more)
    await world.bot.run()
    return world


def cancelled(world: World) -> list[str]:
    """Give the lines that tell of a withdrawal."""
    return [line for line in world.lines.texts("health") if "cancelled" in line]


BROKEN: dict[str, tuple[Callable[[TapeWriter], object], str]] = {
    "one side": (lambda tape: tape.quote(5, 0, 1001, 0), "the book has one side only"),
    "crossed": (lambda tape: tape.quote(5, 1003, 1001), "the book is locked or crossed"),
    "empty": (lambda tape: tape.quote(5, 0, 0, 0, 0), "the book has one side only"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_quotes_go_when_the_book_is_broken_for_long(name: str, tmp_path: Path) -> None:
    """After exactly the patience both quotes are cancelled, although the strategy sleeps through every quote."""
    breaks, trouble = BROKEN[name]
    writer = TapeWriter()
    breaks(writer)
    tape = writer.quote(60, 1000, 1001).tape()

    async def main(clock: VirtualClock) -> None:
        world = await quoting(clock, tmp_path, tape, Quoter, 30)
        assert cancelled(world) == [f"paper: {trouble}: cancelled bid, ask"]
        (line,) = [line for line in world.lines.lines if "cancelled bid" in line.text]
        assert line.time_ns == START_NS + 7 * S
        assert {order.intent for order in world.strategy.closed} == {"bid", "ask"}

    run_virtual(main, start_ns=START_NS)


def test_a_short_break_is_borne(tmp_path: Path) -> None:
    """A book that is whole again before the patience ends costs no quote, and the next break counts anew."""
    writer = TapeWriter()
    for second in (5, 8, 11):
        writer.quote(second, 0, 1001, 0).quote(second + 1.9, 1000, 1001)
    tape = writer.quote(60, 1000, 1001).tape()

    async def main(clock: VirtualClock) -> None:
        world = await quoting(clock, tmp_path, tape, Quoter, 30)
        assert cancelled(world) == []

    run_virtual(main, start_ns=START_NS)


def test_a_strategy_that_says_nothing_keeps_its_orders(tmp_path: Path) -> None:
    """Without a patience nothing is cancelled, however long the book is broken."""
    tape = TapeWriter().quote(5, 0, 1001, 0).quote(60, 1000, 1001).tape()

    async def main(clock: VirtualClock) -> None:
        world = await quoting(clock, tmp_path, tape, Trusting, 30)
        assert cancelled(world) == []

    run_virtual(main, start_ns=START_NS)


def test_a_silent_book_counts_as_broken(tmp_path: Path) -> None:
    """When nothing was heard for max_data_age, the patience begins: quotes are gone right after both."""
    tape = TapeWriter().quote(3, 1000, 1001, 50).quote(90, 1000, 1001).tape()

    async def main(clock: VirtualClock) -> None:
        world = await quoting(clock, tmp_path, tape, Quoter, 40, max_data_age_ns=10 * S)
        assert cancelled(world) == ["paper: the book is 12 s old: cancelled bid, ask"]
        (line,) = [line for line in world.lines.lines if "cancelled bid" in line.text]
        assert START_NS + 15 * S <= line.time_ns < START_NS + 15 * S + 10_000_000

    run_virtual(main, start_ns=START_NS)


def test_what_only_reduces_stays(tmp_path: Path) -> None:
    """Quotes go, the close of the position stays where it is."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        if len(strategy.seen) == 1:
            return place(limit("now", Side.BUY, "100.1", "0.1"))
        if data.order("exit") is None and data.position is not None and data.position.quantity:
            return place(BID, EXIT)
        return None

    tape = TapeWriter().quote(1, 1000, 1001).quote(5, 0, 1001, 0).quote(60, 1000, 1001).tape()

    async def main(clock: VirtualClock) -> None:
        world = await quoting(clock, tmp_path, tape, Quoter, 30, script=script)
        assert cancelled(world) == ["paper: the book has one side only: cancelled bid"]

    run_virtual(main, start_ns=START_NS)
