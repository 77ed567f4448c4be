"""What the doctor says of Paradex: one line for each thing, and what to do where it is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from paradex_samples import ACCOUNT, MARKET
from paradex_scenes import ENVIRONMENT, KEY, FakeVenue, connected, context_of

from exchanges.paradex.client import ParadexClient
from exchanges.paradex.keys import ParadexPlace
from exchanges.paradex.link import Link
from exchanges.socket_transport import SocketTransport
from helpers.errors import AuthError, ConnectivityError, UserError, VenueError
from simulation.virtual_loop import VirtualClock

ROOT = Path(__file__).resolve().parents[3]


async def lines(venue: FakeVenue, **environment: str) -> dict[str, str]:
    """Look at everything, as the doctor does; errors as their text."""
    told = {}
    for step in ParadexClient(context_of(venue, **environment)).checkup("BTC"):
        try:
            told[step.name] = await step.look()
        except (UserError, VenueError) as error:
            told[step.name] = f"! {error}"
            if step.needed_for_rest:
                break
    return told


async def test_a_healthy_account_is_told_line_by_line(clock: VirtualClock) -> None:
    """Network, venue, clock, login, money, market, fees and book, and nothing secret; nothing stays open."""
    venue = FakeVenue(clock)
    told = await lines(venue)
    assert list(told) == ["keys", "venue", "clock", "login", "account", "market", "fees and limits", "book"]
    assert told["keys"] == "mainnet, account and key given"
    assert told["clock"] == "differs by 0 ms"
    assert told["account"] == "10010.5 USDC, 9000.25 of it free"
    assert told["market"] == "BTC-USD-PERP: tick 0.1, step 0.00001, at least 10 USD, leverage up to 50"
    assert told["fees and limits"].startswith("maker -0.001 %, taker 0.03 %; 800 orders/s")
    assert told["book"] == "best bid 80000.0, best ask 80000.1"
    assert KEY[2:] not in repr(told)
    assert not any(stream.is_open for stream in venue.streams)
    assert venue.requests("POST /orders") == []


@pytest.mark.parametrize(
    ("key", "answer", "step", "words"),
    [
        ("GET /system/state", {"status": "cancel_only"}, "venue", "only cancels"),
        ("GET /system/state", {"status": "post_only"}, "venue", "post-only orders"),
        ("GET /system/state", {"status": "maintenance"}, "venue", "maintenance"),
        ("GET /system/state", {"status": "half_asleep"}, "venue", "half_asleep"),
        ("GET /system/time", {"server_time": "5000"}, "clock", "set it by NTP"),
        ("GET /account", {**ACCOUNT, "status": "DISPOSED"}, "account", "DISPOSED"),
        ("GET /account", {**ACCOUNT, "account_value": "0"}, "account", "deposit"),
        ("GET /markets", {"results": [{**MARKET, "trading_mode": "RFQ_ONLY"}]}, "market", "no order book"),
    ],
)
async def test_what_is_wrong_is_named(clock: VirtualClock, key: str, answer: Any, step: str, words: str) -> None:
    """Each trouble stands in its own line, with what to do."""
    venue = FakeVenue(clock)
    venue.script(key, (200, answer))
    told = (await lines(venue))[step]
    assert told.startswith("! ")
    assert words in told


async def test_a_one_sided_book_is_named(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A book that nobody can trade on is no healthy one."""
    monkeypatch.setattr("paradex_scenes.LEVELS", [{"side": "BUY", "price": "80000", "size": "1"}])
    assert (await lines(FakeVenue(clock)))["book"] == "! the book is one-sided"


async def test_to_look_is_not_to_register(clock: VirtualClock) -> None:
    """The doctor tells that the venue does not know the key, also where a run may register it, and goes no further."""
    venue = FakeVenue(clock)
    venue.script("POST /auth", (400, {"error": "NOT_ONBOARDED", "message": "who?"}))
    told = await lines(venue, onboard="true", l1_address="0x" + "a" * 40)
    assert list(told)[-1] == "login"
    assert "log in once at app.paradex.trade" in told["login"]
    assert venue.requests("POST /onboarding") == []


async def test_without_keys_nothing_is_asked(clock: VirtualClock) -> None:
    """The first line says what is missing, and the venue hears nothing."""
    venue = FakeVenue(clock)
    told = await lines(venue, l2_private_key="")
    assert told == {"keys": told["keys"]}
    assert "PARADEX_L2_PRIVATE_KEY is not set" in told["keys"]
    assert venue.asked == []
    venue_step = ParadexClient(context_of(venue)).checkup("BTC")[1]
    with pytest.raises(UserError, match="no keys"):
        await venue_step.look()


async def test_keys_of_another_network_are_refused_before_anything_is_signed(clock: VirtualClock) -> None:
    """The venue names its chain; nothing is signed for one that was not asked for."""
    venue = FakeVenue(clock)
    with pytest.raises(UserError, match="PARADEX_ENVIRONMENT"):
        await connected(venue, environment="testnet")
    assert venue.tokens == 0


async def test_the_account_of_a_main_key_is_worked_out(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address the venue's own rule gives it, from the key and the venue's configuration."""
    monkeypatch.setattr("exchanges.paradex.account.derive_address", lambda config, key: 0xABC)
    client = await connected(FakeVenue(clock), l2_address="")
    assert client.account_id == "0xabc"


async def test_an_absent_sdk_is_one_line(monkeypatch: pytest.MonkeyPatch, clock: VirtualClock) -> None:
    """What is missing and how to install it, or how to do without."""
    venue = FakeVenue(clock)
    monkeypatch.setitem(sys.modules, "paradex_py.account.utils", None)
    with pytest.raises(UserError, match="PARADEX_L2_ADDRESS, or make install EXTRAS=paradex"):
        await connected(venue, l2_address="")
    monkeypatch.setitem(sys.modules, "fast_stark_crypto", None)
    with pytest.raises(UserError, match="make install EXTRAS=paradex"):
        await connected(venue)


async def test_without_a_transport_there_are_sockets(clock: VirtualClock) -> None:
    """Made when first used, closed when the client leaves, and made anew after that."""
    context = context_of(FakeVenue(clock))
    object.__setattr__(context, "transport", None)
    link = Link(context, ParadexPlace.read(ENVIRONMENT))
    first = link.transport
    assert isinstance(first, SocketTransport)
    assert link.http is link.http
    await link.close()
    await link.close()
    assert link.transport is not first
    await link.close()


async def test_an_unreachable_venue_is_no_wrong_key(clock: VirtualClock) -> None:
    """Silence while connecting is told as such."""
    venue = FakeVenue(clock)
    venue.script("GET /markets", ConnectivityError("no answer"))
    with pytest.raises(ConnectivityError, match="no answer"):
        await connected(venue)
    venue.script("POST /auth", (400, {"error": "INVALID_SUBKEY", "message": "revoked"}))
    with pytest.raises(AuthError, match="subkey"):
        await connected(venue)


def test_loading_the_client_loads_nothing_heavy() -> None:
    """Neither the SDK nor aiohttp is loaded before it is needed: a command's help stays quick."""
    code = (
        "import sys, exchanges.paradex.client\n"
        "heavy = {'paradex_py', 'starknet_py', 'aiohttp', 'fast_stark_crypto', 'eth_account'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert found.stdout.strip() == "[]"
