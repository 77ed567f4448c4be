"""What Extended says of one account, in its own words: orders, executions, positions, money, fees."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from exchanges.extended.wire import NOTHING, Frame, Wire, WireId


class WireOrder(Wire, frozen=True, kw_only=True):
    """One of our orders, on REST and on the account stream alike."""

    id: WireId
    external_id: str | None = None
    market: str
    type: str = "LIMIT"
    side: str
    status: str
    status_reason: str | None = None
    price: Decimal | None = None
    qty: Decimal
    filled_qty: Decimal | None = None
    cancelled_qty: Decimal | None = None
    reduce_only: bool = False
    post_only: bool = False
    created_time: int = 0
    updated_time: int = 0


class WireTrade(Wire, frozen=True, kw_only=True):
    """One of our executions; only the stream says which external id its order has."""

    id: WireId
    market: str
    order_id: WireId
    external_order_id: str | None = None
    side: str
    price: Decimal
    qty: Decimal
    fee: Decimal
    is_taker: bool
    trade_type: str = "TRADE"
    created_time: int


class WirePosition(Wire, frozen=True, kw_only=True):
    """A position: its size has no sign, its side says where it points."""

    market: str
    side: str
    size: Decimal
    status: str = "OPENED"
    open_price: Decimal | None = None
    mark_price: Decimal | None = None
    liquidation_price: Decimal | None = None


class WireBalance(Wire, frozen=True, kw_only=True):
    """The account's money."""

    collateral_name: str = "USD"
    balance: Decimal
    equity: Decimal | None = None
    available_for_trade: Decimal | None = None
    initial_margin: Decimal | None = None


class WireFees(Wire, frozen=True, kw_only=True):
    """Fees of this account on one market, as fractions."""

    market: str
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal


class WireLeverage(Wire, frozen=True, kw_only=True):
    """The leverage of this account on one market."""

    market: str
    leverage: Decimal


class WireAccount(Wire, frozen=True, kw_only=True):
    """Which account an API key belongs to."""

    account_id: WireId
    status: str = ""
    l2_key: str
    l2_vault: WireId


class WirePayment(Wire, frozen=True, kw_only=True):
    """One funding settlement on our position."""

    id: WireId
    market: str
    side: str
    size: Decimal
    funding_fee: Decimal
    funding_rate: Decimal
    paid_time: int


class WirePlaced(Wire, frozen=True, kw_only=True):
    """The answer to a new order: its number, before the book has seen it."""

    id: WireId
    external_id: str = ""


# -- what we send -------------------------------------------------------------------------------------


class WireSignature(Wire, frozen=True, kw_only=True):
    """A Stark signature, in hex."""

    r: str
    s: str


class WireSettlement(Wire, frozen=True, kw_only=True):
    """What the chain checks."""

    signature: WireSignature
    stark_key: str
    collateral_position: str


class WireDebuggingAmounts(Wire, frozen=True, kw_only=True):
    """The signed amounts, so that a refused signature can be explained."""

    collateral_amount: str
    fee_amount: str
    synthetic_amount: str


class WireNewOrder(Wire, frozen=True, kw_only=True):
    """A new order. Decimals are plain texts; the expiry is an integer, the nonce a text."""

    id: str
    market: str
    type: str
    side: str
    qty: str
    price: str
    reduce_only: bool
    post_only: bool
    time_in_force: str
    expiry_epoch_millis: int
    fee: str
    nonce: str
    self_trade_protection_level: str
    settlement: WireSettlement
    debugging_amounts: WireDebuggingAmounts


class WireMassCancel(Wire, frozen=True, kw_only=True):
    """Which orders to cancel: those of the markets named, and no others."""

    markets: list[str]
    cancel_all: bool = False


# -- the account stream -------------------------------------------------------------------------------


class AccountData(Wire, frozen=True, kw_only=True):
    """News of the account. Lists stay raw: one entry that cannot be read must not hide the others."""

    orders: list[msgspec.Raw] | None = None
    trades: list[msgspec.Raw] | None = None
    positions: list[msgspec.Raw] | None = None
    balance: msgspec.Raw = NOTHING


class AccountFrame(Frame, frozen=True, kw_only=True):
    """A frame of the account stream."""

    data: AccountData | None = None


__all__ = [
    "AccountData",
    "AccountFrame",
    "WireAccount",
    "WireBalance",
    "WireDebuggingAmounts",
    "WireFees",
    "WireMassCancel",
    "WireNewOrder",
    "WireOrder",
    "WirePayment",
    "WirePlaced",
    "WirePosition",
    "WireSettlement",
    "WireSignature",
    "WireTrade",
]
