"""A venue that is closed, or whose clock is not ours: one line, no order, nothing left behind; the doctor's steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import pytest
from refusal_scenes import VENUES, Scene, findings, no_trace, open_scene, the_doctor_fails
from worlds import START_NS

from helpers.logs import forget_secrets, reset_logging
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, Stream, StreamListener, Transport
from simulation.servers.extended.front import ExtendedFront, TradingMode
from simulation.servers.front import VenueFront
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.paradex.front import ParadexFront
from simulation.servers.paradex.terms import ParadexTerms, StateWindow, SystemStatus
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """The command line before one venue, with an .env file that is in order."""
    yield open_scene(request.param, tmp_path, monkeypatch)
    forget_secrets()
    reset_logging()


each_venue = pytest.mark.parametrize("scene", VENUES, indirect=True)


def paradex_in(status: SystemStatus, options: ServerOptions) -> VenueFront:
    """Open a Paradex whose trading system is in a state for good."""
    always = StateWindow(start_ns=0, end_ns=2 * START_NS, status=status)
    return ParadexFront(options, ParadexTerms(windows=(always,)))


@pytest.mark.parametrize(
    ("status", "words"), [(SystemStatus.MAINTENANCE, "maintenance"), (SystemStatus.CANCEL_ONLY, "only cancels")]
)
@pytest.mark.parametrize("scene", ["paradex"], indirect=True)
def test_a_closed_trading_system(scene: Scene, status: SystemStatus, words: str) -> None:
    """Paradex says so before anything is sent."""
    scene.make_front = partial(paradex_in, status)
    told = no_trace(scene, scene.run())
    assert told.code == 1
    assert words in told.line
    assert told.line.endswith("start again later")
    found = the_doctor_fails(scene, words)
    assert found["login"][0] == "ok"


@pytest.mark.parametrize("scene", ["paradex"], indirect=True)
def test_post_only_is_no_reason_not_to_start(scene: Scene) -> None:
    """A maker can trade then; the doctor says how things stand."""
    scene.make_front = partial(paradex_in, SystemStatus.POST_ONLY)
    assert scene.run().exit_code == 0
    the_doctor_fails(scene, "only post-only orders")


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (TradingMode.MAINTENANCE, "Extended is under maintenance"),
        (TradingMode.POST_ONLY, "takes post-only orders only"),
        (TradingMode.REDUCE_ONLY, "takes reduce-only orders only"),
    ],
)
@pytest.mark.parametrize("scene", ["extended"], indirect=True)
def test_a_mode_that_only_an_order_shows(scene: Scene, mode: TradingMode, words: str) -> None:
    """Extended tells its mode to orders alone: the doctor's harmless one finds it."""

    def switch(front: VenueFront) -> None:
        assert isinstance(front, ExtendedFront)
        front.set_mode(mode)

    scene.prepare = switch
    found = the_doctor_fails(scene, words)
    assert found["signed order"][0] == "failed"


@pytest.mark.parametrize(
    ("scene", "ahead_s", "says"),
    [
        ("lighter", -700, "this machine's clock differs from the venue's: set it by NTP"),
        ("lighter", 9 * 3600, "this machine's clock differs from the venue's: set it by NTP"),
        ("paradex", -20, "this machine's clock is 20 s behind Paradex's: set it by NTP"),
        ("paradex", 400, "this machine's clock is 400 s ahead of Paradex's: set it by NTP"),
        ("extended", -7200, "this machine's clock is 7200 s behind Extended's: set it by NTP"),
        ("extended", 40 * 86_400, "this machine's clock is 3456000 s ahead of Extended's: set it by NTP"),
    ],
    indirect=["scene"],
)
def test_a_clock_that_is_off(scene: Scene, ahead_s: int, says: str) -> None:
    """By more than signatures, tokens or expiries bear: named before the first order, and a step of the doctor's."""
    scene.skew_s = ahead_s
    told = no_trace(scene, scene.run())
    assert told.code == 2
    assert told.line.endswith(says)
    looked = scene.doctor()
    found = findings(scene, looked)
    assert looked.exit_code == 2
    assert (found["clock"][0], "NTP" in found["clock"][1]) == ("wrong", True)


@each_venue
def test_a_clock_that_is_nearly_right(scene: Scene) -> None:
    """Two seconds are nothing to a run."""
    scene.skew_s = 2
    assert scene.run().exit_code == 0


@dataclass
class Reworded:
    """A transport on which every answer has one text replaced by another."""

    inner: MemoryTransport
    before: bytes
    after: bytes

    async def request(self, request: HttpRequest) -> HttpResponse:
        response = await self.inner.request(request)
        return msgspec.structs.replace(response, body=response.body.replace(self.before, self.after))

    async def open_stream(self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS) -> Stream:
        return await self.inner.open_stream(url, listener, headers)

    async def close(self) -> None:
        await self.inner.close()


@pytest.mark.parametrize("scene", ["lighter"], indirect=True)
def test_a_market_that_is_being_closed(scene: Scene) -> None:
    """Lighter's list of markets says that one takes reduce-only orders only, or is not active at all."""

    def reduce_only(transport: MemoryTransport, clock: VirtualClock) -> Transport:
        del clock
        return Reworded(transport, b'"force_reduce_only":false', b'"force_reduce_only":true')

    def inactive(transport: MemoryTransport, clock: VirtualClock) -> Transport:
        del clock
        return Reworded(transport, b'"status":"active"', b'"status":"inactive"')

    scene.wrap = reduce_only
    assert the_doctor_fails(scene, "BTC takes reduce-only orders only, for now")["market"][0] == "failed"
    scene.wrap = inactive
    told = no_trace(scene, scene.run())
    assert (told.code, told.line) == (2, "BTC cannot be traded on Lighter now: choose another --ticker")
