"""How records become rows of the journal, and rows records again, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from helpers.errors import JournalError
from helpers.journal_schema import (
    FILL_COLUMNS,
    FUNDING_COLUMNS,
    ORDER_COLUMNS,
    SESSION_COLUMNS,
    DecisionRecord,
    EquityPoint,
    EventRecord,
    SessionInfo,
    SessionRecord,
)
from helpers.logs import mask
from helpers.models import Fill, FundingPayment, Order
from helpers.money import plain
from helpers.peg import Peg
from helpers.status import PnL

Row = tuple[Any, ...]

_ORDER_FIELDS: Final = ORDER_COLUMNS.split(", ")
_FILL_FIELDS: Final = FILL_COLUMNS.split(", ")
_FUNDING_FIELDS: Final = FUNDING_COLUMNS.split(", ")
_SESSION_FIELDS: Final = (*SESSION_COLUMNS.split(", "), "status", "ended_ns", "summary")


def json_text(value: object) -> str:
    """Write a value as JSON.

    Raises:
        JournalError: it holds something JSON has no spelling for.
    """
    try:
        return msgspec.json.encode(_spelt(value)).decode()
    except (TypeError, ValueError, RecursionError) as error:
        raise JournalError(f"cannot be written down as JSON ({error}): keep to plain values") from error


def _spelt(value: object) -> object:
    """Spell numbers as in the money columns, all the way down."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return {key: _spelt(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_spelt(item) for item in value]
    return value


def money_text(value: Decimal | None) -> str | None:
    """Write a number exactly; None stays None."""
    return None if value is None else plain(value)


def peg_text(peg: Peg) -> str:
    """Write what an order follows as JSON."""
    return json_text({"reference": peg.reference.value, "offset": peg.offset, "limit": peg.limit})


def session_values(session: SessionInfo) -> tuple[object, ...]:
    """Give the values of SESSION_COLUMNS."""
    who = (session.session, session.strategy, session.exchange, session.account_id, session.ticker)
    return (*who, str(session.seed), session.started_ns, json_text(session.config), session.continues, session.quote)


def order_values(order: Order) -> tuple[object, ...]:
    """Give the values of ORDER_COLUMNS."""
    return (
        order.client_order_id,
        order.intent,
        order.side.value,
        plain(order.quantity),
        money_text(order.price),
        order.order_type.value,
        order.time_in_force.value,
        order.post_only,
        order.reduce_only,
        None if order.peg is None else peg_text(order.peg),
        order.status.value,
        plain(order.filled_quantity),
        money_text(order.average_price),
        order.order_id,
        order.pending_cancel,
        order.created_ns,
        order.updated_ns,
        mask(order.reason),
    )


def fill_values(fill: Fill) -> tuple[object, ...]:
    """Give the values of FILL_COLUMNS."""
    ids = (fill.trade_id, fill.order_id, fill.client_order_id, fill.ticker, fill.side.value)
    money = (plain(fill.price), plain(fill.quantity), plain(fill.fee))
    return (*ids, *money, fill.liquidity.value, fill.time_ns)


def funding_values(payment: FundingPayment) -> tuple[object, ...]:
    """Give the values of FUNDING_COLUMNS."""
    money = (plain(payment.amount), money_text(payment.rate), money_text(payment.position))
    return (payment.payment_id, payment.ticker, *money, payment.time_ns)


def json_mapping(text: str) -> dict[str, Any]:
    """Read a JSON object."""
    return msgspec.json.decode(text, type=dict[str, Any])


def session_of(row: Row) -> SessionRecord:
    """Read SESSION_COLUMNS, status, ended_ns, summary."""
    values = dict(zip(_SESSION_FIELDS, row, strict=True))
    summary = values["summary"]
    values["seed"] = int(values["seed"])
    values["config"] = json_mapping(values["config"])
    values["summary"] = None if summary is None else json_mapping(summary)
    return msgspec.convert(values, SessionRecord)


def order_of(row: Row) -> Order:
    """Read ORDER_COLUMNS."""
    values = dict(zip(_ORDER_FIELDS, row, strict=True))
    for name in ("post_only", "reduce_only", "pending_cancel"):
        values[name] = bool(values[name])
    if values["peg"] is not None:
        values["peg"] = json_mapping(values["peg"])
    return msgspec.convert(values, Order)


def fill_of(row: Row) -> Fill:
    """Read FILL_COLUMNS."""
    return msgspec.convert(dict(zip(_FILL_FIELDS, row, strict=True)), Fill)


def payment_of(row: Row) -> FundingPayment:
    """Read FUNDING_COLUMNS."""
    return msgspec.convert(dict(zip(_FUNDING_FIELDS, row, strict=True)), FundingPayment)


def decision_of(row: Row) -> DecisionRecord:
    """Read time_ns, action, message, order_intents."""
    time_ns, action, message, intents = row
    order_intents = msgspec.json.decode(intents, type=tuple[str, ...])
    return DecisionRecord(time_ns=time_ns, action=action, message=message, order_intents=order_intents)


def event_of(row: Row) -> EventRecord:
    """Read time_ns, kind, text."""
    time_ns, kind, text = row
    return EventRecord(time_ns=time_ns, kind=kind, text=text)


def equity_of(row: Row) -> EquityPoint:
    """Read EQUITY_COLUMNS."""
    time_ns, exchange, equity, position, mid, *money = row
    realised, unrealised, fees, funding = map(Decimal, money)
    return EquityPoint(
        time_ns=time_ns,
        exchange=exchange,
        equity=None if equity is None else Decimal(equity),
        position=Decimal(position),
        mid=None if mid is None else Decimal(mid),
        pnl=PnL(realised=realised, unrealised=unrealised, fees=fees, funding=funding),
    )
