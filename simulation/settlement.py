"""Funding and liquidation: what the venue does to accounts by itself."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from helpers.enums import MarketKind, OrderStatus
from helpers.models import FundingPayment
from helpers.money import exact
from simulation.account import SimAccount
from simulation.account_news import AccountNews
from simulation.core import VenueCore
from simulation.cursor import Row
from simulation.deliveries import Deliveries
from simulation.order_desk import OrderDesk
from simulation.order_records import OrderRecords
from simulation.resting import SimOrder
from simulation.watches import Watch


class Settlement:
    """Keeps accounts' money right after executions, at funding times and near liquidation."""

    def __init__(
        self, core: VenueCore, deliveries: Deliveries, records: OrderRecords, desk: OrderDesk, news: AccountNews
    ) -> None:
        """Act on the core's accounts."""
        self._core = core
        self._news = news
        self._deliveries = deliveries
        self._records = records
        self._desk = desk

    def schedule_funding(self, ticker: str) -> None:
        """Settle a market's funding at the next whole interval, and so on; there is none on spot."""
        if self._core.market(ticker).market.kind is MarketKind.SPOT:
            return
        due = self._core.market(ticker).funding.next_ns(self._core.now_ns)
        self._core.agenda.at(due, partial(self._settle_funding, ticker))

    def account_changed(self, account: SimAccount, ticker: str) -> None:
        """Send position and balance, and watch for the new liquidation prices."""
        marks, terms = self._core.marks(), self._core.terms()
        liquidation = account.liquidation_price(ticker, marks, terms)
        self._news.tell(account, ticker, liquidation)
        if account.kind is MarketKind.SPOT:
            return  # nothing can be taken away
        if len(account.ledgers) == 1:
            self._guard(account, ticker, liquidation)
        else:
            for traded in account.ledgers:
                self._guard(account, traded, account.liquidation_price(traded, marks, terms))

    def check_liquidation(self, ticker: str, quote: Row) -> None:
        """Liquidate the accounts whose equity no longer covers maintenance margin at this quote.

        A book with a missing side, or a crossed one, is no ground for it.
        """
        if not 0 < quote.bid <= quote.ask:
            return
        accounts = self._core.accounts.values()
        exposed = [account for account in accounts if account.lots.get(ticker) and account.kind is MarketKind.PERP]
        if not exposed:
            return
        marks, terms = self._core.marks(), self._core.terms()
        for account in exposed:
            if account.equity(marks) <= account.maintenance_margin(marks, terms):
                self._liquidate(account)

    def _settle_funding(self, ticker: str) -> None:
        core, vm = self._core, self._core.market(ticker)
        rate, mark = vm.funding.rate(core.now_ns), vm.mark_price()
        for account in core.accounts.values():
            ledger = account.ledgers.get(ticker)
            if mark is None or ledger is None or not ledger.position:
                continue
            with exact():
                amount = -ledger.position * mark * rate
            payment = FundingPayment(
                payment_id=f"f{core.next_id()}",
                ticker=ticker,
                amount=amount,
                rate=rate,
                position=ledger.position,
                time_ns=core.now_ns,
            )
            self._pay(account, payment)
        self.schedule_funding(ticker)

    def _pay(self, account: SimAccount, payment: FundingPayment) -> None:
        account.apply_funding(payment)
        self._deliveries.tell(account.account_id, payment.ticker, lambda customer: customer.on_funding(payment))
        self.account_changed(account, payment.ticker)

    def _guard(self, account: SimAccount, ticker: str, liquidation: Decimal | None) -> None:
        """Make the tape stop wherever the account may have to be liquidated, so that it is looked at there."""
        danger = self._danger(account, ticker, liquidation) if account.lots[ticker] else None
        self._core.market(ticker).watch(f"margin:{account.account_id}", danger)

    def _danger(self, account: SimAccount, ticker: str, price: Decimal | None) -> Watch | None:
        """Give the quotes at which it may be due: all that could be, rather a tick too many."""
        if len(account.held()) > 1:
            return Watch(every_quote=True)  # the price depends on the other markets, which move
        if price is None:
            return None
        ticks = int(price / self._core.market(ticker).scale.tick_size)
        return Watch(low=ticks + 1) if account.lots[ticker] > 0 else Watch(high=ticks)

    def _liquidate(self, account: SimAccount) -> None:
        for order in list(account.live.values()):
            self._desk.take_out(account, order, OrderStatus.CANCELLED, "liquidation")
        for ticker in account.held():
            self._close(account, ticker)

    def _close(self, account: SimAccount, ticker: str) -> None:
        engine, held = self._core.market(ticker).engine, account.lots[ticker]
        order = SimOrder(
            account_id=account.account_id,
            ticker=ticker,
            client_order_id="",
            order_id=self._core.next_id(),
            is_buy=held < 0,
            price=None,
            lots=abs(held),
            reduce_only=True,
        )
        engine.take(order)
        if order.filled and order.remaining:
            self._records.finish(account, order, OrderStatus.CANCELLED, "the book was too thin")
