"""A maker killed at any moment goes on where it was: inventory keeps its offer, nothing is placed twice."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lives_of_strategies import first_life, second_life
from top_of_book_scenes import Maker
from worlds import START_NS, walk_tape

from exchanges.venue_session import VenueSession
from helpers.enums import Side
from helpers.journal_reader import JournalReader
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig
from strategies.top_of_book_maker.params import TopOfBookMakerParams
from strategies.top_of_book_maker.strategy import TopOfBookMakerStrategy
from strategies.top_of_book_maker.view import MakerView

D = Decimal
BOTH = ["sell 0.001 at 62000.1", "buy 0.001 at 62000"]


# -- by hand ---------------------------------------------------------------------------------------------------


def test_the_state_survives_as_json() -> None:
    """What is saved is plain JSON, and a maker that reads it back knows the same and asks for nothing twice."""
    maker = Maker().does_first("buy 0.001 at 62000").fill("buy-1").does_first(*BOTH)
    maker.end("sell-2")
    before = json.dumps(maker.maker.save_state())
    assert json.dumps(maker.restart().maker.save_state()) == before
    maker.begin()
    assert maker.does() == ["sell 0.001 at 62000.1"]


def test_a_pause_survives() -> None:
    """A maker that paused for want of money needs as much to resume after a restart."""
    maker = Maker().has("499")
    maker.does()
    maker.restart().has("561.99").begin()
    assert maker.does() == []
    assert maker.has("562.02").does() == ["buy 0.001 at 62000"]


def test_a_state_older_than_the_orders() -> None:
    """Orders that the saved state does not know are taken over: nothing twice, no name twice."""
    maker = Maker()
    old = maker.maker.save_state()
    maker.does_first("buy 0.001 at 62000").fill("buy-1").does_first(*BOTH)
    maker.strategy = TopOfBookMakerStrategy(maker.config, maker.strategy.exchange_client)
    maker.maker.restore_state(old)
    maker.begin()
    assert maker.does() == []
    assert maker.quote("62001", "62001.1").does() == []  # sell-2 is about to fill
    maker.quote("61990").fill("buy-3")
    assert maker.does() == ["sell 0.001 at 61990.1", "buy 0.001 at 61990"]


def test_no_state_at_all() -> None:
    """Only live orders are left of the earlier session: the buy is moved, sells rest, names are not used again."""
    maker = Maker().holds("0.001").rest("buy-1", "61990").rest("sell-2", "62050")
    maker.begin()
    assert maker.does() == ["amend buy-1 62000"]
    maker.fill("buy-1")
    assert maker.does() == BOTH
    assert len(maker.orders) == 3


# -- killed ----------------------------------------------------------------------------------------------------


def make(sessions: list[VenueSession], options: dict[str, Any]) -> TopOfBookMakerStrategy:
    """Give a maker that trades often."""
    params = TopOfBookMakerParams(maker_fee_rate=D(0), **options)
    return TopOfBookMakerStrategy(StrategyConfig("BTC", D("0.002"), params, random.Random(5)), *sessions)


@pytest.mark.parametrize("with_state", [True, False], ids=["saved state", "no state"])
@pytest.mark.parametrize("seed", range(6))
def test_a_killed_maker_goes_on(seed: int, with_state: bool, tmp_path: Path) -> None:
    """After a kill at any moment all that is held is offered or still to be, and there is one buy at most."""
    moment = random.Random(seed).uniform(1, 150)
    options: dict[str, Any] = [{}, {"max_exposure": D(90)}, {"max_sells": 2}][seed % 3]

    async def main(clock: VirtualClock) -> None:
        build = partial(make, options=options)
        world = await first_life(clock, tmp_path, walk_tape(seed, 1_200), build, moment)
        life = await second_life(clock, tmp_path, world.venue, build, 120, notes=with_state)
        await life.run()
        data = life.session.market_data()
        assert data is not None
        view = MakerView(data)
        assert view.held is not None
        assert sum(order.remaining_quantity for order in view.sells) + view.free == view.held
        assert len(view.buys) <= 1
        if with_state:
            assert view.free == life.strategy.state.bought + life.strategy.state.returned

    run_virtual(main, start_ns=START_NS)
    with JournalReader(tmp_path / "second") as journal:
        assert not [text for text in (decision.message for decision in journal.decisions()) if "only" in text]
        assert options or any(fill.side is Side.BUY for fill in journal.fills())
