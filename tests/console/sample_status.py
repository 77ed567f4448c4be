"""Bots to look at: one builder per record, with figures that are easy to find in a picture."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType

from helpers.clock import NS_PER_S
from helpers.enums import OrderStatus, Side
from helpers.models import Bbo, Market, Order, Position
from helpers.status import BotStatus, DecisionLine, PnL, RunSummary, VenueStatus

START_NS = 1_767_225_600 * NS_PER_S  # 2026-01-01 00:00:00 UTC
NOW_NS = START_NS + 3_725 * NS_PER_S


def market(exchange: str = "paper", **changes: Any) -> Market:
    """BTC with a tick of 0.1."""
    fields: dict[str, Any] = {
        "exchange": exchange,
        "ticker": "BTC",
        "contract_id": "BTC-PERP",
        "quote": "USDC",
        "tick_size": Decimal("0.1"),
        "quantity_step": Decimal("0.0001"),
        "min_quantity": Decimal("0.0001"),
        "min_notional": Decimal(10),
        "maker_fee": Decimal(0),
        "taker_fee": Decimal("0.0004"),
        "max_leverage": Decimal(20),
        "maintenance_margin": Decimal("0.01"),
        "max_open_orders": 100,
        "funding_interval_ns": 3_600 * NS_PER_S,
    }
    return Market(**(fields | changes))


def bbo(bid: str | None = "61999.9", ask: str | None = "62000.1", received_ns: int = NOW_NS) -> Bbo:
    """A book of these two prices."""
    return Bbo(
        Decimal(bid) if bid else None,
        Decimal("0.1234") if bid else None,
        Decimal(ask) if ask else None,
        Decimal("1.5") if ask else None,
        received_ns,
        received_ns,
    )


def position(quantity: str = "0.012", **changes: Any) -> Position:
    """Hold this much, entered at 61,950 and marked at 62,000.3."""
    fields: dict[str, Any] = {
        "ticker": "BTC",
        "quantity": Decimal(quantity),
        "entry_price": Decimal(61950),
        "mark_price": Decimal("62000.3"),
        "liquidation_price": Decimal("45120.5"),
    }
    return Position(**(fields | changes))


def order(number: int = 0, **changes: Any) -> Order:
    """Give the n-th order of a ladder: sells above and buys below 62,000, 10 apart, each a minute old."""
    side, step = (Side.SELL, 1) if number % 2 == 0 else (Side.BUY, -1)
    fields: dict[str, Any] = {
        "intent": f"rung-{number}",
        "client_order_id": str(number),
        "side": side,
        "quantity": Decimal("0.0010"),
        "price": Decimal(62000) + step * 10 * (number // 2 + 1),
        "status": OrderStatus.OPEN,
        "created_ns": NOW_NS - 60 * NS_PER_S,
    }
    return Order(**(fields | changes))


def orders(number: int) -> tuple[Order, ...]:
    """The first rungs of the ladder."""
    return tuple(order(n) for n in range(number))


def venue(exchange: str = "paper", **changes: Any) -> VenueStatus:
    """A venue where nothing is held or open."""
    fields: dict[str, Any] = {
        "exchange": exchange,
        "market": market(exchange),
        "bbo": bbo(),
        "position": Position(ticker="BTC", quantity=Decimal(0)),
        "orders": (),
        "equity": Decimal("10012.3456"),
    }
    return VenueStatus(**(fields | changes))


def decision(
    text: str = "sell 0.001 BTC: take profit", kind: str = "place_order", at_s: float = 12.345
) -> DecisionLine:
    """One line, this many seconds after the start."""
    return DecisionLine(time_ns=START_NS + round(at_s * 1000) * 1_000_000, kind=kind, words=text)


def bot(*venues: VenueStatus, **changes: Any) -> BotStatus:
    """A grid that has run for 1 h 02 m 05 s."""
    fields: dict[str, Any] = {
        "session": "20260101-000000-grid",
        "strategy": "grid",
        "ticker": "BTC",
        "started_ns": START_NS,
        "now_ns": NOW_NS,
        "state": "running",
        "health": "ok",
        "venues": venues or (venue(),),
        "pnl": PnL(
            realised=Decimal("12.3456"), unrealised=Decimal("0.6"), fees=Decimal("1.0243"), funding=Decimal("-0.0124")
        ),
        "steps": 12345,
        "decisions": 1234,
        "orders_sent": 567,
        "fills": 189,
        "round_trips": 92,
        "max_drawdown": Decimal("3.2"),
        "recent": (decision(),),
    }
    return BotStatus(**(fields | changes))


def summary(**changes: Any) -> RunSummary:
    """A run that ended."""
    fields: dict[str, Any] = {
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
        "realised_pnl": Decimal("12.3456"),
        "unrealised_pnl": Decimal("0.6"),
        "fees": Decimal("1.0243"),
        "funding": Decimal("-0.0124"),
        "max_drawdown": Decimal("3.2"),
        "trace_hash": "0123456789abcdef" * 4,
        "journal": "runs/20260101-000000-grid/journal.sqlite",
        "stopped_because": "the duration of 10m is over",
    }
    return RunSummary(**(fields | changes))


def picture(renderable: RenderableType, width: int = 100, height: int = 30) -> str:
    """Draw without colours."""
    console = Console(file=StringIO(), width=width, height=height, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def words(text: str) -> str:
    """Drop frames and runs of spaces, so that figures can be found beside their labels."""
    return " ".join(text.translate({ord(sign): " " for sign in "│╭╮╰╯─"}).split())


def line_with(text: str, label: str) -> str:
    """Give the words of the first line that holds a label."""
    return words(next(line for line in text.splitlines() if label in line))
