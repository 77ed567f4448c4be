"""Trend ladder: entries with the trend, one rung after the other. See docs/strategies/trend_ladder.md."""
