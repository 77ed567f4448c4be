"""The account as the venue describes it: money, margin, positions, assets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from simulation.servers.lighter.margin import positions_margin
from simulation.servers.lighter.markets import FRACTION, MARKETS, LighterMarket
from simulation.servers.lighter.order_changes import OrderChanges
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.wire_orders import IN_PROGRESS

_USDC: Final = 3
_ZERO: Final = Decimal(0)


class AccountView:
    """Describes one account."""

    def __init__(self, trading: Trading, changes: OrderChanges) -> None:
        """Read the account."""
        self._trading = trading
        self._changes = changes

    def account(self) -> dict[str, Any]:
        """Describe the account with positions and assets."""
        return {
            **self.summary(),
            "name": "",
            "description": "",
            "can_invite": False,
            "referral_points_percentage": "",
            "can_rfq": False,
            "can_rfq_market_ids": None,
            "created_at": 0,
            "metadata": {"color": ""},
            "agent_enabled": False,
            "positions": list(self.positions().values()),
            "assets": list(self.assets().values()),
            "total_asset_value": _money(self._equity()),
            "cross_asset_value": _money(self._equity()),
            "cross_initial_margin_requirement": _money(positions_margin(self._trading)),
            "cross_maintenance_margin_requirement": _money(self._maintenance()),
            "shares": [],
            "pending_unlocks": [],
            "approved_integrators": [],
        }

    def summary(self) -> dict[str, Any]:
        """Describe the account as lists of accounts do."""
        trading = self._trading
        pending = sum(order.status == IN_PROGRESS for order in trading.orders.live.values())
        return {
            "code": 0,
            "account_type": int(trading.options.tier),
            "account_trading_mode": 0,
            "index": trading.identity.account_index,
            "account_index": trading.identity.account_index,
            "l1_address": trading.identity.l1_address,
            "cancel_all_time": self._changes.cancel_all_ms,
            "total_order_count": len(trading.orders.live) - pending,
            "total_isolated_order_count": 0,
            "pending_order_count": pending,
            "available_balance": _money(self._available()),
            "status": 1,
            "collateral": _money(trading.account.wallet),
            "transaction_time": trading.now_ns // 1000,
        }

    def positions(self) -> dict[str, dict[str, Any]]:
        """Describe the positions of all markets by market id, the flat ones too."""
        return {str(market.market_id): self.position(market) for market in MARKETS}

    def position(self, market: LighterMarket) -> dict[str, Any]:
        """Describe one position; its size carries no sign."""
        trading, ledger = self._trading, self._trading.account.ledgers.get(market.ticker)
        held, mark = trading.position(market), trading.mark(market)
        entry = (ledger.entry_price if ledger is not None else None) or _ZERO
        marks, terms = trading.venue.core.marks(), trading.venue.core.terms()
        liquidation = trading.account.liquidation_price(market.ticker, marks, terms)
        fraction, isolated = trading.margin_fraction(market), trading.margin_modes[market.market_id]
        value = abs(held) * mark
        return {
            "market_id": market.market_id,
            "symbol": market.ticker,
            "initial_margin_fraction": f"{fraction * 100:.2f}",
            "open_order_count": len(trading.orders.live_on(market.market_id)),
            "pending_order_count": 0,
            "position_tied_order_count": 0,
            "sign": -1 if held < 0 else 1,
            "position": market.size_text(abs(held)),
            "avg_entry_price": market.price_text(entry),
            "position_value": _money(value),
            "unrealized_pnl": _money(ledger.unrealised(mark) if ledger is not None and held else _ZERO),
            "realized_pnl": _money(ledger.realised if ledger is not None else _ZERO),
            "liquidation_price": market.price_text(liquidation) if liquidation is not None else "0",
            "total_funding_paid_out": _money(-ledger.funding if ledger is not None else _ZERO),
            "margin_mode": isolated,
            "allocated_margin": _money(value * fraction if isolated else _ZERO),
            "total_discount": _money(_ZERO),
            "margin_set_flag": 0,
        }

    def assets(self) -> dict[str, dict[str, Any]]:
        """Describe the assets by id: what backs positions is margin balance."""
        usdc = {
            "symbol": "USDC",
            "asset_id": _USDC,
            "balance": _money(_ZERO),
            "locked_balance": _money(_ZERO),
            "margin_mode": "disabled",
            "margin_balance": _money(self._trading.account.wallet),
            "multiplier": "1",
        }
        return {str(_USDC): usdc}

    def stats(self) -> dict[str, Any]:
        """Give the figures of user_stats."""
        equity = self._equity()
        notional = sum((abs(self._trading.position(each)) * self._trading.mark(each) for each in MARKETS), _ZERO)
        used = positions_margin(self._trading)
        figures = {
            "collateral": _money(self._trading.account.wallet),
            "portfolio_value": _money(equity),
            "available_balance": _money(self._available()),
            "buying_power": "0",
            "leverage": f"{notional / equity:.2f}" if equity > 0 else "0.00",
            "margin_usage": f"{used / equity * 100:.2f}" if equity > 0 else "0.00",
        }
        return {"account_trading_mode": 0, **figures, "cross_stats": figures, "total_stats": figures}

    def _equity(self) -> Decimal:
        return self._trading.account.equity(self._trading.venue.core.marks())

    def _available(self) -> Decimal:
        return max(_ZERO, self._equity() - positions_margin(self._trading))

    def _maintenance(self) -> Decimal:
        trading = self._trading
        bound = (
            abs(trading.position(each)) * trading.mark(each) * Decimal(each.maintenance) / FRACTION for each in MARKETS
        )
        return sum(bound, _ZERO)


def _money(amount: Decimal) -> str:
    return f"{amount:.6f}"


__all__ = ["AccountView"]
