"""One client's way to the venue: transport, budgets and connections, shared by its public and private side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from exchanges.paradex.keys import ParadexPlace
from exchanges.paradex.rest import PublicRest, open_http
from exchanges.stream import ConnectionQuota, StreamTerms
from helpers.transport import Transport

if TYPE_CHECKING:
    from exchanges.base import ExchangeContext
    from exchanges.venue_http import VenueHttp

TERMS: Final = StreamTerms(silence_s=30.0)
"""Every connection carries a market's summary, which comes each second: silence is a dead connection."""


class Link:
    """Opened when it is first used; may be closed and used again."""

    def __init__(self, context: ExchangeContext, place: ParadexPlace) -> None:
        """Open nothing.

        Args:
            context: the seams.
            place: which Paradex.
        """
        self.context = context
        self.place = place
        self.quota = ConnectionQuota(most=20, window_s=1.0)
        self._transport: Transport | None = None
        self._http: VenueHttp | None = None

    @property
    def transport(self) -> Transport:
        """The run's transport, or one of our own."""
        if self._transport is None:
            self._transport = self.context.transport or self._sockets()
        return self._transport

    @property
    def http(self) -> VenueHttp:
        """Requests within the venue's budgets."""
        if self._http is None:
            self._http = open_http(self.transport, self.place, self.context.clock)
        return self._http

    @property
    def rest(self) -> PublicRest:
        """Reads that need no key."""
        return PublicRest(self.http)

    async def close(self) -> None:
        """Release our own connections; a transport that was given belongs to who gave it."""
        transport, self._transport, self._http = self._transport, None, None
        if transport is not None and self.context.transport is None:
            await transport.close()

    def _sockets(self) -> Transport:
        from exchanges.socket_transport import SocketTransport  # noqa: PLC0415 - aiohttp is slow to load

        return SocketTransport(self.context.clock)


__all__ = ["TERMS", "Link"]
