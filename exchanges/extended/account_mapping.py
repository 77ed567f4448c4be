"""From Extended's words on our account to ours. Pure.

Statuses and reasons are texts the venue adds to: one that is not known here makes an order of
unknown standing, never an error. A client order id is ours only if it has the form that we give:
orders placed by hand or by another program carry ids of their own, and are nobody's here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exchanges.extended.mapping import NS_PER_MS, side_of
from exchanges.extended.wire import finite, text_id
from exchanges.extended.wire_account import WireBalance, WireOrder, WirePayment, WirePosition, WireTrade
from helpers.enums import Liquidity, OrderStatus
from helpers.errors import BadPayload
from helpers.ids import MAX_CLIENT_ORDER_ID
from helpers.models import Balance, Fill, FundingPayment, OrderInfo, Position

_ZERO: Final = Decimal(0)
_STATUSES: Final = {
    "NEW": OrderStatus.OPEN,
    "UNTRIGGERED": OrderStatus.OPEN,
    "TRIGGERED": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELLED": OrderStatus.CANCELLED,
    "EXPIRED": OrderStatus.EXPIRED,
    "REJECTED": OrderStatus.REJECTED,
}
_NO_REASON: Final = "NONE"
_SIGNS: Final = {"LONG": 1, "SHORT": -1}
_CLOSED: Final = "CLOSED"
_MARKET: Final = "MARKET"


def our_id(external_id: str | None) -> str | None:
    """Give the client order id if it is one of ours."""
    if external_id is None or not (external_id.isascii() and external_id.isdecimal()):
        return None
    is_ours = len(external_id) < len(str(MAX_CLIENT_ORDER_ID)) + 1 and 0 < int(external_id) <= MAX_CLIENT_ORDER_ID
    return external_id if is_ours else None


def order_of(wire: WireOrder) -> OrderInfo:
    """Give the venue's account of an order.

    Raises:
        BadPayload: its side is none.
    """
    return OrderInfo(
        order_id=text_id(wire.id),
        client_order_id=our_id(wire.external_id),
        side=side_of(wire.side),
        size=finite(wire.qty, "qty"),
        # A market order has a price on the wire: the worst it accepts, which nobody asked for.
        price=None if wire.type == _MARKET else _maybe(wire.price, "price"),
        status=_STATUSES.get(wire.status, OrderStatus.UNKNOWN),
        filled_size=_filled(wire),
        reduce_only=wire.reduce_only,
        post_only=wire.post_only,
        time_ns=max(wire.updated_time, wire.created_time) * NS_PER_MS,
        reason="" if wire.status_reason in {None, _NO_REASON} else str(wire.status_reason),
    )


def fill_of(wire: WireTrade, ticker: str, external_id: str | None) -> Fill:
    """Give one of our executions.

    Args:
        wire: the venue's words.
        ticker: of its market.
        external_id: of its order; the stream tells it, REST does not.
    """
    return Fill(
        trade_id=text_id(wire.id),
        order_id=text_id(wire.order_id),
        client_order_id=our_id(external_id),
        ticker=ticker,
        side=side_of(wire.side),
        price=finite(wire.price, "price"),
        quantity=finite(wire.qty, "qty"),
        fee=finite(wire.fee, "fee"),
        liquidity=Liquidity.TAKER if wire.is_taker else Liquidity.MAKER,
        time_ns=wire.created_time * NS_PER_MS,
    )


def position_of(wire: WirePosition, ticker: str) -> Position:
    """Give a position with its sign.

    Raises:
        BadPayload: it points nowhere, or both ways.
    """
    sign = _SIGNS.get(wire.side)
    size = finite(wire.size, "size")
    if sign is None or size < 0:
        raise BadPayload(f"{wire.side!r} {size} is no position")
    if wire.status == _CLOSED or not size:
        return Position(ticker=ticker, quantity=_ZERO)
    return Position(
        ticker=ticker,
        quantity=sign * size,
        entry_price=_maybe(wire.open_price, "openPrice"),
        mark_price=_maybe(wire.mark_price, "markPrice"),
        liquidation_price=_maybe(wire.liquidation_price, "liquidationPrice") or None,
    )


def balance_of(wire: WireBalance) -> Balance:
    """Give the account's money."""
    return Balance(
        currency=wire.collateral_name,
        wallet=finite(wire.balance, "balance"),
        equity=_maybe(wire.equity, "equity"),
        available=_maybe(wire.available_for_trade, "availableForTrade"),
        margin_used=_maybe(wire.initial_margin, "initialMargin"),
    )


def payment_of(wire: WirePayment, ticker: str) -> FundingPayment:
    """Give a funding settlement.

    The sign of the fee is not documented; side and rate say beyond doubt who pays: positive rates are paid by longs.

    Raises:
        BadPayload: the position points nowhere.
    """
    sign = _SIGNS.get(wire.side)
    if sign is None:
        raise BadPayload(f"{wire.side!r} is no side of a position")
    fee, rate = abs(finite(wire.funding_fee, "fundingFee")), finite(wire.funding_rate, "fundingRate")
    return FundingPayment(
        payment_id=text_id(wire.id),
        ticker=ticker,
        amount=-fee if rate * sign > 0 else fee,
        rate=rate,
        position=sign * abs(finite(wire.size, "size")),
        time_ns=wire.paid_time * NS_PER_MS,
    )


def _maybe(value: Decimal | None, what: str) -> Decimal | None:
    """Give a number that may be missing, but is one where it is there."""
    return None if value is None else finite(value, what)


def _filled(wire: WireOrder) -> Decimal:
    """Give what filled: as the venue says it, or what is left of an order that was partly cancelled."""
    if wire.filled_qty is not None:
        return finite(wire.filled_qty, "filledQty")
    if wire.cancelled_qty is not None and wire.status == "CANCELLED":
        return wire.qty - finite(wire.cancelled_qty, "cancelledQty")
    return _ZERO


__all__ = ["balance_of", "fill_of", "order_of", "our_id", "payment_of", "position_of"]
