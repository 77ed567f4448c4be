"""The risk limits: declared once, safe as they come, strict about nonsense."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from helpers.params import describe
from helpers.risk_limits import RiskLimits, figure, nanoseconds, usd

GRID_NAMES = {
    *("quantity", "take_profit", "grid_step", "direction", "max_orders", "wait_time", "random_timing"),
    *("dynamic_profit", "stop_price", "stop_loss_price", "pause_price", "boost", "boost_mode"),
}


def test_defaults_are_the_documented_ones() -> None:
    """The thresholds of the account watch are 15 failures, 600 s, 10 % and 15 % unless someone says otherwise."""
    limits = RiskLimits()
    figures = limits.model_dump(exclude={"max_daily_loss", "kill_switch"})
    assert figures == {
        "max_order_notional": 10_000,
        "max_position_notional": 50_000,
        "max_open_orders": 100,
        "price_band": 5,
        "max_leverage": 5,
        "max_data_age": 30,
        "max_drawdown": 20,
        "margin_failures": 15,
        "margin_stall": 600,
        "account_loss": 10,
        "emergency_loss": 15,
        "stall_timeout": 120,
    }
    assert limits.max_daily_loss is None
    assert limits.kill_switch == Path("runs/STOP")


def test_every_limit_says_what_it_is() -> None:
    """Each limit has a unit and a sentence of help, and no name that a grid parameter has."""
    infos = describe(RiskLimits)
    assert all(info.help.endswith(".") for info in infos)
    assert [info.name for info in infos if not info.unit] == ["kill_switch"]
    assert not GRID_NAMES & {info.name for info in infos}


def test_the_documented_table_is_true() -> None:
    """docs/risk.md lists every limit with its default and its help text."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "risk.md").read_text(encoding="utf-8")
    for info in describe(RiskLimits):
        default = figure(info.default) if isinstance(info.default, Decimal) else str(info.default)
        shown = {"None": "off", "runs/STOP": "runs/STOP"}.get(default, f"{default} {info.unit}")
        assert f"| `{info.name}` | {shown} | {info.help} |" in text


@pytest.mark.parametrize(
    "name",
    [
        *("max_order_notional", "max_position_notional", "max_open_orders", "price_band", "max_leverage"),
        *("max_data_age", "max_daily_loss", "max_drawdown", "stall_timeout", "kill_switch"),
    ],
)
def test_none_switches_off(name: str) -> None:
    """Every limit but those of the account watch can be switched off."""
    assert getattr(RiskLimits.model_validate({name: None}), name) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_order_notional", "0"),
        ("max_open_orders", "0"),
        ("price_band", "-1"),
        ("max_drawdown", "100.1"),
        ("max_data_age", "inf"),
        ("margin_failures", "0"),
        ("emergency_loss", "0"),
        ("account_loss", None),
        ("max_order_notinal", "10"),
    ],
)
def test_nonsense_is_refused(name: str, value: str | None) -> None:
    """Values out of bounds, endless ones and misspelt names are errors, never ignored."""
    with pytest.raises(ValidationError, match=name):
        RiskLimits.model_validate({name: value})


def test_figures_read_as_people_write_them() -> None:
    """Limits come without trailing zeros, money to the cent, seconds as exact nanoseconds."""
    assert figure(Decimal("10000.00")) == "10,000"
    assert figure(Decimal("1E+4")) == "10,000"
    assert figure(Decimal("2.50")) == "2.5"
    assert figure(Decimal(100)) == "100"
    assert usd(Decimal(12400)) == "12,400.00 USD"
    assert nanoseconds(Decimal("0.1")) == 100_000_000
