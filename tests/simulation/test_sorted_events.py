"""Events in order of time, however many there are."""

from __future__ import annotations

import tracemalloc
from operator import itemgetter
from pathlib import Path

import pytest
from full_disk import files_of_at_most
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import UserError
from simulation.run_file import EVENT_BYTES, Event
from simulation.sorted_events import SortedEvents

NS = 2**63 - 1
figures = st.tuples(
    st.integers(0, 3), st.integers(0, 2**31 - 1), st.integers(-1, NS), st.integers(0, 2**31 - 1), st.integers(-1, NS)
)
times = st.integers(0, 9) | st.integers(0, NS)


def added(events: list[Event], run_events: int, folder: Path | None = None) -> SortedEvents:
    """Add events one by one."""
    target = SortedEvents(folder, run_events)
    for event in events:
        target.add(*event)
    return target


def flat(events: SortedEvents) -> list[Event]:
    """Read all events."""
    return [event for batch in events.batches() for event in batch]


def counted(number: int) -> list[Event]:
    """Make events that go forward, with every third one a little late."""
    return [(n * 10 - 25 * (n % 3 == 2), 0, n, n, n, n) for n in range(number)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.builds(lambda t, f: (t, *f), times, figures), max_size=60), st.integers(1, 9))
def test_any_events_come_out_sorted(events: list[Event], run_events: int) -> None:
    """Sorted by time, those of one time as they were added, none lost or changed: with many runs or without any."""
    target = added(events, run_events)
    assert len(target) == len(events)
    assert flat(target) == sorted(events, key=itemgetter(0))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.builds(lambda t, f: (t, *f), times, figures), max_size=40), st.integers(1, 9))
def test_reading_repeats(events: list[Event], run_events: int) -> None:
    """Two readings at a time do not disturb each other."""
    target = added(events, run_events)
    first, second = target.batches(), target.batches()
    pairs = list(zip(first, second, strict=True))
    assert all(list(one) == list(other) for one, other in pairs)
    assert sum(len(one) for one, _ in pairs) == len(events)


def test_memory_does_not_grow_with_the_recording() -> None:
    """Of six times the events memory holds no more, but for what tells where the runs are."""

    def peak(number: int) -> int:
        tracemalloc.start()
        target = SortedEvents(None, 2000)
        for n in range(number):
            target.add((n * 7919) % number, 0, n, n, n, n)
        for _ in target.batches():
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    # The smallest of three: the threads of the test runner allocate in between.
    assert min(peak(48_000) for _ in range(3)) < 1.5 * min(peak(8_000) for _ in range(3))


def test_a_batch_is_never_longer_than_a_run() -> None:
    """What is merged at a time is bounded, in whatever order the events came."""
    for events in (counted(1000), counted(1000)[::-1], [(5, *event[1:]) for event in counted(1000)]):
        assert max(len(batch) for batch in added(events, 50).batches()) <= 50


def test_few_events_need_no_file(tmp_path: Path) -> None:
    """What fits into one run is sorted in memory: even where no file can be made."""
    assert flat(added(counted(99), 100, tmp_path / "none")) == sorted(counted(99), key=itemgetter(0))


def test_the_file_has_no_name(tmp_path: Path) -> None:
    """While it is in use nothing is seen of it, so nothing can stay behind."""
    target = added(counted(100), 10, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(flat(target)) == 100


def test_a_number_out_of_range_is_an_error() -> None:
    """An integer that does not fit its column is not cut."""
    with pytest.raises(OverflowError):
        SortedEvents(None).add(2**63, 0, 1, 1, 1, 1)


# -- no room --------------------------------------------------------------------------------


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """One line with the place and the system's reason, and nothing left behind."""
    with files_of_at_most(20 * EVENT_BYTES), pytest.raises(UserError) as caught:
        added(counted(100), 10, tmp_path)
    assert str(caught.value) == (
        f"the recording cannot be sorted in {tmp_path} (File too large): make room there, or give another place"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """The same where no file can be made."""
    with pytest.raises(UserError, match=r"cannot be sorted in .*none \(No such file or directory\)"):
        added(counted(100), 10, tmp_path / "none")


def test_too_little_room_is_told_before_the_work(tmp_path: Path) -> None:
    """Who says how many are to come hears at once that they do not fit; few always do."""
    events = SortedEvents(tmp_path, 10)
    events.expect(10_000)
    with pytest.raises(UserError, match=r"takes 33,000,000,000 MB in .*, which has [0-9,]+ MB: make room there"):
        events.expect(10**15)
    SortedEvents(tmp_path / "none", 10).expect(10)
    with pytest.raises(UserError, match="No such file or directory"):
        SortedEvents(tmp_path / "none", 10).expect(11)
