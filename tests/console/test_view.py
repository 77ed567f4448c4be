"""The live view on a terminal: when it draws, and that no terminal can stop the bot."""

from __future__ import annotations

import errno
import io
import os
import sys
from decimal import Decimal
from io import StringIO

import pytest
from sample_status import NOW_NS, bbo, bot, decision, orders, venue

from console.view import LiveView, TerminalConsole
from helpers.clock import NS_PER_S

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


class Stopwatch:
    """Real time that stands still until told."""

    def __init__(self) -> None:
        self.ns = 5 * NS_PER_S

    def __call__(self) -> int:
        return self.ns


class Terminal(StringIO):
    """A stream that can go away."""

    broken: OSError | None = None

    def write(self, text: str) -> int:
        if self.broken:
            raise self.broken
        return super().write(text)


def console_on(stream: io.TextIOBase, width: int = 100, height: int = 30) -> TerminalConsole:
    """Make a terminal of this size out of a stream."""
    return TerminalConsole(file=stream, width=width, height=height, force_terminal=True, color_system=None, _environ={})


@pytest.fixture
def terminal() -> Terminal:
    """What the person sees."""
    return Terminal()


@pytest.fixture
def stopwatch() -> Stopwatch:
    """Real time."""
    return Stopwatch()


@pytest.fixture
def view(terminal: Terminal, stopwatch: Stopwatch) -> LiveView:
    """A live view of 100 x 30."""
    return LiveView(console_on(terminal), monotonic=stopwatch, frame_ns=NS_PER_S // 4)


def frames(terminal: Terminal) -> int:
    """Count the frames drawn so far: each has one footer."""
    return terminal.getvalue().count("round trips")


def test_first_status_is_drawn_and_close_gives_the_screen_back(view: LiveView, terminal: Terminal) -> None:
    """The cursor is hidden while the view lives and shown again at the end; the last frame stays."""
    view.status(bot())
    assert frames(terminal) == 1
    assert HIDE_CURSOR in terminal.getvalue()
    assert SHOW_CURSOR not in terminal.getvalue()
    view.close()
    view.close()
    assert terminal.getvalue().count(SHOW_CURSOR) == 1
    assert "61,999.9" in terminal.getvalue()


def test_frames_are_rare(view: LiveView, terminal: Terminal, stopwatch: Stopwatch) -> None:
    """A thousand statuses within a quarter of a real second are one frame; then the newest is drawn."""
    for step in range(1000):
        view.status(bot(steps=step))
    assert frames(terminal) == 1
    stopwatch.ns += NS_PER_S // 4
    view.status(bot(steps=4711))
    assert frames(terminal) == 2
    assert "4,711" in terminal.getvalue()


def test_a_change_of_state_is_drawn_at_once(view: LiveView, terminal: Terminal) -> None:
    """Stopping and trouble do not wait for the next frame."""
    view.status(bot())
    view.status(bot(state="stopping"))
    assert "stopping in order" in terminal.getvalue()
    view.status(bot(state="stopping", health="no book"))
    assert "no book" in terminal.getvalue()
    assert frames(terminal) == 3


def test_close_draws_what_came_last(view: LiveView, terminal: Terminal) -> None:
    """The last frame shows the last status, even if it came too early for a frame."""
    view.status(bot())
    view.status(bot(steps=4711))
    assert "4,711" not in terminal.getvalue()
    view.close()
    assert "4,711" in terminal.getvalue()


def test_nothing_is_drawn_after_close(view: LiveView, terminal: Terminal) -> None:
    """A late status leaves the screen alone."""
    view.status(bot())
    view.close()
    before = terminal.getvalue()
    view.status(bot(state="stopped"))
    view.close()
    assert terminal.getvalue() == before


def test_close_without_a_status_writes_nothing(view: LiveView, terminal: Terminal) -> None:
    """A run that fails before it begins leaves no trace."""
    view.line(decision())
    view.close()
    assert terminal.getvalue() == ""


def test_mids_are_sampled_once_a_second_and_sixty_are_kept(view: LiveView) -> None:
    """The sparkline covers about the last minute of the session, however often the bot is seen."""
    for tenth in range(1000):
        price = f"{62000 + tenth}.0"
        status = bot(venue(bbo=bbo(price, f"{62000 + tenth}.2")), now_ns=NOW_NS + tenth * NS_PER_S // 10)
        view.status(status)
    mids = view._mids["paper"]
    assert len(mids) == 60
    assert (mids[0], mids[-1]) == (Decimal("62400.1"), Decimal("62990.1"))


def test_a_missing_mid_is_no_sample(view: LiveView) -> None:
    """A venue without a book adds nothing to its line."""
    view.status(bot(venue(bbo=None)))
    assert view._mids == {}


def test_real_time_is_shown_beside_simulated_time(view: LiveView, terminal: Terminal, stopwatch: Stopwatch) -> None:
    """After ten real seconds of an hour's session the pace is there."""
    view.status(bot())
    stopwatch.ns += 10 * NS_PER_S
    view.status(bot())
    assert "10s real, 372.5x" in terminal.getvalue()


def test_lines_kept_for_orders_stay(view: LiveView, terminal: Terminal, stopwatch: Stopwatch) -> None:
    """When the orders are gone, the decisions stand where they stood."""
    view.status(bot(venue(orders=orders(5))))
    first = terminal.getvalue()
    stopwatch.ns += NS_PER_S
    view.status(bot())
    second = terminal.getvalue()[len(first) :]

    def line_of_decisions(text: str) -> int:
        return text[: text.index("decisions ─")].count("\n")

    assert line_of_decisions(second) == line_of_decisions(first)


def test_a_resized_terminal_is_cleared(view: LiveView, terminal: Terminal) -> None:
    """The frame follows the size; the old one, torn by the terminal, is wiped."""
    view.status(bot())
    view._console.width, view._console.height = 80, 24
    view.status(bot(state="stopping"))
    assert "\x1b[2J" in terminal.getvalue()
    last = terminal.getvalue().rsplit("\x1b[2J", 1)[1]
    assert max(len(line) for line in last.splitlines() if "─" in line) <= 80


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2), (20, 5), (79, 3), (300, 100)])
def test_every_terminal_is_good_enough(width: int, height: int) -> None:
    """From one cell to a wall of them, nothing is raised."""
    stream = StringIO()
    view = LiveView(console_on(stream, width, height))
    view.status(bot(venue(orders=orders(40))))
    view.close()
    assert stream.getvalue()


def test_a_terminal_that_goes_away_does_not_stop_the_bot(terminal: Terminal, view: LiveView) -> None:
    """After a hang-up the view is silent, sys.stdout is its old self, and closing works."""
    stdout = sys.stdout
    view.status(bot())
    terminal.broken = OSError(errno.EIO, "hang-up")
    view.status(bot(state="stopping"))
    terminal.broken = None
    before = terminal.getvalue()
    view.status(bot(state="stopped"))
    view.close()
    assert terminal.getvalue() == before
    assert sys.stdout is stdout


def test_a_terminal_that_goes_away_at_the_end(terminal: Terminal, view: LiveView) -> None:
    """Closing on a dead terminal raises nothing."""
    status = bot()
    view.status(status)
    terminal.broken = OSError(errno.EIO, "hang-up")
    view.close()
    assert view._console.quiet


def test_a_closed_pipe_does_not_end_the_process() -> None:
    """Where rich would exit, the view goes silent; the stream can be closed without an error."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        view = LiveView(console_on(stream))
        view.status(bot())
        view.status(bot(state="stopping"))
        view.close()
    assert view._console.quiet


def test_a_terminal_without_unicode() -> None:
    """On an ASCII terminal the frame is drawn in ASCII, and unknown letters become question marks."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    view = LiveView(console_on(stream))
    view.status(bot(recent=(decision("Übergröße → later"),)))
    view.close()
    text = raw.getvalue().decode("ascii")
    assert "?bergr??e ? later" in text
    assert "* running | health ok" in text
    assert "+- open orders 0 " in text


def test_the_default_console_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there, only the last frame is written."""
    view = LiveView()
    view.status(bot())
    view.close()
    assert "61,999.9" in capsys.readouterr().out


def test_standard_error_sent_elsewhere_stays_there(view: LiveView) -> None:
    """Only an stderr on the terminal is woven into the view."""
    stderr = sys.stderr
    view.status(bot())
    assert sys.stderr is stderr
    view.close()
