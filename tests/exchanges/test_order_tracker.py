"""The tracker: whatever the venue tells, in whatever order, leads to the one true account of our orders."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_samples import D, fill, info, order

from exchanges import order_tracker
from exchanges.order_tracker import OrderTracker
from exchanges.orders import OrderEvent
from helpers.enums import OrderStatus
from helpers.errors import OrderStateError
from helpers.models import Fill, Order, OrderInfo

S, E = OrderStatus, OrderEvent


def tracker(*orders: Order) -> OrderTracker:
    """Give a tracker that holds these orders, or one submitted order of ten."""
    held = OrderTracker()
    for each in orders or (order(status=S.SUBMITTED),):
        held.register(each)
    return held


def moved(after: Order | None) -> Order:
    """Give the order, which must be ours."""
    assert after is not None
    return after


# -- who is who -------------------------------------------------------------------------------


def test_orders_are_found_by_id_and_by_intent() -> None:
    """A live order is found both ways; one that is over only by its id."""
    held = tracker(order("1", "entry"), order("2", "close"))
    held.on_event("2", E.REJECTED, 1)
    assert held.known("1") is held.by_intent("entry")
    assert held.by_intent("close") is None
    assert held.known("2").status is S.REJECTED
    assert [each.client_order_id for each in held.live()] == ["1"]


def test_the_list_of_live_orders_is_made_once() -> None:
    """Asking twice gives the same list; a change gives a new one, still oldest first."""
    held = tracker(order("1", "a"), order("2", "b"), order("3", "c"))
    first = held.live()
    assert held.live() is first
    held.on_event("1", E.SENT, 1)
    assert [each.client_order_id for each in held.live()] == ["1", "2", "3"]


def test_one_live_order_per_intent() -> None:
    """A second live order for an intent is refused; after the first one's end it is welcome."""
    held = tracker(order("1", "entry"))
    with pytest.raises(OrderStateError, match="'entry' already has a live order"):
        held.register(order("2", "entry"))
    held.on_event("1", E.REJECTED, 1)
    held.register(order("2", "entry"))
    assert moved(held.by_intent("entry")).client_order_id == "2"


def test_an_id_is_used_once() -> None:
    """Neither a live order's id nor that of one that is over can be used again."""
    held = tracker(order("1", "a"), order("2", "b", status=S.CANCELLED))
    for key in ("1", "2"):
        with pytest.raises(OrderStateError, match=f"client order id {key} was used before"):
            held.register(order(key, "c"))


def test_an_order_that_was_over_when_it_came_carries_no_intent() -> None:
    """An order that is over takes no intent, not even when it fills late."""
    held = tracker(order("1", "a", status=S.CANCELLED), order("2", "a"))
    held.on_fill(fill("t1", "1"), 1)
    assert moved(held.by_intent("a")).client_order_id == "2"


def test_what_is_not_ours_is_ignored() -> None:
    """Fills and news of unknown orders, or of orders without our id, change nothing."""
    held = tracker()
    before = held.live()
    assert held.get(None) is None
    assert held.on_fill(fill("t1", None), 1) is None
    assert held.on_fill(fill("t2", "77"), 1) is None
    assert held.on_info(info(S.OPEN, None), 1) is None
    assert held.on_info(info(S.OPEN, "77"), 1) is None
    assert held.live() is before


@pytest.mark.parametrize(
    "move",
    [
        lambda held: held.on_event("77", E.SENT, 1),
        lambda held: held.on_amended("77", D(1), D(1), 1),
        lambda held: held.set_pending_cancel("77", pending=True, now_ns=1),
    ],
)
def test_an_order_nobody_knows_cannot_be_moved(move: Callable[[OrderTracker], Order]) -> None:
    """What the bot itself says of an order it never had is a mistake and raises."""
    with pytest.raises(OrderStateError, match="there is no order 77"):
        move(tracker())


# -- fills ------------------------------------------------------------------------------------


def test_a_fill_counts_once() -> None:
    """The same trade id again, at once or after others, adds nothing."""
    held = tracker()
    held.on_fill(fill("t1", quantity="3"), 1)
    held.on_fill(fill("t2", quantity="2"), 2)
    assert held.on_fill(fill("t1", quantity="3"), 3) is None
    assert held.on_fill(fill("t2", quantity="2"), 4) is None
    assert (held.known("1").filled_quantity, held.has_trade("t1"), held.has_trade("t9")) == (5, True, False)


def test_a_trade_of_before_is_not_counted() -> None:
    """A trade id that was remembered without its fill is known."""
    held = tracker()
    held.remember_trade("t1")
    assert held.on_fill(fill("t1"), 1) is None


def test_a_fill_before_the_acknowledgement() -> None:
    """A fill that overtakes the reply counts, and the reply afterwards changes nothing but the venue's id."""
    held = tracker()
    assert moved(held.on_fill(fill("t1", quantity="4"), 1)).status is S.PARTIALLY_FILLED
    assert held.on_event("1", E.ACCEPTED, 2, order_id="v1").status is S.PARTIALLY_FILLED
    assert moved(held.on_fill(fill("t2", quantity="6"), 3)).status is S.FILLED
    over = held.known("1")
    assert held.on_event("1", E.ACCEPTED, 4, order_id="v1") is over


def test_a_fill_after_the_cancel() -> None:
    """A cancelled order still owns its late fills, and stays over."""
    held = tracker()
    held.on_info(info(S.CANCELLED), 1)
    late = moved(held.on_fill(fill("t1", quantity="4"), 2))
    assert (late.status, late.filled_quantity, held.live()) == (S.CANCELLED, 4, ())


def test_a_fill_of_an_order_called_lost() -> None:
    """An order that was not found and yet fills was real: its fill counts."""
    held = tracker(order(status=S.UNKNOWN))
    assert held.on_event("1", E.NOT_FOUND, 1).status is S.REJECTED
    assert moved(held.on_fill(fill("t1", quantity="10"), 2)).status is S.FILLED


def test_more_than_was_ordered_cannot_fill() -> None:
    """A fill beyond the order's quantity raises, and is not counted."""
    held = tracker()
    with pytest.raises(OrderStateError):
        held.on_fill(fill("t1", quantity="11"), 1)
    assert (held.known("1").filled_quantity, held.has_trade("t1")) == (0, False)


# -- the venue's account ------------------------------------------------------------------------


def test_an_end_waits_for_its_fills() -> None:
    """Cancelled with four filled is not over before the four are known."""
    held = tracker()
    assert moved(held.on_info(info(S.CANCELLED, filled="4"), 1)).status is S.SUBMITTED
    assert [each.client_order_id for each in held.missing_fills()] == ["1"]
    assert moved(held.on_fill(fill("t1", quantity="3"), 2)).is_live
    over = moved(held.on_fill(fill("t2", quantity="1"), 3))
    assert (over.status, over.filled_quantity, over.order_id) == (S.CANCELLED, 4, "v1")
    assert held.missing_fills() == ()


def test_a_held_end_is_not_taken_back_by_older_news() -> None:
    """News of an open order that arrives after its end was held back does not make the end forgotten."""
    held = tracker()
    held.on_info(info(S.EXPIRED, filled="4", reason="time"), 1)
    held.on_info(info(S.OPEN), 2)
    held.on_info(info(S.PARTIALLY_FILLED, filled="2"), 2)
    over = moved(held.on_fill(fill("t1", quantity="4"), 3))
    assert (over.status, over.reason) == (S.EXPIRED, "time")


def test_a_newer_end_replaces_a_held_one() -> None:
    """The venue's last word on what filled counts, also when it is less than before."""
    held = tracker()
    held.on_info(info(S.CANCELLED, filled="4"), 1)
    over = moved(held.on_info(info(S.CANCELLED, filled="0"), 2))
    assert (over.status, held.missing_fills()) == (S.CANCELLED, ())


def test_a_resting_order_that_filled_more_than_we_know() -> None:
    """An open order of which the venue counts more filled is listed as missing fills until they come."""
    held = tracker()
    assert moved(held.on_info(info(S.PARTIALLY_FILLED, filled="3"), 1)).status is S.OPEN
    held.on_info(info(S.PARTIALLY_FILLED, filled="2"), 1)
    held.on_fill(fill("t1", quantity="2"), 2)
    assert len(held.missing_fills()) == 1
    held.on_fill(fill("t2", quantity="1"), 2)
    assert held.missing_fills() == ()


def test_filled_is_said_by_the_fills() -> None:
    """The venue's 'filled' waits for the fills even where it names no filled quantity."""
    held = tracker()
    assert moved(held.on_info(info(S.FILLED), 1)).is_live
    assert moved(held.on_fill(fill("t1", quantity="10"), 2)).status is S.FILLED
    over = held.known("1")
    assert held.on_info(info(S.FILLED, filled="10"), 3) is over


def test_filled_with_less_than_was_ordered() -> None:
    """Filled at four of the ten we know of: it was made smaller at the venue, and is over."""
    held = tracker()
    held.on_fill(fill("t1", quantity="4"), 1)
    over = moved(held.on_info(info(S.FILLED, filled="4", size="4"), 2))
    assert (over.status, over.quantity) == (S.FILLED, 4)


def test_filled_with_nothing_is_nonsense_and_changes_nothing() -> None:
    """A filled order of no size says nothing."""
    held = tracker()
    assert moved(held.on_info(info(S.FILLED, size="0"), 1)).status is S.SUBMITTED


@pytest.mark.parametrize("status", [S.INTENT, S.SUBMITTED, S.UNKNOWN])
def test_an_account_that_says_nothing(status: OrderStatus) -> None:
    """An order the venue itself has not decided on stays where it is."""
    held = tracker()
    before = held.known("1")
    assert held.on_info(info(status), 1) is before


def test_amend_and_pending_cancel_are_kept() -> None:
    """New terms and the note of a cancel are found again."""
    held = tracker(order(status=S.OPEN))
    held.on_amended("1", D(99), D(12), 1)
    held.set_pending_cancel("1", pending=True, now_ns=2)
    kept = held.known("1")
    assert (kept.price, kept.quantity, kept.pending_cancel) == (99, 12, True)


# -- memory -------------------------------------------------------------------------------------


def test_old_orders_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many orders that are over are remembered, with what belongs to them; live ones always are."""
    monkeypatch.setattr(order_tracker, "_KEPT_ORDERS", 3)
    held = tracker(order("live", "live"))
    for number in range(6):
        held.register(order(str(number), "entry", status=S.SUBMITTED))
        held.on_event(str(number), E.REJECTED, number)
        held.on_info(info(S.CANCELLED, str(number), filled="1"), number)
    assert [held.get(str(number)) is not None for number in range(6)] == [False] * 3 + [True] * 3
    assert [each.client_order_id for each in held.missing_fills()] == ["3", "4", "5"]
    assert held.get("live") is not None


def test_old_trades_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many trade ids are remembered, the newest."""
    monkeypatch.setattr(order_tracker, "_KEPT_TRADES", 3)
    held = tracker()
    for number in range(5):
        held.remember_trade(f"t{number}")
    assert [held.has_trade(f"t{number}") for number in range(5)] == [False, False, True, True, True]


# -- whatever comes, in whatever order -------------------------------------------------------------

Message = Fill | OrderInfo | OrderEvent


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Fill], list[OrderInfo], OrderInfo, OrderEvent]:
    """Draw what happened to one order of ten: its fills, what was told of it, its last state, its reply."""
    sizes = draw(st.lists(st.integers(1, 4), max_size=6))
    while sum(sizes) > 10:
        sizes.pop()
    prices = draw(st.lists(st.integers(90, 110), min_size=len(sizes), max_size=len(sizes)))
    fills = [
        fill(f"t{number}", quantity=str(size), price=str(price), time_ns=number)
        for number, (size, price) in enumerate(zip(sizes, prices, strict=True))
    ]
    told = [info(S.OPEN)]
    for number in range(len(fills)):
        filled = sum(sizes[: number + 1])
        told.append(info(S.PARTIALLY_FILLED if filled < 10 else S.FILLED, filled=str(filled)))
    if sum(sizes) == 10:
        return fills, told, told[-1], draw(st.sampled_from([E.ACCEPTED, E.REPLY_LOST]))
    ends = [S.CANCELLED, S.EXPIRED, *([] if sizes else [S.REJECTED]), told[-1].status]
    end = info(draw(st.sampled_from(ends)), filled=str(sum(sizes)))
    replies = [E.ACCEPTED, E.REPLY_LOST, *([E.REJECTED] if end.status is S.REJECTED else [])]
    return fills, [*told, end], end, draw(st.sampled_from(replies))


@settings(max_examples=400, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.booleans())
def test_every_order_of_messages_leads_to_the_truth(
    history: tuple[list[Fill], list[OrderInfo], OrderInfo, OrderEvent], rng: random.Random, fills_first: bool
) -> None:
    """Messages lost, doubled and shuffled, and then one look at the venue: the order is as the venue has it."""
    fills, told, last, reply = history
    messages: list[Message] = [*fills, *told, reply]
    messages += rng.choices(messages, k=5)
    messages = rng.sample(messages, rng.randint(0, len(messages)))
    truth: list[Message] = [*fills, last] if fills_first else [last, *fills]
    held = tracker()
    for now, message in enumerate([*messages, *truth]):
        _tell(held, message, now)
    found = held.known("1")
    filled = sum((each.quantity for each in fills), Decimal(0))
    assert found.status is last.status
    assert found.filled_quantity == filled
    if fills:
        spent = sum((each.quantity * each.price for each in fills), Decimal(0))
        assert abs(moved(found).average_price * filled - spent) < D("1e-20")  # type: ignore[operator]  # it has filled
    assert held.missing_fills() == ()
    assert held.live() == ((found,) if found.is_live else ())


def _tell(held: OrderTracker, message: Message, now: int) -> None:
    if isinstance(message, Fill):
        held.on_fill(message, now)
    elif isinstance(message, OrderInfo):
        held.on_info(message, now)
    else:
        held.on_event("1", message, now)
