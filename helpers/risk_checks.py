"""Pre-trade checks: one small pure function per limit.

Each gives None where the order may pass, else the reason of the refusal: a sentence with the
figures in it. Texts are made only when something is refused, so a passing order costs a few
comparisons. A limit that is None is off.
"""

from __future__ import annotations

from collections.abc import Container
from decimal import Decimal, InvalidOperation
from typing import Final

from helpers.clock import NS_PER_S
from helpers.enums import MarketKind, Side
from helpers.models import Market, MarketData, Order, Position
from helpers.money import floor_to, minimum_quantity, plain
from helpers.risk_limits import figure, usd

PASSIVE_BAND: Final = Decimal("0.5")
"""A limit price this fraction behind the market is a slip of the finger, not a plan."""
_ENDLESS: Final = Decimal("Infinity")


def on_grid(value: Decimal, step: Decimal) -> bool:
    """Whether `value` is a positive multiple of `step`; no NaN, no infinity, nothing absurdly large."""
    try:
        return value > 0 and not value % step
    except InvalidOperation:
        return False


def check_intent(intent: str, live: Container[str], used: Container[str]) -> str | None:
    """Refuse a second live order for one intent, and a second order or amend for it in one decision."""
    if intent in live:
        return f"an order with the intent {intent!r} is live already"
    return f"the intent {intent!r} stands twice in one decision" if intent in used else None


def check_quantity(quantity: Decimal, market: Market) -> str | None:
    """Refuse a quantity that is not positive or not on the step."""
    if on_grid(quantity, market.quantity_step):
        return None
    if not quantity.is_finite() or quantity <= 0:
        return f"quantity {plain(quantity)} is not a positive number"
    return f"quantity {plain(quantity)} is not a multiple of the quantity step {plain(market.quantity_step)}"


def check_price(price: Decimal, market: Market) -> str | None:
    """Refuse a price that is not positive or not on the tick."""
    if on_grid(price, market.tick_size):
        return None
    if not price.is_finite() or price <= 0:
        return f"price {plain(price)} is not a positive number"
    return f"price {plain(price)} is not a multiple of the tick size {plain(market.tick_size)}"


def check_minimum(quantity: Decimal, price: Decimal, market: Market, *, closes_position: bool) -> str | None:
    """Refuse what the venue finds too small; closing a whole position is free of the minimum notional."""
    if quantity < market.min_quantity:
        return f"quantity {plain(quantity)} is below the market's minimum of {plain(market.min_quantity)}"
    if closes_position or quantity * price >= market.min_notional:
        return None
    return f"order of {usd(quantity * price)} is below the market's minimum of {figure(market.min_notional)} USD"


def check_remaining(quantity: Decimal, filled: Decimal) -> str | None:
    """Refuse to amend an order's total quantity to what has filled already, or less."""
    if quantity > filled:
        return None
    return f"new quantity {plain(quantity)} is not above the {plain(filled)} that filled already"


def check_band(
    side: Side, price: Decimal, data: MarketData, band: Decimal | None, *, reduce_only: bool = False
) -> str | None:
    """Refuse a limit price too far through the market, or absurdly far behind it.

    Args:
        side: the order's side.
        price: its limit price.
        data: the market at this moment.
        band: how far beyond the opposite best price it may be, as a fraction of that price.
        reduce_only: only the aggressive side is looked at.
    """
    if band is None:
        return None
    buys = side is Side.BUY
    touch = data.best_ask if buys else data.best_bid
    crossing = price - touch if buys else touch - price
    if crossing > touch * band:
        return _out_of_band(price, crossing, touch, "through", "price_band", band)
    if -crossing > touch * PASSIVE_BAND and not reduce_only:
        return _out_of_band(price, -crossing, touch, "behind", "the fat-finger limit", PASSIVE_BAND)
    return None


def _out_of_band(price: Decimal, distance: Decimal, touch: Decimal, where: str, limit: str, band: Decimal) -> str:
    percent = distance / touch * 100
    return (
        f"price {plain(price)} is {percent:.2f} % {where} the best price {plain(touch)},"
        f" more than {limit} {figure(band * 100)} %"
    )


def check_reduces(side: Side, position: Position | None) -> str | None:
    """Refuse a reduce-only order that has nothing to reduce; an unknown position is left to the venue's own check."""
    if position is None or position.quantity * side.sign < 0:
        return None
    if not position.quantity:
        return f"reduce-only {side.value} has nothing to reduce: the position is flat"
    return f"reduce-only {side.value} would enlarge the {position.side.value} position of {plain(position.quantity)}"


def check_known(data: MarketData) -> str | None:
    """Refuse while position or balance is unknown: unknown is never zero."""
    if data.position is None:
        return f"the position in {data.ticker} on {data.exchange} is unknown: nothing may increase risk"
    if data.balance is None:
        return f"the balance on {data.exchange} is unknown: nothing may increase risk"
    return None


def check_age(data: MarketData, max_age_ns: int | None) -> str | None:
    """Refuse to act on an old order book."""
    age_ns = data.now_ns - data.book_time_ns
    if max_age_ns is None or age_ns <= max_age_ns:
        return None
    limit = figure(Decimal(max_age_ns) / NS_PER_S)
    return f"the order book is {age_ns / NS_PER_S:.3f} s old, above max_data_age {limit} s"


def check_order_notional(notional: Decimal, limit: Decimal | None) -> str | None:
    """Refuse a single order that is too large."""
    if limit is None or notional <= limit:
        return None
    return f"order of {usd(notional)} is above max_order_notional {figure(limit)} USD"


def check_open_orders(live: int, limit: int | None, market: Market) -> str | None:
    """Refuse one more order beside `live` others where that is too many."""
    if limit is not None and live >= limit:
        return f"{live} orders are live already, max_open_orders is {limit}"
    if live >= market.max_open_orders:
        return f"{live} orders are live already, {market.exchange} allows {market.max_open_orders}"
    return None


def check_position(worst: Decimal, limit: Decimal | None) -> str | None:
    """Refuse what could make the position too large, at worst."""
    if limit is None or worst <= limit:
        return None
    return (
        f"position and live orders could reach {usd(worst)} with this order,"
        f" above max_position_notional {figure(limit)} USD"
    )


def check_leverage(gross: Decimal, equity: Decimal | None, limit: Decimal | None) -> str | None:
    """Refuse what could take more leverage than allowed, at worst."""
    if limit is None:
        return None
    if equity is None:
        return "equity is unknown: leverage cannot be checked, so nothing may increase risk"
    if gross <= equity * limit:
        return None
    if equity <= 0:
        return f"equity is {usd(equity)}: nothing may increase risk"
    return f"leverage could reach {gross / equity:.3f}x with this order, above max_leverage {figure(limit)}x"


def fitting_quantity(room: Decimal, unit_value: Decimal, price: Decimal, market: Market) -> Decimal:
    """Give the largest quantity that fits into `room` (quote), or zero where that is below the venue's minimum.

    Args:
        room: what is left of the position limit.
        unit_value: what one unit counts for against it.
        price: the order's price, for the minimum notional.
        market: step and minimums.
    """
    quantity = floor_to(room / unit_value, market.quantity_step)
    return quantity if quantity >= minimum_quantity(market, price) else Decimal(0)


class Exposure:
    """What position and live orders could grow to, in quote: the worst case that each order of a review adds to.

    Everything counts at the ask or at its own price, whichever is higher. Reduce-only orders
    cannot enlarge a position and count nothing; an order whose cancel is pending still counts. On
    spot no sell can enlarge what is held, and none counts towards `gross`.
    """

    __slots__ = ("_sells_enlarge", "ask", "gross", "long", "short")

    def __init__(
        self,
        position: Position | None,
        orders: tuple[Order, ...],
        ask: Decimal,
        kind: MarketKind = MarketKind.PERP,
    ) -> None:
        """Add up the position and the live orders; an unknown position is endless."""
        self.ask = ask
        self._sells_enlarge = kind is MarketKind.PERP
        self.long = _ENDLESS if position is None else position.quantity * ask
        """The most that could be held long; negative where even all buys leave a short."""
        self.short = _ENDLESS if position is None else -self.long
        self.gross = abs(self.long)
        """Position and all live orders of both sides, as far as they can enlarge it."""
        for order in orders:
            if not order.reduce_only:
                self.add(order.side, self.value(order.remaining_quantity, order.price))

    def value(self, quantity: Decimal, price: Decimal | None) -> Decimal:
        """Say what an order counts for; without a price it goes at the market."""
        return quantity * self.unit_value(price)

    def unit_value(self, price: Decimal | None) -> Decimal:
        """Say what one unit of an order counts for."""
        return self.ask if price is None or price < self.ask else price

    def worst(self, side: Side) -> Decimal:
        """Give the largest position that the orders of this side could lead to."""
        return self.long if side is Side.BUY else self.short

    def enlarges(self, side: Side) -> bool:
        """Whether an order of this side can enlarge a position."""
        return side is Side.BUY or self._sells_enlarge

    def add(self, side: Side, value: Decimal) -> None:
        """Count one more order."""
        if self.enlarges(side):
            self.gross += value
        if side is Side.BUY:
            self.long += value
        else:
            self.short += value
