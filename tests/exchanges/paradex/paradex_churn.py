"""A strategy without an idea, to keep a venue busy: it places, amends and cancels around the touch."""

from __future__ import annotations

import random
from decimal import Decimal

from worlds import Script, ScriptedStrategy, limit

from helpers.decisions import AmendParams, OrderParams, StrategyAction, StrategyResult, Wake
from helpers.enums import OrderType, Side
from helpers.models import MarketData

_STEP_NS = 700_000_000
_QUANTITIES = ("0.001", "0.002", "0.004")


def churn(seed: int) -> Script:
    """Give the script; each seed another one."""
    rng = random.Random(seed)

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        strategy.wake = Wake(book=False, balances=False, at=data.now_ns + _STEP_NS)
        intent = rng.choice("abc")
        order = data.order(intent)
        action, message = StrategyAction.PLACE_ORDER, "churn"
        if order is None:
            return StrategyResult(action=action, message=message, orders=(_new(rng, intent, data),))
        if order.pending_cancel:
            return None
        if rng.random() < 0.4 or order.price is None:
            return StrategyResult(action=action, message=message, cancels=(intent,))
        quantity = max(Decimal(rng.choice(_QUANTITIES)), order.filled_quantity + Decimal("0.001"))
        change = AmendParams(intent=intent, price=_price(rng, order.side, data), quantity=quantity)
        return StrategyResult(action=action, message=message, amends=(change,))

    return script


def _new(rng: random.Random, intent: str, data: MarketData) -> OrderParams:
    held = data.position.quantity if data.position is not None else Decimal(0)
    side = rng.choice(list(Side)) if abs(held) < Decimal("0.01") else (Side.SELL if held > 0 else Side.BUY)
    if held * side.sign < 0 and rng.random() < 0.3:
        quantity = Decimal(rng.choice(_QUANTITIES))
        return OrderParams(intent=intent, side=side, quantity=quantity, order_type=OrderType.MARKET, reduce_only=True)
    return limit(intent, side, str(_price(rng, side, data)), rng.choice(_QUANTITIES), post_only=True)


def _price(rng: random.Random, side: Side, data: MarketData) -> Decimal:
    away = rng.randrange(30) * data.market.tick_size
    return data.best_bid - away if side is Side.BUY else data.best_ask + away
