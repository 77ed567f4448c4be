"""The journal: written before it counts, and never in the way of the next order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enums import Liquidity, OrderStatus, OrderType, Side
from helpers.errors import JournalError, UserError
from helpers.journal import Journal, SessionInfo
from helpers.journal_reader import JournalReader, is_running
from helpers.ledger import Ledger
from helpers.models import Fill, FundingPayment, Order
from helpers.status import PnL

D = Decimal
INFO = SessionInfo(
    session="one",
    strategy="grid",
    exchange="paper",
    account_id="paper-1",
    ticker="BTC",
    seed=7,
    started_ns=1,
    config={"quantity": "0.01 (flag)"},
    continues="zero",
)


def order(number: int = 1, **changes: object) -> Order:
    """One of our orders."""
    base = Order(
        intent=f"open-{number}",
        client_order_id=str(100 + number),
        side=Side.BUY,
        quantity=D("0.50"),
        price=D("64000.10"),
    )
    return msgspec.structs.replace(base, **changes)


def fill(number: int = 1, **changes: object) -> Fill:
    """One execution."""
    base = Fill(
        trade_id=f"t{number}",
        order_id="v1",
        client_order_id="101",
        ticker="BTC",
        side=Side.BUY,
        price=D("64000.1"),
        quantity=D("0.25"),
        fee=D("-0.000000001"),
        liquidity=Liquidity.MAKER,
        time_ns=5,
    )
    return msgspec.structs.replace(base, **changes)


def payment(number: int = 1, amount: str = "-1.5") -> FundingPayment:
    """One funding payment."""
    return FundingPayment(
        payment_id=f"p{number}", ticker="BTC", amount=D(amount), rate=D("0.0001"), position=D("0.25"), time_ns=9
    )


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal being written."""
    journal = Journal.create(tmp_path / "runs", INFO)
    yield journal
    journal.abandon()


@dataclass(frozen=True)
class Seen:
    """What a reader finds right now."""

    orders: list[Order]
    fills: list[Fill]
    events: int


def seen(journal: Journal) -> Seen:
    """Look at the journal as someone else."""
    with JournalReader(journal.path) as reader:
        return Seen(reader.orders(), reader.fills(), len(reader.events()))


def test_an_intent_is_committed_when_the_call_returns(journal: Journal) -> None:
    """Another reader sees the order at once, with everything it says."""
    wanted = order(order_type=OrderType.MARKET, price=None, reduce_only=True, created_ns=3)
    journal.intent(wanted, "paper", "the grid has room")
    assert seen(journal).orders == [wanted]
    with JournalReader(journal.path) as reader:
        assert reader.order_reasons() == {"101": "the grid has room"}


def test_batched_rows_go_with_the_next_intent(journal: Journal) -> None:
    """A fill alone is not committed yet; the next intent takes it along."""
    journal.fill(fill(), "paper")
    assert seen(journal).fills == []
    journal.intent(order(), "paper", "")
    assert seen(journal).fills == [fill()]


def test_flush_commits(journal: Journal) -> None:
    """After flush everything is there; a second flush does nothing."""
    journal.event(1, "health", "book is stale")
    journal.flush()
    journal.flush()
    assert seen(journal).events == 1


def test_what_is_put_off_is_written_when_there_is_time(tmp_path: Path) -> None:
    """An intent does not wait for what was put off; catching up writes that, and the next commit keeps it."""
    journal = Journal.create(tmp_path, INFO)
    journal.event(1, "health", "put off")
    journal.intent(order(), "paper", "")
    with JournalReader(journal.path) as reader:
        assert ([o.client_order_id for o in reader.orders()], reader.events()) == (["101"], [])
    journal.catch_up()
    journal.flush()
    with JournalReader(journal.path) as reader:
        assert [event.text for event in reader.events()] == ["put off"]
    journal.abandon()


def test_every_256_rows_are_committed(journal: Journal) -> None:
    """A batch never grows beyond 256 rows."""
    for number in range(255):
        journal.event(number, "health", "x")
    assert seen(journal).events == 0
    journal.event(255, "health", "x")
    assert seen(journal).events == 256
    journal.event(256, "health", "x")
    assert seen(journal).events == 256


def test_an_update_replaces_what_was_known_of_the_order(journal: Journal) -> None:
    """The latest state of an order stands; its venue and the reason for it stay."""
    journal.intent(order(), "paper", "why")
    filled = order(
        status=OrderStatus.FILLED,
        filled_quantity=D("0.5"),
        average_price=D("63999.95"),
        order_id="v9",
        pending_cancel=True,
        price=D(63999),
        updated_ns=8,
        reason="done",
    )
    journal.order_update(order(status=OrderStatus.OPEN))
    journal.order_update(filled)
    journal.flush()
    with JournalReader(journal.path) as reader:
        assert reader.orders("paper") == [filled]
        assert reader.order_reasons() == {"101": "why"}


def test_an_adopted_order_needs_no_intent(journal: Journal) -> None:
    """An order of an earlier session is written with its venue, or with the session's."""
    journal.order_update(order(1), "other")
    journal.order_update(order(2))
    journal.flush()
    with JournalReader(journal.path) as reader:
        assert [o.intent for o in reader.orders("other")] == ["open-1"]
        assert [o.intent for o in reader.orders("paper")] == ["open-2"]


def test_the_same_intent_twice_is_refused(journal: Journal) -> None:
    """A client order id is used once, and the refusal loses nothing that was batched."""
    journal.intent(order(), "paper", "")
    journal.fill(fill(), "paper")
    with pytest.raises(JournalError, match="client_order_id"):
        journal.intent(order(), "paper", "")
    journal.intent(order(2), "paper", "")
    assert len(seen(journal).orders) == 2
    assert seen(journal).fills == [fill()]


def test_a_repeated_fill_is_ignored(journal: Journal) -> None:
    """A trade counts once per venue, and the call says which it was."""
    assert journal.fill(fill(), "paper")
    assert not journal.fill(fill(price=D(1)), "paper")
    assert journal.fill(fill(), "other")
    journal.flush()
    assert seen(journal).fills == [fill(), fill()]
    with JournalReader(journal.path) as reader:
        assert reader.fills("other") == [fill()]


def test_a_repeated_funding_payment_is_ignored(journal: Journal) -> None:
    """A payment counts once per venue."""
    assert journal.funding(payment(), "paper")
    assert not journal.funding(payment(amount="99"), "paper")
    journal.flush()
    with JournalReader(journal.path) as reader:
        assert reader.funding() == [payment()]


def test_only_the_latest_strategy_state_is_kept(journal: Journal) -> None:
    """State is replaced; numbers, lists and read-only mappings survive as JSON."""
    journal.strategy_state(1, {"step": 1})
    journal.strategy_state(2, MappingProxyType({"step": D("1.50E-7"), "deep": MappingProxyType({"list": (1, None)})}))
    journal.flush()
    with JournalReader(journal.path) as reader:
        assert reader.strategy_state() == {"step": "0.00000015", "deep": {"list": [1, None]}}


def test_state_that_is_no_json_is_refused(journal: Journal) -> None:
    """An object in the state is an error that names its type."""
    with pytest.raises(JournalError, match="Journal"):
        journal.strategy_state(1, {"client": journal})


def test_state_that_holds_itself_is_refused(journal: Journal) -> None:
    """A state without an end is an error, not a crash."""
    state: dict[str, object] = {}
    state["self"] = state
    with pytest.raises(JournalError, match="plain values"):
        journal.strategy_state(1, state)


def test_closing_leaves_one_plain_file(tmp_path: Path) -> None:
    """After close there is no write-ahead log beside the journal, and the ending is in it."""
    journal = Journal.create(tmp_path, INFO)
    journal.event(1, "stop", "time is over")
    journal.close(99, "finished", {"fills": 3, "pnl": D("1.50")})
    journal.close(100, "again")
    assert sorted(path.name for path in journal.path.parent.iterdir()) == ["journal.sqlite", "writer.lock"]
    with JournalReader(journal.path) as reader:
        record = reader.session()
        assert (record.status, record.ended_ns, reader.summary()) == ("finished", 99, {"fills": 3, "pnl": "1.5"})
        assert len(reader.events()) == 1


def test_closing_while_someone_reads(tmp_path: Path) -> None:
    """A reader in the middle of its work hinders nobody."""
    journal = Journal.create(tmp_path, INFO)
    journal.intent(order(), "paper", "")
    with JournalReader(journal.path) as reader:
        rows = reader._connection.execute("SELECT * FROM orders")
        journal.close(9, "finished")
        assert len(rows.fetchall()) == 1
        assert reader.session().status == "finished"


def test_a_closed_journal_takes_nothing_more(tmp_path: Path) -> None:
    """Writing after close is a JournalError."""
    journal = Journal.create(tmp_path, INFO)
    journal.close(1, "finished")
    with pytest.raises(JournalError, match="closed"):
        journal.intent(order(), "paper", "")
    with pytest.raises(JournalError, match="closed"):
        journal.flush()


def test_an_abandoned_journal_holds_what_was_committed(journal: Journal) -> None:
    """Letting go like a killed process loses the batch and nothing else."""
    journal.intent(order(), "paper", "")
    journal.fill(fill(), "paper")
    assert is_running(journal.path.parent)
    journal.abandon()
    assert not is_running(journal.path.parent)
    assert seen(journal) == Seen([order()], [], 0)


# -- making one ----------------------------------------------------------------------------------


def test_an_existing_session_is_refused(journal: Journal) -> None:
    """Two bots cannot write one journal: the second is told so and the first is not harmed."""
    with pytest.raises(UserError, match="exists already"):
        Journal.create(journal.path.parent.parent, INFO)
    journal.intent(order(), "paper", "")
    assert len(seen(journal).orders) == 1


def test_the_lock_keeps_every_other_writer_out(journal: Journal) -> None:
    """While a session is written, nobody can take its lock."""
    other = sqlite3.connect(journal.path.parent / "writer.lock", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN EXCLUSIVE")
    journal.abandon()
    other.execute("BEGIN EXCLUSIVE")
    other.close()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../up"])
def test_a_name_must_stay_in_its_folder(tmp_path: Path, name: str) -> None:
    """A session's name cannot lead elsewhere."""
    with pytest.raises(UserError, match="no name for a session"):
        Journal.create(tmp_path / "runs", msgspec.structs.replace(INFO, session=name))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Where no folder can be, one line says which and why."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot make .*file.one \(Not a directory\)"):
        Journal.create(tmp_path / "file", INFO)


def test_a_config_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """A half-made session is taken back, with the folders made for it."""
    with pytest.raises(UserError, match="cannot make a journal"):
        Journal.create(tmp_path / "new" / "runs", msgspec.structs.replace(INFO, strategy="\ud800"))
    assert list(tmp_path.iterdir()) == []


def test_a_failed_start_leaves_the_other_sessions(tmp_path: Path) -> None:
    """Only what was made for this session is taken back."""
    Journal.create(tmp_path, msgspec.structs.replace(INFO, session="other")).close(1, "finished")
    with pytest.raises(UserError):
        Journal.create(tmp_path, msgspec.structs.replace(INFO, ticker="\ud800"))
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_a_discarded_session_takes_along_what_was_made_for_it(tmp_path: Path) -> None:
    """A start that failed leaves no folder that was not there before, twice over."""
    (tmp_path / "there").mkdir()
    for runs_dir in (tmp_path / "there", tmp_path / "new" / "runs"):
        journal = Journal.create(runs_dir, INFO)
        journal.discard()
        journal.discard()
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


def test_discarding_leaves_the_other_sessions(journal: Journal) -> None:
    """A folder that another session lives in stays."""
    runs_dir = journal.path.parent.parent
    other = Journal.create(runs_dir, msgspec.structs.replace(INFO, session="other"))
    journal.discard()
    assert list(runs_dir.iterdir()) == [other.path.parent]
    other.discard()


def test_a_session_with_an_intent_is_never_discarded(journal: Journal) -> None:
    """What may have been sent is kept, however the start failed."""
    journal.intent(order(), "paper", "")
    journal.discard()
    assert seen(journal).orders == [order()]
    assert not is_running(journal.path.parent)


# -- that it adds up -----------------------------------------------------------------------------

FILLS = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.decimals("0.01", "90000", places=2),
        st.decimals("0.0001", "20", places=4),
        st.decimals("-5", "5", places=7),
        st.integers(1, 15),
    ),
    max_size=25,
)
FUNDING = st.lists(st.tuples(st.integers(1, 9), st.decimals("-50", "50", places=9)), max_size=6)


@settings(max_examples=40, deadline=None)
@given(fills=FILLS, payments=FUNDING)
def test_the_journal_adds_up_to_its_summary(
    tmp_path_factory: pytest.TempPathFactory, fills: list[tuple], payments: list[tuple]
) -> None:
    """PnL recomputed from the written fills and payments is the summary's, to the last digit."""
    journal = Journal.create(tmp_path_factory.mktemp("runs"), INFO)
    book = Ledger()
    for side, price, quantity, fee, number in fills:
        execution = fill(number, side=side, price=price, quantity=quantity, fee=fee)
        if journal.fill(execution, "paper"):
            book.apply_fill(side, price, quantity, fee)
    for number, amount in payments:
        if journal.funding(payment(number, str(amount)), "paper"):
            book.apply_funding(amount)
    journal.close(1, "finished", msgspec.structs.asdict(book.pnl(D(65000))))
    assert recomputed(journal.path) == book.pnl(D(65000))
    with JournalReader(journal.path) as reader:
        assert msgspec.convert(reader.summary(), PnL) == book.pnl(D(65000))


def recomputed(path: Path) -> PnL:
    """Book what the journal holds anew."""
    book = Ledger()
    with JournalReader(path) as reader:
        for execution in reader.fills():
            book.apply_fill(execution.side, execution.price, execution.quantity, execution.fee)
        for paid in reader.funding():
            book.apply_funding(paid.amount)
    return book.pnl(D(65000))
