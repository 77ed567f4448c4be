"""Avellaneda-Stoikov: quote both sides around a price that leans against the inventory.

The quotes stand half a spread below and above a reservation price. That price is the mid while nothing is
held, lies below it when long and above it when short, the more the more volatile the market: so the quote
that brings the position back is the one that fills. Each step away costs more than the one before, and at
the largest position only the way back is quoted.

It earns the spread, from traders who buy and sell without knowing more, while the price swings about. It
loses to those who do know: in a trend one side fills again and again just before the price runs on, and the
inventory is sold back at a worse price. Fees and a spread that is too narrow for the volatility lose too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from helpers.clock import NS_PER_S
from helpers.money import minimum_quantity, plain
from strategies.avellaneda_stoikov.inventory import next_mode
from strategies.avellaneda_stoikov.model import Theory, quote_price, theory, tolerances
from strategies.avellaneda_stoikov.params import AvellanedaStoikovParams
from strategies.avellaneda_stoikov.quotes import Idle, Limits, QuoteSide, Wanted
from strategies.avellaneda_stoikov.start import check_options, largest_position, opening_text
from strategies.avellaneda_stoikov.state import QuotingState
from strategies.avellaneda_stoikov.volatility import Volatility
from strategies.avellaneda_stoikov.words import TOO_FEW_PRICES, explain, why_not
from strategies.base_strategy import (
    MarketData,
    MarketView,
    Order,
    OrderStatus,
    Params,
    Side,
    StrategyConfig,
    StrategyResult,
    Wake,
)
from strategies.deciding import DecidingStrategy
from strategies.plan import Plan
from strategies.saved_state import load, save

_UNANSWERED: Final = frozenset({OrderStatus.INTENT, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN})


class AvellanedaStoikovStrategy(DecidingStrategy[AvellanedaStoikovParams]):
    """Quotes a bid and an ask, skewed by the inventory."""

    params_model: ClassVar[type[Params]] = AvellanedaStoikovParams

    def __init__(
        self, config: StrategyConfig[AvellanedaStoikovParams], exchange_client: MarketView, *others: MarketView
    ) -> None:
        """Start with no prices and no quotes."""
        super().__init__(config, exchange_client, *others)
        self.state = QuotingState(volatility=Volatility.of(config.params))
        self._most = largest_position(config.params, config.quantity)
        self._refresh_ns = int(config.params.refresh_interval * NS_PER_S)
        self._left_over: frozenset[str] = frozenset()
        """Client order ids that were live before the first step: from an earlier session, to be cancelled."""
        self._said = dict.fromkeys(Side, TOO_FEW_PRICES)
        """Why a side does not quote, as it was said last; the first line of the run says that prices are too few."""

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "avellaneda_stoikov"

    # -- start and restart ----------------------------------------------------------------

    async def initialize(self, market_data: MarketData) -> str:
        """Check the options against the market, and say what they come to."""
        check_options(self.params, self.config.quantity, self.exchange_client.capabilities, market_data)
        self._left_over = frozenset(order.client_order_id for order in market_data.orders)
        return opening_text(self.params, self.config.quantity, market_data)

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart."""
        return save(self.state)

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take back what save_state gave; the options may be others than then."""
        before, volatility = load(QuotingState, state), self.state.volatility
        volatility.take_over(before.volatility)
        before.volatility = volatility
        before.refresh_due_ns = 0
        self.state = before

    # -- deciding ---------------------------------------------------------------------------

    def decide(self, market_data: MarketData) -> StrategyResult | None:
        """Retire replaced orders whenever asked; look at the quotes only when that is due."""
        data = market_data
        self.state.volatility.look(data.mid_price, data.now_ns)
        plan = Plan()
        cancels = self.state.cancels
        cancels.forget(data.orders)
        sides = (QuoteSide(Side.BUY, data, plan, cancels), QuoteSide(Side.SELL, data, plan, cancels))
        for side in sides:
            side.retire()
        if self._is_look_due(data.now_ns):
            self.state.refresh_due_ns = data.now_ns + self._refresh_ns
            if not self._clears_up(data, plan):
                self._refresh(data, plan, sides)
                self._say_why_idle(sides, plan)
        return plan.result()

    def _is_look_due(self, now_ns: int) -> bool:
        """Whether the quotes are due; from before the last look they are: then the clock was set back."""
        due_ns = self.state.refresh_due_ns
        return now_ns >= due_ns or now_ns < due_ns - self._refresh_ns

    def _clears_up(self, data: MarketData, plan: Plan) -> bool:
        """Cancel what an earlier session left behind; True while any of it is live."""
        if not self._left_over:
            return False
        left = [order for order in data.orders if order.client_order_id in self._left_over]
        for order in left:
            if order.status in _UNANSWERED or order.pending_cancel or order.intent in plan.cancels:
                continue
            if self.state.cancels.may_ask(order, data.now_ns):
                plan.cancel(order.intent, f"cancel {order.intent}: left by an earlier session")
        self._left_over = frozenset(order.client_order_id for order in left)
        return bool(left)

    def _refresh(self, data: MarketData, plan: Plan, sides: tuple[QuoteSide, QuoteSide]) -> None:
        variance, position = self.state.volatility.variance, data.position
        if variance is None or position is None or data.balance is None:
            for side in sides:
                side.withdraw(why_not(self.state.volatility, data))
            return
        held, quantity, params = position.quantity, self.config.quantity, self.params
        state, market = self.state, data.market
        least = minimum_quantity(market, data.mid_price)
        state.mode = next_mode(state.mode, held, self._most, least, params.recover_ratio)
        view = theory(params, data, variance, held / quantity, self._most / quantity)
        limits = Limits(held, self._most, *tolerances(params, view, market.tick_size))
        for side in sides:
            self._quote(side, view, limits, data)
        if plan.orders:
            plan.reasons.append(explain(view, variance, state.mode, data))

    def _quote(self, side: QuoteSide, view: Theory, limits: Limits, data: MarketData) -> None:
        exit_side = self.state.mode.exit_side
        price = quote_price(view, side.side, data, join_touch=self.params.join_touch)
        if exit_side is side.side.opposite:
            side.withdraw(Idle("full", f"{plain(limits.held)} of at most {plain(limits.most)} are held"))
        elif price is None:
            side.withdraw(Idle("price", "there is no price behind the best one"))
        else:
            # Where the price has fallen since the start, the least order has grown.
            quantity = max(self.config.quantity, minimum_quantity(data.market, price))
            quantity = quantity if exit_side is None else min(quantity, abs(limits.held))
            may_place = data.now_ns >= self.state.refusals(side.side).back_off.due_ns
            side.renew(Wanted(price, quantity, exit_side is not None), limits, may_place=may_place)

    def _say_why_idle(self, sides: tuple[QuoteSide, QuoteSide], plan: Plan) -> None:
        """Give the reason why a side does not quote once, not at each look; saying it changes nothing."""
        news: dict[str, list[str]] = {}
        for side in sides:
            if side.idle is not None:
                if side.idle.key != self._said[side.side] and side.idle.text:
                    news.setdefault(side.idle.text, []).append(side.side.value)
                self._said[side.side] = side.idle.key
            elif side.live:
                self._said[side.side] = ""
        plan.reasons += [f"no {' and no '.join(names)}: {text}" for text, names in news.items()]

    # -- news and waking ------------------------------------------------------------------------

    def notify_order_closed(self, order: Order) -> None:
        """Back off after an order that was refused or rejected."""
        self.state.refusals(order.side).heard(order)

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until a sample or a look at the quotes is due, or an order moves."""
        state = self.state
        cancel_ns = state.cancels.due_ns(market_data.orders, market_data.now_ns)
        times = [state.volatility.sampler.due_ns, state.refresh_due_ns, *([] if cancel_ns is None else [cancel_ns])]
        return Wake(book=False, balances=False, at=min(times))

    def withdraw_after_ns(self) -> int:
        """Let quotes rest for a moment without a book."""
        return int(self.params.book_patience * NS_PER_S)
