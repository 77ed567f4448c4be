"""Measures what matters for speed. `python -m benchmarks` prints figures; it never judges them."""
