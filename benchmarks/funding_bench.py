"""How long a funding strategy on three venues takes over 90 days, and whether the money is right to the last digit."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from benchmarks.funding_strategy import HOUR_NS, FundingSpread
from benchmarks.quote_tape import START_NS, quote_tape
from benchmarks.race import cpu_s
from benchmarks.whole_bot import FREE, Stand, WholeBot
from helpers.clock import NS_PER_S, monotonic_ns
from helpers.money import exact
from simulation.funding import FundingSchedule
from simulation.profile import VenueProfile

_DAY_NS: Final = 24 * HOUR_NS
_DAYS: Final = 90
_RUNS: Final = 3
_LABELS: Final = ("a", "b", "c")
_QUANTITY: Final = Decimal("0.5")
_USUAL: Final = VenueProfile(deposit=FREE.deposit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """Funding on one venue, in quote."""

    payments: int
    amount: Decimal


def run() -> list[tuple[str, str]]:
    """Measure with a quote a minute and with one every ten seconds."""
    return [*_case("a quote a minute", 60), *_case("a quote every 10 s", 10)]


def funding_bot(*, every_s: int, duration_ns: int) -> WholeBot:
    """Prepare three venues, each with a tape and funding rates of its own, the usual fees and delays."""
    stands = {
        label: Stand(
            tape=quote_tape(every_ns=every_s * NS_PER_S, duration_ns=duration_ns, seed=seed),
            profile=_USUAL,
            seed=seed,
        )
        for seed, label in enumerate(_LABELS, start=1)
    }
    return WholeBot(FundingSpread, stands, quantity=_QUANTITY)


def credited(bot: WholeBot, label: str) -> Paid:
    """Add up what the journal says of funding on one venue."""
    amounts = [payment.amount for (exchange, _), payment in bot.journal.payments.items() if exchange == label]
    with exact():
        return Paid(payments=len(amounts), amount=sum(amounts, Decimal(0)))


def reckoned(bot: WholeBot, label: str) -> Paid:
    """Work out the same from fills, tape and rates: - position x mid x rate at every whole hour."""
    stand = bot.stands[label]
    schedule = FundingSchedule(stand.seed, bot.ticker, HOUR_NS, START_NS)
    fills = [fill for (exchange, _), fill in bot.journal.fills.items() if exchange == label]
    amounts = []
    with exact():
        for time_ns, mid in _hourly_mids(stand):
            position = sum((fill.side.sign * fill.quantity for fill in fills if fill.time_ns <= time_ns), Decimal(0))
            amounts.append(-position * mid * schedule.rate(time_ns))
        return Paid(payments=sum(map(bool, amounts)), amount=sum(amounts, Decimal(0)))


def _hourly_mids(stand: Stand) -> Iterator[tuple[int, Decimal]]:
    """Give the mid at every whole hour after the start, up to the last quote."""
    tick = stand.tape.instrument.tick_size
    for chunk in stand.tape.chunks():
        for time_ns in range(START_NS + HOUR_NS, chunk.time_ns[-1] + 1, HOUR_NS):
            row = bisect_right(chunk.time_ns, time_ns) - 1
            yield time_ns, (chunk.bid[row] + chunk.ask[row]) * tick / 2


def _case(what: str, every_s: int) -> Iterator[tuple[str, str]]:
    walls_ns, cpus_s = [], []
    for _ in range(_RUNS):
        bot = funding_bot(every_s=every_s, duration_ns=_DAYS * _DAY_NS)
        begin, cpu_begin = monotonic_ns(), cpu_s()
        bot.run()
        walls_ns.append(monotonic_ns() - begin)
        cpus_s.append(cpu_s() - cpu_begin)
    cpu, steps = statistics.median(cpus_s), bot.bot.steps
    wall_s = statistics.median(walls_ns) / NS_PER_S
    yield f"{_DAYS} days on {len(_LABELS)} venues, {what}: median of {_RUNS}", f"{wall_s:.2f} s"
    yield "  by CPU time", f"{cpu:.2f} s"
    yield f"  a step, of {steps:,}", f"{cpu * 1e6 / steps:.1f} us CPU"
    yield "  fills", f"{bot.bot.recorder.fills:,}"
    paid = [credited(bot, label) for label in _LABELS]
    is_right = paid == [reckoned(bot, label) for label in _LABELS]
    yield f"  funding payments, {'as' if is_right else 'NOT as'} worked out", f"{sum(one.payments for one in paid):,}"
