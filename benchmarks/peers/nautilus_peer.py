"""nautilus_trader at the race of benchmarks/race.py: its backtest engine, strategies in Python.

Book of best prices, trades take part in matching, no fees, no delays, no logging. Its fill
rule is QUOTES: a trade at the price of a resting order does not fill it, for a trade moves only the
side that it took from. TOP agrees with that rule to the last fill. GRID need not: of several
orders that one quote reaches, it fills one at a time, the next ones at later events.

    python -m benchmarks.peers.nautilus_peer FOLDER top
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

from helpers.clock import monotonic_ns

_BEGIN = monotonic_ns()

import numpy as np  # noqa: E402 - importing is part of the start-up that is measured
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig  # noqa: E402
from nautilus_trader.config import LoggingConfig  # noqa: E402
from nautilus_trader.model.currencies import BTC, USDT  # noqa: E402
from nautilus_trader.model.data import QuoteTick, TradeTick  # noqa: E402
from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType  # noqa: E402
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue  # noqa: E402
from nautilus_trader.model.instruments import CryptoPerpetual  # noqa: E402
from nautilus_trader.model.objects import Money, Price, Quantity  # noqa: E402

from benchmarks.peers.columns import Columns, read_columns  # noqa: E402
from benchmarks.peers.nautilus_strategies import GridStrategy, TopStrategy  # noqa: E402
from benchmarks.race import Race, run_and_report  # noqa: E402

_VENUE = Venue("RACE")
_ID = InstrumentId(Symbol("BTCUSDT-PERP"), _VENUE)


def _instrument() -> CryptoPerpetual:
    zero = Decimal(0)
    return CryptoPerpetual(
        instrument_id=_ID,
        raw_symbol=_ID.symbol,
        base_currency=BTC,
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=1,
        size_precision=3,
        price_increment=Price.from_str("0.1"),
        size_increment=Quantity.from_str("0.001"),
        ts_event=0,
        ts_init=0,
        margin_init=zero,
        margin_maint=zero,
        maker_fee=zero,
        taker_fee=zero,
    )


def _quotes(columns: Columns) -> list[QuoteTick]:
    picked = {name: column[columns["kind"] == 0] for name, column in columns.items()}
    times = picked["time_ns"].astype(np.uint64)
    prices = (picked["bid"] / 10, picked["ask"] / 10)
    sizes = (picked["bid_lots"] / 1_000, picked["ask_lots"] / 1_000)
    return QuoteTick.from_raw_arrays_to_list(_ID, 1, 3, *prices, *sizes, times, times)


def _trades(columns: Columns) -> list[TradeTick]:
    picked = {name: column[columns["kind"] != 0] for name, column in columns.items()}
    times = picked["time_ns"].astype(np.uint64)
    sides = np.where(picked["kind"] == 1, int(AggressorSide.BUYER), int(AggressorSide.SELLER)).astype(np.uint8)
    ids = [str(number) for number in range(len(times))]
    return TradeTick.from_raw_arrays_to_list(
        _ID, 1, 3, picked["price"] / 10, picked["lots"] / 1_000, sides, ids, times, times
    )


def _engine(columns: Columns) -> BacktestEngine:
    config = BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    engine = BacktestEngine(config=config)
    engine.add_venue(
        _VENUE,
        OmsType.NETTING,
        AccountType.MARGIN,
        [Money(10_000_000, USDT)],
        base_currency=USDT,
        default_leverage=Decimal(100),
        trade_execution=True,
    )
    engine.add_instrument(_instrument())
    engine.add_data(_quotes(columns), validate=False, sort=False)
    engine.add_data(_trades(columns), validate=False, sort=True)
    return engine


def main() -> None:
    """Measure one run in this process; loading is start-up."""
    folder, race = Path(sys.argv[1]), Race(sys.argv[2])
    columns, _ = read_columns(folder)
    engine = _engine(columns)
    strategy = (GridStrategy if race is Race.GRID else TopStrategy)(_ID)
    engine.add_strategy(strategy)
    run_and_report(engine.run, lambda _: strategy.fills, events=len(columns["kind"]), begin_ns=_BEGIN)


if __name__ == "__main__":
    main()
