"""Executions at the simulated venue: the cash, the position and the news of each."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from helpers.models import Fill, Liquidity, OrderStatus, Side
from simulation.account import SimAccount
from simulation.core import VenueCore
from simulation.deliveries import Deliveries
from simulation.order_records import OrderRecords
from simulation.resting import SimOrder

AccountChanged = Callable[[SimAccount, str], None]


class Executions:
    """Books what the matching engine executes."""

    def __init__(
        self, core: VenueCore, deliveries: Deliveries, records: OrderRecords, account_changed: AccountChanged
    ) -> None:
        """Book on the core's accounts; `account_changed` is told (account, ticker) after each execution."""
        self._core = core
        self._deliveries = deliveries
        self._records = records
        self._account_changed = account_changed

    def execute(self, ticker: str, order: SimOrder, price: int, lots: int, is_maker: bool) -> int:
        """Book an execution and give the lots that were allowed: fewer if reduce-only has less to reduce."""
        account = self._core.accounts[order.account_id]
        allowed = min(lots, account.reducible(ticker, order.is_buy)) if order.reduce_only else lots
        if allowed:
            order.filled += allowed
            self._book(account, ticker, order, self._core.market(ticker).scale.price(price), allowed, is_maker)
        if order.remaining == 0:
            self._records.finish(account, ticker, order, OrderStatus.FILLED)
        elif allowed < lots:
            self._records.finish(account, ticker, order, OrderStatus.CANCELLED, "nothing is left to reduce")
        else:
            self._records.tell(account, ticker, order, OrderStatus.PARTIALLY_FILLED)
        if allowed:
            self._account_changed(account, ticker)
        return allowed

    def _book(
        self, account: SimAccount, ticker: str, order: SimOrder, price: Decimal, lots: int, is_maker: bool
    ) -> None:
        vm = self._core.market(ticker)
        quantity = vm.scale.quantity(lots)
        rate = vm.market.maker_fee if is_maker else vm.market.taker_fee
        if not order.client_order_id:  # nobody's order: the venue liquidates
            rate += self._core.profile.liquidation_fee
        fill = Fill(
            trade_id=f"t{self._core.next_id()}",
            order_id=str(order.order_id),
            client_order_id=order.client_order_id or None,
            ticker=ticker,
            side=Side.BUY if order.is_buy else Side.SELL,
            price=price,
            quantity=quantity,
            fee=price * quantity * rate,
            liquidity=Liquidity.MAKER if is_maker else Liquidity.TAKER,
            time_ns=self._core.now_ns,
        )
        account.ledger(ticker).apply_fill(fill.side, price, quantity, fill.fee)
        account.lots[ticker] += lots if order.is_buy else -lots
        account.fills.append(fill)
        self._deliveries.tell(account.account_id, ticker, lambda customer: customer.on_fill(fill))
