"""What holds for accounts and orders whatever the markets do and whatever the customers send."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from random_worlds import RandomWorld, WorldSpec, world_specs

from helpers.enums import Liquidity, OrderStatus
from helpers.models import Fill

FILLING = {OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED}
EXAMPLES = settings(max_examples=80, deadline=None)


@EXAMPLES
@given(world_specs)
def test_the_books_balance_after_every_step(spec: WorldSpec) -> None:
    """Cash, position and equity follow from fills and funding alone, to the last digit, after every step."""
    world = RandomWorld(spec)

    def balance() -> None:
        marks = world.venue.core.marks()
        for account in world.accounts:
            ledgers = account.ledgers.values()
            funding = sum((ledger.funding for ledger in ledgers), Decimal(0))
            earned = sum(ledger.realised - ledger.fees for ledger in ledgers)
            assert account.wallet == account.deposit + earned + funding
            cash = account.deposit + funding - sum(_paid(fill) for fill in account.fills)
            held = _positions(account.fills)
            assert {ticker: lots for ticker, lots in account.lots.items() if lots} == held
            assert account.equity(marks) == cash + sum(lots * marks[ticker] for ticker, lots in held.items())

    world.run(after=balance)


def _paid(fill: Fill) -> Decimal:
    return fill.side.sign * fill.price * fill.quantity + fill.fee


def _positions(fills: list[Fill]) -> dict[str, int]:
    held: dict[str, int] = defaultdict(int)
    for fill in fills:
        held[fill.ticker] += fill.side.sign * int(fill.quantity)
    return {ticker: lots for ticker, lots in held.items() if lots}


@EXAMPLES
@given(world_specs)
def test_the_funding_heard_is_the_funding_booked(spec: WorldSpec) -> None:
    """Every payment is told once, and is minus position x mark x rate."""
    world = RandomWorld(spec).run()
    for account in world.accounts:
        heard = [news for _, who, _, what, news in world.heard if (who, what) == (account.account_id, "funding")]
        booked = sum((ledger.funding for ledger in account.ledgers.values()), Decimal(0))
        assert sum((payment.amount for payment in heard), Decimal(0)) == booked
        assert len({payment.payment_id for payment in heard}) == len(heard)


@EXAMPLES
@given(world_specs)
def test_the_engine_and_the_accounts_agree_on_what_rests(spec: WorldSpec) -> None:
    """After every step the orders in the books are exactly the accounts' live orders, best price first."""
    world = RandomWorld(spec)

    def agree() -> None:
        engines = [vm.engine for vm in world.venue.core.markets.values()]
        resting = [order for engine in engines for order in engine.buys.orders + engine.sells.orders]
        live = [order for account in world.accounts for order in account.live.values()]
        assert sorted(map(id, resting)) == sorted(map(id, live))
        for engine in engines:
            assert [-order.limit for order in engine.buys.orders] == sorted(-o.limit for o in engine.buys.orders)
            assert [order.limit for order in engine.sells.orders] == sorted(o.limit for o in engine.sells.orders)

    world.run(after=agree)


@EXAMPLES
@given(world_specs)
def test_an_account_never_stands_on_both_sides_of_a_price(spec: WorldSpec) -> None:
    """Self-trade prevention leaves no account with a resting buy at or above a resting sell of its own."""
    world = RandomWorld(spec)

    def apart() -> None:
        for account in world.accounts:
            for ticker in world.tickers:
                own = account.resting(ticker)
                highest_buy = max((order.limit for order in own if order.is_buy), default=0)
                assert all(order.limit > highest_buy for order in own if not order.is_buy)

    world.run(after=apart)


@EXAMPLES
@given(world_specs)
def test_orders_end_once_and_never_fill_more_than_was_ordered(spec: WorldSpec) -> None:
    """Every accepted order stays live or ends in one terminal status for good; its fills add up and have own ids."""
    world = RandomWorld(spec)
    ended: dict[str, Any] = {}

    def look() -> None:
        for account in world.accounts:
            filled = Counter[str | None]()
            for fill in account.fills:
                filled[fill.client_order_id] += int(fill.quantity)
            for key, info in account.known.items():
                assert info.filled_size == filled[key] <= info.size
                assert info.status.is_terminal is (key not in account.live)
                assert ended.setdefault(key, info) == info if info.status.is_terminal else key not in ended
                assert info.status is not OrderStatus.FILLED or info.filled_size == info.size

    world.run(after=look)
    trades = [fill.trade_id for account in world.accounts for fill in account.fills]
    assert len(set(trades)) == len(trades)


@EXAMPLES
@given(world_specs)
def test_owners_hear_of_every_fill_and_every_end(spec: WorldSpec) -> None:
    """The news of each account tells all its fills in order, and where each order that ended stands."""
    world = RandomWorld(spec).run()
    for account in world.accounts:
        own = [(what, news) for _, who, _, what, news in world.heard if who == account.account_id]
        assert [news for what, news in own if what == "fill"] == account.fills
        moved = [news for what, news in own if what == "order" and news.status in FILLING]
        assert len(moved) <= len(account.fills)  # the last fill of a cut reduce-only order tells its end instead
        last = {news.client_order_id: news for what, news in own if what == "order"}
        replies = [news[1] for what, news in own if what == "reply"]
        accepted = {reply.info.client_order_id for reply in replies if reply.accepted and reply.info}
        assert all(key in account.live or last[key] == account.known[key] for key in accepted)


@EXAMPLES
@given(world_specs)
def test_reduce_only_never_enlarges_a_position(spec: WorldSpec) -> None:
    """No fill of a reduce-only order, and none of a liquidation, brings a position further from zero or past it."""
    world = RandomWorld(spec).run()
    for account in world.accounts:
        held: dict[str, int] = defaultdict(int)
        for fill in account.fills:
            before = held[fill.ticker]
            held[fill.ticker] = after = before + fill.side.sign * int(fill.quantity)
            if fill.client_order_id is None or account.known[fill.client_order_id].reduce_only:
                assert abs(after) < abs(before)
                assert after * before >= 0


@EXAMPLES
@given(world_specs)
def test_replies_take_the_way_there_and_back_and_news_keeps_its_order(spec: WorldSpec) -> None:
    """No order is answered before both delays are over, and an account hears of what happened in that order."""
    world = RandomWorld(spec).run()
    least = spec.profile.order_entry.base_ns + spec.profile.response.base_ns
    for time_ns, _, _, what, news in world.heard:
        if what == "reply" and news[0] in world.orders:
            assert time_ns >= world.orders[news[0]][3] + least
    for account in world.accounts:
        happened = [
            news.time_ns
            for _, who, _, what, news in world.heard
            if who == account.account_id and what in {"order", "fill", "funding"}
        ]
        assert happened == sorted(happened)


@EXAMPLES
@given(world_specs)
def test_fees_follow_from_the_kind_of_execution(spec: WorldSpec) -> None:
    """A fill costs price x quantity x the maker or taker rate, and a liquidation its extra rate."""
    world = RandomWorld(spec).run()
    for account in world.accounts:
        for fill in account.fills:
            terms = world.venue.core.market(fill.ticker).market
            rate = terms.maker_fee if fill.liquidity is Liquidity.MAKER else terms.taker_fee
            if fill.client_order_id is None:
                rate += spec.profile.liquidation_fee
            assert fill.fee == fill.price * fill.quantity * rate


def test_the_random_worlds_are_worth_something() -> None:
    """Over the worlds that are drawn, every kind of end, fill and refusal really occurs."""
    seen: Counter[str] = Counter()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(world_specs)
    def count(spec: WorldSpec) -> None:
        world = RandomWorld(spec).run()
        for _, _, _, what, news in world.heard:
            if what == "fill":
                seen[news.liquidity.value] += 1
                seen["liquidation"] += news.client_order_id is None
            elif what == "order":
                seen[news.status.value] += 1
            elif what == "reply" and not news[1].accepted:
                seen[news[1].code] += 1

    count()
    wanted = {"maker", "taker", "liquidation", "filled", "partially_filled", "cancelled", "expired"}
    wanted |= {"NOT_FOUND", "REDUCE_ONLY", "INSUFFICIENT_MARGIN", "POST_ONLY", "TOO_MANY_ORDERS", "BAD_AMEND"}
    assert {kind for kind in wanted if not seen[kind]} == set()
