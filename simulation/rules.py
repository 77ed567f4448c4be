"""Why the simulated venue refuses an order. Each refusal is a code and a sentence; None is "welcome"."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from helpers.decisions import OrderParams
from helpers.models import Market, OrderType, Side
from helpers.money import plain
from simulation.account import SimAccount
from simulation.resting import SimOrder
from simulation.venue_market import VenueMarket


class Refusal(NamedTuple):
    """The venue's no."""

    code: str
    text: str


def refuse_form(params: OrderParams, venue_market: VenueMarket) -> Refusal | None:
    """Check what can be checked on the order alone: grid and minimums."""
    market, scale = venue_market.market, venue_market.scale
    if params.quantity <= 0 or scale.lots(params.quantity) is None:
        return Refusal("BAD_QUANTITY", f"quantity {plain(params.quantity)} is not on the step {market.quantity_step}")
    if params.order_type is OrderType.LIMIT and (params.price is None or params.price <= 0):
        return Refusal("BAD_PRICE", "a limit order needs a price above zero")
    if params.price is not None and scale.ticks(params.price) is None:
        return Refusal("BAD_PRICE", f"price {plain(params.price)} is not on the tick {market.tick_size}")
    # What only reduces may be as small as the position is.
    return None if params.reduce_only else _refuse_small(params, market, venue_market.mark_price())


def _refuse_small(params: OrderParams, market: Market, mark: Decimal | None) -> Refusal | None:
    if params.quantity < market.min_quantity:
        return Refusal("BELOW_MINIMUM", f"quantity {plain(params.quantity)} is below {market.min_quantity}")
    price = params.price or mark
    if price is not None and price * params.quantity < market.min_notional:
        return Refusal("BELOW_MINIMUM", f"notional {plain(price * params.quantity)} is below {market.min_notional}")
    return None


def refuse_state(
    order: SimOrder, params: OrderParams, account: SimAccount, venue_market: VenueMarket
) -> Refusal | None:
    """Check the order against the book and the account as they are when it arrives."""
    engine, market = venue_market.engine, venue_market.market
    if order.client_order_id in account.known:
        return Refusal("DUPLICATE_ID", f"client order id {order.client_order_id} was used before")
    resting = [other for other in account.live.values() if engine.is_resting(other)]
    if order.price is not None and len(resting) >= market.max_open_orders:
        return Refusal("TOO_MANY_ORDERS", f"{len(resting)} orders are open, {market.max_open_orders} are allowed")
    if params.reduce_only and account.reducible(market.ticker, order.is_buy) == 0:
        return Refusal("REDUCE_ONLY", "there is no position this order would reduce")
    if params.post_only and engine.would_take(order):
        return Refusal("POST_ONLY", "a post-only order would have taken liquidity")
    return None


def needed_margin(
    params: OrderParams, lots: int, resting: list[SimOrder], account: SimAccount, vm: VenueMarket
) -> Decimal:
    """Give the initial margin, in quote, that an order would bind beyond what the position binds; 0 if it reduces."""
    if params.reduce_only:
        return Decimal(0)
    signed = lots if params.side is Side.BUY else -lots
    held = account.lots.get(vm.market.ticker, 0)
    buys = sum(order.remaining for order in resting if order.is_buy and not order.reduce_only)
    sells = sum(order.remaining for order in resting if not order.is_buy and not order.reduce_only)
    worst = abs(held + buys + signed) if signed > 0 else abs(held - sells + signed)
    price = max(params.price or Decimal(0), vm.mark_price() or Decimal(0))
    extra = max(0, worst - abs(held))
    return vm.scale.quantity(extra) * price / vm.market.max_leverage
