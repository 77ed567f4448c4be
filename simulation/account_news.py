"""What a customer hears of the account itself: the position and the money, always of one moment."""

from __future__ import annotations

from decimal import Decimal

from simulation.account import SimAccount
from simulation.core import VenueCore
from simulation.deliveries import Deliveries


class AccountNews:
    """Tells a position and the balance together."""

    def __init__(self, core: VenueCore, deliveries: Deliveries) -> None:
        """Send news through the deliveries."""
        self._core = core
        self._deliveries = deliveries

    def tell(self, account: SimAccount, ticker: str, liquidation: Decimal | None = None) -> None:
        """Tell how the account stands now; `liquidation` is the price of that in this market."""
        marks, terms = self._core.marks(), self._core.terms()
        position = account.position(ticker, marks.get(ticker), liquidation)
        balance = account.balance(marks, terms)
        self._deliveries.tell(account.account_id, ticker, lambda customer: customer.on_position(position))
        self._deliveries.tell(account.account_id, ticker, lambda customer: customer.on_balance(balance))
