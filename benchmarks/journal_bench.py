"""How long an order waits for its intent to be written, and how fast batched rows go."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Final

from helpers.clock import NS_PER_S, monotonic_ns
from helpers.enums import Liquidity, Side
from helpers.journal import Journal, SessionInfo
from helpers.models import Fill, Order
from helpers.status import PnL

_INTENTS: Final = 5_000
_ROWS: Final = 50_000
_PRICE: Final = Decimal("65000.1")
_QUANTITY: Final = Decimal("0.001")
_PNL: Final = PnL(realised=Decimal("12.3456"), fees=Decimal("0.0123"))


def run() -> list[tuple[str, str]]:
    """Measure on a journal in the temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.create(Path(folder), _session())
        rows = [*_intents(journal), *_batched(journal)]
        journal.close(1, "done")
    return rows


def _session() -> SessionInfo:
    return SessionInfo(
        session="bench", strategy="grid", exchange="paper", account_id="paper", ticker="BTC", seed=1, started_ns=0
    )


def _intents(journal: Journal) -> list[tuple[str, str]]:
    times = sorted(_time_intent(journal, number) for number in range(_INTENTS))
    median, p99 = times[_INTENTS // 2], times[_INTENTS * 99 // 100]
    return [
        (f"intent, committed: median of {_INTENTS:,}", f"{median / 1000:.1f} us"),
        ("intent, committed: 99th percentile", f"{p99 / 1000:.1f} us"),
        ("intent, committed: worst (a checkpoint to disk)", f"{times[-1] / 1000:.0f} us"),
    ]


def _time_intent(journal: Journal, number: int) -> int:
    order = Order(
        intent=f"open-{number}",
        client_order_id=str(40_000_000_000_000 + number),
        side=Side.BUY,
        quantity=_QUANTITY,
        price=_PRICE,
        created_ns=number,
    )
    begin = monotonic_ns()
    journal.intent(order, "paper", "the grid has room for one more order")
    return monotonic_ns() - begin


def _batched(journal: Journal) -> list[tuple[str, str]]:
    begin = monotonic_ns()
    for number in range(_ROWS):
        journal.equity(number, "paper", Decimal("10012.3333"), _QUANTITY, _PRICE, _PNL)
    journal.flush()
    equity_ns = monotonic_ns() - begin
    begin = monotonic_ns()
    for number in range(_ROWS):
        journal.fill(_fill(number), "paper")
    journal.flush()
    fills_ns = monotonic_ns() - begin
    return [
        ("equity rows, batched", f"{_ROWS * NS_PER_S // equity_ns:,} rows/s"),
        ("fills, batched", f"{_ROWS * NS_PER_S // fills_ns:,} rows/s"),
    ]


def _fill(number: int) -> Fill:
    return Fill(
        trade_id=str(number),
        order_id=str(number),
        client_order_id=str(40_000_000_000_000 + number),
        ticker="BTC",
        side=Side.BUY,
        price=_PRICE,
        quantity=_QUANTITY,
        fee=Decimal("0.01300002"),
        liquidity=Liquidity.MAKER,
        time_ns=number,
    )
