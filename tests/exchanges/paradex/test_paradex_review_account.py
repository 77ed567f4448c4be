"""What an account's news may do to us: uncertain, missing, of strangers, or of a venue that fell silent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from heard import Heard
from paradex_review_scenes import BTC, D, open_front, take_seat
from paradex_samples import FILL, MARKET, ORDER, POSITION, buy, typed
from paradex_scenes import BOOK, FakeVenue, book, connected, keep_alive, settle, subscribed

from exchanges.paradex.markets import MarketList
from exchanges.paradex.wire import MarketInfo
from exchanges.truth import check_truth
from helpers.enums import Liquidity, OrderStatus, Side
from helpers.errors import BadPayload, ConnectivityError
from helpers.transport import StreamListener
from simulation.servers.memory_transport import MemoryStream
from simulation.virtual_loop import VirtualClock

S = OrderStatus
STRANGER = {**FILL, "order_id": "s1", "client_id": "", "liquidity": "MAKER", "side": "SELL"}


# -- executions ---------------------------------------------------------------------------------


async def test_a_makers_fill_of_an_unknown_order_is_not_guessed(clock: VirtualClock) -> None:
    """The venue may call the taker's side the fill's: the listener hears of a gap, and reads it by its order."""
    venue, client, heard = await subscribed(clock)
    venue.private().news(f"fills.{BTC}", STRANGER)
    await keep_alive(venue, 2)
    assert (heard.fills, heard.gaps) == ([], 1)
    venue.script("GET /fills", (200, {"results": [STRANGER]}))
    venue.script("GET /orders/s1", (200, {**ORDER, "id": "s1", "client_id": "", "side": "BUY"}))
    (read,) = await client.fetch_fills("BTC", 0)
    assert (read.side, read.liquidity) == (Side.BUY, Liquidity.MAKER)
    venue.private().news(f"fills.{BTC}", {**STRANGER, "id": "2", "order_id": "s2"})
    await settle(venue)
    assert [fill.side for fill in heard.fills] == [Side.BUY]  # one order told how all fills are to be read
    await client.disconnect()


async def test_a_failed_look_at_a_fills_order_is_no_answer(clock: VirtualClock) -> None:
    """A side that could not be found out now is not guessed: the read fails, and is done again."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.usual["GET /fills"] = lambda _: (200, {"results": [STRANGER]})
    venue.script("GET /orders/s1", (503, b""))
    with pytest.raises(ConnectivityError):
        await client.fetch_fills("BTC", 0)
    venue.script("GET /orders/s1", (200, {**ORDER, "id": "s1", "client_id": "", "side": "BUY"}))
    assert [fill.side for fill in await client.fetch_fills("BTC", 0)] == [Side.BUY]


async def test_three_orders_are_looked_at_and_no_more(clock: VirtualClock) -> None:
    """One that the venue forgot says nothing, the next may; but a long list is not asked about one by one."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    fills = [{**STRANGER, "id": str(number), "order_id": f"s{number}"} for number in range(9)]
    venue.script("GET /fills", (200, {"results": fills}), (200, {"results": fills}))
    assert {fill.side for fill in await client.fetch_fills("BTC", 0)} == {Side.SELL}
    assert sum("/orders/s" in request.url for request in venue.asked) == 3
    venue.script("GET /orders/s1", (200, {**ORDER, "id": "s1", "client_id": "", "side": "BUY"}))
    assert {fill.side for fill in await client.fetch_fills("BTC", 0)} == {Side.BUY}


async def test_another_order_than_was_asked_for_is_no_answer(clock: VirtualClock) -> None:
    """A stale or mixed-up reply must not move our order."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("GET /orders/by_client_id/9", (200, ORDER))
    with pytest.raises(BadPayload, match="other orders"):
        await client.get_order_info("BTC", "9")


async def test_an_account_channel_that_fell_silent_is_found_out(clock: VirtualClock, tmp_path: Path) -> None:
    """The connection lives, and private news stop: what was read shows it, and the stream is opened anew."""
    front = await open_front(clock)
    seat = await take_seat(clock, front, tmp_path)
    await clock.sleep(30)
    account = next(stream for stream in seat.transport.streams if _is_logged_in(stream))
    account.listener = Muted(account.listener)
    for intent in ("one", "two"):
        order = seat.submit(Side.BUY, "0.002", intent=intent)
        await clock.sleep(30)
        assert seat.order(order).status is S.FILLED  # read, not heard
    assert seat.position == seat.held() == D("0.004")
    assert not account.is_open
    again = seat.submit(Side.SELL, "0.004")
    reads = seat.wire.count("GET", "/fills")
    await clock.sleep(0.5)
    assert (seat.order(again).status, seat.position) == (S.FILLED, 0)
    assert seat.wire.count("GET", "/fills") == reads  # heard, not read
    await seat.leave()


async def test_a_stream_that_tells_everything_is_left_alone(clock: VirtualClock, tmp_path: Path) -> None:
    """Reading what was told already, or what happened before we listened, opens nothing anew."""
    front = await open_front(clock)
    first = await take_seat(clock, front, tmp_path)
    first.submit(Side.BUY, "0.002")
    await clock.sleep(5)
    second = await take_seat(clock, front, tmp_path, "two")
    streams = [*first.transport.streams, *second.transport.streams]
    await clock.sleep(30)
    first.submit(Side.SELL, "0.002")
    await clock.sleep(60)
    for seat in (first, second):
        assert len(await seat.client.fetch_fills("BTC", 0)) == 2
    await clock.sleep(5)
    assert all(stream.is_open for stream in streams)
    await first.leave()
    await second.leave()


def _is_logged_in(stream: MemoryStream) -> bool:
    return getattr(stream.peer, "_token", None) is not None


class Muted:
    """Hears only the summary of each second: the private channels say nothing any more."""

    def __init__(self, listener: StreamListener) -> None:
        self.on_end = listener.on_end
        self._tell = listener.on_message

    def on_message(self, message: bytes) -> None:
        if b'"markets_summary' in message:
            self._tell(message)


# -- strangers ------------------------------------------------------------------------------------


async def test_a_position_opened_by_hand_is_taken_over(clock: VirtualClock, tmp_path: Path) -> None:
    """Another process on the same key trades: both books have all of it once, whoever placed it."""
    front = await open_front(clock)
    ours, theirs = await take_seat(clock, front, tmp_path), await take_seat(clock, front, tmp_path, "hand")
    ours.submit(Side.BUY, "0.002")
    theirs.submit(Side.BUY, "0.005")
    await clock.sleep(5)
    for seat in (ours, theirs):
        assert await check_truth(seat.session, seat.recorder) == ""
        assert seat.position == seat.held() == D("0.007")
        assert seat.session.beliefs.ledger.fees == seat.account.ledger("BTC").fees
        await seat.leave()


async def test_a_second_process_keeps_its_orders(clock: VirtualClock, tmp_path: Path) -> None:
    """Orders of another process are reported once and left alone, also when ours are all cancelled."""
    front = await open_front(clock)
    ours, theirs = await take_seat(clock, front, tmp_path), await take_seat(clock, front, tmp_path, "other")
    order = theirs.submit(Side.SELL, "0.002", 20_000)
    await clock.sleep(2)
    ours.submit(Side.BUY, "0.002", 20_000)
    await clock.sleep(2)
    for _ in range(3):
        assert await check_truth(ours.session, ours.recorder) == ""
    ours.session.executor.cancel("a")
    await clock.sleep(5)
    assert len([text for text in ours.lines.texts("recovered") if "is not this bot's" in text]) == 1
    assert [info.price for info in ours.resting()] == [order.price]
    assert theirs.order(order).status is S.OPEN
    await ours.leave()
    await theirs.leave()


@pytest.mark.parametrize("order_of_list", [1, -1])
def test_a_second_market_in_one_coin_never_takes_its_place(order_of_list: int) -> None:
    """A ticker means the perpetual in dollars, wherever it stands in the venue's list."""
    odd = {**MARKET, "symbol": "BTC-USDC-PERP", "quote_currency": "USDC"}
    infos = [typed(MarketInfo, each) for each in (MARKET, odd)][::order_of_list]
    markets = MarketList("paradex", infos)
    assert markets.find("BTC").symbol == "BTC-USD-PERP"
    assert markets.ticker_of("BTC-USDC-PERP") is None


# -- restarts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("away_s", [0, 400])
async def test_orders_that_rested_over_a_restart_are_ours_again(
    clock: VirtualClock, tmp_path: Path, away_s: int
) -> None:
    """One was filled by half of the time, one rests: both are found by our id, for longer than a token lives."""
    front = await open_front(clock)
    first = await take_seat(clock, front, tmp_path)
    resting = first.submit(Side.BUY, "0.002", 20_000, intent="rests")
    filling = first.submit(Side.BUY, "0.002", 1, intent="fills")
    await clock.sleep(1)
    left, known = list(first.session.tracker.live()), list(first.fills())
    await first.leave()
    await clock.sleep(away_s)
    second = await take_seat(clock, front, tmp_path, "second", left=left, known=known)
    await clock.sleep(120)
    assert second.order(resting).status is S.OPEN
    assert second.position == second.held()
    if filling.client_order_id in {order.client_order_id for order in left}:
        info = await second.client.get_order_info("BTC", filling.client_order_id)
        assert info is not None
        assert second.order(filling).filled_quantity == info.filled_size
    second.session.executor.cancel("rests")
    await clock.sleep(5)
    assert second.order(resting).status is S.CANCELLED
    await second.leave()


# -- the book -------------------------------------------------------------------------------------


async def test_a_book_that_went_back_is_not_traded_on_for_ever(clock: VirtualClock) -> None:
    """Only older books come, on a lively connection: the channel counts as silent and is subscribed anew."""
    venue, client, _ = await subscribed(clock)
    await keep_alive(venue, 2)
    public = venue.public()
    stale = client.top_of_book("BTC")
    for _ in range(40):
        await clock.sleep(1)
        public.news(f"markets_summary.{BTC}", {"symbol": BTC})
        public.news(BOOK, book(1, levels=[]))
    await settle(venue)
    assert public.is_open
    assert public.subscribed().count(BOOK) > 1
    assert client.top_of_book("BTC") != stale
    await client.disconnect()


async def test_a_position_message_that_cannot_be_read_flattens_nothing(clock: VirtualClock) -> None:
    """A size of nothing, a side of nothing: news missed, not a position of zero."""
    venue, client, heard = await subscribed(clock)
    venue.private().news("positions", {**POSITION, "size": None})
    await keep_alive(venue, 2)
    assert (heard.positions, heard.gaps) == ([], 1)
    await client.disconnect()


# -- changes --------------------------------------------------------------------------------------


async def test_the_refusal_of_an_earlier_change_is_not_this_ones(clock: VirtualClock) -> None:
    """An order's news repeat what came of its last change: late news of the first do not refuse the second."""
    venue, heard = FakeVenue(clock), Heard()
    client = await connected(venue)
    await client.subscribe("BTC", heard)
    await client.place_order("BTC", "77", buy())
    refusal = {"id": "r1", "request_type": "MODIFY_ORDER", "status": "FAILED", "message": "too far"}
    refused = {**ORDER, "id": "v77", "request_info": refusal}
    pending = {**refused, "request_info": {**refusal, "id": "r2", "status": "PENDING", "message": ""}}
    done = {**pending, "price": "81000", "size": "0.02", "remaining_size": "0.016", "seq_no": 13}
    venue.script("PUT /orders/v77", (200, refused), (200, pending))
    assert (await client.amend_order("BTC", "77", D(81000), D("0.02"))).is_refused
    second = asyncio.create_task(client.amend_order("BTC", "77", D(81000), D("0.02")))
    await settle(venue)
    venue.private().news(f"orders.{BTC}", {**refused, "remaining_size": "0.006", "seq_no": 12})
    await settle(venue)
    assert not second.done()
    venue.private().news(f"orders.{BTC}", done)
    assert (await second).success
    await client.disconnect()
