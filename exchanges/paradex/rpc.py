"""What a Paradex stream speaks: JSON-RPC calls and their answers, and news by channel.

A login, where there is one, is the first call of a connection and holds for its life. A channel
is subscribed once; twice is an error. News that cannot be read is news that was missed, so its
channel is subscribed anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from exchanges.paradex.link import TERMS, Link
from exchanges.paradex.login import Login
from exchanges.paradex.wire import Frame, Push, RpcError
from exchanges.stream import NO_HEADERS, Channel, ReconnectingStream
from helpers.errors import AuthError, BadPayload, ConnectivityError

_FRAME: Final = msgspec.json.Decoder(Frame)
_LOGIN: Final = "login"
_BAD_TOKEN: Final = frozenset({40110, 40111})
_UNWANTED: Final = "unsubscribe"


class GapError(Exception):
    """What a channel told is worthless from here on."""


Take = Callable[[msgspec.Raw], bool]
"""Takes news of a channel; False if it is older than what is known: no sign of life. Raises BadPayload or GapError."""


class RpcStream:
    """One connection and what is subscribed on it."""

    def __init__(self, link: Link, name: str, login: Login | None = None) -> None:
        """Open nothing.

        Args:
            link: the way to the venue.
            name: for log lines.
            login: gives tokens; None for public channels.
        """
        self._url = link.place.stream_base
        self._login = login
        self._takers: dict[str, Take] = {}
        self._calls: dict[int, tuple[str, str]] = {}
        """Calls that were not answered: method and channel by id."""
        self._last_id = 0
        self._greeting: asyncio.Future[None] | None = None
        context = link.context
        self._stream = ReconnectingStream(
            link.transport, context.clock, context.random, self, TERMS, quota=link.quota, name=name
        )

    async def open(self) -> None:
        """Connect, and stay connected.

        Raises:
            ConnectivityError: the venue cannot be reached.
            AuthError: it refuses us.
        """
        await self._stream.open()

    async def add(
        self,
        channel: str,
        take: Take,
        *,
        max_silence_s: float | None = None,
        proven_by_ack: bool = False,
        on_reset: Callable[[], None] | None = None,
        on_proven: Callable[[], None] | None = None,
    ) -> None:
        """Subscribe a channel and wait until it works.

        Raises:
            ConnectivityError: it does not.
        """
        self._takers[channel] = take
        await self._stream.add(
            Channel(
                name=channel,
                subscribe=lambda: self._call("subscribe", channel, {"channel": channel}),
                unsubscribe=lambda: self._call(_UNWANTED, channel, {"channel": channel}),
                max_silence_s=max_silence_s,
                proven_by_ack=proven_by_ack,
                on_reset=on_reset,
                on_proven=on_proven,
            )
        )

    def reconnect(self, reason: str) -> None:
        """Open the connection anew, and everything on it."""
        self._stream.reconnect(reason)

    async def close(self) -> None:
        """End it."""
        self._takers.clear()
        await self._stream.close()

    # -- what ReconnectingStream asks ---------------------------------------------------------

    def url(self) -> str:
        """Give where to connect to."""
        return self._url

    def headers(self) -> Mapping[str, str]:
        """Give no headers: the token goes with the first call."""
        return NO_HEADERS

    async def greet(self, stream: ReconnectingStream) -> None:
        """Log in, if this connection is to be."""
        self._calls.clear()
        if self._login is None:
            return
        token = await self._login.token()
        self._greeting = asyncio.get_running_loop().create_future()
        stream.send(self._call("auth", _LOGIN, {"bearer": token}))
        try:
            await self._greeting
        except _TokenRefusedError as error:
            await self._login.renew(token)
            raise ConnectivityError(f"the stream refused a login, and there is a new one: {error}") from None

    def on_message(self, message: bytes) -> None:
        """Read one message."""
        try:
            frame = _FRAME.decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadPayload(f"no frame of Paradex: {error}", message) from None
        if frame.params is not None:
            self._push(frame.params)
        elif frame.id is not None:
            self._answer(frame.id, frame)
        elif frame.error is not None:
            raise BadPayload(f"Paradex says {explain_rpc(frame.error)} to no call of ours", message)

    # -- inside -----------------------------------------------------------------------------

    def _push(self, push: Push) -> None:
        take = self._takers.get(push.channel)
        if take is None:
            return
        try:
            if take(push.data):
                self._stream.heard(push.channel)
        except GapError as gap:
            self._stream.reset(push.channel, str(gap))
        except BadPayload:
            self._stream.reset(push.channel, "its news cannot be read")
            raise

    def _answer(self, call_id: int, frame: Frame) -> None:
        method, channel = self._calls.pop(call_id, ("", ""))
        if method == "auth":
            self._greeted(frame.error)
        elif method == "subscribe" and frame.error is not None:
            self._stream.refused(channel, explain_rpc(frame.error))
        elif method == "subscribe":
            self._stream.acked(channel)

    def _greeted(self, error: RpcError | None) -> None:
        greeting = self._greeting
        if greeting is None or greeting.done():
            return
        if error is None:
            greeting.set_result(None)
        elif error.code in _BAD_TOKEN:
            greeting.set_exception(_TokenRefusedError(explain_rpc(error)))
        else:
            greeting.set_exception(AuthError(f"Paradex refuses a stream: {explain_rpc(error)}"))

    def _call(self, method: str, channel: str, params: Mapping[str, str]) -> bytes:
        self._last_id += 1
        self._calls[self._last_id] = (method, channel)
        return msgspec.json.encode({"jsonrpc": "2.0", "method": method, "params": params, "id": self._last_id})


class _TokenRefusedError(Exception):
    """The token of a login on a stream is over."""


def explain_rpc(error: RpcError) -> str:
    """Put an error of a call in words."""
    detail = bytes(error.data).decode(errors="replace").strip('"')
    return f"{error.message or 'no'}{f': {detail}' if detail and detail != 'null' else ''} [{error.code}]"


__all__ = ["GapError", "RpcStream", "Take", "explain_rpc"]
