"""Grid: entries inside the touch, each closed at its own take profit. See docs/strategies/grid.md."""
