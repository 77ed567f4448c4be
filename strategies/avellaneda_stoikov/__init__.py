"""Avellaneda-Stoikov: quotes that lean against the inventory. See docs/strategies/avellaneda_stoikov.md."""
