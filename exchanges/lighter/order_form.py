"""From an order of ours to Lighter's terms: type, time in force, worst price, expiry. Refused here where it cannot be.

What the venue would refuse for certain is refused before it costs a nonce, with the venue's own
code and with the figure that is missing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exchanges.lighter.markets import LighterMarket
from exchanges.lighter.signing import OrderTx
from helpers.clock import NS_PER_S
from helpers.decisions import OrderParams
from helpers.enums import OrderType, Side, TimeInForce
from helpers.errors import VenueRejected
from helpers.models import Bbo, Market
from helpers.money import ceil_to, floor_to, minimum_quantity, plain

_LIMIT, _MARKET = 0, 1
_IOC, _GTT, _POST_ONLY = 0, 1, 2
_NS_PER_MS: Final = 1_000_000
_DAY_S: Final = 86_400
_GTC_LIFE_NS: Final = 28 * _DAY_S * NS_PER_S
"""There is no order without an end; this is the life the venue advises for one that should rest."""
_SHORTEST_NS: Final = 300 * NS_PER_S
_LONGEST_NS: Final = 30 * _DAY_S * NS_PER_S
_SLIPPAGE: Final = Decimal("0.03")
"""How far from the touch a market order may go: well inside of what the venue calls a fat finger."""


def order_tx(market: LighterMarket, client_order_id: str, params: OrderParams, bbo: Bbo | None, now_ns: int) -> OrderTx:
    """Give an order in the venue's units.

    Args:
        market: its terms.
        client_order_id: ours, which the venue keeps as its client order index.
        params: what is wanted.
        bbo: the touch, for an order without a price of its own.
        now_ns: the time its life counts from.

    Raises:
        VenueRejected: the venue cannot or would not take it, or it needs a price and there is no book.
    """
    terms = market.market
    is_market = params.order_type is OrderType.MARKET
    price = worst_price(params, bbo, terms) if params.price is None else params.price
    units = market.price_units(price)
    quantity = market.quantity_units(params.quantity)
    # A market order fills at the touch, not at its worst price.
    check_minimum(terms, params, _touch(params.side, bbo) if is_market and params.price is None else price)
    return OrderTx(
        market_index=market.index,
        client_order_index=_client_index(client_order_id),
        base_amount=quantity,
        price=units,
        is_ask=params.side is Side.SELL,
        order_type=_MARKET if is_market else _LIMIT,
        time_in_force=_time_in_force(params),
        reduce_only=params.reduce_only,
        order_expiry=_expiry_ms(params, now_ns),
    )


def worst_price(params: OrderParams, bbo: Bbo | None, market: Market) -> Decimal:
    """Give the price of an order that has none: the touch for a limit order, a band behind it for a market order."""
    touch = _touch(params.side, bbo)
    if params.order_type is not OrderType.MARKET:
        return touch
    if params.side is Side.BUY:
        return ceil_to(touch * (1 + _SLIPPAGE), market.tick_size)
    return max(floor_to(touch * (1 - _SLIPPAGE), market.tick_size), market.tick_size)


def check_minimum(market: Market, params: OrderParams, price: Decimal) -> None:
    """Refuse what is too small; the venue alone decides about the rest of a position.

    Raises:
        VenueRejected: names the minimum.
    """
    if params.quantity <= 0 or price <= 0:
        raise VenueRejected("21706", f"an order of {params.quantity} {market.ticker} at {price} is none")
    least = minimum_quantity(market, price)
    if params.quantity < least and not params.reduce_only:
        raise VenueRejected(
            "21706",
            f"{plain(params.quantity)} {market.ticker} at {plain(price)} is below Lighter's minimum of {plain(least)} "
            f"({plain(market.min_quantity)} and {plain(market.min_notional)} {market.quote})",
        )


def _touch(side: Side, bbo: Bbo | None) -> Decimal:
    found = None if bbo is None else bbo.ask if side is Side.BUY else bbo.bid
    if found is None:
        # Nothing was sent: a refusal, for this moment.
        raise VenueRejected("no book", "the order has no price and there is no book to take one from")
    return found


def _client_index(client_order_id: str) -> int:
    if not client_order_id.isdecimal():
        raise VenueRejected("21727", f"client order id {client_order_id!r} is no whole number")
    return int(client_order_id)


def _time_in_force(params: OrderParams) -> int:
    if params.time_in_force is TimeInForce.FOK:
        raise VenueRejected("21501", "Lighter has no fill-or-kill orders")
    takes_at_once = params.order_type is OrderType.MARKET or params.time_in_force is TimeInForce.IOC
    if params.post_only and takes_at_once:
        raise VenueRejected("21501", "an order cannot be post-only and take at once")
    return _POST_ONLY if params.post_only else _IOC if takes_at_once else _GTT


def _expiry_ms(params: OrderParams, now_ns: int) -> int:
    """Give the end of an order's life in milliseconds; what takes at once has none."""
    if params.order_type is OrderType.MARKET or params.time_in_force is TimeInForce.IOC:
        return 0
    if params.time_in_force is not TimeInForce.GTT or params.expires_ns is None:
        return (now_ns + _GTC_LIFE_NS) // _NS_PER_MS
    life_ns = params.expires_ns - now_ns
    if not _SHORTEST_NS <= life_ns <= _LONGEST_NS:
        raise VenueRejected(
            "21711", f"an order that ends in {life_ns // NS_PER_S} s: Lighter takes 5 minutes to 30 days"
        )
    return params.expires_ns // _NS_PER_MS


__all__ = ["check_minimum", "order_tx", "worst_price"]
