"""Open orders and last decisions in the live view."""

from __future__ import annotations

import pytest
from sample_status import NOW_NS, bot, decision, line_with, order, orders, picture, venue, words

from console.tables import collapsed, decision_line, decisions_panel, orders_panel
from helpers.clock import NS_PER_S
from helpers.enums import OrderStatus, OrderType


def rungs(text: str) -> list[str]:
    """List the intents in the order they are shown."""
    return [word for word in words(text).split() if word.startswith("rung-")]


def test_order_shows_price_quantity_distance_and_age() -> None:
    """One line an order: side, price, quantity, filled, distance from the mid, age, intent."""
    text = picture(orders_panel(bot(venue(orders=(order(0),))), 1))
    assert len(text.splitlines()) == 4
    assert "open orders 1" in text
    assert line_with(text, "rung-0") == "sell 62,010.0 0.001 0 +0.016% 1m 00s rung-0"


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"status": OrderStatus.OPEN}, ""),
        ({"status": OrderStatus.INTENT}, " not sent"),
        ({"status": OrderStatus.SUBMITTED}, " sent"),
        ({"status": OrderStatus.UNKNOWN}, " unknown"),
        ({"status": OrderStatus.PARTIALLY_FILLED}, " partly"),
        ({"status": OrderStatus.OPEN, "pending_cancel": True}, " cancelling"),
    ],
)
def test_order_says_when_it_does_not_simply_rest(changes: dict[str, object], mark: str) -> None:
    """An order whose fate is open, or that is on its way out, is marked."""
    text = picture(orders_panel(bot(venue(orders=(order(0, **changes),))), 1))
    assert line_with(text, "rung-0").endswith(f"rung-0{mark}")


def test_no_orders() -> None:
    """An empty list says so."""
    text = picture(orders_panel(bot(), 1))
    assert "open orders 0" in text
    assert "none" in text


def test_forty_orders_show_the_nearest() -> None:
    """Of forty, the ten nearest to the mid are shown, highest price first, and thirty are counted."""
    text = picture(orders_panel(bot(venue(orders=orders(40))), 11))
    assert len(text.splitlines()) == 14
    assert "open orders 40" in text
    assert rungs(text) == [f"rung-{n}" for n in (8, 6, 4, 2, 0, 1, 3, 5, 7, 9)]
    assert "and 30 more" in text


def test_orders_that_fit_are_all_shown() -> None:
    """Eleven orders in eleven lines need no count."""
    text = picture(orders_panel(bot(venue(orders=orders(11))), 11))
    assert len(rungs(text)) == 11
    assert "more" not in text


def test_orders_without_a_book_have_no_distance() -> None:
    """Without a mid the distance is a dash; an order that carries no time has no age."""
    text = picture(orders_panel(bot(venue(bbo=None, orders=(order(0, created_ns=0),))), 1))
    assert line_with(text, "rung-0") == "sell 62,010.0 0.001 0 - - rung-0"


def test_market_order_has_no_price() -> None:
    """A market order on its way says "market"."""
    sent = order(0, price=None, order_type=OrderType.MARKET, status=OrderStatus.SUBMITTED)
    assert line_with(picture(orders_panel(bot(venue(orders=(sent,))), 1)), "rung-0").startswith("sell market 0.001 0 -")


def test_orders_of_several_venues_name_their_venue() -> None:
    """With two venues each order says where it rests, the first venue's first."""
    status = bot(venue(orders=(order(0),)), venue("lighter", orders=(order(2), order(1))))
    text = picture(orders_panel(status, 3))
    assert [words(line).split()[0] for line in text.splitlines()[2:5]] == ["paper", "lighter", "lighter"]
    assert rungs(text) == ["rung-0", "rung-2", "rung-1"]


def test_decisions_show_the_newest_last() -> None:
    """Of twenty, the last five fit, each with time, kind and reason."""
    recent = tuple(decision(f"reason {n}", at_s=n) for n in range(20))
    text = picture(decisions_panel(bot(recent=recent), 5, 100))
    assert len(text.splitlines()) == 7
    assert [words(line) for line in text.splitlines()[1:-1]] == [
        f"00:00:{n} place_order reason {n}" for n in range(15, 20)
    ]


def test_no_decisions_yet() -> None:
    """An empty list says so."""
    assert "none yet" in picture(decisions_panel(bot(recent=()), 5, 100))


def test_equal_decisions_are_joined() -> None:
    """What is said again and again takes one line, with the last time and a count."""
    waits = [decision("nothing to do", "wait", at_s) for at_s in (1, 2, 3)]
    lines = [decision("bought", "fill", 0), *waits, decision("sold", "fill", 4)]
    assert [(line.text, times) for line, times in collapsed(lines)] == [
        ("bought", 1),
        ("nothing to do", 3),
        ("sold", 1),
    ]
    text = picture(decisions_panel(bot(recent=tuple(lines)), 5, 100))
    assert line_with(text, "nothing") == "00:00:03 wait nothing to do (x3)"


def test_newest_reason_is_told_in_two_lines() -> None:
    """A long newest reason is broken at a word; older ones are cut."""
    reason = " ".join(f"word{n}" for n in range(16))
    text = picture(decisions_panel(bot(recent=(decision(reason), decision(reason + "!"))), 4, 100))
    older, first, second = (words(line) for line in text.splitlines()[1:4])
    assert older.endswith("…")
    assert f"{first} {second}" == f"00:00:12 place_order {reason}!"
    assert len(text.splitlines()) == 6


def test_a_reason_without_spaces_is_cut() -> None:
    """What cannot be broken at a word stays on its line."""
    text = picture(decisions_panel(bot(recent=(decision("x" * 200),)), 4, 100))
    assert text.splitlines()[1].rstrip(" │").endswith("…")
    assert words(text.splitlines()[2]) == ""


def test_decision_line_is_one_line_without_secrets() -> None:
    """Line breaks and codes beside the word "key" do not get through."""
    text = decision_line(decision("bad\nkey=deadbeef0123456789abcdef")).plain
    assert text.endswith("bad key=***")


def test_negative_age_is_none() -> None:
    """An order stamped after "now" by another clock is zero seconds old."""
    text = picture(orders_panel(bot(venue(orders=(order(0, created_ns=NOW_NS + NS_PER_S),))), 1))
    assert " 0s " in line_with(text, "rung-0") + " "
