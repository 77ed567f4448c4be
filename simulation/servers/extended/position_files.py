"""The venue's file on each position: from the fill that opens it to the one that closes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from helpers.enums import Side
from helpers.models import Fill, FundingPayment
from helpers.money import plain
from simulation.servers.extended.ids import snowflake, to_ms

_ZERO: Final = Decimal(0)


class PositionFile:
    """One position, while it is open and after."""

    def __init__(self, fill: Fill, quantity: Decimal) -> None:
        """Open it with what a fill bought or sold."""
        self.position_id = snowflake(fill.time_ns, trade_number(fill))
        self.ticker = fill.ticker
        self.is_long = fill.side is Side.BUY
        self.size = quantity
        self.most = quantity
        self.opened = quantity
        """All that was ever added to it."""
        self.opened_value = quantity * fill.price
        self.closed = _ZERO
        self.closed_value = _ZERO
        self.open_fees = fill.fee * quantity / fill.quantity
        self.close_fees = _ZERO
        self.funding = _ZERO
        self.trade_pnl = _ZERO
        self.cost = self.opened_value
        """Average price x size of what is still open."""
        self.created_ns = self.updated_ns = fill.time_ns
        self.exit_type: str | None = None

    @property
    def side(self) -> str:
        """The venue's word for its direction."""
        return "LONG" if self.is_long else "SHORT"

    @property
    def open_price(self) -> Decimal:
        """What its fills cost on average."""
        return self.cost / self.size if self.size else self.opened_value / self.opened

    @property
    def realised(self) -> Decimal:
        """What it has earned for good."""
        return self.trade_pnl + self.funding - self.open_fees - self.close_fees

    def add(self, fill: Fill, quantity: Decimal) -> None:
        """Enlarge it."""
        self.size += quantity
        self.opened += quantity
        self.most = max(self.most, self.size)
        self.opened_value += quantity * fill.price
        self.cost += quantity * fill.price
        self.open_fees += fill.fee
        self.updated_ns = fill.time_ns

    def reduce(self, fill: Fill, quantity: Decimal) -> None:
        """Make it smaller, or close it."""
        released = self.cost * quantity / self.size
        value = quantity * fill.price
        self.trade_pnl += value - released if self.is_long else released - value
        self.cost -= released
        self.size -= quantity
        self.closed += quantity
        self.closed_value += value
        self.close_fees += fill.fee * quantity / fill.quantity
        self.updated_ns = fill.time_ns
        if not self.size:
            self.exit_type = "TRADE" if fill.client_order_id is not None else "LIQUIDATION"

    def as_history(self, account_id: int, market: str, leverage: Decimal) -> dict[str, Any]:
        """Tell it as the history does."""
        told: dict[str, Any] = {
            "id": self.position_id,
            "accountId": account_id,
            "market": market,
            "side": self.side,
            "size": plain(self.size),
            "maxPositionSize": plain(self.most),
            "leverage": plain(leverage),
            "openPrice": plain(self.open_price),
            "realisedPnl": plain(self.realised),
            "realisedPnlBreakdown": {
                "tradePnl": plain(self.trade_pnl),
                "fundingFees": plain(self.funding),
                "openFees": plain(-self.open_fees),
                "closeFees": plain(-self.close_fees),
            },
            "createdTime": to_ms(self.created_ns),
        }
        if self.closed:
            told["exitPrice"] = plain(self.closed_value / self.closed)
        if self.exit_type is not None:
            told |= {"exitType": self.exit_type, "closedTime": to_ms(self.updated_ns)}
        return told


class PositionFiles:
    """All positions of the account, kept fill by fill."""

    def __init__(self) -> None:
        """Start empty."""
        self.last: dict[str, PositionFile] = {}
        """The newest of each market, open or not."""
        self.history: list[PositionFile] = []
        """All of them, oldest first."""
        self._fills_seen = 0

    def refresh(self, fills: list[Fill]) -> None:
        """Take over the fills since the last call."""
        for fill in fills[self._fills_seen :]:
            self._apply(fill)
        self._fills_seen = len(fills)

    def pay(self, payment: FundingPayment) -> int:
        """Book a funding payment and give the id of the position it was for."""
        file = self.last[payment.ticker]
        file.funding += payment.amount
        return file.position_id

    def _apply(self, fill: Fill) -> None:
        file, left = self.last.get(fill.ticker), fill.quantity
        if file is not None and file.size and file.is_long is not (fill.side is Side.BUY):
            closing = min(file.size, left)
            file.reduce(fill, closing)
            left -= closing
        elif file is not None and file.size:
            file.add(fill, left)
            return
        if left:
            self.last[fill.ticker] = PositionFile(fill, left)
            self.history.append(self.last[fill.ticker])


def trade_number(fill: Fill) -> int:
    """Give the number the simulated venue gave an execution."""
    return int(fill.trade_id[1:])


__all__ = ["PositionFile", "PositionFiles", "trade_number"]
