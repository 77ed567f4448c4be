"""One account's money as the venue shows it: fills, positions, balance, margin, funding payments."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any, Final

from helpers.enums import Side
from helpers.ledger import Ledger
from helpers.models import Balance, Fill, FundingPayment, Position
from helpers.money import plain
from simulation.account import SimAccount
from simulation.servers.paradex.market_board import MarketBoard
from simulation.servers.paradex.markets import BY_TICKER
from simulation.servers.paradex.order_file import shown
from simulation.servers.paradex.order_index import OrderIndex
from simulation.venue import SimulatedVenue

_MS: Final = 1_000_000
_ZERO: Final = Decimal(0)
_CURRENCY: Final = "USDC"


class SeqNumbers:
    """Unique growing numbers that look like times in nanoseconds, with gaps."""

    def __init__(self) -> None:
        """Begin anywhere."""
        self._last = 0

    def next(self, now_ns: int) -> int:
        """Give the next number."""
        self._last = max(self._last + 1, now_ns)
        return self._last


class AccountBook:
    """Views of one account at the simulated venue."""

    def __init__(
        self, venue: SimulatedVenue, address: str, boards: dict[str, MarketBoard], index: OrderIndex, seq: SeqNumbers
    ) -> None:
        """Show the account with this address, which is open at the venue."""
        self.address = address
        self._venue = venue
        self._boards = boards
        self._index = index
        self._seq = seq
        self._fills: list[dict[str, Any]] = []
        self._read = 0
        self._sums: dict[str, Decimal] = {}
        """What of each order has filled, by order id."""
        self._ledgers: dict[str, Ledger] = {}
        self._touched: dict[str, dict[str, Any]] = {}
        """Of each position: when it was opened, its last fill, the funding index then, by ticker."""
        self.payments: list[dict[str, Any]] = []
        self._numbers = count(1)

    @property
    def account(self) -> SimAccount:
        """The account at the simulated venue."""
        return self._venue.core.accounts[self.address]

    # -- fills ----------------------------------------------------------------------------------

    def fills(self) -> list[dict[str, Any]]:
        """Give all fills, oldest first."""
        known = self.account.fills
        while self._read < len(known):
            self._fills.append(self._take_fill(known[self._read]))
            self._read += 1
        return self._fills

    def fill_of(self, fill: Fill) -> dict[str, Any]:
        """Show one fill."""
        wanted = _fill_id(fill)
        return next(view for view in reversed(self.fills()) if view["id"] == wanted)

    def _take_fill(self, fill: Fill) -> dict[str, Any]:
        order_id = fill.client_order_id or ""  # empty if the venue liquidates
        file, market = self._index.find(self.address, order_id), BY_TICKER[fill.ticker]
        self._sums[order_id] = self._sums.get(order_id, _ZERO) + fill.quantity
        realised = self._ledgers.setdefault(fill.ticker, Ledger()).apply_fill(
            fill.side, fill.price, fill.quantity, fill.fee
        )
        self._touch(fill)
        return {
            "id": _fill_id(fill),
            "account": self.address,
            "client_id": file.form.client_id if file is not None else "",
            "created_at": fill.time_ns // _MS,
            "fee": plain(fill.fee + 0),
            "fee_currency": _CURRENCY,
            "fill_type": "FILL" if file is not None else "LIQUIDATION",
            "flags": ["interactive"] if file is not None and file.is_interactive else [],
            "liquidity": fill.liquidity.name,
            "market": market.symbol,
            "order_id": order_id,
            "orderbook_seq_no": self._boards[fill.ticker].book.read().seq_no,
            "price": plain(fill.price),
            "realized_funding": "0",
            "realized_pnl": shown(realised),
            "remaining_size": plain(file.size - self._sums[order_id] + 0) if file is not None else "0",
            "side": fill.side.name,
            "size": plain(fill.quantity),
            "underlying_price": plain(fill.price),
        }

    def _touch(self, fill: Fill) -> None:
        position, before = self._ledgers[fill.ticker].position, self._touched.get(fill.ticker)
        signed = fill.quantity if fill.side is Side.BUY else -fill.quantity
        is_new = before is None or position == signed or (position - signed) * position < 0
        created = fill.time_ns // _MS if is_new or before is None else before["created_at"]
        self._touched[fill.ticker] = {
            "created_at": created,
            "last_fill_id": _fill_id(fill),
            "cached_funding_index": f"{self._boards[fill.ticker].funding.index():f}",
            "last_updated_at": fill.time_ns // _MS,
        }

    # -- positions ----------------------------------------------------------------------------------

    def positions(self) -> list[dict[str, Any]]:
        """Give the open positions."""
        return [self.position(ticker) for ticker, ledger in self.account.ledgers.items() if ledger.position]

    def position(self, ticker: str, told: Position | None = None) -> dict[str, Any]:
        """Show the position in one market, as it is or as it was when it was told; a closed one has size 0."""
        self.fills()
        account, core = self.account, self._venue.core
        marks, ledger, market = core.marks(), account.ledger(ticker), BY_TICKER[ticker]
        size = ledger.position if told is None else told.quantity
        price = (ledger.entry_price if told is None else told.entry_price) or _ZERO
        unrealised = (marks.get(ticker, price) - price) * size
        liquidation = account.liquidation_price(ticker, marks, core.terms())
        return {
            "id": f"{self.address}-{market.symbol}",
            "account": self.address,
            "market": market.symbol,
            "status": "OPEN" if size else "CLOSED",
            "side": "SHORT" if size < 0 else "LONG",
            "size": plain(size + 0),
            "average_entry_price": shown(price),
            "average_entry_price_usd": shown(price),
            "average_exit_price": "0",
            "cost": shown(price * size),
            "cost_usd": shown(price * size),
            "unrealized_pnl": shown(unrealised),
            "unrealized_funding_pnl": "0",
            "realized_positional_pnl": shown(ledger.realised + ledger.funding),
            "realized_positional_funding_pnl": shown(ledger.funding),
            "leverage": plain(1 / market.initial_margin),
            "liquidation_price": "" if liquidation is None else shown(liquidation),
            "closed_at": 0 if size else core.now_ns // _MS,
            "seq_no": self._seq.next(core.now_ns),
            **self._touched.get(ticker, {}),
        }

    # -- money ----------------------------------------------------------------------------------------

    def summary(self, told: Balance | None = None) -> dict[str, Any]:
        """Show the account as GET /account does, as it is or as it was when it was told."""
        core, account = self._venue.core, self.account
        marks, terms = core.marks(), core.terms()
        balance = told or account.balance(marks, terms)
        value, initial = balance.equity or _ZERO, balance.margin_used or _ZERO
        maintenance = account.maintenance_margin(marks, terms)
        return {
            "account": self.address,
            "account_value": shown(value),
            "free_collateral": shown(max(_ZERO, value - initial)),
            "initial_margin_requirement": shown(initial),
            "maintenance_margin_requirement": shown(maintenance),
            "margin_cushion": shown(value - maintenance),
            "total_collateral": shown(balance.wallet),
            "settlement_asset": _CURRENCY,
            "status": "ACTIVE",
            "updated_at": core.now_ns // _MS,
            "seq_no": self._seq.next(core.now_ns),
        }

    def balances(self) -> list[dict[str, Any]]:
        """Show the balances as GET /balance does."""
        size = plain(self.account.wallet)
        return [{"token": _CURRENCY, "size": size, "last_updated_at": self._venue.core.now_ns // _MS}]

    def balance_event(self, fill: dict[str, Any]) -> dict[str, Any]:
        """Show what a fill did to the balance."""
        after, pnl, fee = self.account.wallet, Decimal(fill["realized_pnl"]), Decimal(fill["fee"])
        return {
            "type": "FILL",
            "status": "SETTLED",
            "market": fill["market"],
            "fill_id": fill["id"],
            "created_at": fill["created_at"],
            "fees": fill["fee"],
            "realized_pnl": fill["realized_pnl"],
            "realized_funding": fill["realized_funding"],
            "funding_index": "0",
            "settlement_asset_balance_before": shown(after - pnl + fee),
            "settlement_asset_balance_after": shown(after),
            "settlement_asset_price": "1",
        }

    def add_payment(self, payment: FundingPayment) -> dict[str, Any]:
        """Note a funding payment and show it."""
        view = {
            "id": f"{payment.time_ns // _MS}204{next(self._numbers):012d}",
            "account": self.address,
            "market": BY_TICKER[payment.ticker].symbol,
            "payment": plain(payment.amount),
            "index": f"{self._boards[payment.ticker].funding.index():f}",
            "fill_id": "",
            "created_at": payment.time_ns // _MS,
        }
        self.payments.append(view)
        return view


def _fill_id(fill: Fill) -> str:
    return f"{fill.time_ns // _MS}203{int(fill.trade_id.lstrip('t')):012d}"


__all__ = ["AccountBook", "SeqNumbers"]
