"""Whole runs of the maker through the bot: books that cannot be trusted, venues that cannot amend, a day of news."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from worlds import NO_DELAY, START_NS, TEN_MS, Lines, TapeWriter, make_world, walk_tape

from exchanges.paper import PaperClient
from helpers.enums import Capability, Side
from simulation.profile import VenueProfile
from simulation.tape import MemoryTape, RowKind
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import Order, StrategyConfig
from strategies.top_of_book_maker.params import TopOfBookMakerParams
from strategies.top_of_book_maker.strategy import TopOfBookMakerStrategy

D = Decimal


def trade(
    folder: Path, tape: MemoryTape, seconds: float, profile: VenueProfile = NO_DELAY, **options: Any
) -> tuple[Lines, tuple[Order, ...], Decimal]:
    """Run a maker without a fee; give what it said, what lived at the end, and the position."""
    ended: list[tuple[Lines, tuple[Order, ...], Decimal]] = []

    async def main(clock: VirtualClock) -> None:
        params = TopOfBookMakerParams(**{"maker_fee_rate": 0, **options})
        config = StrategyConfig("BTC", D("0.002"), params, random.Random(5))
        world = await make_world(
            clock, folder, tape, lambda sessions: TopOfBookMakerStrategy(config, *sessions),
            profile=profile, duration_s=seconds,
        )  # fmt: skip
        live: list[tuple[Order, ...]] = []
        leave = world.bot.venues.leave

        async def look_and_leave(*args: Any) -> Any:
            live.append(world.session.tracker.live())
            return await leave(*args)

        world.bot.venues.leave = look_and_leave  # type: ignore[method-assign]
        await world.bot.run()
        position = world.session.beliefs.position
        assert position is not None
        ended.append((world.lines, live[0], position.quantity))

    run_virtual(main, start_ns=START_NS)
    return ended[0]


BROKEN = {
    "one-sided": lambda tape, second: tape.quote(second, 100_000, 0, 100, 0),
    "empty": lambda tape, second: tape.quote(second, 0, 0, 0, 0),
    "crossed": lambda tape, second: tape.quote(second, 100_010, 100_000),
    "locked": lambda tape, second: tape.quote(second, 100_000, 100_000),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_book_that_cannot_be_trusted(name: str, tmp_path: Path) -> None:
    """While it lasts nothing is asked for, and a buy it leaves is withdrawn after book_patience; then it goes on."""
    tape = TapeWriter(100_000, 100_001)
    BROKEN[name](tape, 10)
    tape.quote(20, 99_990, 99_991).quote(30, 99_990, 99_992)
    lines, live, _ = trade(tmp_path, tape.tape(), 25, book_patience="2")
    decided = [((line.time_ns - START_NS) / 1e9, line.text) for line in lines.lines if line.kind == "place_order"]
    assert [second for second, _ in decided] == [0, 20]
    assert "buy 0.002 BTC at 9999: " in decided[1][1]
    assert [order.price for order in live if order.side is Side.BUY] == [D(9999)]


def test_patience_keeps_the_buy(tmp_path: Path) -> None:
    """A book that comes back within book_patience finds the buy where it was, and moves it."""
    tape = TapeWriter(100_000, 100_001).quote(10, 100_000, 0, 100, 0).quote(11, 100_005, 100_006)
    lines, live, _ = trade(tmp_path, tape.quote(30, 100_005, 100_007).tape(), 25, book_patience="2")
    assert "amended buy-1 to 10000.5: the book moved; no fee, so at the bid" in lines.texts("place_order")
    assert [order.intent for order in live] == ["buy-1"]


def test_a_falling_market(tmp_path: Path) -> None:
    """Each fill adds a sell until max_exposure pauses the buying; when the market comes back it goes on."""
    tape = TapeWriter(100_000, 100_001)
    for second in range(1, 40):
        tape.trade(second - 0.5, RowKind.SELL, 100_001 - 10 * second, 10_000)
        tape.quote(second, 100_000 - 10 * second, 100_001 - 10 * second)
    tape.quote(60, 100_500, 100_501).quote(90, 100_500, 100_502)
    lines, live, position = trade(tmp_path, tape.tape(), 80, max_exposure="150")
    (paused,) = [text for text in lines.texts("place_order") if "paused" in text]
    assert paused.startswith("paused: 159.")
    assert len([text for text in lines.texts("fill") if text.startswith("bought")]) == 8
    assert any("resumed: both limits pass" in text for text in lines.texts("place_order"))
    assert position == 0
    assert [(order.side, order.price) for order in live] == [(Side.BUY, D("10050"))]


@pytest.mark.parametrize("amends", [True, False], ids=["amends", "no amends"])
@pytest.mark.parametrize("seed", range(3))
def test_a_run_asks_for_nothing_that_is_refused(
    seed: int, amends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the venue answers at once nothing is refused or rejected; what is held at the end is offered or owed."""
    if not amends:
        monkeypatch.setattr(PaperClient, "capabilities", frozenset(Capability) - {Capability.AMEND, Capability.PEG})
    lines, live, position = trade(tmp_path, walk_tape(seed, 1_200), 300, max_sells=10)
    assert lines.texts("rejected") == lines.texts("refused") == lines.texts("risk") == []
    assert len(lines.texts("fill")) > 15
    assert len([order for order in live if order.side is Side.SELL]) <= 10
    assert sum(order.remaining_quantity for order in live if order.side is Side.SELL) <= position


def test_with_delays_refusals_are_few(tmp_path: Path) -> None:
    """With 10 ms each way a post-only order may meet the market on its way; it backs off instead of hammering."""
    lines, _, _ = trade(tmp_path, walk_tape(9, 2_000), 480, TEN_MS, max_exposure="200")
    assert lines.texts("refused") == []
    assert len(lines.texts("rejected")) <= len(lines.texts("fill")) / 10
