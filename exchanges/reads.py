"""Repeating reads. Only reads: whatever could act twice is never sent twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from helpers.errors import ConnectivityError, RateLimited

T = TypeVar("T")

_ATTEMPTS = 5


async def read(call: Callable[[], Awaitable[T]]) -> T:
    """Read, and read again after 1, 2, 4 and 8 s if the venue does not answer.

    Raises:
        VenueError: the last attempt failed too, or the venue answered with a refusal.
    """
    async for attempt in AsyncRetrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(min=1, max=10),
        retry=retry_if_exception_type((ConnectivityError, RateLimited)),
        reraise=True,
    ):
        with attempt:
            return await call()
    raise AssertionError("tenacity ends by returning or raising")
