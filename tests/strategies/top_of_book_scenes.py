"""A top-of-book maker driven by hand (desk.py), and its decisions in a few words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from desk import Desk, View, at_once
from msgspec.structs import replace
from worlds import MARKET

from helpers.enums import Capability, MarketKind, OrderStatus, Side
from helpers.models import Market, MarketData, Order
from helpers.money import plain
from strategies.base_strategy import StrategyResult
from strategies.top_of_book_maker.strategy import TopOfBookMakerStrategy

__all__ = ["NEAR_ONE", "SPOT", "Maker", "at_once", "decided"]

D = Decimal
NEAR_ONE = replace(MARKET, tick_size=D("0.0001"), quantity_step=D(1), min_quantity=D(1))
"""A market whose price is about 1, as two stable coins have."""
SPOT = replace(MARKET, kind=MarketKind.SPOT, max_leverage=D(1))


class Maker(Desk):
    """One maker, one market at 62,000.0 / 62,000.1, one account; no fee unless told otherwise."""

    def __init__(
        self,
        *,
        fee: str | None = "0",
        amends: bool = True,
        market: Market = MARKET,
        quantity: str = "0.001",
        **params: Any,
    ) -> None:
        super().__init__(TopOfBookMakerStrategy, quantity=quantity, market=market, maker_fee_rate=fee, **params)
        self.book_ns: int | None = None
        """When the book arrived, if it is not the one of this moment."""
        if not amends:
            less = frozenset(Capability) - {Capability.AMEND}
            self.strategy = TopOfBookMakerStrategy(self.config, View(market, capabilities=less))

    @property
    def maker(self) -> Any:
        """The strategy."""
        return self.strategy

    def data(self) -> MarketData:
        """Freeze this moment, with the book as old as it is."""
        data = super().data()
        return data if self.book_ns is None else replace(data, book_time_ns=self.book_ns)

    def keeps_its_book(self, seconds: float) -> Maker:
        """Let time pass in which no book comes; the one of now stays until `quote`."""
        if self.book_ns is None:
            self.book_ns = self.now_ns
        self.wait(seconds)
        return self

    def quote(self, bid: str | Decimal, ask: str | Decimal | None = None) -> Maker:
        """Move the market; this book is the one of this moment again."""
        self.book_ns = None
        super().quote(bid, ask)
        return self

    def does(self, *, refuse: bool = False) -> list[str]:
        """Let it decide and do; give the decision in a few words, in the order in which it goes out."""
        return decided(self.step(refuse=refuse))

    def rest(self, intent: str, price: str, quantity: str = "0.001", **changes: Any) -> Maker:
        """Let an order rest that this session did not place."""
        self.ids += 1
        side = Side.BUY if intent.startswith("buy") else Side.SELL
        order = Order(
            intent=intent, client_order_id=f"x{self.ids}", side=side, quantity=D(quantity), price=D(price),
            post_only=True, reduce_only=side is Side.SELL, status=OrderStatus.OPEN,
        )  # fmt: skip
        self.orders[intent] = replace(order, **changes)
        return self

    def holds(self, quantity: str | None) -> Maker:
        """Say what is held; None is unknown."""
        self.position = None if quantity is None else D(quantity)
        return self

    def has(self, usd: str | None) -> Maker:
        """Say what money is free; None is unknown."""
        self.cash = None if usd is None else D(usd)
        return self

    def does_first(self, *expected: str) -> Maker:
        """Take a step that has to be this one."""
        assert self.does() == list(expected)
        return self


def decided(result: StrategyResult | None) -> list[str]:
    """Write a decision in a few words; nothing where nothing is asked for."""
    if result is None:
        return []
    return [
        *(f"cancel {intent}" for intent in result.cancels),
        *(f"amend {amend.intent} {plain(amend.price)}" for amend in result.amends),
        *(f"{order.side.value} {plain(order.quantity)} at {plain(order.price or D(0))}" for order in result.orders),
    ]
