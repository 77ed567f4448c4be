"""The records of a backtest as Parquet: orders, fills, equity. docs/backtest.md states the schemas.

Money, prices and quantities are decimal text, as in the journal and the JSON line: exact, whatever
their number of digits, and one cast away from a number in every tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final

from helpers.errors import UserError
from helpers.journal_schema import SessionInfo
from helpers.memory_journal import KeptEquity, KeptOrder, MemoryJournal
from helpers.models import Fill
from helpers.money import plain
from simulation.parquet_file import load_pyarrow

FORMAT: Final = "runbot-backtest"
VERSION: Final = "1"

Schema = Mapping[str, str]
"""Column -> Arrow type; a type that ends with a question mark may be null."""

ORDERS: Final[Schema] = {
    "exchange": "string",
    "client_order_id": "string",
    "order_id": "string?",
    "intent": "string",
    "why": "string",
    "side": "string",
    "order_type": "string",
    "time_in_force": "string",
    "post_only": "bool",
    "reduce_only": "bool",
    "quantity": "string",
    "price": "string?",
    "status": "string",
    "filled_quantity": "string",
    "average_price": "string?",
    "created_ns": "int64",
    "updated_ns": "int64",
    "reason": "string",
}
FILLS: Final[Schema] = {
    "time_ns": "int64",
    "exchange": "string",
    "ticker": "string",
    "trade_id": "string",
    "order_id": "string",
    "client_order_id": "string?",
    "side": "string",
    "price": "string",
    "quantity": "string",
    "fee": "string",
    "liquidity": "string",
}
EQUITY: Final[Schema] = {
    "time_ns": "int64",
    "exchange": "string",
    "equity": "string?",
    "position": "string",
    "mid": "string?",
    "realised": "string",
    "unrealised": "string",
    "fees": "string",
    "funding": "string",
}
FILES: Final = {"orders.parquet": ORDERS, "fills.parquet": FILLS, "equity.parquet": EQUITY}


def write_results(journal: MemoryJournal, folder: Path) -> list[Path]:
    """Write the records of a session into its folder and give the files.

    Raises:
        UserError: pyarrow is missing, or a file cannot be written; none is left half.
    """
    rows = {
        "orders.parquet": map(_order_row, journal.orders.values()),
        "fills.parquet": (_fill_row(exchange, fill) for (exchange, _), fill in journal.fills.items()),
        "equity.parquet": map(_equity_row, journal.points),
    }
    return [_write(folder / name, schema, rows[name], journal.session) for name, schema in FILES.items()]


def _order_row(kept: KeptOrder) -> dict[str, Any]:
    order = kept.order
    own = {name: getattr(order, name) for name in ORDERS.keys() - {"exchange", "why"}}
    return {"exchange": kept.exchange, "why": kept.reason, **own}


def _fill_row(exchange: str, fill: Fill) -> dict[str, Any]:
    return {"exchange": exchange, **{name: getattr(fill, name) for name in FILLS.keys() - {"exchange"}}}


def _equity_row(point: KeptEquity) -> dict[str, Any]:
    pnl = point.pnl
    money = {"realised": pnl.realised, "unrealised": pnl.unrealised, "fees": pnl.fees, "funding": pnl.funding}
    return {**point._asdict(), **money}


def _write(path: Path, schema: Schema, rows: Iterable[Mapping[str, Any]], session: SessionInfo) -> Path:
    pa, parquet = load_pyarrow()
    columns = _columns(schema, rows)
    fields = [
        pa.field(name, pa.type_for_alias(kind.removesuffix("?")), nullable=kind.endswith("?"))
        for name, kind in schema.items()
    ]
    metadata = {"format": FORMAT, "version": VERSION, "session": session.session, "quote": session.quote}
    table = pa.table(columns, schema=pa.schema(fields, metadata=metadata))
    part = path.with_name(f"{path.name}.part")
    try:
        parquet.write_table(table, part, compression="zstd", write_page_checksum=True)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise UserError(f"{path} cannot be written ({error.strerror or error})", "make room there") from error
    return path


def _columns(schema: Schema, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [] for name in schema}
    for row in rows:
        for name, column in columns.items():
            column.append(_cell(row[name]))
    return columns


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return value.value if isinstance(value, Enum) else value
