"""Momentum: hold one quantity in the direction in which the price leads its average, until it falls behind.

It earns in a trend that lasts longer than the lookback. It loses in a market that swings around its
average: it enters late, leaves late, and pays the taker fee and half the spread each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from helpers.clock import NS_PER_S
from helpers.errors import UserError
from helpers.money import floor_to, minimum_quantity, plain
from strategies.base_strategy import (
    BaseStrategy,
    MarketData,
    MarketKind,
    MarketView,
    Order,
    OrderParams,
    OrderType,
    Params,
    Side,
    StrategyAction,
    StrategyConfig,
    StrategyResult,
    Wake,
    param,
)
from strategies.pauses import BackOff
from strategies.saved_state import load, save
from strategies.signals import Ema, Sampler


class MomentumParams(Params):
    """What momentum can be told."""

    lookback_period: int = param(50, ge=2, le=1000, unit="bars", help="Period of the exponential average.")
    bar_length: Decimal = param(Decimal(10), ge=1, le=86_400, unit="s", help="Time between two looks at the price.")
    threshold: Decimal = param(Decimal("0.1"), ge=0, le=100, unit="%", help="Lead over the average that opens.")
    short: bool = param(True, help="Open short positions too, not only long ones.")


class MomentumState(msgspec.Struct):
    """What has to survive a restart. Orders and position are not in it: the bot knows them better."""

    average: Ema
    bars: Sampler
    lead: Decimal = Decimal(0)  # how far the last bar was above the average, in %; 0 while there is no average
    back_off: BackOff = msgspec.field(default_factory=BackOff)


class MomentumStrategy(BaseStrategy[MomentumParams]):
    """Buys what rises, sells what falls."""

    params_model = MomentumParams

    def __init__(self, config: StrategyConfig[MomentumParams], *views: MarketView) -> None:
        """Start with no bars."""
        super().__init__(config, *views)
        bar_ns = int(config.params.bar_length * NS_PER_S)
        self.state = MomentumState(average=Ema(config.params.lookback_period), bars=Sampler(bar_ns))
        self._result: StrategyResult | None = None

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "momentum"

    async def initialize(self, market_data: MarketData) -> str:
        """Check the options against the market, take the first bar, and say when trading can begin."""
        if self.params.short and market_data.market.kind is MarketKind.SPOT:
            raise UserError("nothing can be sold short on a spot market", "add --no-short")
        self._take_bar(market_data)
        wait_s = max(0, self.params.lookback_period - self.state.average.count) * self.params.bar_length
        return f"momentum over {self.params.lookback_period} bars: the first decision falls within {plain(wait_s)} s"

    async def should_execute(self, market_data: MarketData) -> bool:
        """Take the price once a bar; decide on the bars and on what is held."""
        is_new_bar = self._take_bar(market_data)
        self._result = self._decide(market_data, is_new_bar=is_new_bar)
        return self._result is not None

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Give what was decided."""
        del market_data
        return self._result or StrategyResult(action=StrategyAction.NONE)

    def _take_bar(self, data: MarketData) -> bool:
        state = self.state
        if not state.bars.is_due(data.now_ns):
            return False
        if not state.bars.took(data.now_ns):
            state.average = Ema(self.params.lookback_period)  # an average over a hole means nothing
        average = state.average.add(data.mid_price)
        state.lead = (data.mid_price / average - 1) * 100 if state.average.is_warm else Decimal(0)
        return True

    def _decide(self, data: MarketData, *, is_new_bar: bool) -> StrategyResult | None:
        """Close at any moment what is on the wrong side of the average; open on a new bar where nothing is held."""
        params, lead, held = self.params, self.state.lead, self._held(data)
        if held is None or data.now_ns < self.state.back_off.due_ns:
            return None
        closes = held * lead < 0
        is_wanted = lead > params.threshold or (params.short and -lead > params.threshold)
        is_enough = self.config.quantity >= minimum_quantity(data.market, data.best_bid)
        opens = is_new_bar and held == 0 and is_wanted and is_enough and data.balance is not None
        if not (closes or opens):
            return None
        side, quantity = Side.BUY if lead > 0 else Side.SELL, abs(held) if closes else self.config.quantity
        verb, kind = "close" if closes else "open", OrderType.MARKET
        order = OrderParams(intent="trade", side=side, quantity=quantity, order_type=kind, reduce_only=closes)
        what = f"{side.value} {plain(quantity)} {data.ticker} at market to {verb}"
        reason = f"the last bar was {abs(lead):.3f} % {'above' if lead > 0 else 'below'} the average"
        return StrategyResult(action=StrategyAction.PLACE_ORDER, orders=(order,), message=f"{what}: {reason}")

    def _held(self, data: MarketData) -> Decimal | None:
        """Give the position that an order can close; None while it is unknown or an order of ours may change it."""
        if data.position is None or data.order("trade") is not None:
            return None
        size = floor_to(abs(data.position.quantity), data.market.quantity_step)
        return size.copy_sign(data.position.quantity) if size >= data.market.min_quantity else Decimal(0)

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until the next bar, the end of a pause, or news of orders and position; prices change nothing."""
        if self._decide(market_data, is_new_bar=False) is not None:
            return Wake(at=market_data.now_ns)  # it was refused at once, which is still to be heard
        bar_ns, pause_ns = self.state.bars.due_ns, self.state.back_off.due_ns
        return Wake(book=False, at=min(bar_ns, pause_ns) if pause_ns > market_data.now_ns else bar_ns)

    def notify_order_closed(self, order: Order) -> None:
        """Wait after an order that filled nothing, longer each time."""
        if order.filled_quantity:
            self.state.back_off.accepted()
        else:
            self.state.back_off.refused(order.updated_ns)

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart, as plain JSON values."""
        return save(self.state)

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take it back, unless the bars were others."""
        saved = load(MomentumState, state)
        if saved.average.period == self.state.average.period and saved.bars.interval_ns == self.state.bars.interval_ns:
            self.state = saved
