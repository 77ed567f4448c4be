"""The real venues' clients against their simulators: a book message, a signature, and tick to order over loopback.

The simulator runs on one core, the client on the other, each in a process of its own. Tick to order is
what a venue beside the bot would see, and contains the simulator's own sending and receiving by aiohttp.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.venue_client import ChaserResult
from benchmarks.venue_decode import decode_us
from benchmarks.venue_server import VenueResult
from benchmarks.venue_signing import signing_us

_ROOT: Final = Path(__file__).resolve().parents[1]
_RATES: Final = (1_000, 5_000)
_SECONDS: Final = 12
_VENUES: Final = ("lighter", "paradex", "extended")
_LEVELS: Final = (2, 20)


def run() -> Iterator[tuple[str, str]]:
    """Measure every venue."""
    for name in _VENUES:
        for levels in _LEVELS:
            yield f"{name}: decode, book, best prices; {levels} levels a message", f"{decode_us(name, levels):.1f} us"
        p50, p99 = signing_us(name)
        yield f"{name}: signing an order", f"{p50:.0f} us, p99 {p99:.0f}"
        if (os.cpu_count() or 1) < 2:  # noqa: PLR2004 - one for the venue, one for the bot
            yield f"{name}: tick to order", "skipped: two cores are needed"
            continue
        for rate in _RATES:
            venue, client = measure(name, rate, _SECONDS)
            yield (
                f"{name}: tick to order at {rate:,}/s, {venue.answered}/{venue.moves} moves",
                f"{venue.p50_us:.0f} us, p99 {venue.p99_us:.0f}",
            )
            yield f"{name}: the client's share of a core at {rate:,}/s", f"{client.cpu_share:.0%}"


def measure(name: str, rate: int, seconds: int) -> tuple[VenueResult, ChaserResult]:
    """Measure once, in two new processes."""
    with _python(["-m", "benchmarks.venue_server", name, "0", str(rate), str(seconds)]) as server:
        assert server.stdout is not None  # noqa: S101 - it is a pipe
        lines = server.stdout.readline()
        with _python(["-m", "benchmarks.venue_client", name, "1", str(seconds + 2)]) as client:
            heard, _ = client.communicate(lines, timeout=120)
        said, _ = server.communicate(timeout=120)
    result = msgspec.json.decode(heard, type=ChaserResult)
    if result.refused:
        raise SystemExit(f"{name} refused an order: {result.refused[0]}")
    return msgspec.json.decode(said, type=VenueResult), result


def _python(arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, *arguments], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


if __name__ == "__main__":
    for what, figure in run():
        print(f"{what:<64} {figure:>18}", flush=True)
