"""The venue's own SDK, unmodified, against the simulated venue on real sockets."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from helpers.clock import WallClock
from simulation.servers.paradex.front import ParadexFront
from simulation.servers.paradex.terms import ParadexTerms
from simulation.servers.sockets import SocketServer
from simulation.servers.world import ServerOptions

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the SDK imports warns about what it imports
    from paradex_py import Paradex
    from paradex_py.account.subkey_account import SubkeyAccount
    from paradex_py.api.ws_client import ParadexWebsocketChannel, WsRpcError
    from paradex_py.common.order import Order, OrderSide, OrderType

BTC = "BTC-USD-PERP"
D = Decimal
# The SDK's HTTP client is never closed by the SDK itself in some paths; its own warnings are not ours.
pytestmark = pytest.mark.filterwarnings("ignore")


@asynccontextmanager
async def served(terms: ParadexTerms | None = None) -> AsyncIterator[tuple[ParadexFront, str]]:
    """Serve a front on a free port, on the wall clock."""
    clock = WallClock()
    front = ParadexFront(ServerOptions(start_ns=clock.now_ns()), terms)
    clock.attach(front.venue)
    server = SocketServer(front, clock)
    await server.open("127.0.0.1", 0)
    try:
        yield front, f"127.0.0.1:{server.port}"
    finally:
        await server.close()
        clock.detach(front.venue)


def build(front: ParadexFront, host: str, **more: Any) -> Any:
    """Construct the SDK, which talks to the venue at once; call it in a thread."""
    return Paradex(
        env="testnet",
        api_base_url=f"http://{host}/v1",
        ws_url_override=f"ws://{host}/v1/ws",
        ws_direct_url_override=f"ws://{host}/v1/ws",
        auto_start_ws_reader=False,
        disable_reconnect=True,
        retry_strategy=None,
        **more,
    )


def run(
    scenario: Callable[[ParadexFront, Any], Awaitable[None]], terms: ParadexTerms | None = None, **more: Any
) -> None:
    """Serve, connect the SDK with the seeded keys, play."""

    async def main() -> None:
        async with served(terms) as (front, host):
            keys = {"l1_address": front.keys.l1_address, "l2_private_key": hex(front.keys.private_key)}
            paradex = await asyncio.to_thread(lambda: build(front, host, **keys, **more))
            try:
                await scenario(front, paradex)
            finally:
                await paradex.close()

    asyncio.run(main())


def limit(price: Decimal, size: str = "0.01", **more: Any) -> Any:
    """Write a buy order with the SDK."""
    return Order(BTC, OrderType.Limit, OrderSide.Buy, D(size), price, **more)


async def until(check: Callable[[], Any]) -> Any:
    """Ask in a thread until there is an answer."""
    for _ in range(100):
        found = await asyncio.to_thread(check)
        if found:
            return found
        await asyncio.sleep(0.01)  # noqa: TID251 - real sockets, real time
    raise AssertionError("it never came")


def find(listed: dict[str, Any], status: str) -> Any:
    """Choose the first order of a status."""
    return next((order for order in listed["results"] if order["status"] == status), None)


def test_official_sdk_connects_trades_and_reads() -> None:
    """Connect, place, modify, cancel, batch, book, account, fills: all through the SDK's REST client."""

    async def scenario(front: ParadexFront, paradex: Any) -> None:
        api = paradex.api_client
        assert hex(paradex.account.l2_address) == front.account_id
        bid = D((await asyncio.to_thread(api.fetch_bbo, BTC))["bid"])
        placed = await asyncio.to_thread(api.submit_order, limit(bid - 50, client_id="c1", instruction="POST_ONLY"))
        assert placed["status"] == "NEW"
        await until(lambda: find(api.fetch_orders(), "OPEN"))
        change = limit(bid - 60, "0.02", client_id="c1", instruction="POST_ONLY", order_id=placed["id"])
        await asyncio.to_thread(api.modify_order, placed["id"], change)
        await until(lambda: api.fetch_order_by_client_id("c1")["size"] == "0.02")
        assert await asyncio.to_thread(api.cancel_order, placed["id"]) is None
        closed = await until(lambda: find(api.fetch_orders_history(), "CLOSED"))
        assert closed["cancel_reason"] == "USER_CANCELED"
        batch = await asyncio.to_thread(api.submit_orders_batch, [limit(bid - 70), limit(bid - 80)])
        assert len(batch["orders"]) == 2
        cancelled = await asyncio.to_thread(api.cancel_orders_batch, [order["id"] for order in batch["orders"]])
        assert {each["status"] for each in cancelled["results"]} == {"QUEUED_FOR_CANCELLATION"}
        await asyncio.to_thread(api.submit_order, Order(BTC, OrderType.Market, OrderSide.Buy, D("0.01")))
        fill = (await until(lambda: api.fetch_fills()["results"]))[0]
        assert (fill["side"], fill["size"]) == ("BUY", "0.01")
        assert (await asyncio.to_thread(api.fetch_positions))["results"][0]["size"] == "0.01"
        summary = await asyncio.to_thread(api.fetch_account_summary)
        assert (summary.status, summary.account) == ("ACTIVE", front.account_id)
        assert api.last_rate_limit.remaining is not None

    run(scenario)


def test_official_sdk_reads_everything_public() -> None:
    """Config, state, time, markets, summaries, book, trades, candles, funding, balances, info."""

    async def scenario(_: ParadexFront, paradex: Any) -> None:
        api = paradex.api_client

        def read() -> None:
            assert api.fetch_system_state() == {"status": "ok"}
            assert int(api.fetch_system_time()["server_time"]) > 0
            assert len(api.fetch_markets()["results"]) == 3
            assert len(api.fetch_markets_summary({"market": "ALL"})["results"]) == 3
            assert len(api.fetch_orderbook(BTC, {"depth": 5})["bids"]) == 5
            assert "next" in api.fetch_trades({"market": BTC})
            assert api.fetch_klines(BTC, "1", 0, 2**50)["results"] == []
            assert api.fetch_funding_data({"market": BTC})["results"]
            assert api.fetch_funding_payments({"market": BTC})["results"] == []
            assert api.fetch_balances()["results"][0]["token"] == "USDC"  # noqa: S105 - no password
            assert api.fetch_account_info()["kind"] == "main"
            assert api.cancel_all_orders({"market": BTC}) is None

        await asyncio.to_thread(read)

    run(scenario)


def test_official_sdk_hears_refusals_as_it_expects_them() -> None:
    """Its ValueError names the venue's code."""

    async def scenario(_: ParadexFront, paradex: Any) -> None:
        api = paradex.api_client
        with pytest.raises(ValueError, match="INVALID_ORDER_SIZE"):
            await asyncio.to_thread(api.submit_order, limit(D(80000), "0.000001"))
        with pytest.raises(ValueError, match="ORDER_ID_NOT_FOUND"):
            await asyncio.to_thread(api.cancel_order, "5")

    run(scenario)


def test_official_sdk_onboards() -> None:
    """NOT_ONBOARDED first, then its own onboarding, then the log-in; or it asks for the address beforehand."""

    async def scenario(_: ParadexFront, paradex: Any) -> None:
        assert (await asyncio.to_thread(paradex.api_client.fetch_account_summary)).status == "ACTIVE"

    run(scenario, ParadexTerms(is_onboarded=False))
    run(scenario, ParadexTerms(is_onboarded=False), server_derive_address=True)


def test_official_sdk_trades_with_a_subkey() -> None:
    """A subkey account signs with its own key for the main account's address."""

    async def main() -> None:
        async with served() as (front, host):
            paradex = await asyncio.to_thread(lambda: build(front, host))
            account = SubkeyAccount(paradex.config, hex(front.keys.subkey), front.account_id)
            paradex.account = account
            await asyncio.to_thread(paradex.api_client.init_account, account)
            placed = await asyncio.to_thread(paradex.api_client.submit_order, limit(D(80000)))
            assert placed["account"] == front.account_id
            await paradex.close()

    asyncio.run(main())


def test_official_sdk_streams_book_and_orders() -> None:
    """Its WebSocket client logs in, hears the book and its orders, and trades over the stream."""

    async def scenario(_: ParadexFront, paradex: Any) -> None:
        heard: list[tuple[Any, dict[str, Any]]] = []

        async def hear(channel: Any, message: dict[str, Any]) -> None:
            heard.append((channel, message["params"]["data"]))

        stream, channels = paradex.ws_client, ParadexWebsocketChannel
        assert await stream.connect()
        reading = asyncio.create_task(pump(stream))
        book = {"market": BTC, "feed_type": "deltas", "refresh_rate": "50ms"}
        await stream.subscribe(channels.ORDER_BOOK, hear, book)
        await stream.subscribe(channels.ORDERS, hear, {"market": "ALL"})
        await stream.subscribe(channels.BBO, hear, {"market": BTC})
        assert (await stream.cancel_on_disconnect(True)) == {"enabled": True}
        created = await stream.submit_order(limit(D(80000), client_id="ws"))
        assert created["order"]["status"] == "OPEN"
        change = limit(D(79000), client_id="ws", order_id=created["order"]["id"])
        await stream.modify_order(created["order"]["id"], change)
        assert len((await stream.submit_orders_batch([limit(D(79000))]))["results"]) == 1
        await stream.cancel_order(created["order"]["id"])
        await stream.cancel_all_orders(BTC)
        with pytest.raises(WsRpcError, match="ORDER_ID_NOT_FOUND"):
            await stream.cancel_order("5")
        await until(lambda: [data for _, data in heard if data.get("cancel_reason") == "USER_CANCELED"])
        books = [data for channel, data in heard if channel is channels.ORDER_BOOK]
        assert books[0]["update_type"] == "s"
        assert [data for channel, data in heard if channel is channels.BBO]
        assert set(stream.get_subscriptions()) >= {"orders.ALL", f"bbo.{BTC}"}
        reading.cancel()

    run(scenario)


async def pump(stream: Any) -> None:
    """Read messages until cancelled: the SDK's own reader, which leaves tasks behind, is switched off."""
    while True:
        await stream.pump_once()
