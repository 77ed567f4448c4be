"""Lighter's protocol: joins its parts and mounts them as one front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from helpers.clock import NS_PER_S
from simulation.servers.front import (
    Connection,
    Respond,
    ServerRequest,
    StreamPeer,
    StreamRefused,
    VenueFront,
)
from simulation.servers.lighter.account_channels import AccountChannels
from simulation.servers.lighter.account_view import AccountView
from simulation.servers.lighter.api_keys import ApiKey, ApiKeys
from simulation.servers.lighter.channels import Channel
from simulation.servers.lighter.errors import NOT_FOUND, Refused
from simulation.servers.lighter.history import History
from simulation.servers.lighter.hub import Hub
from simulation.servers.lighter.identity import Identity
from simulation.servers.lighter.intake import Intake
from simulation.servers.lighter.market_channels import MarketChannels
from simulation.servers.lighter.market_view import MarketView
from simulation.servers.lighter.markets import MARKETS, open_venue
from simulation.servers.lighter.options import as_lighter
from simulation.servers.lighter.rate_limits import RateLimits
from simulation.servers.lighter.rest import Rest
from simulation.servers.lighter.rest_account import AccountRest
from simulation.servers.lighter.rest_public import PublicRest
from simulation.servers.lighter.session import Services, Session
from simulation.servers.lighter.stream_sends import StreamSends
from simulation.servers.lighter.trading import Trading
from simulation.servers.market_feed import MarketFeed, Ticker
from simulation.servers.world import ServerOptions
from simulation.venue import SimulatedVenue

STREAM_PATH: Final = "/stream"
SHUTDOWN_MS: Final = 5_000


class LighterFront(VenueFront):
    """One Lighter with one customer."""

    name: ClassVar[str] = "lighter"

    def __init__(self, options: ServerOptions) -> None:
        """Open the venue; plain options mean a premium account on mainnet."""
        super().__init__(options)
        self.terms = as_lighter(options)
        self.identity = Identity(self.terms)
        self._venue = open_venue(self.terms)
        self.trading = Trading(self.terms, self._venue, self.identity)
        self.keys = ApiKeys(self.identity.account_index)
        key = ApiKey(self.identity.api_key_index, self.identity.public_key, self.terms.signature_sample)
        self.keys.add(key)
        self.intake = Intake(self.trading, self.keys)
        self.limits = RateLimits(self.terms)
        self.hub = Hub(self.trading)
        self._sessions: list[Session] = []
        self._session_count = 0
        self._join()
        if self.terms.shutdown_every_s is not None:
            Ticker(self._venue, round(self.terms.shutdown_every_s * NS_PER_S), self.shut_down).start()

    def _join(self) -> None:
        venue, trading = self._venue, self.trading
        views = {}
        for market in MARKETS:
            history = History(market, MarketFeed(venue, market.ticker))
            views[market.market_id] = MarketView(venue, market, history)
        account_view = AccountView(trading, self.intake.changes)
        account_rest = AccountRest(trading, self.keys, self.intake, account_view)
        self._rest = Rest(trading, self.limits, PublicRest(trading, views), account_rest)
        self._market_channels = MarketChannels(trading, views, self.hub)
        self._account_channels = AccountChannels(trading, account_view, self.hub)
        sends = StreamSends(trading, self.limits, self.intake)
        self._services = Services(trading, self.keys, self.limits, self.hub, sends, self._snapshot)

    @property
    def venue(self) -> SimulatedVenue:
        """The venue behind the protocol."""
        return self._venue

    @property
    def account_id(self) -> str:
        """The customer's account on the simulated venue."""
        return self.trading.account_id

    def env_lines(self, http_url: str, stream_url: str) -> Sequence[str]:
        """Give the lines of an .env file; the stream's address follows from the other."""
        del stream_url
        return self.identity.env_lines(http_url)

    def handle(self, request: ServerRequest, respond: Respond) -> None:
        """Answer a request."""
        self._rest.handle(request, respond)

    def accept(self, request: ServerRequest, connection: Connection) -> StreamPeer:
        """Take a stream.

        Raises:
            StreamRefused: the path is another, or too many were opened.
        """
        if request.path != STREAM_PATH:
            raise StreamRefused(Refused(NOT_FOUND, "page not found", NOT_FOUND).response())
        self._sessions = [known for known in self._sessions if known.is_open]
        held = sum(known.address == request.address for known in self._sessions)
        try:
            self.limits.stream(request.address, held, self._venue.core.now_ns)
        except Refused as refusal:
            raise StreamRefused(refusal.response()) from None
        self._session_count += 1
        readonly = request.parameter("readonly") == "true"
        session = Session(self._services, connection, request.address, self._session_count, readonly=readonly)
        self._sessions.append(session)
        return session

    def shut_down(self) -> None:
        """Announce to all streams that they will be closed, as before a deployment."""
        for session in self._sessions:
            session.shut_down(SHUTDOWN_MS)

    def _snapshot(self, channel: Channel) -> dict[str, Any]:
        if channel.account is not None:
            return self._account_channels.snapshot(channel)
        return self._market_channels.snapshot(channel)


__all__ = ["LighterFront"]
