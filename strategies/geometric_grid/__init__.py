"""Geometric grid: orders on fixed price levels, each a constant ratio apart. See docs/strategies/geometric_grid.md."""
