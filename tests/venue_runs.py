"""Whole runs on real venues' protocols: the bot, the venue's client and its signatures, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from venue_faults import BadNetwork
from worlds import START_NS, Lines

from console.choice import Surroundings, choose, chosen_config
from console.records import JOURNAL_FILES
from console.seams import Seams, seams_of
from console.trading import Traded, trade
from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.factory import exchanges
from exchanges.paper import PaperClient
from helpers.clock import NS_PER_S
from helpers.config import TradingConfig
from simulation.account import SimAccount
from simulation.servers.factory import servers
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock, VirtualLoop
from trading_bot import TradingBot

VENUES = servers.names()
GRID = ("--wait-time=20",)
"""Options of a grid that trades often."""


@dataclass
class Run:
    """A run that is over, and everything it left."""

    done: Traded
    account: SimAccount
    """The venue's own account of things."""
    lines: Lines
    environment: dict[str, str]
    folder: Path
    struck: list[str] = field(default_factory=list)
    """The faults that happened."""


def run_on(
    venue: str,
    folder: Path,
    *args: str,
    strategy: str = "grid",
    fault_rate: float | None = None,
    start_ns: int = START_NS,
    activity: float = 1.0,
) -> Run:
    """Let a strategy trade on a venue's simulator, over a network that is bad until five minutes before the end."""
    folder.mkdir(exist_ok=True)
    config = _config(venue, folder, *args, strategy=strategy)
    loop = VirtualLoop(start_ns, None)
    clock = VirtualClock(loop)
    front = servers.load(venue)(ServerOptions(start_ns=start_ns, seed=config.run.seed, activity=activity))
    clock.attach(front.venue)
    environment = dict(line.split("=", 1) for line in front.env_lines("http://127.0.0.1:1", "ws://127.0.0.1:1"))

    transport = MemoryTransport(front, clock)
    struck: list[str] = []

    def client(context: ExchangeContext) -> BaseExchangeClient:
        return exchanges.load(venue)(replace(context, transport=transport, environment=environment))

    async def trouble(bot: TradingBot) -> None:
        if fault_rate is not None:
            assert config.run.duration is not None
            heals_ns = clock.now_ns() + config.run.duration - 300 * NS_PER_S
            network = BadNetwork(transport, clock, config.run.seed, heals_ns, fault_rate)
            network.struck = struck
            await network.trouble_streams()

    lines = Lines()
    done = trade(config, Seams([client], clock, lambda: loop), lines, JOURNAL_FILES, trouble)
    account = front.venue.core.accounts[front.account_id]
    return Run(done, account, lines, environment, folder, struck)


def run_anywhere(venue: str, folder: Path, *args: str, strategy: str, activity: float = 1.0) -> Run:
    """Let a strategy trade on a venue's simulator, or on the venue inside the process where it has none."""
    if venue in VENUES:
        return run_on(venue, folder, *args, strategy=strategy, activity=activity)
    folder.mkdir(exist_ok=True)
    config = _config(venue, folder, *args, "--speed=max", strategy=strategy)
    lines = Lines()
    done = trade(config, seams_of(config), lines, JOURNAL_FILES)
    client = done.venues[0].client
    assert isinstance(client, PaperClient)
    return Run(done, client.venue.core.accounts[client.account_id], lines, {}, folder)


def _config(venue: str, folder: Path, *args: str, strategy: str) -> TradingConfig:
    flags: dict[str, object] = {
        "strategy": strategy, "exchange": venue, "runs_dir": str(folder), "duration": "30m", "on_stop": "close",
    }  # fmt: skip
    for arg in args:
        name, _, value = arg.removeprefix("--").partition("=")
        key = name.replace("-", "_")
        flags[key] = (*flags.get(key, ()), value) if key == "tape" else value  # type: ignore[misc]  # tapes add up
    return chosen_config(flags, choose(["--strategy", strategy], Surroundings({}, folder)))
