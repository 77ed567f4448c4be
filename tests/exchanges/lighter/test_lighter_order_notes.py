"""What is remembered of our orders: ends stay ends, strangers are none of ours, and memory has a limit."""

from __future__ import annotations

import pytest
from worlds import D

from exchanges.lighter import order_notes
from exchanges.lighter.order_notes import OrderNotes, SentOrder
from helpers.enums import OrderStatus, Side
from helpers.models import OrderInfo


def info(key: str | None = "1", status: OrderStatus = OrderStatus.OPEN) -> OrderInfo:
    """The venue's account of an order."""
    return OrderInfo(order_id="9", client_order_id=key, side=Side.BUY, size=D(1), price=D(1), status=status)


def test_an_order_that_is_over_stays_over() -> None:
    """News that overtook its end changes nothing."""
    notes = OrderNotes()
    notes.saw(info(status=OrderStatus.FILLED))
    notes.saw(info(status=OrderStatus.OPEN))
    assert notes.is_over("1")
    assert notes.is_known("1")


def test_orders_without_our_id_are_not_ours() -> None:
    """Nothing is remembered of them."""
    notes = OrderNotes()
    notes.saw(info(key=None))
    assert not notes.is_known("None")
    assert notes.get("1") is None


def test_a_refused_id_is_free_again() -> None:
    """It was never at the venue."""
    notes = OrderNotes()
    notes.sending("1")
    assert notes.is_known("1")
    notes.unsent("1")
    assert not notes.is_known("1")


def test_memory_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten first."""
    monkeypatch.setattr(order_notes, "_KEPT", 2)
    notes = OrderNotes()
    for number in range(3):
        notes.carried_by(f"hash {number}", SentOrder(1, info(str(number))))
    assert notes.order_of("hash 0") is None
    sent = notes.order_of("hash 2")
    assert sent is not None
    assert sent.info.client_order_id == "2"
