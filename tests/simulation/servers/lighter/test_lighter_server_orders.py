"""Orders: what the API refuses, how they end, speed bumps, expiry, self trades."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lighter_server_scenes import BTC, DAY_MS, ETH, Client, Scene

from simulation.servers.lighter.errors import Refused
from simulation.servers.lighter.options import Tier
from simulation.servers.lighter.transactions import TxType
from simulation.servers.lighter.wire_orders import FIRST_ORDER_INDEX, WireOrder


def asks(scene: Scene) -> int:
    """Give the best ask in ticks."""
    return scene.trading.venue.core.market("BTC").engine.cursor.current().ask  # type: ignore[union-attr]  # it began


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"MarketIndex": 99}, 21602),
        ({"BaseAmount": 0}, 21701),
        ({"BaseAmount": 2**48}, 21701),
        ({"BaseAmount": 19}, 21706),
        ({"BaseAmount": 20, "Price": 400_000}, 21706),
        ({"Price": 0}, 21702),
        ({"Price": 2**32}, 21702),
        ({"Type": 2, "TimeInForce": 0}, 21501),
        ({"Type": 1}, 21501),
        ({"TimeInForce": 3}, 21501),
        ({"IsAsk": 2}, 21501),
        ({"ClientOrderIndex": 2**48}, 21727),
        ({"OrderExpiry": 5}, 21711),
        ({"OrderExpiry": 0}, 21711),
        ({"TimeInForce": 0, "OrderExpiry": 5}, 21711),
        ({"BaseAmount": 10_000_000}, 21739),
        ({"ReduceOnly": 1}, 21732),
    ],
)
def test_what_the_api_refuses(changes: dict[str, int], code: int) -> None:
    """Each rule has its code, HTTP 400, and nothing is filed."""
    scene = Scene()
    assert scene.refusal(**changes) == code
    assert not scene.trading.orders.by_index


def test_prices_far_off_are_taken_for_slips() -> None:
    """A buy at twice the mark and more, or a sale at half and less, is 21733."""
    scene = Scene()
    assert scene.refusal(Price=scene.ticks(2.1)) == 21733
    assert scene.refusal(Price=scene.ticks(0.45), IsAsk=1) == 21733


def test_expiries_reach_from_five_minutes_to_thirty_days() -> None:
    """Just inside is taken, clearly outside is not."""
    scene = Scene()
    assert scene.refusal(OrderExpiry=scene.now_ms + 4 * 60_000) == 21711
    assert scene.refusal(OrderExpiry=scene.now_ms + 31 * DAY_MS) == 21711
    assert scene.place(OrderExpiry=scene.now_ms + 5 * 60_000).status == "open"
    assert scene.place(OrderExpiry=scene.now_ms + 30 * DAY_MS).status == "open"


def test_a_client_order_index_is_unique_among_live_orders() -> None:
    """While the order lives it is 21728 on any market, afterwards it is free; zero is no index."""
    scene = Scene()
    order = scene.place(ClientOrderIndex=77)
    assert scene.refusal(ClientOrderIndex=77) == 21728
    eth = scene.ticks(0.99, ETH)
    assert scene.refusal(ClientOrderIndex=77, MarketIndex=ETH, Price=eth) == 21728
    scene.send(TxType.CANCEL_ORDER, MarketIndex=BTC, Index=77)
    scene.wait(0.1)
    again = scene.place(ClientOrderIndex=77)
    assert (order.status, again.status) == ("canceled", "open")
    assert scene.trading.orders.find(77) is again
    for _ in range(2):
        assert scene.send(TxType.CREATE_ORDER, **scene.order_fields(ClientOrderIndex=0))[0] == 200


def test_an_index_on_its_way_is_taken_already() -> None:
    """Between API and sequencer the index cannot be used again, and the order can be cancelled."""
    scene = Scene()
    fields = scene.order_fields(ClientOrderIndex=5)
    scene.front.intake.accept([(14, scene.tx(TxType.CREATE_ORDER, nonce=0, **fields))])
    with pytest.raises(Refused, match="exists"):
        scene.front.intake.accept([(14, scene.tx(TxType.CREATE_ORDER, nonce=1, **fields))])
    cancel = scene.tx(TxType.CANCEL_ORDER, nonce=1, MarketIndex=BTC, Index=5)
    scene.front.intake.accept([(15, cancel)])
    scene.wait(0.1)
    order = scene.trading.orders.find(5)
    assert order is not None
    assert order.status == "canceled"


def test_order_indexes_are_above_all_client_indexes() -> None:
    """Both sides' indexes are at least 2^48, distinct, and find their orders."""
    scene = Scene()
    buy, sell = scene.place(), scene.place(IsAsk=1, Price=scene.ticks(1.01))
    assert min(buy.index, sell.index) >= FIRST_ORDER_INDEX
    assert scene.trading.orders.find(buy.index) is buy
    assert scene.trading.orders.find(sell.index) is sell


def test_a_post_only_order_that_would_take_is_cancelled() -> None:
    """The API takes it, the engine ends it: canceled-post-only, and nothing filled."""
    scene = Scene()
    order = scene.place(Price=scene.ticks(1.01), TimeInForce=2)
    assert (order.status, order.filled_lots) == ("canceled-post-only", 0)
    assert scene.place(TimeInForce=2).status == "open"


def test_what_an_ioc_order_does_not_fill_is_cancelled() -> None:
    """Beside the market it is canceled-not-enough-liquidity; a market order out of price canceled-too-much-slippage."""
    scene = Scene()
    assert scene.place(TimeInForce=0).status == "canceled-not-enough-liquidity"
    assert scene.place(TimeInForce=0, Type=1).status == "canceled-too-much-slippage"
    assert scene.buy_now().status == "filled"


def test_a_market_order_walks_the_book_up_to_its_worst_price() -> None:
    """More than the touch shows fills at several prices, none beyond the price given."""
    scene = Scene()
    lots = 400_000
    scene.trading.account.deposit *= 100
    scene.trading.account._wallet = None
    order = scene.place(Type=1, TimeInForce=0, BaseAmount=lots, Price=asks(scene) + 30)
    prices = [trade.fill.price for trade in scene.trading.trades.trades]
    assert order.filled_lots > 0
    assert len(set(prices)) > 1
    assert max(prices) <= order.price


def test_a_taker_waits_longer_than_a_maker() -> None:
    """On a premium account a crossing order waits 140 to 200 ms, a resting one none."""
    scene = Scene()
    maker, taker = scene.order_fields(), scene.order_fields(Price=scene.ticks(1.01))
    scene.send(TxType.CREATE_ORDER, **maker)
    scene.send(TxType.CREATE_ORDER, **taker)
    scene.wait(0.02)
    states = [scene.trading.orders.find(each["ClientOrderIndex"]) for each in (maker, taker)]
    assert [order.status for order in states if order] == ["open", "in-progress"]
    scene.wait(0.2)
    assert states[1] is not None
    assert states[1].status == "filled"


def test_a_standard_account_waits_and_pays_nothing() -> None:
    """Makers wait 200 ms, takers 300 ms; there are no fees and no quota."""
    scene = Scene(tier=Tier.STANDARD)
    status, body = scene.send(TxType.CREATE_ORDER, **scene.order_fields())
    assert (status, body["volume_quota_remaining"]) == (200, 0)
    scene.wait(0.15)
    (order,) = scene.trading.orders.live.values()
    assert order.status == "in-progress"
    scene.wait(0.1)
    assert order.status == "open"
    scene.buy_now()
    assert scene.trading.trades.trades[0].fill.fee == 0


def test_reduce_only_orders_only_reduce() -> None:
    """With a long position a sale reduces, even below the minimum; a purchase is refused."""
    scene = Scene()
    scene.buy_now(1_000)
    assert scene.refusal(ReduceOnly=1) == 21732
    order = scene.place(IsAsk=1, ReduceOnly=1, TimeInForce=0, Price=scene.ticks(0.99), BaseAmount=3)
    assert (order.status, order.filled_lots) == ("filled", 3)
    whole = scene.place(IsAsk=1, ReduceOnly=1, TimeInForce=0, Price=scene.ticks(0.99), BaseAmount=0)
    assert (whole.status, whole.filled_lots) == ("filled", 997)
    assert scene.trading.position(scene.market()) == 0


@pytest.mark.parametrize("loses", [False, True])
def test_a_reduce_only_order_that_comes_too_late(loses: bool) -> None:
    """Accepted with a position, placed without: canceled-reduce-only, or with the option no trace of it."""
    scene = Scene(loses_bad_reduce_only=loses)
    scene.buy_now(1_000)
    close = {"IsAsk": 1, "ReduceOnly": 1, "TimeInForce": 0, "Price": scene.ticks(0.99), "BaseAmount": 1_000}
    first, second = scene.order_fields(**close), scene.order_fields(**close)
    for nonce, fields in enumerate((first, second), scene.nonce):
        scene.front.intake.accept([(14, scene.tx(TxType.CREATE_ORDER, nonce=nonce, **fields))])
    scene.wait(0.5)
    orders = [scene.trading.orders.find(each["ClientOrderIndex"]) for each in (first, second)]
    states = sorted(order.status for order in orders if order)
    assert states == (["filled"] if loses else ["canceled-reduce-only", "filled"])


def test_an_order_ends_at_its_expiry() -> None:
    """Canceled-expired at that very millisecond, not before."""
    scene = Scene()
    order = scene.place(OrderExpiry=scene.now_ms + 6 * 60_000, Price=scene.ticks(0.7))
    scene.wait((order.expiry_ms - scene.now_ms) / 1000 - 0.01)
    assert order.status == "open"
    scene.wait(0.02)
    assert order.status == "canceled-expired"
    assert abs(order.updated_ns // 1_000_000 - order.expiry_ms) <= 1
    scene.wait(120)


@pytest.mark.parametrize(
    ("behaviour", "maker", "taker"),
    [
        (0, "canceled-self-trade", "canceled-not-enough-liquidity"),
        (1, "open", "canceled-self-trade"),
        (2, "canceled-self-trade", "canceled-self-trade"),
    ],
)
def test_who_goes_when_we_would_meet_ourselves(behaviour: int, maker: str, taker: str) -> None:
    """By default the resting order, by attribute 6 the new one or both."""
    scene = Scene()
    scene.trading.account.deposit *= 10_000
    scene.trading.account._wallet = None
    bid = scene.trading.venue.core.market("BTC").engine.cursor.current().bid  # type: ignore[union-attr]  # it began
    resting = scene.place(Price=bid)
    attributes = {"6": behaviour} if behaviour else None
    crossing = scene.place(
        IsAsk=1, Price=bid - 50, TimeInForce=0, BaseAmount=40_000_000, attributes=attributes, OrderExpiry=0
    )
    assert resting.filled_lots == 0
    assert (resting.status, crossing.status) == (maker, taker)


def test_other_self_trade_behaviours_are_refused() -> None:
    """That both orders are reduced is not simulated: 21501 instead of something else."""
    scene = Scene()
    status, body = scene.send(TxType.CREATE_ORDER, attributes={"6": 3}, **scene.order_fields())
    assert (status, body["code"]) == (400, 21501)


def test_a_resting_order_is_filled_as_maker_in_parts() -> None:
    """At the touch it fills when the tape trades there; each part is told, with the maker's fee."""
    scene = Scene()
    client = Client(scene)
    for family in ("account_all_orders", "account_all_trades"):
        client.subscribe(f"{family}/{scene.identity.account_index}", auth=True)
    bid = scene.trading.venue.core.market("BTC").engine.cursor.current().bid  # type: ignore[union-attr]  # it began
    order = scene.place(Price=bid, BaseAmount=300_000)
    scene.wait(600)
    trades = [trade for update in client.of("update/account_all_trades") for trade in update["trades"][str(BTC)]]
    assert len(trades) > 1
    assert all((trade["is_maker_ask"], trade["maker_fee"]) == (False, 40) for trade in trades)
    assert all("taker_fee" not in trade for trade in trades)
    filled = sum(Decimal(trade["size"]) for trade in trades)
    assert filled == scene.market().size(order.filled_lots)
    states = [update["orders"][str(BTC)][0] for update in client.of("update/account_all_orders")]
    assert [Decimal(state["filled_base_amount"]) for state in states][-1] == filled
    assert {state["status"] for state in states} <= {"open", "filled"}
    nonces = [state["nonce"] for state in states]
    assert nonces == sorted(set(nonces))


def test_orders_we_do_not_reach_stay() -> None:
    """A small sale is filled by the bids of others before it comes to our own order below them."""
    scene = Scene()
    resting = scene.place(Price=scene.ticks(0.999))
    crossing = scene.place(IsAsk=1, Price=scene.ticks(0.99), TimeInForce=0, BaseAmount=100)
    assert (resting.status, crossing.status) == ("open", "filled")


def test_counts_of_live_orders_are_limited() -> None:
    """The thousandth order of a market is the last, the fifteen-hundredth of the account too."""
    scene = Scene(limits=False)
    for market_id, count in ((BTC, 1_000), (ETH, 500)):
        market = scene.market(market_id)
        for _ in range(count):
            fields = scene.order_fields(MarketIndex=market_id)
            index = scene.trading.orders.next_index(market, is_ask=False)
            scene.trading.orders.add(WireOrder(index, market, fields, 0))
        if market_id == BTC:
            assert scene.refusal() == 21718
    assert scene.refusal(MarketIndex=2, Price=scene.ticks(0.99, 2)) == 21717


def test_liquidation_is_told_of_orders_and_trades() -> None:
    """The venue closes what equity no longer covers: orders canceled-liquidation, a trade of kind liquidation."""
    scene = Scene()
    resting = scene.place(Price=scene.ticks(0.95), BaseAmount=100)
    scene.buy_now(100_000)
    scene.trading.account.deposit = Decimal(100)
    scene.trading.account._wallet = None
    scene.trading.venue.settlement.account_changed(scene.trading.account, "BTC")
    scene.wait(60)
    assert resting.status == "canceled-liquidation"
    assert scene.trading.position(scene.market()) == 0
    view = scene.trading.trades.view(scene.trading.trades.trades[-1])
    assert view["type"] == "liquidation"


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["rest", "take", "sell", "cancel"]), st.integers(200, 3_000)), min_size=1, max_size=8
    )
)
@settings(max_examples=12, deadline=None)
def test_the_wire_agrees_with_the_account(steps: list[tuple[str, int]]) -> None:
    """Whatever is done: live orders, fills and position on the wire are those of the simulated account."""
    scene = Scene(limits=False)
    for action, lots in steps:
        if action == "rest":
            scene.place(BaseAmount=lots)
        elif action == "take":
            scene.buy_now(lots)
        elif action == "sell":
            scene.place(IsAsk=1, Price=scene.ticks(0.99), BaseAmount=lots)
        else:
            scene.send(TxType.CANCEL_ALL_ORDERS, TimeInForce=0, Time=0)
        scene.wait(1)
    trading, step = scene.trading, scene.market().step
    assert {order.desk_id for order in trading.orders.live.values()} == set(trading.account.live)
    signed = sum(order.filled_lots * (-1 if order.is_ask else 1) for order in trading.orders.by_index.values())
    assert signed * step == trading.position(scene.market())
    assert all(0 <= order.filled_lots <= order.lots for order in trading.orders.by_index.values())
    assert trading.trades.volume == sum(fill.price * fill.quantity for fill in trading.account.fills)
