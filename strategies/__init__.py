"""Strategies: they decide and do nothing else."""
