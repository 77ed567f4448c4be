"""A bot on the simulated Extended over a bad network: in the end it believes what the venue knows."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from pathlib import Path

import pytest
from worlds import START_NS, Lines, place, scripted

from exchanges.base import ExchangeContext, OrderParams, Side
from exchanges.extended.client import ExtendedClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.clock import NS_PER_S
from helpers.decisions import AmendParams, OnStop, StrategyAction, StrategyResult
from helpers.ids import ClientOrderIds
from helpers.journal import Journal
from helpers.journal_schema import SessionInfo
from helpers.models import MarketData
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from simulation.servers.extended.front import ExtendedFront
from simulation.servers.front import ServerRequest
from simulation.servers.memory_transport import Fault, MemoryTransport
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock, run_virtual
from trading_bot import BotIdentity, TradingBot

D = Decimal
LIVES_S = 400


class BadNetwork:
    """Loses requests and replies, delays answers and breaks streams, as drawn."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def __call__(self, request: ServerRequest) -> Fault | None:
        luck = self._rng.random()
        if luck < 0.04:
            return Fault(lose_request=luck < 0.02, lose_reply=True)
        return Fault(delay_s=3) if luck < 0.05 else None

    async def cut(self, clock: VirtualClock, transport: MemoryTransport) -> None:
        """Break every stream now and then."""
        while True:
            await clock.sleep(self._rng.uniform(20, 120))
            transport.cut()


class Restless:
    """Quotes both sides at the touch, mostly post-only, and keeps changing its mind."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def __call__(self, strategy: object, data: MarketData) -> StrategyResult:
        side = self._rng.choice(list(Side))
        order = data.order(side.value)
        price = data.best_bid if side is Side.BUY else data.best_ask
        if order is None:
            quoted = OrderParams(
                side=side, quantity=D("0.01"), intent=side.value, price=price, post_only=self._rng.random() < 0.7
            )
            return place(quoted)
        if order.price == price:
            return StrategyResult(action=StrategyAction.WAIT, wait_time=0.3)
        if self._rng.random() < 0.5:
            return StrategyResult(action=StrategyAction.PLACE_ORDER, cancels=(side.value,))
        moved = AmendParams(intent=side.value, price=price, quantity=D("0.01"))
        return StrategyResult(action=StrategyAction.PLACE_ORDER, amends=(moved,))


def client_of(front: ExtendedFront, clock: VirtualClock, transport: MemoryTransport) -> ExtendedClient:
    """Give a client of the simulated venue."""
    lines = front.env_lines("http://127.0.0.1:8003", "ws://127.0.0.1:8003")
    variables = dict(line.split("=", 1) for line in lines)
    ids, rng = ClientOrderIds(clock.now_ns()), random.Random(3)
    return ExtendedClient(ExchangeContext("extended", clock, rng, ids, transport=transport, environment=variables))


async def bot_of(client: ExtendedClient, session: VenueSession, recorder: Recorder, rng: random.Random) -> TradingBot:
    """Give a bot that is ready to run."""
    await client.subscribe("BTC", session)
    await recover(session, [], [], recorder)
    return TradingBot(
        BotIdentity("test", "BTC"),
        scripted(Restless(rng))([session]),
        [session],
        RiskManager(RiskLimits(kill_switch=None)),
        recorder,
        client.context.clock,
        on_stop=OnStop.CANCEL,
        duration_ns=LIVES_S * NS_PER_S,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_bot_on_a_bad_network(tmp_path: Path, seed: int) -> None:
    """Whatever is lost, delayed or cut: the position is the venue's, every fill is counted once, no order is left."""

    async def main(clock: VirtualClock) -> None:
        front = ExtendedFront(ServerOptions(start_ns=clock.now_ns(), seed=seed, deposit=D(1_000_000)))
        clock.attach(front.venue)
        transport = MemoryTransport(front, clock)
        client = client_of(front, clock, transport)
        await client.connect()
        info = SessionInfo(
            session="test",
            strategy="scripted",
            exchange="extended",
            account_id=client.account_id,
            ticker="BTC",
            seed=seed,
            started_ns=clock.now_ns(),
        )
        recorder = Recorder(Journal.create(tmp_path, info), clock, lines := Lines())
        session = VenueSession(client, await client.get_market("BTC"), recorder, client.context.ids, None)
        bot = await bot_of(client, session, recorder, random.Random(seed))
        await bot.begin()
        network = BadNetwork(random.Random(seed))
        transport.faults = network
        cutter = asyncio.get_running_loop().create_task(network.cut(clock, transport))
        await bot.run()
        cutter.cancel()
        transport.faults = lambda request: None
        await clock.sleep(30)
        fills = await client.fetch_fills("BTC", 0)
        assert len(fills) > 10
        assert len(lines.texts("fill")) == len(fills)
        assert session.beliefs.ledger.position == (await client.position("BTC")).quantity
        assert await client.get_active_orders("BTC") == ()
        await client.disconnect()

    run_virtual(main, start_ns=START_NS)
