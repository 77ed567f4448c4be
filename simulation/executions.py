"""Executions at the simulated venue: the cash, the position and the news of each."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from helpers.enums import Liquidity, OrderStatus, Side
from helpers.models import Fill
from helpers.money import EXACT
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

    def execute(self, order: SimOrder, price: int, lots: int, is_maker: bool) -> int:
        """Book an execution and give the lots that were allowed: fewer if reduce-only has less to reduce."""
        account = self._core.accounts[order.account_id]
        allowed = min(lots, account.reducible(order.ticker, order.is_buy)) if order.reduce_only else lots
        if allowed:
            order.filled += allowed
            self._book(account, order, price, allowed, is_maker)
        if order.remaining == 0:
            self._records.finish(account, order, OrderStatus.FILLED)
        elif allowed < lots or (order.reduce_only and not account.reducible(order.ticker, order.is_buy)):
            order.is_over = True
            self._records.finish(account, order, OrderStatus.CANCELLED, "nothing is left to reduce")
        else:
            self._records.tell(account, order, OrderStatus.PARTIALLY_FILLED)
        if allowed:
            self._account_changed(account, order.ticker)
        return allowed

    def _book(self, account: SimAccount, order: SimOrder, ticks: int, lots: int, is_maker: bool) -> None:
        scale = self._core.market(order.ticker).scale
        price, quantity = scale.price(ticks), scale.quantity(lots)
        rate = self._fee_rate(order, is_maker)
        fee = EXACT.multiply(EXACT.multiply(price, quantity), rate) if rate else rate
        fill = Fill(
            trade_id=f"t{self._core.next_id()}",
            order_id=str(order.order_id),
            client_order_id=order.client_order_id or None,
            ticker=order.ticker,
            side=Side.BUY if order.is_buy else Side.SELL,
            price=price,
            quantity=quantity,
            fee=fee,
            liquidity=Liquidity.MAKER if is_maker else Liquidity.TAKER,
            time_ns=self._core.now_ns,
        )
        account.apply_fill(fill, lots)
        self._deliveries.tell(account.account_id, order.ticker, lambda customer: customer.on_fill(fill))

    def _fee_rate(self, order: SimOrder, is_maker: bool) -> Decimal:
        market = self._core.market(order.ticker).market
        if order.client_order_id:
            return market.maker_fee if is_maker else market.taker_fee
        return market.taker_fee + self._core.profile.liquidation_fee  # nobody's order: the venue liquidates
