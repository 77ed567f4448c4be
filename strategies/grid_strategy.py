"""Grid: enter a little inside the touch, close each entry at its own take profit, again and again.

A buying grid rests one entry at a time just below the ask. Each entry that fills gets a
reduce-only close `take_profit` percent higher; closes rest until the market comes to them. The
more closes rest, the longer it waits before the next entry. A selling grid is the mirror image.

It earns while the price swings, at every swing wider than take_profit plus fees. It loses in a
trend against it: closes pile up to `max_orders` with the position that belongs to them, and
nothing but a stop ends that.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from helpers.clock import NS_PER_S
from helpers.errors import UserError
from helpers.money import minimum_quantity, plain
from strategies.base_strategy import (
    BaseStrategy,
    Fill,
    MarketData,
    MarketView,
    OnStop,
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
from strategies.grid_rules import (
    beyond,
    cooling_ns,
    entry_price,
    lost,
    nearest_close,
    not_crossing,
    profit_price,
    step_allows,
    step_limit,
)
from strategies.grid_state import CycleState, GridState, QueuedClose

_GUARD_NS = 60 * NS_PER_S
_GUARD_TOLERANCE = 2
"""Orders by which position and closes may differ: news can be on its way."""
_PATIENCE_NS = 10 * NS_PER_S
"""How long an entry rests before it may be given up."""
_FIRST_RETRY_NS = NS_PER_S // 2
_LONGEST_RETRY_NS = 30 * NS_PER_S
_POST_ONLY_TRIES = 15


class GridParams(Params):
    """What a grid can be told."""

    take_profit: Decimal = param(Decimal("0.02"), gt=0, le=100, unit="%", help="Profit taken on each entry's price.")
    direction: Side = param(Side.BUY, help="buy: enter long, close by selling; sell: the mirror image.")
    max_orders: int = param(25, ge=1, le=1000, unit="orders", help="Most closes that may rest before entries stop.")
    wait_time: Decimal = param(
        Decimal(35), ge=0, le=86_400, unit="s", help="Pause between entries, longer the more closes rest."
    )
    grid_step: Decimal | None = param(
        None, ge=0, le=100, unit="%", help="Least distance between the next close and the nearest resting one."
    )
    random_timing: bool = param(False, help="Vary each pause by up to half, at random.")
    dynamic_profit: bool = param(False, help="Vary each take profit by up to half, at random.")
    post_only_offset: int = param(
        1, ge=1, le=10, unit="ticks", help="How far inside the opposite best price an entry rests."
    )
    pause_price: Decimal | None = param(
        None, gt=0, unit="USD", help="No new entries while the market is at or beyond this price."
    )
    stop_price: Decimal | None = param(
        None, gt=0, unit="USD", help="Do not chase: stop and keep position and closes at or beyond this price."
    )
    stop_loss_price: Decimal | None = param(
        None, gt=0, unit="USD", help="Stop and close the position when the mid falls below (buy) or above (sell)."
    )
    boost: bool = param(False, help="Close each entry at market at once instead of resting a close.")
    position_guard: bool = param(True, help="Every minute: stop if position and closes differ by over two orders.")


class GridStrategy(BaseStrategy[GridParams]):
    """Buys a little below the market and sells each purchase a little higher, or the mirror image."""

    params_model: ClassVar[type[Params]] = GridParams

    def __init__(self, config: StrategyConfig[GridParams], exchange_client: MarketView, *others: MarketView) -> None:
        """Start with an empty grid."""
        super().__init__(config, exchange_client, *others)
        self.state = GridState()
        self._side = config.params.direction
        self._plan: StrategyResult | None = None

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "grid"

    # -- start and restart ----------------------------------------------------------------

    async def initialize(self, market_data: MarketData) -> str:
        """Check the options against the market, and say what an entry now would lead to."""
        self._check_stops(market_data)
        self._check_position(market_data)
        self.state.next_guard_ns = market_data.now_ns + _GUARD_NS
        side, market = self._side, market_data.market
        entry = entry_price(market_data, side, self.params.post_only_offset)
        close = profit_price(entry, side, self.params.take_profit, market.tick_size)
        gain = abs(close - entry) * self.config.quantity
        fees = 2 * market.maker_fee * entry * self.config.quantity
        text = (
            f"take profit {plain(self.params.take_profit)} %: {side.value} {plain(self.config.quantity)} "
            f"{market.ticker} at {plain(entry)} closes at {plain(close)}, {gain:.4f} {market.quote} a round trip, "
            f"{fees:.4f} of it for fees"
        )
        return text if gain > fees else f"{text}; the fees are not covered: every round trip loses"

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart."""
        return self.state.save()

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take back what save_state gave."""
        self.state = GridState.load(state)

    def _check_stops(self, data: MarketData) -> None:
        params, side = self.params, self._side
        market = f"the market is at {plain(data.best_bid)} / {plain(data.best_ask)}"
        if params.stop_price is not None and beyond(data, side, params.stop_price):
            raise UserError(
                f"--stop-price {plain(params.stop_price)}: {market}, the grid would stop at once", "move it"
            )
        if params.stop_loss_price is not None and lost(data, side, params.stop_loss_price):
            raise UserError(
                f"--stop-loss-price {plain(params.stop_loss_price)}: {market}, the grid would stop at once", "move it"
            )

    def _check_position(self, data: MarketData) -> None:
        if self.params.position_guard and self._uncovered(data) > self._tolerance():
            held = data.position.quantity if data.position is not None else Decimal(0)
            raise UserError(
                f"there is a position of {plain(held)} {data.ticker} that no close of this grid covers",
                "close it first, trade another market or account, or use --no-position-guard",
            )

    # -- deciding ---------------------------------------------------------------------------

    async def should_execute(self, market_data: MarketData) -> bool:
        """Say whether there is something to place, to cancel or to stop for."""
        self._plan = self._decide(market_data)
        return self._plan is not None

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Give what was decided."""
        plan, self._plan = self._plan, None
        return plan or self._decide(market_data) or StrategyResult(action=StrategyAction.NONE)

    def _decide(self, data: MarketData) -> StrategyResult | None:
        stop = self._stop(data) or self._guard(data)
        if stop is not None:
            return stop
        orders, reasons = [], []
        for order, reason in (*self._due_closes(data), *self._due_entry(data)):
            orders.append(order)
            reasons.append(reason)
        if orders:
            return StrategyResult(action=StrategyAction.PLACE_ORDER, orders=tuple(orders), message="; ".join(reasons))
        return self._give_up_entry(data)

    def _stop(self, data: MarketData) -> StrategyResult | None:
        params, side = self.params, self._side
        entry = self._entry(data)
        if params.stop_price is not None and beyond(data, side, params.stop_price):
            return StrategyResult(
                action=StrategyAction.STOP,
                message=f"the market reached stop_price {plain(params.stop_price)}: position and closes are kept",
                cancels=() if entry is None else (entry.intent,),
                on_stop=OnStop.KEEP,
            )
        if params.stop_loss_price is not None and lost(data, side, params.stop_loss_price):
            return StrategyResult(
                action=StrategyAction.STOP,
                message=f"the mid passed stop_loss_price {plain(params.stop_loss_price)}: the position is closed",
                on_stop=OnStop.CLOSE,
            )
        return None

    def _guard(self, data: MarketData) -> StrategyResult | None:
        if not self.params.position_guard or data.now_ns < self.state.next_guard_ns:
            return None
        self.state.next_guard_ns = data.now_ns + _GUARD_NS
        uncovered = self._uncovered(data)
        if uncovered <= self._tolerance():
            return None
        return StrategyResult(
            action=StrategyAction.STOP,
            message=f"position and resting closes differ by {plain(uncovered)} {data.ticker}: look at the account",
        )

    def _uncovered(self, data: MarketData) -> Decimal:
        """By how much the position differs from what the closes would take away."""
        if data.position is None:
            return Decimal(0)  # the risk manager refuses entries while it is unknown
        entry = self._entry(data)
        covered = sum((order.remaining_quantity for order in self._closes(data)), self.state.dust_quantity)
        covered += sum(close.quantity for close in self.state.queued.values())
        covered += entry.filled_quantity if entry is not None else Decimal(0)
        return abs(data.position.quantity * self._side.sign - covered)

    def _tolerance(self) -> Decimal:
        return _GUARD_TOLERANCE * self.config.quantity

    # -- closes -------------------------------------------------------------------------------

    def _due_closes(self, data: MarketData) -> list[tuple[OrderParams, str]]:
        if data.now_ns < self.state.retry_ns:
            return []
        due = [(intent, close) for intent, close in self.state.queued.items() if data.order(intent) is None]
        self.state.queued.clear()
        return [self._close(intent, close, data) for intent, close in due]

    def _close(self, intent: str, close: QueuedClose, data: MarketData) -> tuple[OrderParams, str]:
        side = self._side.opposite
        quantity = f"{side.value} {plain(close.quantity)} {data.ticker}"
        if close.price is None:
            market = OrderParams(
                side=side, quantity=close.quantity, intent=intent, order_type=OrderType.MARKET, reduce_only=True
            )
            return market, f"{quantity} at market: boost"
        price = not_crossing(close.price, side, data)
        limit = OrderParams(
            side=side,
            quantity=close.quantity,
            price=price,
            intent=intent,
            reduce_only=True,
            # A close that was refused again and again may take: better out than stuck.
            post_only=self.state.rejects < _POST_ONLY_TRIES,
        )
        return limit, f"{quantity} at {plain(price)}: take profit"

    # -- entries ------------------------------------------------------------------------------

    def _due_entry(self, data: MarketData) -> list[tuple[OrderParams, str]]:
        if self.state.cycle_state is CycleState.WAITING_FOR_FILL and self._entry(data) is None:
            self.state.cycle_state = CycleState.READY
        if self.state.cycle_state is not CycleState.READY or not self._may_enter(data):
            return []
        price = self._entry_price(data)
        number = self.state.next_number
        self.state.next_number += 1
        self.state.cycle_state = CycleState.WAITING_FOR_FILL
        self.state.timing_factor = self._vary(self.params.random_timing)
        order = OrderParams(
            side=self._side, quantity=self.config.quantity, price=price, intent=f"entry-{number}", post_only=True
        )
        resting = f"{self.state.closes_seen} of {self.params.max_orders} closes rest"
        return [(order, f"{self._side.value} {plain(order.quantity)} {data.ticker} at {plain(price)}: {resting}")]

    def _may_enter(self, data: MarketData) -> bool:
        state, params = self.state, self.params
        closes = len(self._closes(data)) + len(state.queued)
        one_filled = closes < state.closes_seen
        state.closes_seen = closes
        if state.last_open_ns is None and closes:
            state.last_open_ns = data.now_ns
        if closes >= params.max_orders or data.now_ns < state.retry_ns:
            return False
        if params.pause_price is not None and beyond(data, self._side, params.pause_price):
            return False
        if not one_filled and data.now_ns <= self._cool_until():
            return False
        limit = self._step_limit(data)
        return limit is None or step_allows(data, self._side, limit)

    def _cool_until(self) -> int:
        """The last moment of the pause after an entry; 0 before the first."""
        state = self.state
        if state.last_open_ns is None:
            return 0
        params = self.params
        return state.last_open_ns + cooling_ns(
            state.closes_seen, params.max_orders, params.wait_time, state.timing_factor
        )

    def _step_limit(self, data: MarketData) -> Decimal | None:
        nearest = self._nearest(data)
        if self.params.grid_step is None or nearest is None:
            return None
        return step_limit(nearest, self._side, self.params.take_profit, self.params.grid_step)

    def _entry_price(self, data: MarketData) -> Decimal:
        price = entry_price(data, self._side, self.params.post_only_offset)
        nearest, tick = self._nearest(data), data.market.tick_size
        if nearest is None:
            return price
        # Never where it would meet one of our own closes.
        return min(price, nearest - tick) if self._side is Side.BUY else max(price, nearest + tick)

    def _give_up_entry(self, data: MarketData) -> StrategyResult | None:
        entry = self._entry(data)
        if entry is None or entry.pending_cancel or data.now_ns < entry.created_ns + _PATIENCE_NS:
            return None
        if not beyond(data, self._side, self._left_behind(entry, data)):
            return None
        return StrategyResult(
            action=StrategyAction.PLACE_ORDER,
            cancels=(entry.intent,),
            message=f"cancel {entry.intent} at {plain(entry.price or Decimal(0))}: the market moved away",
        )

    def _left_behind(self, entry: Order, data: MarketData) -> Decimal:
        """The opposite best price from which on a fresh entry would rest beyond this one."""
        away = (self.params.post_only_offset + 1) * data.market.tick_size
        return (entry.price or Decimal(0)) + self._side.sign * away

    # -- news ---------------------------------------------------------------------------------

    def notify_order_filled(self, order: Order, fill: Fill) -> None:
        """End a row of refusals."""
        del order, fill
        self.state.rejects = 0

    def notify_order_closed(self, order: Order) -> None:
        """Queue the close of an entry that filled; queue again what is left of a close."""
        kind, _, number = order.intent.partition("-")
        if order.status is OrderStatus.REJECTED:
            self._back_off(order.updated_ns)
        if kind == "entry":
            self.state.cycle_state = CycleState.READY
            self.state.last_open_ns = order.updated_ns
            self._queue_close(order, f"close-{number}")
        elif kind == "close":
            self.state.queued.pop(order.intent, None)
            if order.remaining_quantity:
                self.state.queued[order.intent] = QueuedClose(order.remaining_quantity, order.price)

    def _queue_close(self, entry: Order, intent: str) -> None:
        state, market = self.state, self.exchange_client.market
        if not entry.filled_quantity or entry.average_price is None:
            return
        quantity = entry.filled_quantity + state.dust_quantity
        cost = entry.filled_quantity * entry.average_price + state.dust_cost
        filled_price = cost / quantity
        if quantity < minimum_quantity(market, filled_price):
            state.dust_quantity, state.dust_cost = quantity, cost
            return
        state.dust_quantity = state.dust_cost = Decimal(0)
        state.queued[intent] = QueuedClose(quantity, self._target(entry, filled_price))

    def _target(self, entry: Order, filled_price: Decimal) -> Decimal | None:
        tick = self.exchange_client.market.tick_size
        if self.params.boost:
            # A complete entry closes at market at once; what a cancel left closes where it was bought.
            complete = entry.status is OrderStatus.FILLED
            return None if complete else profit_price(filled_price, self._side, Decimal(0), tick)
        varied = self.params.take_profit * self._vary(self.params.dynamic_profit)
        return profit_price(filled_price, self._side, max(Decimal(0), varied), tick)

    def _back_off(self, now_ns: int) -> None:
        self.state.retry_ns = now_ns + min(_LONGEST_RETRY_NS, _FIRST_RETRY_NS << min(self.state.rejects, 6))
        self.state.rejects += 1

    def _vary(self, wanted: bool) -> Decimal:
        """Draw a factor between 0.5 and 1.5, or give 1."""
        if not wanted:
            return Decimal(1)
        return Decimal(f"{self.config.random.uniform(0.5, 1.5):.6f}")

    # -- waking -------------------------------------------------------------------------------

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until an order moves, a pause ends or a price that matters is reached."""
        state, params = self.state, self.params
        times: list[int] = []
        if params.position_guard:
            times.append(state.next_guard_ns)
        if market_data.now_ns < state.retry_ns:
            times.append(state.retry_ns)
        ahead = [params.stop_price]
        behind = [params.stop_loss_price]
        entry = self._entry(market_data)
        if entry is not None:
            patience = entry.created_ns + _PATIENCE_NS
            if market_data.now_ns < patience:
                times.append(patience)
            else:
                ahead.append(self._left_behind(entry, market_data))
        elif state.closes_seen < params.max_orders:
            behind += [params.pause_price, self._step_limit(market_data)]
            if market_data.now_ns <= self._cool_until():
                times.append(self._cool_until() + 1)
        return _wake(self._side, ahead, behind, min(times, default=None))

    # -- reading ------------------------------------------------------------------------------

    @staticmethod
    def _closes(data: MarketData) -> list[Order]:
        return [order for order in data.orders if order.intent.startswith("close-")]

    @staticmethod
    def _entry(data: MarketData) -> Order | None:
        return next((order for order in data.orders if order.intent.startswith("entry-")), None)

    def _nearest(self, data: MarketData) -> Decimal | None:
        return nearest_close([order.price for order in self._closes(data) if order.price is not None], self._side)


def _wake(side: Side, ahead: list[Decimal | None], behind: list[Decimal | None], at: int | None) -> Wake:
    """Wake at prices ahead (up for a buying grid) and behind (down), the nearest of each."""
    up = [price for price in (ahead if side is Side.BUY else behind) if price is not None]
    down = [price for price in (behind if side is Side.BUY else ahead) if price is not None]
    return Wake(
        book=False,
        balances=False,
        price_at_or_above=min(up, default=None),
        price_at_or_below=max(down, default=None),
        at=at,
    )
