"""What the account's channels tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulation.servers.lighter.account_view import AccountView
from simulation.servers.lighter.channels import Channel
from simulation.servers.lighter.hub import Hub
from simulation.servers.lighter.markets import LighterMarket
from simulation.servers.lighter.order_view import order_view
from simulation.servers.lighter.trade_file import OwnTrade
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.tx_file import TxRecord
from simulation.servers.lighter.wire_orders import OPEN, WireOrder

_RECENT = 100


class AccountChannels:
    """Says on the account's channels what happens to it."""

    def __init__(self, trading: Trading, view: AccountView, hub: Hub) -> None:
        """Listen to the account."""
        self._trading = trading
        self._view = view
        self._hub = hub
        self._account = str(trading.identity.account_index)
        self._snapshots: dict[str, Callable[[Channel], dict[str, Any]]] = {
            "account_all": lambda _: self._all(positions=view.positions()),
            "account_all_orders": self._all_orders,
            "account_orders": self._market_orders,
            "account_all_trades": lambda _: {"trades": self._recent()},
            "account_all_positions": lambda _: self._positions(),
            "account_all_assets": lambda _: {"assets": view.assets()},
            "user_stats": lambda _: {"stats": view.stats()},
            "account_tx": lambda _: {"txs": []},
            "notification": lambda _: {"notifs": []},
        }
        trading.listeners.append(self)

    # -- news -----------------------------------------------------------------------------

    def on_order(self, order: WireOrder) -> None:
        """Tell the order's new state."""
        market = str(order.market.market_id)
        body = {"orders": {market: [self._order(order)]}}
        self._hub.say_later(self._channel("account_all_orders"), body)
        whole = {"account": int(self._account), "nonce": order.nonce, **body}
        self._hub.say_later(Channel("account_orders", (market, self._account)), whole)

    def on_trade(self, trade: OwnTrade) -> None:
        """Tell a trade."""
        trades = {str(trade.market.market_id): [self._trading.trades.view(trade)]}
        self._hub.say_later(self._channel("account_all_trades"), {"trades": trades})
        self._hub.say_later(self._channel("account_all"), self._all(trades=trades))

    def on_position(self, market: LighterMarket) -> None:
        """Tell all positions, and the money."""
        self._hub.say_later(self._channel("account_all_positions"), self._positions())
        positions = {str(market.market_id): self._view.position(market)}
        self._hub.say_later(self._channel("account_all"), self._all(positions=positions))
        self._hub.say_later(self._channel("account_all_assets"), {"assets": self._view.assets()})
        self._hub.say_later(self._channel("user_stats"), {"stats": self._view.stats()})

    def on_tx(self, record: TxRecord) -> None:
        """Tell what became of a transaction."""
        self._hub.say_later(self._channel("account_tx"), {"txs": [record.view(self._trading.identity.l1_address)]})

    # -- snapshots ------------------------------------------------------------------------

    def snapshot(self, channel: Channel) -> dict[str, Any]:
        """Give what a new listener of a channel is told first."""
        return self._snapshots[channel.family](channel)

    def _all_orders(self, channel: Channel) -> dict[str, Any]:
        return {"orders": self._live(channel.market_id)}

    def _market_orders(self, channel: Channel) -> dict[str, Any]:
        return {"account": int(self._account), "nonce": 0, **self._all_orders(channel)}

    def _live(self, market_id: int | None) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for order in self._trading.orders.live_on(market_id):
            if order.status == OPEN:
                found.setdefault(str(order.market.market_id), []).append(self._order(order))
        return found

    def _recent(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for trade in reversed(self._trading.trades.trades[-_RECENT:]):
            found.setdefault(str(trade.market.market_id), []).append(self._trading.trades.view(trade))
        return found

    def _positions(self) -> dict[str, Any]:
        positions = self._view.positions()
        return {"positions": positions, "shares": [], "last_funding_round": None, "last_funding_discount": None}

    def _all(self, **parts: dict[str, Any]) -> dict[str, Any]:
        empty: dict[str, Any] = {"funding_histories": {}, "positions": {}, "shares": [], "trades": {}}
        totals = self._totals() if "positions" in parts and not parts.get("trades") else {}
        return {"account": int(self._account), **empty, "assets": self._view.assets(), **totals, **parts}

    def _totals(self) -> dict[str, Any]:
        trades = self._trading.trades
        figures: dict[str, Any] = {}
        for period in ("daily", "weekly", "monthly", "total"):
            figures[f"{period}_trades_count"] = len(trades.trades)
            figures[f"{period}_volume"] = float(trades.volume)
        return figures

    def _order(self, order: WireOrder) -> dict[str, Any]:
        return order_view(order, int(self._account))

    def _channel(self, family: str) -> Channel:
        return Channel(family, (self._account,))


__all__ = ["AccountChannels"]
