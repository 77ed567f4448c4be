"""`runbot doctor`: looks at everything a run on a venue needs, and prints how to mend what is not right."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from console.doctor_steps import broken, key_file_steps, stream_steps
from console.key_files import hide_keys
from console.options import surroundings
from console.seams import Seams
from console.start_trouble import trouble
from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.checkup import CheckupStep
from exchanges.factory import exchanges
from helpers.clock import WallClock
from helpers.config_sources import DEFAULT_ENV_FILE, Settings, first_written, flag_layer, read_settings
from helpers.errors import AuthError, RunbotError, UserError, VenueError, VenueRejected
from helpers.ids import ClientOrderIds
from helpers.logs import mask, one_line, setup_logging
from helpers.run_options import parse_ticker

_PERSONS: Final = (AuthError, VenueRejected)
"""What a venue says that a person can mend, beside UserError; the rest is the venue's own or the network's trouble."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one step showed."""

    step: str
    state: str
    """ok, wrong (the person can mend it), failed (the venue or the network), or skipped."""
    text: str


@click.command()
@click.option("--exchange", required=True, metavar="NAME", help="The venue; `runbot exchanges` lists them.")
@click.option("--ticker", default="BTC", show_default=True, metavar="TEXT", help="The market to look at.")
@click.option("--env-file", metavar="FILE", help="File of NAME=value lines with the keys, if not .env.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON a step.")
@click.pass_context
def doctor(ctx: click.Context, exchange: str, ticker: str, env_file: str | None, *, as_json: bool) -> None:
    """Look at keys, clock, connection, account and market of a venue before a bot trades there.

    Changes nothing. Where a venue verifies no signature but an order's, one is sent that ends at once and cannot fill.
    """
    try:
        ticker = parse_ticker(ticker)
    except ValueError as error:
        raise UserError(f"--ticker {error}") from None
    seams = doctor_seams(exchange)
    here, flags = surroundings(ctx), flag_layer({"env_file": env_file})
    settings = read_settings(flags, here.environment, here.cwd)
    hide_keys(settings.environment)
    setup_logging("error", None, seams.clock.now_ns)  # what a step finds is its line; nothing else is to be read
    written = first_written("env_file", (flags, *settings.layers))
    key_file = key_file_steps(DEFAULT_ENV_FILE if written is None else Path(str(written.value)))
    with asyncio.Runner(loop_factory=seams.loop_factory) as runner:
        findings = runner.run(_examine(exchange, ticker, settings, seams, key_file, as_json=as_json))
    states = {finding.state for finding in findings}
    ctx.exit(2 if "wrong" in states else 1 if "failed" in states else 0)


def doctor_seams(exchange: str) -> Seams:
    """Choose clock, loop and client: those of a run on a real venue.

    Raises:
        UserError: there is no such venue.
    """
    return Seams([exchanges.load(exchange)], WallClock(), asyncio.new_event_loop)


async def _examine(
    exchange: str,
    ticker: str,
    settings: Settings,
    seams: Seams,
    first: Sequence[CheckupStep],
    *,
    as_json: bool,
) -> list[Finding]:
    context = ExchangeContext(
        exchange,
        seams.clock,
        random.Random(seams.clock.now_ns()),  # noqa: S311 - jitter and nonces of one look
        ClientOrderIds(seams.clock.now_ns()),
        environment=settings.environment,
    )
    async with _client_steps(seams, context, ticker) as steps:
        return await _look([*first, *steps], context, as_json=as_json)


@asynccontextmanager
async def _client_steps(seams: Seams, context: ExchangeContext, ticker: str) -> AsyncIterator[Sequence[CheckupStep]]:
    """Give a client's steps; settings it cannot even be made from are a step of their own."""
    client: BaseExchangeClient | None = None
    try:
        client = seams.clients[0](context)
        steps = client.checkup(ticker)
        steps = [*steps, *stream_steps(client, ticker, steps)]
    except UserError as error:
        if client is not None and client.is_simulated:
            raise
        steps = [broken(error)]
    try:
        yield steps
    finally:
        if client is not None:
            with suppress(RunbotError, OSError):
                await client.disconnect()


async def _look(steps: Sequence[CheckupStep], context: ExchangeContext, *, as_json: bool) -> list[Finding]:
    findings: list[Finding] = []
    blocked = ""
    for step in steps:
        skipped = Finding(step=step.name, state="skipped", text=f"needs {blocked}")
        finding = skipped if blocked else await _take(step, context)
        if step.needed_for_rest and finding.state in {"wrong", "failed"}:
            blocked = blocked or step.name
        findings.append(finding)
        _show(finding, as_json=as_json)
    return findings


async def _take(step: CheckupStep, context: ExchangeContext) -> Finding:
    try:
        text, state = await step.look(), "ok"
    except VenueError as error:
        text = trouble(context.label, error, context.environment)
        state = "wrong" if isinstance(error, _PERSONS) and text == str(error) else "failed"
    except UserError as error:
        text, state = str(error), "wrong"
    except (RunbotError, OSError) as error:
        text, state = str(error) or type(error).__name__, "failed"
    return Finding(step=step.name, state=state, text=mask(one_line(text)))


def _show(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(finding).decode())
        return
    colour: dict[str, Any] = {"ok": "green", "wrong": "red", "failed": "red"}
    state = click.style(f"{finding.state:<8}", fg=colour.get(finding.state, "yellow"))
    click.echo(f"{state}{finding.step:<17}{finding.text}")
