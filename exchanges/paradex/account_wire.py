"""What Paradex tells of an account: money, positions, orders, executions. The rules of `wire.py` hold."""

from __future__ import annotations

from exchanges.paradex.wire import Maybe, Wire


class AccountState(Wire, frozen=True):
    """Money and margin."""

    account: str
    account_value: str
    total_collateral: str
    free_collateral: str
    initial_margin_requirement: Maybe = None
    settlement_asset: Maybe = None
    status: Maybe = None
    seq_no: int = 0


class AccountFees(Wire, frozen=True):
    """Rates of this account, as fractions."""

    maker_rate: Maybe = None
    taker_rate: Maybe = None


class AccountInfo(Wire, frozen=True):
    """What is told of the account itself."""

    fees: AccountFees = AccountFees()


class MarginInfo(Wire, frozen=True):
    """The leverage chosen on one market."""

    market: str
    leverage: int
    margin_type: str = "CROSS"


class MarginsInfo(Wire, frozen=True):
    """GET /account/margin."""

    configs: tuple[MarginInfo, ...] = ()


class PositionInfo(Wire, frozen=True):
    """A position; the size carries the sign."""

    market: str
    size: str
    side: Maybe = None
    status: Maybe = None
    average_entry_price: Maybe = None
    liquidation_price: Maybe = None
    last_updated_at: int = 0
    seq_no: int = 0


class RequestInfo(Wire, frozen=True):
    """What became of a change of an order."""

    id: Maybe = None
    status: Maybe = None
    message: Maybe = None
    request_type: Maybe = None


class OrderState(Wire, frozen=True):
    """An order."""

    id: str
    market: str
    side: str
    type: str
    size: str
    status: str
    remaining_size: Maybe = None
    price: Maybe = None
    cancel_reason: Maybe = None
    client_id: Maybe = None
    instruction: Maybe = None
    flags: tuple[str, ...] | None = None
    avg_fill_price: Maybe = None
    created_at: int = 0
    last_updated_at: int = 0
    seq_no: int = 0
    request_info: RequestInfo | None = None


class FillInfo(Wire, frozen=True):
    """An execution of an order of ours."""

    id: str
    order_id: str
    market: str
    side: str
    size: str
    price: str
    created_at: int
    client_id: Maybe = None
    fee: Maybe = None
    fee_currency: Maybe = None
    liquidity: Maybe = None
    fill_type: Maybe = None


class FundingPaymentInfo(Wire, frozen=True):
    """Funding that was settled."""

    id: str
    market: str
    payment: str
    created_at: int


__all__ = [
    "AccountFees",
    "AccountInfo",
    "AccountState",
    "FillInfo",
    "FundingPaymentInfo",
    "OrderState",
    "PositionInfo",
    "RequestInfo",
]
