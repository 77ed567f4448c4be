"""A fill is told sooner than the book it left: nothing is priced by the book of before, and nothing waits for long."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from run_judge import session_folder
from top_of_book_scenes import Maker
from venue_runs import VENUES, run_on
from worlds import START_NS, S

from helpers.enums import OrderStatus
from helpers.journal_reader import JournalReader
from strategies.base_strategy import MarketData, Wake
from strategies.top_of_book_maker.strategy import TopOfBookMakerStrategy

BUY, BOTH = ["buy 0.001 at 62000"], ["sell 0.001 at 62000.1", "buy 0.001 at 62000"]


def filled() -> Maker:
    """Give a maker whose buy filled 50 ms after its book came; the news of it took 10 ms more."""
    maker: Maker = Maker().does_first(*BUY).keeps_its_book(0.05).fill("buy-1")
    return maker.keeps_its_book(0.01)


def test_a_buy_fill_waits_for_the_book_it_left() -> None:
    """Bid and ask of before the fill are what the market has just left: sell and buy go out by the next book."""
    maker = filled()
    assert maker.does() == []
    assert maker.quote("61990").does() == ["sell 0.001 at 61990.1", "buy 0.001 at 61990"]


def test_a_newer_book_may_show_the_same_prices() -> None:
    """It is the time of the book that counts, not a change of it."""
    maker = filled()
    assert maker.does() == []
    assert maker.quote("62000").does() == BOTH


def test_it_waits_for_a_second_at_most() -> None:
    """A book that stays as it is, or a venue whose clock is ahead, stops nothing; it wakes for the end of the wait."""
    maker = filled()
    assert maker.does() == []
    began_ns = maker.now_ns
    wake = maker.maker.next_wake(maker.data())
    assert wake == Wake(book=True, prices=True, at=began_ns + S)
    assert maker.keeps_its_book(0.999).does() == []
    assert maker.maker.next_wake(maker.data()) == wake
    assert maker.keeps_its_book(0.001).does() == BOTH
    assert maker.maker.next_wake(maker.data()) == Wake(book=False, prices=True)


def test_a_clock_far_ahead_costs_a_second() -> None:
    """A fill dated an hour ahead is waited for no longer than any other."""
    maker = Maker().does_first(*BUY)
    now = maker.now_ns
    maker.now_ns = now + 3600 * S
    maker.fill("buy-1")
    maker.now_ns = now
    assert maker.does() == []
    assert maker.wait(1).does() == BOTH


def test_news_of_an_old_fill_waits_for_nothing() -> None:
    """Where the book came after the fill, it is the book the fill left."""
    maker = Maker().does_first(*BUY).fill("buy-1").wait("0.01")
    assert maker.does() == BOTH


def test_limits_do_not_wait() -> None:
    """A pause is about what is held, not about the book: all of it is offered at once."""
    maker = Maker(max_exposure="62").does_first(*BUY).keeps_its_book(0.05).fill("buy-1").keeps_its_book(0.01)
    assert maker.does() == ["sell 0.001 at 62000.1"]


def test_a_venue_that_shows_an_order_and_then_refuses_it() -> None:
    """Venues call an order open and refuse it as post-only a moment later: each pause is longer all the same."""
    maker = Maker()
    for number, pause in enumerate((0.5, 1, 2, 4, 8, 16, 30, 30), start=1):
        assert maker.does() == BUY
        assert maker.does() == []  # seen as open
        maker.end(f"buy-{number}", OrderStatus.REJECTED)
        assert maker.wait(pause - 0.001).does() == []
        maker.wait("0.001")
    maker.does_first(*BUY).fill("buy-9").does_first(*BOTH).end("buy-11", OrderStatus.REJECTED)
    assert maker.wait("0.5").does() == BUY


def test_refusals_far_apart_are_not_a_row() -> None:
    """In a market that falls no sell ends: one that is refused now and then waits as long as the first."""
    maker = Maker().does_first(*BUY)
    for bid in ("61990", "61980", "61970"):
        maker.wait(60).quote(bid)
        (buy,) = [intent for intent in maker.orders if intent.startswith("buy")]
        maker.fill(buy).does_first(f"sell 0.001 at {bid}.1", f"buy 0.001 at {bid}")
        maker.end([intent for intent in maker.orders if intent.startswith("sell")][-1], OrderStatus.REJECTED)
        assert maker.wait("0.499").does() == []
        assert maker.wait("0.001").does() == [f"sell 0.001 at {bid}.1"]


# -- on the venues' own protocols --------------------------------------------------------------------------


@pytest.mark.parametrize("venue", VENUES)
def test_hardly_an_order_is_refused(venue: str, tmp_path: Path) -> None:
    """In ten minutes of a moving market with delays, not one order in fifty meets the market on its way."""
    run = run_on(venue, tmp_path, "--duration=10m", strategy="top_of_book_maker")
    with JournalReader(session_folder(tmp_path)) as journal:
        orders = journal.orders()
    refused = [order for order in orders if order.status is OrderStatus.REJECTED]
    assert len(run.account.fills) > 25
    assert len(refused) * 50 <= len(orders)


def test_sleeping_changes_nothing_where_the_book_lags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Woken by everything it decides the same, at the same moments, on a venue that tells its book in batches."""
    decided = []
    wakes = TopOfBookMakerStrategy.next_wake

    def sleepless(self: TopOfBookMakerStrategy, data: MarketData) -> Wake:
        return replace(wakes(self, data), book=True, orders=True, balances=True)

    for name in ("own", "every"):
        run_on("lighter", tmp_path / name, "--duration=5m", strategy="top_of_book_maker")
        with JournalReader(session_folder(tmp_path / name)) as journal:
            decided.append([(line.time_ns - START_NS, line.message) for line in journal.decisions()])
        monkeypatch.setattr(TopOfBookMakerStrategy, "next_wake", sleepless)
    assert len(decided[0]) > 60
    assert decided[0] == decided[1]
