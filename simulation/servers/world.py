"""The venue behind a protocol front: synthetic markets with one venue's own ticks and steps, from one seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from helpers.errors import UserError
from helpers.models import Market
from helpers.registry import nearest
from simulation.paper_markets import PaperMarket
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from simulation.tape import Tape
from simulation.venue import Catalogue, SimulatedVenue


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a person can say about a venue simulator."""

    seed: int = 7
    """What keys, prices and delays grow from."""
    start_ns: int
    """When the venue opens."""
    deposit: Decimal = Decimal(10_000)
    activity: float = 1.0
    """Events of a market per second, as a multiple of the usual."""


def open_server_venue(
    name: str,
    specs: Mapping[str, PaperMarket],
    markets: Mapping[str, Market],
    profile: VenueProfile,
    options: ServerOptions,
) -> SimulatedVenue:
    """Open a venue that lists all its markets at once.

    Args:
        name: the venue's.
        specs: how each market moves, by ticker; ticks and steps as the venue has them.
        markets: the venue's terms for each, by ticker.
        profile: fees, delays, limits.
        options: seed, time, deposit, activity.
    """

    def listing(ticker: str) -> tuple[Market, Tape]:
        spec = specs.get(ticker)
        if spec is None:
            raise UserError(f"{name} has no market {ticker!r}", f"{nearest(ticker, specs)}known: {', '.join(specs)}")
        lively = msgspec.structs.replace(spec, events_per_second=spec.events_per_second * options.activity)
        return markets[ticker], SyntheticTape(lively, options.seed, options.start_ns)

    catalogue: Catalogue = listing
    rng = random.Random(f"delays:{name}:{options.seed}")  # noqa: S311 - seeded on purpose
    profile = msgspec.structs.replace(profile, deposit=options.deposit)
    venue = SimulatedVenue(profile, rng, options.start_ns, options.seed, catalogue)
    for ticker in specs:
        venue.find_market(ticker)
    return venue


__all__ = ["ServerOptions", "open_server_venue"]
