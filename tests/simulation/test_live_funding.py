"""Funding as a real venue publishes it."""

from __future__ import annotations

from decimal import Decimal

from helpers.models import FundingRate
from simulation.live_funding import PublishedFunding

HOUR = 3_600_000_000_000
D = Decimal


def told(rate: str, due_hour: int, interval_hours: int = 1) -> FundingRate:
    """Give what a venue says."""
    interval_ns, due_ns = interval_hours * HOUR, due_hour * HOUR
    return FundingRate(ticker="BTC", rate=D(rate), interval_ns=interval_ns, next_funding_ns=due_ns)


def test_the_newest_rate_before_a_settlement_is_settled() -> None:
    """A rate that changes until the settlement counts as it was told last."""
    funding = PublishedFunding(told("0.0001", 5))
    assert funding.rate(5 * HOUR) == D("0.0001")
    funding.take(told("0.0002", 5))
    assert funding.rate(5 * HOUR) == D("0.0002")


def test_a_venue_may_speak_of_the_next_settlement_already() -> None:
    """What is told of the settlement after next does not touch the one that is due."""
    funding = PublishedFunding(told("0.0001", 5))
    funding.take(told("0.0009", 6))
    assert (funding.rate(5 * HOUR), funding.rate(6 * HOUR)) == (D("0.0001"), D("0.0009"))
    funding.take(told("0.0008", 6))
    assert (funding.rate(5 * HOUR), funding.rate(6 * HOUR)) == (D("0.0001"), D("0.0008"))


def test_a_silent_venue_leaves_its_last_rate() -> None:
    """Settlements of which nothing was told take the newest rate there is."""
    funding = PublishedFunding(told("0.0001", 5))
    assert funding.rate(9 * HOUR) == D("0.0001")


def test_settlements_go_on_in_the_published_interval() -> None:
    """The next one is the one the venue names; after it they follow at its interval, which may change."""
    funding = PublishedFunding(told("0.0001", 5))
    assert [funding.next_ns(hour * HOUR) // HOUR for hour in (3, 4, 5, 7)] == [5, 5, 6, 8]
    funding.take(told("0.0001", 16, 8))
    assert (funding.interval_ns, funding.next_ns(5 * HOUR), funding.next_ns(16 * HOUR)) == (
        8 * HOUR,
        16 * HOUR,
        24 * HOUR,
    )


def test_a_rate_has_twelve_decimals() -> None:
    """However long the fraction a venue tells, payments stay exact."""
    assert PublishedFunding(told("0.00001234567890123456", 5)).rate(5 * HOUR) == D("0.000012345679")


def test_a_venue_that_accrues_settles_its_part_every_hour() -> None:
    """Where the next settlement is always one interval away, an eight-hour rate is paid in eight parts."""
    rate = FundingRate(ticker="BTC", rate=D("0.0008"), interval_ns=8 * HOUR, next_funding_ns=11 * HOUR + 1234)
    funding = PublishedFunding(rate)
    assert (funding.next_ns(3 * HOUR), funding.next_ns(3 * HOUR + 1), funding.interval_ns) == (4 * HOUR, 4 * HOUR, HOUR)
    assert funding.rate(4 * HOUR) == D("0.0001")
    funding.take(FundingRate(ticker="BTC", rate=D("0.0016"), interval_ns=8 * HOUR, next_funding_ns=12 * HOUR))
    assert funding.rate(4 * HOUR) == D("0.0002")
