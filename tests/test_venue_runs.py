"""Whole runs on real venues' protocols: the bot, the venue's client and its signatures, in virtual time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from venue_runs import GRID, VENUES, run_on
from worlds import START_NS

from helpers.clock import NS_PER_S
from helpers.journal_reader import JournalReader
from helpers.secret_names import is_secret_name


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Catch log lines of every level."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("name", VENUES)
def test_the_grid_trades_and_ends_flat(name: str, tmp_path: Path) -> None:
    """Half an hour of the grid through the protocol: it fills, the books of both sides agree, and it ends flat."""
    run = run_on(name, tmp_path / "run", *GRID)
    summary = run.done.summary
    account = run.account
    assert summary.fills > 0, run.lines.texts()
    assert summary.fills == len(account.fills)
    assert account.held() == []
    assert account.live == {}
    earned = summary.realised_pnl - summary.fees + (summary.funding or 0)
    assert abs(account.wallet - account.deposit - earned) < abs(earned) / 1_000 + 1
    assert run.lines.texts("health") == []
    assert run.lines.texts("rejected") == []


@pytest.mark.parametrize("name", VENUES)
def test_the_same_seed_gives_the_same_run(name: str, tmp_path: Path) -> None:
    """Signatures may be random; decisions, orders and fills are not."""
    first, second = (run_on(name, tmp_path / each, *GRID, "--duration=5m") for each in ("a", "b"))
    assert first.done.summary.trace_hash == second.done.summary.trace_hash
    assert first.done.summary.orders > 0


@pytest.mark.parametrize("name", VENUES)
def test_a_simulator_that_was_started_anew_is_traded_on_like_the_first(name: str, tmp_path: Path) -> None:
    """The same account on a venue that forgot everything: no number comes twice, so no fill is taken for an old one."""
    run_on(name, tmp_path / "run", *GRID, "--duration=10m")
    again = run_on(name, tmp_path / "run", *GRID, "--duration=10m", start_ns=START_NS + 3_600 * NS_PER_S)
    account = again.account
    assert again.done.summary.fills == len(account.fills) > 0
    assert (account.held(), account.live) == ([], {})


@pytest.mark.parametrize("name", VENUES)
def test_no_key_is_left_anywhere(name: str, tmp_path: Path, everything_logged: pytest.LogCaptureFixture) -> None:
    """Journal, lines, logs and what stdout and stderr saw hold no value of any secret variable."""
    run = run_on(name, tmp_path / "run", *GRID, "--duration=5m", "--log-level=debug")
    secrets = [value for variable, value in run.environment.items() if is_secret_name(variable) and len(value) > 8]
    assert secrets
    texts = [path.read_bytes() for path in run.folder.rglob("*") if path.is_file()]
    texts += ["\n".join(run.lines.texts()).encode(), everything_logged.text.encode()]
    for secret in secrets:
        bare = secret.lower().removeprefix("0x").encode()
        assert not any(bare in text.lower() for text in texts)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", VENUES)
def test_a_bad_network_loses_and_doubles_nothing(name: str, seed: int, tmp_path: Path) -> None:
    """A tenth of all requests in trouble and streams that break: both sides' books agree, and nothing is left over."""
    run = run_on(name, tmp_path / "run", *GRID, f"--seed={seed}", fault_rate=0.1)
    account = run.account
    assert len(run.struck) > 10
    assert account.held() == [], run.lines.texts()
    assert account.live == {}
    (folder,) = [path for path in run.folder.iterdir() if path.is_dir()]
    with JournalReader(folder) as journal:
        assert sorted(fill.price for fill in journal.fills()) == sorted(fill.price for fill in account.fills)
        assert len(account.known) <= len(journal.orders())  # nothing was sent twice
    assert run.done.summary.fills == len(account.fills)
