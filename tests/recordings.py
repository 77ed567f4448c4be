"""The recorded markets of ../shared/data that are long enough to trade on."""

from __future__ import annotations

from pathlib import Path

_STANDX = [
    f"standx_202601/{kind}_BTC-USD_2026-01-06_{hour}.parquet"
    for hour in range(13, 17)
    for kind in ("orderbook", "trades")
]

RECORDINGS = {
    "aster BTC": ["aster_20250924/bbo_BTCUSDT.csv.gz", "aster_20250924/trades_BTCUSDT.csv.gz"],
    "aster ETH": ["aster_20250924/bbo_ETHUSDT.csv.gz", "aster_20250924/trades_ETHUSDT.csv.gz"],
    "standx BTC": _STANDX,
    "hyperliquid BTC": ["hyperliquid_20250904/orderbooks_BTC.csv.gz", "hyperliquid_20250904/trades_BTC.csv.gz"],
    "hyperliquid ETH": ["hyperliquid_20250904/orderbooks_ETH.csv.gz", "hyperliquid_20250904/trades_ETH.csv.gz"],
    "binance BTC": ["binance_raw_20240808/usdm_btcusdt.txt.gz"],
    "lighter BTC": ["lighter_20250915/prices_BTC.csv.gz", "lighter_20250915/trades_BTC.csv.gz"],
    "edgex BTC": ["edgex_20250913/depth_BTC.csv.gz", "edgex_20250913/trades_BTC.csv.gz"],
}
"""Files by name, from the longest to the shortest; the last two hold gaps of minutes."""


def tape_flags(data: Path, name: str) -> list[str]:
    """Give the options that trade on a recording."""
    tapes = [f"--tape={data / 'ticks' / file}" for file in RECORDINGS[name]]
    return [*tapes, f"--ticker={name.split()[1]}"]
