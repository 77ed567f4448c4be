"""A strategy driven by hand: the test moves the market, fills, refuses and cancels; no bot, no venue.

What the strategy asks for happens at once, unless the test says otherwise: orders rest, amends hold,
cancels stay pending until `end`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from worlds import MARKET, START_NS, S

from helpers.enums import Capability, Liquidity, OrderStatus, OrderType
from helpers.models import Balance, Fill, Market, MarketData, Order, Position
from helpers.money import is_multiple
from strategies.base_strategy import BaseStrategy, OrderParams, StrategyConfig, StrategyResult

D = Decimal
T = TypeVar("T")


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
    capabilities: frozenset[Capability] = frozenset(Capability)

    def market_data(self) -> MarketData | None:
        return None


class Desk:
    """One strategy, one market, one account."""

    def __init__(
        self,
        kind: type[BaseStrategy[Any]],
        *,
        quantity: str = "0.001",
        market: Market = MARKET,
        cash: str | None = "10000",
        **params: Any,
    ) -> None:
        """Begin at 62,000.0 / 62,000.1 with nothing there."""
        self.kind = kind
        self.market = market
        self.config: StrategyConfig[Any] = StrategyConfig(
            ticker="BTC", quantity=D(quantity), params=kind.params_model(**params), random=random.Random(1)
        )
        self.strategy = kind(self.config, View(market))
        self.now_ns = START_NS
        self.bid, self.ask = D("62000.0"), D("62000.1")
        self.orders: dict[str, Order] = {}
        """Live orders by intent, oldest first."""
        self.position: Decimal | None = D(0)
        """Signed; None while it is unknown."""
        self.cash: Decimal | None = None if cash is None else D(cash)
        """What the balance says is available; None while there is no balance."""
        self.said: list[str] = []
        """The reasons given, one for each decision."""
        self.ids = 0

    # -- the market ---------------------------------------------------------------------------

    def quote(self, bid: str | Decimal, ask: str | Decimal | None = None) -> Any:
        """Move the market, one tick wide unless an ask is given."""
        self.bid, self.ask = D(bid), D(bid) + self.market.tick_size if ask is None else D(ask)
        return self

    def wait(self, seconds: float | str | Decimal) -> Any:
        """Let time pass."""
        self.now_ns += int(D(str(seconds)) * S)
        return self

    def data(self) -> MarketData:
        """Freeze this moment."""
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
            position=None if self.position is None else Position(ticker="BTC", quantity=self.position),
            balance=None if self.cash is None else Balance(currency="USD", wallet=self.cash, available=self.cash),
        )

    # -- the strategy ---------------------------------------------------------------------------

    def begin(self) -> str:
        """Let it look at the market for the first time."""
        return at_once(self.strategy.initialize(self.data()))

    def step(self, *, refuse: bool = False) -> StrategyResult | None:
        """Let it decide, and do what it asks: orders rest at once, or are all refused."""
        data = self.data()
        if not at_once(self.strategy.should_execute(data)):
            return None
        result = at_once(self.strategy.execute_strategy(data))
        self.said.append(result.message)
        for intent in result.cancels:
            if intent in self.orders:
                self.change(intent, pending_cancel=True)
        for amend in result.amends:
            self.change(amend.intent, price=amend.price, quantity=amend.quantity)
        for params in result.orders:
            self._send(params, refuse=refuse)
        return result

    def restart(self) -> Any:
        """Put a new strategy in its place that knows what the old one saved, as JSON text."""
        saved = json.loads(json.dumps(self.strategy.save_state()))
        self.strategy = self.kind(self.config, View(self.market))
        self.strategy.restore_state(saved)
        return self

    # -- the venue ------------------------------------------------------------------------------

    def change(self, intent: str, **changes: Any) -> Order:
        """Change a live order; the strategy hears nothing."""
        self.orders[intent] = msgspec.structs.replace(self.orders[intent], updated_ns=self.now_ns, **changes)
        return self.orders[intent]

    def fill(self, intent: str, quantity: str | Decimal | None = None, price: str | Decimal | None = None) -> Any:
        """Fill a live order, all that is left of it and at its own price unless told otherwise."""
        order = self.orders[intent]
        size = order.remaining_quantity if quantity is None else D(quantity)
        at = order.price if price is None else D(price)
        assert at is not None
        filled = order.filled_quantity + size
        average = ((order.average_price or D(0)) * order.filled_quantity + at * size) / filled
        status = OrderStatus.FILLED if filled == order.quantity else OrderStatus.PARTIALLY_FILLED
        order = self.change(intent, filled_quantity=filled, average_price=average, status=status)
        if self.position is not None:
            self.position += size * order.side.sign
        self.strategy.notify_order_filled(order, self._fill(order, at, size))
        if status is OrderStatus.FILLED:
            self._over(intent)
        return self

    def end(self, intent: str, status: OrderStatus = OrderStatus.CANCELLED) -> Any:
        """End a live order."""
        self.change(intent, status=status, pending_cancel=False)
        self._over(intent)
        return self

    def settle(self) -> Any:
        """Confirm every cancel that is pending."""
        for intent in [order.intent for order in self.orders.values() if order.pending_cancel]:
            self.end(intent)
        return self

    def _over(self, intent: str) -> None:
        self.strategy.notify_order_closed(self.orders.pop(intent))

    def _send(self, params: OrderParams, *, refuse: bool) -> None:
        assert params.intent not in self.orders, "an intent has two live orders"
        assert params.quantity > 0
        assert is_multiple(params.quantity, self.market.quantity_step)
        assert params.price is None or is_multiple(params.price, self.market.tick_size)
        order = self._order(params)
        if refuse:
            self.strategy.notify_order_closed(msgspec.structs.replace(order, status=OrderStatus.REJECTED))
        else:
            self.orders[params.intent] = order

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
