"""The client's two connections against a scripted venue: what is subscribed and what is told."""

from __future__ import annotations

from decimal import Decimal

from heard import Heard
from paradex_samples import ACCOUNT, FILL, ORDER, POSITION, buy
from paradex_scenes import BOOK, BTC, settle, subscribed

from exchanges.base import OrderStatus, Side
from simulation.virtual_loop import VirtualClock

D = Decimal
TRADE = {"id": "9", "market": BTC, "side": "SELL", "price": "80000", "size": "2", "created_at": 7}


async def test_subscribing_opens_both_sides(clock: VirtualClock) -> None:
    """The private connection logs in first; every channel is subscribed once, and the first book is there."""
    venue, client, _ = await subscribed(clock)
    assert venue.private().calls[0]["method"] == "auth"
    assert venue.private().calls[0]["params"]["bearer"].startswith("h.")
    assert venue.private().subscribed() == [
        f"markets_summary.{BTC}", "account", "positions", f"orders.{BTC}", f"fills.{BTC}", f"funding_payments.{BTC}",
    ]  # fmt: skip
    assert venue.public().subscribed() == [f"markets_summary.{BTC}", BOOK]
    bbo = client.top_of_book("BTC")
    assert bbo is not None
    assert (bbo.bid, bbo.ask, bbo.ask_quantity) == (80000, D("80000.1"), 2)
    assert await client.fetch_bbo_prices("BTC") == (80000, D("80000.1"))
    await client.disconnect()


async def test_a_second_market_shares_the_connections(clock: VirtualClock) -> None:
    """The account's own channels are not subscribed twice, which the venue takes for an error."""
    venue, client, _ = await subscribed(clock)
    await client.subscribe("ETH", Heard())
    await client.subscribe("BTC", Heard())
    assert len(venue.streams) == 2
    for stream in venue.streams:
        assert len(stream.subscribed()) == len(set(stream.subscribed()))
    await client.disconnect()


async def test_news_reach_the_listener_of_their_market(clock: VirtualClock) -> None:
    """Orders, executions, positions, money and funding; news of other markets are for others."""
    venue, client, heard = await subscribed(clock)
    other = Heard()
    await client.subscribe("ETH", other)
    private = venue.private()
    private.news(f"orders.{BTC}", ORDER)
    private.news(f"fills.{BTC}", FILL)
    private.news("positions", POSITION)
    private.news("positions", {**POSITION, "market": "SOL-USD-PERP"})
    private.news("account", ACCOUNT)
    private.news(f"funding_payments.{BTC}", {"id": "f", "market": BTC, "payment": "-1.5", "created_at": 3})
    await settle(venue)
    assert [info.client_order_id for info in heard.orders] == ["77"]
    assert [(fill.ticker, fill.side, fill.quantity) for fill in heard.fills] == [("BTC", Side.BUY, D("0.004"))]
    assert [(each.quantity, each.mark_price) for each in heard.positions] == [(D("-0.345"), D("80717.42257416"))]
    assert [each.wallet for each in heard.balances] == [10_000]
    assert [(each.amount, each.position) for each in heard.payments] == [(D("-1.5"), None)]
    assert (other.orders, other.fills, other.positions, len(other.balances)) == ([], [], [], 1)
    await client.disconnect()


async def test_older_news_of_an_order_is_dropped(clock: VirtualClock) -> None:
    """News is numbered and may come twice or late; what is over does not live again."""
    venue, client, heard = await subscribed(clock)
    over = {**ORDER, "status": "CLOSED", "cancel_reason": "USER_CANCELED", "seq_no": 12}
    for told in ({**ORDER, "seq_no": 11}, over, {**ORDER, "seq_no": 11}, over):
        venue.private().news(f"orders.{BTC}", told)
    for number in (6, 5):
        venue.private().news("positions", {**POSITION, "seq_no": number})
    await settle(venue)
    assert [info.status for info in heard.orders] == [OrderStatus.OPEN, OrderStatus.CANCELLED]
    assert len(heard.positions) == 1
    await client.disconnect()


async def test_a_fill_takes_the_side_we_sent(clock: VirtualClock) -> None:
    """A maker's fill that names the taker's side is still a buy of ours."""
    venue, client, heard = await subscribed(clock)
    await client.place_order("BTC", "77", buy())
    venue.private().news(f"fills.{BTC}", {**FILL, "order_id": "v77", "side": "SELL", "liquidity": "MAKER"})
    await settle(venue)
    assert [fill.side for fill in heard.fills] == [Side.BUY]
    await client.disconnect()
