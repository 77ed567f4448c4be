"""What is said of a ticker that is not listed."""

from __future__ import annotations

import pytest

from exchanges.ticker_hints import ticker_hint


@pytest.mark.parametrize("ticker", ["BTCX", "BTC-USD-PERP", "BTC/USDC", "BTC_PERP"])
def test_the_nearest_is_named(ticker: str) -> None:
    """A slip of the finger, a pair, a venue's own symbol."""
    assert ticker_hint(ticker, ("ETH", "BTC")) == "did you mean BTC? there are 2: ETH, BTC"


def test_some_are_listed_of_many() -> None:
    """Eight, and how many there are."""
    listed = [f"T{number}" for number in range(30)]
    assert ticker_hint("ZZZ", listed) == "there are 30: T0, T1, T2, T3, T4, T5, T6, T7, ..."
