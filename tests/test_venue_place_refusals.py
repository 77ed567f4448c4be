"""A network, an address, a ticker or a quantity that cannot be: one line, exit code 2, nothing sent, nothing left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from refusal_scenes import VENUES, Scene, findings, no_trace, open_scene

from exchanges.lighter import native_signer
from helpers.logs import forget_secrets, reset_logging

ADDRESSES_THAT_ARE_NONE = [
    "127.0.0.1:8001",
    "ftp://127.0.0.1:8001",
    "http://",
    "http://[::1",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:port",
    "http://a b",
    "http://me:password@127.0.0.1:8001",
    "http://127.0.0.1:8001?x=1",
]


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """The command line before one venue, with an .env file that is in order."""
    yield open_scene(request.param, tmp_path, monkeypatch)
    forget_secrets()
    reset_logging()


each_venue = pytest.mark.parametrize("scene", VENUES, indirect=True)


def same_by_the_doctor(scene: Scene, line: str, step: str, **changes: str) -> None:
    """See that the doctor shows the same line at a step."""
    looked = scene.doctor(**changes)
    assert looked.exit_code == 2
    assert findings(scene, looked)[step] == ("wrong", line)


@each_venue
def test_an_unknown_environment(scene: Scene) -> None:
    """The two that there are are named."""
    wrong = {f"{scene.name.upper()}_ENVIRONMENT": "staging"}
    told = no_trace(scene, scene.run(**wrong))
    assert told.line == f"{scene.name.upper()}_ENVIRONMENT is malformed: write mainnet or testnet"
    same_by_the_doctor(scene, told.line, "keys", **wrong)


@pytest.mark.parametrize("address", ADDRESSES_THAT_ARE_NONE)
@each_venue
def test_a_malformed_address(scene: Scene, address: str) -> None:
    """The variable and the form are named; a password in it is not."""
    variable = f"{scene.name.upper()}_URL"
    told = no_trace(scene, scene.run(**{variable: address}))
    assert (told.code, told.line.split(":")[0]) == (2, f"{variable} is malformed")
    assert "http://127.0.0.1:8001" in told.line
    assert "password" not in told.line


@pytest.mark.parametrize("scene", ["paradex", "extended"], indirect=True)
def test_a_malformed_address_of_streams(scene: Scene) -> None:
    """It begins with ws, not with http."""
    variable = f"{scene.name.upper()}_STREAM_URL"
    wrong = {variable: "http://127.0.0.1:8001"}
    told = no_trace(scene, scene.run(**wrong))
    assert told.line.startswith(f"{variable} is malformed: an address begins with ws:// or wss://")
    same_by_the_doctor(scene, told.line, "keys", **wrong)


@pytest.mark.parametrize("scene", ["paradex", "extended"], indirect=True)
def test_a_bare_host_gets_the_venues_own_path(scene: Scene) -> None:
    """Who gives scheme, host and port only means the venue's usual path below it."""
    result = scene.doctor(**{f"{scene.name.upper()}_URL": "http://127.0.0.1:1"})
    assert result.exit_code == 0, result.output
    assert {state for state, _ in findings(scene, result).values()} == {"ok"}


@pytest.mark.parametrize(
    ("scene", "changes", "named"),
    [
        ("paradex", {"PARADEX_ENVIRONMENT": "mainnet"}, "PRIVATE_SN_POTC_SEPOLIA, which is not Paradex mainnet"),
        ("paradex", {"PARADEX_ENVIRONMENT": "prod"}, "PARADEX_ENVIRONMENT and PARADEX_URL to the same network"),
        ("lighter", {"LIGHTER_URL": "https://testnet.zklighter.elliot.ai"}, "LIGHTER_ENVIRONMENT=mainnet"),
        (
            "extended",
            {"EXTENDED_URL": "https://api.starknet.extended.exchange/api/v1"},
            "EXTENDED_URL is mainnet's: signatures would be made for EXTENDED_ENVIRONMENT=testnet",
        ),
    ],
    indirect=["scene"],
)
def test_one_network_by_name_and_another_by_address(scene: Scene, changes: dict[str, str], named: str) -> None:
    """Where it can be told, keys never sign for another network than the person named."""
    told = no_trace(scene, scene.run(**changes))
    assert told.code == 2
    assert named in told.line


@pytest.mark.parametrize(
    ("ticker", "near"), [("BTCX", "did you mean BTC? "), ("btc-usd-perp", "did you mean BTC? "), ("ZZZZZZ", "")]
)
@each_venue
def test_an_unknown_ticker(scene: Scene, ticker: str, near: str) -> None:
    """The nearest one is named, also for a pair or a venue's own symbol, and some that there are."""
    told = no_trace(scene, scene.run("--ticker", ticker))
    assert told.code == 2
    assert f"{ticker.upper()!r}: {near}there are " in told.line
    assert "ETH" in told.line
    looked = scene.doctor("--ticker", ticker)
    found = findings(scene, looked)
    assert looked.exit_code == 2
    assert found["market"] == ("wrong", told.line)
    assert found["keys"][0] == found["account"][0] == "ok"


@each_venue
def test_a_ticker_in_small_letters_is_the_same(scene: Scene) -> None:
    """The command line takes btc for BTC."""
    assert findings(scene, scene.doctor("--ticker", "btc"))["market"] == findings(scene, scene.doctor())["market"]


@pytest.mark.parametrize(
    ("scene", "least"), [("lighter", "0.0002"), ("paradex", "0.00013"), ("extended", "0.0001")], indirect=["scene"]
)
def test_a_quantity_below_the_least(scene: Scene, least: str) -> None:
    """The venue's minimum, of quantity or of notional, is named before anything is sent."""
    told = no_trace(scene, scene.run("--quantity", "0.00001"))
    market = f"the least order of BTC on {scene.name} is {least}"
    assert (told.code, told.line) == (2, f"--quantity 0.00001: {market}: use {least} or more")


@each_venue
def test_a_quantity_off_the_step(scene: Scene) -> None:
    """The step and the next quantity on it are named."""
    told = no_trace(scene, scene.run("--quantity", "0.0012345"))
    assert told.code == 2
    assert told.line == f"--quantity 0.0012345: BTC on {scene.name} trades in steps of 0.00001: use 0.00124"


def lose_the_sdk(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the venue's packages be missing from the moment on at which the simulator stands."""

    def lose() -> None:
        native_signer._library.cache_clear()  # it may be loaded already
        monkeypatch.setattr(native_signer, "find_spec", lambda _: None)
        monkeypatch.setitem(sys.modules, "fast_stark_crypto", None)

    scene.prepare = lambda _: lose()


@each_venue
def test_a_package_that_is_not_installed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is the command that installs it."""
    lose_the_sdk(scene, monkeypatch)
    told = no_trace(scene, scene.run())
    assert told.code == 2
    assert f"make install EXTRAS={scene.name}" in told.line
    monkeypatch.undo()


@each_venue
def test_the_doctor_names_a_package_that_is_not_installed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one step, and what does not sign is looked at all the same."""
    lose_the_sdk(scene, monkeypatch)
    looked = scene.doctor()
    found = findings(scene, looked)
    assert looked.exit_code == 2
    wrong = [text for state, text in found.values() if state == "wrong"]
    assert [f"make install EXTRAS={scene.name}" in text for text in wrong] == [True]


def test_the_account_of_a_key_cannot_be_worked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the venue's SDK the address must be given."""
    scene = open_scene("paradex", tmp_path, monkeypatch)
    monkeypatch.setitem(sys.modules, "paradex_py.account.utils", None)
    told = no_trace(scene, scene.run(PARADEX_L2_ADDRESS=None))
    assert (told.code, told.line.endswith("set PARADEX_L2_ADDRESS, or make install EXTRAS=paradex")) == (2, True)
