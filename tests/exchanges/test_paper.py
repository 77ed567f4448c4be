"""The paper client: what is its own beside the contract that every client keeps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from exchanges.base import ExchangeContext, OrderParams, OrderStatus, Side, Wake
from exchanges.paper import PaperClient
from helpers.clock import Clock, WallClock
from helpers.decisions import Peg
from helpers.enums import Capability, OrderType
from helpers.errors import UserError
from helpers.ids import ClientOrderIds
from helpers.models import Fill, Market
from simulation.profile import Latency, VenueProfile
from simulation.tape import Instrument, MemoryTape, RowKind, TapeChunk
from simulation.venue import SimulatedVenue
from simulation.virtual_loop import VirtualClock

S = 1_000_000_000
MS = 1_000_000
D = Decimal

INSTRUMENT = Instrument(
    ticker="BTC", quote="USD", source="synthetic", tick_size=D("0.1"), quantity_step=D("0.001"), depth_lots=(50, 20)
)
MARKET = Market(
    exchange="paper",
    ticker="BTC",
    contract_id="BTC-PERP",
    quote="USD",
    tick_size=D("0.1"),
    quantity_step=D("0.001"),
    min_quantity=D("0.001"),
    min_notional=D(0),
    maker_fee=D("0.0002"),
    taker_fee=D("0.0005"),
    max_leverage=D(50),
    maintenance_margin=D("0.01"),
    max_open_orders=200,
    funding_interval_ns=3600 * S,
)
DELAYS = VenueProfile(order_entry=Latency(base_ns=20 * MS), response=Latency(base_ns=30 * MS))


class Heard:
    """A listener that keeps fills and ends, and counts the rest."""

    def __init__(self) -> None:
        self.fills: list[Fill] = []
        self.books = 0
        self.ends: list[str] = []
        self.others = 0

    def on_book(self) -> None:
        self.books += 1

    def on_fill(self, fill: Fill) -> None:
        self.fills.append(fill)

    def on_end(self, reason: str) -> None:
        self.ends.append(reason)

    def on_order(self, info: object) -> None:
        self.others += 1

    on_position = on_balance = on_funding = on_order


def make_venue(start_ns: int = 0) -> SimulatedVenue:
    """Open a venue at 100.0/100.1, with a trade at 99.9 in second 5 and a fall in second 6."""
    chunk = TapeChunk()
    chunk.append(start_ns, RowKind.QUOTE, 1000, 50, 1001, 50)
    chunk.append(start_ns + 5 * S, RowKind.SELL, 1000, 50, 1001, 50, 999, 7)
    chunk.append(start_ns + 6 * S, RowKind.QUOTE, 980, 50, 981, 50)
    chunk.append(start_ns + 10_000 * S, RowKind.QUOTE, 980, 50, 981, 50)
    venue = SimulatedVenue(DELAYS, random.Random(1), start_ns)
    venue.list_market(MARKET, MemoryTape(INSTRUMENT, [chunk]))
    return venue


def context(clock: Clock, **more: object) -> ExchangeContext:
    """Give what a client is built with."""
    return ExchangeContext("paper", clock, random.Random(1), ClientOrderIds(0), **more)  # type: ignore[arg-type]


async def guest(clock: Clock, account_id: str = "me") -> tuple[PaperClient, Heard]:
    """Connect a client to a venue that the clock drives, and listen."""
    venue = make_venue(clock.now_ns())
    clock.attach(venue)
    client, heard = PaperClient(context(clock), venue, account_id), Heard()
    await client.connect()
    await client.subscribe("BTC", heard)
    return client, heard


def order(side: Side = Side.BUY, price: str | None = "100", quantity: str = "0.01") -> OrderParams:
    """Give an order."""
    return OrderParams(
        side=side,
        quantity=D(quantity),
        price=None if price is None else D(price),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        intent="test",
    )


# -- its own venue --------------------------------------------------------------------------------


async def test_it_brings_its_own_venue(clock: VirtualClock) -> None:
    """Without a venue the client opens a synthetic one on connect, drives it, and lets go of it on disconnect."""
    client = PaperClient(context(clock, seed=3))
    with pytest.raises(RuntimeError, match="not connected"):
        _ = client.venue
    await client.disconnect()  # harmless
    await client.connect()
    assert (await client.get_market("btc")).ticker == "BTC"
    await client.subscribe("BTC", Heard())
    result = await client.place_order("BTC", "1", order(price=None, quantity="0.001"))
    assert (result.success, clock.now_ns() > 0) == (True, True)
    await client.disconnect()
    await client.disconnect()
    later = clock.now_ns() + 3600 * S
    await clock.sleep(3600)
    assert client.venue.core.now_ns < later


async def test_the_same_seed_is_the_same_market(clock: VirtualClock) -> None:
    """Two clients with one seed see one market, another seed sees another."""
    clients = [PaperClient(context(clock, seed=seed)) for seed in (3, 3, 4)]
    for client in clients:
        await client.connect()
        await client.get_market("ETH")
    await clock.sleep(60)
    one, same, other = [await client.fetch_order_book("ETH", 3) for client in clients]
    assert one == same != other
    for client in clients:
        await client.disconnect()


async def test_accounts_are_never_shared_by_accident(clock: VirtualClock) -> None:
    """Without a given account every client has its own, so that no run finds the orders of another."""
    one, two = PaperClient(context(clock)), PaperClient(context(clock))
    assert one.account_id != two.account_id
    assert PaperClient(context(clock), None, "mine").account_id == "mine"
    assert one.is_simulated


async def test_a_tape_that_cannot_be_read_is_one_line(clock: VirtualClock, tmp_path: Path) -> None:
    """A missing recording is refused on connect, naming the file."""
    client = PaperClient(context(clock, tapes=(tmp_path / "none.parquet",)))
    with pytest.raises(UserError, match=r"none\.parquet"):
        await client.connect()


def test_what_it_cannot_do_is_not_claimed() -> None:
    """Batches, the dead-man switch and a choice of leverage are all that the paper venue lacks."""
    client = PaperClient(context(WallClock()))
    assert set(Capability) - client.capabilities == {Capability.BATCH, Capability.DEAD_MAN_SWITCH, Capability.LEVERAGE}
    assert client.supports_risk_management()


# -- on a venue that is given ---------------------------------------------------------------------


async def test_a_guest_leaves_the_venue_running(clock: VirtualClock) -> None:
    """A client on somebody else's venue neither drives it nor stops it; its account is there for the next."""
    client, heard = await guest(clock)
    await client.place_order("BTC", "1", order())
    await client.disconnect()
    await clock.sleep(10)
    venue = client.venue
    assert venue.core.now_ns >= 5 * S
    assert heard.fills == []
    again = PaperClient(context(clock), venue, "me")
    await again.connect()
    fills = await again.fetch_fills("BTC", 0)
    assert [fill.quantity for fill in fills] == [D("0.007"), D("0.003")]
    assert [info.client_order_id for info in await again.get_active_orders("BTC")] == []
    info = await again.get_order_info("BTC", "1")
    assert info is not None
    assert info.status is OrderStatus.FILLED


async def test_the_reply_takes_both_delays(clock: VirtualClock) -> None:
    """An answer comes after order entry and response, and tells the order as it arrived."""
    client, _ = await guest(clock)
    await clock.sleep(1)
    result = await client.place_order("BTC", "1", order())
    assert clock.now_ns() == S + 50 * MS
    assert (result.success, result.status, result.client_order_id) == (True, OrderStatus.OPEN, "1")
    assert (result.price, result.order_id) == (D(100), "1")
    info = await client.get_order_info("BTC", "1")
    assert info is not None
    assert (info.time_ns, info.order_id) == (S + 20 * MS, "1")


async def test_refusals_name_their_code(clock: VirtualClock) -> None:
    """A refused order, amend and cancel are REJECTED, with the venue's sentence and code."""
    client, _ = await guest(clock)
    placed = await client.place_order("BTC", "1", order(price="100.05"))
    amended = await client.amend_order("BTC", "1", D(99), D("0.01"))
    cancelled = await client.cancel_order("BTC", "1")
    assert placed.error_message == "price 100.05 is not on the tick 0.1 [BAD_PRICE]"
    assert amended.error_message == cancelled.error_message == "no such open order [NOT_FOUND]"
    for result in (placed, amended, cancelled):
        assert (result.success, result.status, result.order_id) == (False, OrderStatus.REJECTED, None)


async def test_a_cancel_that_comes_too_late_tells_the_order(clock: VirtualClock) -> None:
    """Cancelling what has filled is no success, and says how the order ended."""
    client, _ = await guest(clock)
    await client.place_order("BTC", "1", order(price=None))
    result = await client.cancel_order("BTC", "1")
    assert (result.success, result.status) == (False, OrderStatus.FILLED)


async def test_amend_and_cancel_all(clock: VirtualClock) -> None:
    """An amend answers with the amended order; cancelling everything leaves nothing."""
    client, _ = await guest(clock)
    for key in "12":
        await client.place_order("BTC", key, order(price="99"))
    result = await client.amend_order("BTC", "1", D(98), D("0.02"))
    assert (result.success, result.price, result.status) == (True, D(98), OrderStatus.OPEN)
    resting = await client.get_active_orders("BTC")
    assert [(info.client_order_id, info.price, info.size) for info in resting] == [
        ("1", D(98), D("0.02")),
        ("2", D(99), D("0.01")),
    ]
    assert (await client.cancel_all("BTC")).success
    assert await client.get_active_orders("BTC") == ()


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.place_order("XRP", "1", order()),
        lambda client: client.amend_order("XRP", "1", D(1), D(1)),
        lambda client: client.cancel_order("XRP", "1"),
        lambda client: client.cancel_all("XRP"),
        lambda client: client.subscribe("XRP", Heard()),
        lambda client: client.fetch_order_book("XRP"),
        lambda client: client.get_funding_rate("XRP"),
        lambda client: client.get_active_orders("XRP"),
        lambda client: client.get_order_info("XRP", "1"),
        lambda client: client.fetch_fills("XRP", 0),
    ],
)
async def test_an_unknown_market_is_refused_at_once(
    clock: VirtualClock, ask: Callable[[PaperClient], Awaitable[object]]
) -> None:
    """No request for a market the venue does not list leaves the client."""
    client, _ = await guest(clock)
    with pytest.raises(UserError, match="there is no market 'XRP'"):
        await ask(client)
    assert clock.now_ns() == 0


async def test_a_request_that_nobody_waits_for_still_happens(clock: VirtualClock) -> None:
    """Giving up on a reply takes nothing back: the order arrives, and the late answer hurts nobody."""
    client, _ = await guest(clock)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.03):
            await client.place_order("BTC", "1", order(price="99"))
    await clock.sleep(1)
    assert [info.client_order_id for info in await client.get_active_orders("BTC")] == ["1"]


async def test_reads_are_of_this_moment(clock: VirtualClock) -> None:
    """Book, position, balance and funding are read as they are now, even if nothing woke anybody."""
    client, _ = await guest(clock)
    client.arm("BTC", Wake(book=False))
    assert await client.get_account_positions() == ()
    await client.place_order("BTC", "1", order(price=None))
    await clock.sleep(20)
    top = client.top_of_book("BTC")
    assert top is not None
    assert (top.bid, top.ask, top.venue_time_ns) == (D("98.0"), D("98.1"), 6 * S)
    (position,) = await client.get_account_positions()
    assert (position.quantity, position.entry_price, position.mark_price) == (D("0.01"), D("100.1"), D("98.05"))
    balance = await client.get_balance()
    fee = D("100.1") * D("0.01") * D("0.0005")
    assert (balance.wallet, balance.equity) == (10_000 - fee, 10_000 - fee - D("0.0205"))
    book = await client.fetch_order_book("BTC", 1)
    assert [level.quantity for level in book.bids] == [D("0.05")]
    funding = await client.get_funding_rate("BTC")
    assert (funding.interval_ns, funding.next_funding_ns) == (3600 * S, 3600 * S)
    assert funding.rate == client.venue.core.market("BTC").funding.rate(3600 * S)


async def test_fills_are_read_by_market_and_time(clock: VirtualClock) -> None:
    """Executions at or after a time are listed, oldest first."""
    client, heard = await guest(clock)
    await client.place_order("BTC", "1", order(price=None))
    await client.place_order("BTC", "2", order(price="100", quantity="0.001"))
    await clock.sleep(10)
    both = await client.fetch_fills("BTC", 0)
    assert [fill.client_order_id for fill in both] == ["1", "2"]
    assert list(both) == heard.fills
    assert await client.fetch_fills("BTC", 5 * S) == both[1:]
    assert await client.fetch_fills("BTC", 5 * S + 1) == ()


async def test_the_book_wakes_as_it_was_armed(clock: VirtualClock) -> None:
    """The listener hears of the book when the armed price is there, and of the end of the tape."""
    client, heard = await guest(clock)
    client.arm("BTC", Wake(book=False, price_at_or_below=D("98")))
    await clock.sleep(5.5)
    assert heard.books == 0
    await clock.sleep(1)
    assert heard.books == 1
    client.arm("BTC", Wake(book=False))
    await clock.sleep(10_000)
    assert (heard.books, heard.ends) == (1, ["the recording is over"])


def test_a_sleeping_wall_clock_is_woken_by_a_request() -> None:
    """On real time a request brings its own earlier event: the reply does not wait for the next look."""
    quick = VenueProfile(order_entry=Latency(base_ns=1), response=Latency(base_ns=1))

    async def main() -> float:
        clock, loop = WallClock(), asyncio.get_running_loop()
        venue = SimulatedVenue(quick, random.Random(1), clock.now_ns())
        chunk = TapeChunk()
        chunk.append(venue.core.now_ns, RowKind.QUOTE, 1000, 50, 1001, 50)
        venue.list_market(MARKET, MemoryTape(INSTRUMENT, [chunk]))
        clock.attach(venue)
        client = PaperClient(context(clock), venue, "me")
        await client.connect()
        begin = loop.time()
        assert (await client.place_order("BTC", "1", order())).success
        clock.detach(venue)
        return loop.time() - begin

    with asyncio.Runner() as runner:
        assert runner.run(main()) < 0.5


async def test_a_pegged_order_is_listed_where_it_stands(clock: VirtualClock) -> None:
    """Its moves are told to nobody, so lists and look-ups read them from the book."""
    client, _ = await guest(clock)
    sell = OrderParams(intent="p", side=Side.SELL, quantity=D("0.01"), peg=Peg(), post_only=True)
    await client.place_order("BTC", "1", sell)
    (before,) = await client.get_active_orders("BTC")
    await clock.sleep(7)
    (after,) = await client.get_active_orders("BTC")
    assert (before.price, after.price) == (D("100.1"), D("98.1"))
    assert await client.get_order_info("BTC", "1") == after
