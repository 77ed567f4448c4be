"""Funding and liquidation: what the venue does to accounts by itself."""

from __future__ import annotations

from functools import partial

from helpers.models import FundingPayment
from simulation.account import SimAccount
from simulation.core import VenueCore
from simulation.deliveries import Deliveries
from simulation.order_desk import OrderDesk
from simulation.resting import NO_BUY, NO_SELL, SimOrder
from simulation.venue_market import Watch


class Settlement:
    """Keeps accounts' money right after executions, at funding times and near liquidation."""

    def __init__(self, core: VenueCore, deliveries: Deliveries, desk: OrderDesk) -> None:
        """Act on the core's accounts."""
        self._core = core
        self._deliveries = deliveries
        self._desk = desk

    def schedule_funding(self, ticker: str) -> None:
        """Settle a market's funding at the next whole interval, and so on."""
        due = self._core.market(ticker).funding.next_ns(self._core.now_ns)
        self._core.agenda.at(due, partial(self._settle_funding, ticker))

    def account_changed(self, account: SimAccount, ticker: str) -> None:
        """Send position and balance, and watch for the new liquidation prices."""
        marks, terms = self._core.marks(), self._core.terms()
        position = account.position(ticker, marks.get(ticker), account.liquidation_price(ticker, marks, terms))
        balance = account.balance(marks, terms)
        self._deliveries.tell(account.account_id, ticker, lambda customer: customer.on_position(position))
        self._deliveries.tell(account.account_id, ticker, lambda customer: customer.on_balance(balance))
        for held in account.ledgers:
            self._guard(account, held)

    def check_liquidation(self, ticker: str) -> None:
        """Liquidate the accounts whose equity no longer covers maintenance margin."""
        marks, terms = self._core.marks(), self._core.terms()
        for account in self._core.accounts.values():
            ledger = account.ledgers.get(ticker)
            if ledger is None or not ledger.position:
                continue
            if account.equity(marks) <= account.maintenance_margin(marks, terms):
                self._liquidate(account)

    def _settle_funding(self, ticker: str) -> None:
        core, vm = self._core, self._core.market(ticker)
        rate, mark = vm.funding.rate(core.now_ns), vm.mark_price()
        for account in core.accounts.values():
            ledger = account.ledgers.get(ticker)
            if mark is None or ledger is None or not ledger.position:
                continue
            payment = FundingPayment(
                payment_id=f"f{core.next_id()}",
                ticker=ticker,
                amount=-ledger.position * mark * rate,
                rate=rate,
                position=ledger.position,
                time_ns=core.now_ns,
            )
            self._pay(account, payment)
        self.schedule_funding(ticker)

    def _pay(self, account: SimAccount, payment: FundingPayment) -> None:
        account.ledger(payment.ticker).apply_funding(payment.amount)
        self._deliveries.tell(account.account_id, payment.ticker, lambda customer: customer.on_funding(payment))
        self.account_changed(account, payment.ticker)

    def _guard(self, account: SimAccount, ticker: str) -> None:
        """Make the tape stop where the account would be liquidated, so that it can be looked at there."""
        vm = self._core.market(ticker)
        price = account.liquidation_price(ticker, self._core.marks(), self._core.terms())
        who = f"margin:{account.account_id}"
        if price is None:
            vm.watch(who, None) if who in vm.watches else None
            return
        ticks = int(price / vm.scale.tick_size)
        is_long = account.lots[ticker] > 0
        vm.watch(who, Watch(low=ticks + 1 if is_long else NO_BUY, high=NO_SELL if is_long else ticks))

    def _liquidate(self, account: SimAccount) -> None:
        for order in list(account.live.values()):
            for ticker, vm in self._core.markets.items():
                if vm.engine.is_resting(order):
                    self._desk.take_out(account, ticker, order, "liquidation")
        for ticker in list(account.ledgers):
            if account.lots[ticker]:
                self._close(account, ticker)

    def _close(self, account: SimAccount, ticker: str) -> None:
        core, vm = self._core, self._core.market(ticker)
        held = account.lots[ticker]
        order = SimOrder(
            account_id=account.account_id,
            client_order_id="",
            order_id=core.next_id(),
            is_buy=held < 0,
            price=None,
            lots=abs(held),
            reduce_only=True,
        )
        vm.engine.take(order)
        vm.engine.conditions_changed()
