"""A listener for tests: it keeps what a client tells of an account and of a market."""

from __future__ import annotations

from dataclasses import dataclass, field

from helpers.models import Balance, Fill, FundingPayment, OrderInfo, Position, Trade


@dataclass
class Heard:
    """A listener that keeps what it hears, of an account and of a market."""

    books: int = 0
    gaps: int = 0
    orders: list[OrderInfo] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    payments: list[FundingPayment] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)

    def on_book(self) -> None:
        self.books += 1

    def on_order(self, info: OrderInfo) -> None:
        self.orders.append(info)

    def on_fill(self, fill: Fill) -> None:
        self.fills.append(fill)

    def on_position(self, position: Position) -> None:
        self.positions.append(position)

    def on_balance(self, balance: Balance) -> None:
        self.balances.append(balance)

    def on_funding(self, payment: FundingPayment) -> None:
        self.payments.append(payment)

    def on_gap(self) -> None:
        self.gaps += 1

    def on_trade(self, trade: Trade) -> None:
        self.trades.append(trade)

    def on_end(self, reason: str) -> None:
        raise AssertionError(reason)
