"""Which markets the synthetic venue has, and how each of them moves.

The figures are round and typical of perpetual-futures venues; they belong to no venue in
particular. A spot market has the perpetual's figures and a walk of its own. Fees, latency and
funding are the venue's (simulation/profile.py), not the market's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from helpers.enums import MarketKind
from helpers.errors import UserError
from helpers.registry import nearest

PAID_IN_FULL: Final = Decimal(1)
"""The leverage of spot."""
NEVER_LIQUIDATED: Final = Decimal(0)
"""The maintenance margin of spot."""
_SPOT: Final = "-SPOT"


class PaperMarket(msgspec.Struct, frozen=True, kw_only=True):
    """One invented market: its rules and its temper."""

    ticker: str
    contract_id: str
    quote: str = "USD"
    tick_size: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    min_notional: Decimal = Decimal(10)
    """Least price x quantity of an order, in quote."""
    max_leverage: Decimal
    maintenance_margin: Decimal
    """Fraction of notional below which the venue liquidates."""
    start_price: Decimal
    annual_volatility: float
    """Standard deviation of a year's log return, as a fraction: 0.5 is 50 %."""
    touch_lots: int
    """Lots typically displayed at the best bid or ask (the median)."""
    events_per_second: float
    """Trades and quote changes together, on average; about 1.4 tape rows each."""
    kind: MarketKind = MarketKind.PERP


_PERPETUALS: Final = (
    PaperMarket(
        ticker="BTC",
        contract_id="BTC-PERP",
        tick_size=Decimal("0.1"),
        quantity_step=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_leverage=Decimal(50),
        maintenance_margin=Decimal("0.01"),
        start_price=Decimal(62_000),
        annual_volatility=0.50,
        touch_lots=1_500,
        events_per_second=2.0,
    ),
    PaperMarket(
        ticker="ETH",
        contract_id="ETH-PERP",
        tick_size=Decimal("0.01"),
        quantity_step=Decimal("0.001"),
        min_quantity=Decimal("0.005"),
        max_leverage=Decimal(50),
        maintenance_margin=Decimal("0.01"),
        start_price=Decimal(2_600),
        annual_volatility=0.65,
        touch_lots=25_000,
        events_per_second=1.8,
    ),
    PaperMarket(
        ticker="SOL",
        contract_id="SOL-PERP",
        tick_size=Decimal("0.01"),
        quantity_step=Decimal("0.01"),
        min_quantity=Decimal("0.1"),
        max_leverage=Decimal(25),
        maintenance_margin=Decimal("0.02"),
        start_price=Decimal(150),
        annual_volatility=0.85,
        touch_lots=30_000,
        events_per_second=1.4,
    ),
    PaperMarket(
        ticker="XRP",
        contract_id="XRP-PERP",
        tick_size=Decimal("0.0001"),
        quantity_step=Decimal(1),
        min_quantity=Decimal(10),
        max_leverage=Decimal(20),
        maintenance_margin=Decimal("0.025"),
        start_price=Decimal("2.40"),
        annual_volatility=0.80,
        touch_lots=12_000,
        events_per_second=1.2,
    ),
    PaperMarket(
        ticker="DOGE",
        contract_id="DOGE-PERP",
        tick_size=Decimal("0.00001"),
        quantity_step=Decimal(1),
        min_quantity=Decimal(50),
        max_leverage=Decimal(20),
        maintenance_margin=Decimal("0.025"),
        start_price=Decimal("0.16"),
        annual_volatility=0.90,
        touch_lots=150_000,
        events_per_second=1.0,
    ),
)


def is_spot_ticker(ticker: str) -> bool:
    """Whether a market inside the process trades the asset itself, as its name says."""
    return ticker.endswith(_SPOT)


def _spot(perpetual: PaperMarket) -> PaperMarket:
    ticker = perpetual.ticker + _SPOT
    return msgspec.structs.replace(
        perpetual,
        ticker=ticker,
        contract_id=ticker,
        max_leverage=PAID_IN_FULL,
        maintenance_margin=NEVER_LIQUIDATED,
        kind=MarketKind.SPOT,
    )


PAPER_MARKETS: Final = (*_PERPETUALS, *(_spot(market) for market in _PERPETUALS if market.ticker in {"BTC", "ETH"}))


def paper_market(ticker: str) -> PaperMarket:
    """Find a market by its ticker, in any case.

    Raises:
        UserError: there is no such market; names the known ones and the nearest.
    """
    known = {market.ticker: market for market in PAPER_MARKETS}
    found = known.get(ticker.upper())
    if found is None:
        raise UserError(
            f"the synthetic venue has no market {ticker!r}", f"{_hint(ticker, known)}known: {', '.join(known)}"
        )
    return found


def _hint(ticker: str, known: dict[str, PaperMarket]) -> str:
    # `nearest` compares in lower case; tickers are written in upper case.
    hint = nearest(ticker, [name.lower() for name in known])
    for name in known:
        hint = hint.replace(f" {name.lower()}?", f" {name}?")
    return hint
