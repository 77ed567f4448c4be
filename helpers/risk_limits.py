"""The limits of the risk manager: what a run may risk, declared once with units, defaults and help.

The defaults suit a newcomer with 10,000 USD of paper money: far from a grid of forty minimum
orders, and far from what such an account cannot bear. None switches a limit off.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from helpers.clock import NS_PER_S
from helpers.params import Params, param


class RiskLimits(Params):
    """What a run may risk. Every limit holds on every venue."""

    max_order_notional: Decimal | None = param(
        Decimal(10_000), gt=0, unit="USD", help="Largest single order, price x quantity."
    )
    max_position_notional: Decimal | None = param(
        Decimal(50_000),
        gt=0,
        unit="USD",
        help="Largest position on one market, counting every live order that could enlarge it.",
    )
    max_open_orders: int | None = param(
        100, ge=1, unit="orders", help="Most live orders on one market; the venue's own limit holds as well."
    )
    price_band: Decimal | None = param(
        Decimal(5), gt=0, le=100, unit="%", help="How far beyond the opposite best price a limit order may reach."
    )
    max_leverage: Decimal | None = param(
        Decimal(5), gt=0, unit="x", help="Most leverage: (position + live orders + new order) / equity."
    )
    max_data_age: Decimal | None = param(
        Decimal(30), gt=0, unit="s", help="Oldest order book on which a risk-increasing order may be based."
    )
    max_daily_loss: Decimal | None = param(
        None, gt=0, unit="USD", help="Loss since the start of the UTC day at which the bot stops."
    )
    max_drawdown: Decimal | None = param(
        Decimal(20), gt=0, le=100, unit="%", help="Fall of equity below its peak at which the bot stops."
    )
    margin_failures: int = param(
        15, ge=1, unit="orders", help="Failed orders in a row, one of three conditions for closing the worst positions."
    )
    margin_stall: Decimal = param(
        Decimal(600), ge=0, unit="s", help="Time since the first of those failures, the second condition."
    )
    account_loss: Decimal = param(
        Decimal(10), gt=0, le=100, unit="%", help="Loss since the start, the third condition."
    )
    emergency_loss: Decimal = param(
        Decimal(15), gt=0, le=100, unit="%", help="Loss since the start at which everything is closed at once."
    )
    stall_timeout: Decimal | None = param(
        Decimal(120), gt=0, unit="s", help="Time without any fresh order book after which the bot pauses."
    )
    kill_switch: Path | None = param(Path("runs/STOP"), help="The bot stops in good order as soon as this file exists.")


def nanoseconds(seconds: Decimal) -> int:
    """Turn a limit in seconds into nanoseconds."""
    return int(seconds * NS_PER_S)


def figure(value: Decimal) -> str:
    """Write a limit as people write it: thousands apart, no trailing zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def usd(value: Decimal) -> str:
    """Write an amount of money to the cent."""
    return f"{value:,.2f} USD"
