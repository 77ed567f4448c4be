"""The real transport: pooled HTTP by aiohttp, and streams by the fastest carrier that is installed.

Nothing is ever sent twice from here, not even a read: whether a lost request may be repeated
is known where it was made. A request that got no answer in time has an unknown outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp

from exchanges import picows_stream
from exchanges.carrier import Carrier, StreamLimits, place_of
from exchanges.websocket_stream import open_websocket
from helpers.clock import Clock
from helpers.errors import ConnectivityError
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, Stream, StreamListener

_CONNECTIONS_PER_HOST = 16
_KEEP_ALIVE_S = 60.0


def fastest_carrier() -> Carrier:
    """Give picows where the extra `fast` is installed, else websockets."""
    return picows_stream.open_picows if picows_stream.is_installed() else open_websocket


class SocketTransport:
    """One per venue client: its connections are its own."""

    def __init__(self, clock: Clock, *, carrier: Carrier | None = None, limits: StreamLimits | None = None) -> None:
        """Open nothing yet.

        Args:
            clock: stamps what comes in.
            carrier: what keeps streams; None is the fastest that is installed.
            limits: of streams; None is the usual ones.
        """
        self._clock = clock
        self._carrier = carrier or fastest_carrier()
        self._limits = limits or StreamLimits()
        self._session: aiohttp.ClientSession | None = None
        self._streams: list[Stream] = []

    async def request(self, request: HttpRequest) -> HttpResponse:
        """Send a request once and wait for the whole response.

        Raises:
            ConnectivityError: there was none in time; the text holds neither path nor query, which may carry keys.
        """
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._send(request)
        except TimeoutError:
            raise ConnectivityError(
                f"{request.method} {place_of(request.url)}: no response in {request.timeout_s:g} s"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectivityError(f"{request.method} {place_of(request.url)}: {type(error).__name__}") from None

    async def open_stream(self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS) -> Stream:
        """Open a stream that tells this listener.

        Raises:
            ConnectivityError: the venue cannot be reached.
        """
        stream = await self._carrier(url, listener, headers, self._limits)
        self._streams = [known for known in self._streams if known.is_open]
        self._streams.append(stream)
        return stream

    async def close(self) -> None:
        """Close every stream and connection; may be called twice."""
        streams, self._streams = self._streams, []
        await asyncio.gather(*(stream.close() for stream in streams))
        if self._session is not None:
            await self._session.close()

    async def _send(self, request: HttpRequest) -> HttpResponse:
        async with self._opened().request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            skip_auto_headers=("Content-Type", "User-Agent"),
        ) as response:
            body = await response.read()
            return HttpResponse(
                status=response.status,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=body,
                received_ns=self._clock.now_ns(),
            )

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit_per_host=_CONNECTIONS_PER_HOST, keepalive_timeout=_KEEP_ALIVE_S),
                timeout=aiohttp.ClientTimeout(total=None),  # each request brings its own
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            # aiohttp sends a GET, PUT or DELETE again when a kept connection turns out dead. A DELETE
            # is a cancel with a nonce, and every repeat is a choice that belongs to the caller.
            self._session._retry_connection = False  # noqa: SLF001 - there is no public switch
        return self._session
