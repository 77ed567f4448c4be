"""The live view: when the bot is drawn, where, and what happens when the terminal changes or goes away.

Drawing never disturbs the bot: there is no thread, frames are rare enough to cost little, and
a terminal that has gone away ends the view and nothing else.
"""

from __future__ import annotations

import io
import sys
from collections import deque
from collections.abc import Callable
from decimal import Decimal

from rich.console import Console
from rich.live import Live

from console import formats
from console.frame import MOST_ORDER_LINES, frame
from console.lines import point_at_nothing
from console.panels import Screen, mid
from helpers.clock import NS_PER_S, monotonic_ns
from helpers.status import BotStatus, Observer

_SAMPLES = 60
_SAMPLE_EVERY_NS = NS_PER_S
_TALLEST = 40


class TerminalConsole(Console):
    """A console whose broken pipe is an error like any other, not the end of the process."""

    def on_broken_pipe(self) -> None:
        """Let the writer know."""
        raise BrokenPipeError


class LiveView(Observer):
    """Draws the bot on a terminal, in place, leaving the last frame on the screen."""

    def __init__(
        self,
        console: TerminalConsole | None = None,
        *,
        monotonic: Callable[[], int] = monotonic_ns,
        frame_ns: int = NS_PER_S // 4,
    ) -> None:
        """Take the terminal at the first status.

        Args:
            console: where to draw; None is standard output.
            monotonic: real time, ns, for pacing and for showing it.
            frame_ns: least real time between two frames of an unchanged state.
        """
        self._console = console if console is not None else TerminalConsole()
        self._monotonic = monotonic
        self._frame_ns = frame_ns
        self._mids: dict[str, deque[Decimal]] = {}
        self._sampled_ns: int | None = None
        self._started_ns: int | None = None
        self._drawn_ns = 0
        self._drawn: BotStatus | None = None
        self._latest: BotStatus | None = None
        self._order_lines = 0
        self._size = (0, 0)
        self._live: Live | None = None
        self._over = False

    def status(self, status: BotStatus) -> None:
        """Take note of the bot, and draw it if the last frame is old enough or the state changed."""
        if self._started_ns is None:
            self._started_ns = self._monotonic()
        self._sample(status)
        self._latest = status
        same = self._drawn is not None and (self._drawn.state, self._drawn.health) == (status.state, status.health)
        if not same or self._monotonic() - self._drawn_ns >= self._frame_ns:
            self._draw(status)

    def close(self) -> None:
        """Draw the last status and give the screen back; may be called twice."""
        if self._latest is not None and self._latest is not self._drawn:
            self._draw(self._latest)
        self._end()
        self._over = True

    def _sample(self, status: BotStatus) -> None:
        if self._sampled_ns is not None and status.now_ns - self._sampled_ns < _SAMPLE_EVERY_NS:
            return
        self._sampled_ns = status.now_ns
        for venue in status.venues:
            middle = mid(venue)
            if middle is not None:
                self._mids.setdefault(venue.exchange, deque(maxlen=_SAMPLES)).append(middle)

    def _draw(self, status: BotStatus) -> None:
        if self._over:
            return
        self._drawn, self._drawn_ns = status, self._monotonic()
        try:
            self._live_of_this_size().update(frame(status, self._screen(status)), refresh=True)
        except OSError:  # the terminal is gone; the bot is not
            self._give_up()
            self._end()

    def _screen(self, status: BotStatus) -> Screen:
        width, height = self._console.size
        orders = sum(len(venue.orders) for venue in status.venues)
        self._order_lines = max(self._order_lines, min(orders, MOST_ORDER_LINES))
        return Screen(
            width=width,
            height=min(max(1, height - 1), _TALLEST),
            real_ns=self._monotonic() - (self._started_ns or 0),
            mids={label: tuple(mids) for label, mids in self._mids.items()},
            order_lines=self._order_lines,
            glyphs=formats.ASCII if self._console.options.ascii_only else formats.UNICODE,
        )

    def _live_of_this_size(self) -> Live:
        """Begin, or begin anew on an empty screen: a frame cannot be redrawn in place once its lines are re-wrapped."""
        size = tuple(self._console.size)
        if self._live is not None and size == self._size:
            return self._live
        if self._live is not None:
            self._live.update("")
            self._end()
            self._console.clear()
        _never_fail_on(self._console.file)
        self._size = (size[0], size[1])
        redirect = sys.stderr.isatty()  # an stderr sent elsewhere stays there
        live = Live(console=self._console, auto_refresh=False, redirect_stderr=redirect, vertical_overflow="crop")
        live.start()
        self._live = live
        return live

    def _end(self) -> None:
        live, self._live = self._live, None
        if live is None:
            return
        try:
            live.stop()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        self._over = self._console.quiet = True
        point_at_nothing(self._console.file)


def _never_fail_on(stream: object) -> None:
    """Write a question mark for what the terminal's encoding does not know."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
