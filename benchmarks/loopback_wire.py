"""What the loopback venue and its client say to each other: JSON over a WebSocket, as venues do."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Final, Literal

import msgspec

TICKER: Final = "BTC"
TICK: Final = Decimal("0.1")
DEPTH: Final = 10
FIRST_BID: Final = 650_000
_WANDER: Final = 2_000
"""Ticks the market rises before it falls again: no price comes twice while its answer is awaited."""


class Snapshot(msgspec.Struct, tag_field="type", tag="snapshot", gc=False):
    """The whole book."""

    seq: int
    ts: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class Update(msgspec.Struct, tag_field="type", tag="update", gc=False):
    """Ten changed levels a side."""

    seq: int
    ts: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class Ack(msgspec.Struct, tag_field="type", tag="ack", gc=False):
    """The venue's yes to an order, amend or cancel."""

    id: str
    order_id: str


class OrderMessage(msgspec.Struct, gc=False):
    """What the client sends."""

    op: Literal["place", "amend", "cancel"]
    id: str
    side: str = ""
    price: str = ""
    quantity: str = ""


def price_text(tick: int) -> str:
    """Write a price as the venue does."""
    return f"{tick // 10}.{tick % 10}"


def bid_at(number: int) -> int:
    """Give the best bid of a message in which the touch moves each time: up, and down again."""
    place = number % (2 * _WANDER)
    return FIRST_BID + min(place, 2 * _WANDER - place)


def book_message(number: int, rng: random.Random, *, moves: bool, whole: bool = False) -> bytes:
    """Write a book message of about 538 bytes.

    Args:
        number: its place in the stream.
        rng: for the quantities.
        moves: it moves the touch by one tick; else only levels behind the touch change.
        whole: it is the snapshot.
    """
    bid = bid_at(number) if moves else FIRST_BID
    first = 0 if moves or whole else 1
    bids = [(price_text(bid - level), _quantity(rng)) for level in range(first, DEPTH + first)]
    asks = [(price_text(bid + 1 + level), _quantity(rng)) for level in range(first, DEPTH + first)]
    if moves and not whole and number > 0:  # the level that went
        if bid_at(number - 1) > bid:
            bids[-1] = (price_text(bid + 1), "0.000")
        else:
            asks[-1] = (price_text(bid), "0.000")
    return msgspec.json.encode(
        {
            "type": "snapshot" if whole else "update",
            "channel": "orderbook.10",
            "market": "BTC-USD-PERP",
            "seq": number,
            "ts": 1_767_225_600_000 + number,
            "bids": bids,
            "asks": asks,
        }
    )


def _quantity(rng: random.Random) -> str:
    return f"{rng.randint(1, 29_999) / 1000:.3f}"
