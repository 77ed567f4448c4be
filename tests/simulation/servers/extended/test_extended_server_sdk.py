"""Extended's own SDK, unmodified, against the simulator on real loopback sockets.

One thing is bent for its two stream clients: they call `websockets.connect(extra_headers=...)`,
which the package's new client has not known since version 14, so with the version installed here
every stream of theirs fails. The module-level name `websockets` in their two files is rebound to
the package's legacy client, which still takes the keyword; no line of the SDK is changed.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from extended_server_scenes import D

from helpers.clock import WallClock
from simulation.servers.extended.front import ExtendedFront
from simulation.servers.sockets import SocketServer
from simulation.servers.world import ServerOptions

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK and the legacy client warn of what they use
    import websockets.legacy.client
    from x10.clients.blocking import BlockingTradingClient
    from x10.clients.rest import RestApiClient
    from x10.clients.stream import StreamClient, stream_connection
    from x10.clients.streamrpc import streamrpc_client, subscription_params
    from x10.config import TESTNET_CONFIG
    from x10.core.client_config import ClientConfig
    from x10.core.stark_account import StarkPerpetualAccount
    from x10.errors import ApiError, ApiNotAuthorizedError
    from x10.models.order import OrderSide, OrderType, TimeInForce
    from x10.signing.order_object import create_order_object
    from x10.tools.orderbook import OrderBook

FEE = D("0.00025")
SOON_S = 10
"""How long a loaded machine may take; each of these is there within a second."""


class Venue(NamedTuple):
    """A served front and how x10 reaches it."""

    front: ExtendedFront
    config: ClientConfig
    account: StarkPerpetualAccount
    client: RestApiClient


@asynccontextmanager
async def served(**options: Any) -> AsyncIterator[Venue]:
    """Serve a front on a free port, with an x10 client that points at it."""
    clock = WallClock()
    front = ExtendedFront(ServerOptions(start_ns=clock.now_ns(), activity=5, **options))
    clock.attach(front.venue)
    server = SocketServer(front, clock)
    await server.open("127.0.0.1", 0)
    config, account = pointed_at(server.port), stark_account(front)
    client = RestApiClient(config, account)
    try:
        yield Venue(front, config, account, client)
    finally:
        await client.close()
        await server.close()
        clock.detach(front.venue)


def pointed_at(port: int) -> ClientConfig:
    """Give the SDK's testnet configuration with other addresses."""
    rest, stream = f"http://127.0.0.1:{port}/api/v1", f"ws://127.0.0.1:{port}/stream.extended.exchange"
    endpoints = replace(
        TESTNET_CONFIG.endpoints,
        api_base_url=rest,
        api_base_order_management_url=rest,
        stream_url=f"{stream}/v1",
        stream_rpc_url=f"{stream}/v2/rpc",
    )
    return replace(TESTNET_CONFIG, endpoints=endpoints)


def stark_account(front: ExtendedFront) -> StarkPerpetualAccount:
    """Make the SDK's account of the .env lines."""
    env = dict(line.split("=", 1) for line in front.env_lines("", ""))
    return StarkPerpetualAccount(
        env["EXTENDED_VAULT"],
        env["EXTENDED_STARK_KEY_PRIVATE"],
        env["EXTENDED_STARK_KEY_PUBLIC"],
        env["EXTENDED_API_KEY"],
    )


def run(scene: Callable[[Venue], Awaitable[None]], **options: Any) -> None:
    """Play a scene on a real event loop."""

    async def play() -> None:
        async with served(**options) as venue:
            await scene(venue)

    asyncio.run(play())


@pytest.fixture
def _old_websockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK's stream clients find the legacy client, see above."""
    names = SimpleNamespace(
        connect=websockets.legacy.client.connect,
        ConnectionClosed=websockets.ConnectionClosed,
        WebSocketClientProtocol=websockets.legacy.client.WebSocketClientProtocol,
    )
    monkeypatch.setattr(stream_connection, "websockets", names)
    monkeypatch.setattr(streamrpc_client, "websockets", names)


async def settled(client: RestApiClient, order_id: int, *statuses: str) -> Any:
    """Ask for an order until it is in one of these states."""
    async with asyncio.timeout(SOON_S):
        while True:
            order = (await client.account.get_order_by_id(order_id)).data
            if order.status in statuses:
                return order


def test_official_sdk_reads_markets() -> None:
    """Markets, statistics, book, candles, funding, assets and settings all pass the SDK's own models."""

    async def scene(venue: Venue) -> None:
        info = venue.client.info
        markets = await info.get_markets_dict()
        assert set(markets) == {"BTC-USD", "ETH-USD", "SOL-USD"}
        config = markets["BTC-USD"].trading_config
        assert (config.min_price_change, config.quantity_precision, config.max_num_orders) == (1, 5, 200)
        assert len((await info.get_markets(market_names=["BTC-USD", "ETH-USD"])).data) == 2
        assert (await info.get_market_statistics(market_name="BTC-USD")).data.mark_price > 0
        book = (await info.get_orderbook_snapshot(market_name="BTC-USD")).data
        assert book.bid[0].price < book.ask[0].price
        candles = await info.get_candles_history(market_name="BTC-USD", candle_type="trades", interval="PT1M", limit=5)
        assert isinstance(candles.data, list)
        assert (await info.get_settings()).data.stark_ex_contract_address
        assert "USD" in await info.get_assets_dict()

    run(scene)


def test_official_sdk_places_and_cancels() -> None:
    """Limit and post-only orders; cancel by both ids, all at once, and replacing by cancelId."""

    async def scene(venue: Venue) -> None:
        client = venue.client
        price = (await client.info.get_orderbook_snapshot(market_name="BTC-USD")).data.bid[0].price - 100

        async def place(external_id: str, **more: Any) -> int:
            placed = await client.place_order(
                "BTC-USD", D("0.001"), price, OrderSide.BUY, FEE, external_id=external_id, **more
            )
            await settled(client, placed.data.id, "NEW")
            return int(placed.data.id)

        first, second = await place("a", post_only=True), await place("b")
        third, fourth = await place("c"), await place("d")
        opened = (await client.account.get_open_orders(market_names=["BTC-USD"])).data
        assert {order.id for order in opened} == {first, second, third, fourth}
        assert (await client.account.get_order_by_external_id("a")).data[0].post_only
        await client.orders.cancel_order(first)
        await client.orders.cancel_order_by_external_id("b")
        await settled(client, first, "CANCELLED")
        await settled(client, second, "CANCELLED")
        fifth = await place("e", previous_order_id="c")
        assert (await settled(client, third, "CANCELLED")).status_reason == "ORDER_REPLACED"
        await client.orders.mass_cancel(markets=["BTC-USD"])
        await settled(client, fourth, "CANCELLED")
        await settled(client, fifth, "CANCELLED")
        assert len((await client.account.get_orders_history(limit=3)).data) == 3

    run(scene)


def test_official_sdk_trades_and_reads_its_account() -> None:
    """A market order fills; balance, position, trade, history, fees and leverage pass the SDK's models."""

    async def scene(venue: Venue) -> None:
        client, account = venue.client, venue.client.account
        market = (await client.info.get_markets_dict())["BTC-USD"]
        ask = (await client.info.get_orderbook_snapshot(market_name="BTC-USD")).data.ask[0].price
        order = create_order_object(
            account=venue.account,
            market=market,
            amount_of_synthetic=D("0.002"),
            price=market.trading_config.round_price(ask * D("1.0075")),
            side=OrderSide.BUY,
            starknet_domain=venue.config.signing.starknet_domain,
            order_type=OrderType.MARKET,
            time_in_force=TimeInForce.IOC,
            taker_fee=FEE,
        )
        placed = (await client.orders.place_order(order)).data
        filled = await settled(client, placed.id, "FILLED")
        (trade,) = (await account.get_trades()).data
        assert (trade.order_id, trade.qty, trade.is_taker) == (placed.id, D("0.002"), True)
        (position,) = (await account.get_positions()).data
        assert (position.side, position.size) == ("LONG", D("0.002"))
        assert (await account.get_balance()).data.balance == 10_000 - filled.payed_fee
        assert (await account.get_positions_history()).data[0].id == position.id
        assert (await account.get_fees(market_names=["BTC-USD"])).data[0].taker_fee_rate == FEE
        await account.update_leverage("BTC-USD", D(20))
        assert (await account.get_leverage(market_names=["BTC-USD"])).data[0].leverage == 20
        assert (await account.get_account()).data.l2_vault == venue.account.vault
        assert (await account.get_client()).data.id
        assert (await account.get_accounts()).data
        assert (await account.get_spot_balances()).data == []

    run(scene)


def test_official_sdk_hears_refusals() -> None:
    """The venue's codes reach the SDK's errors; a wrong key is its own kind of error, a zero balance one too."""

    async def scene(venue: Venue) -> None:
        client = venue.client
        with pytest.raises(ApiError, match='"code":1120'):
            await client.place_order("BTC-USD", D("0.00001"), D(84_000), OrderSide.BUY, FEE)
        with pytest.raises(ApiError, match="code 404"):
            await client.account.get_balance()
        stranger = StarkPerpetualAccount(venue.account.vault, "0x1", "0x2", "no-such-key")
        other = RestApiClient(venue.config, stranger)
        with pytest.raises(ApiNotAuthorizedError):
            await other.account.get_account()
        await other.close()

    run(scene, deposit=D(0))


@pytest.mark.usefixtures("_old_websockets")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the legacy client says at each call what it is
def test_official_sdk_streams() -> None:
    """Its v1 clients read book, trades, funding, candles and account; its order book follows ours."""

    async def scene(venue: Venue) -> None:
        streams = StreamClient(api_url=venue.config.endpoints.stream_url)
        async with streams.subscribe_to_account_updates(venue.account.api_key) as account:
            first = [await account.recv() for _ in range(3)]
            assert [message.type for message in first] == ["BALANCE", "POSITION", "ORDER"]
            price = (await venue.client.info.get_orderbook_snapshot(market_name="BTC-USD")).data.ask[0].price
            await venue.client.place_order("BTC-USD", D("0.001"), price + 50, OrderSide.BUY, FEE, post_only=True)
            told = (await account.recv()).data.orders[0]
            assert (told.status, told.status_reason) == ("REJECTED", "POST_ONLY_FAILED")
        async with streams.subscribe_to_orderbooks("BTC-USD") as book:
            assert [(await book.recv()).seq for _ in range(3)] == [1, 2, 3]
        async with streams.subscribe_to_orderbooks("BTC-USD", depth=1) as book:
            assert (await book.recv()).type == "SNAPSHOT"
        async with streams.subscribe_to_public_trades() as trades:
            assert (await trades.recv()).data[0].price > 0
        async with streams.subscribe_to_candles("BTC-USD", "trades", "PT1M") as candles:
            assert (await candles.recv()).data[0].volume > 0
        follower = await OrderBook.create(venue.config, market_name="BTC-USD", start=True)
        async with asyncio.timeout(SOON_S):
            while follower.best_bid() is None:
                await venue.client.info.get_settings()
        assert follower.best_bid().price < follower.best_ask().price
        await follower.close()

    run(scene)


@pytest.mark.usefixtures("_old_websockets")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as above
def test_official_sdk_waits_for_the_stream() -> None:
    """Its blocking client places and cancels, each time waiting for what the account stream says."""

    async def scene(venue: Venue) -> None:
        client = await BlockingTradingClient.create(venue.config, venue.account)
        price = (await client.get_markets())["BTC-USD"].market_stats.bid_price - 100
        order = await client.create_and_place_order(
            "BTC-USD", D("0.001"), price, OrderSide.BUY, FEE, external_id="mine", post_only=True
        )
        assert (order.status, order.external_id) == ("NEW", "mine")
        cancelled = await client.cancel_order("mine")
        assert 0 < cancelled.operation_ms < 1000 * SOON_S
        assert (await venue.client.account.get_order_by_id(order.id)).data.status == "CANCELLED"
        await client.close()
        for module in (client._BlockingTradingClient__info_module, client._BlockingTradingClient__orders_module):
            await module.close_session()  # its own close leaves them open

    run(scene)


@pytest.mark.usefixtures("_old_websockets")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as above
def test_official_sdk_rpc_stream() -> None:
    """Its v2 client subscribes, lists, pings and unsubscribes, and sees no break in the count."""
    breaks: list[Any] = []

    async def on_break(*args: Any) -> None:
        breaks.append(args)

    async def scene(venue: Venue) -> None:
        got: asyncio.Queue[Any] = asyncio.Queue()
        rpc = streamrpc_client.StreamRpcClient(
            api_url=venue.config.endpoints.stream_rpc_url, on_sequence_break=on_break
        )
        async with rpc as client:
            params = [
                subscription_params.OrderbooksParams(market="BTC-USD"),
                subscription_params.OrderbooksParams(market="BTC-USD", depth="1"),
                subscription_params.TradesParams(),
                subscription_params.PricesParams(price_type="mark", market="BTC-USD"),
                subscription_params.CandlesParams(candle_type="last", market="BTC-USD", interval="PT1M"),
                subscription_params.AccountParams(account=venue.front.account_id, api_key=venue.account.api_key),
            ]
            names = [await client.subscribe(params=each, handler=got.put) for each in params]
            assert await client.list_subscriptions() == names == [each.topic_id for each in params]
            await client.ping()
            seen: set[str] = set()
            async with asyncio.timeout(SOON_S):
                while not seen >= set(names):
                    seen.add((await got.get()).subscription)
            await client.unsubscribe(topic_id=names[0])
            assert names[0] not in await client.list_subscriptions()

    run(scene)
    assert breaks == []
