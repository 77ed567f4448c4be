"""Raw WebSocket recordings of Binance: lines of local time (ns) and frame.

`bookTicker`, `trade` and `aggTrade` frames are used, at the exchange's time `T`. Spot quotes
carry no time of their own: they get the recorder's, set right by the least delayed message of
the file. Of futures trades only those of kind MARKET count (the others are the insurance
fund's). COIN-M is refused: its quantities are contracts of a fixed USD value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from helpers.enums import Side
from helpers.errors import UserError
from simulation.importers.recording import Format, MarketSink, Watch
from simulation.importers.text import number, price, text_lines

_NS_PER_MS: Final = 1_000_000
_HEAD: Final = 160
"""The kind of a frame stands within so many characters; deltas are long and need no decoding."""
_WANTED: Final = re.compile(r'bookTicker|@trade"|@aggTrade"|"e":"(trade|aggTrade)"')
_EVENT_TIME: Final = re.compile(r'"E":(\d+)')
_COIN_MARGINED: Final = re.compile(r"[A-Z0-9]+USD_(PERP|\d{6})")


class RawFrames:
    """One symbol's frames, combined-stream or plain."""

    name = "Binance raw frames (text)"
    source = "binance"
    quote = "USDT"
    has_quotes = True

    def sniff(self, first_bytes: bytes, path: Path) -> bool:
        """Look for a time and a stream name or an event kind."""
        del path
        return re.match(rb'\d{16,19} \{.*("stream":|"e":")', first_bytes) is not None

    def symbol(self, path: Path) -> str | None:
        """Look in the frames.

        Raises:
            UserError: it is a coin-margined market.
        """
        with text_lines(path) as lines:
            found: str | None = next((data["s"] for _, data in _wanted(lines)), None)
        if found is not None and _COIN_MARGINED.fullmatch(found):
            raise UserError(
                f"{path} is a COIN-M recording ({found}): its quantities are contracts of a fixed USD value, "
                "which no fixed quantity step can express",
                "take a USD-M recording",
            )
        return found

    def read(self, path: Path, sink: MarketSink, watch: Watch) -> None:
        """Give quotes and trades to the sink."""
        clock = _ExchangeClock(path)
        symbol = None
        with text_lines(path, watch) as lines:
            for local_ns, data in _wanted(lines):
                symbol = symbol or data["s"]
                if data["s"] != symbol:
                    raise ValueError(f"{data['s']} in a recording of {symbol}: one symbol a file can be read")
                if "b" in data:
                    bid, ask = price(data["b"]), price(data["a"])
                    sink.quote(clock.time_ns(local_ns, data), bid, number(data["B"]), ask, number(data["A"]))
                elif data.get("X", "MARKET") == "MARKET":
                    taker = Side.SELL if data["m"] else Side.BUY
                    sink.trade(data["T"] * _NS_PER_MS, price(data["p"]), number(data["q"]), taker)


def _wanted(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield local time and payload of the frames that are used."""
    for line in lines:
        if _WANTED.search(line, 0, _HEAD):
            local, _, frame = line.partition(" ")
            data = msgspec.json.decode(frame, type=dict[str, Any])
            yield int(local), data.get("data", data)


class _ExchangeClock:
    """The exchange's time of a frame, by the frame or by the recorder's clock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ahead_ns: int | None = None

    def time_ns(self, local_ns: int, data: dict[str, Any]) -> int:
        if "T" in data:
            return int(data["T"]) * _NS_PER_MS
        if self._ahead_ns is None:
            self._ahead_ns = _exchange_ahead_ns(self._path)
        return local_ns + self._ahead_ns


def _exchange_ahead_ns(path: Path) -> int:
    """How far the exchange's clock is ahead of the recorder's, by the least delayed message; 0 if unknown."""
    ahead = None
    with text_lines(path) as lines:
        for line in lines:
            found = _EVENT_TIME.search(line, 0, _HEAD)
            if found:
                this = int(found[1]) * _NS_PER_MS - int(line.partition(" ")[0])
                ahead = this if ahead is None else max(ahead, this)
    return ahead or 0


FORMATS: Final[tuple[Format, ...]] = (RawFrames(),)
