"""Funding over days on three venues: who is paid, how much, and for which position."""

from __future__ import annotations

from decimal import Decimal

import pytest

from benchmarks.funding_bench import credited, funding_bot, reckoned
from benchmarks.funding_strategy import HOUR_NS
from benchmarks.quote_tape import START_NS, quote_tape
from benchmarks.whole_bot import WholeBot
from simulation.funding import FundingSchedule
from simulation.tape import TapeChunk

HOURS = 3 * 24
QUANTITY = Decimal("0.5")


@pytest.fixture(scope="module")
def traded() -> WholeBot:
    """A bot that traded for three days with a quote a minute."""
    bot = funding_bot(every_s=60, duration_ns=HOURS * HOUR_NS)
    bot.run()
    return bot


def positions(bot: WholeBot, time_ns: int) -> dict[str, Decimal]:
    """Give what was held on each venue at a time, by the fills until then."""
    held = dict.fromkeys(bot.stands, Decimal(0))
    for (label, _), fill in bot.journal.fills.items():
        if fill.time_ns <= time_ns:
            held[label] += fill.side.sign * fill.quantity
    return held


def test_funding_is_what_rate_position_and_mark_make(traded: WholeBot) -> None:
    """On every venue the payments heard of are those worked out from tape, fills and rates, to the last digit."""
    for label in traded.stands:
        paid = credited(traded, label)
        assert paid.payments > HOURS // 4
        assert paid == reckoned(traded, label)
    total = sum((credited(traded, label).amount for label in traded.stands), Decimal(0))
    assert traded.bot.venues.pnl().funding == total


def test_it_is_long_where_funding_is_cheapest_and_short_where_it_is_dearest(traded: WholeBot) -> None:
    """At every settlement the position follows the rates of that settlement."""
    schedules = {label: FundingSchedule(stand.seed, "BTC", HOUR_NS, START_NS) for label, stand in traded.stands.items()}
    for time_ns in range(START_NS + HOUR_NS, START_NS + HOURS * HOUR_NS, HOUR_NS):
        rates = {label: schedule.rate(time_ns) for label, schedule in schedules.items()}
        wanted = dict.fromkeys(rates, Decimal(0))
        wanted[min(rates, key=rates.__getitem__)] = QUANTITY
        wanted[max(rates, key=rates.__getitem__)] = -QUANTITY
        assert positions(traded, time_ns) == wanted


def test_positions_are_reduced_before_they_turn_round(traded: WholeBot) -> None:
    """What brings a position nearer to nothing is reduce-only, what opens one is not, and nothing is refused."""
    orders = [kept.order for kept in traded.journal.orders.values()]
    assert any(order.reduce_only for order in orders)
    assert all(order.reduce_only == order.intent.startswith("reduce") for order in orders)
    assert all(order.filled_quantity == order.quantity for order in orders)


def test_a_quote_tape_is_even_and_ends_before_its_end() -> None:
    """A minute apart from a whole hour on, one tick wide; the same seed makes the same market."""
    tape = quote_tape(every_ns=60_000_000_000, duration_ns=HOUR_NS, seed=3)
    (chunk,) = tape.chunks()
    assert list(chunk.time_ns) == [START_NS + minute * 60_000_000_000 for minute in range(60)]
    assert START_NS % HOUR_NS == 0
    assert [ask - bid for bid, ask in zip(chunk.bid, chunk.ask, strict=True)] == [1] * 60
    assert len(set(chunk.bid)) > 30
    again, other = (next(quote_tape(every_ns=60_000_000_000, duration_ns=HOUR_NS, seed=s).chunks()) for s in (3, 4))
    assert columns(chunk) == columns(again) != columns(other)


def columns(chunk: TapeChunk) -> list[int]:
    """Give the prices."""
    return [*chunk.bid, *chunk.ask]
