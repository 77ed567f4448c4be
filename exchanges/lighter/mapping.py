"""From Lighter's words to ours, each function pure. A field is mapped only where it means the same; else it is None."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from exchanges.lighter.account_wire import (
    Account,
    AccountAsset,
    AccountOrder,
    AccountPosition,
    PositionFunding,
    UserStats,
)
from exchanges.lighter.markets import HOUR_NS, QUOTE
from exchanges.lighter.wire import MarketStats, Trade
from helpers.enums import Liquidity, OrderStatus, Side
from helpers.errors import BadPayload
from helpers.models import Balance, Fill, FundingPayment, FundingRate, OrderInfo, Position
from helpers.models import Trade as PublicTrade

_ZERO: Final = Decimal(0)
_MILLIONTH: Final = Decimal("0.000001")
_WIDEST: Final = 40
"""Digits on either side of the point; the venue has no figure that needs more, and writes no exponents."""
_PERCENT: Final = Decimal(100)
_HOURS: Final = 8
"""GET funding-rates tells what eight hours would cost."""

_CANCELED: Final = "canceled"
_LIVE: Final = frozenset({"open", "pending", "in-progress"})
_REFUSED: Final = frozenset(
    {
        "canceled-post-only",
        "canceled-reduce-only",
        "canceled-position-not-allowed",
        "canceled-margin-not-allowed",
        "canceled-invalid-balance",
    }
)
"""Ends that are refusals, if nothing filled before."""

_S_DIGITS, _MS_DIGITS, _US_DIGITS = 10**11, 10**14, 10**17


def time_ns(*candidates: int) -> int:
    """Give the first time that is there, ns: the venue writes s, ms and us, sometimes in one field."""
    for value in candidates:
        if value > 0:
            if value < _S_DIGITS:
                return value * 1_000_000_000
            if value < _MS_DIGITS:
                return value * 1_000_000
            return value * 1_000 if value < _US_DIGITS else value
    return 0


def number(text: str) -> Decimal:
    """Read a number.

    Raises:
        BadPayload: it is none.
    """
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise BadPayload(f"{text!r} from Lighter is no number") from None
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int) or not -_WIDEST <= exponent <= 0 or found.adjusted() > _WIDEST:
        raise BadPayload(f"{text[:_WIDEST]!r} from Lighter is no number of its kind")
    return found


def _price_or_none(text: str) -> Decimal | None:
    """Read a price where there is one: the venue writes "" and "0" for none."""
    return (number(text) or None) if text else None


def order_status(order: AccountOrder) -> OrderStatus:
    """Say where an order stands; a word nobody knows yet is UNKNOWN, or CANCELLED if it begins like one."""
    status, filled = order.status, number(order.filled_base_amount)
    if status in _LIVE:
        return OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.OPEN
    if status == "filled":
        return OrderStatus.FILLED
    if status == "canceled-expired":
        return OrderStatus.EXPIRED
    if status in _REFUSED and not filled:
        return OrderStatus.REJECTED
    return OrderStatus.CANCELLED if status.startswith(_CANCELED) else OrderStatus.UNKNOWN


def order_info(order: AccountOrder) -> OrderInfo:
    """Give the venue's account of an order of ours."""
    status = order_status(order)
    return OrderInfo(
        order_id=str(order.order_index),
        client_order_id=str(order.client_order_index) if order.client_order_index else None,
        side=Side.SELL if order.is_ask else Side.BUY,
        size=number(order.initial_base_amount),
        price=None if order.type == "market" else number(order.price),
        status=status,
        filled_size=number(order.filled_base_amount),
        reduce_only=order.reduce_only,
        post_only=order.time_in_force == "post-only",
        time_ns=time_ns(order.transaction_time, order.updated_at, order.timestamp),
        reason=order.status if status.is_terminal and order.status not in {"filled", _CANCELED} else "",
    )


# -- executions -------------------------------------------------------------------------------


def fills(trade: Trade, account_index: int, ticker: str) -> list[Fill]:
    """Give our side of a trade, both sides if we traded with ourselves, nothing if we were in neither."""
    sides = [
        side
        for side, owner in ((Side.BUY, trade.bid_account_id), (Side.SELL, trade.ask_account_id))
        if owner == account_index
    ]
    return [_fill(trade, side, ticker, is_self_trade=len(sides) > 1) for side in sides]


def _fill(trade: Trade, side: Side, ticker: str, *, is_self_trade: bool) -> Fill:
    is_ask = side is Side.SELL
    is_maker = is_ask == trade.is_maker_ask
    price, quantity = number(trade.price), number(trade.size)
    client_id = trade.ask_client_id if is_ask else trade.bid_client_id
    fee = trade.maker_fee if is_maker else trade.taker_fee
    return Fill(
        # One trade is one execution of each side: traded with oneself, the number alone would hide one of them.
        trade_id=f"{trade.trade_id}-{side.value}" if is_self_trade else str(trade.trade_id),
        order_id=str(trade.ask_id if is_ask else trade.bid_id),
        client_order_id=str(client_id) if client_id else None,
        ticker=ticker,
        side=side,
        price=price,
        quantity=quantity,
        fee=price * quantity * fee * _MILLIONTH,
        liquidity=Liquidity.MAKER if is_maker else Liquidity.TAKER,
        time_ns=time_ns(trade.transaction_time, trade.timestamp),
    )


def public_trade(trade: Trade) -> PublicTrade:
    """Give a trade as the public hears of it."""
    return PublicTrade(
        trade_id=str(trade.trade_id),
        price=number(trade.price),
        quantity=number(trade.size),
        taker_side=Side.BUY if trade.is_maker_ask else Side.SELL,
        time_ns=time_ns(trade.transaction_time, trade.timestamp),
    )


# -- position and money -----------------------------------------------------------------------


def position(told: AccountPosition, ticker: str) -> Position:
    """Give a position with its sign; the mark price is what the venue values it at.

    Raises:
        BadPayload: the size has a sign of its own, or the sign is none.
    """
    size = number(told.position)
    if size < 0 or (size and told.sign not in {1, -1}):
        raise BadPayload(f"a position of {told.position} with sign {told.sign} makes no sense")
    value = abs(number(told.position_value)) if told.position_value else _ZERO
    return Position(
        ticker=ticker,
        quantity=size * told.sign if size else _ZERO,
        entry_price=_price_or_none(told.avg_entry_price) if size else None,
        mark_price=value / size if size and value else None,
        liquidation_price=_price_or_none(told.liquidation_price),
    )


def account_balance(account: Account) -> Balance:
    """Give the money of an account: its collateral, and what open positions would bring."""
    unrealised = sum((number(each.unrealized_pnl) for each in account.positions or ()), _ZERO)
    wallet = finest(number(account.collateral), account.assets or ())
    used = account.cross_initial_margin_requirement
    return Balance(
        currency=QUOTE,
        wallet=wallet,
        equity=wallet + unrealised,
        available=number(account.available_balance),
        margin_used=number(used) if used else None,
    )


def stats_balance(stats: UserStats, assets: tuple[AccountAsset, ...] | list[AccountAsset]) -> Balance:
    """Give the money of an account as the stream tells it."""
    told, equity, available = number(stats.collateral), number(stats.portfolio_value), number(stats.available_balance)
    wallet = finest(told, assets)
    return Balance(
        currency=QUOTE,
        wallet=wallet,
        equity=equity + (wallet - told),
        available=available,
        margin_used=equity - available,
    )


def finest(collateral: Decimal, assets: tuple[AccountAsset, ...] | list[AccountAsset]) -> Decimal:
    """Give the collateral with all its digits: the margin balance has more of them, where it is the same figure."""
    for asset in assets:
        if asset.symbol == QUOTE and asset.margin_balance:
            fine = number(asset.margin_balance)
            if abs(fine - collateral) < _MILLIONTH:
                return fine
    return collateral


# -- funding ----------------------------------------------------------------------------------


def next_hour_ns(now_ns: int) -> int:
    """Give the next full hour, which is when the venue settles."""
    return (now_ns // HOUR_NS + 1) * HOUR_NS


def hourly_rate(stats: MarketStats) -> Decimal:
    """Give the estimate for the next payment as a fraction; the stream writes percent per hour."""
    return number(stats.current_funding_rate) / _PERCENT


def funding_rate(ticker: str, hourly: Decimal, now_ns: int) -> FundingRate:
    """Give the rate of the next settlement."""
    return FundingRate(ticker=ticker, rate=hourly, interval_ns=HOUR_NS, next_funding_ns=next_hour_ns(now_ns))


def from_eight_hours(rate: float) -> Decimal:
    """Give the hourly fraction of what GET funding-rates tells for eight hours."""
    return Decimal(repr(rate)) / _HOURS


def funding_payment(told: PositionFunding, ticker: str) -> FundingPayment:
    """Give a settlement on our position; that its rate is a fraction only the live venue can confirm."""
    size = number(told.position_size)
    return FundingPayment(
        payment_id=str(told.funding_id),
        ticker=ticker,
        amount=number(told.change),
        rate=number(told.rate),
        position=-abs(size) if told.position_side == "short" else size,
        time_ns=time_ns(told.timestamp),
    )
