"""What a backtest says about a strategy: figures from its records, and the records as files."""
