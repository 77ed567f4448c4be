"""A bar for work that takes a while."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from console.progress import PATIENCE_NS, Bar, WatchedTape
from simulation.tape import Instrument, MemoryTape, TapeChunk


class Screen:
    """A terminal, or none, and a watch that is set by hand."""

    def __init__(self, *, is_terminal: bool = True) -> None:
        self.console = Console(file=StringIO(), force_terminal=is_terminal, width=80)
        self.now_ns = 0

    def bar(self) -> Bar:
        return Bar(self.console, lambda: self.now_ns)

    @property
    def shown(self) -> str:
        assert isinstance(self.console.file, StringIO)
        return self.console.file.getvalue()


def test_short_work_shows_no_bar() -> None:
    """Nothing is drawn before a second has passed."""
    screen = Screen()
    with screen.bar() as bar:
        bar.tell("reading", 0.1)
        screen.now_ns = PATIENCE_NS - 1
        bar.tell("reading", 0.9)
    assert not screen.shown


def test_long_work_shows_what_is_done_and_how_far() -> None:
    """One bar for one piece of work after the other; more than all is all."""
    screen = Screen()
    with screen.bar() as bar:
        screen.now_ns = PATIENCE_NS
        bar.tell("reading", 0.25)
        bar.tell("reading", 0.5)
        assert bar._progress is not None
        bar._progress.refresh()
        assert "reading" in screen.shown
        assert "50%" in screen.shown
        bar.tell("writing", 1.1)
        bar._progress.refresh()
        assert "writing" in screen.shown
        assert "100%" in screen.shown


def test_nothing_is_drawn_where_nobody_looks() -> None:
    """A file or a pipe gets no bar, however long it takes."""
    screen = Screen(is_terminal=False)
    with screen.bar() as bar:
        screen.now_ns = 10 * PATIENCE_NS
        bar.tell("reading", 0.5)
    assert not screen.shown


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_the_bar_is_gone_after_an_error(error: BaseException) -> None:
    """The cursor is given back and the line erased, also after Ctrl-C."""
    screen = Screen()
    bar = screen.bar()

    def work() -> None:
        with bar:
            screen.now_ns = PATIENCE_NS
            bar.tell("reading", 0.5)
            raise error

    with pytest.raises(type(error)):
        work()
    assert bar._progress is not None
    assert not bar._progress.live.is_started
    assert screen.shown.rindex("\x1b[?25h") > screen.shown.rindex("\x1b[?25l")
    assert screen.shown.endswith("\x1b[2K")


def test_a_watched_tape_tells_its_rows() -> None:
    """After each chunk the rows so far and the last time; what is read is the tape itself."""
    chunks = [TapeChunk(), TapeChunk()]
    for chunk, times in zip(chunks, ((1, 2, 3), (5, 8)), strict=True):
        for time_ns in times:
            chunk.append(time_ns, 0, 1, 1, 2, 1)
    instrument = Instrument(
        ticker="X", quote="USD", source="test", tick_size=Decimal(1), quantity_step=Decimal(1), depth_lots=(1,)
    )
    told: list[tuple[int, int]] = []
    tape = WatchedTape(MemoryTape(instrument, chunks), lambda rows, now_ns: told.append((rows, now_ns)))
    assert (tape.instrument, tape.start_ns) == (instrument, 1)
    assert list(tape.chunks()) == chunks
    assert told == [(3, 3), (5, 8)]
