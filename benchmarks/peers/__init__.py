"""Other people's backtesters at the same race, each in an environment of its own (benchmarks/peers_bench.py)."""
