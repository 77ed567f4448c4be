"""Running checks: what we believe, compared with the venue's own account of things.

Missed fills are read, orders that vanished are asked about, orders that should be over are
cancelled, and what is nobody's is reported. A position that still differs, look after look, was
changed outside the bot: the venue is believed and the difference is told.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exchanges.inquiry import SKEW_NS
from exchanges.venue_session import VenueSession
from helpers.enums import OrderStatus
from helpers.errors import VenueError
from helpers.models import OrderInfo, Position
from helpers.money import plain
from helpers.recorder import Recorder

_QUIET_NS: Final = 5_000_000_000
"""How long an order must have stood still before its absence means something: news may be on its way."""
_LOOKS_S: Final = (2.0, 3.0)
"""Waits between the looks that must all show the same difference. Nothing is decided meanwhile (session.doubt)."""
_RESTING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})


async def check_truth(session: VenueSession, recorder: Recorder) -> str:
    """Compare what we believe with what the venue says; give what is wrong, or nothing."""
    client = session.client
    try:
        if not client.is_complete:
            await _check_orders(session, recorder)
            await _check_position(session, recorder)
            session.on_balance(await client.get_balance())
        session.beliefs.funding = await client.get_funding_rate(session.market.ticker)
    except (VenueError, OSError) as error:
        return f"{session.exchange} does not answer: {error}"
    return ""


def report_foreign(session: VenueSession, resting: tuple[OrderInfo, ...], recorder: Recorder) -> None:
    """Tell once of each open order at the venue that is not this bot's."""
    foreign = {info.order_id: info for info in resting if session.tracker.get(info.client_order_id) is None}
    for order_id, info in foreign.items():
        if order_id not in session.foreign:
            price = "market" if info.price is None else plain(info.price)
            what = f"{info.side.value} {plain(info.size)} at {price}"
            recorder.event("recovered", f"open order {order_id} ({what}) is not this bot's: it is left alone")
    session.foreign = frozenset(foreign)


# -- orders ---------------------------------------------------------------------------------


async def _check_orders(session: VenueSession, recorder: Recorder) -> None:
    client, ticker = session.client, session.market.ticker
    asked_ns = client.context.clock.now_ns()
    resting = await client.get_active_orders(ticker)
    report_foreign(session, resting, recorder)
    for info in resting:
        _compare(session, info, asked_ns)
    there = {info.client_order_id for info in resting}
    for order in session.tracker.live():
        stands = order.status in _RESTING and order.updated_ns <= asked_ns - _QUIET_NS
        if stands and order.client_order_id not in there:
            await session.executor.look_at(order.client_order_id)


def _compare(session: VenueSession, info: OrderInfo, asked_ns: int) -> None:
    """Bring one of our orders in line with what the venue lists."""
    order = session.tracker.get(info.client_order_id)
    if order is None:
        return
    if order.is_live:
        session.on_order(info)
    if order.updated_ns > asked_ns - _QUIET_NS:
        return
    if order.is_live:
        session.executor.take_terms(info)
    else:
        session.executor.cancel_stray(order.client_order_id)


# -- the position ---------------------------------------------------------------------------


async def _check_position(session: VenueSession, recorder: Recorder) -> None:
    """Read missed fills where the venue's position differs from ours; believe it if it keeps differing."""
    if await _difference(session) is None:
        return
    for fill in await session.client.fetch_fills(session.market.ticker, session.agreed_ns - SKEW_NS):
        session.on_fill(fill)
    try:
        await _settle_difference(session, recorder)
    finally:
        session.doubt = ""


async def _settle_difference(session: VenueSession, recorder: Recorder) -> None:
    found = await _difference(session)
    session.doubt = "" if found is None else _doubt(session, found[0])
    for wait_s in _LOOKS_S:
        if found is None:
            return
        await session.client.context.clock.sleep(wait_s)
        before, found = found, await _difference(session)
        if found is not None and found[1] != before[1]:
            return
    if found is not None:
        _overrule(session, found[0], recorder)


def _doubt(session: VenueSession, told: Position) -> str:
    ours = session.beliefs.ledger.position
    return f"the venue says that the position is {plain(told.quantity)}, our fills say {plain(ours)}"


async def _difference(session: VenueSession) -> tuple[Position, Decimal] | None:
    """Read the position and its difference from ours; None if there is none, or if something came meanwhile."""
    asked_ns, changes = session.client.context.clock.now_ns(), session.changes
    told = await session.client.position(session.market.ticker)
    difference = told.quantity - session.beliefs.ledger.position
    if session.changes != changes:
        return None
    if not difference:
        session.agreed_ns = asked_ns
        return None
    return told, difference


def _overrule(session: VenueSession, told: Position, recorder: Recorder) -> None:
    ours = session.beliefs.ledger.position
    if not session.beliefs.overrule(told):
        return
    session.changes += 1
    recorder.event(
        "health",
        f"position on {session.exchange} is {plain(told.quantity)}, our fills say {plain(ours)}: "
        "changed outside the bot, taken over",
    )
