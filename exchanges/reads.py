"""Repeating reads. Only reads: whatever could act twice is never sent twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential

from helpers.errors import ConnectivityError, RateLimited

T = TypeVar("T")

_ATTEMPTS = 5
_BACKOFF = wait_exponential(min=1, max=10)
_LONGEST_WAIT_S = 60.0


async def read(call: Callable[[], Awaitable[T]]) -> T:
    """Read, and read again after 1, 2, 4 and 8 s, or as long as the venue asks for, if it does not answer.

    Raises:
        VenueError: the last attempt failed too, or the venue answered with a refusal.
    """
    repeating = AsyncRetrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=_wait_s,
        retry=retry_if_exception_type((ConnectivityError, RateLimited, OSError)),
        reraise=True,
    )

    async def ask() -> T:
        return await call()

    answer: T = await repeating(ask)
    return answer


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
    return min(max(_BACKOFF(state), asked_s or 0.0), _LONGEST_WAIT_S)
