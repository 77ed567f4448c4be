"""What `paper` is made of: invented markets for a seed, or one recorded tape with the terms that go with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from venue_scenes import INSTRUMENT, START_NS, D, Rows

from helpers.enums import MarketKind
from helpers.errors import UserError
from simulation.paper_markets import PAPER_MARKETS
from simulation.paper_world import SYNTHETIC_START_NS, open_paper_venue, paper_start_ns
from simulation.parquet_tape import write_parquet
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from simulation.venue import SimulatedVenue


def invented(seed: int = 7, label: str = "paper") -> SimulatedVenue:
    """Open a venue on synthetic markets."""
    return open_paper_venue(label=label, seed=seed, tapes=(), start_ns=SYNTHETIC_START_NS)


def recorded(folder: Path, **changes: object) -> SimulatedVenue:
    """Open a venue on a recording of these tests' instrument, with some of it changed."""
    path = folder / "tape.parquet"
    instrument = msgspec.structs.replace(INSTRUMENT, **changes)
    write_parquet(Rows().quote(1, 1002, 1003).tape(instrument), path)
    return open_paper_venue(label="rec", seed=1, tapes=[path], start_ns=paper_start_ns([path]))


def test_synthetic_runs_begin_at_one_moment() -> None:
    """Without a tape every run begins at the start of 2026, so that a seed gives the same times."""
    assert paper_start_ns(()) == SYNTHETIC_START_NS == START_NS


def test_every_paper_market_can_be_listed() -> None:
    """Each market comes with its own steps, minimums and leverage, and the venue's fees and limits."""
    venue, profile = invented(), VenueProfile()
    for spec in PAPER_MARKETS:
        market = venue.find_market(spec.ticker.lower()).market
        assert (market.exchange, market.ticker, market.contract_id) == ("paper", spec.ticker, spec.contract_id)
        assert (market.tick_size, market.quantity_step) == (spec.tick_size, spec.quantity_step)
        assert (market.min_quantity, market.min_notional) == (spec.min_quantity, spec.min_notional)
        assert (market.max_leverage, market.maintenance_margin) == (spec.max_leverage, spec.maintenance_margin)
        assert market.kind is spec.kind
        assert (market.maker_fee, market.taker_fee) == (profile.maker_fee, profile.taker_fee)
        assert market.max_open_orders == profile.max_open_orders
    assert len(venue.core.markets) == len(PAPER_MARKETS)


def test_an_unknown_ticker_is_one_line() -> None:
    """A market that is not invented is refused with the ones that are."""
    with pytest.raises(UserError, match="SHIB"):
        invented().find_market("SHIB")


def test_label_and_seed_choose_the_delays_and_the_seed_the_market() -> None:
    """Two venues of one run share the market but not the delays; the same label and seed share both."""
    one, same, other = invented(label="a"), invented(label="a"), invented(label="b")
    assert isinstance(one, SimulatedVenue)
    draws = [[venue.core.rng.random() for _ in range(3)] for venue in (one, same, other)]
    assert draws[0] == draws[1] != draws[2]
    first = next(SyntheticTape(PAPER_MARKETS[0], 7, SYNTHETIC_START_NS).chunks())
    bbo = one.find_market(PAPER_MARKETS[0].ticker).bbo()
    assert bbo is not None
    assert bbo.bid == first.bid[0] * PAPER_MARKETS[0].tick_size


def test_a_recording_brings_its_own_market(tmp_path: Path) -> None:
    """Grid, quote currency and start time are the tape's; leverage is that of the paper market of the same name."""
    venue = recorded(tmp_path, quote="USDT")
    market = venue.find_market("btc").market
    alike = next(spec for spec in PAPER_MARKETS if spec.ticker == "BTC")
    assert venue.core.now_ns == START_NS
    assert (market.exchange, market.contract_id, market.quote) == ("rec", "BTC-PERP", "USDT")
    assert (market.tick_size, market.quantity_step) == (INSTRUMENT.tick_size, INSTRUMENT.quantity_step)
    assert market.min_quantity == INSTRUMENT.quantity_step
    assert (market.max_leverage, market.maintenance_margin) == (alike.max_leverage, alike.maintenance_margin)
    assert venue.open_account("me").currency == "USDT"
    bbo = venue.find_market("BTC").bbo()
    assert bbo is not None
    assert bbo.bid == D("100")


def test_a_recording_of_another_market_has_cautious_terms(tmp_path: Path) -> None:
    """A market that paper does not know gets leverage 20 and 2.5 % maintenance margin."""
    market = recorded(tmp_path, ticker="XYZ").find_market("XYZ").market
    assert (market.max_leverage, market.maintenance_margin) == (20, Decimal("0.025"))


def test_a_recording_is_of_spot_if_its_ticker_says_so(tmp_path: Path) -> None:
    """A ticker that ends in -SPOT is traded paid in full, whatever else it is; the others stay perpetuals."""
    market = recorded(tmp_path, ticker="XYZ-SPOT").find_market("xyz-spot").market
    assert (market.kind, market.contract_id) == (MarketKind.SPOT, "XYZ-SPOT")
    assert (market.max_leverage, market.maintenance_margin) == (1, 0)
    assert recorded(tmp_path, ticker="SPOT").find_market("SPOT").market.kind is MarketKind.PERP


def test_a_recording_holds_one_market_only(tmp_path: Path) -> None:
    """Another ticker than the tape's is refused, naming the one it has."""
    with pytest.raises(UserError, match="--ticker ETH: the tape holds BTC") as caught:
        recorded(tmp_path).find_market("ETH")
    assert "--ticker BTC" in str(caught.value)
