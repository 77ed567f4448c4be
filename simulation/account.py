"""Accounts at the simulated venue: exact cash, positions, margin.

wallet = deposit + realised PnL - fees + funding, to the last digit; equity adds unrealised PnL
at the mark price. The venue asks for initial margin when an order increases exposure and
liquidates when equity falls below maintenance margin.
"""

from __future__ import annotations

from decimal import Decimal

from helpers.ledger import Ledger
from helpers.models import Balance, Fill, Market, OrderInfo, Position
from helpers.money import exact
from simulation.resting import SimOrder


class SimAccount:
    """One customer."""

    def __init__(self, account_id: str, currency: str, deposit: Decimal) -> None:
        """Open the account with a deposit."""
        self.account_id = account_id
        self.currency = currency
        self.deposit = deposit
        self.ledgers: dict[str, Ledger] = {}
        self.lots: dict[str, int] = {}
        """Signed position by ticker, in lots."""
        self.live: dict[str, SimOrder] = {}
        """Resting orders by client order id."""
        self.known: dict[str, OrderInfo] = {}
        """The last account of every order ever received, by client order id."""
        self.fills: list[Fill] = []

    @property
    def wallet(self) -> Decimal:
        """Cash."""
        with exact():
            earned = (ledger.realised - ledger.fees + ledger.funding for ledger in self.ledgers.values())
            return sum(earned, self.deposit)

    def ledger(self, ticker: str) -> Ledger:
        """Give the book of one market, opened on first use."""
        if ticker not in self.ledgers:
            self.ledgers[ticker] = Ledger()
            self.lots[ticker] = 0
        return self.ledgers[ticker]

    def equity(self, marks: dict[str, Decimal]) -> Decimal:
        """Wallet + unrealised PnL at the given mark prices, by ticker."""
        with exact():
            unrealised = (book.unrealised(marks[t]) for t, book in self.ledgers.items() if book.position)
            return sum(unrealised, self.wallet)

    def resting(self, ticker: str) -> list[SimOrder]:
        """List the resting orders on one market, oldest first."""
        return [order for order in self.live.values() if order.ticker == ticker]

    def held(self) -> list[str]:
        """List the markets with an open position."""
        return [ticker for ticker, lots in self.lots.items() if lots]

    def reducible(self, ticker: str, is_buy: bool) -> int:
        """Lots by which an order of this side can shrink the position."""
        held = self.lots.get(ticker, 0)
        return max(0, -held) if is_buy else max(0, held)

    def position(self, ticker: str, mark: Decimal | None, liquidation: Decimal | None) -> Position:
        """Describe the position in one market."""
        book = self.ledger(ticker)
        return Position(
            ticker=ticker,
            quantity=book.position,
            entry_price=book.entry_price,
            mark_price=mark,
            liquidation_price=liquidation,
        )

    def balance(self, marks: dict[str, Decimal], markets: dict[str, Market]) -> Balance:
        """Describe the money."""
        equity = self.equity(marks)
        used = self.initial_margin(marks, markets)
        return Balance(
            currency=self.currency,
            wallet=self.wallet,
            equity=equity,
            available=max(Decimal(0), equity - used),
            margin_used=used,
        )

    def initial_margin(self, marks: dict[str, Decimal], markets: dict[str, Market]) -> Decimal:
        """What the open positions bind, in quote."""
        held = ((t, book.position) for t, book in self.ledgers.items() if book.position)
        return sum((abs(position) * marks[t] / markets[t].max_leverage for t, position in held), Decimal(0))

    def maintenance_margin(self, marks: dict[str, Decimal], markets: dict[str, Market]) -> Decimal:
        """The least equity at which the positions may stay open, in quote."""
        held = ((t, book.position) for t, book in self.ledgers.items() if book.position)
        return sum((abs(position) * marks[t] * markets[t].maintenance_margin for t, position in held), Decimal(0))

    def liquidation_price(self, ticker: str, marks: dict[str, Decimal], markets: dict[str, Market]) -> Decimal | None:
        """The mark price at which equity meets maintenance margin, others standing still.

        None if that is never; zero for a short that is beyond it at any price.
        """
        book = self.ledgers.get(ticker)
        if book is None or not book.position:
            return None
        rate = markets[ticker].maintenance_margin
        others = {t: mark for t, mark in marks.items() if t != ticker}
        cushion = self.wallet - book.cost
        for name, mark in others.items():
            other = self.ledgers.get(name)
            if other is not None and other.position:
                cushion += other.unrealised(mark) - abs(other.position) * mark * markets[name].maintenance_margin
        price = cushion / (abs(book.position) * rate - book.position)
        if price > 0:
            return price
        return None if book.position > 0 else Decimal(0)
