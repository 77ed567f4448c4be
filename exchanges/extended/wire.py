"""What Extended says of markets, in its own words: REST bodies and stream frames that need no key.

Only what is used stands here; unknown fields are passed over and texts that could be enums stay
texts, because the venue adds values without notice. Ids exceed 2^53 and are texts from the start
of their use (`text_id`). Decimal fields are read from their digits, never through a float.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from helpers.errors import BadPayload

WireId = int | str
NOTHING = msgspec.Raw(b"null")


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all messages: the venue writes camelCase."""


# -- the envelope of every REST answer ------------------------------------------------------------


class WireError(Wire, frozen=True, kw_only=True):
    """Why the venue refuses."""

    code: WireId = ""
    message: str = ""
    debug_info: str = ""


class WirePage(Wire, frozen=True, kw_only=True):
    """Where the next, older page of a list begins."""

    cursor: WireId | None = None


class Reply(Wire, frozen=True, kw_only=True):
    """An answer, good or bad; HTTP 200 may carry either."""

    status: str
    data: msgspec.Raw = NOTHING
    error: WireError | None = None
    pagination: WirePage | None = None

    @property
    def is_good(self) -> bool:
        """Whether the venue did what was asked."""
        return self.status.upper() == "OK"


# -- markets ----------------------------------------------------------------------------------------


class WireStats(Wire, frozen=True, kw_only=True):
    """Prices and funding of a market."""

    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    bid_price: Decimal | None = None
    ask_price: Decimal | None = None
    funding_rate: Decimal | None = None
    """Fraction per hour."""
    next_funding_rate: int | None = None
    """A time, in spite of its name: ms."""


class WireRiskTier(Wire, frozen=True, kw_only=True):
    """Margin of positions up to a value."""

    upper_bound: Decimal
    risk_factor: Decimal


class WireTradingConfig(Wire, frozen=True, kw_only=True):
    """Steps and limits of orders."""

    min_order_size: Decimal
    min_order_size_change: Decimal
    min_price_change: Decimal
    max_leverage: Decimal
    max_num_orders: Decimal = Decimal(200)
    max_market_order_value: Decimal | None = None
    max_limit_order_value: Decimal | None = None
    limit_price_cap: Decimal | None = None
    """Fraction of the mark price by which a buy may be above it."""
    limit_price_floor: Decimal | None = None
    risk_factor_config: tuple[WireRiskTier, ...] = ()


class WireL2Config(Wire, frozen=True, kw_only=True):
    """How amounts are settled on Starknet."""

    collateral_id: str
    synthetic_id: str
    synthetic_resolution: int
    collateral_resolution: int


class WireMarket(Wire, frozen=True, kw_only=True):
    """One market."""

    name: str
    type: str = "PERPETUAL"
    collateral_asset_name: str = "USD"
    active: bool = True
    is_rfq: bool = False
    status: str = "ACTIVE"
    trading_config: WireTradingConfig
    l2_config: WireL2Config


class WireRestLevel(Wire, frozen=True, kw_only=True):
    """A level of the book as REST writes it."""

    price: Decimal
    qty: Decimal


class WireRestBook(Wire, frozen=True, kw_only=True):
    """The whole book as REST writes it; it has no sequence number and no time."""

    market: str = ""
    bid: tuple[WireRestLevel, ...]
    ask: tuple[WireRestLevel, ...]


class WirePublicTrade(Wire, frozen=True, kw_only=True):
    """A trade; `S` is the taker's side."""

    i: WireId
    m: str = ""
    side: str = msgspec.field(default="", name="S")
    time_ms: int = msgspec.field(name="T")
    p: Decimal
    q: Decimal


# -- frames of the streams ---------------------------------------------------------------------------


class Frame(Wire, frozen=True, kw_only=True):
    """What every frame carries. `seq` counts the frames of one connection, from 1."""

    type: str = ""
    ts: int = 0
    seq: int | None = None
    error: Any = None


class WireLevel(msgspec.Struct, frozen=True, gc=False):
    """A level: in a snapshot `q` is its size; in a delta `q` is the change and `c` the size after it."""

    p: str
    q: str = ""
    c: str | None = None


class BookData(msgspec.Struct, frozen=True, gc=False):
    """Levels of one market, bids and asks."""

    m: str
    b: list[WireLevel] = []
    a: list[WireLevel] = []


class BookFrame(Frame, frozen=True, kw_only=True):
    """A book, or what changed of it."""

    data: BookData | None = None


class TradesFrame(Frame, frozen=True, kw_only=True):
    """Public trades."""

    data: list[WirePublicTrade] | None = None


class PriceData(msgspec.Struct, frozen=True):
    """A mark or index price."""

    m: str
    p: Decimal
    ts: int = 0


class PriceFrame(Frame, frozen=True, kw_only=True):
    """A new mark or index price."""

    data: PriceData | None = None


def text_id(value: WireId) -> str:
    """Give an id as text, which no number type can round."""
    return str(value)


def finite(value: Decimal, what: str) -> Decimal:
    """Give a number that is one.

    Raises:
        BadPayload: it is infinite or no number at all.
    """
    if not value.is_finite():
        raise BadPayload(f"{what} is {value}, which is no number")
    return value


__all__ = [
    "NOTHING",
    "BookData",
    "BookFrame",
    "Frame",
    "PriceData",
    "PriceFrame",
    "Reply",
    "TradesFrame",
    "Wire",
    "WireError",
    "WireId",
    "WireL2Config",
    "WireLevel",
    "WireMarket",
    "WirePage",
    "WirePublicTrade",
    "WireRestBook",
    "WireRestLevel",
    "WireRiskTier",
    "WireStats",
    "WireTradingConfig",
    "finite",
    "text_id",
]
