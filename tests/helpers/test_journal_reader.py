"""Reading a journal: the same records that were written, or one line that says why not."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enums import Liquidity, OrderStatus, OrderType, Side, TimeInForce
from helpers.errors import UserError
from helpers.journal import Journal, SessionInfo
from helpers.journal_reader import JournalReader, is_running
from helpers.journal_schema import DecisionRecord, EquityPoint, EventRecord, SessionRecord
from helpers.models import Fill, FundingPayment, Order
from helpers.peg import Peg, PegReference
from helpers.status import PnL

D = Decimal
INFO = SessionInfo(
    session="one",
    strategy="grid",
    exchange="paper",
    account_id="paper-1",
    ticker="BTC",
    seed=2**70,
    started_ns=1_767_225_600_000_000_000,
    config={"quantity": "0.01 (flag)"},
    continues="zero",
    quote="USDC",
)

MONEY = st.decimals(allow_nan=False, allow_infinity=False, min_value=D("-1e20"), max_value=D("1e20"))
TIMES = st.integers(0, 2**63 - 1)
# Text as SQLite can hold it: no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ORDERS = st.builds(
    Order,
    intent=TEXT,
    client_order_id=TEXT,
    side=st.sampled_from(Side),
    quantity=MONEY,
    price=st.none() | MONEY,
    order_type=st.sampled_from(OrderType),
    time_in_force=st.sampled_from(TimeInForce),
    post_only=st.booleans(),
    reduce_only=st.booleans(),
    peg=st.none() | st.builds(Peg, reference=st.sampled_from(PegReference), offset=MONEY, limit=st.none() | MONEY),
    status=st.sampled_from(OrderStatus),
    filled_quantity=MONEY,
    average_price=st.none() | MONEY,
    order_id=st.none() | TEXT,
    pending_cancel=st.booleans(),
    created_ns=TIMES,
    updated_ns=TIMES,
    reason=TEXT,
)
FILLS = st.builds(
    Fill,
    trade_id=TEXT,
    order_id=TEXT,
    client_order_id=st.none() | TEXT,
    ticker=TEXT,
    side=st.sampled_from(Side),
    price=MONEY,
    quantity=MONEY,
    fee=MONEY,
    liquidity=st.sampled_from(Liquidity),
    time_ns=TIMES,
)
PAYMENTS = st.builds(
    FundingPayment, payment_id=TEXT, ticker=TEXT, amount=MONEY, rate=MONEY, position=MONEY, time_ns=TIMES
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal being written."""
    journal = Journal.create(tmp_path, INFO)
    yield journal
    journal.abandon()


def order(client_order_id: str, status: OrderStatus = OrderStatus.INTENT) -> Order:
    """One of our orders."""
    return Order(
        intent="open", client_order_id=client_order_id, side=Side.SELL, quantity=D(1), price=D(2), status=status
    )


def test_a_running_session_reads_as_it_started(journal: Journal) -> None:
    """Everything the session began with is there, and nothing of an end."""
    with JournalReader(journal.path) as reader:
        expected = msgspec.convert({**msgspec.structs.asdict(INFO), "status": "running"}, SessionRecord)
        assert reader.session() == expected
        assert reader.summary() is None
        assert reader.strategy_state() is None
        assert reader.last_client_order_id() is None


def test_a_folder_stands_for_its_journal(journal: Journal) -> None:
    """The session's folder opens as well as the file in it."""
    with JournalReader(journal.path.parent) as reader:
        assert reader.session().session == "one"


@settings(max_examples=60, deadline=None)
@given(wanted=ORDERS, fill=FILLS, payment=PAYMENTS)
def test_records_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, wanted: Order, fill: Fill, payment: FundingPayment
) -> None:
    """Any order, fill and payment is read back equal, to the last digit."""
    journal = Journal.create(tmp_path_factory.mktemp("runs"), INFO)
    journal.intent(wanted, "paper", "")
    journal.fill(fill, "paper")
    journal.funding(payment, "paper")
    journal.close(1, "finished")
    with JournalReader(journal.path) as reader:
        assert (reader.orders(), reader.fills(), reader.funding()) == ([wanted], [fill], [payment])


def test_what_happened_is_read_in_order(journal: Journal) -> None:
    """Decisions, events and equity come oldest first; a limit keeps the newest."""
    pnl = PnL(realised=D("1.5"), unrealised=D(-2), fees=D("0.25"), funding=D("-0.125"))
    for number in range(3):
        journal.decision(number, "place_order", f"reason {number}", ["open-1", "close-1"])
        journal.event(number, "refused", f"text {number}")
    journal.equity(1, "paper", D("10000.50"), D("-0.5"), D(64000), pnl)
    journal.equity(2, "paper", None, D(0), None, PnL())
    journal.flush()
    with JournalReader(journal.path) as reader:
        assert [decision.message for decision in reader.decisions()] == ["reason 0", "reason 1", "reason 2"]
        assert reader.decisions(1) == [
            DecisionRecord(time_ns=2, action="place_order", message="reason 2", order_intents=("open-1", "close-1"))
        ]
        assert reader.decisions(0) == []
        assert reader.events()[0] == EventRecord(time_ns=0, kind="refused", text="text 0")
        assert reader.equity() == [
            EquityPoint(time_ns=1, exchange="paper", equity=D("10000.5"), position=D("-0.5"), mid=D(64000), pnl=pnl),
            EquityPoint(time_ns=2, exchange="paper", equity=None, position=D(0), mid=None, pnl=PnL()),
        ]


def test_live_orders_are_those_that_may_rest_at_a_venue(journal: Journal) -> None:
    """Every status that is not final counts as live: an intent and an unknown order too."""
    for number, status in enumerate(OrderStatus):
        journal.intent(order(str(number), status), "paper" if number % 2 else "other", "")
    with JournalReader(journal.path) as reader:
        assert {o.status for o in reader.live_orders()} == {s for s in OrderStatus if not s.is_terminal}
        assert {o.status for o in reader.live_orders("paper")} == {
            status for number, status in enumerate(OrderStatus) if number % 2 and not status.is_terminal
        }


def test_the_last_id_is_the_greatest_of_ours(journal: Journal) -> None:
    """Ids are compared as numbers; those of others, which are no numbers of our range, do not count."""
    for client_order_id in ("9", "100", "20", "web-999", "9" * 18, "0xffff"):
        journal.intent(order(client_order_id), "paper", "")
    with JournalReader(journal.path) as reader:
        assert reader.last_client_order_id() == "100"


def test_reading_changes_nothing(tmp_path: Path) -> None:
    """A reader leaves a finished session's folder byte for byte as it was."""
    journal = Journal.create(tmp_path, INFO)
    journal.intent(order("1"), "paper", "")
    journal.close(2, "finished")
    before = {path.name: path.read_bytes() for path in journal.path.parent.iterdir()}
    with JournalReader(journal.path) as reader:
        reader.orders()
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._connection.execute("DELETE FROM orders")
    assert not is_running(journal.path.parent)
    assert {path.name: path.read_bytes() for path in journal.path.parent.iterdir()} == before


def test_a_copy_of_a_finished_journal_is_enough(tmp_path: Path) -> None:
    """The file alone, under a name that looks like a query, can be read."""
    journal = Journal.create(tmp_path, INFO)
    journal.intent(order("1"), "paper", "")
    journal.close(2, "finished")
    copy = shutil.copy(journal.path, tmp_path / "a copy?mode=rwc#100%.sqlite")
    with JournalReader(copy) as reader:
        assert len(reader.orders()) == 1


# -- what is no journal --------------------------------------------------------------------------


def read_all(path: Path) -> None:
    """Read what a recovery reads."""
    with JournalReader(path) as reader:
        reader.session()
        reader.orders()
        reader.fills()


def refusal(path: Path) -> str:
    """The one line that says why a file cannot be opened or read."""
    with pytest.raises(UserError) as caught:
        read_all(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_journal(tmp_path: Path) -> None:
    """A path without a journal is named."""
    assert refusal(tmp_path / "nothing").startswith(f"there is no journal {tmp_path / 'nothing'}")
    assert refusal(tmp_path).startswith(f"there is no journal {tmp_path / 'journal.sqlite'}")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    """Text, and a database of another program, are told apart from a journal."""
    (tmp_path / "text").write_text("no database" * 100)
    assert "file is not a database" in refusal(tmp_path / "text")
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE orders (id)")
    other.close()
    assert "is no journal of this program" in refusal(tmp_path / "other")
    (tmp_path / "empty").touch()
    assert "is no journal of this program" in refusal(tmp_path / "empty")


@pytest.fixture
def finished(journal: Journal) -> Path:
    """A finished journal with an order in it."""
    journal.intent(order("1"), "paper", "")
    journal.close(2, "finished")
    return journal.path


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("PRAGMA user_version = 99", "newer version (99)"),
        ("DELETE FROM session", "it has no session"),
        ("DROP TABLE fills", "no such table"),
        ("UPDATE orders SET quantity = 'many'", "Invalid decimal"),
        ("UPDATE orders SET side = 'up'", "Invalid enum"),
        ("UPDATE session SET config = '{'", "truncated"),
        ("UPDATE session SET seed = 'x'", "invalid literal"),
    ],
)
def test_a_damaged_journal(finished: Path, damage: str, problem: str) -> None:
    """What is wrong in the file is said, with the file's name."""
    edit = sqlite3.connect(finished, isolation_level=None)
    edit.execute(damage)
    edit.close()
    assert str(finished) in refusal(finished)
    assert problem.lower() in refusal(finished).lower()


def test_a_journal_with_overwritten_bytes(finished: Path) -> None:
    """Garbage in the middle of the file is an error of one line."""
    content = bytearray(finished.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    finished.write_bytes(content)
    assert "cannot be read" in refusal(finished)


def test_a_journal_cut_short(finished: Path) -> None:
    """A file of which the end is missing is an error of one line."""
    finished.write_bytes(finished.read_bytes()[:5000])
    assert "cannot be read" in refusal(finished)


def test_no_lock_file_means_not_running(tmp_path: Path) -> None:
    """A folder without a lock file, or with an unusable one, is of no running session."""
    assert not is_running(tmp_path)
    (tmp_path / "writer.lock").write_bytes(b"\xff" * 4096)
    assert not is_running(tmp_path)
