"""`runbot venue`: a simulated venue on this machine's sockets, speaking a real venue's protocol."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Final

import click

from console.options import ParamsCommand
from helpers.clock import NS_PER_S, WallClock
from helpers.durations import DurationNs
from helpers.errors import UserError
from helpers.params import Params, param
from helpers.run_options import MAX_SEED
from simulation.servers.factory import servers
from simulation.servers.front import VenueFront
from simulation.servers.sockets import SocketServer
from simulation.servers.world import ServerOptions

_MAX_PORT: Final = 65_535


class VenueOptions(Params):
    """Where the simulator listens and what its market is like."""

    port: int = param(8001, help="Port to listen on; 0 takes a free one.", ge=0, le=_MAX_PORT)
    seed: int = param(7, help="What prices, delays and keys grow from.", ge=0, le=MAX_SEED)
    deposit: Decimal = param(Decimal(10_000), help="What the account holds at first.", unit="quote", gt=0)
    activity: float = param(1.0, help="How lively the markets are, as a multiple of the usual.", ge=0.05, le=10)
    duration: DurationNs | None = param(None, help="Stop after this long; off is until stopped.", gt=0)
    write_env: Path | None = param(None, help="Write the .env lines to this file too, readable by you alone.")


@click.command(cls=ParamsCommand, params_model=VenueOptions)
@click.argument("name")
def venue(name: str, options: VenueOptions) -> None:
    """Serve venue NAME's protocol on 127.0.0.1: markets from a seed, one funded account, nothing real."""
    front_class: type[VenueFront] = servers.load(name)
    asyncio.run(_serve(front_class, options))


async def _serve(front_class: type[VenueFront], options: VenueOptions) -> None:
    clock, stopped = WallClock(), _stop_signals()
    front = front_class(
        ServerOptions(seed=options.seed, start_ns=clock.now_ns(), deposit=options.deposit, activity=options.activity)
    )
    server = SocketServer(front, clock)
    await server.open("127.0.0.1", options.port)
    clock.attach(front.venue)
    try:
        place = f"127.0.0.1:{server.port}"
        _tell(front, front.env_lines(f"http://{place}", f"ws://{place}"), place, options.write_env)
        with suppress(TimeoutError):
            async with asyncio.timeout(None if options.duration is None else options.duration / NS_PER_S):
                await stopped.wait()
    finally:
        clock.detach(front.venue)
        await server.close()


def _tell(front: VenueFront, lines: Sequence[str], place: str, path: Path | None) -> None:
    click.echo(f"# {front.name} simulator on {place}; Ctrl-C stops it. Keys of a made-up account:")
    for line in lines:
        click.echo(line)
    if path is not None:
        _write(path, lines)
        click.echo(f"# written to {path}; trade there: runbot --exchange {front.name} --env-file {path}")


def _write(path: Path, lines: Sequence[str]) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            os.fchmod(handle, 0o600)
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise UserError(f"--write-env {path}: {error.strerror}", "name a file that can be written") from None


def _stop_signals() -> asyncio.Event:
    """Give an event that Ctrl-C or SIGTERM sets, from this moment on."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, ValueError):  # Windows, or not the main thread
            loop.add_signal_handler(number, stopped.set)
    return stopped
