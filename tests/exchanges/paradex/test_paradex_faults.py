"""A bot on Paradex behind a bad line: requests, replies and streams get lost, and what we believe becomes true."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from paradex_churn import churn
from worlds import START_NS, Lines, ScriptedStrategy, scripted

from exchanges.base import ExchangeContext
from exchanges.paradex.client import ParadexClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop
from helpers.ids import ClientOrderIds
from helpers.journal import Journal
from helpers.journal_schema import SessionInfo
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from simulation.servers.front import ServerRequest, ServerResponse
from simulation.servers.memory_transport import Fault, MemoryTransport
from simulation.servers.paradex.front import ParadexFront
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock, run_virtual
from trading_bot import BotIdentity, TradingBot

BAD_S = 120
HEALED_S = 90
NO_TOKEN = b'{"message":"missing or malformed jwt: token is expired by 9.4s"}'
FAULTS: tuple[tuple[float, Callable[[], Fault]], ...] = (
    (0.03, lambda: Fault(lose_request=True)),
    (0.05, lambda: Fault(lose_reply=True)),
    (0.03, lambda: Fault(answer=ServerResponse(status=503, body=b"<html>"))),
    (0.01, lambda: Fault(answer=ServerResponse(status=429, body=b"{}"))),
    (0.03, lambda: Fault(answer=ServerResponse(status=401, body=NO_TOKEN))),
    (0.04, lambda: Fault(delay_s=3)),
    (0.02, lambda: Fault(delay_s=12)),
)


@dataclass
class Line:
    """The way to the venue, bad while it is."""

    rng: random.Random
    is_bad: bool = False
    struck: list[Fault] = field(default_factory=list)

    def plan(self, request: ServerRequest) -> Fault | None:
        """Decide what becomes of a request."""
        draw = self.rng.random() if self.is_bad else 1.0
        for share, make in FAULTS:
            if draw < share:
                self.struck.append(make())
                return self.struck[-1]
            draw -= share
        return None

    async def break_streams(self, clock: VirtualClock, transport: MemoryTransport, seconds: int) -> None:
        """Cut streams, or let them fall silent, now and then."""
        end_ns = clock.now_ns() + seconds * 10**9
        while clock.now_ns() < end_ns:
            await clock.sleep(self.rng.uniform(5, 30))
            if self.rng.random() < 0.5:
                transport.cut()
            for stream in transport.streams:
                stream.is_silent = stream.is_open and self.rng.random() < 0.3


@dataclass
class Scene:
    """A bot, its session, and the venue it trades on."""

    front: ParadexFront
    transport: MemoryTransport
    client: ParadexClient
    session: VenueSession
    strategy: ScriptedStrategy
    bot: TradingBot
    lines: Lines
    journal: Journal

    def believed(self) -> object:
        """Give what the bot believes: position, fees and live orders."""
        ledger = self.session.beliefs.ledger
        orders = {order.order_id: (order.price, order.quantity, order.filled_quantity) for order in self.live()}
        return ledger.position, ledger.fees, sorted(orders.values())

    def live(self) -> tuple[object, ...]:
        """List the orders that the bot takes for live."""
        return self.session.tracker.live()

    def known(self) -> object:
        """Give what the venue knows."""
        account = self.front.venue.core.accounts[self.front.account_id]
        ledger, infos = account.ledger("BTC"), [account.known[key] for key in account.live]
        return ledger.position, ledger.fees, sorted((info.price, info.size, info.filled_size) for info in infos)


async def open_scene(clock: VirtualClock, seed: int, line: Line, folder: Path) -> Scene:
    """Build a bot on the venue's client and the simulator of its protocol."""
    front = ParadexFront(ServerOptions(seed=seed, start_ns=clock.now_ns(), activity=0.3))
    clock.attach(front.venue)
    transport = MemoryTransport(front, clock, line.plan)
    variables = dict(text.split("=", 1) for text in front.env_lines("http://127.0.0.1:1", "ws://127.0.0.1:1"))
    ids = ClientOrderIds(clock.now_ns())
    client = ParadexClient(
        ExchangeContext("paradex", clock, random.Random(seed), ids, transport=transport, environment=variables)
    )
    await client.connect()
    lines = Lines()
    info = SessionInfo(
        session="test",
        strategy="scripted",
        exchange="paradex",
        account_id=client.account_id,
        ticker="BTC",
        seed=seed,
        started_ns=clock.now_ns(),
    )
    journal = Journal.create(folder, info)
    recorder = Recorder(journal, clock, lines)
    session = VenueSession(client, await client.get_market("BTC"), recorder, ids, None)
    await client.subscribe("BTC", session)
    await recover(session, (), (), recorder)
    strategy = scripted(churn(seed))([session])
    risk = RiskManager(RiskLimits(kill_switch=None))
    identity = BotIdentity("test", "BTC")
    bot = TradingBot(identity, strategy, [session], risk, recorder, clock, on_stop=OnStop.CANCEL, duration_ns=None)
    await bot.begin()
    return Scene(front, transport, client, session, strategy, bot, lines, journal)


async def agree(clock: VirtualClock, scene: Scene) -> None:
    """Wait for a moment in which no news is on its way, and compare."""
    for _ in range(100):
        if scene.believed() == scene.known():
            break
        await clock.sleep(0.3)
    assert scene.believed() == scene.known()
    assert [text for text in scene.lines.texts("health") if "outside the bot" in text] == []


@pytest.mark.parametrize("seed", [1, 13])
def test_behind_a_bad_line_nothing_is_lost_or_doubled(seed: int) -> None:
    """After minutes of faults the bot believes what the venue knows, to the last digit; after its end nothing rests."""

    async def main(clock: VirtualClock) -> None:
        line = Line(random.Random(seed))
        with tempfile.TemporaryDirectory() as folder:
            scene = await open_scene(clock, seed, line, Path(folder))
            life = asyncio.create_task(scene.bot.run())
            line.is_bad = True
            await line.break_streams(clock, scene.transport, BAD_S)
            line.is_bad = False
            await clock.sleep(HEALED_S)
            assert not life.done(), scene.bot.stopped_because
            assert len(line.struck) > 20
            assert len(scene.strategy.fills) > 20
            await agree(clock, scene)
            scene.bot.request_stop("enough")
            await life
            await clock.sleep(2)
            assert not scene.front.venue.core.accounts[scene.front.account_id].live
            await scene.client.disconnect()
            scene.journal.abandon()

    run_virtual(main, start_ns=START_NS)
