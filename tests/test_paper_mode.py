"""`--paper` on a real venue, from the command line to the records of the run."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cli_runner import CommandLine
from scripted_feed import Lighthouse, ScriptedFeed, real_venue
from worlds import START_NS, D, Lines

from console.records import JOURNAL_FILES
from console.seams import Seams, with_paper_labels
from console.trading import Traded, trade
from exchanges.base import ExchangeContext
from exchanges.factory import exchanges
from exchanges.live_paper import LivePaperClient
from helpers.config import TradingConfig, build_config
from helpers.enums import Side
from helpers.journal_reader import JournalReader
from helpers.status import Observer
from simulation.servers.factory import servers
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock, VirtualLoop
from strategies.factory import strategies
from trading_bot import TradingBot


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> type[Lighthouse]:
    """Let `lighthouse` be a real venue."""
    real = real_venue()
    monkeypatch.setattr(exchanges, "_table", {"lighthouse": "lighthouse_of_tests:Lighthouse"})
    monkeypatch.setattr(exchanges, "_import", lambda name, target: real)
    return real


def settings(folder: Path, **flags: str) -> TradingConfig:
    """Give the configuration of a grid on the real venue, as the command line would."""
    given = {
        "exchange": "lighthouse", "paper": "true", "quantity": "0.010", "runs_dir": str(folder / "runs"),
        "wait_time": "2", "take_profit": "0.05", "duration": "10m", "seed": "3", **flags,
    }  # fmt: skip
    config = build_config(given, {}, folder, lambda name: strategies.load(name).params_model)
    return with_paper_labels(config)


def on_virtual_time(venue: type[Lighthouse]) -> Seams:
    """Give the seams of `--paper`, but on a clock that jumps."""
    loop = VirtualLoop(START_NS)
    return Seams([partial(LivePaperClient.on, venue)], VirtualClock(loop), lambda: loop)


async def walk(feed: ScriptedFeed) -> None:
    """Let the real market walk about, and trade at its best prices."""
    rng, ticks = random.Random(5), 10_000
    while True:
        await feed.clock.sleep(0.25)
        side = rng.choice([Side.BUY, Side.SELL])
        feed.trade(side, str(D(ticks + (side is Side.BUY)) / 10), str(D(rng.randint(1, 200)) / 1000))
        ticks += rng.choice([-3, -1, 0, 0, 1, 3])
        feed.quote(str(D(ticks) / 10), str(D(ticks + 1) / 10), str(D(rng.randint(1, 90)) / 1000))


def run(
    config: TradingConfig,
    venue: type[Lighthouse],
    street: Callable[[ScriptedFeed], Coroutine[Any, Any, None]] = walk,
    observer: Observer | None = None,
) -> Traded:
    """Run a bot on the real venue's market to its end."""

    async def beside(bot: TradingBot) -> None:
        await asyncio.gather(*(street(feed) for feed in venue.feeds))

    return trade(config, on_virtual_time(venue), observer or Observer(), JOURNAL_FILES, beside)


def test_a_grid_trades_on_the_live_market(tmp_path: Path, venue: type[Lighthouse]) -> None:
    """Quotes and trades of the street fill a real strategy's orders, at the real venue's fees."""
    done = run(settings(tmp_path), venue)
    assert done.summary.fills > 10
    assert done.summary.round_trips > 3
    assert done.quote == "USDC"
    with JournalReader(Path(done.summary.journal)) as journal:
        fills = journal.fills()
        assert {fill.fee / (fill.price * fill.quantity) for fill in fills} <= {D("0.0001"), D("0.0004")}


def test_the_records_say_that_it_was_paper(tmp_path: Path, venue: type[Lighthouse]) -> None:
    """Summary, session, account, options and every label: nobody can take it for real trading."""
    done = run(settings(tmp_path, duration="30s"), venue)
    assert done.summary.exchange == "lighthouse-paper"
    assert "-grid-lighthouse-paper-BTC" in done.summary.session
    with JournalReader(Path(done.summary.journal)) as journal:
        record = journal.session()
        assert record.exchange == "lighthouse-paper"
        assert record.account_id.startswith("lighthouse-paper-")
        assert record.config["paper"].startswith("yes")
        assert {point.exchange for point in journal.equity()} == {"lighthouse-paper"}
    assert done.venues[0].market.exchange == "lighthouse-paper"


def test_paper_sessions_are_never_taken_over(tmp_path: Path, venue: type[Lighthouse]) -> None:
    """The account ends with the process: the next start, real or paper, finds nothing to recover."""
    for _ in range(2):
        done = run(settings(tmp_path, duration="1m", on_stop="keep"), venue)
        with JournalReader(Path(done.summary.journal)) as journal:
            assert journal.session().continues is None
            assert journal.live_orders()


def test_the_bot_waits_while_the_stream_is_interrupted(tmp_path: Path, venue: type[Lighthouse]) -> None:
    """Ten minutes without a book are ten minutes without an order or a fill; then it goes on."""

    async def with_a_hole(feed: ScriptedFeed) -> None:
        walking = asyncio.create_task(walk(feed))
        await feed.clock.sleep(60)
        walking.cancel()
        feed.lose()
        for _ in range(600):
            await feed.clock.sleep(1)
            feed.trade(Side.SELL, "50", "9")
        await walk(feed)

    lines = Lines()
    done = run(settings(tmp_path, duration="15m"), venue, with_a_hole, lines)
    with JournalReader(Path(done.summary.journal)) as journal:
        seconds = [(fill.time_ns - START_NS) / 1e9 for fill in journal.fills()]
    assert [second for second in seconds if second < 60]
    assert not [second for second in seconds if 61 < second < 660]
    assert [second for second in seconds if second > 660]


# -- real venues' own protocols ---------------------------------------------------------------------


@pytest.mark.parametrize("name", servers.names())
def test_every_venue_can_be_traded_on_paper(name: str, tmp_path: Path) -> None:
    """The venue's public streams as they are on the wire fill a grid's orders; it hears of none, and of no key."""
    loop = VirtualLoop(START_NS)
    clock = VirtualClock(loop)
    front = servers.load(name)(ServerOptions(start_ns=START_NS, activity=0.5))
    clock.attach(front.venue)
    transport = MemoryTransport(front, clock)
    secrets = dict(line.split("=", 1) for line in front.env_lines("http://127.0.0.1:1", "ws://127.0.0.1:1"))

    def client(context: ExchangeContext) -> LivePaperClient:
        seams = replace(context, transport=transport, environment=secrets)
        return LivePaperClient.on(exchanges.load(name), seams)

    config = settings(tmp_path, exchange=name, quantity="off", duration="5m", on_stop="close")
    done = trade(config, Seams([client], clock, lambda: loop), Observer(), JOURNAL_FILES)
    assert done.summary.exchange == f"{name}-paper"
    assert done.summary.fills > 5
    assert front.venue.core.accounts[front.account_id].known == {}
    assert {asked.method for asked in transport.requests} == {"GET"}
    said = repr(transport.requests)
    assert not [variable for variable, value in secrets.items() if len(value) > 20 and value in said]


# -- the command line -----------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, venue: type[Lighthouse]) -> CommandLine:
    """Give a command line in an empty folder."""
    del venue
    return CommandLine(tmp_path, monkeypatch)


def test_the_option_is_shown(command: CommandLine) -> None:
    """Help and config know --paper."""
    assert "--paper / --no-paper" in command("--help").stdout
    shown = json.loads(command("config", "--exchange", "lighthouse", "--paper", "--json").stdout)
    assert shown["paper"] == {"value": "yes", "unit": "", "source": "flag"}


def test_paper_terms_on_a_real_venue_need_paper(command: CommandLine) -> None:
    """A deposit is for simulated fills; the line says how to get them."""
    refusal = command.refusal("--exchange", "lighthouse", "--deposit", "5")
    assert refusal == "--deposit cannot be used on lighthouse: it is for simulated fills: add --paper"


def test_open_keys_are_one_line(command: CommandLine) -> None:
    """A real venue with keys that others can read: exit code 2, the mend, and no key in sight."""
    (command.folder / ".env").write_text("LIGHTHOUSE_API_KEY=0123456789abcdef\n")
    (command.folder / ".env").chmod(0o644)
    refusal = command.refusal("--exchange", "lighthouse")
    assert refusal == ".env holds keys and others on this machine may read it (mode 644): chmod 600 .env"


def test_a_backtest_is_not_on_a_real_venue(command: CommandLine) -> None:
    """--paper does not make a real market one that can be tried again."""
    assert "a backtest cannot trade on lighthouse" in command.refusal("backtest", "--exchange", "lighthouse", "--paper")
