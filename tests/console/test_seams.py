"""Which clock and loop a run gets."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest
from scripted_feed import Lighthouse

from console.seams import seams_of, with_paper_labels
from exchanges.base import ExchangeContext
from exchanges.factory import exchanges
from exchanges.live_paper import LivePaperClient
from exchanges.paper import PaperClient
from helpers.busy_poll import busy_poll_loop
from helpers.clock import WallClock
from helpers.config import TradingConfig, build_config
from helpers.errors import UserError
from helpers.ids import ClientOrderIds
from simulation.paper_world import SYNTHETIC_START_NS
from simulation.virtual_loop import VirtualClock
from strategies.factory import strategies


class Live(PaperClient):
    """A venue outside the process."""

    is_simulated = False


@pytest.fixture(autouse=True)
def live_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `live` and `lighthouse` be venues beside `paper`."""
    venues = {"live": Live, "lighthouse": Lighthouse, "paper": PaperClient}
    monkeypatch.setattr(exchanges, "load", venues.__getitem__)


def config(folder: Path, **flags: str) -> TradingConfig:
    """Build a configuration."""
    return build_config(flags, {}, folder, lambda name: strategies.load(name).params_model)


def key_file(folder: Path, mode: int, text: str = "LIGHTHOUSE_API_KEY=secret\n") -> str:
    """Write a .env file and give its path."""
    path = folder / "my keys.env"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_simulated_venues_get_virtual_time(tmp_path: Path) -> None:
    """Time begins with the market, on a loop that jumps."""
    seams = seams_of(config(tmp_path, exchange="paper:a,paper:b", speed="max"))
    assert isinstance(seams.clock, VirtualClock)
    assert seams.clock.now_ns() == SYNTHETIC_START_NS
    assert seams.clients == [PaperClient, PaperClient]
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


# -- real venues, simulated fills -----------------------------------------------------------------


def test_paper_on_a_real_venue_gets_its_public_data(tmp_path: Path) -> None:
    """Real time, and for each venue a client that simulates the fills on that venue's feed."""
    seams = seams_of(config(tmp_path, exchange="lighthouse:a,lighthouse:b", paper="true", busy_poll="true"))
    assert isinstance(seams.clock, WallClock)
    assert seams.loop_factory is busy_poll_loop
    made = [
        make(ExchangeContext(label, seams.clock, random.Random(1), ClientOrderIds(0)))
        for make, label in zip(seams.clients, ("a-paper", "b-paper"), strict=True)
    ]
    assert [type(client) for client in made] == [LivePaperClient, LivePaperClient]
    assert [client.exchange for client in made] == ["a-paper", "b-paper"]


def test_paper_terms_are_for_simulated_fills(tmp_path: Path) -> None:
    """Deposit, fees and delays may be set with --paper, and are refused where orders are real."""
    seams_of(config(tmp_path, exchange="lighthouse", paper="yes", deposit="500", taker_fee="0.1", order_latency="5ms"))
    with pytest.raises(
        UserError, match="--deposit cannot be used on lighthouse: it is for simulated fills: add --paper"
    ):
        seams_of(config(tmp_path, exchange="lighthouse", deposit="500"))


@pytest.mark.parametrize(("name", "value"), [("tape", "btc.parquet"), ("speed", "10")])
def test_a_real_market_is_neither_recorded_nor_fast(tmp_path: Path, name: str, value: str) -> None:
    """Tapes and paces stay with the venue inside the process, with --paper too."""
    with pytest.raises(UserError, match=f"--{name} cannot be used on lighthouse"):
        seams_of(config(tmp_path, exchange="lighthouse", paper="yes", **{name: value}))


def test_paper_adds_nothing_to_paper(tmp_path: Path) -> None:
    """On the venue inside the process --paper changes nothing, so that it may stand in a file for good."""
    settings = config(tmp_path, exchange="paper:a,paper:b", paper="true", speed="max")
    seams = seams_of(settings)
    assert seams.clients == [PaperClient, PaperClient]
    seams.loop_factory().close()
    assert with_paper_labels(settings) is settings
    with pytest.raises(UserError, match="mixes live and simulated venues"):
        seams_of(config(tmp_path, exchange="paper,lighthouse", paper="true"))


def test_records_name_paper_as_paper(tmp_path: Path) -> None:
    """Where fills are simulated every name and label says so; where they are real none is touched."""
    settings = config(tmp_path, exchange="lighthouse,live:b", paper="true")
    named = with_paper_labels(settings).run
    assert named.exchange == "lighthouse-paper,live-paper:b-paper"
    assert [venue.label for venue in named.venues] == ["lighthouse-paper", "b-paper"]
    real = config(tmp_path, exchange="lighthouse")
    assert with_paper_labels(real) is real


# -- keys that others can read --------------------------------------------------------------------


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    """A real venue is not traded on with a key file that is open; the line says how to close it."""
    path = key_file(tmp_path, 0o644)
    with pytest.raises(UserError) as refused:
        seams_of(config(tmp_path, exchange="live", env_file=path))
    assert str(refused.value) == (
        f"{path} holds keys and others on this machine may read it (mode 644): chmod 600 '{path}'"
    )
    Path(path).chmod(0o600)
    seams_of(config(tmp_path, exchange="live", env_file=path))


def test_keys_do_not_matter_where_none_are_read(tmp_path: Path) -> None:
    """Simulated fills need no keys, so an open file does no harm there."""
    path = key_file(tmp_path, 0o644)
    seams_of(config(tmp_path, exchange="lighthouse", paper="true", env_file=path))
    seams_of(config(tmp_path, speed="max", env_file=path)).loop_factory().close()
