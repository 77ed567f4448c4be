"""A grid driven by hand: the test moves the market, fills, refuses and cancels; no bot, no venue.

Scenes are written as a buying grid sees them. A selling grid gets the same scene mirrored at CENTRE:
every price p becomes 2 x CENTRE - p, bid and ask change places, and what it asks for is mirrored back.
"""

from __future__ import annotations

import json
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import msgspec
import pytest
from worlds import MARKET, START_NS, S

from helpers.enums import Capability, Liquidity, OrderStatus, OrderType, Side
from helpers.models import Fill, Market, MarketData, Order, Position
from strategies.base_strategy import OrderParams, StrategyConfig, StrategyResult
from strategies.grid_params import GridParams
from strategies.grid_strategy import GridStrategy

D = Decimal
T = TypeVar("T")
CENTRE = D(62_000)
BOTH_WAYS = pytest.mark.parametrize("side", [Side.BUY, Side.SELL], ids=["buy", "sell"])


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Give the result of a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("a strategy must not wait")


@dataclass
class View:
    """The strategy's view of a market, where nothing but its terms is ever asked."""

    market: Market
    exchange: str = "paper"
    capabilities: frozenset[Capability] = frozenset()

    def market_data(self) -> MarketData | None:
        return None


class Waits(NamedTuple):
    """What a grid waits for, mirrored back; prices in its own direction and against it."""

    at_s: float | None
    ahead: Decimal | None
    behind: Decimal | None


class Scene:
    """One grid, one market, one account."""

    def __init__(
        self, side: Side = Side.BUY, *, quantity: str = "0.001", market: Market = MARKET, **params: Any
    ) -> None:
        """Begin at 62,000.0 / 62,000.1 (buying) with nothing there."""
        self.side = side
        self.market = market
        self.params = GridParams(direction=side, **params)
        self.config = StrategyConfig(ticker="BTC", quantity=D(quantity), params=self.params, random=random.Random(1))
        self.grid = GridStrategy(self.config, View(market))
        self.now_ns = START_NS
        self.orders: dict[str, Order] = {}
        self.held: Decimal | None = D(0)
        self.said: list[str] = []
        self.ids = 0
        self.quote("62000.0")

    # -- the market ---------------------------------------------------------------------------

    def p(self, price: str | Decimal) -> Decimal:
        """Mirror a price for a selling grid; the mirror of a mirrored price is the price."""
        return D(price) if self.side is Side.BUY else 2 * CENTRE - D(price)

    def quote(self, bid: str | Decimal, ask: str | Decimal | None = None) -> Scene:
        """Move the market, one tick wide unless an ask is given."""
        low, high = self.p(bid), self.p(D(bid) + self.market.tick_size if ask is None else ask)
        self.bid, self.ask = min(low, high), max(low, high)
        return self

    def wait(self, seconds: float | Decimal) -> Scene:
        """Let time pass."""
        self.now_ns += int(D(str(seconds)) * S)
        return self

    def data(self) -> MarketData:
        """Freeze this moment."""
        held = None if self.held is None else Position(ticker="BTC", quantity=self.held * self.side.sign)
        return MarketData(
            exchange="paper",
            ticker="BTC",
            now_ns=self.now_ns,
            best_bid=self.bid,
            best_ask=self.ask,
            bid_quantity=D(1),
            ask_quantity=D(1),
            book_time_ns=self.now_ns,
            market=self.market,
            orders=tuple(self.orders.values()),
            position=held,
        )

    # -- the grid -------------------------------------------------------------------------------

    def begin(self) -> str:
        """Let it look at the market for the first time."""
        return at_once(self.grid.initialize(self.data()))

    def step(self, *, refuse: bool = False) -> StrategyResult | None:
        """Let it decide, and do what it asks: orders rest at once, or are all refused."""
        data = self.data()
        if not at_once(self.grid.should_execute(data)):
            return None
        result = at_once(self.grid.execute_strategy(data))
        self.said.append(result.message)
        for intent in result.cancels:
            self.change(intent, pending_cancel=True)
        for params in result.orders:
            order = self._order(params)
            if refuse:
                self.grid.notify_order_closed(msgspec.structs.replace(order, status=OrderStatus.REJECTED))
            else:
                assert params.intent not in self.orders, "an intent has two live orders"
                self.orders[params.intent] = order
        return result

    def asked(self, *, refuse: bool = False) -> list[tuple[str, Decimal | None]]:
        """Step and give the orders it asks for: intent and price, mirrored back."""
        result = self.step(refuse=refuse)
        orders = () if result is None else result.orders
        return [(order.intent, None if order.price is None else self.p(order.price)) for order in orders]

    def waits(self) -> Waits:
        """Ask what it waits for; the bot delivers orders' news always and every quote never."""
        wake = self.grid.next_wake(self.data())
        assert wake.orders
        assert not wake.book
        up, down = wake.price_at_or_above, wake.price_at_or_below
        ahead, behind = (up, down) if self.side is Side.BUY else (down, up)
        at_s = None if wake.at is None else (wake.at - self.now_ns) / S
        return Waits(at_s, None if ahead is None else self.p(ahead), None if behind is None else self.p(behind))

    def restart(self) -> Scene:
        """Put a new grid in its place that knows what the old one saved as JSON text."""
        saved = json.loads(json.dumps(self.grid.save_state()))
        self.grid = GridStrategy(self.config, View(self.market))
        self.grid.restore_state(saved)
        return self

    # -- the venue ------------------------------------------------------------------------------

    def price(self, intent: str) -> Decimal | None:
        """Give the price of a live order, mirrored back."""
        price = self.orders[intent].price
        return None if price is None else self.p(price)

    def change(self, intent: str, **changes: Any) -> Order:
        """Change a live order; the grid hears nothing."""
        self.orders[intent] = msgspec.structs.replace(self.orders[intent], updated_ns=self.now_ns, **changes)
        return self.orders[intent]

    def fill(self, intent: str, quantity: str | None = None, price: str | None = None) -> Scene:
        """Fill a live order, all that is left of it and at its own price unless told otherwise."""
        order = self.orders[intent]
        size = order.remaining_quantity if quantity is None else D(quantity)
        at = order.price if price is None else self.p(price)
        assert at is not None
        filled = order.filled_quantity + size
        average = ((order.average_price or D(0)) * order.filled_quantity + at * size) / filled
        status = OrderStatus.FILLED if filled == order.quantity else OrderStatus.PARTIALLY_FILLED
        order = self.change(intent, filled_quantity=filled, average_price=average, status=status)
        if self.held is not None:
            self.held += size * order.side.sign * self.side.sign
        self.grid.notify_order_filled(order, self._fill(order, at, size))
        if status is OrderStatus.FILLED:
            self._over(intent)
        return self

    def end(self, intent: str, status: OrderStatus = OrderStatus.CANCELLED) -> Scene:
        """End a live order."""
        self.change(intent, status=status, pending_cancel=False)
        self._over(intent)
        return self

    def lot(self, price: str | None = None) -> str:
        """Enter and fill, wait for the close to rest, and give its intent; the pause does not matter."""
        self.grid.state.last_open_ns = None
        self.grid.state.closes_seen = 1_000
        ((intent, _),) = self.asked()
        self.fill(intent, price=price)
        self.step()
        return intent.replace("entry", "close")

    def _over(self, intent: str) -> None:
        self.grid.notify_order_closed(self.orders.pop(intent))

    def _order(self, params: OrderParams) -> Order:
        self.ids += 1
        return Order(
            intent=params.intent,
            client_order_id=str(self.ids),
            side=params.side,
            quantity=params.quantity,
            price=params.price,
            order_type=params.order_type,
            post_only=params.post_only,
            reduce_only=params.reduce_only,
            status=OrderStatus.OPEN,
            created_ns=self.now_ns,
            updated_ns=self.now_ns,
        )

    def _fill(self, order: Order, price: Decimal, quantity: Decimal) -> Fill:
        return Fill(
            trade_id=f"{order.client_order_id}-{order.filled_quantity}",
            order_id=order.client_order_id,
            client_order_id=order.client_order_id,
            ticker="BTC",
            side=order.side,
            price=price,
            quantity=quantity,
            fee=D(0),
            liquidity=Liquidity.TAKER if order.order_type is OrderType.MARKET else Liquidity.MAKER,
            time_ns=self.now_ns,
        )
