"""Scalping: a post-only entry on the thicker side of the touch, a small profit, a close stop; one order at a time.

It earns where the displayed quantities foretell the next ticks well enough to pay for the stops. It loses
elsewhere: entries fill just when the price comes against them, and a stop costs the loss and a taker fee.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct, field, structs

from helpers.clock import NS_PER_S
from helpers.errors import UserError
from helpers.money import minimum_quantity, plain
from strategies.base_strategy import (
    BaseStrategy,
    MarketData,
    MarketKind,
    MarketView,
    Order,
    OrderParams,
    OrderStatus,
    OrderType,
    Params,
    Side,
    StrategyAction,
    StrategyConfig,
    StrategyResult,
    Wake,
    param,
)
from strategies.patience import book_patience
from strategies.pauses import BackOff
from strategies.plan import Change, Plan, wake_for
from strategies.prices import fraction, not_crossing, own_best, profit_price
from strategies.saved_state import load, save


class ScalpingParams(Params):
    """What scalping can be told."""

    imbalance: Decimal = param(Decimal(80), gt=50, lt=100, unit="%", help="One side's share of the touch that invites.")
    entry_patience: Decimal = param(Decimal(5), ge=1, le=3600, unit="s", help="How long an entry may rest.")
    take_profit: Decimal = param(Decimal("0.02"), gt=0, le=50, unit="%", help="Profit taken on the entry's price.")
    stop_loss: Decimal = param(Decimal("0.04"), gt=0, le=50, unit="%", help="Loss at which it is closed at market.")
    max_hold: Decimal = param(Decimal(120), ge=1, le=86_400, unit="s", help="Age at which it is closed at market.")
    cooldown: Decimal = param(Decimal(10), ge=0, le=86_400, unit="s", help="Pause after each position.")
    book_patience: Decimal = book_patience()


class ScalpingState(Struct):
    """What the market does not tell."""

    side: Side | None = None
    price: Decimal | None = None
    opened_ns: int = 0
    stop: Decimal = Decimal(0)
    """The position: what opened it, at which price on average, when, and where it is given up."""
    leaving: str = ""  # why it is given up; what is given up stays so
    back_off: BackOff = field(default_factory=BackOff)  # no order before it is due


class ScalpingStrategy(BaseStrategy[ScalpingParams]):
    """Rests an entry where the touch is thick, takes a small profit, stops a small loss."""

    params_model = ScalpingParams

    def __init__(self, config: StrategyConfig[ScalpingParams], *views: MarketView) -> None:
        """Start with nothing held."""
        super().__init__(config, *views)
        self.state = ScalpingState()

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "scalping"

    async def initialize(self, market_data: MarketData) -> str:
        """Check the market, and say what a round trip comes to."""
        market = market_data.market
        if market.kind is MarketKind.SPOT:
            raise UserError("scalping sells short too, which no spot market allows", "choose a perpetual market")
        gain = self.params.take_profit - 200 * market.maker_fee
        cost = self.params.stop_loss + 100 * (market.maker_fee + market.taker_fee)
        return f"after fees a profit earns {plain(gain)} % and a stop loses {plain(cost)} % or more"

    async def should_execute(self, market_data: MarketData) -> bool:
        """Say whether there is something to place or to cancel."""
        return bool(self._decide(market_data).reasons)

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Give what was decided."""
        return self._decide(market_data).result() or StrategyResult(action=StrategyAction.NONE)

    def _decide(self, data: MarketData) -> Plan:
        """Cancel the order that is out if it should not be; with none out, place the one that should."""
        plan, state, position = Plan(), self.state, data.position
        held = None if position is None else position.quantity - position.quantity % data.market.quantity_step
        if held is not None:
            self._follow(held, data)
        if data.orders:
            order = data.orders[0]
            reason = "" if order.pending_cancel else self._objection(order, held, data.now_ns)
            if reason and order.status in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}:
                plan.cancel(order.intent, f"cancel {order.intent}: {reason}")
        elif held is not None and data.now_ns >= state.back_off.due_ns:
            if state.side is not None:
                self._exit(plan, state.side, abs(held), data)
            elif data.balance is not None:
                self._enter(plan, data)
        return plan

    def _follow(self, held: Decimal, data: MarketData) -> None:
        """Note when a position came, went or turned, by whatever hand, and when it has to be given up."""
        state, params, now = self.state, self.params, data.now_ns
        is_dust = abs(held) < data.market.min_quantity and not data.orders  # it joins the next position
        side = None if not held or is_dust else Side.BUY if held > 0 else Side.SELL
        state.price = None if side is None or state.side is side.opposite else state.price  # not that of another one
        if side is not state.side:
            state.back_off = BackOff(due_ns=now + int(params.cooldown * NS_PER_S)) if side is None else BackOff()
            state.side, state.opened_ns, state.leaving = side, now, ""
        if side is not None and not state.leaving:
            state.price = state.price or data.mid_price  # no entry of ours: it counts from where the market is
            state.stop = state.price * (1 - side.sign * fraction(params.stop_loss))
            if (own_best(data, side) - state.stop) * side.sign <= 0:
                state.leaving = f"stop loss, {plain(own_best(data, side))} against {plain(state.price)}"
            elif now >= state.opened_ns + int(params.max_hold * NS_PER_S):
                state.leaving = f"no profit within {plain(params.max_hold)} s"

    def _objection(self, order: Order, held: Decimal | None, now_ns: int) -> str:
        """Say why an order should not be there; empty if it should."""
        if order.order_type is OrderType.MARKET or (order.reduce_only and held is None):
            return ""
        if order.reduce_only and held is not None:
            fits = order.remaining_quantity == abs(held) and order.side.sign * held < 0
            return self.state.leaving if fits else f"the position is {plain(held)}"
        if held is None or self.state.side is not None:
            return f"the position is {'unknown' if held is None else plain(held)}"
        is_old = now_ns >= order.created_ns + int(self.params.entry_patience * NS_PER_S)
        return f"not filled in {plain(self.params.entry_patience)} s" if is_old else ""

    def _enter(self, plan: Plan, data: MarketData) -> None:
        """Rest an entry on the thicker side of the touch, where it is thick enough."""
        bids, asks, quantity = data.bid_quantity, data.ask_quantity, self.config.quantity
        side, share = Side.BUY if bids > asks else Side.SELL, 100 * max(bids, asks) / (bids + asks or 1)
        price = own_best(data, side)
        if share >= self.params.imbalance and quantity >= minimum_quantity(data.market, price):
            order = OrderParams(intent="entry", side=side, quantity=quantity, price=price, post_only=True)
            what = f"{side.value} {plain(quantity)} {data.ticker} at {plain(price)}"
            plan.place(order, f"{what}: {share:.0f} % of the touch is on this side")

    def _exit(self, plan: Plan, opened: Side, quantity: Decimal, data: MarketData) -> None:
        """Rest the close at its profit, or close at market what is given up."""
        side, what = opened.opposite, f"{opened.opposite.value} {plain(quantity)} {data.ticker}"
        order = OrderParams(intent="exit", side=side, quantity=quantity, reduce_only=True)
        if self.state.leaving:
            plan.place(structs.replace(order, order_type=OrderType.MARKET), f"{what} at market: {self.state.leaving}")
        else:
            entry, tick = self.state.price or data.mid_price, data.market.tick_size
            price = not_crossing(profit_price(entry, opened, self.params.take_profit, tick), side, data)
            plan.place(structs.replace(order, price=price, post_only=True), f"{what} at {plain(price)}: take profit")

    def next_wake(self, market_data: MarketData) -> Wake:
        """Look at every quote only while an entry may go out; else sleep until a time, the stop, or news."""
        state, now, orders = self.state, market_data.now_ns, market_data.orders
        if self._decide(market_data).reasons:
            return Wake(at=now)  # what was just asked for was refused at once, which is still to be heard
        if state.side is None and not orders and now >= state.back_off.due_ns:
            return Wake()
        times = [state.back_off.due_ns, state.opened_ns + int(self.params.max_hold * NS_PER_S)]
        patience = int(self.params.entry_patience * NS_PER_S)
        times += [order.created_ns + patience for order in orders if not order.reduce_only]
        stop = None if state.side is None or state.leaving else state.stop
        changes = [Change(behind=stop, account=True), *(Change(at=time) for time in times if time > now)]
        return wake_for(state.side or Side.BUY, changes)

    def withdraw_after_ns(self) -> int:
        """Say how long an entry may rest while the book cannot be trusted."""
        return int(self.params.book_patience * NS_PER_S)

    def notify_order_closed(self, order: Order) -> None:
        """Note what was paid; after an order without a fill wait, longer each time, but never with a stop."""
        if order.filled_quantity:
            self.state.back_off.refusals = 0  # a pause that has begun goes on
        elif order.order_type is OrderType.MARKET or not self.state.leaving:
            self.state.back_off.refused(order.updated_ns)
        if not order.reduce_only and order.updated_ns >= self.state.opened_ns:  # else an old one, told again
            self.state.price = order.average_price

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart, as plain JSON values."""
        return save(self.state)

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take it back."""
        self.state = load(ScalpingState, state)
