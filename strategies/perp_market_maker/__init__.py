"""Perp market maker: levels around the mid, too large a position closed at market. See docs/strategies/."""
