"""One client's stream: its messages, its subscriptions, its life."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec

from helpers.clock import NS_PER_S
from simulation.servers.front import Connection
from simulation.servers.lighter.api_keys import ApiKeys
from simulation.servers.lighter.channels import Channel, read_channel
from simulation.servers.lighter.errors import Refused, encode, invalid_auth
from simulation.servers.lighter.hub import Hub, frame
from simulation.servers.lighter.rate_limits import RateLimits
from simulation.servers.lighter.stream_sends import StreamSends
from simulation.servers.lighter.trading import Trading

_PULSE_NS: Final = 60 * NS_PER_S
SILENCE_NS: Final = 120 * NS_PER_S
"""A client that sends nothing for so long is closed."""
LIFE_NS: Final = 24 * 3600 * NS_PER_S
_MOST_SUBSCRIPTIONS: Final = 500
_PING: Final = b'{"type":"ping"}'
_PONG: Final = b'{"type":"pong"}'
_GOING_AWAY: Final = 1001
_INVALID_MESSAGE: Final = Refused(30001, "Invalid Message")


class Services(msgspec.Struct, frozen=True):
    """What all streams share."""

    trading: Trading
    keys: ApiKeys
    limits: RateLimits
    hub: Hub
    sends: StreamSends
    snapshot: Callable[[Channel], dict[str, Any]]


class Session:
    """The venue's side of one stream."""

    def __init__(
        self, services: Services, connection: Connection, address: str, number: int, *, readonly: bool
    ) -> None:
        """Greet the client and begin to count its silence."""
        self._services = services
        self._connection = connection
        self.address = address
        self._readonly = readonly
        self._channels: set[Channel] = set()
        self.is_open = True
        self._opened_ns = self._heard_ns = services.trading.now_ns
        seed = services.trading.options.seed
        self.deliver(encode({"session_id": f"{seed:08x}-0000-4000-8000-{number:012x}", "type": "connected"}))
        self._next_pulse()

    # -- towards the client -----------------------------------------------------------------

    def deliver(self, message: bytes) -> None:
        """Send a message."""
        if self.is_open:
            self._connection.send(message)

    def close(self, code: int, reason: str) -> None:
        """End the stream."""
        if self.is_open:
            self.on_end()
            self._connection.close(code, reason)

    def shut_down(self, within_ms: int) -> None:
        """Announce that the venue goes down, and close then."""
        self.deliver(encode({"type": "shutdown", "close_in_ms": within_ms}))
        due = self._services.trading.now_ns + within_ms * 1_000_000
        self._services.trading.venue.core.agenda.at(due, partial(self.close, _GOING_AWAY, "shutdown"))

    # -- from the client --------------------------------------------------------------------

    def on_message(self, message: bytes) -> None:
        """Do what the client says."""
        services = self._services
        self._heard_ns = services.trading.now_ns
        try:
            said = msgspec.json.decode(message, type=dict[str, Any])
        except msgspec.DecodeError:
            self._refuse(_INVALID_MESSAGE)
            return
        kind = said.get("type")
        if not isinstance(kind, str):
            self._refuse(_INVALID_MESSAGE)
        elif kind == "ping":
            self.deliver(_PONG)
        elif kind.startswith("jsonapi/"):
            services.sends.send(kind, said.get("data"), self.deliver, readonly=self._readonly)
        elif kind != "pong":
            self._obey(kind, said)

    def on_end(self) -> None:
        """Forget the client."""
        self.is_open = False
        for channel in self._channels:
            self._services.hub.leave(channel, self)
        self._channels.clear()

    def _obey(self, kind: str, said: dict[str, Any]) -> None:
        if not self._services.limits.message(self.address, self._heard_ns):
            self._refuse(Refused(30009, "Too Many Websocket Messages!"))
            return
        if kind not in {"subscribe", "unsubscribe"}:
            self._refuse(_INVALID_MESSAGE)
            return
        try:
            channel = read_channel(str(said.get("channel", "")))
            if kind == "subscribe":
                self._subscribe(channel, said.get("auth"))
            else:
                self._unsubscribe(channel)
        except Refused as refusal:
            self._refuse(refusal)

    def _subscribe(self, channel: Channel, token: object) -> None:
        services = self._services
        if channel in self._channels:
            raise Refused(30003, f"Already Subscribed to : {channel.name}")
        if len(self._channels) >= _MOST_SUBSCRIPTIONS:
            raise Refused(30010, "Too Many Subscriptions!")
        if channel.account is not None and channel.account != services.keys.account_index:
            raise Refused(21100, "account not found")
        if channel.needs_token:
            if not isinstance(token, str) or not token:
                raise invalid_auth("no token")
            services.keys.check_token(token, services.trading.now_ns)
        body = services.snapshot(channel)
        self.deliver(encode(frame("subscribed", channel, body, services.trading.now_ns)))
        self._channels.add(channel)
        services.hub.join(channel, self)

    def _unsubscribe(self, channel: Channel) -> None:
        if channel not in self._channels:
            raise Refused(30004, f"Not Subscribed to : {channel.name}")
        self._channels.remove(channel)
        self._services.hub.leave(channel, self)
        self.deliver(encode({"channel": channel.name, "type": "unsubscribed"}))

    def _refuse(self, refusal: Refused) -> None:
        self.deliver(encode({"error": {"code": refusal.code, "message": refusal.text}}))

    # -- life -------------------------------------------------------------------------------

    def _next_pulse(self) -> None:
        now_ns = self._services.trading.now_ns
        due = min(now_ns + _PULSE_NS, max(self._heard_ns + SILENCE_NS, now_ns + 1), self._opened_ns + LIFE_NS)
        self._services.trading.venue.core.agenda.at(due, self._pulse)

    def _pulse(self) -> None:
        if not self.is_open:
            return
        now_ns = self._services.trading.now_ns
        if now_ns >= self._heard_ns + SILENCE_NS:
            self.close(_GOING_AWAY, "no message for two minutes")
        elif now_ns >= self._opened_ns + LIFE_NS:
            self.close(_GOING_AWAY, "connections end after a day")
        else:
            self.deliver(_PING)
            self._next_pulse()


__all__ = ["LIFE_NS", "SILENCE_NS", "Services", "Session"]
