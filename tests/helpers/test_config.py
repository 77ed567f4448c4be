"""One value for each option, from the strongest source that gives it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from config_samples import KEY, GridLike, Mode, Needy, config, params
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.config_sources import Source, SourceKind
from helpers.decisions import OnStop
from helpers.risk_limits import RiskLimits
from helpers.run_options import RunOptions

# -- precedence ---------------------------------------------------------------------------------


def test_nothing_given_is_all_defaults(tmp_path: Path) -> None:
    """Without any source every option has its default, and says so."""
    built = config(tmp_path)
    assert built.run == RunOptions()
    assert built.risk == RiskLimits()
    assert built.params == GridLike()
    assert set(built.sources) == set(built.table)
    assert {str(source) for source in built.sources.values()} == {"default"}


@settings(max_examples=100, deadline=None)
@given(given_in=st.sets(st.sampled_from(["flag", "environment", ".env", "grid.yaml"])))
def test_the_strongest_source_wins(tmp_path_factory: pytest.TempPathFactory, given_in: set[str]) -> None:
    """Flag beats environment beats .env beats file beats default, whichever of them are given."""
    cwd = tmp_path_factory.mktemp("order")
    values = {"flag": "1", "environment": "2", ".env": "3", "grid.yaml": "4"}
    (cwd / "grid.yaml").write_text(f"levels: {values['grid.yaml']}\n" if "grid.yaml" in given_in else "")
    (cwd / ".env").write_text("RUNBOT_LEVELS=3\n" if ".env" in given_in else "")
    flags = {"config": "grid.yaml", **({"levels": "1"} if "flag" in given_in else {})}
    environment = {"RUNBOT_LEVELS": "2"} if "environment" in given_in else {}
    built = config(cwd, flags, **environment)
    winner = next((place for place in values if place in given_in), "default")
    assert params(built).levels == int(values.get(winner, "10"))
    assert str(built.sources["levels"]) == winner


def test_each_value_is_decided_on_its_own(tmp_path: Path) -> None:
    """Four options from four places stand side by side, run, risk and strategy alike."""
    (tmp_path / "grid.yaml").write_text("levels: 7\ntake-profit: 0.1\nmax_leverage: 2\nseed: 1\n")
    (tmp_path / ".env").write_text("RUNBOT_TAKE_PROFIT=0.3\nRUNBOT_CONFIG=grid.yaml\n")
    built = config(tmp_path, {"seed": "9"}, RUNBOT_TICKER="ETH")
    assert params(built).levels == 7
    assert params(built).take_profit == Decimal("0.3")
    assert (built.run.seed, built.run.ticker, built.risk.max_leverage) == (9, "ETH", Decimal(2))
    assert built.sources["levels"] == Source(SourceKind.FILE, Path("grid.yaml"))
    assert built.sources["take_profit"] == Source(SourceKind.ENV_FILE, Path(".env"))
    assert built.sources["ticker"] == Source(SourceKind.ENVIRONMENT)
    assert built.sources["seed"] == Source(SourceKind.FLAG)


@pytest.mark.parametrize("place", ["flag", "environment", ".env", "file"])
def test_the_strategy_is_found_in_every_source(tmp_path: Path, place: str) -> None:
    """The strategy's name follows the same precedence, and its parameters are then known."""
    (tmp_path / "c.yaml").write_text("strategy: needy\n" if place == "file" else "seed: 1\n")
    (tmp_path / ".env").write_text("RUNBOT_STRATEGY=needy\n" if place == ".env" else "")
    flags = {"config": "c.yaml", "spacing": "5", **({"strategy": "needy"} if place == "flag" else {})}
    built = config(tmp_path, flags, **({"RUNBOT_STRATEGY": "needy"} if place == "environment" else {}))
    assert built.params == Needy(spacing=Decimal(5))
    assert built.run.strategy == "needy"


def test_env_file_is_found_by_flag_and_environment(tmp_path: Path) -> None:
    """--env-file beats RUNBOT_ENV_FILE, which beats .env; only one of them is read."""
    for name, ticker in ((".env", "BTC"), ("a.env", "ETH"), ("b.env", "SOL")):
        (tmp_path / name).write_text(f"RUNBOT_TICKER={ticker}\nVENUE_KEY={ticker}\n")
    assert config(tmp_path, RUNBOT_ENV_FILE="a.env").run.ticker == "ETH"
    built = config(tmp_path, {"env_file": "b.env"}, RUNBOT_ENV_FILE="a.env")
    assert (built.run.ticker, built.environment["VENUE_KEY"]) == ("SOL", "SOL")
    assert built.run.env_file == Path("b.env")


def test_environment_holds_keys_and_never_shows_them(tmp_path: Path) -> None:
    """Venue keys reach the clients by `environment`, the process's first, and no repr shows them."""
    (tmp_path / ".env").write_text(f'export LIGHTER_KEY="{KEY}"\nOTHER="from file"\n')
    built = config(tmp_path, OTHER="from process")
    assert built.environment["LIGHTER_KEY"] == KEY
    assert built.environment["OTHER"] == "from process"
    assert KEY not in repr(built)
    assert KEY not in str(built)


def test_an_empty_variable_is_not_given(tmp_path: Path) -> None:
    """RUNBOT_TICKER= in an environment or a .env file leaves the weaker source its say."""
    (tmp_path / ".env").write_text("RUNBOT_LEVELS=\nRUNBOT_SEED=4\n")
    built = config(tmp_path, RUNBOT_TICKER="", RUNBOT_SEED=" ")
    assert (built.run.ticker, params(built).levels, built.run.seed) == ("BTC", 10, 4)


# -- texts become values --------------------------------------------------------------------------


def test_numbers_of_the_file_are_exact(tmp_path: Path) -> None:
    """0.1 in YAML is Decimal 0.1, not the nearest binary fraction; no YAML type gets in the way."""
    (tmp_path / "c.yaml").write_text("take_profit: 0.1\nquantity: 1_0.50\nmode: FAST\nrandom: yes\npause: 10m\n")
    built = config(tmp_path, {"config": "c.yaml"})
    assert params(built).take_profit == Decimal("0.1")
    assert str(built.run.quantity) == "10.50"
    assert (params(built).mode, params(built).random, params(built).pause) == (Mode.FAST, True, 600_000_000_000)


@pytest.mark.parametrize("word", ["off", "OFF", "none", "null", "~"])
def test_off_switches_an_option_off(tmp_path: Path, word: str) -> None:
    """A stronger source can take a weaker one's value away."""
    (tmp_path / "c.yaml").write_text("stop_loss: 5\nmax_leverage: 3\n")
    built = config(tmp_path, {"config": "c.yaml", "stop_loss": word}, RUNBOT_MAX_LEVERAGE=word)
    assert params(built).stop_loss is None
    assert built.risk.max_leverage is None


def test_a_config_file_can_be_switched_off(tmp_path: Path) -> None:
    """--config off leaves unread the file that the .env file names."""
    (tmp_path / ".env").write_text("RUNBOT_CONFIG=missing.yaml\n")
    assert config(tmp_path, {"config": "off"}).run.config is None


def test_lists_come_from_every_source(tmp_path: Path) -> None:
    """Several tapes: a repeated flag, commas in a variable, a list or one value in the file."""
    (tmp_path / "list.yaml").write_text("tape: [a.csv, b.csv]\nweights: 0.1\n")
    assert config(tmp_path, {"tape": ("a,1.csv", "b.csv")}).run.tape == (Path("a,1.csv"), Path("b.csv"))
    assert config(tmp_path, RUNBOT_TAPE="a.csv,b.csv").run.tape == (Path("a.csv"), Path("b.csv"))
    built = config(tmp_path, {"config": "list.yaml", "tape": ()})
    assert built.run.tape == (Path("a.csv"), Path("b.csv"))
    assert params(built).weights == (Decimal("0.1"),)


def test_programs_may_give_values(tmp_path: Path) -> None:
    """Flags may already be typed; None is "not given"."""
    flags = {"quantity": Decimal("0.5"), "on_stop": OnStop.CLOSE, "json_output": True, "seed": None, "speed": 3}
    built = config(tmp_path, flags)
    assert (built.run.quantity, built.run.on_stop, built.run.json_output) == (Decimal("0.5"), OnStop.CLOSE, True)
    assert (built.run.seed, built.run.speed) == (7, 3.0)
    assert str(built.sources["json"]) == "flag"


def test_json_is_called_json_everywhere(tmp_path: Path) -> None:
    """The one option whose field has another name is spelt like its flag in all sources."""
    (tmp_path / "c.yaml").write_text("json: true\n")
    assert config(tmp_path, RUNBOT_JSON="1").run.json_output
    assert config(tmp_path, {"config": "c.yaml"}).run.json_output
