"""Geometric grid: orders on fixed price levels, each a constant ratio above the one below.

A level that fills gets a reduce-only exit one level away; when that has filled too, the level is armed again. A
neutral grid buys below the mid and sells above it, a long one opens only by buying, a short one only by selling.

It earns while the price swings inside its range: each swing over a level and back earns one step, less two
maker fees. It loses in a trend: every level that is passed adds to the position against the trend, up to one
lot a level, and outside the range nothing is left to do but wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from helpers.clock import NS_PER_S
from helpers.money import passive_price, plain
from strategies.base_strategy import (
    Fill,
    MarketData,
    MarketView,
    Order,
    Params,
    Side,
    StrategyConfig,
    StrategyResult,
    Wake,
)
from strategies.deciding import DecidingStrategy
from strategies.geometric_grid.entries import GridEntries
from strategies.geometric_grid.exits import GridExits
from strategies.geometric_grid.ladder import Ladder
from strategies.geometric_grid.lots import Lots
from strategies.geometric_grid.params import GeometricGridParams
from strategies.geometric_grid.position import Agreement
from strategies.geometric_grid.start import (
    check_options,
    check_quantity,
    found_text,
    made_of,
    make_ladder,
    opening_text,
)
from strategies.geometric_grid.state import GeometricState, entry_level, exit_level
from strategies.geometric_grid.view import GridView
from strategies.pauses import BackOff
from strategies.plan import Plan
from strategies.saved_state import load, save

_FORGIVEN_NS = 60 * NS_PER_S
"""Refusals count as being in a row until so long after the last pause."""


class GeometricGridStrategy(DecidingStrategy[GeometricGridParams]):
    """Trades every swing between neighbouring levels."""

    params_model: ClassVar[type[Params]] = GeometricGridParams

    def __init__(
        self, config: StrategyConfig[GeometricGridParams], exchange_client: MarketView, *others: MarketView
    ) -> None:
        """Start with no levels."""
        super().__init__(config, exchange_client, *others)
        self._due: list[int] = []
        self._asked: list[str] = []
        """Intents of the orders that the latest decision placed."""
        self._latest: GridView | None = None
        """What the latest decision was made on, and what it waits for."""
        self._work_on(GeometricState())

    def _work_on(self, state: GeometricState) -> None:
        self.state = state
        self._lots = Lots(state, self.exchange_client.market)
        self._exits = GridExits(self.params, state, self._lots)
        self._entries = GridEntries(self.params, self.config.quantity, state, self._lots)
        self._agreement = Agreement(state, self._lots, self._entries, self.params.mode)

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "geometric_grid"

    # -- start and restart ----------------------------------------------------------------

    async def initialize(self, market_data: MarketData) -> str:
        """Make the levels, or keep those of the session before, and say what they come to."""
        check_options(self.params, market_data)
        options = made_of(self.params, market_data.market.tick_size)
        ladder = self.state.ladder
        if ladder is None or self.state.made_of != options:
            ladder = make_ladder(self.params, market_data)
        check_quantity(self.params, self._entries, ladder, market_data)
        self.state.ladder, self.state.made_of = ladder, options
        for lot in self.state.lots.values():
            lot.target = passive_price(lot.target, lot.side.opposite, ladder.tick)  # the tick may be another one now
        view = GridView(market_data)
        self._lots.is_new = self._lots.is_new or bool(view.entries or view.exits)
        foreign = Decimal(0) if self._lots.is_new else view.held or Decimal(0)
        text = opening_text(self.params, self._entries, ladder, market_data)
        return text + found_text(ladder, self._lots.total, foreign, market_data)

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart."""
        return save(self.state)

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take back what save_state gave."""
        self._work_on(load(GeometricState, state))
        self._lots.is_new = True

    # -- deciding ---------------------------------------------------------------------------

    def decide(self, market_data: MarketData) -> StrategyResult | None:
        """Say what to place, to change, to cancel or to tell."""
        view = GridView(market_data)
        plan = Plan()
        self._take_in(view)
        ladder = self._ladder(view)
        is_agreed = self._agreement.reached(view)
        plan.reasons += self._lots.notes
        self._lots.notes.clear()
        self._exits.drop(view, plan)
        self._entries.tidy(ladder, view, plan)
        self._due = []
        if is_agreed:
            self._due += self._exits.add(view, plan)
            self._due += self._entries.add(ladder, view, plan)
        elif self._agreement.due_ns is not None:
            self._due.append(self._agreement.due_ns)
        self._asked = [order.intent for order in plan.orders]
        self._latest = view
        return plan.result()

    def _ladder(self, view: GridView) -> Ladder:
        """Give the levels, moved around the market if it left them and that is wanted."""
        ladder = self.state.ladder
        if ladder is None:
            ladder = self.state.ladder = make_ladder(self.params, view.data)
        price = self._beyond(ladder, view)
        if price is None:
            self.state.is_beyond = self.state.is_beyond and not ladder.holds_well(view.data.mid_price)
            return ladder
        moved = ladder.centred(price) if self.params.recenter_on_move else None
        held = f"{plain(self._lots.total)} {view.data.ticker}"
        if moved is not None:
            self.state.ladder, self.state.is_beyond = moved, False
            self._lots.notes.append(
                f"levels moved to {moved.span}: the market at {plain(price)} left the range; held: {held}"
            )
            return moved
        if not self.state.is_beyond:
            self.state.is_beyond = True
            self._lots.notes.append(
                f"the market at {plain(price)} left the range {ladder.span}: it waits for it to come back; held: {held}"
            )
        return ladder

    def _beyond(self, ladder: Ladder, view: GridView) -> Decimal | None:
        """Give the price with which the market left the range; None while it is inside."""
        for side in Side:
            price = view.reference(side, ladder.ratio)
            end = ladder.prices[-1] if side is Side.BUY else ladder.prices[0]
            if (price - end) * side.sign > 0:
                return price
        return None

    def _take_in(self, view: GridView) -> None:
        """Count what filled, and forget what is no longer needed."""
        state, orders = self.state, view.data.orders
        for order in (*view.entries.values(), *view.exits.values()):  # a partly filled entry tells what an exit is for
            self._lots.count(order)
        live = {order.intent for order in orders}
        self._lots.sweep(live)
        state.counted.forget({order.client_order_id for order in orders})
        state.withdrawn = [intent for intent in state.withdrawn if intent in live]
        old = [intent for intent, pause in state.pauses.items() if view.now_ns > pause.due_ns + _FORGIVEN_NS]
        for intent in old:
            del state.pauses[intent]

    # -- news -------------------------------------------------------------------------------

    def notify_order_filled(self, order: Order, fill: Fill) -> None:
        """Count a fill."""
        del fill  # the order holds it, and the order is counted once however often it is told of
        self._lots.count(order)

    def notify_order_closed(self, order: Order) -> None:
        """Count what an order filled; pause before the next one where it ended without our asking."""
        self._lots.count(order)
        if order.intent in self.state.withdrawn:
            self.state.withdrawn.remove(order.intent)
        elif exit_level(order.intent) is not None:
            lot = self.state.lots.get(order.intent)
            if lot is not None:
                _pause(lot.pause, order)
        elif entry_level(order.intent) is not None and not order.filled_quantity:
            _pause(self.state.pauses.setdefault(order.intent, BackOff()), order)

    # -- waking -----------------------------------------------------------------------------

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until an order moves, the mid comes to another level, or a pause ends."""
        view, ladder = GridView(market_data), self.state.ladder
        below, above = (None, None) if ladder is None else ladder.around(market_data.mid_price)
        down, up = self._exits.bands(view)
        if self._latest is not None:
            down, up = down + self._latest.down, up + self._latest.up
        due = list(self._due)
        if any(market_data.order(intent) is None for intent in self._asked):
            due.append(market_data.now_ns)  # it was refused at once, which is still to be heard
        return Wake(
            book=False,
            prices=self._latest is not None and self._latest.waits_for_prices,
            price_at_or_below=max([*down, *([] if below is None else [below])], default=None),
            price_at_or_above=min([*up, *([] if above is None else [above])], default=None),
            at=min(due, default=None),
        )


def _pause(pause: BackOff, order: Order) -> None:
    """Back off, longer after each refusal in a row."""
    if order.updated_ns > pause.due_ns + _FORGIVEN_NS:
        pause.accepted()
    pause.refused(order.updated_ns)
