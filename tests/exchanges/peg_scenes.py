"""Bots that keep pegged orders in a simulated market: left to the bot, or amended by the strategy itself."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from worlds import D, Script, ScriptedStrategy, scripted

from exchanges.base import OrderParams, OrderResult
from exchanges.paper import PaperClient
from exchanges.venue_session import VenueSession
from helpers.decisions import AmendParams, Peg, StrategyAction, StrategyResult, Wake
from helpers.enums import Capability, OrderStatus, Side
from helpers.models import MarketData, Order
from helpers.pegging import peg_price

RESTING = {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}
QUIET = Wake(book=False, balances=False)
"""Only news of our orders."""
ON_PRICES = msgspec.structs.replace(QUIET, prices=True)
Pegs = dict[str, tuple[Side, Peg]]


class PlainClient(PaperClient):
    """The paper venue as if its orders could not follow the book; keeps when something was sent."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.sent: list[tuple[int, str]] = []

    @property
    def capabilities(self) -> frozenset[Capability]:
        return super().capabilities - {Capability.PEG}

    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        assert params.peg is None
        self.sent.append((self.context.clock.now_ns(), "place"))
        return await super().place_order(ticker, client_order_id, params)

    async def amend_order(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        self.sent.append((self.context.clock.now_ns(), "amend"))
        return await super().amend_order(ticker, client_order_id, price, quantity)

    async def cancel_order(self, ticker: str, client_order_id: str) -> OrderResult:
        self.sent.append((self.context.clock.now_ns(), "cancel"))
        return await super().cancel_order(ticker, client_order_id)


class ReplacingClient(PlainClient):
    """The same without amends."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        return super().capabilities - {Capability.AMEND}


def build(script: Script, wake: Wake) -> Any:
    """Give a builder of a strategy that follows a script and sleeps like this."""

    def make(sessions: Iterable[VenueSession]) -> ScriptedStrategy:
        strategy = scripted(script)(sessions)
        strategy.wake = wake
        return strategy

    return make


def leaving_it_to_the_bot(pegs: Pegs) -> Any:
    """Keep one pegged order of each kind alive, and wake for news of orders only."""

    def script(_: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        missing = [_params(name, *peg) for name, peg in pegs.items() if data.order(name) is None]
        return _result(orders=tuple(missing))

    return build(script, QUIET)


def by_itself(pegs: Pegs) -> Any:
    """Keep the same orders alive as plain ones, amended at each move of the prices."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        if _is_heartbeat(strategy.seen):
            return None
        found = {name: data.order(name) for name in pegs}
        prices = {name: target(data, *peg) for name, peg in pegs.items()}
        orders = [
            msgspec.structs.replace(_params(name, *peg), peg=None, price=prices[name])
            for name, peg in pegs.items()
            if found[name] is None and prices[name] is not None
        ]
        # In the order in which they were placed, as the bot goes through them.
        amends = [_change(order, prices[order.intent]) for order in data.orders]
        return _result(orders=tuple(orders), amends=tuple(change for change in amends if change is not None))

    return build(script, ON_PRICES)


def target(data: MarketData, side: Side, peg: Peg) -> Decimal | None:
    """Give the price a peg asks for on a moment of the market."""
    return peg_price(peg, side, data.best_bid, data.best_ask, data.market.tick_size)


def _is_heartbeat(seen: list[MarketData]) -> bool:
    """Whether nothing happened since the step before: an amend that was refused then would be again."""
    looks = [(data.best_bid, data.best_ask, data.orders) for data in seen[-2:]]
    return len(looks) > 1 and looks[0] == looks[1]


def _params(intent: str, side: Side, peg: Peg) -> OrderParams:
    return OrderParams(intent=intent, side=side, quantity=D("0.001"), peg=peg, post_only=True)


def _change(order: Order, price: Decimal | None) -> AmendParams | None:
    if order.status not in RESTING or order.pending_cancel or price is None or price == order.price:
        return None
    return AmendParams(intent=order.intent, price=price, quantity=order.quantity)


def _result(**parts: Any) -> StrategyResult | None:
    if not any(parts.values()):
        return None
    return StrategyResult(action=StrategyAction.PLACE_ORDER, message="test", **parts)
