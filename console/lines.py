"""The plain view, for pipes and files: one line per decision or event, no colours.

A line that repeats the one before it within a minute is counted instead of written, unless it
tells of something that was sent, filled or refused, or of a start or stop.
"""

from __future__ import annotations

import os
from contextlib import suppress
from decimal import Decimal
from typing import IO, TextIO

from console import formats
from helpers.decisions import StrategyAction
from helpers.enums import MarketKind, PositionSide
from helpers.models import Position
from helpers.status import BotStatus, DecisionLine, Observer, VenueStatus

_NS_PER_S = 1_000_000_000
_BURST_NS = 60 * _NS_PER_S
_KIND_WIDTH = 11
_ALWAYS_WRITTEN = frozenset(
    {
        "fill",
        "refused",
        "rejected",
        "recovered",
        "start",
        "stop",
        StrategyAction.PLACE_ORDER.value,
        StrategyAction.CLOSE_POSITION.value,
        StrategyAction.REBALANCE.value,
    }
)


class LineView(Observer):
    """Writes what it hears to a stream; once the stream cannot be written to, it is silent."""

    def __init__(self, stream: TextIO, *, status_every_s: int = 60) -> None:
        """Write to this stream: stderr where stdout must end with the JSON line.

        Args:
            stream: flushed after every line; never closed.
            status_every_s: least simulated seconds between two status lines.
        """
        self._stream: TextIO | None = stream
        self._status_every_ns = status_every_s * _NS_PER_S
        self._status_due_ns: int | None = None
        self._written: DecisionLine | None = None
        self._repeat: DecisionLine | None = None
        self._repeats = 0

    def line(self, line: DecisionLine) -> None:
        """Write one decision or event, or count it as a repetition."""
        if self._written is not None and _repeats(line, self._written):
            self._repeat = line
            self._repeats += 1
            return
        self._flush_repeats()
        self._write(decision_text(line))
        self._written = line

    def status(self, status: BotStatus) -> None:
        """Write how the bot stands, when that is due."""
        if self._status_due_ns is None:
            self._status_due_ns = status.started_ns + self._status_every_ns
        if status.now_ns < self._status_due_ns:
            return
        self._status_due_ns = status.now_ns + self._status_every_ns
        self._flush_repeats()
        self._write(status_text(status))

    def close(self) -> None:
        """Write what was counted and not yet told."""
        self._flush_repeats()

    def _flush_repeats(self) -> None:
        if self._repeat is not None:
            self._write(f"{decision_text(self._repeat)} (repeated {_times(self._repeats)})")
        self._written = self._repeat = None
        self._repeats = 0

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(_writable(text, self._stream) + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: somebody closed the stream
            point_at_nothing(self._stream)
            self._stream = None


def decision_text(line: DecisionLine) -> str:
    """Write `2026-01-01 00:00:12.345  place_order  why`."""
    stamp = formats.timestamp(line.time_ns, millis=True)
    return f"{stamp}  {line.kind:<{_KIND_WIDTH}}  {formats.clean(line.text)}"


def status_text(status: BotStatus) -> str:
    """Write the whole bot in one line."""
    stamp = formats.timestamp(status.now_ns, millis=True)
    parts = [status.state, *(_venue_text(venue) for venue in status.venues), _pnl_text(status)]
    parts.append(f"{formats.count(status.fills)} {'fill' if status.fills == 1 else 'fills'}")
    if status.health != "ok":
        parts.append(f"health: {formats.clean(status.health)}")
    return f"{stamp}  {'status':<{_KIND_WIDTH}}  {'; '.join(parts)}"


def _venue_text(venue: VenueStatus) -> str:
    tick, bbo = venue.market.tick_size, venue.bbo
    bid, ask = (bbo.bid, bbo.ask) if bbo is not None else (None, None)
    book = f"{formats.price(bid, tick)} / {formats.price(ask, tick)}" if bbo is not None else "no book"
    orders = f"{len(venue.orders)} {'order' if len(venue.orders) == 1 else 'orders'}"
    return f"{venue.exchange} {venue.market.ticker} {book}, {_position_text(venue)}, {orders}"


def _position_text(venue: VenueStatus) -> str:
    position = venue.position
    if position is None:
        return "position unknown"
    if position.side is PositionSide.FLAT:
        return "flat"
    entry = formats.price(position.entry_price, venue.market.tick_size)
    return f"{holding_word(venue, position)} {formats.quantity(abs(position.quantity))} at {entry}"


def holding_word(venue: VenueStatus, position: Position) -> str:
    """Say what a position is: long or short, or on spot that it is held."""
    return "holds" if venue.market.kind is MarketKind.SPOT else position.side.value


def pnl_parts(status: BotStatus) -> dict[str, Decimal | None]:
    """List the profit and loss as it adds up to the net: fees paid carry a minus.

    While a position is unknown, so is what it has gained. Where all is spot, nothing is said of funding.
    """
    pnl, known = status.pnl, all(venue.position is not None for venue in status.venues)
    return {
        "realised": pnl.realised,
        "unrealised": pnl.unrealised if known else None,
        "fees": -pnl.fees,
        **({"funding": pnl.funding} if status.has_funding else {}),
        "net": pnl.net if known else None,
    }


def quote_of(status: BotStatus) -> str:
    """Name the currency of the bot's figures: the first venue's."""
    return status.venues[0].market.quote if status.venues else ""


def _pnl_text(status: BotStatus) -> str:
    parts = pnl_parts(status)
    decimals = formats.money_decimals(value for value in parts.values() if value is not None)
    texts = {name: formats.signed(value, decimals) for name, value in parts.items()}
    net = f"net {texts.pop('net')} {quote_of(status)}".rstrip()
    return f"{net} ({', '.join(f'{name} {text}' for name, text in texts.items())})"


def _repeats(line: DecisionLine, before: DecisionLine) -> bool:
    same = line.kind == before.kind and line.text == before.text
    return same and line.kind not in _ALWAYS_WRITTEN and line.time_ns - before.time_ns <= _BURST_NS


def _times(number: int) -> str:
    return "once" if number == 1 else f"{formats.count(number)} times"


def _writable(text: str, stream: TextIO) -> str:
    """Replace what the stream's encoding cannot hold."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def point_at_nothing(stream: IO[str]) -> None:
    """Let what the stream still holds run into the void, or Python complains of it at exit."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nothing, stream.fileno())
        finally:
            os.close(nothing)
