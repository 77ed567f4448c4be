"""Paradex's protocol over a simulated venue: https://api.testnet.paradex.trade/v1 and its stream, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

import msgspec

from simulation.profile import Latency, VenueProfile
from simulation.servers.front import (
    Connection,
    Respond,
    ServerRequest,
    ServerResponse,
    StreamPeer,
    StreamRefused,
    VenueFront,
)
from simulation.servers.paradex.account_book import AccountBook, SeqNumbers
from simulation.servers.paradex.account_news import AccountNews, PrivateChannels
from simulation.servers.paradex.accounts import AccountRegistry, SeededKeys, address_of, public_key, seeded_keys
from simulation.servers.paradex.directory import Directory
from simulation.servers.paradex.errors import ApiRefusal, not_found
from simulation.servers.paradex.logins import Logins
from simulation.servers.paradex.market_board import MarketBoard
from simulation.servers.paradex.markets import BY_TICKER
from simulation.servers.paradex.order_api import OrderApi
from simulation.servers.paradex.order_entry import OrderEntry
from simulation.servers.paradex.order_file import OrderFile
from simulation.servers.paradex.order_index import OrderIndex
from simulation.servers.paradex.private_rest import PrivateRest
from simulation.servers.paradex.public_rest import CHAIN_ID, PublicRest
from simulation.servers.paradex.rate_limits import RateLimits
from simulation.servers.paradex.routes import Router
from simulation.servers.paradex.session import Session, StreamServices
from simulation.servers.paradex.stark import Messages
from simulation.servers.paradex.stream_orders import StreamOrders
from simulation.servers.paradex.terms import ParadexTerms
from simulation.servers.paradex.tokens import Tokens
from simulation.servers.world import ServerOptions, open_server_venue
from simulation.venue import SimulatedVenue

_STREAM_PATHS: Final = frozenset({"/v1", "/v1/ws"})
_ANYBODY: Final = "anybody"


class ParadexFront(VenueFront):
    """The venue. Fees are those of API users: the simulated venue has one fee for every order of a market."""

    name: ClassVar[str] = "paradex"
    ping_interval_s: ClassVar[float | None] = 55.0

    def __init__(self, options: ServerOptions, terms: ParadexTerms | None = None) -> None:
        """Open the venue with BTC, ETH and SOL and one funded account.

        Args:
            options: seed, time, deposit, activity.
            terms: how it behaves; None is as usual.
        """
        super().__init__(options)
        self.terms = terms or ParadexTerms()
        self._venue = _open_venue(options, self.terms)
        self.keys: SeededKeys = seeded_keys(options.seed)
        self._registry = AccountRegistry()
        self._seq = SeqNumbers()
        self._index = OrderIndex()
        self._boards = {ticker: MarketBoard(self._venue, market) for ticker, market in BY_TICKER.items()}
        self._books: dict[str, AccountBook] = {}
        self._private = PrivateChannels()
        self._entry = OrderEntry(self._venue, self.terms, self._index, self._publish)
        self._limits = RateLimits()
        self._main_key = public_key(self.keys.private_key)
        self._account_id = address_of(self._main_key)

        self._assemble(Messages(CHAIN_ID), Tokens(options.seed, self.terms.token_life_s))
        self._open_account(self._account_id)
        if self.terms.is_onboarded:
            self._registry.onboard(self.account_id, self._main_key)
            self._registry.add_subkey(self.account_id, public_key(self.keys.subkey))

    @property
    def account_id(self) -> str:
        """The funded account: its address."""
        return self._account_id

    @property
    def venue(self) -> SimulatedVenue:
        """The venue behind the protocol."""
        return self._venue

    def env_lines(self, http_url: str, stream_url: str) -> Sequence[str]:
        """Give the lines of an .env file; the address also follows from the key, which takes the SDK to find out."""
        return (
            "PARADEX_ENVIRONMENT=testnet",
            f"PARADEX_L1_ADDRESS={self.keys.l1_address}",
            f"PARADEX_L2_PRIVATE_KEY={hex(self.keys.private_key)}",
            f"PARADEX_L2_ADDRESS={self.account_id}",
            f"PARADEX_URL={http_url}/v1",
            f"PARADEX_STREAM_URL={stream_url}/v1/ws",
        )

    def handle(self, request: ServerRequest, respond: Respond) -> None:
        """Answer a request after the response delay; it works at once."""
        try:
            response = self._router.answer(request, self._venue.core.now_ns)
        except ApiRefusal as refusal:
            response = refusal.response()
        self._venue.deliveries.later(_ANYBODY, partial(respond, _with_server(response)))

    def accept(self, request: ServerRequest, connection: Connection) -> StreamPeer:
        """Take a stream. Its log-in is the `auth` message: the header of the handshake says nothing here."""
        try:
            self._admit(request)
        except ApiRefusal as refusal:
            raise StreamRefused(refusal.response()) from None
        return Session(self._services, connection)

    def _admit(self, request: ServerRequest) -> None:
        if request.path.rstrip("/") not in _STREAM_PATHS:
            raise not_found(f"no stream at {request.path}")
        if request.parameter("sbeSchemaId"):
            raise ApiRefusal("", "the binary encoding is not simulated", 400)
        self._limits.stream(request.address, self._venue.core.now_ns)

    def _assemble(self, messages: Messages, tokens: Tokens) -> None:
        api = OrderApi(self._venue, self.terms, self._index, self._entry, messages, self._boards)
        logins = Logins(self._registry, tokens, messages, self._open_account)
        private = PrivateRest(self._venue, api, self._books.__getitem__, self._registry, self._seq)
        public = PublicRest(self._venue, self.terms, self._boards)
        self._router = Router(logins, self._limits, public, private)
        self._show = private.show
        self._services = StreamServices(
            venue=self._venue,
            terms=self.terms,
            tokens=tokens,
            directory=Directory(self._venue, self.terms, self._boards),
            private=self._private,
            orders=StreamOrders(self._venue, api, self._limits, self._show),
            node_id=f"{self._main_key % 2**64:016x}",
        )

    def _open_account(self, address: str) -> None:
        if address in self._books:
            return
        self._venue.open_account(address)
        book = AccountBook(self._venue, address, self._boards, self._index, self._seq)
        self._books[address] = book
        for ticker in self._boards:
            AccountNews(self._venue, book, self._entry, self._index, self._private, ticker)

    def _publish(self, file: OrderFile) -> None:
        market = file.form.market
        self._boards[market.ticker].book.look()  # what it took is gone from the book
        self._private.push_market(file.account, "orders", market.symbol, self._show(file))


def _open_venue(options: ServerOptions, terms: ParadexTerms) -> SimulatedVenue:
    profile = VenueProfile(
        currency="USDC",
        order_entry=Latency(base_ns=0),  # an order's way to the engine is in order_entry.py
        response=terms.response,
    )
    specs = {ticker: market.spec() for ticker, market in BY_TICKER.items()}
    markets = {ticker: market.market() for ticker, market in BY_TICKER.items()}
    return open_server_venue("paradex", specs, markets, profile, options)


def _with_server(response: ServerResponse) -> ServerResponse:
    headers = {"content-type": "application/json; charset=utf-8", **response.headers} if response.body else {}
    return msgspec.structs.replace(response, headers=headers or response.headers)


__all__ = ["ParadexFront"]
