"""Start-up is always recovery: bringing a session in line with the venue before anything is decided.

What an earlier session left live is written into the new journal at once, asked about by client
order id and carried on. The position is the venue's, and the fills it holds are counted for their
orders only. Every open order at the venue is ours, or reported. A failed read stops the start:
unknown is not empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from exchanges.reads import read
from exchanges.truth import report_foreign
from exchanges.venue_session import VenueSession
from helpers.enums import OrderStatus
from helpers.errors import VenueError
from helpers.models import Fill, Order, OrderInfo, Position
from helpers.money import plain
from helpers.recorder import Recorder

_LOOK_BACK_NS: Final = 600_000_000_000
"""Fills from this long before the start are read too: their news may still be on its way."""
_TRIES: Final = 5
_UNANSWERED: Final = frozenset({OrderStatus.INTENT, OrderStatus.SUBMITTED})


async def recover(session: VenueSession, left: Sequence[Order], known: Sequence[Fill], recorder: Recorder) -> None:
    """Bring a session in line with the venue before anything is decided.

    Args:
        session: connected and subscribed, nothing known yet.
        left: orders of an earlier session that were live when it ended.
        known: fills that session had counted.
        recorder: told what was found.

    Raises:
        VenueError: the venue does not answer; nothing may be traded.
    """
    _inherit(session, left, recorder)
    past = await _begin(session, left)
    fills = {fill.trade_id: fill for fill in (*known, *past)}
    for order in left:
        await _take_over(session, order, _unseen(order, fills.values(), known), recorder)
    for trade_id in fills:
        session.tracker.remember_trade(trade_id)
    client, ticker = session.client, session.market.ticker
    report_foreign(session, await read(lambda: client.get_active_orders(ticker)), recorder)
    session.listen()


def _inherit(session: VenueSession, left: Sequence[Order], recorder: Recorder) -> None:
    """Take the orders into the new journal before anything else: the next start looks into no older one."""
    for order in left:
        recorder.order_update(order, session.exchange)
        # After a crash the journal knows the intent but not whether it left; and nobody is cancelling any more.
        status = OrderStatus.UNKNOWN if order.status in _UNANSWERED else order.status
        # Two orders for one intent cannot be; if they are, that must not keep the bot from starting.
        is_free = session.tracker.by_intent(order.intent) is None
        intent = order.intent if is_free else f"{order.intent}/{order.client_order_id}"
        session.tracker.register(msgspec.structs.replace(order, intent=intent, status=status, pending_cancel=False))
    recorder.flush()


async def _begin(session: VenueSession, left: Sequence[Order]) -> tuple[Fill, ...]:
    """Start from the venue's position and money, and give the fills that this position holds."""
    client, ticker = session.client, session.market.ticker
    now = client.context.clock.now_ns()
    since_ns = min([now, *(order.created_ns for order in left)]) - _LOOK_BACK_NS
    position, past = await _read_standing(session, since_ns)
    session.agreed_ns = now
    session.beliefs.begin(position, await read(client.get_balance))
    session.beliefs.funding = await read(lambda: client.get_funding_rate(ticker))
    return past


async def _read_standing(session: VenueSession, since_ns: int) -> tuple[Position, tuple[Fill, ...]]:
    """Read a position and the fills it holds: no fill came between the reads.

    Raises:
        VenueError: fills kept coming.
    """
    client, ticker = session.client, session.market.ticker
    before = await read(lambda: client.fetch_fills(ticker, since_ns))
    for _ in range(_TRIES):
        position = await read(lambda: client.position(ticker))
        after = await read(lambda: client.fetch_fills(ticker, since_ns))
        if len(after) == len(before):
            return position, after
        before = after
    raise VenueError(f"{session.exchange} trades too fast on this account to find out where it stands")


def _unseen(order: Order, fills: Iterable[Fill], known: Sequence[Fill]) -> list[Fill]:
    """Give the fills of an order that its filled quantity does not hold yet, oldest first.

    It holds those that were journalled and, if an even earlier session counted some, the oldest others.
    """
    journalled = {fill.trade_id for fill in known}
    own = [fill for fill in fills if fill.client_order_id == order.client_order_id]
    own.sort(key=lambda fill: (fill.trade_id not in journalled, fill.time_ns))
    held, unseen = order.filled_quantity, []
    for fill in own:
        if fill.quantity <= held:
            held -= fill.quantity
        else:
            unseen.append(fill)
    return sorted(unseen, key=lambda fill: fill.time_ns)


async def _take_over(session: VenueSession, order: Order, unseen: Sequence[Fill], recorder: Recorder) -> None:
    client, ticker, key = session.client, session.market.ticker, order.client_order_id
    info = await read(lambda: client.get_order_info(ticker, key))
    if info is not None and info.status.is_terminal:
        session.executor.take_terms(info)
    elif info is not None:
        _compare_terms(session, order, info)
    for fill in unseen:
        _count_past_fill(session, fill, recorder)
    if info is not None:
        session.executor.follow(info)
    elif session.tracker.known(key).status is not OrderStatus.UNKNOWN:
        session.executor.gone(key)
    after = session.tracker.known(key)
    if after.status is OrderStatus.UNKNOWN:
        # It may still be on its way: it takes more than one look to call it lost.
        session.executor.resolve(key)
    if order.pending_cancel or after.intent != order.intent:
        session.executor.cancel(after.intent)
    recorder.event("recovered", f"order {order.intent} of the earlier session is {after.status.value}")


def _compare_terms(session: VenueSession, order: Order, info: OrderInfo) -> None:
    """Take the venue's terms over, unless an amend that made the order larger may still be on its way."""
    if info.size < order.quantity:
        session.executor.await_terms(order, info)
    else:
        session.executor.take_terms(info)


def _count_past_fill(session: VenueSession, fill: Fill, recorder: Recorder) -> None:
    """Count a fill that happened while nobody listened: the venue's position has it already, PnL begins now."""
    before = session.tracker.known(fill.client_order_id or "")
    after = session.tracker.on_fill(fill, session.client.context.clock.now_ns()) or before
    text = f"{fill.side.value} {plain(fill.quantity)} at {plain(fill.price)} filled while the bot was down"
    recorder.event("recovered", text)
    recorder.past_fill(fill, session.exchange)
    session.news.append(lambda reader: reader.notify_order_filled(after, fill))
    session.order_changed(before, after)
