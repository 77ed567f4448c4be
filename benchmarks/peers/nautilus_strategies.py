"""GRID and TOP of benchmarks/race.py as strategies of nautilus_trader."""

from __future__ import annotations

from nautilus_trader.common.events import TimeEvent
from nautilus_trader.model.data import QuoteTick, TradeTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import LimitOrder
from nautilus_trader.trading.strategy import Strategy

from benchmarks.race import MAX_SELLS, PAUSE_NS, FillRow, profit_ticks

_LOT = Quantity.from_str("0.001")
_TICKS = 10


def _ticks(price: Price) -> int:
    return round(price.as_double() * _TICKS)


class _RaceStrategy(Strategy):
    """What both have in common: every row is an event, orders are one lot, fills are written down."""

    def __init__(self, instrument_id: InstrumentId) -> None:
        super().__init__()
        self._instrument_id = instrument_id
        self._bid = self._ask = 0
        self.fills: list[FillRow] = []

    def on_start(self) -> None:
        """Ask for both streams."""
        self.subscribe_quote_ticks(self._instrument_id)
        self.subscribe_trade_ticks(self._instrument_id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Act on a quote."""
        self._bid, self._ask = _ticks(tick.bid_price), _ticks(tick.ask_price)
        self._act(tick.ts_event)

    def on_trade_tick(self, tick: TradeTick) -> None:
        """Act on a trade."""
        if self._bid:
            self._act(tick.ts_event)

    def on_order_filled(self, event: OrderFilled) -> None:
        """Write a fill down."""
        side = 1 if event.order_side == OrderSide.BUY else -1
        self.fills.append((event.ts_event, side, _ticks(event.last_px)))
        self._on_fill(event)

    def _act(self, now_ns: int) -> None:
        raise NotImplementedError

    def _on_fill(self, event: OrderFilled) -> None:
        raise NotImplementedError

    def _place(self, side: OrderSide, ticks: int) -> LimitOrder:
        order = self.order_factory.limit(self._instrument_id, side, _LOT, Price(ticks / _TICKS, 1), post_only=True)
        self.submit_order(order)
        return order


class GridStrategy(_RaceStrategy):
    """One buy just below the ask, a sell for every fill."""

    def __init__(self, instrument_id: InstrumentId) -> None:
        """Start without orders."""
        super().__init__(instrument_id)
        self._entry: LimitOrder | None = None
        self._entry_ticks = self._next_ns = 0
        self._bought: list[int] = []
        self._sells: list[int] = []

    def _act(self, now_ns: int) -> None:
        for price in self._bought:
            ticks = max(profit_ticks(price), self._bid + 1)
            self._place(OrderSide.SELL, ticks)
            self._sells.append(ticks)
        self._bought.clear()
        if now_ns >= self._next_ns and len(self._sells) < MAX_SELLS:
            self._enter(min([self._ask, *self._sells]) - 1)
            self._next_ns = now_ns + PAUSE_NS
            # The pause ends at its time, whatever the market does.
            self.clock.set_time_alert_ns(f"pause-{self._next_ns}", self._next_ns, self._on_pause_over)

    def _on_pause_over(self, event: TimeEvent) -> None:
        self._act(event.ts_event)

    def _enter(self, ticks: int) -> None:
        if self._entry is not None:
            if self._entry_ticks == ticks:
                return
            self.cancel_order(self._entry)
        self._entry, self._entry_ticks = self._place(OrderSide.BUY, ticks), ticks

    def _on_fill(self, event: OrderFilled) -> None:
        if event.order_side == OrderSide.BUY:
            self._entry = None
            self._bought.append(_ticks(event.last_px))
        else:
            self._sells.remove(_ticks(event.last_px))


class TopStrategy(_RaceStrategy):
    """One lot at the best price of each side."""

    def __init__(self, instrument_id: InstrumentId) -> None:
        """Start without orders."""
        super().__init__(instrument_id)
        self._buy: LimitOrder | None = None
        self._sell: LimitOrder | None = None
        self._buy_ticks = self._sell_ticks = 0

    def _act(self, now_ns: int) -> None:
        del now_ns
        if self._buy is None or self._buy_ticks != self._bid:
            if self._buy is not None:
                self.cancel_order(self._buy)
            self._buy, self._buy_ticks = self._place(OrderSide.BUY, self._bid), self._bid
        if self._sell is None or self._sell_ticks != self._ask:
            if self._sell is not None:
                self.cancel_order(self._sell)
            self._sell, self._sell_ticks = self._place(OrderSide.SELL, self._ask), self._ask

    def _on_fill(self, event: OrderFilled) -> None:
        if event.order_side == OrderSide.BUY:
            self._buy = None
        else:
            self._sell = None
