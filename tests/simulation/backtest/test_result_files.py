"""The records as Parquet: every column, every digit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from account_scenes import START_NS, D, fill, point
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from helpers.enums import OrderStatus, Side
from helpers.errors import UserError
from helpers.journal_schema import SessionInfo
from helpers.memory_journal import MemoryJournal
from helpers.models import Order
from simulation.backtest.result_files import FILES, write_results

INFO = SessionInfo(
    session="one", strategy="grid", exchange="paper", account_id="a", ticker="BTC", seed=7, started_ns=0, quote="USDC"
)


def journal() -> MemoryJournal:
    """A journal with one of everything, and with what may be missing missing."""
    kept = MemoryJournal(INFO)
    order = Order(
        intent="entry-1",
        client_order_id="7",
        side=Side.BUY,
        quantity=D("0.10"),
        price=None,
        post_only=True,
        created_ns=START_NS,
    )
    kept.intent(order, "paper", "room in the grid")
    kept.order_update(msgspec.structs.replace(order, status=OrderStatus.FILLED, average_price=D("1E-7")))
    kept.fill(msgspec.structs.replace(fill(1, Side.BUY, fee="-0.0000001"), client_order_id=None), "paper")
    kept.points += [point(1, "10000.000000000000000001", position="-0.5"), point(2, None, mid=None)]
    return kept


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    """Read a file back."""
    rows: list[dict[str, Any]] = parquet.read_table(folder / name).to_pylist()
    return rows


def test_every_record_is_written(tmp_path: Path) -> None:
    """Values are those of the records: enums by their words, money as exact text, missing as null."""
    assert [path.name for path in write_results(journal(), tmp_path)] == list(FILES)
    assert read(tmp_path, "orders.parquet") == [
        {
            "exchange": "paper", "client_order_id": "7", "order_id": None, "intent": "entry-1",
            "why": "room in the grid", "side": "buy", "order_type": "limit", "time_in_force": "gtc",
            "post_only": True, "reduce_only": False, "quantity": "0.1", "price": None, "status": "filled",
            "filled_quantity": "0", "average_price": "0.0000001", "created_ns": START_NS, "updated_ns": 0, "reason": "",
        }
    ]  # fmt: skip
    assert read(tmp_path, "fills.parquet") == [
        {
            "time_ns": START_NS + 10**9, "exchange": "paper", "ticker": "BTC", "trade_id": "t1", "order_id": "v",
            "client_order_id": None, "side": "buy", "price": "100", "quantity": "1", "fee": "-0.0000001",
            "liquidity": "maker",
        }
    ]  # fmt: skip
    first, second = read(tmp_path, "equity.parquet")
    assert first["equity"] == "10000.000000000000000001"
    assert (first["position"], first["mid"], first["realised"]) == ("-0.5", "100", "0")
    assert (second["equity"], second["mid"]) == (None, None)


def test_a_run_without_records_has_empty_files_of_the_same_schema(tmp_path: Path) -> None:
    """Columns, types and marks do not depend on what happened."""
    full, empty = tmp_path / "full", tmp_path / "empty"
    for folder, kept in ((full, journal()), (empty, MemoryJournal(INFO))):
        folder.mkdir()
        write_results(kept, folder)
    for name, schema in FILES.items():
        one, other = parquet.read_schema(full / name), parquet.read_schema(empty / name)
        assert one.equals(other)
        assert {field.name: str(field.type) + "?" * field.nullable for field in one} == dict(schema)
        marks = {key.decode(): value.decode() for key, value in one.metadata.items()}
        assert marks == {"format": "runbot-backtest", "version": "1", "session": "one", "quote": "USDC"}
        assert parquet.read_table(empty / name).num_rows == 0


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(lambda value: abs(value.adjusted()) < 60))
@settings(max_examples=50, deadline=None)
def test_no_digit_is_lost(tmp_path_factory: pytest.TempPathFactory, value: Decimal) -> None:
    """Any amount, however long, is the same number when it is read back."""
    folder = tmp_path_factory.mktemp("digits")
    kept = MemoryJournal(INFO)
    kept.points.append(point(1, None)._replace(equity=value))
    write_results(kept, folder)
    assert Decimal(read(folder, "equity.parquet")[0]["equity"]) == value


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A missing folder is named, and nothing is left half written."""
    with pytest.raises(UserError, match=r"orders.parquet cannot be written .*: make room"):
        write_results(journal(), tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []
