"""What `paper` is made of: a venue on synthetic markets, or on one recorded tape."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from helpers.errors import UserError
from helpers.models import Market
from simulation.paper_markets import PAPER_MARKETS, paper_market
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from simulation.tape import Tape
from simulation.tape_files import open_tape
from simulation.venue import Catalogue, SimulatedVenue

SYNTHETIC_START_NS: Final = 1_767_225_600 * 1_000_000_000
"""2026-01-01T00:00:00Z: synthetic runs begin here, so that the same seed gives the same times."""


@lru_cache(maxsize=4)
def recorded_tape(paths: tuple[Path, ...]) -> Tape:
    """Open a recording; read once although both the clock and the venue ask."""
    return open_tape(paths, None)


def paper_start_ns(tapes: Sequence[Path]) -> int:
    """Give the time at which a paper run begins, ns."""
    return recorded_tape(tuple(tapes)).start_ns if tapes else SYNTHETIC_START_NS


def open_paper_venue(*, label: str, seed: int, tapes: Sequence[Path], start_ns: int) -> SimulatedVenue:
    """Build the venue. Markets are listed when first asked for.

    Raises:
        UserError: a tape cannot be read.
    """
    profile = VenueProfile()
    if tapes:
        tape = recorded_tape(tuple(tapes))
        profile = msgspec.structs.replace(profile, currency=tape.instrument.quote)
        catalogue = _recorded(label, profile, tape)
    else:
        catalogue = _synthetic(label, profile, seed, start_ns)
    rng = random.Random(f"delays:{label}:{seed}")  # noqa: S311 - seeded on purpose
    return SimulatedVenue(profile, rng, start_ns, seed, catalogue)


def _synthetic(label: str, profile: VenueProfile, seed: int, start_ns: int) -> Catalogue:
    def listing(ticker: str) -> tuple[Market, Tape]:
        spec = paper_market(ticker)
        market = Market(
            exchange=label,
            ticker=spec.ticker,
            contract_id=spec.contract_id,
            quote=spec.quote,
            tick_size=spec.tick_size,
            quantity_step=spec.quantity_step,
            min_quantity=spec.min_quantity,
            min_notional=spec.min_notional,
            maker_fee=profile.maker_fee,
            taker_fee=profile.taker_fee,
            max_leverage=spec.max_leverage,
            maintenance_margin=spec.maintenance_margin,
            max_open_orders=profile.max_open_orders,
            funding_interval_ns=profile.funding_interval_ns,
        )
        return market, SyntheticTape(spec, seed, start_ns)

    return listing


def _recorded(label: str, profile: VenueProfile, tape: Tape) -> Catalogue:
    def listing(ticker: str) -> tuple[Market, Tape]:
        instrument = tape.instrument
        if ticker.upper() != instrument.ticker:
            raise UserError(
                f"--ticker {ticker}: the tape holds {instrument.ticker}", f"use --ticker {instrument.ticker}"
            )
        alike = next((spec for spec in PAPER_MARKETS if spec.ticker == instrument.ticker), None)
        market = Market(
            exchange=label,
            ticker=instrument.ticker,
            contract_id=f"{instrument.ticker}-PERP",
            quote=instrument.quote,
            tick_size=instrument.tick_size,
            quantity_step=instrument.quantity_step,
            min_quantity=instrument.quantity_step,
            min_notional=Decimal(10),
            maker_fee=profile.maker_fee,
            taker_fee=profile.taker_fee,
            max_leverage=Decimal(20) if alike is None else alike.max_leverage,
            maintenance_margin=Decimal("0.025") if alike is None else alike.maintenance_margin,
            max_open_orders=profile.max_open_orders,
            funding_interval_ns=profile.funding_interval_ns,
        )
        return market, tape

    return listing
