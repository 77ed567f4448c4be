"""Perp market maker: levels of quotes around the mid, renewed at fixed times; too large a position is closed at market.

Every `refresh_interval` it sees that `max_orders` buys rest from half the spread below the mid downward, and as
many sells above it. No quote may take the position beyond `max_position`. A position that exceeds
its target by more than `position_threshold` goes to the market at once, reduce-only.

It earns while the price swings: each buy that is followed by a sell earns the spread, less two maker
fees. It loses in a trend: the side that the market runs over fills again and again, and each time the
position passes the threshold it is closed at market behind the move, for the taker fee.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from helpers.clock import NS_PER_S
from helpers.money import plain
from strategies.base_strategy import (
    MarketData,
    MarketView,
    Order,
    OrderParams,
    OrderType,
    Params,
    StrategyConfig,
    StrategyResult,
    Wake,
)
from strategies.deciding import DecidingStrategy
from strategies.perp_market_maker.leaving import Leaving
from strategies.perp_market_maker.params import PerpMarketMakerParams
from strategies.perp_market_maker.quotes import Quotes
from strategies.perp_market_maker.reduction import Limits, Reduction, reduction
from strategies.perp_market_maker.start import check_options
from strategies.perp_market_maker.state import REDUCE, MakerState
from strategies.perp_market_maker.view import MakerView
from strategies.perp_market_maker.wanted import Wanting
from strategies.perp_market_maker.words import opening_text
from strategies.plan import Plan
from strategies.saved_state import load, save


class PerpMarketMakerStrategy(DecidingStrategy[PerpMarketMakerParams]):
    """Quotes around the mid and keeps the position small."""

    params_model: ClassVar[type[Params]] = PerpMarketMakerParams

    def __init__(
        self, config: StrategyConfig[PerpMarketMakerParams], exchange_client: MarketView, *others: MarketView
    ) -> None:
        """Start with nothing quoted."""
        super().__init__(config, exchange_client, *others)
        params, quantity = config.params, config.quantity
        self._limits = Limits(params.target_position, params.largest(quantity), params.threshold(quantity))
        self._interval_ns = int(params.refresh_interval * NS_PER_S)
        self._asks_to_reduce = False
        self._work_on(MakerState())

    def _work_on(self, state: MakerState) -> None:
        self.state = state
        wanting = Wanting(self.params, self.config.quantity, self._limits, self.exchange_client.market.tick_size)
        self._leaving = Leaving(state, self._limits.largest)
        self._quotes = Quotes(self.params, state, wanting, self._leaving, self.exchange_client.capabilities)

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "perp_market_maker"

    # -- start and restart ----------------------------------------------------------------

    async def initialize(self, market_data: MarketData) -> str:
        """Check the options against the market, and say what a bought and a sold order earn."""
        quantity, capabilities = self.config.quantity, self.exchange_client.capabilities
        check_options(self.params, self._limits, quantity, capabilities, market_data)
        return opening_text(self.params, self._limits, quantity, market_data)

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart."""
        return save(self.state)

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take back what save_state gave."""
        self._work_on(load(MakerState, state))

    # -- deciding ---------------------------------------------------------------------------

    def decide(self, market_data: MarketData) -> StrategyResult | None:
        """Say what to place, to change, to cancel or to tell."""
        view = MakerView(market_data)
        plan, state = Plan(), self.state
        self._asks_to_reduce = False
        state.forget({order.client_order_id for order in view.quotes.values()})
        is_round = state.is_round_due(view.now_ns, self._interval_ns)
        if view.net is None:
            state.checked = None
            self._quotes.withdraw(view, plan, "the position is unknown")
        elif view.closes:
            self._quotes.withdraw(view, plan, "a close at market is on its way")
        elif not self._reduces(view, plan, is_round=is_round):
            self._quotes.go_on(view, plan, is_round=is_round)
        return plan.result()

    def _reduces(self, view: MakerView, plan: Plan, *, is_round: bool) -> bool:
        """Close at market what is too much, once no quote of ours can meet it; whether that ends the round."""
        state, needed = self.state, None
        if is_round or view.net != state.checked:
            # Judged at these moments only: what is dust depends on the price, which must not decide in between.
            state.checked = view.net
            needed = self._needed(view, plan)
            state.is_reducing = needed is not None
        if not state.is_reducing:
            return False
        self._quotes.withdraw(view, plan, needed.reason if needed else "out of the way of a close at market")
        if view.quotes or not state.may_ask(REDUCE, view.now_ns):
            return True
        needed = needed or self._needed(view, plan)
        if needed is None:
            state.is_reducing = False
        else:
            self._place(needed, view, plan)
        return True

    def _needed(self, view: MakerView, plan: Plan) -> Reduction | None:
        """Give what has to go to the market; too little for an order is said once and left alone."""
        state = self.state
        needed = None if view.net is None else reduction(view.net, self._limits, view.data)
        if needed is None or not needed.is_dust:
            state.dust = None
            return needed
        if state.dust != view.net:
            state.dust = view.net
            plan.reasons.append(
                f"{needed.reason}: {plain(needed.quantity)} is too little for an order and is left alone"
            )
        return None

    def _place(self, needed: Reduction, view: MakerView, plan: Plan) -> None:
        self._asks_to_reduce = True
        order = OrderParams(
            side=needed.side,
            quantity=needed.quantity,
            intent=REDUCE,
            order_type=OrderType.MARKET,
            reduce_only=True,
        )
        words = f"{needed.side.value} {plain(needed.quantity)} {view.data.ticker} at market"
        plan.place(order, f"{words}: {needed.reason}")

    # -- news -------------------------------------------------------------------------------

    def notify_order_closed(self, order: Order) -> None:
        """Back off after a refusal."""
        self.state.hear(order)

    # -- waking -----------------------------------------------------------------------------

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until the next round, news of orders or position, or the end of a pause after a refusal."""
        view, state = MakerView(market_data), self.state
        times = [state.refresh_due_ns]
        if self._asks_to_reduce and not view.closes:
            times.append(view.now_ns)  # it was refused at once, which is still to be heard
        refusal = state.refusals.get(REDUCE)
        if state.is_reducing and refusal is not None and refusal.due_ns > view.now_ns:
            times.append(refusal.due_ns)
        again = self._leaving.due(view)
        if again is not None:
            times.append(again)
        return Wake(book=False, at=min(times))

    def withdraw_after_ns(self) -> int:
        """Quotes on a book that cannot be trusted are at the mercy of whoever knows better."""
        return int(self.params.book_patience * NS_PER_S)
