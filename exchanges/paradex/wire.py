"""Paradex messages in the venue's own words. Fields nobody here reads are left out; unknown ones are ignored.

Numbers come as decimal texts, a missing one as an empty text; times are milliseconds. What has a
few values (status, side) stays text here: a new value must not make a message unreadable.
"""

from __future__ import annotations

import msgspec

Pair = tuple[str, str]
"""Price and size of a level."""
Maybe = str | None
"""A text that may be missing, null or empty, which all say that the venue does not know."""


class Wire(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of every message."""


# -- the venue ------------------------------------------------------------------------------


class SystemConfig(Wire, frozen=True):
    """What signing needs to know of the chain."""

    starknet_chain_id: str
    paraclear_account_hash: Maybe = None
    paraclear_account_proxy_hash: Maybe = None


class SystemTime(Wire, frozen=True):
    """The venue's clock, ms as text."""

    server_time: str


class SystemState(Wire, frozen=True):
    """What can be done now: ok, post_only, cancel_only or maintenance."""

    status: str


class ErrorBody(Wire, frozen=True):
    """What comes with a refusal; an expired token brings a message only."""

    error: Maybe = None
    message: Maybe = None


class Token(Wire, frozen=True):
    """A login."""

    jwt_token: str


class TokenClaims(Wire, frozen=True):
    """What a login says of itself, s."""

    exp: int
    iat: int | None = None


# -- markets --------------------------------------------------------------------------------


class Fee(Wire, frozen=True):
    """One rate, as a fraction."""

    fee: Maybe = None


class MakerTaker(Wire, frozen=True):
    """Rates of one way to trade."""

    maker_fee: Fee = Fee()
    taker_fee: Fee = Fee()


class FeeConfig(Wire, frozen=True):
    """Rates by the way an order comes."""

    api_fee: MakerTaker = MakerTaker()


class MarginParams(Wire, frozen=True):
    """Initial margin, and maintenance as a part of it."""

    imf_base: Maybe = None
    mmf_factor: Maybe = None


class MarketInfo(Wire, frozen=True):
    """One market's terms."""

    symbol: str
    asset_kind: Maybe = None
    base_currency: Maybe = None
    quote_currency: Maybe = None
    price_tick_size: Maybe = None
    order_size_increment: Maybe = None
    min_notional: Maybe = None
    max_open_orders: int = 0
    funding_period_hours: float = 0
    open_at: int = 0
    expiry_at: int = 0
    trading_mode: Maybe = None
    fee_config: FeeConfig = FeeConfig()
    delta1_cross_margin_params: MarginParams = MarginParams()


class Summary(Wire, frozen=True):
    """One market's prices of this moment."""

    symbol: str
    mark_price: Maybe = None
    bid: Maybe = None
    bid_size: Maybe = None
    ask: Maybe = None
    ask_size: Maybe = None
    funding_rate: Maybe = None
    created_at: int = 0


class FundingData(Wire, frozen=True):
    """One market's funding of this moment; the rate is per period."""

    market: str
    funding_rate: Maybe = None
    funding_period_hours: float = 0
    funding_index: Maybe = None
    created_at: int = 0


class BookSnapshot(Wire, frozen=True):
    """A book as it is read."""

    market: str
    seq_no: int
    last_updated_at: int
    bids: tuple[Pair, ...] = ()
    asks: tuple[Pair, ...] = ()


class BestPrices(Wire, frozen=True):
    """The touch."""

    market: str
    seq_no: int
    bid: Maybe = None
    bid_size: Maybe = None
    ask: Maybe = None
    ask_size: Maybe = None
    last_updated_at: int = 0


class BookLevel(Wire, frozen=True):
    """One level of a book on the stream."""

    side: str
    price: str
    size: str


class StreamBook(Wire, frozen=True):
    """A book on the stream: the whole of it (`update_type` s), each level an insert."""

    market: str
    seq_no: int
    update_type: str
    inserts: tuple[BookLevel, ...]
    last_updated_at: int = 0


class PublicTrade(Wire, frozen=True):
    """A public trade; the side is the taker's."""

    id: str
    market: str
    side: str
    price: str
    size: str
    created_at: int


# -- streams --------------------------------------------------------------------------------


class RpcError(Wire, frozen=True):
    """Why a call on a stream was refused."""

    code: int
    message: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")


class RpcResult(Wire, frozen=True):
    """What a call on a stream came to: the channel that was subscribed, if it was that."""

    channel: str = ""


class Push(Wire, frozen=True):
    """News of a channel, not decoded yet."""

    channel: str
    data: msgspec.Raw


class Frame(Wire, frozen=True):
    """Anything a stream brings: news of a channel, or the answer to a call."""

    id: int | None = None
    method: str = ""
    params: Push | None = None
    result: RpcResult | None = None
    error: RpcError | None = None


__all__ = [
    "BestPrices",
    "BookLevel",
    "BookSnapshot",
    "ErrorBody",
    "Fee",
    "FeeConfig",
    "Frame",
    "FundingData",
    "MakerTaker",
    "MarginParams",
    "MarketInfo",
    "Maybe",
    "Pair",
    "PublicTrade",
    "Push",
    "RpcError",
    "RpcResult",
    "StreamBook",
    "Summary",
    "SystemConfig",
    "SystemState",
    "SystemTime",
    "Token",
    "TokenClaims",
    "Wire",
]
