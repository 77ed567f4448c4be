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
from helpers.money import plain
from strategies.base_strategy import (
    MarketData,
    MarketView,
    OnStop,
    Order,
    Params,
    StrategyAction,
    StrategyConfig,
    StrategyResult,
    Wake,
)
from strategies.deciding import DecidingStrategy
from strategies.grid.closes import GridCloses
from strategies.grid.entries import GridEntries
from strategies.grid.exits import GridExits
from strategies.grid.params import GridParams
from strategies.grid.start import check_options, check_position, opening_text
from strategies.grid.state import GridState, is_close, is_entry
from strategies.grid.view import GridView
from strategies.plan import Change, Plan, wake_for
from strategies.prices import beyond, lost
from strategies.saved_state import load, save

_GUARD_NS = 60 * NS_PER_S
_GUARD_TOLERANCE = 2
"""Orders by which position and closes may differ."""


class GridStrategy(DecidingStrategy[GridParams]):
    """Buys a little below the market and sells each purchase a little higher, or the mirror image."""

    params_model: ClassVar[type[Params]] = GridParams

    def __init__(self, config: StrategyConfig[GridParams], exchange_client: MarketView, *others: MarketView) -> None:
        """Start with an empty grid."""
        super().__init__(config, exchange_client, *others)
        self._side = config.params.direction
        self._tolerance = _GUARD_TOLERANCE * config.quantity
        self._is_restart = False
        self._leaves = False
        self._work_on(GridState())

    def _work_on(self, state: GridState) -> None:
        self.state = state
        self._closes = GridCloses(self.params, self.exchange_client.market, state, self._vary)
        self._exits = GridExits(self.params, state)
        self._entries = GridEntries(self.params, self.config.quantity, state, self._vary)

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "grid"

    # -- start and restart ----------------------------------------------------------------

    async def initialize(self, market_data: MarketData) -> str:
        """Check the options against the market, and say what an entry now would lead to."""
        check_options(self.params, self.config.quantity, market_data)
        for order in market_data.orders:
            self.state.saw(order.intent)
        view = self._view(market_data)
        self.state.next_guard_ns = market_data.now_ns + _GUARD_NS
        if self._is_restart:
            # What happened while the bot was down is still to be heard; the guard looks after that.
            self.state.next_guard_ns = market_data.now_ns
        elif self.params.position_guard:
            check_position(view, self._tolerance)
        return opening_text(self.params, self.config.quantity, view)

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart."""
        return save(self.state)

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take back what save_state gave."""
        self._is_restart = True
        self._work_on(load(GridState, state))

    # -- deciding ---------------------------------------------------------------------------

    def decide(self, market_data: MarketData) -> StrategyResult | None:
        """Say what to place, to change, to cancel or to tell."""
        view = self._view(market_data)
        plan = Plan()
        self._closes.fit(view, plan)
        stop = self._stop_loss(view) or self._guard(view)
        if stop is not None:
            return stop
        if self._leaves or self._is_beyond_stop(view):
            return self._leave(view, plan)
        self._exits.add(view, plan)
        self._closes.add(view, plan)
        self._entries.add(view, plan)
        return plan.result()

    def _stop_loss(self, view: GridView) -> StrategyResult | None:
        price = self.params.stop_loss_price
        if price is None or not lost(view.data, view.side, price):
            return None
        return StrategyResult(
            action=StrategyAction.STOP,
            message=f"the mid passed stop_loss_price {plain(price)}: the position is closed",
            on_stop=OnStop.CLOSE,
        )

    def _guard(self, view: GridView) -> StrategyResult | None:
        if not self.params.position_guard or view.now_ns < self.state.next_guard_ns:
            return None
        self.state.next_guard_ns = view.now_ns + _GUARD_NS
        difference = view.difference()
        if difference <= self._tolerance:
            return None
        return StrategyResult(
            action=StrategyAction.STOP,
            message=f"position and closes differ by {plain(difference)} {view.data.ticker}: look at the account; "
            "--no-position-guard goes on regardless",
        )

    def _is_beyond_stop(self, view: GridView) -> bool:
        price = self.params.stop_price
        return price is not None and beyond(view.data, view.side, price)

    def _leave(self, view: GridView, plan: Plan) -> StrategyResult | None:
        """Stop at stop_price, but not before the entry is out and all that filled has its close."""
        self._leaves = True
        reason = f"the market reached stop_price {plain(self.params.stop_price or Decimal(0))}"
        self._closes.add(view, plan)
        if view.entry is not None:
            self._entries.cancel(view.entry, plan, reason)
        if plan.reasons or not view.is_settled():
            return plan.result()
        return StrategyResult(
            action=StrategyAction.STOP, message=f"{reason}: position and closes are kept", on_stop=OnStop.KEEP
        )

    # -- news -------------------------------------------------------------------------------

    def notify_order_closed(self, order: Order) -> None:
        """Make a lot of an entry that filled; keep what is left of a lot whose close did not fill."""
        self.state.saw(order.intent)
        if not (is_entry(order.intent) or is_close(order.intent)):
            return
        news = self.state.heard.newly_filled(order)
        if news is None:
            return
        if is_entry(order.intent):
            self._entries.ended(order)
            self._closes.take(order, *news)
        else:
            self._closes.ended(order, news[0])

    # -- waking -----------------------------------------------------------------------------

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until an order moves, a pause ends or a price that matters is reached."""
        view = self._view(market_data)
        stops = Change(
            at=self.state.next_guard_ns if self.params.position_guard else None,
            ahead=None if self._leaves else self.params.stop_price,
            behind=self.params.stop_loss_price,
        )
        changes = [stops, *self._closes.changes(view)]
        if not self._leaves:
            changes += [*self._exits.changes(view), self._entries.changes(view)]
        return wake_for(self._side, changes)

    # -- inside -----------------------------------------------------------------------------

    def _view(self, data: MarketData) -> GridView:
        return GridView(data, self._side, self.state)

    def _vary(self, wanted: bool) -> Decimal:
        """Draw a factor between 0.5 and 1.5, or give 1."""
        return Decimal(f"{self.config.random.uniform(0.5, 1.5):.6f}") if wanted else Decimal(1)
