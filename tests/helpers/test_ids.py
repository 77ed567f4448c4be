"""Client order ids: unique across restarts and small enough for every venue."""

from __future__ import annotations

import pytest

from helpers.clock import NS_PER_S
from helpers.errors import RunbotError
from helpers.ids import MAX_CLIENT_ORDER_ID, ClientOrderIds

START_NS = 1_767_225_600 * NS_PER_S  # 2026-01-01T00:00:00Z


def test_ids_count_upwards() -> None:
    """Each id is one more than the one before, as plain decimal text."""
    ids = ClientOrderIds(START_NS)
    numbers = [int(ids.next()) for _ in range(100)]
    assert numbers == list(range(numbers[0], numbers[0] + 100))


def test_the_same_start_gives_the_same_ids() -> None:
    """Ids come from the start time alone, so a run repeats."""
    assert ClientOrderIds(START_NS).next() == ClientOrderIds(START_NS).next()


def test_ids_fit_the_narrowest_range() -> None:
    """Ids stay below 2^48 until the year 2033."""
    year_2033 = 1_988_150_400 * NS_PER_S
    assert 0 < int(ClientOrderIds(START_NS).next()) < int(ClientOrderIds(year_2033).next()) < 1 << 48


def test_a_restart_a_second_later_starts_above() -> None:
    """A million ids fit into one second before the next start's."""
    first, second = ClientOrderIds(START_NS), ClientOrderIds(START_NS + NS_PER_S)
    assert int(second.next()) - int(first.next()) == 1 << 20


def test_a_restart_within_the_second_goes_on_after_the_last() -> None:
    """resume_after keeps a bot from reusing what its earlier run used."""
    ids = ClientOrderIds(START_NS)
    used = [ids.next() for _ in range(3)]
    again = ClientOrderIds(START_NS)
    again.resume_after(used[-1])
    assert int(again.next()) == int(used[-1]) + 1


@pytest.mark.parametrize("used", ["1", "0xff", "web-order", "", "-5"])
def test_older_and_foreign_ids_change_nothing(used: str) -> None:
    """An id below ours, or one that is no number, is not gone back to."""
    ids = ClientOrderIds(START_NS)
    ids.resume_after(used)
    assert ids.next() == ClientOrderIds(START_NS).next()


def test_used_up_ids_stop_the_bot() -> None:
    """Past the range there is an error, never a repeated id."""
    ids = ClientOrderIds(START_NS)
    ids.resume_after(str(MAX_CLIENT_ORDER_ID - 1))
    assert ids.next() == str(MAX_CLIENT_ORDER_ID)
    with pytest.raises(RunbotError, match="restart"):
        ids.next()
