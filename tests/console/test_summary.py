"""The end of a run: the table for people and the JSON line for programs."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_status import line_with, picture, summary, words

from console.summary import net_pnl, render_summary, summary_json

FIELDS = [
    "session",
    "strategy",
    "exchange",
    "ticker",
    "seed",
    "steps",
    "decisions",
    "orders",
    "fills",
    "round_trips",
    "realised_pnl",
    "unrealised_pnl",
    "fees",
    "funding",
    "max_drawdown",
    "trace_hash",
    "journal",
    "stopped_because",
]
MONEY = FIELDS[10:15]


def test_json_has_exactly_these_fields_in_this_order() -> None:
    """One line, one object, the fields of the contract."""
    text = summary_json(summary())
    assert "\n" not in text
    assert list(json.loads(text)) == FIELDS


def test_json_values() -> None:
    """Counts are numbers, amounts are strings, texts are themselves."""
    assert json.loads(summary_json(summary(journal="läufe/j.sqlite"))) == {
        "session": "20260101-000000-grid",
        "strategy": "grid",
        "exchange": "paper",
        "ticker": "BTC",
        "seed": 7,
        "steps": 12345,
        "decisions": 1234,
        "orders": 567,
        "fills": 189,
        "round_trips": 92,
        "realised_pnl": "12.3456",
        "unrealised_pnl": "0.6",
        "fees": "1.0243",
        "funding": "-0.0124",
        "max_drawdown": "3.2",
        "trace_hash": "0123456789abcdef" * 4,
        "journal": "läufe/j.sqlite",
        "stopped_because": "the duration of 10m is over",
    }


def test_json_is_ascii() -> None:
    """The line can be written to any terminal and pipe."""
    assert summary_json(summary(stopped_because="Übergröße\n")).isascii()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.00000012", "0.00000012"),
        ("1.2E-7", "0.00000012"),
        ("1E+3", "1000"),
        ("-0", "0"),
        ("0E-8", "0"),
        ("1.50", "1.5"),
        ("-12345678901234567890.123456789", "-12345678901234567890.123456789"),
    ],
)
def test_amounts_are_plain_and_exact(value: str, text: str) -> None:
    """No exponent, no minus zero, no digit lost."""
    assert json.loads(summary_json(summary(fees=Decimal(value))))["fees"] == text


@given(st.decimals(allow_nan=False, allow_infinity=False))
@settings(max_examples=100, deadline=None)
def test_amounts_come_back_as_they_were(value: Decimal) -> None:
    """Reading the string gives the amount."""
    assert Decimal(json.loads(summary_json(summary(realised_pnl=value)))["realised_pnl"]) == value


def test_table_has_every_figure() -> None:
    """The table shows the run, its counts and the profit as it adds up."""
    text = picture(render_summary(summary(), "USDC"))
    flat = words(text)
    for figure in (
        "run grid on paper BTC",
        "session 20260101-000000-grid",
        "stopped the duration of 10m is over",
        "steps 12,345",
        "decisions 1,234",
        "orders 567",
        "fills 189",
        "round trips 92",
        "realised +12.3456 USDC",
        "unrealised +0.6000 USDC",
        "fees -1.0243 USDC",
        "funding -0.0124 USDC",
        "net +11.9089 USDC",
        "max drawdown 3.2000 USDC",
        "seed 7",
        f"trace hash {'0123456789abcdef' * 4}",
        "journal runs/20260101-000000-grid/journal.sqlite",
    ):
        assert figure in flat


def test_spot_has_no_funding() -> None:
    """Where nothing is ever funded the table leaves the line out and JSON says null; the net is without it."""
    spot = summary(funding=None)
    assert "funding" not in words(picture(render_summary(spot, "USDC")))
    assert json.loads(summary_json(spot))["funding"] is None
    assert net_pnl(spot) == Decimal("11.9213")


def test_net_is_what_the_run_earned() -> None:
    """Realised plus unrealised minus fees plus funding."""
    assert net_pnl(summary()) == Decimal("11.9089")


def test_tiny_amounts_are_not_rounded_away() -> None:
    """A run that earned a hundredth of a cent shows it."""
    tiny = summary(realised_pnl=Decimal("0.00001234"), unrealised_pnl=Decimal(0), fees=Decimal(0), funding=Decimal(0))
    assert "realised +0.0000123" in line_with(picture(render_summary(tiny, "USDC")), " realised ")


def test_long_paths_are_folded_not_cut() -> None:
    """In a narrow terminal the journal's path is broken over lines, all of it there."""
    path = str(Path("runs") / ("x" * 120) / "journal.sqlite")
    text = picture(render_summary(summary(journal=path), "USDC"), width=60)
    assert max(len(line) for line in text.splitlines()) <= 60
    assert path in words(text[text.index("journal") :]).replace(" ", "")


def test_foreign_words_stay_on_their_line() -> None:
    """A reason with line breaks and escapes cannot tear the table."""
    text = picture(render_summary(summary(stopped_because="lost\n\x1b[2Jvenue"), "USDC"))
    assert "lost [2Jvenue" in text
