"""What a top-of-book maker can be told. docs/strategies/top_of_book_maker.md is checked against these declarations."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from strategies.base_strategy import Params, param
from strategies.patience import book_patience


class PriceMode(Enum):
    """How the buy is priced where there is a fee."""

    RELATIVE = "relative"
    """ask x (1 - (2 x fee + 0.0001)), down to the tick."""
    LITERAL = "literal"
    """ask - (2 x fee + 0.0001) in quote, to the nearest tick: right only where the price is about 1."""


class ExposurePrice(Enum):
    """What the held asset is valued at."""

    MID = "mid"
    BEST_BID = "best_bid"


class SpreadGuard(Enum):
    """Which spread has to pay for two fees."""

    MARKET = "market"
    """From the best bid to the best ask."""
    QUOTES = "quotes"
    """From our own buy to the best ask, where what it buys is offered."""


class TopOfBookMakerParams(Params):
    """What a top-of-book maker can be told."""

    maker_fee_rate: Decimal | None = param(
        None,
        ge=0,
        le=0.02,
        unit="fraction",
        help="Fee reckoned with, 0.001 is 0.1 %; 0 quotes the bid; off: the market's.",
    )
    max_exposure: Decimal | None = param(
        Decimal(1000), gt=0, unit="USD", help="Pause buying while the asset held is worth this much or more."
    )
    min_usd_balance: Decimal | None = param(
        Decimal(500), ge=0, unit="USD", help="Pause buying while less than this is free."
    )
    exposure_price: ExposurePrice = param(ExposurePrice.MID, help="What the asset held is valued at.")
    price_mode: PriceMode = param(
        PriceMode.RELATIVE, help="Take 2 x fee + 0.0001 off the ask as a fraction of it, or literally as USD."
    )
    clamp_to_bid: bool = param(
        False, help="Quote the bid where the computed buy would stand above it; no: skip it and say so."
    )
    spread_guard: SpreadGuard = param(
        SpreadGuard.QUOTES, help="Which spread must reach 2 x fee + 0.01 %: our buy to the ask, or the market's own."
    )
    max_sells: int = param(50, ge=1, le=150, unit="orders", help="Buy nothing more while this many sells rest.")
    book_patience: Decimal = book_patience()
