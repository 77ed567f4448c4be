"""What every venue client must do, venue by venue: one suite for all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from contract_venues import VENUES, Builder, Venue
from worlds import START_NS

from exchanges.base import Capability, Market, OrderParams, OrderResult, OrderStatus, Side
from helpers.clock import NS_PER_S
from helpers.enums import OrderType, TimeInForce
from helpers.errors import UserError, VenueRejected
from helpers.money import ceil_to, floor_to, is_multiple, minimum_quantity
from simulation.virtual_loop import VirtualClock, run_virtual

D = Decimal
S = OrderStatus
Check = Callable[[Venue], Awaitable[None]]
Run = Callable[..., None]
CENT = D("0.001")
"""How far rounding on the venue's side may lead: a tenth of a cent."""


@pytest.fixture(params=[builder for _, builder in VENUES], ids=[name for name, _ in VENUES])
def on_venue(request: pytest.FixtureRequest) -> Run:
    """Give a function that runs a check on a connected client of one venue, if the venue can what it needs."""
    build: Builder = request.param

    def run(check: Check, *needs: Capability) -> None:
        async def main(clock: VirtualClock) -> None:
            venue = await build(clock)
            if not set(needs) <= venue.client.capabilities:
                pytest.skip("this venue cannot do that")
            await venue.client.connect()
            for ticker in (venue.ticker, venue.other):
                await venue.client.subscribe(ticker, venue.heard)
            try:
                await check(venue)
            finally:
                await venue.client.disconnect()

        run_virtual(main, start_ns=START_NS)

    return run


# -- helpers ------------------------------------------------------------------------------------


async def away(venue: Venue, ticker: str, side: Side, percent: str = "2") -> tuple[Market, Decimal, Decimal]:
    """Give the market, a price that rests so far from the touch, and a quantity that is valid there."""
    market = await venue.client.get_market(ticker)
    bid, ask = await venue.client.fetch_bbo_prices(ticker)
    distance = D(percent) / 100
    if side is Side.BUY:
        price = floor_to(bid * (1 - distance), market.tick_size)
    else:
        price = ceil_to(ask * (1 + distance), market.tick_size)
    return market, price, 2 * minimum_quantity(market, price)


async def send(venue: Venue, ticker: str | None = None, key: str | None = None, **more: Any) -> tuple[str, OrderResult]:
    """Send an order, by default a buy that rests, and give its id and result."""
    ticker = ticker or venue.ticker
    side = more.pop("side", Side.BUY)
    _, price, quantity = await away(venue, ticker, side)
    fields: dict[str, Any] = {"price": price, "quantity": quantity, "intent": "test", **more}
    key = key or venue.client.context.ids.next()
    return key, await venue.client.place_order(ticker, key, OrderParams(side=side, **fields))


async def take(venue: Venue, side: Side = Side.BUY, **more: Any) -> tuple[str, OrderResult]:
    """Send an order that takes liquidity at once, and wait for its news."""
    sent = await send(venue, side=side, price=None, order_type=OrderType.MARKET, **more)
    await venue.wait()
    return sent


async def refused(venue: Venue, key: str, result: OrderResult) -> bool:
    """Whether the venue refused an order: at once, or where it accepts first and decides later, by its stream."""
    if result.is_refused:
        return True
    await venue.wait()
    told = [info for info in venue.heard.orders if info.client_order_id == key]
    return bool(told) and told[-1].status is S.REJECTED and told[-1].filled_size == 0


async def status(venue: Venue, key: str) -> OrderStatus:
    """Ask where an order stands."""
    info = await venue.client.get_order_info(venue.ticker, key)
    assert info is not None
    return info.status


async def resting(venue: Venue, ticker: str) -> list[str | None]:
    """List our resting orders by our ids."""
    return [info.client_order_id for info in await venue.client.get_active_orders(ticker)]


# -- who, what, where ---------------------------------------------------------------------------


def test_a_market_is_described_completely(on_venue: Run) -> None:
    """Steps, minimums, fees, leverage and funding interval are there and make sense."""

    async def check(venue: Venue) -> None:
        market = await venue.client.get_market(venue.ticker)
        assert (market.ticker, market.exchange) == (venue.ticker, venue.client.exchange)
        assert market.contract_id
        assert market.quote
        for positive in (market.tick_size, market.quantity_step, market.max_leverage, market.max_open_orders):
            assert positive > 0
        assert market.min_quantity >= 0
        assert market.min_notional >= 0
        assert abs(market.maker_fee) < D("0.01")
        assert 0 <= market.taker_fee < D("0.01")
        assert 0 < market.maintenance_margin < 1
        assert market.funding_interval_ns > 0
        assert await venue.client.get_contract_attributes(venue.ticker) == (market.contract_id, market.tick_size)

    on_venue(check)


def test_two_markets_are_two(on_venue: Run) -> None:
    """No market is taken for another: names and prices differ."""

    async def check(venue: Venue) -> None:
        one, two = [await venue.client.get_market(ticker) for ticker in (venue.ticker, venue.other)]
        assert one.contract_id != two.contract_id
        assert await venue.client.fetch_bbo_prices(venue.ticker) != await venue.client.fetch_bbo_prices(venue.other)

    on_venue(check)


def test_an_unknown_ticker_names_the_nearest(on_venue: Run) -> None:
    """A slip of the finger is one clear line with what was probably meant."""

    async def check(venue: Venue) -> None:
        with pytest.raises(UserError, match=venue.ticker):
            await venue.client.get_market(venue.misspelt)

    on_venue(check)


def test_the_account_has_a_name(on_venue: Run) -> None:
    """It is told from others, and stays the same."""

    async def check(venue: Venue) -> None:
        assert venue.client.account_id
        assert venue.client.account_id == venue.client.account_id.strip()
        assert venue.client.supports_risk_management() == (Capability.ACCOUNT_FIGURES in venue.client.capabilities)

    on_venue(check)


def test_leaving_twice_is_harmless(on_venue: Run) -> None:
    """A second disconnect, and one after it, do nothing."""

    async def check(venue: Venue) -> None:
        await venue.client.disconnect()
        await venue.client.disconnect()

    on_venue(check)


# -- the market ---------------------------------------------------------------------------------


def test_the_book_has_two_sides(on_venue: Run) -> None:
    """After subscribing best bid and ask are there, on the tick, with quantities and a time."""

    async def check(venue: Venue) -> None:
        bbo, market = venue.client.top_of_book(venue.ticker), await venue.client.get_market(venue.ticker)
        assert bbo is not None
        assert bbo.is_two_sided
        for price, quantity in ((bbo.bid, bbo.bid_quantity), (bbo.ask, bbo.ask_quantity)):
            assert price is not None
            assert quantity is not None
            assert is_multiple(price, market.tick_size)
            assert quantity > 0
        assert 0 <= venue.clock.now_ns() - bbo.received_ns < 60 * NS_PER_S
        assert await venue.client.fetch_bbo_prices(venue.ticker) == (bbo.bid, bbo.ask)

    on_venue(check)


@pytest.mark.parametrize("depth", [1, 3, 10])
def test_book_levels_are_in_order(on_venue: Run, depth: int) -> None:
    """Best first on both sides, no level twice, nothing crossed, and no more than was asked for."""

    async def check(venue: Venue) -> None:
        book = await venue.client.fetch_order_book(venue.ticker, depth)
        bids, asks = [level.price for level in book.bids], [level.price for level in book.asks]
        assert bids == sorted(set(bids), reverse=True)
        assert asks == sorted(set(asks))
        assert 0 < len(bids) <= depth
        assert 0 < len(asks) <= depth
        assert bids[0] < asks[0]
        assert all(level.quantity > 0 for level in (*book.bids, *book.asks))

    on_venue(check)


def test_funding_is_per_interval_and_ahead(on_venue: Run) -> None:
    """The rate is a fraction per interval, and the next settlement lies within the coming interval."""

    async def check(venue: Venue) -> None:
        funding = await venue.client.get_funding_rate(venue.ticker)
        now, market = venue.clock.now_ns(), await venue.client.get_market(venue.ticker)
        assert funding.ticker == venue.ticker
        assert funding.interval_ns == market.funding_interval_ns
        assert now < funding.next_funding_ns <= now + funding.interval_ns
        assert abs(funding.hourly_rate) < D("0.04")

    on_venue(check)


# -- orders that rest ---------------------------------------------------------------------------


@pytest.mark.parametrize("side", Side, ids=lambda side: side.value)
def test_an_order_rests_and_is_cancelled(on_venue: Run, side: Side) -> None:
    """Accepted, listed, found by our id, told by the stream; after the cancel it is none of these any more."""

    async def check(venue: Venue) -> None:
        key, placed = await send(venue, side=side)
        assert (placed.success, placed.status, placed.client_order_id) == (True, S.OPEN, key)
        await venue.wait()
        info = await venue.client.get_order_info(venue.ticker, key)
        assert info is not None
        assert (info.status, info.side, info.filled_size) == (S.OPEN, side, 0)
        assert info.order_id
        assert placed.order_id in {info.order_id, None}
        assert await resting(venue, venue.ticker) == [key]
        cancelled = await venue.client.cancel_order(venue.ticker, key)
        await venue.wait()
        assert cancelled.success
        assert await status(venue, key) is S.CANCELLED
        assert await resting(venue, venue.ticker) == []
        assert [told.status for told in venue.heard.orders if told.client_order_id == key][-1] is S.CANCELLED

    on_venue(check)


def test_price_and_quantity_arrive_as_they_were_sent(on_venue: Run) -> None:
    """The venue has exactly the price and quantity we meant, to the last digit."""

    async def check(venue: Venue) -> None:
        _, price, quantity = await away(venue, venue.ticker, Side.BUY, "3")
        key, placed = await send(venue, price=price, quantity=quantity)
        await venue.wait()
        info = await venue.client.get_order_info(venue.ticker, key)
        assert info is not None
        assert (info.price, info.size) == (price, quantity)
        assert placed.price in {price, None}

    on_venue(check)


def test_an_amend_changes_the_order(on_venue: Run) -> None:
    """New price and new total quantity, the same order of ours."""

    async def check(venue: Venue) -> None:
        key, _ = await send(venue)
        await venue.wait()
        _, price, quantity = await away(venue, venue.ticker, Side.BUY, "4")
        amended = await venue.client.amend_order(venue.ticker, key, price, quantity * 2)
        assert amended.success
        await venue.wait()
        info = await venue.client.get_order_info(venue.ticker, key)
        assert info is not None
        assert (info.status, info.price, info.size) == (S.OPEN, price, quantity * 2)

    on_venue(check, Capability.AMEND)


def test_what_is_not_there_cannot_be_changed(on_venue: Run) -> None:
    """Cancels and amends of unknown and of ended orders are refused for sure, not lost."""

    async def check(venue: Venue) -> None:
        key, _ = await send(venue)
        await venue.wait()
        await venue.client.cancel_order(venue.ticker, key)
        await venue.wait()
        _, price, quantity = await away(venue, venue.ticker, Side.BUY)
        for gone in (key, venue.client.context.ids.next()):
            assert (await venue.client.cancel_order(venue.ticker, gone)).is_refused
            if Capability.AMEND in venue.client.capabilities:
                assert (await venue.client.amend_order(venue.ticker, gone, price, quantity)).is_refused

    on_venue(check)


def test_an_order_nobody_sent_is_none(on_venue: Run) -> None:
    """An unknown id is answered with None, not with an error and not with somebody else's order."""

    async def check(venue: Venue) -> None:
        await send(venue)
        assert await venue.client.get_order_info(venue.ticker, venue.client.context.ids.next()) is None

    on_venue(check)


def test_an_id_is_used_once(on_venue: Run) -> None:
    """A second order under an id that was used is refused, and the first one stays as it is."""

    async def check(venue: Venue) -> None:
        key, _ = await send(venue)
        await venue.wait()
        _, again = await send(venue, key=key, side=Side.SELL)
        assert again.is_refused
        assert await resting(venue, venue.ticker) == [key]
        assert await status(venue, key) is S.OPEN

    on_venue(check)


def test_cancelling_all_touches_one_market(on_venue: Run) -> None:
    """Everything of ours on this market goes, and nothing on the other."""

    async def check(venue: Venue) -> None:
        for _ in range(3):
            await send(venue)
        other, _ = await send(venue, venue.other)
        await venue.wait()
        assert (await venue.client.cancel_all(venue.ticker)).success
        await venue.wait()
        assert await resting(venue, venue.ticker) == []
        assert await resting(venue, venue.other) == [other]
        assert (await venue.client.cancel_all(venue.ticker)).success

    on_venue(check)


# -- what a venue refuses -----------------------------------------------------------------------


@pytest.mark.parametrize("flaw", ["price off the tick", "quantity off the step", "below the minimum", "no quantity"])
def test_an_impossible_order_is_refused(on_venue: Run, flaw: str) -> None:
    """What does not fit the market is a definite no, and nothing rests."""

    async def check(venue: Venue) -> None:
        market, price, quantity = await away(venue, venue.ticker, Side.BUY)
        flaws = {
            "price off the tick": {"price": price + market.tick_size / 2},
            "quantity off the step": {"quantity": quantity + market.quantity_step / 2},
            "below the minimum": {"quantity": market.quantity_step, "price": market.tick_size},
            "no quantity": {"quantity": D(0)},
        }
        _, result = await send(venue, **flaws[flaw])
        assert result.is_refused
        assert result.error_message
        assert await resting(venue, venue.ticker) == []

    on_venue(check)


@pytest.mark.parametrize("side", Side, ids=lambda side: side.value)
def test_post_only_never_takes(on_venue: Run, side: Side) -> None:
    """A post-only order that would take is rejected; one that rests is welcome."""

    async def check(venue: Venue) -> None:
        bid, ask = await venue.client.fetch_bbo_prices(venue.ticker)
        through = ceil_to(ask * D("1.002"), D(1)) if side is Side.BUY else floor_to(bid * D("0.998"), D(1))
        assert await refused(venue, *await send(venue, side=side, price=through, post_only=True))
        assert venue.heard.fills == []
        assert await resting(venue, venue.ticker) == []
        key, resting_one = await send(venue, side=side, post_only=True)
        assert resting_one.success
        await venue.wait()
        assert await resting(venue, venue.ticker) == [key]

    on_venue(check, Capability.POST_ONLY)


def test_reduce_only_never_increases(on_venue: Run) -> None:
    """Refused when flat and in the position's own direction; a larger one is refused, or closes it and no more."""

    async def check(venue: Venue) -> None:
        assert await refused(venue, *await take(venue, reduce_only=True))
        await take(venue, Side.BUY)
        assert await refused(venue, *await take(venue, Side.BUY, reduce_only=True))
        held = await venue.client.position(venue.ticker)
        too_large = await take(venue, Side.SELL, quantity=held.quantity * 2, reduce_only=True)
        if await refused(venue, *too_large):
            assert (await venue.client.position(venue.ticker)).quantity == held.quantity
            await take(venue, Side.SELL, quantity=held.quantity, reduce_only=True)
        assert (await venue.client.position(venue.ticker)).quantity == 0

    on_venue(check, Capability.REDUCE_ONLY)


def test_what_waits_inside_the_client_does_not_leave_after_the_stop(on_venue: Run) -> None:
    """Once the bot stops, an order whose turn comes later is refused for sure; what only reduces still goes."""

    async def check(venue: Venue) -> None:
        if venue.client.is_complete:
            pytest.skip("nothing waits inside this client")
        await take(venue, Side.BUY)
        held = await venue.client.position(venue.ticker)
        venue.client.only_reduce()
        _, late = await send(venue)
        assert late.is_refused
        assert "stopping" in late.error_message
        await take(venue, Side.SELL, quantity=held.quantity, reduce_only=True)
        assert (await venue.client.position(venue.ticker)).quantity == 0

    on_venue(check, Capability.REDUCE_ONLY)


def test_leverage_is_read_and_chosen(on_venue: Run) -> None:
    """What was chosen is read back, on this market only; more than the market allows is refused and changes nothing."""

    async def check(venue: Venue) -> None:
        client, market = venue.client, await venue.client.get_market(venue.ticker)
        other = await client.get_leverage(venue.other)
        for wanted in (D(5), D(10)):
            await client.set_leverage(venue.ticker, wanted)
            assert await client.get_leverage(venue.ticker) == wanted
        with pytest.raises(VenueRejected):
            await client.set_leverage(venue.ticker, market.max_leverage * 2)
        assert await client.get_leverage(venue.ticker) == D(10)
        assert await client.get_leverage(venue.other) == other

    on_venue(check, Capability.LEVERAGE)


# -- orders that take ---------------------------------------------------------------------------


def test_ioc_takes_what_is_there_and_never_rests(on_venue: Run) -> None:
    """Away from the market it ends unfilled; through the market it fills at once."""

    async def check(venue: Venue) -> None:
        passive, _ = await send(venue, time_in_force=TimeInForce.IOC)
        await venue.wait()
        assert await status(venue, passive) in {S.CANCELLED, S.EXPIRED}
        _, ask = await venue.client.fetch_bbo_prices(venue.ticker)
        through = ceil_to(ask * D("1.002"), D(1))
        taking, _ = await send(venue, price=through, time_in_force=TimeInForce.IOC)
        await venue.wait()
        assert await status(venue, taking) is S.FILLED
        assert await resting(venue, venue.ticker) == []

    on_venue(check, Capability.IOC)


def test_fok_fills_all_or_nothing(on_venue: Run) -> None:
    """More than the level holds fills nothing; what the level holds fills at once."""

    async def check(venue: Venue) -> None:
        market = await venue.client.get_market(venue.ticker)
        best = (await venue.client.fetch_order_book(venue.ticker, 1)).asks[0]
        too_much, _ = await send(
            venue, price=best.price, quantity=best.quantity + market.quantity_step, time_in_force=TimeInForce.FOK
        )
        await venue.wait()
        info = await venue.client.get_order_info(venue.ticker, too_much)
        assert info is None or (info.status.is_terminal and info.filled_size == 0)
        assert venue.heard.fills == []
        fits, _ = await send(venue, price=best.price, time_in_force=TimeInForce.FOK)
        await venue.wait()
        assert await status(venue, fits) is S.FILLED

    on_venue(check, Capability.FOK)


def test_gtt_ends_at_its_time(on_venue: Run) -> None:
    """It rests until its time, and is expired or cancelled after it."""

    async def check(venue: Venue) -> None:
        ends = venue.clock.now_ns() + 600 * NS_PER_S
        key, placed = await send(venue, time_in_force=TimeInForce.GTT, expires_ns=ends)
        assert placed.success
        await venue.wait(300)
        assert await status(venue, key) is S.OPEN
        await venue.wait(360)
        assert await status(venue, key) in {S.EXPIRED, S.CANCELLED}

    on_venue(check, Capability.GTT)


def test_executions_position_and_money_add_up(on_venue: Run) -> None:
    """Bought and sold again: fills, orders, positions and cash tell one story, to a tenth of a cent."""

    async def check(venue: Venue) -> None:
        client, before = venue.client, await venue.client.get_balance()
        bought, _ = await take(venue, Side.BUY)
        info = await client.get_order_info(venue.ticker, bought)
        position, fills = await client.position(venue.ticker), await client.fetch_fills(venue.ticker, 0)
        assert info is not None
        assert info.status is S.FILLED
        assert position.quantity == info.filled_size == sum(fill.quantity for fill in fills)
        assert all((fill.client_order_id, fill.order_id) == (bought, info.order_id) for fill in fills)
        spent = sum(fill.price * fill.quantity for fill in fills)
        assert position.entry_price is not None
        assert abs(position.entry_price * position.quantity - spent) < CENT
        assert abs(before.wallet - (await client.get_balance()).wallet - sum(fill.fee for fill in fills)) < CENT
        await take(venue, Side.SELL, quantity=position.quantity)
        every = await client.fetch_fills(venue.ticker, 0)
        cash = sum(-fill.side.sign * fill.price * fill.quantity - fill.fee for fill in every)
        assert abs((await client.get_balance()).wallet - before.wallet - cash) < CENT
        assert (await client.position(venue.ticker)).quantity == 0

    on_venue(check, Capability.ACCOUNT_FIGURES)


def test_the_stream_tells_what_reading_tells(on_venue: Run) -> None:
    """Fills, the order's end, position and balance arrive by themselves, each trade under one id."""

    async def check(venue: Venue) -> None:
        key, _ = await take(venue, Side.BUY)
        fills = await venue.client.fetch_fills(venue.ticker, 0)
        assert {fill.trade_id: fill for fill in venue.heard.fills} == {fill.trade_id: fill for fill in fills}
        assert [info.status for info in venue.heard.orders if info.client_order_id == key][-1] is S.FILLED
        assert venue.heard.positions[-1].quantity == (await venue.client.position(venue.ticker)).quantity
        assert venue.heard.balances[-1].wallet == (await venue.client.get_balance()).wallet

    on_venue(check)


def test_fills_since_a_time(on_venue: Run) -> None:
    """Only executions at or after the time are listed, oldest first, and only of the market asked for."""

    async def check(venue: Venue) -> None:
        await take(venue, Side.BUY)
        await venue.wait(5)
        since = venue.clock.now_ns()
        await take(venue, Side.SELL)
        await take(venue, Side.SELL)
        every, later = [await venue.client.fetch_fills(venue.ticker, at) for at in (0, since)]
        assert [fill.time_ns for fill in every] == sorted(fill.time_ns for fill in every)
        assert later == tuple(fill for fill in every if fill.time_ns >= since)
        assert 0 < len(later) < len(every)
        assert later == await venue.client.fetch_fills(venue.ticker, later[0].time_ns)
        assert await venue.client.fetch_fills(venue.other, 0) == ()
        assert len({fill.trade_id for fill in every}) == len(every)

    on_venue(check)


def test_a_flat_account_has_no_positions(on_venue: Run) -> None:
    """Flat is flat, in the list and asked for by name; a position on one market is none on the other."""

    async def check(venue: Venue) -> None:
        assert await venue.client.get_account_positions() == ()
        assert (await venue.client.position(venue.ticker)).quantity == 0
        await take(venue)
        assert [held.ticker for held in await venue.client.get_account_positions()] == [venue.ticker]
        assert (await venue.client.position(venue.other)).quantity == 0

    on_venue(check)


def test_after_leaving_nothing_is_heard(on_venue: Run) -> None:
    """A client that left tells its listener nothing any more."""

    async def check(venue: Venue) -> None:
        await send(venue)
        await venue.wait()
        heard = len(venue.heard.orders) + venue.heard.books
        await venue.client.disconnect()
        await venue.wait(10)
        assert len(venue.heard.orders) + venue.heard.books == heard

    on_venue(check)
