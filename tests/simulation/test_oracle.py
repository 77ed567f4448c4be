"""The simulated venue against its slow double: the same fills, orders, money and answers on random worlds.

The double (slow_book.py, slow_oracle.py) is written from docs/simulation.md and looks at every row;
the venue skips what cannot matter. What they disagree on is a mistake of one of them, or of the page.
"""

from __future__ import annotations

import random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from oracle_duel import differences
from oracle_worlds import dense_world, sparse_world

EXAMPLES = settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
"""A seed does not shrink: oracle_campaign.py shows the seed's world cut down to what differs."""
seeds = st.integers(0, 2**32)


@EXAMPLES
@given(seeds)
def test_the_venue_does_what_the_page_says_where_everything_meets(seed: int) -> None:
    """Few prices, few instants, missing, locked and crossed books, two accounts, every kind of order."""
    for number in range(10):
        assert differences(dense_world(random.Random(f"{seed}-{number}"))) == []


@EXAMPLES
@given(seeds)
def test_the_venue_does_what_the_page_says_on_long_tapes(seed: int) -> None:
    """Thousands of rows far away, visits at block and chunk ends, long stays at our prices: skipping misses nothing."""
    for number in range(3):
        assert differences(sparse_world(random.Random(f"{seed}-{number}"))) == []
