"""Accounts at the simulated venue: exact cash, positions, margin.

wallet = deposit + realised PnL - fees + funding, to the last digit; equity adds unrealised PnL
at the mark price. On perpetuals the venue asks for initial margin when an order increases
exposure and liquidates when equity falls below maintenance margin. On spot everything is paid in
full: cash is the wallet less the cost of what is held, and resting buys bind some of it. An
account is in one kind of market at a time, so that neither has to answer for the other.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.enums import MarketKind
from helpers.ledger import Ledger
from helpers.models import Balance, Fill, FundingPayment, Market, OrderInfo, Position
from helpers.money import EXACT
from simulation.resting import SimOrder
from simulation.spot import bound_cash

_ZERO: Final = Decimal(0)


class SimAccount:
    """One customer."""

    def __init__(self, account_id: str, currency: str, deposit: Decimal) -> None:
        """Open the account with a deposit."""
        self.account_id = account_id
        self.currency = currency
        self.deposit = deposit
        self.kind = MarketKind.PERP
        """What it trades; changes with an order accepted while nothing is held and nothing rests."""
        self.ledgers: dict[str, Ledger] = {}
        self.lots: dict[str, int] = {}
        """Signed position by ticker, in lots."""
        self.live: dict[str, SimOrder] = {}
        """Resting orders by client order id."""
        self.known: dict[str, OrderInfo] = {}
        """The last account of each order received, by client order id; old ones that are over are forgotten."""
        self.fills: list[Fill] = []
        self._wallet: Decimal | None = deposit
        """Worked out when asked for after something was booked."""

    @property
    def wallet(self) -> Decimal:
        """Cash."""
        if self._wallet is None:
            wallet = self.deposit
            for book in self.ledgers.values():
                wallet = EXACT.add(EXACT.add(wallet, book.realised), EXACT.subtract(book.funding, book.fees))
            self._wallet = wallet
        return self._wallet

    def apply_fill(self, fill: Fill, lots: int) -> None:
        """Book an execution of so many lots."""
        self.ledger(fill.ticker).apply_fill(fill.side, fill.price, fill.quantity, fill.fee)
        self.lots[fill.ticker] += lots * fill.side.sign
        self.fills.append(fill)
        self._wallet = None

    def apply_funding(self, payment: FundingPayment) -> None:
        """Book a funding payment."""
        self.ledger(payment.ticker).apply_funding(payment.amount)
        self._wallet = None

    def ledger(self, ticker: str) -> Ledger:
        """Give the book of one market, opened on first use."""
        if ticker not in self.ledgers:
            self.ledgers[ticker] = Ledger()
            self.lots[ticker] = 0
        return self.ledgers[ticker]

    def equity(self, marks: dict[str, Decimal]) -> Decimal:
        """Wallet + unrealised PnL at the given mark prices, by ticker."""
        equity = self.wallet
        for ticker, book in self.ledgers.items():
            if book.position:
                equity = EXACT.add(equity, book.unrealised(marks[ticker]))
        return equity

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
        free = equity - used if self.kind is MarketKind.PERP else self.free_cash(markets)
        return Balance(
            currency=self.currency,
            wallet=self.wallet,
            equity=equity,
            available=max(_ZERO, free),
            margin_used=used,
        )

    @property
    def cash(self) -> Decimal:
        """The wallet less the cost of what is held, exactly: on spot, the money that is there."""
        cash = self.wallet
        for book in self.ledgers.values():
            cash = EXACT.subtract(cash, book.cost)
        return cash

    def free_cash(self, markets: dict[str, Market], but: SimOrder | None = None) -> Decimal:
        """Give the cash that resting buys do not bind, on spot; `but` is an order that is changed or comes."""
        free = self.cash
        for key, order in self.live.items():
            rests = order.price is not None  # one at market never does: it pays for each level as it takes it
            if rests and order.is_buy and (but is None or key != but.client_order_id):
                free = EXACT.subtract(free, bound_cash(order, markets[order.ticker]))
        return free

    def offered(self, ticker: str, but: SimOrder | None = None) -> int:
        """Lots that resting sells offer, the same order left out."""
        return sum(
            order.remaining
            for key, order in self.live.items()
            if order.ticker == ticker and not order.is_buy and (but is None or key != but.client_order_id)
        )

    def initial_margin(self, marks: dict[str, Decimal], markets: dict[str, Market]) -> Decimal:
        """What the open positions bind, in quote."""
        bound = _ZERO
        for ticker, book in self.ledgers.items():
            if book.position:
                bound += abs(book.position) * marks[ticker] / markets[ticker].max_leverage
        return bound

    def maintenance_margin(self, marks: dict[str, Decimal], markets: dict[str, Market]) -> Decimal:
        """The least equity at which the positions may stay open, in quote."""
        least = _ZERO
        for ticker, book in self.ledgers.items():
            if book.position:
                least += abs(book.position) * marks[ticker] * markets[ticker].maintenance_margin
        return least

    def liquidation_price(self, ticker: str, marks: dict[str, Decimal], markets: dict[str, Market]) -> Decimal | None:
        """The mark price at which equity meets maintenance margin, others standing still.

        None if that is never, as on spot; zero for a short that is beyond it at any price.
        """
        book = self.ledgers.get(ticker)
        if book is None or not book.position or self.kind is MarketKind.SPOT:
            return None
        rate = markets[ticker].maintenance_margin
        cushion = self.wallet - book.cost
        for name, other in self.ledgers.items():
            if name != ticker and other.position:
                mark = marks[name]
                cushion += other.unrealised(mark) - abs(other.position) * mark * markets[name].maintenance_margin
        price = cushion / (abs(book.position) * rate - book.position)
        if price > 0:
            return price
        return None if book.position > 0 else _ZERO
