"""What the backtest benchmark runs: a strategy on the whole bot, over one tape.

Each case is measured in a process of its own:

    python -m benchmarks.backtest_cases grid 1000000 [--moving 0.1]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final

from benchmarks.event_tape import INSTRUMENT, MOVING, event_tape
from benchmarks.race import FillRow, Race, run_and_report
from benchmarks.race_strategies import STRATEGIES
from benchmarks.whole_bot import FREE, Stand, WholeBot
from helpers.clock import monotonic_ns
from simulation.profile import Latency, VenueProfile
from simulation.tape import Tape
from strategies.base_strategy import (
    BaseStrategy,
    MarketData,
    OrderParams,
    Peg,
    Side,
    StrategyAction,
    StrategyResult,
    Wake,
)
from strategies.factory import strategies

_20_MS: Final = Latency(base_ns=20_000_000)
_USUAL: Final = VenueProfile(deposit=FREE.deposit, order_entry=_20_MS, response=_20_MS)
"""The fees of `paper`, and 20 ms each way."""
_FAR: Final = Decimal("0.5")


class FarOrder(BaseStrategy[Any]):
    """One buy at half the price, which never fills: what is left is the cost of going over the tape."""

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "far_order"

    async def should_execute(self, market_data: MarketData) -> bool:
        """Order once."""
        return not market_data.orders

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Order far below the market."""
        price = (market_data.best_bid * _FAR).quantize(market_data.market.tick_size)
        order = OrderParams(intent="far", side=Side.BUY, quantity=self.config.quantity, price=price, post_only=True)
        return StrategyResult(action=StrategyAction.PLACE_ORDER, message="once", orders=(order,))

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until something happens to the order."""
        del market_data
        return Wake(book=False, balances=False)


class Followers(BaseStrategy[Any]):
    """One buy and one sell that follow the best prices, declared once; what fills is declared anew."""

    offset_ticks: ClassVar[int] = 0
    """How far behind the best prices."""

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "followers"

    async def should_execute(self, market_data: MarketData) -> bool:
        """Order what is not there."""
        return len(market_data.orders) < len(Side)

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Peg a new order on each side that has none."""
        there = {order.side for order in market_data.orders}
        peg = Peg(offset=self.offset_ticks * market_data.market.tick_size)
        orders = tuple(
            OrderParams(intent=side.value, side=side, quantity=self.config.quantity, peg=peg, post_only=True)
            for side in Side
            if side not in there
        )
        return StrategyResult(action=StrategyAction.PLACE_ORDER, message="follow the book", orders=orders)

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until something happens to an order."""
        del market_data
        return Wake(book=False, balances=False)


class DistantFollowers(Followers):
    """The same, 50 ticks behind the best prices, where hardly anything fills."""

    offset_ticks: ClassVar[int] = 50


def race_bot(race: Race, tape: Tape) -> WholeBot:
    """Prepare a strategy of the race: one lot, no fees, no delays."""
    return _bot(STRATEGIES[race], tape, FREE)


def fill_rows(bot: WholeBot) -> list[FillRow]:
    """Give a bot's fills as every contestant reports them."""
    return [(fill.time_ns, fill.side.sign, int(fill.price / INSTRUMENT.tick_size)) for fill in bot.fills]


def _bot(strategy: type[BaseStrategy[Any]], tape: Tape, profile: VenueProfile) -> WholeBot:
    return WholeBot(strategy, {"paper": Stand(tape=tape, profile=profile)}, quantity=INSTRUMENT.quantity_step)


def _default_grid(profile: VenueProfile, tape: Tape) -> WholeBot:
    return _bot(strategies.load("grid"), tape, profile)


CASES: Final[Mapping[str, Callable[[Tape], WholeBot]]] = {
    **{str(race): partial(race_bot, race) for race in Race},
    "default-grid": partial(_default_grid, FREE),
    "default-grid-20ms": partial(_default_grid, _USUAL),
    "pegs": lambda tape: _bot(Followers, tape, FREE),
    "distant-pegs": lambda tape: _bot(DistantFollowers, tape, FREE),
    "nothing-fills": lambda tape: _bot(FarOrder, tape, FREE),
}


def main() -> None:
    """Measure one case in this process; making the tape searchable is start-up."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("rows", type=int)
    parser.add_argument("--moving", type=float, default=MOVING)
    options = parser.parse_args()
    begin_ns = monotonic_ns()
    tape = event_tape(options.rows, moving=options.moving)
    for chunk in tape.chunks():
        chunk.rows()
    bot = CASES[options.case](tape)

    def run() -> WholeBot:
        bot.run()
        return bot

    run_and_report(run, fill_rows, events=options.rows, begin_ns=begin_ns, tell_more=_tell_more)


def _tell_more(bot: WholeBot) -> Mapping[str, Any]:
    return {"steps": bot.bot.steps, "stopped_because": bot.bot.stopped_because}


if __name__ == "__main__":
    main()
