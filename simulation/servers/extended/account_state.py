"""The account as the venue's checks and answers need it: orders, positions, leverage, margin."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.enums import Side
from helpers.models import FundingPayment
from simulation.account import SimAccount
from simulation.servers.extended.account_keys import AccountKeys, Network
from simulation.servers.extended.answers import Code, Refused
from simulation.servers.extended.markets import MARKETS
from simulation.servers.extended.order_files import OrderFile, OrderFiles
from simulation.servers.extended.position_files import PositionFiles
from simulation.venue import SimulatedVenue

_ZERO: Final = Decimal(0)
_FIRST_LEVERAGE: Final = Decimal(10)
"""What an account has until it asks for another; the live default is not documented."""
_LEVERAGE_DECIMALS: Final = 2


class Exposure:
    """What one market's position and orders come to, in quote."""

    def __init__(self, held: Decimal, buys: Decimal, sells: Decimal) -> None:
        """Take the signed value of the position, and the value of the orders of each side."""
        self.held = held
        self.buys = buys
        self.sells = sells

    @property
    def worst(self) -> Decimal:
        """The larger position that one side's orders, all filled, would lead to."""
        return max(abs(self.held + self.buys), abs(self.held - self.sells))


class AccountState:
    """Everything the venue knows of its one account."""

    def __init__(self, venue: SimulatedVenue, keys: AccountKeys, network: Network) -> None:
        """Open the account."""
        self.venue = venue
        self.keys = keys
        self.network = network
        self.name = str(keys.account_id)
        """The account's name on the simulated venue."""
        self.sim: SimAccount = venue.open_account(self.name)
        self.orders = OrderFiles()
        self.positions = PositionFiles()
        self.payments: list[tuple[FundingPayment, int]] = []
        """Each with the id of its position, oldest first."""
        self.leverage = dict.fromkeys((market.ticker for market in MARKETS), _FIRST_LEVERAGE)

    @property
    def now_ns(self) -> int:
        """The venue's time."""
        return self.venue.core.now_ns

    def refresh(self) -> None:
        """Take over what the engine has done."""
        self.orders.refresh(self.sim)
        self.positions.refresh(self.sim.fills)

    def mark(self, ticker: str) -> Decimal:
        """Give the mark price; the engine's tape always has one once it began."""
        return self.venue.core.market(ticker).mark_price() or _ZERO

    def held(self, ticker: str) -> Decimal:
        """Give the signed position."""
        ledger = self.sim.ledgers.get(ticker)
        return _ZERO if ledger is None else ledger.position

    def equity(self) -> Decimal:
        """Wallet and unrealised profit."""
        return self.sim.equity(self.venue.core.marks())

    def exposure(self, ticker: str, besides: OrderFile | None = None) -> Exposure:
        """Add up one market, leaving one order out."""
        sums = {Side.BUY: _ZERO, Side.SELL: _ZERO}
        for file in self.orders.open():
            if file.ticker == ticker and file is not besides and not file.form.reduce_only:
                sums[file.form.side.side] += (file.form.qty - file.filled) * file.form.limit
        return Exposure(self.held(ticker) * self.mark(ticker), sums[Side.BUY], sums[Side.SELL])

    def initial_margin(self, instead: tuple[str, Exposure] | None = None) -> Decimal:
        """What positions and orders bind, in quote.

        Args:
            instead: what one market would come to, in place of what it does.
        """
        given = {} if instead is None else {instead[0]: instead[1]}
        worst = {ticker: given.get(ticker) or self.exposure(ticker) for ticker in self.leverage}
        return sum((worst[ticker].worst / leverage for ticker, leverage in self.leverage.items()), _ZERO)

    def set_leverage(self, ticker: str, leverage: Decimal) -> None:
        """Change a market's leverage.

        Raises:
            Refused: out of range, too fine, or the account could not bear it.
        """
        exponent = leverage.as_tuple().exponent
        if not isinstance(exponent, int) or -exponent > _LEVERAGE_DECIMALS:
            raise Refused(Code.LEVERAGE_PRECISION)
        if leverage < 1:
            raise Refused(Code.LEVERAGE_TOO_LOW)
        if leverage > self.venue.core.market(ticker).market.max_leverage:
            raise Refused(Code.LEVERAGE_TOO_HIGH)
        before = self.leverage[ticker]
        self.leverage[ticker] = leverage
        if leverage < before and self.initial_margin() > self.equity():
            self.leverage[ticker] = before
            raise Refused(Code.LEVERAGE_MARGIN)


__all__ = ["AccountState", "Exposure"]
