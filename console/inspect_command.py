"""`runbot inspect`: what recorded frames of a venue say, as JSON lines in this project's words."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import click

from console.frames_file import RecordedFrame, recorded_frames
from exchanges.base import BaseExchangeClient
from exchanges.factory import exchanges
from helpers.errors import BadPayload
from helpers.logs import one_line

_MOST_REASONS: Final = 20


@click.command("inspect")
@click.option("--exchange", required=True, metavar="NAME", help="Whose frames they are; `runbot exchanges` lists them.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def inspect_frames(ctx: click.Context, exchange: str, files: tuple[Path, ...]) -> None:
    """Print what recorded frames say, one event a line; FILES hold one frame a line, or one JSON text, also gzipped."""
    venue: type[BaseExchangeClient] = exchanges.load(exchange)
    count = _Count()
    for path in files:
        for frame in recorded_frames(path):
            _show(venue, path, frame, count)
    click.echo(count.line(), err=True)
    ctx.exit(1 if count.unreadable and not count.read else 0)


class _Count:
    """What was read so far."""

    def __init__(self) -> None:
        self.read = 0
        self.sent = 0
        self.unreadable = 0
        self.kinds: Counter[str] = Counter()

    def line(self) -> str:
        """Sum it up."""
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.kinds.most_common())
        sent = f", {self.sent} sent by the client passed over" if self.sent else ""
        return f"{self.read} frames read ({kinds or 'no events'}), {self.unreadable} unreadable{sent}"


def _show(venue: type[BaseExchangeClient], path: Path, frame: RecordedFrame, count: _Count) -> None:
    if frame.is_sent:
        count.sent += 1
        return
    try:
        events = venue.read_frame(frame.data)
    except BadPayload as error:
        count.unreadable += 1
        if count.unreadable <= _MOST_REASONS:
            click.echo(f"{path}:{frame.place}: {one_line(str(error))}", err=True)
        return
    count.read += 1
    for event in events:
        count.kinds[event.kind] += 1
        record: dict[str, Any] = {"place": frame.place, "kind": event.kind}
        if event.market:
            record["market"] = event.market
        click.echo(json.dumps({**record, **event.data}))
