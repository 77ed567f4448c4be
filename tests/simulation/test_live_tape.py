"""A tape that still grows: rows as they come are the market, as if they had been recorded before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from random_worlds import (
    PROFILES,
    UNIT,
    ActionSpec,
    RandomWorld,
    TapeSpec,
    Walk,
    WorldSpec,
    instrument,
    pegging_specs,
    world_specs,
)
from venue_scenes import BUY, INSTRUMENT, SELL, START_NS, D, S, Scene

from helpers.decisions import Peg, PegReference
from helpers.enums import OrderStatus, TimeInForce
from simulation.live_tape import NO_QUOTE, LiveTape, Quote
from simulation.tape import NOTHING_YET, MemoryTape, RowKind

OPENING = (0, int(RowKind.QUOTE), 100, 6, 101, 6, 0, 0)
BOOK = Quote(1000, 50, 1001, 50)


@dataclass(frozen=True)
class Fed(TapeSpec):
    """A tape whose rows are fed one by one."""

    tapes: list[LiveTape] = field(default_factory=list, compare=False)

    def tape(self, ticker: str = "BTC") -> MemoryTape:
        """Give the tape with its first row; the others come later."""
        live = LiveTape(instrument(ticker), START_NS, Quote(*self.flat()[0][2:6]))
        self.tapes.append(live)
        return live  # type: ignore[return-value]  # a Tape like any other, which is all that the world asks for


def opened(spec: WorldSpec) -> WorldSpec:
    """Let every market be open from the start."""
    return replace(spec, tapes=tuple(TapeSpec((OPENING, *tape.rows), tape.chunk_sizes) for tape in spec.tapes))


def feeding(tapes: tuple[Fed, ...], pauses: list[tuple[int, bool]]) -> Walk:
    """Feed the rows at their times, with pauses and looks ahead in between."""
    rows = sorted(((row, tape) for tape in tapes for row in tape.flat()[1:]), key=lambda pair: pair[0][0])
    moments = [(at, list(group)) for at, group in groupby(rows, key=lambda pair: pair[0][0])]
    turns = iter(range(1_000_000))

    def walk(world: RandomWorld, to_ns: int) -> None:
        while moments and moments[0][0] <= to_ns:
            at, group = moments.pop(0)
            before_ns, looks_ahead = pauses[next(turns) % len(pauses)]
            if at - before_ns > world.venue.core.now_ns:
                world.venue.advance_to(at - before_ns)
            if looks_ahead:
                world.venue.next_event_ns(at + UNIT)
            for row, tape in group:
                feed(tape.tapes[0], row)
            world.venue.tape_grew(at)
            world.venue.advance_to(at)
        world.venue.advance_to(to_ns)

    return walk


def row_by_row(world: RandomWorld, to_ns: int) -> None:
    """Stop at every instant at which something may happen."""
    for now in range(world.venue.core.now_ns, to_ns, UNIT):
        world.venue.advance_to(now)
    world.venue.advance_to(to_ns)


def feed(tape: LiveTape, row: tuple[int, ...]) -> None:
    """Add one row of a recording."""
    at, kind, bid, bid_lots, ask, ask_lots, price, lots = row
    if kind == RowKind.QUOTE:
        tape.quote(at, Quote(bid, bid_lots, ask, ask_lots))
    else:
        tape.trade(at, RowKind(kind), price, lots)


def everything(world: RandomWorld) -> list[Any]:
    """List all that is left of a run; a live tape has no end to be told."""
    accounts = [(account.known, account.fills, account.lots, account.wallet) for account in world.accounts]
    return [world.told("end"), accounts]


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(world_specs, pegging_specs).map(opened),
    st.lists(st.tuples(st.sampled_from([1, UNIT // 2, UNIT]), st.booleans()), min_size=1, max_size=5),
)
def test_a_live_tape_fills_as_the_same_tape_recorded(spec: WorldSpec, pauses: list[tuple[int, bool]]) -> None:
    """The same rows give the same fills, news, times and money, whether they were all there or came one by one."""
    fed = tuple(Fed(tape.rows, tape.chunk_sizes) for tape in spec.tapes)
    live = RandomWorld(replace(spec, tapes=fed)).run(feeding(fed, pauses))
    assert everything(live) == everything(RandomWorld(spec).run())


def test_a_border_between_chunks_does_not_hold_a_pegged_order_back() -> None:
    """A move that is under way arrives between two chunks as it does inside one, also where nobody stops there."""
    quotes = ((0, 97, 98), (2, 97, 100), (0, 102, 105), (1, 101, 104), (2, 0, 0), (1, 97, 98))
    rows = tuple((units, int(RowKind.QUOTE), bid, 8, ask, 8, 0, 0) for units, bid, ask in quotes)
    peg = Peg(reference=PegReference.BEST, offset=D("0.25"))
    details = {"side": BUY, "price": 97, "lots": 1, "post_only": True, "reduce_only": False, "peg": peg}
    actions = (ActionSpec(0, "a", "BTC", "place", {**details, "time_in_force": TimeInForce.GTT, "lives": 5}),)
    worlds = (
        RandomWorld(WorldSpec((TapeSpec(rows, (size,)),), PROFILES[0], actions)).run(*walks)
        for size in (1, len(rows))
        for walks in ((), (row_by_row,))
    )
    prices = [world.accounts[0].known["a-0"].price for world in worlds]
    assert prices == [D("9.8")] * 4


def test_rows_never_go_back_in_time() -> None:
    """A clock that was set back gives a row the time of the row before."""
    tape = LiveTape(INSTRUMENT, START_NS, BOOK)
    assert tape.quote(START_NS + 5, BOOK) == START_NS + 5
    assert tape.trade(START_NS + 3, RowKind.BUY, 1001, 2) == START_NS + 5
    chunk = next(tape.chunks())
    assert list(chunk.time_ns) == [START_NS, START_NS + 5, START_NS + 5]
    assert (tape.start_ns, tape.last_ns) == (START_NS, START_NS + 5)


def test_a_trade_carries_the_book_along() -> None:
    """Every row shows the best prices in force after it."""
    tape = LiveTape(INSTRUMENT, START_NS, BOOK)
    tape.quote(START_NS + 1, Quote(990, 7, 1001, 50))
    tape.trade(START_NS + 2, RowKind.SELL, 990, 3)
    chunk = next(tape.chunks())
    assert [chunk.bid[2], chunk.bid_lots[2], chunk.ask[2], chunk.ask_lots[2]] == [990, 7, 1001, 50]
    assert [chunk.kind[2], chunk.price[2], chunk.lots[2]] == [RowKind.SELL, 990, 3]


def test_nothing_yet_is_not_the_end() -> None:
    """What was read is given once; then the tape says that nothing more has come, and goes on when it has."""
    tape = LiveTape(INSTRUMENT, START_NS, BOOK)
    chunks = tape.chunks()
    assert len(next(chunks)) == 1
    assert next(chunks) is NOTHING_YET
    tape.quote(START_NS + 1, NO_QUOTE)
    sealed = next(chunks)
    tape.quote(START_NS + 2, BOOK)
    assert (len(sealed), len(next(chunks))) == (1, 1)


def test_the_newest_row_is_not_the_last() -> None:
    """Nobody is told that a live tape is over, and its newest row draws no attention of its own."""
    tape = LiveTape(INSTRUMENT, START_NS, BOOK)
    scene = Scene(tape)  # type: ignore[arg-type]  # a Tape like any other
    cursor = scene.venue.core.market("BTC").engine.cursor
    tape.quote(START_NS + S, Quote(1000, 40, 1001, 50))
    scene.venue.tape_grew(START_NS + S)
    assert scene.venue.next_event_ns(START_NS + 2 * S) is None
    scene.to(2)
    assert not cursor.is_over
    assert scene.news("end") == []
    assert cursor.rows_passed == 2


def test_a_row_at_the_venues_own_time_still_happens() -> None:
    """A row that comes when the venue has already been brought to that very instant is followed all the same."""
    tape = LiveTape(INSTRUMENT, START_NS, BOOK)
    scene = Scene(tape)  # type: ignore[arg-type]
    scene.to(1)
    scene.place("a", SELL, 1005, 3)
    at = tape.quote(START_NS + S, Quote(1005, 50, 1006, 50))
    assert not scene.venue.is_behind(at)
    scene.venue.tape_grew(at)
    assert scene.venue.is_behind(at)
    scene.to(1)
    assert scene.status("a") is OrderStatus.FILLED


def test_rows_that_were_read_are_let_go() -> None:
    """However long it grows, the cursor holds the chunk it stands in and no other."""
    tape = LiveTape(INSTRUMENT, START_NS, BOOK)
    scene = Scene(tape)  # type: ignore[arg-type]
    scene.place("a", BUY, 900, 3)
    cursor = scene.venue.core.market("BTC").engine.cursor
    for second in range(1, 500):
        at = tape.quote(START_NS + second * S, Quote(1000 - second % 3, 50, 1001, 50))
        scene.venue.tape_grew(at)
        scene.venue.advance_to(at)
        held = cursor._loaded
        assert [len(chunk) for chunk in held] == [1]
    assert cursor.rows_passed == 500
