"""A strategy without an idea: it places, amends and cancels all the time, to keep everything moving."""

from __future__ import annotations

import random
from typing import Any

from worlds import D, Script, ScriptedStrategy, limit

from helpers.decisions import AmendParams, OrderParams, StrategyAction, StrategyResult, Wake
from helpers.enums import OrderType, Side, TimeInForce
from helpers.models import MarketData, Order
from helpers.money import floor_to

INTENTS = ("a", "b", "c", "d")
STEP_NS = 700_000_000


def churn(seed: int) -> Script:
    """Give the script; each seed another one."""
    rng = random.Random(seed)

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        strategy.wake = Wake(book=False, balances=False, at=data.now_ns + STEP_NS)
        if rng.random() < 0.3:
            return None
        intent = rng.choice(INTENTS)
        order = data.order(intent)
        if order is None:
            return _result(orders=(_new(rng, intent, data),))
        if order.pending_cancel:
            return None
        if rng.random() < 0.5:
            return _result(cancels=(intent,))
        return _result(amends=(_changed(rng, order, data),))

    return script


def _result(**more: Any) -> StrategyResult:
    return StrategyResult(action=StrategyAction.PLACE_ORDER, message="churn", **more)


def _new(rng: random.Random, intent: str, data: MarketData) -> OrderParams:
    held = data.position.quantity if data.position is not None else D(0)
    side = rng.choice(list(Side))
    if abs(held) > D("0.02"):
        side = Side.SELL if held > 0 else Side.BUY
    quantity = str(rng.choice(["0.001", "0.002", "0.005"]))
    if held * side.sign < 0 and rng.random() < 0.3:
        return OrderParams(
            intent=intent, side=side, quantity=D(quantity), order_type=OrderType.MARKET, reduce_only=True
        )
    if rng.random() < 0.2:
        touch = data.best_ask if side is Side.BUY else data.best_bid
        return limit(intent, side, str(touch), quantity, time_in_force=TimeInForce.IOC)
    return limit(intent, side, str(_price(rng, side, data)), quantity, post_only=True)


def _changed(rng: random.Random, order: Order, data: MarketData) -> AmendParams:
    quantity = order.filled_quantity + D(rng.choice(["0.001", "0.002", "0.004"]))
    return AmendParams(intent=order.intent, price=_price(rng, order.side, data), quantity=quantity)


def _price(rng: random.Random, side: Side, data: MarketData) -> Any:
    touch = data.best_bid if side is Side.BUY else data.best_ask
    return floor_to(touch - side.sign * rng.randint(0, 12) * data.market.tick_size, data.market.tick_size)
