"""One venue's HTTP: every request within its budget, every answer given or raised by the error tree, nothing repeated.

A request that got no trustworthy answer has an unknown outcome: ConnectivityError for silence
and 5xx, RateLimited for 429 (and it holds the budget for Retry-After). A 4xx is what the
venue's `explain` says of it. Reads are repeated by who asks (exchanges/reads.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from exchanges.rate_limiter import Priority, RateLimiter
from helpers.errors import VenueError
from helpers.transport import NO_HEADERS, HttpResponse, Transport

Explain = Callable[[HttpResponse], VenueError | None]
"""Reads a venue's error body: the error to raise, or None to leave it to the status."""

NO_COSTS: Mapping[str, float] = {}


class VenueHttp:
    """Requests to one base URL."""

    def __init__(
        self, transport: Transport, base_url: str, limiter: RateLimiter, explain: Explain, *, timeout_s: float = 10.0
    ) -> None:
        """Open nothing.

        Args:
            transport: carries requests.
            base_url: what paths are appended to, without a slash at its end.
            limiter: holds back what is over budget.
            explain: reads the venue's error bodies; asked for every answer, also for 200.
            timeout_s: of each request, from when it leaves.
        """
        raise NotImplementedError

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes = b"",
        costs: Mapping[str, float] = NO_COSTS,
        priority: Priority = Priority.READ,
        timeout_s: float | None = None,
    ) -> HttpResponse:
        """Send one request once and give its good answer.

        Raises:
            ConnectivityError: no answer in time, a 5xx, or an answer that is no HTTP: the outcome is unknown.
            RateLimited: 429, or what `explain` takes for it.
            AuthError: 401 or 403, unless `explain` says otherwise.
            VenueRejected: any other 4xx, with the venue's own code and words.
        """
        raise NotImplementedError


__all__ = ["NO_COSTS", "Explain", "VenueHttp"]
