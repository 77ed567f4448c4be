"""Examples to copy: each strategy is one file, complete, that reads from top to bottom."""
