"""A client and its session on the simulated Paradex, in memory, with hands on the wire and on the account."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from worlds import START_NS, Lines

from exchanges.base import ExchangeContext
from exchanges.paradex.client import ParadexClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.clock import NS_PER_S, Clock
from helpers.decisions import OrderParams
from helpers.enums import OrderType, Side
from helpers.ids import ClientOrderIds
from helpers.journal import Journal
from helpers.journal_schema import SessionInfo
from helpers.models import Fill, Order, OrderInfo
from helpers.recorder import Recorder
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, Stream, StreamListener
from simulation.account import SimAccount
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.paradex.front import ParadexFront
from simulation.servers.paradex.terms import ParadexTerms
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock

D = Decimal
MS = 1_000_000
BTC = "BTC-USD-PERP"


class Wire:
    """A transport that notes what the venue answered, and may replace an answer after the venue has acted."""

    def __init__(self, inner: MemoryTransport, clock: Clock) -> None:
        self.inner = inner
        self.clock = clock
        self.answered: list[tuple[str, str, int]] = []
        """Method, path and status of every answer."""
        self.instead: dict[str, HttpResponse] = {}
        """Answers that the client gets in the place of the venue's, once, by method."""

    async def request(self, request: HttpRequest) -> HttpResponse:
        response = await self.inner.request(request)
        response = self.instead.pop(request.method, response)
        self.answered.append((request.method, request.url.partition("/v1")[2].partition("?")[0], response.status))
        return response

    async def open_stream(self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS) -> Stream:
        return await self.inner.open_stream(url, listener, headers)

    async def close(self) -> None:
        await self.inner.close()

    def statuses(self) -> set[int]:
        """Give every status that was seen."""
        return {status for _, _, status in self.answered}

    def count(self, method: str, path: str) -> int:
        """Count the requests of a kind."""
        return sum((method, path) == each[:2] for each in self.answered)


@dataclass
class Seat:
    """One bot's place at the venue, without a strategy."""

    front: ParadexFront
    transport: MemoryTransport
    wire: Wire
    client: ParadexClient
    session: VenueSession
    recorder: Recorder
    lines: Lines
    journal: Journal
    clock: VirtualClock
    sent: list[Order] = field(default_factory=list)

    # -- what the bot does ------------------------------------------------------------------

    def submit(self, side: Side, quantity: str, away: int | None = None, intent: str = "a", **more: object) -> Order:
        """Send a limit order so many ticks behind the touch, or a market order."""
        fields = {"side": side, "intent": intent, "quantity": D(quantity), **more}
        bbo = self.client.top_of_book("BTC")
        assert bbo is not None and bbo.bid is not None and bbo.ask is not None  # noqa: PT018 - the market is two-sided
        if away is None:
            params = OrderParams(order_type=OrderType.MARKET, **fields)  # type: ignore[arg-type]  # plain keywords
        else:
            touch = bbo.bid if side is Side.BUY else bbo.ask
            price = touch - side.sign * away * self.session.market.tick_size
            params = OrderParams(price=price, **fields)  # type: ignore[arg-type]  # plain keywords
        return self.session.executor.submit(params, "review")

    def order(self, order: Order) -> Order:
        """Give an order as it is believed now."""
        return self.session.tracker.known(order.client_order_id)

    @property
    def position(self) -> Decimal:
        """What the bot believes to hold."""
        return self.session.beliefs.ledger.position

    # -- what the venue knows ----------------------------------------------------------------

    @property
    def account(self) -> SimAccount:
        """The account as the venue has it."""
        return self.front.venue.core.accounts[self.front.account_id]

    def held(self) -> Decimal:
        """What the account holds."""
        return self.account.ledger("BTC").position

    def resting(self) -> Sequence[OrderInfo]:
        """What rests at the venue."""
        return [self.account.known[key] for key in self.account.live]

    def fills(self) -> Sequence[Fill]:
        """The account's executions."""
        return self.account.fills

    # -- the end --------------------------------------------------------------------------------

    async def leave(self) -> None:
        """Go without a word, as a process does that is killed."""
        await self.session.executor.abandon()
        await self.client.disconnect()
        self.journal.abandon()


async def open_front(
    clock: VirtualClock, seed: int = 1, terms: ParadexTerms | None = None, activity: float = 0.2
) -> ParadexFront:
    """Open the venue, long after its markets were."""
    await clock.sleep(START_NS // NS_PER_S)
    front = ParadexFront(ServerOptions(seed=seed, start_ns=clock.now_ns(), activity=activity), terms)
    clock.attach(front.venue)
    return front


async def take_seat(
    clock: VirtualClock,
    front: ParadexFront,
    folder: Path,
    name: str = "one",
    *,
    left: Sequence[Order] = (),
    known: Sequence[Fill] = (),
    client_clock: Clock | None = None,
) -> Seat:
    """Connect, subscribe and recover as a bot does; `left` and `known` are what an earlier session left."""
    transport = MemoryTransport(front, clock)
    wire = Wire(transport, clock)
    told_by = client_clock or clock
    variables = dict(text.split("=", 1) for text in front.env_lines("http://127.0.0.1:1", "ws://127.0.0.1:1"))
    ids = ClientOrderIds(clock.now_ns() + len(name))
    client = ParadexClient(
        ExchangeContext("paradex", told_by, random.Random(1), ids, transport=wire, environment=variables)
    )
    await client.connect()
    info = SessionInfo(
        session=name,
        strategy="none",
        exchange="paradex",
        account_id=client.account_id,
        ticker="BTC",
        seed=0,
        started_ns=clock.now_ns(),
    )
    journal = Journal.create(folder, info)
    lines = Lines()
    recorder = Recorder(journal, told_by, lines)
    session = VenueSession(client, await client.get_market("BTC"), recorder, ids, None)
    await client.subscribe("BTC", session)
    await recover(session, left, known, recorder)
    return Seat(front, transport, wire, client, session, recorder, lines, journal, clock)
