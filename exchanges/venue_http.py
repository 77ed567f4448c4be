"""One venue's HTTP: every request within its budget, every answer given or raised by the error tree, nothing repeated.

A request that got no trustworthy answer has an unknown outcome: ConnectivityError for silence
and 5xx, RateLimited for 429 (and it holds the budget for Retry-After). A 4xx is what the
venue's `explain` says of it. Reads are repeated by who asks (exchanges/reads.py).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, unquote, urlencode

from exchanges.carrier import place_of
from exchanges.rate_limiter import Priority, RateLimiter
from exchanges.retry_after import retry_after_s
from helpers.errors import AuthError, ConnectivityError, RateLimited, VenueError, VenueRejected
from helpers.logs import MASK, mask, one_line
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, Transport

Explain = Callable[[HttpResponse], VenueError | None]
"""Reads a venue's error body: the error to raise, or None to leave it to the status."""

NO_COSTS: Mapping[str, float] = {}

_LOG = logging.getLogger("runbot.http")
_UNTOLD_HOLD_S = 1.0
"""How long nothing is sent after a 429 that does not say how long."""
_LONGEST_HOLD_S = 3600.0
"""A longer Retry-After is taken for a mistake."""
_LONGEST_TEXT = 500
_BETWEEN = re.compile("[/?&=]")
_SHORTEST_SECRET = 8
_OK, _REDIRECT, _REFUSED, _BROKEN = 200, 300, 400, 500
_REQUEST_TIMEOUT, _TOO_MANY = 408, 429
_AUTH = frozenset({401, 403})


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
        self._transport = transport
        self._base_url = base_url
        self._place = place_of(base_url)
        self._limiter = limiter
        self._explain = explain
        self._timeout_s = timeout_s

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
        patience_s: float | None = None,
        last_look: Callable[[], None] | None = None,
    ) -> HttpResponse:
        """Send one request once and give its good answer.

        Args:
            method: as GET.
            path: below the base URL.
            query: names and values.
            headers: of this request.
            body: as it is sent.
            costs: weight by name of budget.
            priority: who goes first where the budget is short.
            timeout_s: for the answer; None is the usual.
            patience_s: how long it may wait for its budget; then it is not sent, for sure. None is for ever.
            last_look: called when it is its turn; raises what keeps it from being sent after all.

        Raises:
            ConnectivityError: no answer in time, a 5xx, or an answer that is no HTTP: the outcome is unknown.
            RateLimited: 429, or what `explain` takes for it.
            AuthError: 401 or 403, unless `explain` says otherwise.
            VenueRejected: any other 4xx, with the venue's own code and words; or it was not sent.
        """
        await self._admit(costs, priority, patience_s)
        if last_look is not None:
            last_look()
        request = HttpRequest(
            method=method,
            url=f"{self._base_url}{path}{_query(query)}",
            headers=headers,
            body=body,
            timeout_s=self._timeout_s if timeout_s is None else timeout_s,
        )
        response = await self._ask(request)
        error = self._trouble(request, response)
        if error is None:
            return response
        if isinstance(error, RateLimited):
            self._hold(error)
        raise _shown(error, request)

    async def _admit(self, costs: Mapping[str, float], priority: Priority, patience_s: float | None) -> None:
        try:
            async with asyncio.timeout(patience_s):
                await self._limiter.acquire(costs, priority)
        except TimeoutError:
            text = f"not sent: no request to {self._place} had room for {patience_s:g} s"
            raise VenueRejected("not sent", text) from None

    async def _ask(self, request: HttpRequest) -> HttpResponse:
        try:
            return await self._transport.request(request)
        except ConnectivityError as error:
            text = f"{self._what(request)}: no answer" if self._tells_too_much(str(error), request) else str(error)
            raise _shown(ConnectivityError(text), request) from None

    def _tells_too_much(self, text: str, request: HttpRequest) -> bool:
        """Whether a transport's words hold anything of the path, the query or the body: all of them may carry keys."""
        place = request.url.removeprefix(self._place)
        pieces = [unquote(piece) for piece in _BETWEEN.split(place)] + [request.body.decode(errors="replace")]
        return place in text or any(len(piece) >= _SHORTEST_SECRET and piece in text for piece in pieces)

    def _trouble(self, request: HttpRequest, response: HttpResponse) -> VenueError | None:
        """Say what is wrong with an answer; what the status leaves open stays open, whatever the body says."""
        status, error = response.status, self._explained(response)
        words = f"{self._what(request)} answers {status}" if error is None else str(error)
        if status == _TOO_MANY or isinstance(error, RateLimited):
            asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
            return RateLimited(words, retry_after_s(response) if asked_s is None else asked_s)
        if _OK <= status < _REDIRECT:
            return error
        if not _REFUSED <= status < _BROKEN or status == _REQUEST_TIMEOUT:
            return ConnectivityError(words)
        if error is None:
            return AuthError(words) if status in _AUTH else VenueRejected(str(status), words)
        return error

    def _explained(self, response: HttpResponse) -> VenueError | None:
        try:
            return self._explain(response)
        except VenueError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a page of HTML must not turn an unknown outcome into a crash
            _LOG.warning("%s: a reply with status %d cannot be read: %s", self._place, response.status, type(error))
            return None

    def _hold(self, error: RateLimited) -> None:
        asked_s = error.retry_after_s
        seconds = _UNTOLD_HOLD_S if asked_s is None else min(max(asked_s, 0.0), _LONGEST_HOLD_S)
        _LOG.warning("%s: too many requests; nothing is sent for %g s", self._place, seconds)
        self._limiter.hold(seconds)

    def _what(self, request: HttpRequest) -> str:
        return f"{request.method} {self._place}"


def _query(query: Sequence[tuple[str, str]]) -> str:
    return f"?{urlencode(query, quote_via=quote)}" if query else ""


def _shown(error: VenueError, request: HttpRequest) -> VenueError:
    """Take out of an error's text what looks secret: the venue may repeat what it was sent."""
    text = one_line(mask(str(error)))
    for value in request.headers.values():
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, MASK)
    error.args = (text[:_LONGEST_TEXT],)
    return error


__all__ = ["NO_COSTS", "Explain", "VenueHttp"]
