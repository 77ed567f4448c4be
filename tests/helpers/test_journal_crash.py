"""The journal when things go wrong: a full disk, a killed process, a key that must stay out."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from helpers.enums import Side
from helpers.errors import JournalError
from helpers.journal import Journal, SessionInfo
from helpers.journal_reader import JournalReader, is_running
from helpers.logs import forget_secrets, register_secret
from helpers.models import Order

ROOT = Path(__file__).resolve().parents[2]
INFO = SessionInfo(
    session="one", strategy="grid", exchange="paper", account_id="paper-1", ticker="BTC", seed=7, started_ns=1
)


def order(reason: str = "") -> Order:
    """One of our orders."""
    return Order(
        intent="open", client_order_id="101", side=Side.BUY, quantity=Decimal(1), price=Decimal(2), reason=reason
    )


def orders(journal: Journal) -> list[Order]:
    """What another reader finds right now."""
    with JournalReader(journal.path) as reader:
        return reader.orders()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal being written."""
    journal = Journal.create(tmp_path / "runs", INFO)
    yield journal
    journal.abandon()


# -- when the disk fails -------------------------------------------------------------------------


def fill_the_disk(journal: Journal) -> None:
    """Let the file grow no further."""
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_stops_the_intent(journal: Journal) -> None:
    """An intent that does not fit is a JournalError of one line, and is not in the journal."""
    journal.flush()
    fill_the_disk(journal)
    with pytest.raises(JournalError, match=r"full.*make room") as caught:
        journal.intent(order("x" * 100_000), "paper", "")
    assert "\n" not in str(caught.value)
    assert orders(journal) == []


def test_a_full_disk_is_noticed_in_a_batch(journal: Journal) -> None:
    """Batched rows raise too, and once there is room again the journal works."""
    fill_the_disk(journal)
    journal.event(1, "health", "x" * 100_000)
    with pytest.raises(JournalError, match="full"):
        journal.catch_up()
    journal._connection.execute("PRAGMA max_page_count = 1000000")
    journal.intent(order(), "paper", "")
    assert orders(journal) == [order()]


def test_a_full_disk_at_the_end_still_lets_go(journal: Journal) -> None:
    """Close raises, but the file and the lock are free afterwards."""
    fill_the_disk(journal)
    with pytest.raises(JournalError, match="full"):
        journal.close(9, "finished", {"long": "x" * 100_000})
    assert not is_running(journal.path.parent)


def child(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run code in another process of this project."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own code


FULL = """
import resource, sys
from pathlib import Path
from helpers.errors import JournalError, UserError
from helpers.journal import Journal, SessionInfo
info = SessionInfo(session="s", strategy="g", exchange="p", account_id="a", ticker="T", seed=1, started_ns=0)
if sys.argv[2] == "at the start":
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    journal = Journal.create(Path(sys.argv[1]), info)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    while True:
        journal.event(1, "x", "x" * 1000)
        journal.flush()
except (UserError, JournalError) as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit here")
@pytest.mark.parametrize(("when", "error"), [("at the start", "UserError"), ("later", "JournalError")])
def test_a_file_the_system_lets_grow_no_further(tmp_path: Path, when: str, error: str) -> None:
    """A refused write of the operating system is one clear line; at the start nothing is left behind."""
    done = child(FULL, tmp_path / "runs", when)
    assert done.stderr == ""
    assert done.stdout.startswith(f"{error} cannot ")
    assert done.stdout.count("\n") == 1
    assert (tmp_path / "runs").exists() == (when == "later")


# -- when the process is killed ------------------------------------------------------------------

KILLED = """
import os, signal, sys
from decimal import Decimal
from pathlib import Path
from helpers.journal import Journal, SessionInfo
from helpers.logs import forget_secrets, register_secret
from helpers.enums import Side
from helpers.models import Order
info = SessionInfo(session="s", strategy="g", exchange="p", account_id="a", ticker="T", seed=1, started_ns=0)
journal = Journal.create(Path(sys.argv[1]), info)
for number in range(int(sys.argv[2])):
    order = Order(intent="i", client_order_id=str(number), side=Side.BUY, quantity=Decimal(1), price=Decimal(2))
    journal.intent(order, "p", "")
    journal.event(number, "sent", "batched")
    journal.catch_up()
    print(number, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL here")
@pytest.mark.parametrize("count", [1, 700])
def test_kill_9_right_after_an_intent_loses_no_intent(tmp_path: Path, count: int) -> None:
    """Every id a killed process told of is in its journal, within one checkpoint and across several."""
    done = child(KILLED, tmp_path, count)
    assert done.returncode == -signal.SIGKILL
    told = done.stdout.split()
    assert len(told) == count
    with JournalReader(tmp_path / "s") as reader:
        assert [o.client_order_id for o in reader.live_orders()] == told
        assert reader.session().status == "running"
        assert len(reader.events()) == count - 1
    assert not is_running(tmp_path / "s")


# -- what must not be in it ----------------------------------------------------------------------

BESIDE_A_KEY = """
import os, sys
from pathlib import Path
from helpers.journal import Journal, SessionInfo
info = SessionInfo(session="s", strategy="g", exchange="p", account_id="a", ticker="T", seed=1, started_ns=0,
                   config={"exchange": "lighter (flag)"})
journal = Journal.create(Path(sys.argv[1]), info)
journal.event(1, "start", "connected")
journal.strategy_state(1, {"step": 1})
journal.close(2, "finished", {"fills": 0})
assert os.environ["LIGHTER_API_KEY"].startswith("5ec2e7")
"""


def test_no_key_of_the_environment_is_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal made beside a key in the environment has none of it in any byte."""
    monkeypatch.setenv("LIGHTER_API_KEY", "5ec2e7" * 8)
    done = child(BESIDE_A_KEY, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for path in (tmp_path / "s").iterdir():
        content = path.read_bytes()
        assert b"5ec2e7" not in content
        assert b"LIGHTER_API_KEY" not in content


@pytest.fixture
def key() -> Iterator[str]:
    """A key that is registered as a secret."""
    key = "5ec2e7" * 8
    register_secret(key)
    yield key
    forget_secrets()


def test_a_registered_key_is_masked_in_every_text(journal: Journal, key: str) -> None:
    """A venue that echoes our key, or a strategy that prints it, does not bring it into the file."""
    text = f"signature of {key} is wrong"
    journal.intent(order(text), "paper", text)
    journal.event(1, "health", text)
    journal.decision(1, "wait", text, [])
    journal.close(2, "finished")
    content = journal.path.read_bytes()
    assert b"5ec2e7" not in content
    assert content.count(b"signature of *** is wrong") == 4
