"""What `paper` is made of: a venue on synthetic markets, or on one recorded tape."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from helpers.enums import MarketKind
from helpers.errors import UserError
from helpers.models import Market
from helpers.paper_options import PaperOptions
from simulation.paper_markets import (
    NEVER_LIQUIDATED,
    PAID_IN_FULL,
    PAPER_MARKETS,
    is_spot_ticker,
    paper_market,
)
from simulation.parquet_tape import ParquetTape
from simulation.prepared_tape import PreparedTape
from simulation.profile import Latency, VenueProfile
from simulation.synthetic import SyntheticTape
from simulation.tape import Tape
from simulation.tape_end import goes_on
from simulation.tape_files import Tell, open_tape, untold
from simulation.venue import Catalogue, SimulatedVenue

SYNTHETIC_START_NS: Final = 1_767_225_600 * 1_000_000_000
"""2026-01-01T00:00:00Z: synthetic runs begin here, so that the same seed gives the same times."""
_MOST_OPEN: Final = 4
_opened: dict[tuple[tuple[Path, int, int], ...], Tape] = {}


def recorded_tape(paths: Sequence[Path], tell: Tell = untold) -> Tape:
    """Open a recording; read once although both the clock and the venue ask.

    Args:
        paths: its files.
        tell: hears how far the reading has come.

    Raises:
        UserError: it cannot be read, or no time passes on it.
    """
    key = tuple(_mark(path) for path in paths)
    if key not in _opened:
        tape = open_tape(paths, None, tell=tell)
        if not goes_on(tape):
            names = ", ".join(map(str, paths))
            raise UserError(f"{names}: the recording ends in the instant it begins", "give a longer one")
        while len(_opened) >= _MOST_OPEN:
            del _opened[next(iter(_opened))]
        _opened[key] = tape
    return _opened[key]


def _mark(path: Path) -> tuple[Path, int, int]:
    """Tell this state of a file from any other."""
    try:
        state = path.stat()
    except OSError:  # whoever opens it will say so
        return path.absolute(), 0, 0
    return path.absolute(), state.st_mtime_ns, state.st_size


def paper_start_ns(tapes: Sequence[Path]) -> int:
    """Give the time at which a paper run begins, ns."""
    return recorded_tape(tapes).start_ns if tapes else SYNTHETIC_START_NS


def recorded_end_ns(tapes: Sequence[Path]) -> int | None:
    """Give the time of a recording's last row, ns; None where only reading all of it would tell."""
    tape = recorded_tape(tuple(tapes))
    return tape.end_ns if isinstance(tape, ParquetTape | PreparedTape) else None


def open_paper_venue(
    *, label: str, seed: int, tapes: Sequence[Path], start_ns: int, options: PaperOptions | None = None
) -> SimulatedVenue:
    """Build the venue. Markets are listed when first asked for.

    Raises:
        UserError: a tape cannot be read.
    """
    profile = profile_of(options or PaperOptions())
    if tapes:
        tape = recorded_tape(tapes)
        profile = msgspec.structs.replace(profile, currency=tape.instrument.quote)
        catalogue = _recorded(label, profile, tape)
    else:
        catalogue = _synthetic(label, profile, seed, start_ns)
    rng = random.Random(f"delays:{label}:{seed}")  # noqa: S311 - seeded on purpose
    return SimulatedVenue(profile, rng, start_ns, seed, catalogue)


def profile_of(options: PaperOptions) -> VenueProfile:
    """Turn a person's terms into the venue's."""
    jitter_ns = options.latency_jitter
    return VenueProfile(
        deposit=options.deposit,
        maker_fee=options.maker_fee / 100,
        taker_fee=options.taker_fee / 100,
        order_entry=Latency(base_ns=options.order_latency, jitter_ns=jitter_ns),
        response=Latency(base_ns=options.response_latency, jitter_ns=jitter_ns),
    )


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
            kind=spec.kind,
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
        if is_spot_ticker(market.ticker):
            market = _as_spot(market)
        return market, tape

    return listing


def _as_spot(market: Market) -> Market:
    return msgspec.structs.replace(
        market,
        contract_id=market.ticker,
        max_leverage=PAID_IN_FULL,
        maintenance_margin=NEVER_LIQUIDATED,
        kind=MarketKind.SPOT,
    )
