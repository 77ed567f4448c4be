"""Lighter: an order book on a rollup; orders are signed transactions."""
