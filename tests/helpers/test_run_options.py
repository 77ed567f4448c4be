"""The options of a run itself."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from helpers.decisions import OnStop
from helpers.run_options import (
    MAX_SEED,
    LogLevel,
    RunOptions,
    Venue,
    named_as_paper,
    parse_speed,
    parse_ticker,
    parse_venues,
)


def test_defaults_run_the_grid_on_paper() -> None:
    """Nothing given means: grid, paper, BTC, the least quantity, real pace, until stopped."""
    options = RunOptions()
    assert (options.strategy, options.exchange, options.ticker) == ("grid", "paper", "BTC")
    assert (options.quantity, options.duration, options.config, options.paper) == (None, None, None, False)
    assert (options.seed, options.speed, options.tape, options.json_output) == (7, 1.0, (), False)
    assert (options.on_stop, options.log_level) == (OnStop.CANCEL, LogLevel.WARNING)
    assert (options.runs_dir, options.env_file) == (Path("runs"), Path(".env"))


def test_texts_become_values() -> None:
    """Every option reads the text that people write."""
    options = RunOptions.model_validate(
        {
            "quantity": "0.010",
            "duration": "1h30m",
            "seed": str(MAX_SEED),
            "speed": "2.5",
            "tape": ("a.parquet", "b.parquet"),
            "on_stop": "close",
            "ticker": " eth ",
        }
    )
    assert options.quantity == Decimal("0.010")
    assert options.duration == 5_400_000_000_000
    assert (options.seed, options.speed, options.ticker) == (MAX_SEED, 2.5, "ETH")
    assert options.tape == (Path("a.parquet"), Path("b.parquet"))
    assert options.on_stop is OnStop.CLOSE


@pytest.mark.parametrize(
    ("text", "speed", "written"), [("1", 1.0, "1"), ("0.1", 0.1, "0.1"), ("1e3", 1000.0, "1000"), ("MAX", None, "max")]
)
def test_speed_is_a_factor_or_max(text: str, speed: float | None, written: str) -> None:
    """A speed is a number above 0; None inside stands for "max"."""
    options = RunOptions.model_validate({"speed": text})
    assert options.speed == speed
    assert options.model_dump(mode="json")["speed"] == written


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", "1e400", "", "off"])
def test_other_speeds_are_refused(text: str) -> None:
    """Zero, negative, infinite and wordy speeds are errors that name the text."""
    with pytest.raises(ValueError, match="is no speed") as caught:
        parse_speed(text)
    assert repr(text) in str(caught.value)


def test_speed_none_is_max_for_programs() -> None:
    """A program may give None for "as fast as possible"."""
    assert RunOptions(speed=None).speed is None


@pytest.mark.parametrize(
    ("text", "venues"),
    [
        ("paper", (Venue("paper", "paper"),)),
        ("paper:a,paper:b", (Venue("paper", "a"), Venue("paper", "b"))),
        ("lighter, paradex:hedge", (Venue("lighter", "lighter"), Venue("paradex", "hedge"))),
    ],
)
def test_exchange_lists_venues(text: str, venues: tuple[Venue, ...]) -> None:
    """`exchange` names one or several clients, each with a label."""
    assert RunOptions(exchange=text).venues == venues


@pytest.mark.parametrize("text", ["", ",", "paper,", "paper:", ":a", "paper:a:b", "pa per", "PAPER", "../x"])
def test_malformed_venues_are_refused(text: str) -> None:
    """A list with a hole, a missing label or odd characters is an error."""
    with pytest.raises(ValueError, match="is no list of venues"):
        parse_venues(text)


def test_labels_must_differ() -> None:
    """Two venues with one label could not be told apart."""
    with pytest.raises(ValueError, match="calls two venues 'paper'"):
        parse_venues("paper,paper")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("lighter", "lighter-paper"),
        ("lighter, extended:b", "lighter-paper,extended-paper:b-paper"),
        ("lighter:a,lighter:a-paper", "lighter-paper:a-paper,lighter-paper:a-paper-paper"),
        (f"{'v' * 32}:{'l' * 32}", f"{'v' * 32}-paper:{'l' * 32}-paper"),
    ],
)
def test_simulated_fills_show_in_every_name(text: str, named: str) -> None:
    """Each venue and each label of a paper run says so, labels still differ, and the list can be read again."""
    assert named_as_paper(text) == named
    assert all(venue.label.endswith("-paper") for venue in parse_venues(named))


@pytest.mark.parametrize("text", ["", "BTC USD", "-BTC", "x" * 33, "BTC\nX", "../etc"])
def test_a_ticker_is_one_word(text: str) -> None:
    """What can be no base asset is refused."""
    with pytest.raises(ValueError, match="is no ticker"):
        parse_ticker(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quantity", "-1"),
        ("quantity", "0"),
        ("quantity", "1e400"),
        ("quantity", "nan"),
        ("quantity", "inf"),
        ("seed", "-1"),
        ("seed", str(MAX_SEED + 1)),
        ("seed", "1.5"),
        ("duration", "0s"),
        ("on_stop", "panic"),
        ("log_level", "loud"),
        ("colour", "red"),
    ],
)
def test_absurd_values_are_refused(name: str, value: str) -> None:
    """Negative, zero, infinite and unknown things do not pass."""
    with pytest.raises(ValidationError):
        RunOptions.model_validate({name: value})
