"""Why the simulated venue refuses an order. Each refusal is a code and a sentence; None is "welcome"."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

import msgspec

from helpers.decisions import OrderParams
from helpers.enums import MarketKind, OrderType, Side, TimeInForce
from helpers.models import Market
from helpers.money import EXACT, plain
from simulation.account import SimAccount
from simulation.core import VenueCore
from simulation.kernel_orders import Peg
from simulation.pegging import form_trouble
from simulation.resting import SimOrder
from simulation.spot import bound_cash, with_fee
from simulation.venue_market import VenueMarket

_CENT: Final = Decimal("0.01")


class Refusal(NamedTuple):
    """The venue's no."""

    code: str
    text: str


def refuse_form(params: OrderParams, venue_market: VenueMarket) -> Refusal | None:
    """Check what can be checked on the order alone: grid and minimums."""
    market, scale = venue_market.market, venue_market.scale
    if (scale.lots(params.quantity) or 0) <= 0:
        return Refusal("BAD_QUANTITY", f"quantity {plain(params.quantity)} is not on the step {market.quantity_step}")
    if params.price is not None and (scale.ticks(params.price) or 0) <= 0:
        return Refusal("BAD_PRICE", f"price {plain(params.price)} is not on the tick {market.tick_size}")
    if params.peg is not None:
        trouble = form_trouble(params) or _unbound_peg(params, market)
        return Refusal("BAD_PEG", trouble) if trouble else None
    if params.order_type is OrderType.LIMIT and params.price is None:
        return Refusal("BAD_PRICE", "a limit order needs a price")
    # What only reduces may be as small as the position is.
    return None if params.reduce_only else _refuse_small(params, market, venue_market.mark_price())


def _unbound_peg(params: OrderParams, market: Market) -> str:
    is_endless = params.peg is not None and params.peg.limit is None and params.side is Side.BUY
    return "a pegged buy on spot needs a limit: its cash is bound there" if is_endless and _is_spot(market) else ""


def _is_spot(market: Market) -> bool:
    return market.kind is MarketKind.SPOT


def refuse_peg(peg: Peg | None, params: OrderParams, venue_market: VenueMarket) -> Refusal | None:
    """Check a pegged order where it would stand when it arrives."""
    if params.peg is None:
        return None
    if peg is None:
        return Refusal("NO_PEG", "the book gives no price to follow")
    if params.reduce_only:
        return None
    placed = msgspec.structs.replace(params, price=venue_market.scale.price(peg.price))
    return _refuse_small(placed, venue_market.market, None)


def _refuse_small(params: OrderParams, market: Market, mark: Decimal | None) -> Refusal | None:
    if params.quantity < market.min_quantity:
        return Refusal("BELOW_MINIMUM", f"quantity {plain(params.quantity)} is below {market.min_quantity}")
    price = mark if params.order_type is OrderType.MARKET else params.price
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
    resting = len(account.resting(market.ticker))
    if order.price is not None and resting >= market.max_open_orders:
        return Refusal("TOO_MANY_ORDERS", f"{resting} orders are open, {market.max_open_orders} are allowed")
    if params.reduce_only:
        reducible = account.reducible(market.ticker, order.is_buy)
        if not reducible:
            never = "a buy reduces nothing on a spot market"
            is_never = order.is_buy and _is_spot(market)
            return Refusal("REDUCE_ONLY", never if is_never else "there is no position this order would reduce")
        if order.time_in_force is TimeInForce.FOK and reducible < order.lots:
            return Refusal("REDUCE_ONLY", "all or nothing, but the position is smaller than this order")
    if params.post_only and engine.would_take(order):
        return Refusal("POST_ONLY", "a post-only order would have taken liquidity")
    return None


def refuse_means(order: SimOrder, account: SimAccount, core: VenueCore) -> Refusal | None:
    """Check that the account can afford the order, or the new form of one that rests: by margin, or in full."""
    market = core.market(order.ticker).market
    if market.kind is not account.kind and (account.live or account.held()):
        text = f"the account is in {account.kind.value} markets: trade {market.ticker} on another one"
        return Refusal("MIXED_ACCOUNT", text)
    if _is_spot(market):
        return _refuse_buy(order, account, core) if order.is_buy else _refuse_sell(order, account, core)
    return _refuse_margin(order, account, core)


def _refuse_buy(order: SimOrder, account: SimAccount, core: VenueCore) -> Refusal | None:
    vm = core.market(order.ticker)
    needed = bound_cash(order, vm.market) if order.price is not None else _price_at_market(order, vm)
    free = account.free_cash(core.terms(), order)
    if needed <= free:
        return None
    needed, free = needed.quantize(_CENT, ROUND_CEILING), free.quantize(_CENT, ROUND_FLOOR)
    return Refusal("INSUFFICIENT_BALANCE", f"the buy needs {needed} {vm.market.quote} with its fee, {free} is free")


def _price_at_market(order: SimOrder, vm: VenueMarket) -> Decimal:
    """Give what a market buy pays for all that the book has for it."""
    left, paid = order.remaining, Decimal(0)
    for price, lots in vm.engine.levels(is_ask=True):
        taken = min(left, lots)
        paid = EXACT.add(paid, EXACT.multiply(vm.scale.price(price), vm.scale.quantity(taken)))
        left -= taken
        if not left:
            break
    return with_fee(paid, vm.market)


def _refuse_sell(order: SimOrder, account: SimAccount, core: VenueCore) -> Refusal | None:
    held, offered = account.lots.get(order.ticker, 0), account.offered(order.ticker, order)
    if order.remaining <= held - offered:
        return None
    wanted, there, gone = map(core.market(order.ticker).scale.quantity, (order.remaining, held, offered))
    text = f"the sell is over {plain(wanted)}, {plain(there)} is held"
    text += f" and {plain(gone)} of it is offered already" if offered else ""
    return Refusal("INSUFFICIENT_BALANCE", text)


def _refuse_margin(order: SimOrder, account: SimAccount, core: VenueCore) -> Refusal | None:
    """Check that equity bears the position with this order, and all that rests, filled: one side at a time."""
    if order.reduce_only:
        return None
    needed = _margin_of_side(order.ticker, order.is_buy, account, core, order)
    if not needed:
        return None
    marks = core.marks()
    others = (_margin_of_orders(ticker, account, core) for ticker in core.markets if ticker != order.ticker)
    free = account.equity(marks) - account.initial_margin(marks, core.terms()) - sum(others, Decimal(0))
    if needed > free:
        return Refusal("INSUFFICIENT_MARGIN", f"the order needs {needed:.2f} of margin, {free:.2f} is free")
    return None


def _margin_of_orders(ticker: str, account: SimAccount, core: VenueCore) -> Decimal:
    return max(_margin_of_side(ticker, is_buy, account, core) for is_buy in (True, False))


def _margin_of_side(
    ticker: str, is_buy: bool, account: SimAccount, core: VenueCore, new: SimOrder | None = None
) -> Decimal:
    """Give the initial margin, in quote, that one side's orders would bind beyond what the position binds.

    Args:
        ticker: the market.
        is_buy: the side.
        account: whose orders.
        core: for price and leverage.
        new: an order that comes, or the new form of one that rests.
    """
    vm, held = core.market(ticker), account.lots.get(ticker, 0)
    orders = [order for order in account.resting(ticker) if order.is_buy is is_buy and not order.reduce_only]
    if new is not None:
        orders = [order for order in orders if order.client_order_id != new.client_order_id] + [new]
    filled = sum(order.remaining for order in orders)
    beyond = max(0, abs(held + filled if is_buy else held - filled) - abs(held))
    price = vm.mark_price() or Decimal(0)
    if new is not None and new.price is not None:
        price = max(price, vm.scale.price(new.price))
    return vm.scale.quantity(beyond) * price / vm.market.max_leverage
