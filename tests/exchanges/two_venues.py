"""Two scripted venues under one bot, with one recorder, as a two-venue run has them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import msgspec
from fake_client import Bot, Desk, FakeClient, make_journal
from worlds import MARKET, Lines

from exchanges.base import ExchangeContext
from exchanges.recovery import recover
from exchanges.venue_group import VenueGroup
from exchanges.venue_session import VenueSession
from helpers.clock import Clock
from helpers.ids import ClientOrderIds
from helpers.recorder import Recorder


@dataclass
class Pair:
    """Venues "a" and "b"; "a" is the strategy's own."""

    group: VenueGroup
    a: Desk
    b: Desk
    bot: Bot
    lines: Lines
    recorder: Recorder

    async def settle(self) -> None:
        """Wait until nothing is on its way at either venue."""
        await self.a.settle()
        await self.b.settle()


async def open_pair(clock: Clock, runs_dir: Path) -> Pair:
    """Open a session on each of two scripted venues."""
    lines, bot, ids = Lines(), Bot(), ClientOrderIds(clock.now_ns())
    recorder = Recorder(make_journal(runs_dir), clock, lines)
    desks = []
    for label in ("a", "b"):
        client = FakeClient(ExchangeContext(label, clock, random.Random(1), ids))
        market = msgspec.structs.replace(MARKET, exchange=label)
        session = VenueSession(client, market, recorder, ids, None)
        await client.subscribe("BTC", session)
        await recover(session, (), (), recorder)
        desks.append(Desk(clock, client, session, recorder, lines, bot))
    group = VenueGroup([desk.session for desk in desks], recorder)
    group.bind(bot)
    return Pair(group, desks[0], desks[1], bot, lines, recorder)
