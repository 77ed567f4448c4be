"""Commands on recorded markets."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_runner import CommandLine

from simulation.paper_markets import paper_market
from simulation.paper_world import SYNTHETIC_START_NS
from simulation.parquet_tape import ParquetTape
from simulation.synthetic import SyntheticTape


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line in an empty folder."""
    return CommandLine(tmp_path, monkeypatch)


def words(text: str) -> str:
    """Put a table's words one space apart."""
    return " ".join(text.split())


def test_synth_writes_what_paper_trades_on(cli: CommandLine) -> None:
    """The file holds the invented market of that ticker and seed, from its start, for the duration asked for."""
    result = cli("tape", "synth", "-o", "eth.parquet", "--ticker", "eth", "--seed", "3", "--duration", "2m")
    assert (result.exit_code, result.stdout) == (0, "wrote eth.parquet\n")
    tape = ParquetTape(Path("eth.parquet"))
    invented = next(SyntheticTape(paper_market("ETH"), 3, SYNTHETIC_START_NS).chunks())
    times = [time for chunk in tape.chunks() for time in chunk.time_ns]
    asks = [ask for chunk in tape.chunks() for ask in chunk.ask]
    assert times == [time for time in invented.time_ns if time < SYNTHETIC_START_NS + 120_000_000_000]
    assert asks == list(invented.ask)[: len(asks)]


def test_info_describes_a_tape(cli: CommandLine) -> None:
    """Market, grid, span and rows are told as people read them."""
    cli("tape", "synth", "-o", "btc.parquet", "--duration", "10m")
    shown = words(cli("tape", "info", "btc.parquet").stdout)
    for part in ("ticker BTC/USD", "source synthetic", "tick size 0.1", "from 2026-01-01 00:00:00", "span 9m", "tick"):
        assert part in shown


def test_import_makes_a_tape_of_a_tape(cli: CommandLine) -> None:
    """What can be opened can be written as one tape; the rows stay the same."""
    cli("tape", "synth", "-o", "a.parquet", "--duration", "1m")
    assert cli("tape", "import", "a.parquet", "-o", "b.parquet", "--ticker", "BTC").stdout == "wrote b.parquet\n"
    first, second = (next(ParquetTape(Path(name)).chunks()) for name in ("a.parquet", "b.parquet"))
    assert (first.time_ns, first.bid, first.ask) == (second.time_ns, second.bid, second.ask)


def test_import_makes_a_tape_of_recordings(cli: CommandLine) -> None:
    """A recording becomes a tape, and info says the same of both."""
    lines = "".join(f"170000000{n}.0,{100 + n}.0,{100 + n}.1,0\n" for n in range(5))
    Path("bbo_BTCUSDT.csv").write_text("unix_timestamp,bid,ask,mid\n" + lines)
    result = cli("tape", "import", "bbo_BTCUSDT.csv", "-o", "btc.parquet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "wrote btc.parquet\n", "")
    assert sorted(path.name for path in cli.folder.iterdir()) == ["bbo_BTCUSDT.csv", "btc.parquet"]
    assert cli("tape", "info", "btc.parquet").stdout == cli("tape", "info", "bbo_BTCUSDT.csv").stdout


def test_a_recording_is_not_overwritten(cli: CommandLine) -> None:
    """The tape may not take the place of what it is made of."""
    Path("bbo_BTCUSDT.csv").write_text("unix_timestamp,bid,ask,mid\n1.0,1,2,0\n")
    refusal = cli.refusal("tape", "import", "bbo_BTCUSDT.csv", "-o", "./bbo_BTCUSDT.csv")
    assert refusal == "bbo_BTCUSDT.csv cannot be written (it is one of the recordings): choose another place"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("synth -o x.parquet --duration soon", "--duration: 'soon' is no duration"),
        ("synth -o x.parquet --duration 0s", "--duration '0s': must be a duration"),
        ("synth -o x.parquet --seed -1", "--seed '-1': must be a whole number at least 0"),
        ("synth -o x.parquet --ticker NOSUCH", ""),
        ("synth -o missing/x.parquet --duration 1m", "missing/x.parquet cannot be written"),
        ("import nosuch.csv -o missing/x.parquet", "missing/x.parquet cannot be written (there is no folder missing)"),
        ("synth -o . --duration 1m", ". cannot be written (it is a folder)"),
        ("synth", "missing option '-o' / '--output'"),
        ("info", "missing argument 'FILES...'"),
        ("info nosuch.parquet", ""),
        ("import nosuch.csv -o x.parquet", ""),
        ("import a.csv -o x.parquet --tick-size -1", "--tick-size '-1': must be a number above 0, or off"),
    ],
)
def test_bad_lines_are_refused(cli: CommandLine, line: str, expected: str) -> None:
    """Mistakes are one line, and no half-written file stays."""
    assert cli.refusal("tape", *line.split()).startswith(expected)
