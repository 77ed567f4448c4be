"""Commands on recorded markets: import a recording, describe a tape, write an invented one down."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

import click

from console import formats
from console.listing import show_table
from console.options import ParamsCommand
from console.progress import Bar, WatchedTape
from helpers.durations import DurationNs
from helpers.money import plain
from helpers.params import Params, param
from helpers.run_options import MAX_SEED, Ticker
from simulation.paper_markets import paper_market
from simulation.paper_world import SYNTHETIC_START_NS
from simulation.parquet_tape import ParquetTape, write_parquet
from simulation.prepared_tape import PreparedTape, preparation
from simulation.synthetic import SyntheticTape
from simulation.tape_files import FiniteTape, TapeInfo, describe_tape, open_tape
from simulation.tape_place import demand_place

_PATH: Final = click.Path(path_type=Path)


class SourceOptions(Params):
    """Which market the files hold, where they do not say it themselves."""

    ticker: Ticker | None = param(None, help="Base asset; off is what the files say.")
    tick_size: Decimal | None = param(None, help="Price step of raw recordings; off is the finest seen.", gt=0)
    quantity_step: Decimal | None = param(None, help="Quantity step of raw recordings; off is the finest seen.", gt=0)


class SynthOptions(Params):
    """Which invented market, and how much of it."""

    ticker: Ticker = param("BTC", help="Base asset of the invented market.")
    seed: int = param(7, help="What the market grows from; a run with this seed trades on the same.", ge=0, le=MAX_SEED)
    duration: DurationNs = param("24h", help="How much to write: 90s, 10m, 24h, 7d, 1h30m.", gt=0)


@click.group(no_args_is_help=False)
def tape() -> None:
    """Import, describe or make recorded markets."""


@tape.command("import", cls=ParamsCommand, params_model=SourceOptions)
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("-o", "--output", required=True, metavar="FILE", type=_PATH, help="The tape to write (.parquet).")
def import_tape(files: tuple[Path, ...], output: Path, options: SourceOptions) -> None:
    """Turn recorded FILES of one market into one tape."""
    demand_place(output, files)
    with Bar() as bar:
        # Sorted beside the output: who has room for the tape there has room for this.
        recorded = _open(files, options, bar, output.parent)
        write_parquet(_watched(recorded, bar, "writing"), output)
    click.echo(f"wrote {output}")


@tape.command(cls=ParamsCommand, params_model=SourceOptions)
@click.argument("files", nargs=-1, required=True, type=_PATH)
def info(files: tuple[Path, ...], options: SourceOptions) -> None:
    """Say what FILES hold: market, span, rows, gaps."""
    with Bar() as bar:
        opened = _open(files, options, bar, None)
        found = describe_tape(_watched(opened, bar, "reading"))
    show_table("", ("what", "value"), [*_info_rows(found), *_preparation_row(files[0], opened)])


@tape.command(cls=ParamsCommand, params_model=SynthOptions)
@click.option("-o", "--output", required=True, metavar="FILE", type=_PATH, help="The tape to write (.parquet).")
def synth(output: Path, options: SynthOptions) -> None:
    """Write down the market that `paper` invents from a seed."""
    invented = SyntheticTape(paper_market(options.ticker), options.seed, SYNTHETIC_START_NS)
    with Bar() as bar:
        watched = WatchedTape(
            invented, lambda _, now_ns: bar.tell("inventing", (now_ns - SYNTHETIC_START_NS) / options.duration)
        )
        write_parquet(watched, output, until_ns=SYNTHETIC_START_NS + options.duration)
    click.echo(f"wrote {output}")


def _open(files: tuple[Path, ...], options: SourceOptions, bar: Bar, folder: Path | None) -> FiniteTape:
    return open_tape(
        files,
        options.ticker,
        tick_size=options.tick_size,
        quantity_step=options.quantity_step,
        folder=folder,
        tell=bar.tell,
        is_prepared=False,
    )


def _watched(tape: FiniteTape, bar: Bar, what: str) -> WatchedTape:
    return WatchedTape(tape, lambda rows, _: bar.tell(what, rows / tape.most_rows))


def _info_rows(found: TapeInfo) -> list[tuple[str, str]]:
    market = found.instrument
    spread = found.median_spread_ticks
    return [
        ("ticker", f"{market.ticker}/{market.quote}"),
        ("source", market.source),
        ("tick size", plain(market.tick_size)),
        ("quantity step", plain(market.quantity_step)),
        ("from", f"{formats.timestamp(found.first_ns)} UTC"),
        ("to", f"{formats.timestamp(found.last_ns)} UTC"),
        ("span", formats.duration(found.last_ns - found.first_ns)),
        (
            "rows",
            f"{formats.count(found.rows)} ({formats.count(found.quotes)} quotes, {formats.count(found.trades)} trades)",
        ),
        ("largest gap", f"{found.largest_gap_s:,.3f} s"),
        ("largest gap of quotes", f"{found.largest_quote_gap_s:,.3f} s"),
        (
            "median spread",
            formats.UNKNOWN if spread is None else formats.ticks(spread * market.tick_size, market.tick_size),
        ),
        ("locked, crossed", f"{formats.count(found.locked)}, {formats.count(found.crossed)}"),
    ]


def _preparation_row(path: Path, tape: FiniteTape) -> list[tuple[str, str]]:
    state = preparation(path, tape.most_rows) if isinstance(tape, ParquetTape | PreparedTape) else None
    return [] if state is None else [("prepared columns", state)]
