"""Which clock and loop a run gets."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from console.seams import seams_of
from exchanges.factory import exchanges
from exchanges.paper import PaperClient
from helpers.busy_poll import busy_poll_loop
from helpers.clock import WallClock
from helpers.config import TradingConfig, build_config
from helpers.errors import UserError
from simulation.paper_world import SYNTHETIC_START_NS
from simulation.virtual_loop import VirtualClock
from strategies.factory import strategies


class Live(PaperClient):
    """A venue outside the process."""

    is_simulated = False


@pytest.fixture(autouse=True)
def live_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `live` be a venue beside `paper`."""
    monkeypatch.setattr(exchanges, "load", lambda name: Live if name == "live" else PaperClient)


def config(folder: Path, **flags: str) -> TradingConfig:
    """Build a configuration."""
    return build_config(flags, {}, folder, lambda name: strategies.load(name).params_model)


def test_simulated_venues_get_virtual_time(tmp_path: Path) -> None:
    """Time begins with the market, on a loop that jumps."""
    seams = seams_of(config(tmp_path, exchange="paper:a,paper:b", speed="max"))
    assert isinstance(seams.clock, VirtualClock)
    assert seams.clock.now_ns() == SYNTHETIC_START_NS
    assert seams.classes == [PaperClient, PaperClient]
    seams.loop_factory().close()


@pytest.mark.parametrize("has_uvloop", [True, False])
def test_live_venues_get_the_wall_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_uvloop: bool) -> None:
    """Real time, on the fastest loop there is: uvloop's, or asyncio's own where that is missing."""
    if not has_uvloop:
        monkeypatch.setitem(sys.modules, "uvloop", None)
    seams = seams_of(config(tmp_path, exchange="live"))
    assert isinstance(seams.clock, WallClock)
    assert (seams.loop_factory is asyncio.new_event_loop) is not has_uvloop


def test_kinds_of_venues_are_not_mixed(tmp_path: Path) -> None:
    """A run is either live or simulated."""
    with pytest.raises(UserError, match="--exchange paper,live mixes live and simulated venues"):
        seams_of(config(tmp_path, exchange="paper,live"))


def test_busy_polling_is_for_venues_outside(tmp_path: Path) -> None:
    """A loop that never sleeps serves live venues; a simulated one has no network to wait for."""
    assert seams_of(config(tmp_path, exchange="live", busy_poll="true")).loop_factory is busy_poll_loop
    with pytest.raises(UserError, match="--busy-poll cannot be used on a simulated venue"):
        seams_of(config(tmp_path, busy_poll="true"))
