"""What one client shares: the transport, the REST budget, and how streams are opened."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from exchanges.extended.keys import ExtendedPlace
from exchanges.extended.rest import USER_AGENT, ExtendedRest

if TYPE_CHECKING:
    from exchanges.base import ExchangeContext
    from helpers.clock import Clock
    from helpers.transport import Transport

_PUBLIC: Final = MappingProxyType({"User-Agent": USER_AGENT})


class ExtendedNetwork:
    """One way to Extended, with or without an account."""

    def __init__(self, context: ExchangeContext, place: ExtendedPlace, api_key: SecretStr | None = None) -> None:
        """Open nothing."""
        self.context = context
        self.place = place
        self._api_key = api_key
        self._own: Transport | None = None
        self._rest: ExtendedRest | None = None

    @property
    def clock(self) -> Clock:
        """The run's clock."""
        return self.context.clock

    @property
    def transport(self) -> Transport:
        """The transport that was given, or one of our own, made when it is first needed."""
        if self.context.transport is not None:
            return self.context.transport
        if self._own is None:
            from exchanges.socket_transport import SocketTransport  # noqa: PLC0415 - aiohttp is slow to import

            self._own = SocketTransport(self.clock)
        return self._own

    @property
    def rest(self) -> ExtendedRest:
        """The requests; all of a client draw on one budget."""
        if self._rest is None:
            self._rest = ExtendedRest(self.transport, self.place.rest_url, self.clock, self._api_key)
        return self._rest

    def stream_headers(self, *, is_private: bool) -> Mapping[str, str]:
        """Give the headers of a stream's handshake; the account's own shows the API key there."""
        if not is_private or self._api_key is None:
            return _PUBLIC
        return {**_PUBLIC, "X-Api-Key": self._api_key.get_secret_value()}

    async def close(self) -> None:
        """Close the transport if it is ours; may be called twice."""
        own, self._own, self._rest = self._own, None, None
        if own is not None:
            await own.close()


__all__ = ["ExtendedNetwork"]
