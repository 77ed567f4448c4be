"""Orders that wait for their fill, for scripts and tools: on the founding names of a client."""

from __future__ import annotations

import msgspec
import pytest
from fake_client import MID, D, FakeClient, Reply, lost, make_client

from exchanges.base import OrderParams, OrderResult, Position
from helpers.decisions import Wake
from helpers.enums import OrderStatus, OrderType, Side
from helpers.errors import VenueError
from simulation.virtual_loop import VirtualClock

S = OrderStatus
HALF = D("0.5")
TICK = D("0.1")


class Spied(FakeClient):
    """Keeps the orders it was sent and fills each after a while, if told to."""

    fills_after_s: float | None = None

    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        self.sent = [*getattr(self, "sent", []), params]
        result = await super().place_order(ticker, client_order_id, params)
        if client_order_id in self.orders and self.fills_after_s is not None:
            self.context.clock._loop.call_later(  # type: ignore[attr-defined]  # the virtual clock
                self.fills_after_s, lambda: self.execute(client_order_id, params.quantity)
            )
        return result


def spied(clock: VirtualClock, fills_after_s: float | None = None) -> Spied:
    """Give a client that fills each order after so many seconds."""
    client = Spied(make_client(clock).context)
    client.fills_after_s = fills_after_s
    return client


# -- entering -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, MID + HALF - TICK), (Side.SELL, MID - HALF + TICK)])
async def test_an_entry_rests_inside_the_touch_and_waits(clock: VirtualClock, side: Side, price: object) -> None:
    """One tick inside the opposite best, post-only; the fill ends the wait."""
    client = spied(clock, fills_after_s=3)
    result = await client.place_open_order("BTC", D(1), side)
    assert (result.success, result.status, result.client_order_id is not None) == (True, S.FILLED, True)
    (sent,) = client.sent
    assert (sent.price, sent.post_only, sent.side) == (price, True, side)
    assert 3 <= clock.now_ns() / 1e9 < 3.2


async def test_patience_ends_after_ten_seconds(clock: VirtualClock) -> None:
    """An order that does not fill is left resting, and the result says that it is open."""
    client = spied(clock)
    result = await client.place_open_order("BTC", D(1), Side.BUY)
    assert (result.status, round(clock.now_ns() / 1e9, 3)) == (S.OPEN, 10)


async def test_a_refusal_that_comes_later_is_tried_again_too(clock: VirtualClock) -> None:
    """Where a venue accepts first and refuses a moment later, the next order goes out after the refusal."""
    client = spied(clock)

    def refuse_first() -> None:
        (order,) = client.orders.values()
        order.status = S.REJECTED
        client.fills_after_s = 1

    clock._loop.call_later(0.5, refuse_first)
    assert (await client.place_open_order("BTC", D(1), Side.BUY)).status is S.FILLED
    assert client.count("place") == 2


async def test_a_post_only_refusal_is_tried_again_at_the_new_touch(clock: VirtualClock) -> None:
    """Refused twice and welcome the third time: three orders with three ids, each priced anew."""
    client = spied(clock, fills_after_s=1)
    client.script("place", Reply(acts=False), Reply(acts=False))
    assert (await client.place_open_order("BTC", D(1), Side.BUY)).status is S.FILLED
    assert (client.count("place"), len({key for call, key in client.calls if call == "place"})) == (3, 3)


async def test_a_storm_of_refusals_ends(clock: VirtualClock) -> None:
    """After fifteen refusals the last one is the result, without waiting."""
    client = spied(clock)
    client.always("place", Reply(acts=False))
    result = await client.place_open_order("BTC", D(1), Side.BUY)
    assert (result.status, result.error_message, client.count("place"), clock.now_ns()) == (
        S.REJECTED,
        "not now",
        15,
        0,
    )


async def test_a_lost_reply_is_asked_about_and_not_sent_again(clock: VirtualClock) -> None:
    """Whether it arrived is found out by its id; it is never sent twice."""
    client = spied(clock)
    client.script("place", lost(acts=True))
    client.script("info", lost(acts=False), Reply(value=None))
    result = await client.place_open_order("BTC", D(1), Side.BUY)
    assert (result.status, result.success, client.count("place")) == (S.OPEN, True, 1)


async def test_what_cannot_be_found_out_stays_unknown(clock: VirtualClock) -> None:
    """A silent venue leaves an unknown outcome with the id to ask by, not a refusal."""
    client = spied(clock)
    client.down()
    result = await client.place_market_order("BTC", D(1), Side.BUY)
    assert (result.status, result.client_order_id is not None, client.count("place")) == (S.UNKNOWN, True, 1)


async def test_no_book_no_entry(clock: VirtualClock) -> None:
    """A one-sided or missing book is an error, not a price of zero."""
    client = spied(clock)
    whole = client.book
    for book in (msgspec.structs.replace(whole, bid=None), msgspec.structs.replace(whole, ask=None), None):
        client.book = book  # type: ignore[assignment]  # no book yet is one of the cases
        with pytest.raises(VenueError, match="no two-sided book for BTC"):
            await client.place_open_order("BTC", D(1), Side.BUY)
    assert client.count("place") == 0


# -- closing and taking -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "wanted", "price"),
    [
        (Side.SELL, MID + 100, MID + 100),
        (Side.SELL, MID - 100, MID - HALF + TICK),
        (Side.BUY, MID - 100, MID - 100),
        (Side.BUY, MID + 100, MID + HALF - TICK),
    ],
)
async def test_a_close_never_crosses(clock: VirtualClock, side: Side, wanted: object, price: object) -> None:
    """It rests where it was wanted, or one tick off the opposite best; reduce-only, post-only, without waiting."""
    client = spied(clock)
    result = await client.place_close_order("BTC", D(1), wanted, side)  # type: ignore[arg-type]  # Decimals
    (sent,) = client.sent
    assert (sent.price, sent.reduce_only, sent.post_only, result.status) == (price, True, True, S.OPEN)
    assert clock.now_ns() == 0


async def test_a_market_order_waits_for_its_fill(clock: VirtualClock) -> None:
    """It takes what is there, and the result says what became of it."""
    client = spied(clock, fills_after_s=0.5)
    result = await client.place_market_order("BTC", D(1), Side.SELL)
    assert (result.status, client.sent[0].order_type, client.sent[0].price) == (S.FILLED, OrderType.MARKET, None)


async def test_a_refused_market_order_is_not_waited_for(clock: VirtualClock) -> None:
    """A definite no is the result at once."""
    client = spied(clock)
    client.script("place", Reply(acts=False))
    assert (await client.place_market_order("BTC", D(1), Side.SELL)).status is S.REJECTED
    assert clock.now_ns() == 0


# -- the other founding names -------------------------------------------------------------------


async def test_reading_by_the_founding_names(clock: VirtualClock) -> None:
    """Best prices, contract attributes, risk figures and one position, written once for every venue."""
    client = make_client(clock)
    assert await client.fetch_bbo_prices("BTC") == (MID - HALF, MID + HALF)
    assert await client.get_contract_attributes("BTC") == ("BTC-PERP", TICK)
    assert client.supports_risk_management()
    assert not FakeClient(client.context, frozenset()).supports_risk_management()
    assert await client.position("BTC") == Position(ticker="BTC", quantity=D(0))
    client.held = D(2)
    assert (await client.position("BTC")).quantity == 2
    assert (await client.position("ETH")).quantity == 0


async def test_arming_is_a_hint(clock: VirtualClock) -> None:
    """A client that does not care what will be looked at may ignore it."""
    make_client(clock).arm("BTC", Wake(book=False))
