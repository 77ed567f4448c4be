"""`runbot doctor`: looks at everything a run on a venue needs, and prints how to mend what is not right."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import click
import msgspec

from console.choice import Surroundings
from console.options import surroundings
from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.checkup import CheckupStep
from exchanges.factory import exchanges
from helpers.clock import WallClock
from helpers.config_sources import flag_layer, read_settings
from helpers.errors import AuthError, RunbotError, UserError, VenueError, VenueRejected
from helpers.ids import ClientOrderIds
from helpers.logs import mask, one_line
from helpers.run_options import parse_ticker

_PERSONS: Final = (UserError, AuthError, VenueRejected)
"""What a person can mend; the rest is the venue's or the network's."""


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
    findings = asyncio.run(_examine(exchange, ticker, env_file, surroundings(ctx), as_json=as_json))
    states = {finding.state for finding in findings}
    ctx.exit(2 if "wrong" in states else 1 if "failed" in states else 0)


async def _examine(
    exchange: str, ticker: str, env_file: str | None, here: Surroundings, *, as_json: bool
) -> list[Finding]:
    settings = read_settings(flag_layer({"env_file": env_file}), here.environment, here.cwd)
    client_class: type[BaseExchangeClient] = exchanges.load(exchange)
    clock = WallClock()
    context = ExchangeContext(
        exchange,
        clock,
        random.Random(clock.now_ns()),  # noqa: S311 - jitter and nonces of one look
        ClientOrderIds(clock.now_ns()),
        environment=settings.environment,
    )
    client = client_class(context)
    steps = client.checkup(ticker)
    try:
        return await _look(steps, as_json=as_json)
    finally:
        with suppress(VenueError, OSError):
            await client.disconnect()


async def _look(steps: Sequence[CheckupStep], *, as_json: bool) -> list[Finding]:
    findings: list[Finding] = []
    blocked = ""
    for step in steps:
        finding = Finding(step=step.name, state="skipped", text=f"needs {blocked}") if blocked else await _take(step)
        if step.needed_for_rest and finding.state in {"wrong", "failed"}:
            blocked = blocked or step.name
        findings.append(finding)
        _show(finding, as_json=as_json)
    return findings


async def _take(step: CheckupStep) -> Finding:
    try:
        text, state = await step.look(), "ok"
    except _PERSONS as error:
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
