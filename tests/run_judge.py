"""What is wrong with a run that is over, from its journal alone and from the venue's own account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from helpers.enums import OrderStatus
from helpers.journal_reader import JournalReader
from helpers.journal_schema import EventRecord
from helpers.models import Order
from simulation.account import SimAccount

MOST_LIVE = 100
"""Orders at once: what the risk manager allows by default."""
RACES = ("post", "reduce")
"""Words of refusals that nobody can foresee: the book, or the position, changed on the way."""
MOST_RACES = Decimal("0.1")
"""Of all orders."""


def session_folder(runs: Path) -> Path:
    """Give the folder of the one session below."""
    (folder,) = [path for path in runs.iterdir() if path.is_dir()]
    return folder


def judge(runs: Path, account: SimAccount) -> list[str]:
    """List what is wrong; empty if nothing is."""
    with JournalReader(session_folder(runs)) as journal:
        orders, events, fills = journal.orders(), journal.events(), journal.fills()
    wrong = [f"{event.kind}: {event.text}" for event in events if _is_trouble(event)]
    wrong += [f"rejected: {order.reason}" for order in orders if _is_knowable(order)]
    raced = sum(order.status is OrderStatus.REJECTED and not _is_knowable(order) for order in orders)
    if raced > max(5, MOST_RACES * len(orders)):
        wrong.append(f"{raced} of {len(orders)} orders were refused by a race")
    if most_at_once(orders) > MOST_LIVE:
        wrong.append(f"{most_at_once(orders)} orders at once")
    ours = Counter((fill.side, fill.price, fill.quantity) for fill in fills)
    theirs = Counter((fill.side, fill.price, fill.quantity) for fill in account.fills)
    if ours != theirs:
        wrong.append(f"we counted {len(fills)} fills, the venue {len(account.fills)}")
    paid = sum((fill.price * fill.quantity * -fill.side.sign - fill.fee for fill in account.fills), Decimal(0))
    if not account.held():
        funding = sum((book.funding for book in account.ledgers.values()), Decimal(0))
        if account.wallet != account.deposit + paid + funding:
            wrong.append(f"the cash does not add up: {account.wallet}")
    return wrong


def most_at_once(orders: Iterable[Order]) -> int:
    """Count the most orders that lived at the same time, as the journal has it."""
    changes = [(order.created_ns, 1) for order in orders]
    changes += [(order.updated_ns, -1) for order in orders if not order.is_live]
    live = most = 0
    for _, change in sorted(changes):
        live += change
        most = max(most, live)
    return most


def _is_trouble(event: EventRecord) -> bool:
    """Whether an event is a fault of ours; quotes that leave a broken book are as they should be."""
    withdrawn = "the book " in event.text and ": cancelled " in event.text
    return event.kind in {"refused", "health"} and not withdrawn


def _is_knowable(order: Order) -> bool:
    """Whether the venue refused it for a reason that could have been known."""
    return order.status is OrderStatus.REJECTED and not any(word in order.reason.lower() for word in RACES)
