"""What cannot be meant is one line that names the option as the person wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import KEY, MODELS, config, problem

from helpers.config import build_config
from helpers.config_view import shown_options
from helpers.errors import UserError
from helpers.params import Params, param
from helpers.registry import Registry
from helpers.secret_names import HIDDEN


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("take_profit", "abc", "--take-profit 'abc': must be a number above 0 and at most 100 (%)"),
        ("take_profit", "101", "--take-profit '101': must be a number above 0 and at most 100 (%)"),
        ("levels", "1.5", "--levels '1.5': must be a whole number at least 1 and below 1000"),
        ("stop_loss", "-1", "--stop-loss '-1': must be a number above 0 (%), or off"),
        ("quantity", "-1", "--quantity '-1': must be a number above 0 and at most 1000000000000000 (base units)"),
        ("quantity", "0", "--quantity '0': must be a number above 0"),
        ("quantity", "1e400", "--quantity '1e400': must be a number above 0 and at most 1000000000000000"),
        ("quantity", "nan", "--quantity 'nan': must be a number"),
        ("quantity", "", "--quantity '': must not be empty"),
        ("ratio", "nan", "--ratio 'nan': is no figure of any market: it must be a number"),
        ("ratio", "-inf", "--ratio '-inf': is no figure of any market: it must be a number"),
        ("stop_loss", "1e400", "--stop-loss '1e400': is no figure of any market: it must be a number above 0"),
        ("stop_loss", "1e-400", "--stop-loss '1e-400': is no figure of any market"),
        ("max_leverage", "-2", "--max-leverage '-2': must be a number above 0 (x), or off"),
        ("random", "perhaps", "--random 'perhaps': must be yes or no"),
        ("mode", "medium", "--mode 'medium': must be one of fast, slow"),
        ("on_stop", "panic", "--on-stop 'panic': must be one of cancel, keep, close"),
        ("pause", "0s", "--pause '0s': must be a duration such as 90s, 10m, 24h, 7d or 1h30m at least 1ns"),
        ("duration", "soon", "--duration: 'soon' is no duration: write 90s, 10m, 24h, 7d or 1h30m"),
        ("speed", "fast", "--speed: 'fast' is no speed: write a number above 0, or max"),
        ("seed", "-1", "--seed '-1': must be a whole number at least 0 and at most 9223372036854775807"),
        ("ticker", "B T C", "--ticker: 'B T C' is no ticker"),
        ("exchange", "paper,paper", "--exchange: 'paper,paper' calls two venues 'paper'"),
        ("weights", ("1", "x"), "--weights '1,x': must be a number"),
        ("levels", "9" * 31, "--levels '9999999999999999999999999999999': must be a whole number"),
        ("levels", "1; " * 30, f"--levels '{'1; ' * 19}...': must be"),
        ("levels", "1\n2", r"--levels '1\n2': must be a whole number"),
        ("strategy", "", "--strategy names no strategy"),
        ("strategy", "grd", "unknown strategy 'grd': known: grid"),
        ("take_profti", "1", "unknown option '--take-profti': did you mean --take-profit?"),
        ("zzz", "1", "unknown option '--zzz': runbot --help lists them"),
    ],
)
def test_bad_flags_are_one_line(tmp_path: Path, name: str, value: object, expected: str) -> None:
    """The line names the flag, the value, and what it must be, with unit and limits."""
    assert problem(tmp_path, {name: value}).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUNBOT_TAKE_PROFIT=abc", "RUNBOT_TAKE_PROFIT 'abc' (from .env): must be a number above 0"),
        ("RUNBOT_DURATION=soon", "RUNBOT_DURATION (from .env): 'soon' is no duration"),
        ("RUNBOT_TAKE_PROFTI=1", "unknown option 'RUNBOT_TAKE_PROFTI' (from .env): did you mean RUNBOT_TAKE_PROFIT?"),
        ("RUNBOT_ZZZ=", "unknown option 'RUNBOT_ZZZ' (from .env): runbot --help lists them"),
        ("RUNBOT_ENV_FILE=b", "RUNBOT_ENV_FILE (from .env) says which file to read and cannot stand in one"),
        ("RUNBOT_CONFIG=no.yaml", "--config 'no.yaml': there is no such file"),
        ("A=1\n\n# note\nRUNBOT_SEED 5", ".env line 4 cannot be read: write NAME=value"),
        ("A=1\nRUNBOT_SEED", ".env line 2 cannot be read"),
        ("A='1", ".env line 1 cannot be read"),
    ],
)
def test_bad_env_files_are_one_line(tmp_path: Path, text: str, expected: str) -> None:
    """A wrong value, an unknown name or a malformed line of .env is named with its place."""
    (tmp_path / ".env").write_text(text)
    assert problem(tmp_path).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("levels: many", "levels 'many' (from c.yaml, line 1): must be a whole number at least 1"),
        ("seed: 1\ntake-profit: 0", "take-profit '0' (from c.yaml, line 2): must be a number above 0"),
        ("seed: 1\n\nlevles: 5", "unknown option 'levles' (from c.yaml, line 3): did you mean levels?"),
        ("levels: 1\nlevels: 2", "c.yaml line 2 gives 'levels' a second time"),
        ("take_profit: 1\ntake-profit: 2", "c.yaml line 2 gives 'take-profit' a second time"),
        ("levels: [1, 2]", "levels '1,2' (from c.yaml, line 1): must be one value, not a list"),
        ("strategy: [grid]", "strategy (from c.yaml, line 1) names no strategy"),
        ("strategy:", "strategy (from c.yaml, line 1) names no strategy"),
        ("levels:", "levels '' (from c.yaml, line 1): must not be empty"),
        ("grid:\n  levels: 5", "c.yaml line 2 holds more than a value or a list of values"),
        ("tape: [[a]]", "c.yaml line 1 holds more than a value or a list of values"),
        ("? [a, b]\n: 1", "c.yaml line 1 has a key that is no name"),
        ("<<: {levels: 5}", "c.yaml line 1 holds more than a value"),
        ("- levels", "c.yaml holds no options: write lines of option: value"),
        ("levels", "c.yaml holds no options"),
        ("seed: 1\nlevels: 'x", "c.yaml line 2 is no YAML (found unexpected end of stream)"),
        ("a: b: c", "c.yaml line 1 is no YAML (mapping values are not allowed here)"),
        ("a: 1\n---\nb: 2", "c.yaml line 2 is no YAML"),
        ("levels: \x00", "c.yaml is no YAML"),
        ("levels: " + "[" * 5000, "c.yaml is no YAML"),
        ("config: d.yaml", "config (from c.yaml, line 1) says which file to read and cannot stand in one"),
        ("env_file: d.env", "env_file (from c.yaml, line 1) says which file to read and cannot stand in one"),
    ],
)
def test_bad_config_files_are_one_line(tmp_path: Path, text: str, expected: str) -> None:
    """A wrong value, an unknown key or corrupt YAML is named with its line."""
    (tmp_path / "c.yaml").write_text(text)
    assert problem(tmp_path, {"config": "c.yaml"}).startswith(expected)


def test_an_empty_config_file_changes_nothing(tmp_path: Path) -> None:
    """A file of comments is no error."""
    (tmp_path / "c.yaml").write_text("# nothing yet\n")
    assert config(tmp_path, {"config": "c.yaml"}).run.config == Path("c.yaml")


def test_files_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    """A missing file, a folder and a file that is no text are refused; a missing default .env is not."""
    (tmp_path / "latin.yaml").write_bytes(b"ticker: \xff\xfe")
    (tmp_path / ".env").mkdir()
    assert config(tmp_path).run.ticker == "BTC"
    assert problem(tmp_path, {"config": "no.yaml"}) == "--config 'no.yaml': there is no such file"
    assert problem(tmp_path, {"env_file": "no.env"}) == "--env-file 'no.env': there is no such file"
    assert problem(tmp_path, RUNBOT_ENV_FILE="no.env") == "--env-file 'no.env': there is no such file"
    assert problem(tmp_path, {"env_file": ".env"}).startswith("--env-file '.env' cannot be read (Is a directory)")
    assert problem(tmp_path, {"config": "latin.yaml"}) == "--config 'latin.yaml' cannot be read (it is no UTF-8 text)"


def test_environment_variables_are_named_as_written(tmp_path: Path) -> None:
    """A variable of the process is told apart from one of the .env file."""
    expected = "RUNBOT_SEED 'x' (from the environment): must be a whole number"
    assert problem(tmp_path, RUNBOT_SEED="x").startswith(expected)
    expected = "unknown option 'RUNBOT_SEEED' (from the environment): did you mean RUNBOT_SEED?"
    assert problem(tmp_path, RUNBOT_SEEED="1") == expected


def test_several_problems_name_the_first_and_count_the_rest(tmp_path: Path) -> None:
    """One line for three mistakes, in the order of the options."""
    text = problem(tmp_path, {"levels": "x", "seed": "x", "max_leverage": "x"})
    assert text == "--seed 'x': must be a whole number at least 0 and at most 9223372036854775807 (and 2 more)"


def test_a_rule_between_options_speaks_for_itself(tmp_path: Path) -> None:
    """What a model says about several of its values is passed on as it is."""
    text = problem(tmp_path, {"stop_loss": "1", "random": True})
    assert text == "stop_loss and random do not go together"


def test_a_required_parameter_is_asked_for(tmp_path: Path) -> None:
    """The line says what the strategy needs and what that is."""
    text = problem(tmp_path, {"strategy": "needy"})
    expected = "Strategy: needy needs --spacing: Distance of levels. It must be a number above 0 (ticks)"
    assert text == expected


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("clash", "Strategy: clash declares the parameter 'ticker', which belongs to Run: give it another name"),
        ("shout", "Strategy: shout declares the parameter 'help', which belongs to every command"),
    ],
)
def test_a_strategy_may_not_take_a_core_name(tmp_path: Path, strategy: str, expected: str) -> None:
    """A parameter that hides an option of the core is refused at the start."""
    assert problem(tmp_path, {"strategy": strategy}).startswith(expected)


def test_a_bad_default_is_blamed_on_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A declaration that contradicts itself is not blamed on the person."""

    class Broken(Params):
        """Its default is outside its limits."""

        levels: int = param(0, help="Levels.", ge=1)

    monkeypatch.setitem(MODELS, "broken", Broken)
    assert problem(tmp_path, {"strategy": "broken"}) == "--levels: its default must be a whole number at least 1"


def test_loading_errors_of_a_registry_pass_through(tmp_path: Path) -> None:
    """The registry's own line about an unknown strategy reaches the person unchanged."""
    registry = Registry("strategy", {"grid": "x:Y"}, "runbot.none", Params)
    with pytest.raises(UserError, match=r"unknown strategy 'gird': did you mean grid\?"):
        build_config({"strategy": "gird"}, {}, tmp_path, registry.load)


# -- secrets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quantity", KEY),
        ("duration", KEY),
        ("ticker", " ".join(["correct", "horse", "battery", "staple"] * 3)),
        ("tape", (KEY, 3)),
    ],
)
def test_what_looks_like_a_key_is_not_echoed(tmp_path: Path, name: str, value: object) -> None:
    """A key that was put in the wrong place does not reappear in the error."""
    text = problem(tmp_path, {name: value})
    assert f"--{name} '***': must be " in text
    assert "correct" not in text
    assert KEY[:20] not in text


def test_values_of_secret_names_are_not_echoed(tmp_path: Path) -> None:
    """A parameter whose name says that it is a key is masked in errors and in what is shown."""
    (tmp_path / ".env").write_text("LIGHTER_KEY 0xabc123\n")
    assert "abc123" not in problem(tmp_path)
    (tmp_path / ".env").unlink()
    assert problem(tmp_path, {"api_key": ("a", "b")}).startswith("--api-key '***': must be a text")
    shown = {option.name: option for option in shown_options(config(tmp_path, {"api_key": "s3cret"}))}
    assert shown["api_key"].value == HIDDEN
