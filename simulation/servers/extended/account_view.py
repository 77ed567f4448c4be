"""The account as the private REST answers and streams tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from helpers.enums import Liquidity
from helpers.models import Fill, FundingPayment, Position
from helpers.money import nearest_to, plain
from simulation.servers.extended.account_state import AccountState
from simulation.servers.extended.ids import snowflake, to_ms
from simulation.servers.extended.markets import BY_TICKER, MAKER_FEE, TAKER_FEE
from simulation.servers.extended.order_files import OrderFile
from simulation.servers.extended.position_files import PositionFile, trade_number

_ZERO: Final = Decimal(0)
_MONEY: Final = Decimal("0.000001")
_RATIO: Final = Decimal("0.0001")


class AccountView:
    """Renders the state; changes nothing."""

    def __init__(self, state: AccountState) -> None:
        """Show this account."""
        self._state = state
        self._id = state.keys.account_id

    def account(self) -> dict[str, Any]:
        """Tell whose account it is."""
        keys = self._state.keys
        return {
            "status": "ACTIVE",
            "l2Key": hex(keys.public_key),
            "l2Vault": str(keys.vault),
            "accountId": self._id,
            "accountIndex": 0,
            "description": "Main account",
            "bridgeStarknetAddress": hex(keys.public_key ^ keys.vault),
        }

    def client(self) -> dict[str, Any]:
        """Tell whose client the account belongs to."""
        address = hex(self._state.keys.public_key >> 96)
        return {"id": self._id + 1, "evmWalletAddress": address, "starknetWalletAddress": None}

    def balance(self) -> dict[str, Any]:
        """Tell the account's money."""
        state, core = self._state, self._state.venue.core
        marks, terms = core.marks(), core.terms()
        wallet, equity, margin = state.sim.wallet, state.equity(), state.initial_margin()
        exposure = sum((abs(state.held(ticker)) * mark for ticker, mark in marks.items()), _ZERO)
        maintenance = state.sim.maintenance_margin(marks, terms)
        free = wallet + min(_ZERO, equity - wallet) - margin
        return {
            "collateralName": "USD",
            "balance": plain(wallet),
            "equity": plain(equity),
            "availableForTrade": _money(max(_ZERO, equity - margin)),
            "availableForWithdrawal": _money(max(_ZERO, free)),
            "unrealisedPnl": plain(equity - wallet),
            "initialMargin": _money(margin),
            "marginRatio": _ratio(maintenance, equity),
            "exposure": _money(exposure),
            "leverage": _ratio(exposure, equity),
            "updatedTime": to_ms(state.now_ns),
        }

    def positions(self) -> list[dict[str, Any]]:
        """Tell the open positions."""
        state, core = self._state, self._state.venue.core
        marks, terms = core.marks(), core.terms()
        return [
            self.position(state.sim.position(ticker, marks[ticker], state.sim.liquidation_price(ticker, marks, terms)))
            for ticker in state.sim.held()
        ]

    def position(self, position: Position) -> dict[str, Any]:
        """Tell one position as it was when the engine gave this account of it; size zero is a closed one."""
        file, size = self._state.positions.last[position.ticker], abs(position.quantity)
        mark, leverage = position.mark_price or _ZERO, self._state.leverage[position.ticker]
        entry = file.open_price if position.entry_price is None else position.entry_price
        told = {
            "id": file.position_id,
            "accountId": self._id,
            "market": BY_TICKER[position.ticker].name,
            "status": "OPENED" if size else "CLOSED",
            "side": ("LONG" if position.quantity > 0 else "SHORT") if size else file.side,
            "leverage": plain(leverage),
            "size": plain(size),
            "value": _money(size * mark),
            "openPrice": _money(entry),
            "markPrice": plain(mark),
            "margin": _money(size * mark / leverage),
            "unrealisedPnl": _money(position.quantity * (mark - entry)),
            "realisedPnl": _money(file.realised),
            "adl": 1,
            "createdAt": to_ms(file.created_ns),
            "updatedAt": to_ms(file.updated_ns),
        }
        price = position.liquidation_price
        return told if price is None else {**told, "liquidationPrice": _money(price)}

    def positions_history(self) -> Iterable[dict[str, Any]]:
        """Tell all positions there were, newest first."""
        return (self._past(file) for file in reversed(self._state.positions.history))

    def _past(self, file: PositionFile) -> dict[str, Any]:
        return file.as_history(self._id, BY_TICKER[file.ticker].name, self._state.leverage[file.ticker])

    def order(self, file: OrderFile) -> dict[str, Any]:
        """Tell one order."""
        return file.as_json(self._id)

    def trades(self) -> Iterable[dict[str, Any]]:
        """Tell the executions, newest first."""
        return (self.trade(fill) for fill in reversed(self._state.sim.fills))

    def trade(self, fill: Fill, *, with_external_id: bool = False) -> dict[str, Any]:
        """Tell one execution; only the stream says whose order it was in the client's words."""
        file = None if fill.client_order_id is None else self._state.orders.find(int(fill.client_order_id))
        number = snowflake(fill.time_ns, int(fill.order_id)) if file is None else file.order_id
        told = {
            "id": snowflake(fill.time_ns, trade_number(fill)),
            "accountId": self._id,
            "market": BY_TICKER[fill.ticker].name,
            "orderId": number,
            "side": fill.side.name,
            "price": plain(fill.price),
            "qty": plain(fill.quantity),
            "value": plain(fill.price * fill.quantity),
            "fee": plain(fill.fee),
            "isTaker": fill.liquidity is Liquidity.TAKER,
            "tradeType": "LIQUIDATION" if file is None else "TRADE",
            "createdTime": to_ms(fill.time_ns),
        }
        return {**told, "externalOrderId": file.form.id} if with_external_id and file is not None else told

    def payments(self) -> Iterable[dict[str, Any]]:
        """Tell the funding payments, newest first."""
        return (self._payment(*paid) for paid in reversed(self._state.payments))

    def _payment(self, payment: FundingPayment, position_id: int) -> dict[str, Any]:
        assert payment.rate is not None and payment.position is not None  # noqa: S101, PT018 - our own venue says both
        value = abs(payment.amount / payment.rate) if payment.rate else _ZERO
        size = abs(payment.position)
        return {
            "id": snowflake(payment.time_ns, int(payment.payment_id[1:])),
            "accountId": self._id,
            "market": BY_TICKER[payment.ticker].name,
            "positionId": position_id,
            "side": "LONG" if payment.position > 0 else "SHORT",
            "size": plain(size),
            "value": _money(value),
            "markPrice": plain(value / size),
            "fundingFee": plain(payment.amount),
            "fundingRate": plain(payment.rate),
            "paidTime": to_ms(payment.time_ns),
        }

    def fees(self, names: Iterable[str]) -> list[Mapping[str, str]]:
        """Tell the account's fee rates."""
        rates = {"makerFeeRate": plain(MAKER_FEE), "takerFeeRate": plain(TAKER_FEE), "builderFeeRate": "0"}
        return [{"market": name, **rates} for name in names]

    def leverages(self, tickers: Iterable[str]) -> list[dict[str, str]]:
        """Tell the leverage of some markets."""
        leverage = self._state.leverage
        return [{"market": BY_TICKER[ticker].name, "leverage": plain(leverage[ticker])} for ticker in tickers]


def _money(amount: Decimal) -> str:
    return plain(nearest_to(amount, _MONEY))


def _ratio(amount: Decimal, of: Decimal) -> str:
    return plain(nearest_to(amount / of, _RATIO)) if of > 0 else "0"


__all__ = ["AccountView"]
