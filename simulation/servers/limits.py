"""Counting what a client may do in a time, as venues do it."""

from __future__ import annotations

from collections import deque


class RollingWindow:
    """So much weight in any stretch of so long."""

    def __init__(self, weight: float, window_ns: int) -> None:
        """Start unused."""
        self._weight = weight
        self._window_ns = window_ns
        self._taken: deque[tuple[int, float]] = deque()
        self._sum = 0.0

    def take(self, now_ns: int, weight: float = 1.0) -> bool:
        """Count a call; False, and nothing counted, if it is too much."""
        self._forget(now_ns)
        if self._sum + weight > self._weight:
            return False
        self._taken.append((now_ns, weight))
        self._sum += weight
        return True

    def _forget(self, now_ns: int) -> None:
        while self._taken and self._taken[0][0] <= now_ns - self._window_ns:
            self._sum -= self._taken.popleft()[1]


__all__ = ["RollingWindow"]
