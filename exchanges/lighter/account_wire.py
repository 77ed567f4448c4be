"""Lighter's account messages in Lighter's words. What it adds is ignored; a missing essential is an error.

The venue leaves empty lists out. So a list that is not there is empty only in an answer with a
code: without one it is no answer of the venue, and says nothing.
"""

from __future__ import annotations

import msgspec


class AccountOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One of our orders."""

    order_index: int
    client_order_index: int
    market_index: int
    initial_base_amount: str
    price: str
    is_ask: bool
    status: str
    filled_base_amount: str = "0"
    type: str = "limit"
    time_in_force: str = ""
    reduce_only: bool = False
    owner_account_index: int | None = None
    timestamp: int = 0
    updated_at: int = 0
    transaction_time: int = 0


class OrdersReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET accountOrders, accountActiveOrders, accountInactiveOrders."""

    code: int
    orders: list[AccountOrder] | None = None
    next_cursor: str | None = None


class AccountPosition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A position; its size is unsigned."""

    market_id: int
    sign: int
    position: str
    symbol: str = ""
    avg_entry_price: str = ""
    position_value: str = ""
    unrealized_pnl: str = "0"
    liquidation_price: str = ""
    initial_margin_fraction: str = ""
    """Percent: "10.00" is a leverage of ten."""
    margin_mode: int = 0
    allocated_margin: str = "0"


class AccountAsset(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money of one kind."""

    symbol: str
    asset_id: int
    margin_balance: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET account."""

    collateral: str
    available_balance: str
    positions: list[AccountPosition] | None
    """Flat ones are listed too: none at all would be no news of being flat, so the field must be there."""
    index: int = -1
    account_index: int = -1
    name: str = ""
    account_type: int = 0
    cross_initial_margin_requirement: str = ""
    assets: list[AccountAsset] | None = None


class AccountsReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The accounts that were found."""

    accounts: list[Account] | None = None


class LimitsReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET accountLimits: our tier, and our fees in millionths."""

    user_tier: str
    current_maker_fee_tick: int = 0
    current_taker_fee_tick: int = 0


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A key that the venue knows."""

    api_key_index: int
    public_key: str = ""


class ApiKeysReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET apikeys."""

    api_keys: list[ApiKey] | None = None


class NonceReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET nextNonce."""

    nonce: int


class SentReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """POST sendTx and sendTxBatch."""

    code: int = 0


class PositionFunding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A funding payment on our position."""

    timestamp: int
    market_id: int
    funding_id: int
    change: str
    rate: str = "0"
    position_size: str = "0"
    position_side: str = ""


class PositionFundingsReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET positionFunding, newest first."""

    position_fundings: list[PositionFunding] | None = None


class UserStats(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Our money as the stream tells it."""

    collateral: str
    portfolio_value: str
    available_balance: str


class AccountTx(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of a transaction of ours."""

    hash: str
    status: int
    """0 failed, 1 pending, 2 executed, 3 pending-final."""
    event_info: str = ""
    """JSON text; `ae` is the sequencer's refusal."""


class EventInfo(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Of a transaction's event_info, the part that matters."""

    ae: str = ""
