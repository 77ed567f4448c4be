"""The bot's side of the live benchmark, in a process of its own: the bare hot path, or the whole bot.

Started by benchmarks/live_bench.py: WHAT CARRIER LOOP CORE PORT; prints its share of a core as JSON.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import random
import resource
import sys
import tempfile
from collections.abc import Callable, Coroutine
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.loopback_venue import LoopbackClient
from benchmarks.loopback_wire import TICK, TICKER, Snapshot, Update
from benchmarks.touch_maker import TouchMaker
from exchanges.base import ExchangeContext
from exchanges.carrier import Carrier, StreamLimits
from exchanges.level_book import LevelBook
from exchanges.picows_stream import open_picows
from exchanges.recovery import recover
from exchanges.socket_transport import SocketTransport
from exchanges.venue_session import VenueSession
from exchanges.websocket_stream import open_websocket
from helpers.busy_poll import busy_poll_loop
from helpers.clock import NS_PER_S, WallClock, monotonic_ns
from helpers.decisions import OnStop
from helpers.ids import ClientOrderIds
from helpers.journal import Journal
from helpers.journal_schema import SessionInfo
from helpers.memory_journal import MemoryJournal
from helpers.params import Params
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from helpers.status import Observer
from helpers.transport import Stream
from strategies.base_strategy import StrategyConfig
from trading_bot import BotIdentity, TradingBot

CARRIERS: Final[dict[str, Carrier]] = {"websockets": open_websocket, "picows": open_picows}
_LIMITS: Final = StreamLimits(ping_interval_s=None)


class ClientResult(msgspec.Struct):
    """What the client can say of itself."""

    cpu_share: float
    """Of one core, while messages came."""
    steps: int = 0


class Usage:
    """Processor time since it was made, as a share of the time that passed."""

    def __init__(self) -> None:
        """Start counting."""
        self._cpu_s, self._begin_ns = _cpu_s(), monotonic_ns()

    def share(self) -> float:
        """Give the share of one core."""
        return (_cpu_s() - self._cpu_s) * NS_PER_S / (monotonic_ns() - self._begin_ns)


class HotPath:
    """Message, book, touch, order: nothing else."""

    def __init__(self) -> None:
        """Wait for the stream."""
        self.stream: Stream | None = None
        self.usage: Usage | None = None
        self.ended = asyncio.Event()
        self._now_ns = WallClock().now_ns
        self._book = LevelBook(TICK)
        self._decode = msgspec.json.Decoder(Update | Snapshot).decode
        self._quoted: Decimal | None = None

    def on_message(self, message: bytes) -> None:
        """Take in a book; where the best bid moved, send an order at it."""
        said = self._decode(message)
        if isinstance(said, Snapshot):
            self._book.snapshot(said.bids, said.asks, said.ts, self._now_ns())
            self.usage = Usage()
        elif self._book.apply(said.bids, said.asks, said.ts, self._now_ns()):
            touch = self._book.bbo
            assert touch is not None and self.stream is not None  # noqa: S101, PT018 - after the snapshot
            if touch.bid != self._quoted:
                self._quoted = touch.bid
                self.stream.send(f'{{"op":"amend","id":"","side":"buy","price":"{touch.bid}"}}'.encode())

    def on_end(self, reason: str) -> None:
        """Let the process end."""
        del reason
        self.ended.set()


async def run_hot_path(carrier: Carrier, url: str) -> ClientResult:
    """Follow the server until it closes."""
    path = HotPath()
    path.stream = await carrier(url, path, {}, _LIMITS)
    await path.ended.wait()
    assert path.usage is not None  # noqa: S101 - the server begins with a snapshot
    return ClientResult(cpu_share=path.usage.share())


async def run_bot(carrier: Carrier, url: str, *, on_disk: bool = True) -> ClientResult:
    """Trade with the whole bot until the server closes, its journal on disk or in memory."""
    with tempfile.TemporaryDirectory() as folder:
        clock = WallClock()
        client = LoopbackClient(_context(clock, carrier), url)
        await client.connect()
        info = _session_info(clock)
        journal = Journal.create(Path(folder), info) if on_disk else MemoryJournal(info)
        bot = await _make_bot(client, clock, Recorder(journal, clock, Observer()))
        usage = Usage()
        running = asyncio.create_task(bot.run())
        await client.ended.wait()
        share = usage.share()
        await running
        bot.recorder.journal.close(clock.now_ns(), "finished")
        assert client.context.transport is not None  # noqa: S101 - _context gives one
        await client.context.transport.close()
    return ClientResult(cpu_share=share, steps=bot.steps)


def _context(clock: WallClock, carrier: Carrier) -> ExchangeContext:
    return ExchangeContext(
        label="loopback",
        clock=clock,
        random=random.Random(7),
        ids=ClientOrderIds(clock.now_ns()),
        transport=SocketTransport(clock, carrier=carrier, limits=_LIMITS),
    )


def _session_info(clock: WallClock) -> SessionInfo:
    return SessionInfo(
        session="bench",
        strategy="touch_maker",
        exchange="loopback",
        account_id="loopback",
        ticker=TICKER,
        seed=7,
        started_ns=clock.now_ns(),
    )


async def _make_bot(client: LoopbackClient, clock: WallClock, recorder: Recorder) -> TradingBot:
    market = await client.get_market(TICKER)
    session = VenueSession(client, market, recorder, client.context.ids, 10 * NS_PER_S)
    await client.subscribe(TICKER, session)
    await recover(session, [], [], recorder)
    config: StrategyConfig[Any] = StrategyConfig(
        ticker=TICKER, quantity=Decimal("0.001"), params=Params(), random=random.Random(7)
    )
    bot = TradingBot(
        BotIdentity("bench", TICKER),
        TouchMaker(config, session),
        [session],
        RiskManager(RiskLimits(kill_switch=None)),
        recorder,
        clock,
        on_stop=OnStop.KEEP,
        duration_ns=None,
    )
    await bot.begin()
    return bot


RUNS: Final[dict[str, Callable[[Carrier, str], Coroutine[Any, Any, ClientResult]]]] = {
    "stream": run_hot_path,
    "bot": run_bot,
    "bot, journal in memory": partial(run_bot, on_disk=False),
}
"""What can be measured."""


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    if name == "busy-poll":
        return busy_poll_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module(name).new_event_loop
    return factory


def main(arguments: list[str]) -> None:
    """Run one client and print its result."""
    what, carrier, loop, core, port = arguments
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core)})
    run = RUNS[what]
    with asyncio.Runner(loop_factory=_loop_factory(loop)) as runner:
        result = runner.run(run(CARRIERS[carrier], f"ws://127.0.0.1:{port}/"))
    print(msgspec.json.encode(result).decode(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
