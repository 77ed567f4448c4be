"""Carrying a strategy's result out: reviewed by the risk manager first, then cancels, amends, orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from exchanges.venue_group import VenueGroup
from exchanges.venue_session import VenueSession
from helpers.decisions import OrderParams, StrategyAction, StrategyResult
from helpers.enums import OrderStatus, OrderType, Side
from helpers.errors import OrderStateError
from helpers.models import MarketData, Order
from helpers.pegging import peg_price, peg_trouble
from helpers.recorder import Recorder
from helpers.risk_manager import RiskManager


class Dispatcher:
    """The bot's hand."""

    def __init__(self, venues: VenueGroup, risk: RiskManager, recorder: Recorder) -> None:
        """Send to these venues what this risk manager approves."""
        self._venues = venues
        self._risk = risk
        self._recorder = recorder

    def carry_out(self, result: StrategyResult, data: MarketData, *, stopping: bool) -> bool:
        """Do what a result asks; True if a part of it was refused.

        Args:
            result: of the strategy.
            data: what it was decided on, the primary venue's.
            stopping: the bot is shutting down: nothing may increase risk.
        """
        for intent in result.cancels:
            for session in self._venues:
                session.executor.cancel(intent)
        if result.action is StrategyAction.CLOSE_POSITION:
            self._venues.close_everything(result.message)
        refused = [self._send(session, result, data, stopping=stopping) for session in self._venues]
        return any(refused) or self._refuse_lost(result, data.now_ns)

    def _send(self, session: VenueSession, result: StrategyResult, data: MarketData, *, stopping: bool) -> bool:
        label, first = session.exchange, self._venues.primary.exchange
        orders = tuple(order for order in result.orders if (order.exchange or first) == label)
        amends = tuple(amend for amend in result.amends if (amend.exchange or first) == label)
        if not (orders or amends):
            return False
        seen = data if session is self._venues.primary else session.market_data()
        if seen is None:
            intents = [*(amend.intent for amend in amends), *(order.intent for order in orders)]
            self._refuse(session, orders, dict.fromkeys(intents, f"{label} has no tradable book"), data.now_ns)
            return True
        reasons = _unable_to_follow(orders, seen)
        orders = tuple(order if order.intent in reasons else _priced(order, seen) for order in orders)
        able = tuple(order for order in orders if order.intent not in reasons) if reasons else orders
        review = self._risk.review(able, amends, seen, stopping=stopping)
        reasons.update((no.intent, no.reason) for no in review.refused)
        for amend in review.amends:
            session.executor.amend(amend)
        for trim in review.trimmed:
            self._recorder.event("risk", f"{trim.intent}: {trim.reason}")
        for order in review.orders:
            try:
                session.executor.submit(order, result.message)
            except OrderStateError as error:  # it came to life between looking and sending
                reasons[order.intent] = str(error)
        self._refuse(session, orders, reasons, seen.now_ns)
        return bool(reasons)

    def _refuse_lost(self, result: StrategyResult, now_ns: int) -> bool:
        """Refuse orders for venues the bot does not trade on: nothing may get lost in silence."""
        if all(order.exchange is None for order in result.orders) and all(a.exchange is None for a in result.amends):
            return False
        known = {session.exchange for session in self._venues} | {None}
        orders = tuple(order for order in result.orders if order.exchange not in known)
        amends = tuple(amend for amend in result.amends if amend.exchange not in known)
        wanted = [(each.intent, each.exchange) for each in orders] + [(each.intent, each.exchange) for each in amends]
        reasons = {intent: f"there is no venue {label!r} in this run" for intent, label in wanted}
        self._refuse(self._venues.primary, orders, reasons, now_ns)
        return bool(reasons)

    def _refuse(
        self, session: VenueSession, orders: Sequence[OrderParams], reasons: Mapping[str, str], now_ns: int
    ) -> None:
        for intent, reason in reasons.items():
            self._recorder.event("refused", f"{intent}: {reason}")
        for params in orders:
            if params.intent in reasons:
                session.refuse(_refused(params, reasons[params.intent], now_ns))


def _unable_to_follow(orders: Sequence[OrderParams], data: MarketData) -> dict[str, str]:
    """Say, by intent, which orders cannot follow the book as they ask to."""
    reasons = {}
    for order in orders:
        if order.peg is not None:
            reason = peg_trouble(order, order.peg, data)
            if reason is not None:
                reasons[order.intent] = reason
    return reasons


def _priced(params: OrderParams, data: MarketData) -> OrderParams:
    """Give a limit order without a price where its peg stands, or the touch: the ask for a buy, the bid for a sell."""
    if params.price is not None or params.order_type is OrderType.MARKET:
        return params
    if params.peg is not None:
        start = peg_price(params.peg, params.side, data.best_bid, data.best_ask, data.market.tick_size)
        return msgspec.structs.replace(params, price=start)
    touch = data.best_ask if params.side is Side.BUY else data.best_bid
    return msgspec.structs.replace(params, price=touch)


def _refused(params: OrderParams, reason: str, now_ns: int) -> Order:
    """Describe an order that was never sent, as the strategy hears of it."""
    return Order(
        intent=params.intent,
        client_order_id="",
        side=params.side,
        quantity=params.quantity,
        price=params.price,
        status=OrderStatus.REJECTED,
        reduce_only=params.reduce_only,
        peg=params.peg,
        created_ns=now_ns,
        updated_ns=now_ns,
        reason=f"risk: {reason}",
    )
