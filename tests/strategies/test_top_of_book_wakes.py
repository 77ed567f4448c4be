"""Sleeping changes nothing: a maker that is woken by everything does exactly what one does that names its wakes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from top_of_book_scenes import SPOT
from wake_runs import compare, run, sleepless
from worlds import NO_DELAY, START_NS, TEN_MS, walk_tape

from exchanges.paper import PaperClient
from helpers.enums import Capability
from simulation.paper_markets import paper_market
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from strategies.top_of_book_maker.strategy import TopOfBookMakerStrategy

FEE = "0.0000001"
OPTIONS: dict[str, dict[str, Any]] = {
    "no fee": {"maker_fee_rate": "0"},
    "literal": {"price_mode": "literal"},
    "pauses": {"maker_fee_rate": "0", "max_exposure": "55"},
    "pauses, at the bid": {"maker_fee_rate": "0", "max_exposure": "40", "exposure_price": "best_bid"},
    "too little money": {"maker_fee_rate": "0", "min_usd_balance": "9999.5"},
    "few sells": {"maker_fee_rate": "0", "max_sells": 2},
    "no limits": {"maker_fee_rate": "0", "max_exposure": None, "min_usd_balance": None},
    # 0.001 is below the least notional while the price is below 10,000
    "minimum": {"maker_fee_rate": "0", "quantity": "0.001"},
}
CHEAP: dict[str, dict[str, Any]] = {
    "defaults": {},
    "below the ask": {"maker_fee_rate": FEE},
    "clamped": {"maker_fee_rate": FEE, "spread_guard": "market", "clamp_to_bid": True},
    "one width only": {"maker_fee_rate": FEE, "spread_guard": "market"},
    "clamped, below the ask": {"maker_fee_rate": FEE, "clamp_to_bid": True},
}
"""At a price of 1,000, where 0.01 % is one tick."""
EVERY = sleepless(TopOfBookMakerStrategy)
SILENT = {"literal", "too little money"}
"""Options with which it hardly trades."""
PROFILES = pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS], ids=["no delay", "ten ms"])


@PROFILES
@pytest.mark.parametrize("name", [*OPTIONS, *CHEAP])
def test_waking_more_often_changes_nothing(name: str, profile: VenueProfile, tmp_path: Path) -> None:
    """Decisions, orders and fills are the same to the nanosecond, in fewer steps."""
    start, options = (100_000, OPTIONS[name]) if name in OPTIONS else (10_000, {"quantity": "0.02", **CHEAP[name]})
    steps = fills = all_steps = 0
    for seed in range(1, 3):
        tapes = [walk_tape(seed, 350, start) for _ in range(2)]
        own = run(TopOfBookMakerStrategy, tmp_path / f"own-{seed}", tapes[0], profile, 100, **options)
        every = run(EVERY, tmp_path / f"every-{seed}", tapes[1], profile, 100, **options)
        compare(own, every)
        steps, all_steps, fills = steps + own.steps, all_steps + every.steps, fills + own.fills
    assert fills > 8 or name in SILENT
    assert steps < all_steps


def test_without_amends_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on a venue where the buy has to be cancelled and placed anew."""
    less = PaperClient.capabilities.fget
    monkeypatch.setattr(PaperClient, "capabilities", property(lambda client: less(client) - {Capability.AMEND}))
    own = run(TopOfBookMakerStrategy, tmp_path / "own", walk_tape(4, 800), TEN_MS, 250, maker_fee_rate=0)
    every = run(EVERY, tmp_path / "every", walk_tape(4, 800), TEN_MS, 250, maker_fee_rate=0)
    compare(own, every)
    assert any("cancelled buy" in line.text for line in own.lines)
    assert not any("amended" in line.text for line in own.lines)


@pytest.mark.parametrize("fee", ["0", "0.00002"])
def test_on_a_synthetic_market_too(fee: str, tmp_path: Path) -> None:
    """The same on minutes of the market that the demonstration trades."""
    tapes = [SyntheticTape(paper_market("BTC"), 11, START_NS) for _ in range(2)]
    own = run(TopOfBookMakerStrategy, tmp_path / "own", tapes[0], TEN_MS, 600, maker_fee_rate=fee)
    every = run(EVERY, tmp_path / "every", tapes[1], TEN_MS, 600, maker_fee_rate=fee)
    compare(own, every)
    assert own.fills > 20


@PROFILES
@pytest.mark.parametrize(
    ("deposit", "limits", "words"),
    [(600, {}, "500"), (90, {"min_usd_balance": None}, "it needs")],
    ids=["limit", "no limit"],
)
def test_on_spot_too(deposit: int, limits: dict[str, Any], words: str, profile: VenueProfile, tmp_path: Path) -> None:
    """The same where money is short: every order binds some, what is free decides, and none is refused for it."""
    poor = replace(profile, deposit=Decimal(deposit))
    options = {"market": SPOT, "maker_fee_rate": 0, **limits}
    own = run(TopOfBookMakerStrategy, tmp_path / "own", walk_tape(3, 400), poor, 110, **options)
    every = run(EVERY, tmp_path / "every", walk_tape(3, 400), poor, 110, **options)
    compare(own, every)
    assert own.fills > 8
    assert any(words in line.text for line in own.lines if line.kind == "place_order")
    assert not any("INSUFFICIENT" in line.text for line in own.lines)
