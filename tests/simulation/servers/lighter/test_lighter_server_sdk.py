"""The venue's own SDK, unmodified, against the simulator on real loopback sockets."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from helpers.clock import WallClock
from simulation.servers.lighter.front import LighterFront
from simulation.servers.lighter.options import LighterOptions
from simulation.servers.lighter.schnorr import PublicKey
from simulation.servers.lighter.transactions import TxType, hash_text, read_tx
from simulation.servers.sockets import SocketServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK imports a deprecated part of websockets
    lighter: Any = pytest.importorskip("lighter")

# The SDK uses websockets' old client, which warns when it is built and may leave a socket to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BTC = 1
DAY_MS = 86_400_000


class Shop:
    """A simulator on a port, and the SDK pointed at it."""

    def __init__(self, front: LighterFront, clock: WallClock, port: int) -> None:
        self.front = front
        self.clock = clock
        self.url = f"http://127.0.0.1:{port}"
        self.stream_url = f"ws://127.0.0.1:{port}/stream"
        identity = front.identity
        self.account = identity.account_index
        keys = {identity.api_key_index: identity.private_key_hex}
        self.signer = lighter.SignerClient(url=self.url, account_index=self.account, api_private_keys=keys)
        self.api = lighter.ApiClient(lighter.Configuration(host=self.url))
        self.orders = lighter.OrderApi(self.api)
        self.accounts = lighter.AccountApi(self.api)
        self.token = self.signer.create_auth_token_with_expiry(600)[0]

    def expiry(self) -> int:
        return self.clock.now_ns() // 1_000_000 + 20 * DAY_MS

    async def bid(self) -> int:
        """Give the best bid in ticks."""
        book = await self.orders.order_book_orders(market_id=BTC, limit=1)
        return int(book.bids[0].price.replace(".", ""))

    async def until(self, condition: Callable[[], object]) -> None:
        """Let real time pass until something holds; at most a second and a half."""
        for _ in range(150):
            if condition():
                return
            await self.clock.sleep(0.01)
        pytest.fail("it did not come to be")

    def order(self, client_index: int) -> Any:
        return self.front.trading.orders.find(client_index)


def with_shop(scene: Callable[[Shop], Awaitable[None]]) -> None:
    """Run a scene with a simulator on a free port."""

    async def run() -> None:
        clock = WallClock()
        front = LighterFront(LighterOptions(start_ns=clock.now_ns(), signature_sample=1))
        clock.attach(front.venue)
        server = SocketServer(front, clock)
        await server.open("127.0.0.1", 0)
        shop = Shop(front, clock, server.port)
        try:
            await scene(shop)
        finally:
            await shop.signer.close()
            await shop.api.close()
            await server.close()
            clock.detach(front.venue)

    asyncio.run(run())


def test_official_sdk_creates_modifies_and_cancels() -> None:
    """Each is accepted and carried out; the SDK keeps its own nonces over a refusal."""

    async def scene(shop: Shop) -> None:
        price = await shop.bid() - 20_000
        created, answer, error = await shop.signer.create_order(
            BTC, 1001, 100, price, False, 0, 1, order_expiry=shop.expiry()
        )
        assert (error, answer.code) == (None, 200)
        assert created is not None
        await shop.until(lambda: shop.order(1001) and shop.order(1001).status == "open")
        assert (await shop.signer.modify_order(BTC, 1001, 200, price - 10, 0))[2] is None
        await shop.until(lambda: shop.order(1001).lots == 200)
        assert (await shop.signer.cancel_order(BTC, 1001))[2] is None
        await shop.until(lambda: shop.order(1001).status == "canceled")
        _, _, error = await shop.signer.cancel_order(BTC, 1001)
        assert "code=21600" in error
        _, answer, error = await shop.signer.create_order(
            BTC, 1002, 100, price, False, 0, 2, order_expiry=shop.expiry()
        )
        assert (error, answer.code) == (None, 200)
        _, _, error = await shop.signer.cancel_all_orders(shop.signer.CANCEL_ALL_TIF_IMMEDIATE, 0)
        assert error is None
        await shop.until(lambda: shop.order(1002) and shop.order(1002).status == "canceled")

    with_shop(scene)


def test_official_sdk_trades_and_reads_the_account() -> None:
    """A market order fills; position, trade and inactive order are in the SDK's models."""

    async def scene(shop: Shop) -> None:
        _, answer, error = await shop.signer.create_market_order(BTC, 7, 100, await shop.bid() + 5_000, False)
        assert error is None
        await shop.until(lambda: shop.order(7) and shop.order(7).status == "filled")
        account = (await shop.accounts.account(by="index", value=str(shop.account))).accounts[0]
        position = next(each for each in account.positions if each.market_id == BTC)
        assert (position.sign, position.position) == (1, "0.00100")
        (trade,) = (
            await shop.orders.trades("timestamp", 10, authorization=shop.token, account_index=shop.account)
        ).trades
        assert (trade.bid_account_id, trade.bid_client_id, trade.taker_fee) == (shop.account, 7, 280)
        ended = await shop.orders.account_inactive_orders(
            account_index=shop.account, limit=10, authorization=shop.token
        )
        assert [order.status for order in ended.orders] == ["filled"]
        record = await lighter.TransactionApi(shop.api).tx(by="hash", value=answer.tx_hash)
        assert record.status == 2

    with_shop(scene)


def test_official_sdk_reads_what_it_needs() -> None:
    """check_client, nonce, accounts of an address, limits, active orders, markets, candles, funding, status."""

    async def scene(shop: Shop) -> None:
        assert await asyncio.to_thread(shop.signer.check_client) is None
        nonces = lighter.TransactionApi(shop.api)
        key = shop.front.identity.api_key_index
        assert (await nonces.next_nonce(account_index=shop.account, api_key_index=key)).nonce == 0
        found = await shop.accounts.accounts_by_l1_address(l1_address=shop.front.identity.l1_address)
        assert [each.index for each in found.sub_accounts] == [shop.account]
        assert (
            await shop.accounts.account_limits(account_index=shop.account, authorization=shop.token)
        ).user_tier == "premium"
        assert (
            await shop.orders.account_active_orders(account_index=shop.account, authorization=shop.token, market_id=BTC)
        ).orders == []
        details = await shop.orders.order_book_details(market_id=BTC)
        assert details.order_book_details[0].price_decimals == 1
        assert (await shop.orders.order_books()).order_books
        assert (await shop.orders.recent_trades(market_id=BTC, limit=5)).trades is not None
        rates = (await lighter.FundingApi(shop.api).funding_rates()).funding_rates
        assert {rate.exchange for rate in rates} == {"lighter"}
        now_ms = shop.clock.now_ns() // 1_000_000
        candles = await lighter.CandlestickApi(shop.api).candles(BTC, "1m", now_ms - 600_000, now_ms, 10)
        assert candles.r == "1m"
        status = await lighter.RootApi(shop.api).status()
        assert abs(status.timestamp - now_ms // 1000) < 5

    with_shop(scene)


def test_official_sdk_batch() -> None:
    """Two signed orders in one request give two hashes, the SDK's own."""

    async def scene(shop: Shop) -> None:
        price, infos, hashes = await shop.bid() - 20_000, [], []
        for nonce in (0, 1):
            kind, info, tx_hash, error = shop.signer.sign_create_order(
                BTC, 50 + nonce, 100, price, False, 0, 1, order_expiry=shop.expiry(), nonce=nonce, api_key_index=5
            )
            assert (kind, error) == (int(TxType.CREATE_ORDER), None)
            infos.append(info)
            hashes.append(tx_hash)
        answer = await shop.signer.send_tx_batch([14, 14], infos)
        assert answer.tx_hash == hashes
        await shop.until(lambda: len(shop.front.trading.orders.live) == 2)

    with_shop(scene)


def test_official_sdk_stream() -> None:
    """WsClient builds the book and hears of the account's trade."""

    async def scene(shop: Shop) -> None:
        books: list[dict[str, Any]] = []
        accounts: list[dict[str, Any]] = []
        client = lighter.WsClient(
            ws_url=shop.stream_url,
            order_book_ids=[BTC],
            account_ids=[shop.account],
            on_order_book_update=lambda _, book: books.append(book),
            on_account_update=lambda _, account: accounts.append(account),
        )
        running = asyncio.create_task(client.run_async())
        try:
            await shop.until(lambda: books and accounts)
            assert books[0]["asks"]
            await shop.signer.create_market_order(BTC, 9, 100, await shop.bid() + 5_000, False)
            await shop.until(lambda: any(update.get("trades") for update in accounts))
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await client.ws.close()

    with_shop(scene)


def signed_samples(signer: Any) -> list[tuple[Any, ...]]:
    """Let the SDK sign one of each kind, with attributes and without."""
    grouped = [
        lighter.signer_client.CreateOrderTxReq(
            MarketIndex=0, ClientOrderIndex=0, BaseAmount=size, Price=235_274, IsAsk=side, Type=kind,
            TimeInForce=tif, ReduceOnly=side, TriggerPrice=trigger, OrderExpiry=1_900_000_000_000,
        )
        for size, side, kind, tif, trigger in ((50, 0, 0, 1, 0), (0, 1, 4, 0, 240_000))
    ]  # fmt: skip
    key = {"nonce": 4, "api_key_index": 5}
    return [
        signer.sign_create_order(0, 12, 50, 235_274, False, 0, 1, order_expiry=1_900_000_000_000, **key),
        signer.sign_create_order(0, 13, 50, 235_274, True, 0, 2, self_trade_behavior_mode=1, skip_nonce=1, **key),
        signer.sign_cancel_order(1, 12, **key),
        signer.sign_modify_order(1, 12, 60, 235_275, 0, **key),
        signer.sign_cancel_all_orders(1, 1_900_000_000_000, **key),
        signer.sign_cancel_all_orders(0, 0, cancel_all_market_index=0, **key),
        signer.sign_update_leverage(1, 1_000, 0, **key),
        signer.sign_create_grouped_orders(1, grouped, **key),
    ]


def test_official_sdk_signatures_verify() -> None:
    """Of every kind, the hash is the SDK's and the signature is good: on this chain, unchanged, with this key only."""

    async def run() -> None:
        private, public, _ = lighter.create_api_key()
        other = lighter.create_api_key()[1]
        signer = lighter.SignerClient(
            url="http://127.0.0.1:1", account_index=65, api_private_keys={5: private}, chain_id=304
        )
        try:
            key, stranger = (PublicKey(bytes.fromhex(name.removeprefix("0x"))) for name in (public, other))
            for kind, info, tx_hash, error in signed_samples(signer):
                assert error is None
                tx = read_tx(int(kind), info)
                message = tx.message(304)
                assert hash_text(message) == tx_hash
                assert key.verifies(message, tx.signature)
                assert not key.verifies(tx.message(300), tx.signature)
                assert not stranger.verifies(message, tx.signature)
                changed = read_tx(int(kind), json.dumps(json.loads(info) | {"Nonce": 5}))
                assert not key.verifies(changed.message(304), tx.signature)
        finally:
            await signer.close()

    asyncio.run(run())
