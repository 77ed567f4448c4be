"""The simulated venue's terms, as a person sets them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from config_samples import config, problem

from helpers.paper_options import PaperOptions
from simulation.paper_world import open_paper_venue, paper_start_ns, profile_of
from simulation.profile import Latency, VenueProfile

MS = 1_000_000


def test_the_defaults_are_the_venues_own() -> None:
    """Who sets nothing trades on the terms that docs/simulation.md states."""
    assert profile_of(PaperOptions()) == VenueProfile()


def test_terms_reach_the_venue(tmp_path: Path) -> None:
    """Percentages become fractions, durations the fixed part of a delay, the jitter its random part."""
    flags = {
        "deposit": "250.5", "maker_fee": "-0.01", "taker_fee": "0.05", "order_latency": "3ms",
        "response_latency": "0s", "latency_jitter": "1ms",
    }  # fmt: skip
    options = config(tmp_path, flags).paper
    venue = open_paper_venue(label="paper", seed=7, tapes=(), start_ns=paper_start_ns(()), options=options)
    market = venue.find_market("BTC").market
    assert (market.maker_fee, market.taker_fee) == (Decimal("-0.0001"), Decimal("0.0005"))
    assert venue.core.profile.order_entry == Latency(base_ns=3 * MS, jitter_ns=MS)
    assert venue.core.profile.response == Latency(base_ns=0, jitter_ns=MS)
    assert venue.open_account("me").deposit == Decimal("250.5")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("deposit", "0", "--deposit '0': must be a number above 0 and at most 1000000000000 (quote)"),
        ("deposit", "nan", "--deposit 'nan': must be a number above 0"),
        ("maker_fee", "11", "--maker-fee '11': must be a number at least -10 and at most 10 (%)"),
        ("taker_fee", "-11", "--taker-fee '-11': must be a number at least -10 and at most 10 (%)"),
        ("order_latency", "2h", "--order-latency '2h': must be a duration such as 90s, 10m, 24h, 7d or 1h30m at least"),
        ("response_latency", "soon", "--response-latency: 'soon' is no duration"),
        ("latency_jitter", "-1ms", "--latency-jitter: '-1ms' is no duration"),
    ],
)
def test_terms_that_no_venue_has_are_refused(tmp_path: Path, name: str, value: str, words: str) -> None:
    """A bad value is one line that names it and what it must be."""
    assert problem(tmp_path, {name: value}).startswith(words)
