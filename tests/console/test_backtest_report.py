"""The page of a session in memory is the page of the same session on disk."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.figure_line import FigureLine
from console.report import session_of, write_backtest_page, write_report
from helpers.enums import Liquidity, OrderStatus, Side
from helpers.errors import UserError
from helpers.journal import Journal, SessionInfo
from helpers.journal_writer import JournalWriter
from helpers.memory_journal import MemoryJournal
from helpers.models import Fill, Order
from helpers.status import PnL

D = Decimal
INFO = SessionInfo(
    session="one",
    strategy="grid",
    exchange="a",
    account_id="x",
    ticker="BTC",
    seed=7,
    started_ns=1_767_225_600_000_000_000,
    config={"quantity": "0.01 (flag)"},
    quote="USDC",
)
FILL = Fill(
    trade_id="t1",
    order_id="v1",
    client_order_id="1",
    ticker="BTC",
    side=Side.SELL,
    price=D(64_010),
    quantity=D("0.5"),
    fee=D("0.25"),
    liquidity=Liquidity.MAKER,
    time_ns=INFO.started_ns + 10**9,
)


def tell(journal: JournalWriter) -> None:
    """Write a session with one of everything, and with more decisions than a page shows."""
    order = Order(intent="open-1", client_order_id="1", side=Side.SELL, quantity=D("0.5"), price=D(64_000))
    refused = msgspec.structs.replace(order, intent="open-2", client_order_id="2", price=None)
    start, summary = INFO.started_ns, {"stopped_because": "the end", "round_trips": 3}
    journal.intent(order, "a", "the grid has room")
    journal.intent(refused, "a", "")
    journal.order_update(msgspec.structs.replace(order, status=OrderStatus.FILLED, updated_ns=start + 5))
    journal.order_update(msgspec.structs.replace(refused, status=OrderStatus.REJECTED, reason="margin", updated_ns=7))
    journal.fill(FILL, "a")
    for number in range(203):
        journal.decision(start + number, "place_order", f"reason {number}", ["open-1"])
    journal.event(start + 1, "health", "the book was old")
    journal.equity(start + 1, "a", D(10_000), D(0), D(64_000), PnL())
    journal.equity(start + 2, "b", None, D(1), None, PnL(realised=D(2)))
    journal.close(start + 9, "finished", summary)


def test_memory_and_disk_give_the_same_page(tmp_path: Path) -> None:
    """Byte for byte, whatever kept the records."""
    memory, disk = MemoryJournal(INFO), Journal.create(tmp_path, INFO)
    for journal in (memory, disk):
        tell(journal)
    pages = [tmp_path / name for name in ("memory.html", "disk.html")]
    write_backtest_page(memory, (), pages[0])
    write_report(disk.path.parent, pages[1])
    assert pages[0].read_text("utf-8") == pages[1].read_text("utf-8")


def shown(figures: Sequence[FigureLine], tmp_path: Path) -> str:
    """Write a page with these figures."""
    memory = MemoryJournal(INFO)
    tell(memory)
    write_backtest_page(memory, figures, tmp_path / "page.html")
    return (tmp_path / "page.html").read_text("utf-8")


def test_figures_take_the_place_of_the_pages_own(tmp_path: Path) -> None:
    """Each figure is a card with its name, value, note and colour; no word of it becomes markup."""
    page = shown([FigureLine("net PnL", "+1.5", "USDC", "green"), FigureLine("<b>", "<i>", "<u>", '"')], tmp_path)
    assert '<div><dt>net PnL</dt><dd class="green">+1.5 <small>USDC</small></dd></div>' in page
    assert '<div><dt>&lt;b&gt;</dt><dd class="&quot;">&lt;i&gt; <small>&lt;u&gt;</small></dd></div>' in page
    assert "<dt>Realised</dt>" not in page


def test_fills_stand_by_venue_also_where_there_are_none() -> None:
    """A venue that told of its account and never filled is there."""
    memory = MemoryJournal(INFO)
    tell(memory)
    fills: Mapping[str, Any] = session_of(memory, ()).fills
    assert fills == {"a": [FILL], "b": []}


def test_without_plotly_the_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing plotly is one line that says what to install."""
    monkeypatch.delitem(sys.modules, "console.report_figures", raising=False)
    monkeypatch.delattr("console.report_figures", raising=False)
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(UserError, match="make install EXTRAS="):
        shown((), tmp_path)
