"""Whose side a fill's side is, and which ids were used."""

from __future__ import annotations

import pytest
from paradex_samples import fill, order

from exchanges.paradex import memory as memory_module
from exchanges.paradex.memory import OrderMemory
from helpers.enums import Side

KNOWN = "1681493746016001"


def test_an_id_is_used_once() -> None:
    """The second order under an id is told from the first."""
    memory = OrderMemory()
    assert memory.use("5", Side.BUY)
    assert not memory.use("5", Side.SELL)


def test_a_fill_takes_the_side_of_its_order() -> None:
    """Whatever the fill calls its side: our order bought."""
    memory = OrderMemory()
    memory.learn(order(side="BUY"))
    assert memory.side_of_fill(fill(side="SELL", liquidity="MAKER")) is Side.BUY
    assert memory.side_of_fill(fill(side="BUY", liquidity="TAKER")) is Side.BUY


def test_a_fill_may_come_before_its_order_is_known() -> None:
    """Our own id says which order it is, from the moment it was sent."""
    memory = OrderMemory()
    memory.use("77", Side.SELL)
    assert memory.side_of_fill(fill(side="BUY", liquidity="MAKER")) is Side.SELL


def test_a_takers_side_is_ours_when_we_took() -> None:
    """Both readings agree on a fill of ours as taker."""
    assert OrderMemory().side_of_fill(fill(side="SELL", liquidity="TAKER", client_id="")) is Side.SELL


@pytest.mark.parametrize(("told", "ours"), [("BUY", Side.SELL), ("SELL", Side.BUY)])
def test_one_makers_fill_tells_how_to_read_all(told: str, ours: Side) -> None:
    """Unknown until an order could be compared; then every other fill is read the same way."""
    memory, stranger = OrderMemory(), fill(order_id="9", client_id="", side="SELL", liquidity="MAKER")
    assert memory.side_of_fill(stranger) is None
    memory.learn(order(side="BUY"))
    assert memory.side_of_fill(fill(side=told, liquidity="MAKER")) is Side.BUY
    assert memory.side_of_fill(stranger) is ours


def test_what_was_told_last_is_known() -> None:
    """A later account of an order replaces the earlier one; an order without our id is known by its side only."""
    memory = OrderMemory()
    memory.learn(order(size="1"))
    memory.learn(order(size="2"))
    memory.learn(order(id="x", client_id=""))
    found = memory.find("77")
    assert found is not None
    assert found.size == "2"
    assert memory.find("") is None


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest orders are forgotten."""
    monkeypatch.setattr(memory_module, "_KEPT", 3)
    memory = OrderMemory()
    for number in range(5):
        memory.learn(order(id=f"v{number}", client_id=str(number)))
        memory.use(str(number), Side.BUY)
    assert memory.find("1") is None
    assert memory.find("4") is not None
    assert memory.use("0", Side.BUY)
    assert not memory.use("4", Side.BUY)
