"""Spans of time as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from helpers.durations import MAX_DURATION_NS, DurationNs, format_duration, parse_duration
from helpers.params import Params, param

S = 1_000_000_000


class Waiting(Params):
    """A model as a strategy might declare it."""

    pause: DurationNs = param("90s", help="Pause.", gt=0)
    limit: DurationNs | None = param(None, help="Limit.", gt=0)


@pytest.mark.parametrize(
    ("text", "expected_ns"),
    [
        ("90", 90 * S),
        ("90s", 90 * S),
        ("10m", 600 * S),
        ("24h", 86_400 * S),
        ("7d", 604_800 * S),
        ("1h30m", 5_400 * S),
        ("1d2h3m4s5ms6us7ns", 93_784_005_006_007),
        ("0", 0),
        ("1.5h", 5_400 * S),
        ("0.25", 250_000_000),
        (" 1H30M ", 5_400 * S),
        ("9223372036854775807ns", MAX_DURATION_NS),
    ],
)
def test_reads_what_people_write(text: str, expected_ns: int) -> None:
    """Every spelling gives exactly its nanoseconds; a bare number is seconds."""
    assert parse_duration(text) == expected_ns


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "-5s", "5 m", "30m1h", "1h1h", "1h30", "h", "1..5s", "1e3", "nan", "inf", "5x", "٣s", "1h\n30m"],
)
def test_refuses_what_is_no_duration(text: str) -> None:
    """Anything else is an error that names the text."""
    with pytest.raises(ValueError, match="is no duration") as caught:
        parse_duration(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [("0.5ns", "finer than a nanosecond"), ("300000d", "longer than 292 years"), ("9" * 24 + "d", "longer than 292")],
)
def test_refuses_what_no_column_holds(text: str, why: str) -> None:
    """Parts of a nanosecond and spans beyond 64 bits are errors."""
    with pytest.raises(ValueError, match=why):
        parse_duration(text)


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [(0, "0s"), (90 * S, "1m30s"), (86_400 * S, "1d"), (1, "1ns"), (1_500_000_000, "1s500ms"), (-60 * S, "-1m")],
)
def test_writes_the_shortest_exact_text(duration_ns: int, text: str) -> None:
    """Only the units that are needed appear."""
    assert format_duration(duration_ns) == text


@settings(max_examples=200, deadline=None)
@given(st.integers(0, MAX_DURATION_NS))
def test_reading_undoes_writing(duration_ns: int) -> None:
    """No span loses a nanosecond on the way through text."""
    assert parse_duration(format_duration(duration_ns)) == duration_ns


def test_a_parameter_takes_texts() -> None:
    """A model's field of this type takes texts, as default too, and ns from a program."""
    assert Waiting().pause == 90 * S
    assert Waiting.model_validate({"pause": "10m", "limit": 5}) == Waiting(pause=600 * S, limit=5)
    assert Waiting(limit=60 * S).model_dump(mode="json") == {"pause": "1m30s", "limit": "1m"}
    assert Waiting().model_dump()["pause"] == 90 * S


@pytest.mark.parametrize("value", ["soon", "0s", 1.5, None])
def test_a_parameter_refuses_the_rest(value: object) -> None:
    """A field of this type keeps its limits and refuses what is no duration."""
    with pytest.raises(ValidationError):
        Waiting.model_validate({"pause": value})
