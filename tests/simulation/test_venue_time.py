"""The venue's time: nothing that happens depends on who looks, how often, or how far time jumps."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from random_worlds import UNIT, RandomWorld, Walk, WorldSpec, pegging_specs, world_specs

EXAMPLES = settings(max_examples=150, deadline=None)
ANY_WORLD = st.one_of(world_specs, pegging_specs)


def in_steps(steps: list[tuple[int, bool]]) -> Walk:
    """Walk in steps of so many ns, looking ahead before some of them, and then jump."""

    def walk(world: RandomWorld, to_ns: int) -> None:
        for step_ns, looks_ahead in steps:
            now = world.venue.core.now_ns
            if now + step_ns >= to_ns:
                break
            if looks_ahead:
                world.venue.next_event_ns(now + 2 * step_ns)
                world.venue.next_event_ns(None)
            world.venue.advance_to(now + step_ns)
        world.venue.advance_to(to_ns)

    return walk


def event_by_event(world: RandomWorld, to_ns: int) -> None:
    """Go to each next event, as the virtual loop does; nothing may be heard before it comes."""
    venue = world.venue
    while (due := venue.next_event_ns(to_ns)) is not None:
        assert venue.core.now_ns <= due <= to_ns
        if due - 1 > venue.core.now_ns:
            heard = len(world.heard)
            venue.advance_to(due - 1)
            assert len(world.heard) == heard
        venue.advance_to(due)
    venue.advance_to(to_ns)


def row_by_row(world: RandomWorld, to_ns: int) -> None:
    """Stop at every row and at every unit, with a look at all books."""
    now = world.venue.core.now_ns
    stops = {row[0] for tape in world.spec.tapes for row in tape.flat()} | set(range(now, to_ns, UNIT))
    for stop in sorted(stop for stop in stops if now < stop < to_ns):
        world.venue.advance_to(stop)
        for vm in world.venue.core.markets.values():
            assert vm.book(5) is not None, vm.mark_price()
    world.venue.advance_to(to_ns)


def everything(world: RandomWorld) -> list[Any]:
    """List all that is left of a run."""
    accounts = [(account.known, account.fills, account.lots, account.wallet) for account in world.accounts]
    return [world.heard, accounts]


steps = st.lists(st.tuples(st.sampled_from([1, 7, UNIT // 2, UNIT - 1, UNIT, 2 * UNIT]), st.booleans()), max_size=40)


@EXAMPLES
@given(ANY_WORLD, steps)
def test_any_split_of_time_gives_the_same_run(spec: WorldSpec, steps: list[tuple[int, bool]]) -> None:
    """One jump or many small steps, with looks ahead or without: same fills, same news, same times, same order."""
    assert everything(RandomWorld(spec).run(in_steps(steps))) == everything(RandomWorld(spec).run())


@EXAMPLES
@given(ANY_WORLD)
def test_event_by_event_gives_the_same_run(spec: WorldSpec) -> None:
    """Events are never before now, nothing is heard before them, and going from one to the next misses nothing."""
    assert everything(RandomWorld(spec).run(event_by_event)) == everything(RandomWorld(spec).run())


@EXAMPLES
@given(ANY_WORLD)
def test_row_by_row_gives_the_same_run(spec: WorldSpec) -> None:
    """Skipping rows that cannot matter changes nothing against stopping at every row."""
    assert everything(RandomWorld(spec).run(row_by_row)) == everything(RandomWorld(spec).run())


@EXAMPLES
@given(ANY_WORLD)
def test_armed_conditions_change_nothing_but_the_waking(spec: WorldSpec) -> None:
    """Who is woken by the book, and when, changes no fill, no other news and no time."""
    listening, deaf = RandomWorld(spec).run(), RandomWorld(spec, deaf=True).run()
    assert listening.told("book") == deaf.told("book")


@EXAMPLES
@given(world_specs)
def test_news_is_heard_in_order_of_time(spec: WorldSpec) -> None:
    """Two markets on one venue are one timeline: nothing is heard before what was heard already."""
    heard = RandomWorld(spec).run().heard
    assert all(before[0] <= after[0] for before, after in pairwise(heard))
