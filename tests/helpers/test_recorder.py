"""The recorder: journal, counters, trace and lines, each thing once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from worlds import Lines, limit

from helpers.decisions import AmendParams, StrategyAction, StrategyResult
from helpers.enums import Liquidity, OrderStatus, Side
from helpers.errors import JournalError
from helpers.journal import Journal
from helpers.journal_reader import JournalReader
from helpers.journal_schema import SessionInfo
from helpers.models import Fill, FundingPayment, Order
from helpers.recorder import Recorder
from helpers.status import PnL
from simulation.virtual_loop import VirtualClock, VirtualLoop

D = Decimal
INFO = SessionInfo(session="s", strategy="grid", exchange="paper", account_id="x", ticker="BTC", seed=0, started_ns=0)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    """A recorder on an empty journal, at time 7."""
    loop = VirtualLoop(7)
    made = Recorder(Journal.create(tmp_path, INFO), VirtualClock(loop), Lines())
    yield made
    made.journal.abandon()
    loop.close()


def lines(recorder: Recorder) -> list[tuple[str, str]]:
    """Give the lines people read: kind and text."""
    assert isinstance(recorder._observer, Lines)
    assert list(recorder.recent) == recorder._observer.lines[-50:]
    return [(line.kind, line.text) for line in recorder._observer.lines]


def read(recorder: Recorder) -> JournalReader:
    """Read what was committed."""
    recorder.flush()
    return JournalReader(recorder.journal.path)


def result(action: StrategyAction = StrategyAction.PLACE_ORDER, message: str = "why", **more: Any) -> StrategyResult:
    """Give a decision."""
    return StrategyResult(action=action, message=message, **more)


def order(**more: Any) -> Order:
    """Give an order."""
    return Order(intent="entry", client_order_id="1", side=Side.BUY, quantity=D(1), price=D(100), **more)


def fill(trade_id: str = "t1", side: Side = Side.BUY) -> Fill:
    """Give an execution."""
    return Fill(
        trade_id=trade_id,
        order_id="v1",
        client_order_id="1",
        ticker="BTC",
        side=side,
        price=D("100.50"),
        quantity=D("0.10"),
        fee=D("0.010"),
        liquidity=Liquidity.MAKER,
        time_ns=5,
    )


# -- decisions ----------------------------------------------------------------------------------


def test_a_decision_is_written_counted_and_said(recorder: Recorder) -> None:
    """With its reason and everything it asks for, cancels first."""
    asked = result(
        orders=(limit("new", Side.BUY, "1"),),
        cancels=("old",),
        amends=(AmendParams(intent="mid", price=D(1), quantity=D(1)),),
    )
    recorder.decision(asked)
    assert (recorder.decisions, lines(recorder)) == (1, [("place_order", "why")])
    with read(recorder) as journal:
        (written,) = journal.decisions()
    assert (written.time_ns, written.action, written.message, written.order_intents) == (
        7, "place_order", "why", ("old", "mid", "new"),
    )  # fmt: skip


def test_the_same_thing_is_said_once(recorder: Recorder) -> None:
    """A wait that is decided again and again is one decision, until something else was said."""
    for message in ("quiet", "quiet", "quiet", "other", "quiet"):
        recorder.decision(result(StrategyAction.WAIT, message))
    assert [text for _, text in lines(recorder)] == ["quiet", "other", "quiet"]


def test_what_asks_for_something_is_always_said(recorder: Recorder) -> None:
    """Two orders for the same reason are two decisions; so are cancels and amends."""
    for more in (
        {"orders": (limit("a", Side.BUY, "1"),)},
        {"cancels": ("a",)},
        {"amends": (AmendParams(intent="a", price=D(1), quantity=D(1)),)},
    ):
        recorder.decision(result(**more))
        recorder.decision(result(**more))
    assert recorder.decisions == 6


def test_words_alone_are_a_note(recorder: Recorder) -> None:
    """A result that explains itself and asks for nothing is shown as a note, not as an order."""
    recorder.decision(result(message="the range was left"))
    assert lines(recorder) == [("note", "the range was left")]


def test_nothing_is_no_decision(recorder: Recorder) -> None:
    """NONE is neither written nor said."""
    recorder.decision(result(StrategyAction.NONE))
    assert (recorder.decisions, lines(recorder)) == (0, [])


# -- orders and fills ---------------------------------------------------------------------------


def test_an_intent_is_committed_when_it_returns(recorder: Recorder) -> None:
    """Another reader sees it at once, with the reason; its later state after the next commit."""
    recorder.intent(order(), "paper", "because")
    with JournalReader(recorder.journal.path) as journal:
        assert [each.status for each in journal.live_orders()] == [OrderStatus.INTENT]
        assert journal.order_reasons() == {"1": "because"}
    recorder.order_update(order(status=OrderStatus.OPEN), "paper")
    with read(recorder) as journal:
        assert [each.status for each in journal.live_orders()] == [OrderStatus.OPEN]
    assert recorder.orders == 1


@pytest.mark.parametrize(("side", "verb"), [(Side.BUY, "bought"), (Side.SELL, "sold")])
def test_a_fill_is_counted_once(recorder: Recorder, side: Side, verb: str) -> None:
    """The same trade again changes no counter, no trace and says nothing."""
    recorder.fill(fill(side=side), order(), "paper", completes_round_trip=True)
    before = recorder.trace.hexdigest()
    recorder.fill(fill(side=side), order(), "paper", completes_round_trip=True)
    assert (recorder.fills, recorder.round_trips, recorder.trace.hexdigest()) == (1, 1, before)
    assert lines(recorder) == [("fill", f"{verb} 0.1 BTC at 100.5 (entry, maker, fee 0.01)")]


def test_a_fill_of_nobodys_order(recorder: Recorder) -> None:
    """It is written and said to be nobody's."""
    recorder.fill(fill(), None, "paper", completes_round_trip=False)
    assert lines(recorder) == [("fill", "bought 0.1 BTC at 100.5 (not our order, maker, fee 0.01)")]
    assert (recorder.fills, recorder.round_trips) == (1, 0)


def test_a_past_fill_is_only_written(recorder: Recorder) -> None:
    """A fill of before the session is on record, and is none of its counted ones."""
    recorder.past_fill(fill(), "paper")
    recorder.fill(fill(), order(), "paper", completes_round_trip=True)
    assert (recorder.fills, recorder.round_trips, lines(recorder)) == (0, 0, [])
    with read(recorder) as journal:
        assert [each.trade_id for each in journal.fills()] == ["t1"]


@pytest.mark.parametrize(
    ("amount", "said"), [("-0.5", "paid 0.5 funding at 0.01 % on 2"), ("0.5", "received 0.5 funding at 0.01 % on 2")]
)
def test_funding_is_written_once(recorder: Recorder, amount: str, said: str) -> None:
    """The same payment again is told to be known already."""
    payment = FundingPayment(
        payment_id="f1", ticker="BTC", amount=D(amount), rate=D("0.0001"), position=D(2), time_ns=5
    )
    assert recorder.funding(payment, "paper")
    assert not recorder.funding(payment, "paper")
    assert lines(recorder) == [("funding", said)]


def test_what_a_venue_does_not_say_of_a_payment_is_not_made_up(recorder: Recorder) -> None:
    """A payment without rate and position is told and written without them, and read back so."""
    payment = FundingPayment(payment_id="f2", ticker="BTC", amount=D("0.5"), time_ns=5)
    assert recorder.funding(payment, "paper")
    assert lines(recorder) == [("funding", "received 0.5 funding")]
    with read(recorder) as journal:
        assert journal.funding() == [payment]


# -- the rest -----------------------------------------------------------------------------------


def test_events_equity_and_state_are_written(recorder: Recorder) -> None:
    """They are found again in the journal; an empty state is not worth a row."""
    recorder.event("health", "the venue is slow")
    recorder.equity("paper", D(1000), D(1), D(100), PnL(realised=D(3)))
    recorder.strategy_state({})
    recorder.strategy_state({"level": 3})
    with read(recorder) as journal:
        assert [(each.time_ns, each.kind, each.text) for each in journal.events()] == [
            (7, "health", "the venue is slow")
        ]
        assert [(each.time_ns, each.equity, each.pnl.realised) for each in journal.equity()] == [(7, 1000, 3)]
        assert journal.strategy_state() == {"level": 3}
    assert lines(recorder) == [("health", "the venue is slow")]


def test_only_the_newest_lines_are_kept(recorder: Recorder) -> None:
    """Memory holds fifty lines; the observer heard them all."""
    for number in range(60):
        recorder.event("health", str(number))
    assert [line.text for line in recorder.recent] == [str(number) for number in range(10, 60)]


def test_the_trace_tells_runs_apart(tmp_path: Path) -> None:
    """The same decisions, orders and fills give the same hash; any other price another."""
    hashes = []
    for number, price in enumerate(("100", "100", "101")):
        loop = VirtualLoop(7)
        recorder = Recorder(Journal.create(tmp_path / str(number), INFO), VirtualClock(loop), Lines())
        recorder.decision(result(orders=(limit("entry", Side.BUY, price),)))
        recorder.intent(order(), "paper", "why")
        made = fill()
        recorder.fill(
            Fill(**{name: getattr(made, name) for name in made.__struct_fields__} | {"price": D(price)}),
            order(),
            "paper",
            completes_round_trip=False,
        )
        hashes.append(recorder.trace.hexdigest())
        recorder.journal.abandon()
        loop.close()
    assert hashes[0] == hashes[1] != hashes[2]


# -- a journal that fails -------------------------------------------------------------------------


def test_the_first_failure_is_raised_and_then_the_stop_gets_through(recorder: Recorder) -> None:
    """Whoever meets it first hears of it; afterwards people are still told, and counters still count."""
    recorder.journal.abandon()
    recorder.event("health", "first")
    with pytest.raises(JournalError):
        recorder.catch_up()
    recorder.event("stop", "second")
    recorder.order_update(order(), "paper")
    recorder.fill(fill(), order(), "paper", completes_round_trip=True)
    recorder.flush()
    assert [kind for kind, _ in lines(recorder)] == ["health", "stop", "fill"]
    assert recorder.fills == 1


def test_no_order_leaves_after_a_failure(recorder: Recorder) -> None:
    """Once the journal failed, whatever failed first, every further intent is refused."""
    recorder.journal.abandon()
    with pytest.raises(JournalError, match="cannot write the journal"):
        recorder.intent(order(), "paper", "why")
    recorder.event("stop", "failed")
    with pytest.raises(JournalError, match="nothing may be sent without it"):
        recorder.intent(order(), "paper", "why")
    assert recorder.orders == 0
