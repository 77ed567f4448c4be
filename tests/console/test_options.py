"""Options made from declarations, and what is found out before a line is parsed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from console.choice import Surroundings, choose, chosen_config, runs_folder
from console.options import OptionsCommand, ParamsCommand, StrategyCommand, click_option, surroundings, usage_problem
from helpers.decisions import OnStop
from helpers.errors import UserError
from helpers.option_table import option_table
from helpers.paper_options import PaperOptions
from helpers.params import Params, describe, param
from helpers.risk_limits import RiskLimits
from helpers.run_options import RunOptions
from strategies.factory import strategies


class Sample(Params):
    """One option of each shape."""

    size: Decimal = param(help="How much.", unit="base", gt=0)
    loops: int = param(3, help="How often.")
    loud: bool = param(False, help="Make noise.")
    inputs: tuple[Path, ...] = param((), help="What to read.")


def made(name: str) -> click.Option:
    """Make the click option of a sample's field."""
    return click_option(option_table({"Sample": Sample})[name])


def test_an_option_takes_any_text() -> None:
    """Click passes texts on: numbers are judged where units and limits are known."""
    assert made("loops").opts == ["--loops"]
    assert made("loops").type is click.STRING
    assert made("loops").default is None
    assert made("loops").metavar == "NUMBER"


def test_a_yes_or_no_option_has_two_flags() -> None:
    """A bool is switched on by --x and off by --no-x, so that a flag can beat a file either way."""
    assert (made("loud").opts, made("loud").secondary_opts) == (["--loud"], ["--no-loud"])


def test_a_list_is_a_repeatable_option() -> None:
    """A tuple takes its flag several times."""
    assert made("inputs").multiple
    assert not made("loops").multiple


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("size", "How much.  [base; required]"),
        ("loops", "How often.  [default: 3]"),
        ("loud", "Make noise.  [default: no]"),
        ("inputs", "What to read.  [default: none]"),
    ],
)
def test_help_tells_unit_and_default(name: str, expected: str) -> None:
    """Every option says what it is measured in and what it is when nobody says."""
    assert made(name).help == expected


@pytest.mark.parametrize("strategy", strategies.names())
def test_every_declared_parameter_has_a_flag(strategy: str, tmp_path: Path) -> None:
    """All parameters of each strategy, the run, the limits and the simulated venue are options, once each."""
    table = choose(["--strategy", strategy], Surroundings({}, tmp_path)).table
    declared = [
        info.name
        for model in (RunOptions, RiskLimits, PaperOptions, strategies.load(strategy).params_model)
        for info in describe(model)
    ]
    assert [option.info.name for option in table.values()] == declared
    flags = [
        flag for option in table.values() for flag in (*click_option(option).opts, *click_option(option).secondary_opts)
    ]
    assert len(flags) == len(set(flags))


# -- commands -------------------------------------------------------------------------------------


@click.command(cls=ParamsCommand, params_model=Sample)
@click.option("--where", help="Elsewhere.")
def sampled(options: Sample, where: str | None) -> None:
    """Show what was understood."""
    click.echo(f"{options!r} {where}")


def test_a_command_gets_its_options_as_one_checked_set() -> None:
    """The fields of a model are flags, and arrive as the model."""
    result = CliRunner().invoke(sampled, ["--size", "0.10", "--loud", "--inputs", "a", "--inputs", "b", "--where", "x"])
    expected = Sample(size=Decimal("0.10"), loud=True, inputs=(Path("a"), Path("b")))
    assert result.output == f"{expected!r} x\n"


def test_a_wrong_or_missing_value_is_a_user_error() -> None:
    """Values are judged before the command's own code runs."""
    for line, expected in (
        ("--size 0", "--size '0': must be a number above 0 (base)"),
        ("", "Options needs --size: How much. It must be a number above 0 (base)"),
    ):
        error = CliRunner().invoke(sampled, line.split()).exception
        assert isinstance(error, UserError)
        assert str(error) == expected


def test_help_has_one_group_a_section() -> None:
    """Declared options stand in their section, the command's own below."""
    text = CliRunner().invoke(sampled, ["--help"]).output
    assert text.index("Options:") < text.index("--size") < text.index("Other:") < text.index("--where")


def test_a_table_is_needed() -> None:
    """The base of such commands has no options of its own."""
    with pytest.raises(NotImplementedError):
        OptionsCommand("x").make_context("x", [])


def test_surroundings_are_needed() -> None:
    """A command never falls back to reading the process by itself."""
    with pytest.raises(LookupError):
        StrategyCommand("x").make_context("x", [])
    here = Surroundings({"A": "1"}, Path())
    assert surroundings(click.Context(click.Command("x"), obj=here)) is here


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (click.NoSuchOption("--tickr", possibilities=["--ticker"]), "unknown option '--tickr': did you mean --ticker?"),
        (click.NoSuchOption("--a\nb"), r"unknown option '--a\nb': --help lists what there is"),
        (click.UsageError("Got unexpected\n extra argument."), "got unexpected extra argument"),
        (click.UsageError(""), ""),
    ],
)
def test_complaints_of_click_are_one_line(error: click.UsageError, expected: str) -> None:
    """Whatever click says fits on one line."""
    assert usage_problem(error) == expected


# -- before parsing --------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["--strategy", "grid", "--ticker", "--config=", "--env-file", "--seed=1", "x", "--", ""]))
)
def test_looking_ahead_never_breaks(args: list[str]) -> None:
    """Any line, however odd, gives options or a UserError."""
    try:
        choice = choose(args, Surroundings({}, Path("/nonexistent")))
    except UserError:
        return
    assert "ticker" in choice.table


@pytest.mark.parametrize(
    ("args", "strategy"),
    [
        (["--ticker", "BTC"], None),
        (["--strategy", "nosuch"], "nosuch"),
        (["--strategy=nosuch", "--ticker", "X"], "nosuch"),
        (["--strategy=grid", "--strategy", "nosuch"], "nosuch"),
        (["--strategy"], None),
    ],
)
def test_the_last_strategy_flag_counts(args: list[str], strategy: str | None, tmp_path: Path) -> None:
    """Both spellings of a flag are seen, and the last wins as in the parsed line."""
    here = Surroundings({}, tmp_path)
    if strategy is None:
        assert choose(args, here).table
        return
    with pytest.raises(UserError, match=f"unknown strategy '{strategy}'"):
        choose(args, here)


def test_files_are_read_once(tmp_path: Path) -> None:
    """What was read before parsing is what the configuration is built from."""
    (tmp_path / "c.yaml").write_text("seed: 5\n")
    choice = choose(["--config", "c.yaml"], Surroundings({}, tmp_path))
    (tmp_path / "c.yaml").unlink()
    assert chosen_config({"config": "c.yaml"}, choice).run.seed == 5


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        ({}, {}, (OnStop.KEEP, "strategy")),
        ({"on_stop": "cancel"}, {}, (OnStop.CANCEL, "flag")),
        ({}, {"RUNBOT_ON_STOP": "close"}, (OnStop.CLOSE, "environment")),
    ],
)
def test_a_strategy_prefers_and_the_person_decides(
    flags: dict[str, str], environment: dict[str, str], expected: tuple[OnStop, str], tmp_path: Path
) -> None:
    """Whatever a person writes, anywhere, beats what a strategy prefers to do at a stop."""
    choice = choose(["--strategy", "trend_ladder"], Surroundings(environment, tmp_path))
    built = chosen_config({"strategy": "trend_ladder", **flags}, choice)
    assert (built.run.on_stop, str(built.sources["on_stop"])) == expected
    assert choice.table["on_stop"].default_text == "keep"
    other = choose([], Surroundings({}, tmp_path))
    assert other.table["on_stop"].default_text == "cancel"
    assert str(chosen_config({}, other).sources["on_stop"]) == "default"


def test_every_venue_must_be_known(tmp_path: Path) -> None:
    """Among several venues the unknown one is named."""
    choice = choose([], Surroundings({}, tmp_path))
    with pytest.raises(UserError, match=r"unknown exchange 'papr': did you mean paper\?"):
        chosen_config({"exchange": "paper:a,papr:b"}, choice)


def test_the_folder_of_runs_follows_the_sources(tmp_path: Path) -> None:
    """Commands on sessions look where the runs were told to go."""

    def folder(flag: str | None = None, **environment: Any) -> Path:
        return runs_folder(flag, Surroundings(environment, tmp_path))

    assert folder() == Path("runs")
    (tmp_path / ".env").write_text("RUNBOT_RUNS_DIR=from_file\n")
    assert folder() == Path("from_file")
    assert folder(RUNBOT_RUNS_DIR="from_process") == Path("from_process")
    assert folder("from_flag", RUNBOT_RUNS_DIR="from_process") == Path("from_flag")
