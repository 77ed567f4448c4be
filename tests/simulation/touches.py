"""What a row of a tape means for our orders, said the slow way: one rule a line."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from simulation.kernel_orders import Touch
from simulation.resting import NO_BUY, NO_SELL
from simulation.tape import RowKind

RowTuple = tuple[int, int, int, int, int, int, int, int]

_prices = st.integers(96, 104)


@dataclass(frozen=True)
class Wanted:
    """The fields of a Touch."""

    buy: int = NO_BUY
    buy_ahead: int = 0
    buy_counted: bool = False
    sell: int = NO_SELL
    sell_ahead: int = 0
    sell_counted: bool = False
    low: int = NO_BUY
    high: int = NO_SELL
    buy_behind: int = NO_BUY
    sell_behind: int = NO_SELL
    quotes: bool = False
    moves: bool = False
    bid: int = 0
    ask: int = 0

    def put(self, touch: Touch) -> Touch:
        """Make a touch want this."""
        for name, value in vars(self).items():
            setattr(touch, name, value)
        return touch

    def needs(self, row: RowTuple) -> bool:
        """Say whether a row needs attention."""
        _, kind, bid, _, ask, _, price, lots = row
        after = self.after(row)
        if kind == RowKind.QUOTE:
            crosses = ask <= self.buy or bid >= self.sell
            armed = self.quotes or bid <= self.low or ask >= self.high
            armed = armed or (self.moves and (bid, ask) != (self.bid, self.ask))
            frees = bid <= self.buy_behind or ask >= self.sell_behind or (not ask and self.sell_behind < NO_SELL)
            armed = armed or frees
            moved_up = after.buy_ahead < self.buy_ahead and not self.buy_counted
            return crosses or armed or moved_up or (after.sell_ahead < self.sell_ahead and not self.sell_counted)
        served = {"buy": lots <= self.buy_ahead and self.buy_counted, "sell": lots <= self.sell_ahead}
        served["sell"] = served["sell"] and self.sell_counted
        hits, lifts = self._reached(row)
        return (hits and not (price == self.buy and served["buy"])) or (
            lifts and not (price == self.sell and served["sell"])
        )

    def after(self, row: RowTuple) -> Wanted:
        """Give the queues after a row that needed no attention."""
        _, kind, bid, bid_lots, ask, ask_lots, _, lots = row
        buy_ahead, sell_ahead = self.buy_ahead, self.sell_ahead
        if kind == RowKind.QUOTE:
            if bid <= self.buy:
                buy_ahead = min(buy_ahead, bid_lots if bid == self.buy else 0)
            if ask >= self.sell or not ask:
                sell_ahead = min(sell_ahead, ask_lots if ask == self.sell else 0)
        else:
            hits, lifts = self._reached(row)
            buy_ahead -= lots if hits else 0
            sell_ahead -= lots if lifts else 0
        return replace(self, buy_ahead=buy_ahead, sell_ahead=sell_ahead)

    def _reached(self, row: RowTuple) -> tuple[bool, bool]:
        _, kind, _, _, _, _, price, _ = row
        return kind != RowKind.BUY and price <= self.buy, kind != RowKind.SELL and price >= self.sell


wanted = st.builds(
    Wanted,
    buy=st.just(NO_BUY) | _prices,
    buy_ahead=st.integers(0, 30),
    buy_counted=st.booleans(),
    sell=st.just(NO_SELL) | _prices,
    sell_ahead=st.integers(0, 30),
    sell_counted=st.booleans(),
    low=st.just(NO_BUY) | _prices,
    high=st.just(NO_SELL) | _prices,
    buy_behind=st.just(NO_BUY) | _prices,
    sell_behind=st.just(NO_SELL) | _prices,
    quotes=st.booleans(),
    moves=st.booleans(),
    bid=_prices,
    ask=_prices,
)
