"""The race of benchmarks/race.py between plain Python, the bot and other people's backtesters.

Every run is a process of its own. Every peer has an environment of its own below `build/peers`, made
at the first run from pinned versions. One that cannot be installed or fails is named in a line, and
the others go on.

    python -m benchmarks.peers_bench [--rows 5000000] [--runs 3] [--moving 0.1] [NAME ...]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.event_tape import MOVING, event_folder
from benchmarks.fresh_process import Report, keep_to_one_core, last_line, median_report
from benchmarks.race import FillRule, Race
from helpers.errors import RunbotError

_FOLDER: Final = Path("build/peers")
_PINS: Final = {
    "hftbacktest": ("hftbacktest==2.4.4", "numba==0.68.1", "numpy==2.2.6"),
    "nautilus": ("nautilus_trader==1.221.0", "numpy==2.4.6", "pandas==2.3.3"),
}
_PLAIN: Final = "plain"
_REFERENCE: Final = "benchmarks.reference"
_HFTBACKTEST: Final = "benchmarks.peers.hftbacktest_peer"


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """Who runs, and how; the command prints the line of benchmarks.race.report."""

    name: str
    what: str
    arguments: tuple[str, ...]
    """Of its Python; {folder}, {race}, {rows} and {moving} are filled in."""
    rule: FillRule | None = FillRule.QUEUE
    """None: its fills are not to be compared."""
    peer: str | None = None
    """The environment it needs; None: the project's."""


CONTESTANTS: Final = (
    Contestant(
        name=_PLAIN,
        what="plain Python, loop over ints",
        arguments=("-m", _REFERENCE, "plain", "{race}", "{rows}", "--moving", "{moving}"),
    ),
    Contestant(
        name="naive",
        what="plain Python, awaited events with Decimals",
        arguments=("-m", _REFERENCE, "naive", "{race}", "{rows}", "--moving", "{moving}"),
    ),
    Contestant(
        name="runbot",
        what="runbot, the whole bot, Decimals",
        arguments=("-m", "benchmarks.backtest_cases", "{race}", "{rows}", "--moving", "{moving}"),
    ),
    Contestant(
        name="hftbacktest",
        what="hftbacktest 2.4.4, numba, every feed event",
        arguments=("-m", _HFTBACKTEST, "{folder}", "{race}", "feed"),
        peer="hftbacktest",
    ),
    Contestant(
        name="hftbacktest-100ms",
        what="hftbacktest 2.4.4, numba, steps of 100 ms",
        arguments=("-m", _HFTBACKTEST, "{folder}", "{race}", "100ms"),
        rule=None,
        peer="hftbacktest",
    ),
    Contestant(
        name="nautilus",
        what="nautilus_trader 1.221.0, fills by quotes only",
        arguments=("-m", "benchmarks.peers.nautilus_peer", "{folder}", "{race}"),
        rule=FillRule.QUOTES,
        peer="nautilus",
    ),
)


def main() -> int:
    """Run everyone and print a table."""
    options = _options()
    chosen = [contestant for contestant in CONTESTANTS if contestant.name in options.names]
    pythons = {peer: _environment(peer) for peer in dict.fromkeys(contestant.peer for contestant in chosen)}
    folder = event_folder(options.rows, moving=options.moving)
    keep_to_one_core()
    print(f"{options.rows:,} events, {options.moving:.1%} of them move the best price; median of {options.runs}")
    print(
        f"{'':<48}{'race':>6}{'M events/s':>12}{'a CPU s':>9}{'x plain':>9}"
        f"{'peak MB':>9}{'start CPU s':>13}{'fills':>9}"
    )
    for race in Race:
        fields = {"folder": str(folder), "race": str(race), "rows": str(options.rows), "moving": str(options.moving)}
        base = _plain(fields, FillRule.QUEUE, options.runs)
        for contestant in chosen:
            python = pythons[contestant.peer]
            if python is not None:
                _show(contestant, race, _measure(python, contestant, fields, options.runs), base, fields)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the speed of backtests.")
    names = [contestant.name for contestant in CONTESTANTS]
    parser.add_argument("names", nargs="*", default=names, metavar="NAME", help=f"whom to run: {', '.join(names)}")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--moving", type=float, default=MOVING, help="share of the rows that move the best price")
    options = parser.parse_args()
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(names)}")
    return options


def _environment(peer: str | None) -> Path | None:
    """Give the Python of an environment with what the peer needs; None if it cannot be installed."""
    if peer is None:
        return Path(sys.executable)
    # Absolute: an installer that is told a place in any other way may take the environment it runs in.
    folder = _FOLDER.absolute() / peer
    python, stamp, pins = folder / "bin" / "python", folder / "installed", "\n".join(_PINS[peer])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == pins:
        return python
    print(f"installing {', '.join(_PINS[peer])}, once", file=sys.stderr)
    venv.create(folder, clear=True, with_pip=True)
    # The environment's own pip: it can install nowhere else.
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *_PINS[peer]]
    done = subprocess.run(install, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
    if done.returncode:
        print(f"{peer} cannot be installed here: left out ({last_line(done.stderr)})")
        return None
    stamp.write_text(pins, encoding="utf-8")
    return python


def _plain(fields: dict[str, str], rule: FillRule, runs: int) -> Report | None:
    plain = CONTESTANTS[0]
    with_rule = Contestant(name=plain.name, what=plain.what, arguments=(*plain.arguments, "--rule", str(rule)))
    return _measure(Path(sys.executable), with_rule, fields, runs)


def _measure(python: Path, contestant: Contestant, fields: dict[str, str], runs: int) -> Report | None:
    """Give the median of each figure over fresh processes; None, and a line, if one fails."""
    command = [str(python), *(argument.format(**fields) for argument in contestant.arguments)]
    try:
        return median_report(command, runs)
    except RunbotError as error:
        print(f"{contestant.what}: failed on {fields['race']} ({error})")
        return None


def _show(
    contestant: Contestant, race: Race, report: Report | None, base: Report | None, fields: dict[str, str]
) -> None:
    if report is None or base is None:
        return
    millions = report["events"] / 1e6
    # By CPU time: on a machine with other work it says more than the clock.
    ratio = base["cpu_s"] / report["cpu_s"]
    same = _mark(contestant, report, base, fields)
    print(
        f"{contestant.what:<48}{race:>6}{millions / report['wall_s']:>12.2f}"
        f"{millions / report['cpu_s']:>9.2f}{ratio:>9.2f}{report['peak_rss_mb']:>9.0f}"
        f"{report['startup_cpu_s']:>13.1f}{report['fills']:>9,} {same}",
        flush=True,
    )


def _mark(contestant: Contestant, report: Report, base: Report, fields: dict[str, str]) -> str:
    """Say whether all fills are those of the plain loop under the same rule."""
    if contestant.rule is None:
        return ""
    expected = base if contestant.rule is FillRule.QUEUE else _plain(fields, contestant.rule, 1)
    return "=" if expected is not None and expected["fingerprint"] == report["fingerprint"] else "differs"


if __name__ == "__main__":
    sys.exit(main())
