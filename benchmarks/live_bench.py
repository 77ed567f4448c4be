"""Tick to order over loopback: the venue on one core, the bot on the other, every pair in fresh processes.

`stream` is the bare hot path (socket, decode, book, touch, order); `bot` is the whole TradingBot with
risk, ledger and its journal on disk, following the touch with two orders.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.live_client import ClientResult
from benchmarks.loopback_server import ServerResult
from exchanges import picows_stream

_ROOT: Final = Path(__file__).resolve().parents[1]
_TIMES: Final = 3
_SECONDS: Final = 2
_RATE: Final = 1_000
_FLOOD: Final = 60_000
_FAST: Final = 5_000
_SERVER_CORE: Final = "0"
_CLIENT_CORE: Final = "1"


class Pair(msgspec.Struct, frozen=True):
    """A carrier on a loop."""

    carrier: str
    loop: str

    def __str__(self) -> str:
        return f"{self.carrier}, {self.loop}"


def run() -> Iterator[tuple[str, str]]:
    """Measure whatever is installed."""
    if (os.cpu_count() or 1) < 2:  # noqa: PLR2004 - one for the venue, one for the bot
        yield "two cores are needed: one for the venue, one for the bot", "skipped"
        return
    for pair in pairs():
        yield from _stream(pair)
    fastest = pairs()[-1]
    for pair in pairs():
        if pair.carrier == fastest.carrier:
            yield from _bot(pair)
    yield from _paced("bot, journal in memory", fastest, _RATE)


def pairs() -> list[Pair]:
    """List every carrier and loop that is installed, the fastest last."""
    carriers = ["websockets", "picows"] if picows_stream.is_installed() else ["websockets"]
    loops = ["asyncio", "uvloop", "busy-poll"] if importlib.util.find_spec("uvloop") else ["asyncio", "busy-poll"]
    return [Pair(carrier, loop) for carrier in carriers for loop in loops]


def _stream(pair: Pair) -> Iterator[tuple[str, str]]:
    yield from _paced("stream", pair, _RATE)
    flood = [measure("stream", pair, count=_FLOOD, rate=0, moves=True)[0] for _ in range(_TIMES)]
    yield f"stream, {pair}: an order each, at most", f"{statistics.median(r.messages_per_s for r in flood):,.0f}/s"
    yield from _idle("stream", pair)


def _bot(pair: Pair) -> Iterator[tuple[str, str]]:
    yield from _paced("bot", pair, _RATE)
    yield from _paced("bot", pair, _FAST)
    yield from _idle("bot", pair)


def _paced(what: str, pair: Pair, rate: int) -> Iterator[tuple[str, str]]:
    results = [measure(what, pair, count=_SECONDS * rate, rate=rate, moves=True)[0] for _ in range(_TIMES)]
    p50, p99 = statistics.median(r.p50_us for r in results), statistics.median(r.p99_us for r in results)
    answered = statistics.median(r.answered / r.sent for r in results)
    yield f"{what}, {pair}: {answered:.0%} of {rate:,}/s answered in", f"{p50:.0f} us, p99 {p99:.0f}"


def _idle(what: str, pair: Pair) -> Iterator[tuple[str, str]]:
    """Measure changes behind the touch, which are no news; a loop that never sleeps has no share to tell."""
    if pair.loop != "busy-poll":
        results = [measure(what, pair, count=_SECONDS * _RATE, rate=_RATE, moves=False)[1] for _ in range(_TIMES)]
        yield (
            f"{what}, {pair}: {_RATE:,}/s with nothing to do",
            f"{statistics.median(r.cpu_share for r in results):.1%} CPU",
        )


def measure(what: str, pair: Pair, *, count: int, rate: int, moves: bool) -> tuple[ServerResult, ClientResult]:
    """Measure once, in two new processes."""
    server_line = ["-m", "benchmarks.loopback_server", _SERVER_CORE, str(count), str(rate), str(int(moves))]
    with _python(server_line) as server:
        assert server.stdout is not None  # noqa: S101 - it is a pipe
        port = server.stdout.readline().strip()
        client_line = ["-m", "benchmarks.live_client", what, pair.carrier, pair.loop, _CLIENT_CORE, port]
        with _python(client_line) as client:
            heard, _ = client.communicate(timeout=120)
        said, _ = server.communicate(timeout=120)
    return msgspec.json.decode(said, type=ServerResult), msgspec.json.decode(heard, type=ClientResult)


def _python(arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, *arguments], cwd=_ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours


if __name__ == "__main__":
    for what, figure in run():
        print(f"{what:<64} {figure:>18}", flush=True)
