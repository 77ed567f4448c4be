"""The account's own trades in the venue's terms: both sides, positions before, fees in 1e-6 of notional."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any, Final

import msgspec

from helpers.enums import Liquidity, Side
from helpers.models import Fill
from simulation.servers.lighter.markets import LighterMarket
from simulation.servers.lighter.tx_file import block_height
from simulation.servers.lighter.wire_orders import FIRST_ORDER_INDEX, WireOrder

FEE_TICK: Final = Decimal("0.000001")
OTHERS_ACCOUNT: Final = 281_474_976_639_642
"""Whom everybody trades with here."""
_FIRST_TRADE: Final = 19_211_490_000


class Before(msgspec.Struct):
    """A position as it was before a trade."""

    size: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    """Signed, at average price."""

    def add(self, signed: Decimal, price: Decimal) -> None:
        """Book a trade."""
        after = self.size + signed
        if self.size * signed >= 0:
            self.cost += signed * price
        elif self.size * after > 0:
            self.cost = self.cost / self.size * after
        else:
            self.cost = after * price
        self.size = after


class OwnTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One of our trades."""

    trade_id: int
    market: LighterMarket
    fill: Fill
    order: WireOrder | None
    """None where the venue liquidates."""
    size_before: Decimal
    cost_before: Decimal
    margin: int
    """Initial margin fraction, 1e-4."""

    @property
    def is_maker(self) -> bool:
        """Whether ours was the resting order."""
        return self.fill.liquidity is Liquidity.MAKER

    @property
    def notional(self) -> Decimal:
        """Price x size."""
        return self.fill.price * self.fill.quantity


class TradeFile:
    """All trades of the account."""

    def __init__(self, account_index: int, start_ms: int) -> None:
        """Start empty; numbers grow from the start, so that a venue opened anew repeats none."""
        self._first = _FIRST_TRADE + start_ms
        self.trades: list[OwnTrade] = []
        self.volume = Decimal(0)
        """Notional of all of them."""
        self._account_index = account_index
        self._before: dict[str, Before] = {}

    def add(self, market: LighterMarket, fill: Fill, order: WireOrder | None, margin: int) -> OwnTrade:
        """File an execution."""
        before = self._before.setdefault(market.ticker, Before())
        trade = OwnTrade(
            trade_id=self._first + len(self.trades) + 1,
            market=market,
            fill=fill,
            order=order,
            size_before=before.size,
            cost_before=before.cost,
            margin=margin,
        )
        before.add(fill.quantity * fill.side.sign, fill.price)
        self.trades.append(trade)
        self.volume += trade.notional
        return trade

    def view(self, trade: OwnTrade) -> dict[str, Any]:
        """Describe a trade."""
        fill, role = trade.fill, "maker" if trade.is_maker else "taker"
        other = "taker" if trade.is_maker else "maker"
        after = trade.size_before + fill.quantity * fill.side.sign
        body = public_trade(
            trade_id=trade.trade_id,
            market=trade.market,
            price=fill.price,
            size=fill.quantity,
            is_maker_ask=(fill.side is Side.SELL) is trade.is_maker,
            time_ns=fill.time_ns,
        )
        body["type"] = "trade" if trade.order is not None else "liquidation"
        body |= self._sides(trade)
        body[f"{role}_position_size_before"] = trade.market.size_text(trade.size_before)
        body[f"{role}_entry_quote_before"] = f"{abs(trade.cost_before):.6f}"
        body[f"{role}_initial_margin_fraction_before"] = trade.margin
        body[f"{role}_position_sign_changed"] = trade.size_before * after < 0 or not trade.size_before
        body[f"{other}_position_size_before"] = trade.market.size_text(Decimal(0))
        fee = _fee_ticks(trade)
        if fee:
            body[f"{role}_fee"] = fee
        return body

    def _sides(self, trade: OwnTrade) -> dict[str, Any]:
        order = trade.order
        index = order.index if order is not None else 0
        client = order.client_index if order is not None else 0
        ours, other = ("ask", "bid") if trade.fill.side is Side.SELL else ("bid", "ask")
        return {
            f"{ours}_id": index,
            f"{ours}_id_str": str(index),
            f"{ours}_client_id": client,
            f"{ours}_client_id_str": str(client),
            f"{ours}_account_id": self._account_index,
            f"{other}_account_id": OTHERS_ACCOUNT,
        }


def public_trade(
    *, trade_id: int, market: LighterMarket, price: Decimal, size: Decimal, is_maker_ask: bool, time_ns: int
) -> dict[str, Any]:
    """Describe a trade of others."""
    ask = (market.market_id + 1) * FIRST_ORDER_INDEX + trade_id
    bid = (market.market_id + 2) * FIRST_ORDER_INDEX - trade_id
    digest = hashlib.blake2b(f"{market.market_id}:{trade_id}".encode(), digest_size=40).hexdigest()
    return {
        "trade_id": trade_id,
        "trade_id_str": str(trade_id),
        "tx_hash": digest,
        "type": "trade",
        "market_id": market.market_id,
        "size": market.size_text(size),
        "price": market.price_text(price),
        "usd_amount": f"{price * size:.6f}",
        "ask_id": ask,
        "ask_id_str": str(ask),
        "bid_id": bid,
        "bid_id_str": str(bid),
        "ask_client_id": 0,
        "ask_client_id_str": "0",
        "bid_client_id": 0,
        "bid_client_id_str": "0",
        "ask_account_id": OTHERS_ACCOUNT,
        "bid_account_id": OTHERS_ACCOUNT + 1,
        "is_maker_ask": is_maker_ask,
        "block_height": block_height(time_ns),
        "timestamp": time_ns // 1_000_000,
        "transaction_time": time_ns // 1000,
    }


def _fee_ticks(trade: OwnTrade) -> int:
    return int((trade.fill.fee / trade.notional / FEE_TICK).to_integral_value())


__all__ = ["FEE_TICK", "OTHERS_ACCOUNT", "Before", "OwnTrade", "TradeFile", "public_trade"]
