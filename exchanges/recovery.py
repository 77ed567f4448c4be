"""Start-up and running checks against the venue's own account of things.

Start-up is always recovery: what an earlier session left live is asked about by client order
id, fills are read, the position is the venue's. Every open order at the venue is ours, or
reported. A failed read stops the start: unknown is not empty.
"""

from __future__ import annotations

from collections.abc import Sequence

from exchanges.orders import OrderEvent
from exchanges.reads import read
from exchanges.venue_session import VenueSession
from helpers.errors import VenueError
from helpers.models import Fill, Order, OrderStatus
from helpers.money import plain
from helpers.recorder import Recorder

_QUIET_NS = 5_000_000_000
"""How long nothing may have come before a difference is believed: news may still be on its way."""


async def recover(session: VenueSession, left: Sequence[Order], known: Sequence[Fill], recorder: Recorder) -> None:
    """Bring a session in line with the venue before anything is decided.

    Args:
        session: connected, nothing known yet.
        left: orders of an earlier session that were live when it ended.
        known: fills that session had counted.
        recorder: told what was found.

    Raises:
        VenueError: the venue does not answer; nothing may be traded.
    """
    client, ticker = session.client, session.market.ticker
    for fill in known:
        session.tracker.remember_trade(fill.trade_id)
    for order in left:
        session.tracker.register(order)
    session.beliefs.begin(await read(lambda: client.position(ticker)), await read(client.get_balance))
    session.beliefs.funding = await read(lambda: client.get_funding_rate(ticker))
    for order in left:
        await _take_over(session, order, recorder)
    await _report_foreign(session, recorder)


async def _take_over(session: VenueSession, order: Order, recorder: Recorder) -> None:
    client, ticker, key = session.client, session.market.ticker, order.client_order_id
    now = client.context.clock.now_ns()
    if order.status in {OrderStatus.INTENT, OrderStatus.SUBMITTED}:
        session.tracker.on_event(key, OrderEvent.REPLY_LOST, now)
    for fill in await read(lambda: client.fetch_fills(ticker, order.created_ns)):
        if fill.client_order_id == key:
            _count_past_fill(session, fill, recorder)
    info = await read(lambda: client.get_order_info(ticker, key))
    if info is not None:
        after = session.tracker.on_info(info, now)
    else:
        after = session.tracker.get(key)
        if after is not None and after.is_live:
            after = session.tracker.on_event(key, OrderEvent.NOT_FOUND, now, reason="the venue no longer knows it")
    if after is not None:
        session.order_changed(after)
        recorder.event("recovered", f"order {order.intent} of the earlier session is {after.status.value}")


def _count_past_fill(session: VenueSession, fill: Fill, recorder: Recorder) -> None:
    """Count a fill that happened while nobody listened: the venue's position has it already, PnL begins now."""
    if session.tracker.has_trade(fill.trade_id):
        return
    order = session.tracker.on_fill(fill, session.client.context.clock.now_ns())
    if order is not None:
        recorder.event(
            "recovered",
            f"{fill.side.value} {plain(fill.quantity)} at {plain(fill.price)} filled while the bot was down",
        )
        session.news.append(lambda reader: reader.notify_order_filled(order, fill))


async def _report_foreign(session: VenueSession, recorder: Recorder) -> None:
    client, ticker = session.client, session.market.ticker
    for info in await read(lambda: client.get_active_orders(ticker)):
        if session.tracker.get(info.client_order_id) is None:
            price = "market" if info.price is None else plain(info.price)
            recorder.event(
                "recovered",
                f"open order {info.order_id} ({info.side.value} {plain(info.size)} at {price}) is not this bot's: "
                "it is left alone",
            )


async def check_truth(session: VenueSession, recorder: Recorder) -> str:
    """Compare what we believe with what the venue says; give what is wrong, or nothing.

    A difference counts only when nothing came lately and missed fills do not explain it.
    """
    client, ticker = session.client, session.market.ticker
    now = client.context.clock.now_ns()
    if now - session.last_change_ns < _QUIET_NS:
        return ""
    try:
        told = await client.position(ticker)
        if told.quantity != session.beliefs.ledger.position:
            for fill in await client.fetch_fills(ticker, session.last_change_ns):
                session.on_fill(fill)
        await _check_orders(session)
        session.on_balance(await client.get_balance())
        session.beliefs.funding = await client.get_funding_rate(ticker)
    except (VenueError, OSError) as error:
        return f"{session.exchange} does not answer: {error}"
    if told.quantity != session.beliefs.ledger.position and session.last_change_ns < now:
        recorder.event(
            "health",
            f"position on {session.exchange} is {plain(told.quantity)}, our fills say "
            f"{plain(session.beliefs.ledger.position)}: changed outside the bot, taken over",
        )
        session.beliefs.overrule(told)
    return ""


async def _check_orders(session: VenueSession) -> None:
    client, ticker = session.client, session.market.ticker
    there = {info.client_order_id for info in await client.get_active_orders(ticker)}
    for order in session.tracker.live():
        if order.client_order_id in there or order.status not in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}:
            continue
        info = await client.get_order_info(ticker, order.client_order_id)
        for fill in await client.fetch_fills(ticker, order.created_ns):
            session.on_fill(fill)
        now = client.context.clock.now_ns()
        current = session.tracker.get(order.client_order_id)
        if info is not None:
            session.on_order(info)
        elif current is not None and current.is_live:
            session.order_changed(
                session.tracker.on_event(order.client_order_id, OrderEvent.NOT_FOUND, now, reason="gone at the venue")
            )
