"""Leaving a venue in good order: cancel, close, and say what remains."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exchanges.truth import check_truth
from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop, OrderParams
from helpers.enums import MarketKind, OrderType, Side
from helpers.errors import JournalError
from helpers.money import plain
from helpers.recorder import Recorder

CLOSE_INTENT: Final = "close-position"
_SETTLE_S: Final = 30.0
_ATTEMPTS: Final = 3


async def leave(session: VenueSession, on_stop: OnStop, recorder: Recorder) -> list[str]:
    """Do what was chosen for a stop, and give a line for everything that is left at the venue.

    Nothing that increases risk is sent from the first line on.
    """
    executor = session.executor
    executor.only_reduce()
    settled = await (executor.settle(_SETTLE_S) if on_stop is OnStop.KEEP else _cancel_orders(session))
    if on_stop is OnStop.CLOSE:
        await _close(session, recorder)
    await executor.abandon()
    return _remains(session, settled=settled, kept=on_stop is OnStop.KEEP)


def close_position(session: VenueSession, reason: str) -> bool:
    """Send a reduce-only market order over the whole position; False if there is none or one is on its way."""
    position = session.beliefs.position
    if position is None or not position.quantity or session.tracker.by_intent(CLOSE_INTENT) is not None:
        return False
    params = OrderParams(
        side=Side.SELL if position.quantity > 0 else Side.BUY,
        quantity=abs(position.quantity),
        intent=CLOSE_INTENT,
        order_type=OrderType.MARKET,
        reduce_only=True,
    )
    session.executor.submit(params, reason)
    return True


async def _cancel_orders(session: VenueSession) -> bool:
    """Cancel all our orders, again where the venue refused; False if it did not answer everything in time."""
    settled = True
    for _ in range(_ATTEMPTS):
        for order in session.tracker.live():
            session.executor.cancel(order.intent)
        settled = await session.executor.settle(_SETTLE_S)
        if not settled or not session.tracker.live():
            break
    return settled


async def _close(session: VenueSession, recorder: Recorder) -> None:
    """Close the position as the venue has it: news of a last fill may not have come."""
    for _ in range(_ATTEMPTS):
        await check_truth(session, recorder)
        try:
            sent = close_position(session, "the bot stops and closes")
        except JournalError as error:
            recorder.event("stop", f"the position on {session.exchange} is not closed: {error}")
            return
        if not sent and session.tracker.by_intent(CLOSE_INTENT) is None:
            return
        await session.executor.settle(_SETTLE_S)
    await check_truth(session, recorder)


def _remains(session: VenueSession, *, settled: bool, kept: bool) -> list[str]:
    lines = []
    orders = session.tracker.live()
    if orders and kept:
        lines.append(f"{len(orders)} orders stay open on {session.exchange}: on-stop is keep")
    elif orders:
        names = ", ".join(order.intent for order in orders[:5])
        lines.append(f"{len(orders)} orders may still be open on {session.exchange}: {names}")
    elif not settled:
        lines.append(f"{session.exchange} did not answer everything in time")
    position = session.beliefs.position
    if position is None:
        lines.append(f"the position on {session.exchange} is unknown")
    elif position.quantity != Decimal(0):
        base = f"{plain(abs(position.quantity))} {session.market.ticker}"
        what = base if session.market.kind is MarketKind.SPOT else f"a {position.side.value} position of {base}"
        lines.append(f"{what} stays on {session.exchange}")
    return lines
