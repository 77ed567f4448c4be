"""From files to one tape: a finished one, or raw recordings recognised, merged and converted.

Also says what a tape is like (describe_tape).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec

from helpers.errors import UserError
from simulation.importers.catalogue import recognise
from simulation.importers.recording import Format, MarketSink, Watch
from simulation.importers.survey import Survey
from simulation.importers.symbols import split_symbol
from simulation.importers.text import first_bytes
from simulation.parquet_file import MAGIC
from simulation.parquet_tape import ParquetTape, is_tape_file
from simulation.prepared_tape import WORTH_ROWS, find_prepared, prepare
from simulation.tape import Instrument, RowKind, Tape
from simulation.tape_builder import TapeBuilder

_NS_PER_S = 1_000_000_000
_QUOTE = int(RowKind.QUOTE)


class TapeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a tape is like."""

    instrument: Instrument
    rows: int
    quotes: int
    trades: int
    first_ns: int
    last_ns: int
    largest_gap_s: float
    """Longest time without a row."""
    largest_quote_gap_s: float
    """Longest time without a quote: trades may go on while the quotes stand still."""
    locked: int
    """Rows whose bid equals the ask."""
    crossed: int
    """Rows whose bid is above the ask."""
    median_spread_ticks: int | None
    """Over the rows that have both sides; None if there is none."""


class FiniteTape(Tape, Protocol):
    """A tape that ends."""

    @property
    def most_rows(self) -> int:
        """Rows there are at most."""
        ...


Tell = Callable[[str, float], None]
"""Told now and then what is being done, and which share of it is done."""


def untold(what: str, share: float) -> None:
    """Tell nobody."""
    del what, share


def open_tape(
    paths: Sequence[Path],
    ticker: str | None,
    *,
    tick_size: Decimal | None = None,
    quantity_step: Decimal | None = None,
    folder: Path | None = None,
    tell: Tell = untold,
    is_prepared: bool = True,
) -> FiniteTape:
    """Open a tape file, or make a tape from raw recordings of one market.

    Recordings are sorted through a temporary file if they are long, so they may be larger than memory.
    Prepared columns beside a tape file are used if they are there, and made if it is worth it.

    Args:
        paths: one tape file, or any number of recordings.
        ticker: what the tape must hold; also names the market of recordings that do not tell it.
        tick_size: instead of the finest price seen; for recordings.
        quantity_step: instead of the finest quantity seen; for recordings.
        folder: where the temporary file goes; None is the system's place for such files.
        tell: hears how far the reading of recordings, or the preparing of a tape file, has come.
        is_prepared: whether prepared columns may be made; they are for those who trade a tape again and again.

    Raises:
        UserError: a file is missing, unreadable or not recognised, or they do not fit together or the ticker, or
            there is no room for sorting.
    """
    if not paths:
        raise UserError("no tape is given", "name a tape file or recordings")
    finished = [path for path in paths if _is_finished(path)]
    if not finished:
        return _import(paths, ticker, Survey(tick_size, quantity_step), folder, tell)
    if len(paths) > 1:
        raise UserError(f"{finished[0]} is a finished tape and cannot be merged", "give it alone")
    if tick_size is not None or quantity_step is not None:
        raise UserError(f"{finished[0]} is a finished tape: its grid is fixed", "import the recordings again")
    tape = find_prepared(finished[0]) or ParquetTape(finished[0])
    _demand_ticker(tape.instrument.ticker, ticker)
    if is_prepared and isinstance(tape, ParquetTape) and tape.most_rows >= WORTH_ROWS:
        return prepare(finished[0], tape, tell) or tape
    return tape


def describe_tape(tape: Tape) -> TapeInfo:
    """Read a whole tape, which must have an end, and say what it is like."""
    rows = quotes = 0
    gap, quote_gap = _Gap(tape.start_ns), _Gap(tape.start_ns)
    spreads: Counter[int] = Counter()
    for chunk in tape.chunks():
        rows += len(chunk)
        quotes += chunk.kind.tobytes().count(_QUOTE)
        gap.pass_over(chunk.time_ns)
        quote_gap.pass_over(t for t, kind in zip(chunk.time_ns, chunk.kind, strict=True) if kind == _QUOTE)
        spreads.update(ask - bid for bid, ask in zip(chunk.bid, chunk.ask, strict=True) if bid and ask)
    return TapeInfo(
        instrument=tape.instrument,
        rows=rows,
        quotes=quotes,
        trades=rows - quotes,
        first_ns=tape.start_ns,
        last_ns=gap.last_ns,
        largest_gap_s=gap.largest_ns / _NS_PER_S,
        largest_quote_gap_s=max(quote_gap.largest_ns, gap.last_ns - quote_gap.last_ns) / _NS_PER_S,
        locked=spreads[0],
        crossed=sum(count for spread, count in spreads.items() if spread < 0),
        median_spread_ticks=_median(spreads),
    )


class _Gap:
    """The longest step of a run of times."""

    def __init__(self, first_ns: int) -> None:
        self.last_ns = first_ns
        self.largest_ns = 0

    def pass_over(self, times: Iterable[int]) -> None:
        last, largest = self.last_ns, self.largest_ns
        for time_ns in times:
            largest = max(largest, time_ns - last)
            last = time_ns
        self.last_ns, self.largest_ns = last, largest


def _median(spreads: Counter[int]) -> int | None:
    left = (spreads.total() + 1) // 2
    for spread in sorted(spreads):
        left -= spreads[spread]
        if left <= 0:
            return spread
    return None


def _is_finished(path: Path) -> bool:
    # Who finds prepared columns needs no pyarrow to know what they were made from.
    return first_bytes(path).startswith(MAGIC) and (find_prepared(path) is not None or is_tape_file(path))


def _import(paths: Sequence[Path], ticker: str | None, survey: Survey, folder: Path | None, tell: Tell) -> FiniteTape:
    files = [(recognise(path), path) for path in paths]
    # At one time, a trade comes before the quote that it led to, whatever the order of the arguments.
    files.sort(key=lambda file: (file[0].has_quotes, str(file[1])))
    source, found, quote = _market(files, ticker)
    _demand_ticker(found, ticker)
    _read(files, survey, partial(tell, "looking through"))
    builder = TapeBuilder(survey.instrument(found, quote, source), folder)
    builder.expect(survey.events)
    _read(files, builder, partial(tell, "sorting"))
    return builder.build()


def _read(files: Sequence[tuple[Format, Path]], sink: MarketSink, watch: Watch) -> None:
    sizes = [path.stat().st_size for _, path in files]
    for index, (known, path) in enumerate(files):
        known.read(path, sink, _part(watch, sum(sizes[:index]), sizes[index], sum(sizes)))


def _part(watch: Watch, before: int, size: int, total: int) -> Watch:
    """Watch one file of several."""
    return lambda share: watch((before + share * size) / total)


def _market(files: Sequence[tuple[Format, Path]], ticker: str | None) -> tuple[str, str, str]:
    """Give source, ticker and quote currency that all files share."""
    markets: dict[tuple[str, str, str], Path] = {}
    for known, path in files:
        symbol = known.symbol(path) or ticker
        if symbol is None:
            raise UserError(f"{path} does not tell its market", "name it like trades_BTC.csv, or give the ticker")
        markets.setdefault((known.source, *split_symbol(symbol, known.quote)), path)
    if len(markets) > 1:
        parts = [f"{path.name} is {name} of {source}" for (source, name, _), path in markets.items()]
        raise UserError(f"the recordings are of different markets ({', '.join(parts)})", "make one tape of each")
    return next(iter(markets))


def _demand_ticker(found: str, wanted: str | None) -> None:
    if wanted is not None and found.upper() != wanted.upper():
        raise UserError(f"the tape holds {found}, not {wanted}", f"give the ticker {found} or another tape")
