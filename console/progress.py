"""How far a long piece of work has come: a bar on stderr, on a terminal only, and only once it takes a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from rich.console import Console

from helpers.clock import NS_PER_S, monotonic_ns
from simulation.tape import Instrument, Tape, TapeChunk

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE_NS: Final = NS_PER_S
"""Work that is done sooner shows no bar."""


class Bar:
    """One bar, for one piece of work after the other; gone when all is done."""

    def __init__(self, console: Console | None = None, now_ns: Callable[[], int] = monotonic_ns) -> None:
        """Draw nothing yet."""
        self._console = console or Console(stderr=True)
        self._now_ns = now_ns
        self._started_ns = now_ns()
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take the bar away, also after an error or Ctrl-C."""
        if self._progress is not None:
            self._progress.stop()

    def tell(self, what: str, share: float) -> None:
        """Show what is being done and which share of it is done, 0 to 1."""
        if self._progress is None and self._is_due():
            self._progress = _drawn(self._console)
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], description=what, completed=min(share, 1.0))

    def _is_due(self) -> bool:
        return self._console.is_terminal and self._now_ns() - self._started_ns >= PATIENCE_NS


def _drawn(console: Console) -> Progress:
    # Imported here: most commands are done before a bar would show.
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # noqa: PLC0415

    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=console, transient=True
    )
    progress.add_task("", total=1.0)
    progress.start()
    return progress


class WatchedTape:
    """A tape that tells how far it has been read."""

    def __init__(self, tape: Tape, tell: Callable[[int, int], None]) -> None:
        """Tell rows read so far and the time of the last one, after each chunk."""
        self._tape = tape
        self._tell = tell

    @property
    def instrument(self) -> Instrument:
        """What the integers mean."""
        return self._tape.instrument

    @property
    def start_ns(self) -> int:
        """Time of the first row."""
        return self._tape.start_ns

    def chunks(self) -> Iterator[TapeChunk]:
        """Yield the rows from the start."""
        rows = 0
        for chunk in self._tape.chunks():
            yield chunk
            rows += len(chunk)
            self._tell(rows, chunk.time_ns[-1])
