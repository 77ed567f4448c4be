"""Trend ladder: enter with the trend, rung after rung, each closed at a fixed distance in price.

A ladder rests one entry at a time one tick off the opposite touch. What an entry fills gets a reduce-only
take-profit `take_profit_usd` further on, which rests until the market comes to it. The more take-profits
rest, the longer it waits before the next entry; one that fills lets the next entry out at once. The
direction is fixed, or follows the slope of an average.

It earns while the market swings wider than the take-profit plus fees, most in a trend its way. It loses when
the market turns and stays there: take-profits pile up to `max_orders` with the position that belongs to them,
and nothing but time or the risk manager ends that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from helpers.money import plain
from strategies.base_strategy import (
    MarketData,
    MarketView,
    OnStop,
    Order,
    Params,
    Side,
    StrategyConfig,
    StrategyResult,
    Wake,
)
from strategies.deciding import DecidingStrategy
from strategies.plan import Change, Plan, wake_for
from strategies.saved_state import load, save
from strategies.trend_ladder.cover import Cover
from strategies.trend_ladder.entries import Entries
from strategies.trend_ladder.mending import Mending
from strategies.trend_ladder.params import Direction, TrendLadderParams
from strategies.trend_ladder.requotes import Requotes
from strategies.trend_ladder.start import check_options, check_position, opening_text
from strategies.trend_ladder.state import LadderState, is_entry, is_take_profit
from strategies.trend_ladder.trend import Trend
from strategies.trend_ladder.view import LadderView

_FIXED = {Direction.LONG: Side.BUY, Direction.SHORT: Side.SELL}


class TrendLadderStrategy(DecidingStrategy[TrendLadderParams]):
    """Buys rung after rung and sells each a fixed distance higher, or the mirror image."""

    params_model: ClassVar[type[Params]] = TrendLadderParams

    def __init__(
        self, config: StrategyConfig[TrendLadderParams], exchange_client: MarketView, *others: MarketView
    ) -> None:
        """Start with an empty ladder."""
        super().__init__(config, exchange_client, *others)
        self._is_auto = config.params.direction is Direction.AUTO
        self._is_restart = False
        self._work_on(LadderState())

    def _work_on(self, state: LadderState) -> None:
        market, quantity = self.exchange_client.market, self.config.quantity
        self.state = state
        self._cover = Cover(self.params, market, state)
        self._mending = Mending(self.params, quantity, market, state)
        self._requotes = Requotes(self.params, market, state)
        self._entries = Entries(self.params, quantity, state)

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "trend_ladder"

    @classmethod
    def default_on_stop(cls) -> OnStop:
        """Leave the take-profits at the venue: each goes on waiting for its price."""
        return OnStop.KEEP

    # -- start and restart ----------------------------------------------------------------

    async def initialize(self, market_data: MarketData) -> str:
        """Check the options against the market, know the live orders again, say what an entry would come to."""
        check_options(self.params, market_data)
        state = self.state
        for order in market_data.orders:
            state.saw(order.intent)
        self._cover.adopt(tuple(self._view(market_data).take_profits))
        if not state.trend.fits(self.params.ema_period, self.params.atr_period):
            state.trend = Trend()
        view = self._view(market_data)
        if not self._is_restart:
            check_position(view, self.params.imbalance_multiplier * self.config.quantity)
        return opening_text(self.params, self.config.quantity, view, state.trend.bars)

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart."""
        return save(self.state)

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take back what save_state gave."""
        self._is_restart = True
        self._work_on(load(LadderState, state))

    # -- deciding ---------------------------------------------------------------------------

    def decide(self, market_data: MarketData) -> StrategyResult | None:
        """Say what to place, to change, to cancel or to tell."""
        data = market_data
        plan = Plan()
        self._watch_trend(data, plan)
        view = self._take_partial(self._view(data))
        self._mending.mend(view, plan)
        self._requotes.add(view, plan)
        self._cover.clear(view, plan)
        self._cover.add(view, plan)
        self._entries.add(view, self._wanted(), self._why_not(), plan)
        return plan.result()

    def _take_partial(self, view: LadderView) -> LadderView:
        """Make a lot of what the live entry has filled so far; give the moment as it is seen after that."""
        entry = view.entry
        if entry is None or not entry.filled_quantity or not self.params.partial_tp:
            return view
        news = self.state.heard.newly_filled(entry)
        if news is None or not news[0]:
            return view
        self._entries.filled(entry)
        self._cover.take(entry, *news)
        return self._view(view.data)

    def _watch_trend(self, data: MarketData, plan: Plan) -> None:
        if not self._is_auto:
            return
        before = self._wanted()
        if not self.state.trend.take(data.mid_price, data.now_ns, self.params.ema_period, self.params.atr_period):
            return
        if self._wanted() is not before:
            plan.reasons.append(self._trend_words())

    def _wanted(self) -> Side | None:
        """The side on which entries are wanted; None while there is no trend to follow."""
        if not self._is_auto:
            return _FIXED[self.params.direction]
        return self.state.trend.side(self.params.slope_threshold, self.params.warm_up)

    def _why_not(self) -> str:
        return "the trend is over" if self._is_auto else f"the direction is {self.params.direction.value}"

    def _trend_words(self) -> str:
        slope, wanted = self.state.trend.slope, self._wanted()
        kind = "no trend" if wanted is None else "the trend is up" if wanted is Side.BUY else "the trend is down"
        threshold = plain(self.params.slope_threshold)
        return f"{kind}: slope {slope or 0:.3f} ATR a minute, threshold {threshold}"

    # -- news -------------------------------------------------------------------------------

    def notify_order_closed(self, order: Order) -> None:
        """Make a lot of an entry that filled; keep what is left of a lot whose take-profit did not fill."""
        self.state.saw(order.intent)
        if is_take_profit(order.intent):
            self._cover.ended(order)
        elif is_entry(order.intent):
            news = self.state.heard.newly_filled(order)
            if news is None:
                return
            self._entries.ended(order)
            if news[0]:
                self._entries.filled(order)
                self._cover.take(order, *news)

    # -- waking -----------------------------------------------------------------------------

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until an order moves, a pause ends, a sample is due or a price that matters is reached."""
        view = self._view(market_data)
        changes = [
            Change(at=self.state.trend.sampler.due_ns if self._is_auto else None, account=True),
            *self._mending.changes(view),
            *self._cover.changes(view),
            *self._requotes.changes(view),
            self._entries.changes(view, self._wanted()),
        ]
        return wake_for(view.side, changes)

    # -- inside -----------------------------------------------------------------------------

    def _view(self, data: MarketData) -> LadderView:
        return LadderView(data, self.state, self._wanted())
