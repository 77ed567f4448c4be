"""From what Paradex tells of an account to our records: orders, executions, positions, money.

The venue has no status FILLED and none for a refusal: CLOSED with nothing left and no reason is
filled; CLOSED with a reason of a refusal and nothing filled was rejected; every other CLOSED was
cancelled. The set of reasons is open, and so is that of statuses.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exchanges.paradex.account_wire import AccountState, FillInfo, FundingPaymentInfo, OrderState, PositionInfo
from exchanges.paradex.mapping import MS, number, positive, required, side_of
from helpers.enums import Liquidity, OrderStatus, Side
from helpers.models import Balance, Fill, FundingPayment, OrderInfo, Position

_LIVE: Final = frozenset({"NEW", "UNTRIGGERED", "OPEN"})
_REFUSALS: Final = frozenset(
    {
        "POST_ONLY_WOULD_CROSS",
        "NOT_ENOUGH_MARGIN",
        "MMP_FROZEN",
        "MMP_DISABLED",
        "MMP_GREEKS_UNAVAILABLE",
        "MMP_NOT_CONFIGURED",
    }
)
_REFUSING_WORDS: Final = ("REJECT", "INVALID", "EXCEED", "WOULD", "REDUCE_ONLY", "PRICE_BAND", "NOT_ENOUGH", "TOO_")
"""What reasons nobody listed are made of, when they refuse an order before it rested."""
_QUOTE_COIN: Final = frozenset({"", "USDC", "USD"})
_ZERO: Final = Decimal(0)


def order_info(state: OrderState) -> OrderInfo:
    """Give the venue's account of an order."""
    size = positive(state.size, "an order's size")
    status, filled = _standing(state, size)
    price = number(state.price)
    return OrderInfo(
        order_id=state.id,
        client_order_id=state.client_id or None,
        side=side_of(state.side),
        size=size,
        price=price or None,  # a market order's price is told as 0
        status=status,
        filled_size=filled,
        reduce_only="REDUCE_ONLY" in (state.flags or ()),
        post_only=state.instruction == "POST_ONLY",
        time_ns=(state.last_updated_at or state.created_at) * MS,
        reason=state.cancel_reason or "",
    )


def _standing(state: OrderState, size: Decimal) -> tuple[OrderStatus, Decimal]:
    remaining = number(state.remaining_size)
    filled = _ZERO if remaining is None else max(_ZERO, size - remaining)
    if state.status in _LIVE:
        return (OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.OPEN), filled
    if state.status != "CLOSED":
        return OrderStatus.UNKNOWN, filled
    if not state.cancel_reason:
        return (OrderStatus.FILLED if remaining == 0 else OrderStatus.CANCELLED), filled
    if remaining == 0:
        # Nothing is left because it is over, not because it filled. How much did, the executions tell.
        filled = _ZERO
    refused = not filled and not number(state.avg_fill_price) and is_refusal(state.cancel_reason)
    return (OrderStatus.REJECTED if refused else OrderStatus.CANCELLED), filled


def is_refusal(reason: str) -> bool:
    """Whether a reason for an order's end says that it was never let into the book."""
    return reason in _REFUSALS or any(word in reason for word in _REFUSING_WORDS)


def trade_id(told: FillInfo) -> str:
    """Give an id that is unique on the account: the venue counts each kind of execution by itself."""
    kind = told.fill_type or "FILL"
    return told.id if kind == "FILL" else f"{kind}:{told.id}"


def fill(told: FillInfo, ticker: str, side: Side) -> Fill:
    """Give an execution.

    Args:
        told: by the venue.
        ticker: of its market.
        side: of our order, which is not always what the venue calls the side of a fill.
    """
    # A fee in another coin takes nothing from the quote.
    fee = number(told.fee) if (told.fee_currency or "") in _QUOTE_COIN else None
    return Fill(
        trade_id=trade_id(told),
        order_id=told.order_id,
        client_order_id=told.client_id or None,
        ticker=ticker,
        side=side,
        price=positive(told.price, "a fill's price"),
        quantity=positive(told.size, "a fill's size"),
        fee=fee or _ZERO,
        liquidity=Liquidity.MAKER if told.liquidity == "MAKER" else Liquidity.TAKER,
        time_ns=told.created_at * MS,
    )


def position(told: PositionInfo, ticker: str, mark: Decimal | None) -> Position:
    """Give a position; side and sign are one statement, and the side is the one that cannot be lost."""
    size = required(told.size, "a position's size")
    quantity = {"LONG": abs(size), "SHORT": -abs(size)}.get(told.side or "", size)
    if told.status == "CLOSED":
        quantity = _ZERO
    return Position(
        ticker=ticker,
        quantity=quantity,
        entry_price=(number(told.average_entry_price) or None) if quantity else None,
        mark_price=mark,
        liquidation_price=(number(told.liquidation_price) or None) if quantity else None,
    )


def balance(told: AccountState) -> Balance:
    """Give the account's money; the collateral is what is settled, the account's value what it would be worth now."""
    return Balance(
        currency=told.settlement_asset or "USDC",
        wallet=required(told.total_collateral, "total_collateral"),
        equity=required(told.account_value, "account_value"),
        available=required(told.free_collateral, "free_collateral"),
        margin_used=number(told.initial_margin_requirement),
    )


def funding_payment(told: FundingPaymentInfo, ticker: str) -> FundingPayment:
    """Give a settlement of funding: the venue says what was paid, and neither the rate nor the position."""
    return FundingPayment(
        payment_id=told.id,
        ticker=ticker,
        amount=required(told.payment, "a funding payment"),
        time_ns=told.created_at * MS,
    )
