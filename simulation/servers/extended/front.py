"""The front door: who may come in, how often, and which part answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from email.utils import formatdate
from functools import partial
from hmac import compare_digest
from typing import ClassVar, Final

import msgspec

from helpers.clock import NS_PER_S
from simulation.servers.extended.account_keys import TESTNET, AccountKeys, Network, keys_from
from simulation.servers.extended.account_news import AccountNews
from simulation.servers.extended.account_state import AccountState
from simulation.servers.extended.account_view import AccountView
from simulation.servers.extended.answers import Code, Refused, failure, success
from simulation.servers.extended.market_watch import MarketWatch
from simulation.servers.extended.markets import MARKETS, PROFILE
from simulation.servers.extended.order_rules import TradingMode
from simulation.servers.extended.rest_private import PrivateAnswers
from simulation.servers.extended.rest_public import PublicAnswers
from simulation.servers.extended.routes import Call, find_route
from simulation.servers.extended.stream_rpc import RpcStream
from simulation.servers.extended.stream_v1 import TopicStream, read_topic
from simulation.servers.extended.topics import ACCOUNT, PublicTopics
from simulation.servers.extended.trading import Trading
from simulation.servers.front import (
    Connection,
    Respond,
    ServerRequest,
    ServerResponse,
    StreamPeer,
    StreamRefused,
    VenueFront,
)
from simulation.servers.limits import RollingWindow
from simulation.servers.world import ServerOptions, open_server_venue
from simulation.venue import SimulatedVenue

_REST: Final = ("api", "v1")
_STREAMS: Final = "stream.extended.exchange"
_REQUESTS_PER_MINUTE: Final = 1_000


class ExtendedFront(VenueFront):
    """Extended's REST and stream protocols over one simulated venue."""

    name: ClassVar[str] = "extended"
    ping_interval_s: ClassVar[float | None] = 15.0

    def __init__(self, options: ServerOptions, network: Network = TESTNET) -> None:
        """Open the venue.

        Args:
            options: seed, time, deposit, activity.
            network: binds the signatures; a testnet by default, so that no signature made here counts live.
        """
        super().__init__(options)
        self.keys: AccountKeys = keys_from(options.seed)
        self._network = network
        specs = {market.ticker: market.spec for market in MARKETS}
        terms = {market.ticker: market.terms for market in MARKETS}
        self._venue = open_server_venue(self.name, specs, terms, PROFILE, options)
        self._state = AccountState(self._venue, self.keys, network)
        view = AccountView(self._state)
        watches = {market.name: MarketWatch(self._venue, market) for market in MARKETS}
        self._topics = PublicTopics(self._venue, watches)
        self._news = AccountNews(self._state, view)
        self._trading = Trading(self._state, self._news.answered)
        public = PublicAnswers(watches, lambda: self._trading.mode)
        self._routes = public.routes() + PrivateAnswers(self._state, view, self._trading).routes()
        self._budgets: dict[str, RollingWindow] = defaultdict(
            partial(RollingWindow, _REQUESTS_PER_MINUTE, 60 * NS_PER_S)
        )

    @property
    def venue(self) -> SimulatedVenue:
        """The venue behind the protocol."""
        return self._venue

    @property
    def account_id(self) -> str:
        """The account's name on the simulated venue."""
        return self._state.name

    def set_mode(self, mode: TradingMode) -> None:
        """Allow everything, nothing (1010), post-only orders only (1011) or reduce-only orders only (1012)."""
        self._trading.mode = mode

    def env_lines(self, http_url: str, stream_url: str) -> Sequence[str]:
        """Give the account's keys and where to find the venue."""
        keys = self.keys
        return (
            f"EXTENDED_ENVIRONMENT={self._network.name}",
            f"EXTENDED_API_KEY={keys.api_key}",
            f"EXTENDED_STARK_KEY_PUBLIC={keys.public_key:#x}",
            f"EXTENDED_STARK_KEY_PRIVATE={keys.private_key:#x}",
            f"EXTENDED_VAULT={keys.vault}",
            f"EXTENDED_URL={http_url}/api/v1",
            f"EXTENDED_STREAM_URL={stream_url}/{_STREAMS}",
        )

    # -- REST -------------------------------------------------------------------------------

    def handle(self, request: ServerRequest, respond: Respond) -> None:
        """Answer a request; the answer travels for as long as the venue's delays say."""
        core = self._venue.core
        try:
            answer = success(self._answer(request))
        except Refused as refused:
            answer = failure(refused)
        due = core.now_ns + core.profile.response.draw(core.rng)
        core.agenda.at(due, lambda: respond(_dated(answer, core.now_ns)))

    def _answer(self, request: ServerRequest) -> object:
        self._admit(request)
        if not self._budgets[request.address].take(self._venue.core.now_ns):
            raise Refused(Code.RATE_LIMITED)
        first, *rest = request.path.strip("/").split("/")
        if (first, *rest[:1]) != _REST:
            raise Refused(Code.NOT_FOUND)
        route, words = find_route(self._routes, request.method, rest[1:])
        if route.is_private:
            self._authorise(request)
            self._state.refresh()
        return route.handler(Call(request, words))

    def _admit(self, request: ServerRequest) -> None:
        if not request.headers.get("user-agent"):
            raise Refused(Code.BAD_REQUEST, "the header User-Agent is mandatory")

    def _authorise(self, request: ServerRequest) -> None:
        given = request.headers.get("x-api-key", "")
        if not compare_digest(given.encode(), self.keys.api_key.encode()):
            raise Refused(Code.UNAUTHORIZED)

    # -- streams ----------------------------------------------------------------------------

    def accept(self, request: ServerRequest, connection: Connection) -> StreamPeer:
        """Take a stream.

        Raises:
            StreamRefused: no such topic, or the key is missing.
        """
        try:
            return self._open(request, connection)
        except Refused as refused:
            raise StreamRefused(failure(refused)) from None

    def _open(self, request: ServerRequest, connection: Connection) -> StreamPeer:
        self._admit(request)
        parts = request.path.strip("/").split("/")
        if parts == [_STREAMS, "v2", "rpc"]:
            return RpcStream(connection, self._state, self._topics, self._news)
        if parts[:2] != [_STREAMS, "v1"]:
            raise Refused(Code.NOT_FOUND)
        topic = read_topic(request, parts[2:])
        if topic.scope == ACCOUNT:
            self._authorise(request)
        return TopicStream(connection, self._state, self._topics, self._news, topic)


def _dated(answer: ServerResponse, now_ns: int) -> ServerResponse:
    """Stamp an answer with the venue's time, by which clients can tell how far theirs is off."""
    return msgspec.structs.replace(answer, headers={"Date": formatdate(now_ns / NS_PER_S, usegmt=True)})


__all__ = ["ExtendedFront", "TradingMode"]
