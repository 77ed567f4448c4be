"""Keys that are missing, malformed or another account's: one line, exit code 2, nothing sent, left or shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from refusal_scenes import VENUES, Scene, findings, no_trace, open_scene, other_keys

from helpers.logs import forget_secrets, reset_logging

PRIVATE = {
    "lighter": "LIGHTER_API_KEY_PRIVATE_KEY",
    "paradex": "PARADEX_L2_PRIVATE_KEY",
    "extended": "EXTENDED_STARK_KEY_PRIVATE",
}
NEEDED = [
    ("lighter", "LIGHTER_API_KEY_PRIVATE_KEY"),
    ("lighter", "LIGHTER_API_KEY_INDEX"),
    ("paradex", "PARADEX_L2_PRIVATE_KEY"),
    *(("extended", f"EXTENDED_{name}") for name in ("API_KEY", "STARK_KEY_PUBLIC", "STARK_KEY_PRIVATE", "VAULT")),
]
# venue, variables of another account, what the line must name
ANOTHERS = [
    ("lighter", ["LIGHTER_API_KEY_PRIVATE_KEY"], "LIGHTER_API_KEY_PRIVATE_KEY"),
    ("lighter", ["LIGHTER_ACCOUNT_INDEX"], "LIGHTER_ACCOUNT_INDEX"),
    ("lighter", ["LIGHTER_ACCOUNT_INDEX", "LIGHTER_API_KEY_PRIVATE_KEY"], "LIGHTER_ENVIRONMENT"),
    ("paradex", ["PARADEX_L2_PRIVATE_KEY"], "PARADEX_L2_PRIVATE_KEY"),
    ("paradex", ["PARADEX_L2_ADDRESS"], "PARADEX_L2_ADDRESS"),
    ("paradex", ["PARADEX_L2_PRIVATE_KEY", "PARADEX_L2_ADDRESS"], "PARADEX_ENVIRONMENT"),
    ("extended", ["EXTENDED_API_KEY"], "EXTENDED_API_KEY and EXTENDED_ENVIRONMENT"),
    ("extended", ["EXTENDED_STARK_KEY_PRIVATE"], "EXTENDED_STARK_KEY_PUBLIC is not the public key of"),
    ("extended", ["EXTENDED_STARK_KEY_PRIVATE", "EXTENDED_STARK_KEY_PUBLIC"], "EXTENDED_STARK_KEY_PUBLIC is not of"),
    ("extended", ["EXTENDED_VAULT"], "EXTENDED_VAULT is not of the account"),
]
MALFORMED: dict[str, Callable[[str], str]] = {
    "no hex": lambda key: key[:-1] + "g",
    "too long": lambda key: key + "ab",
    "a space inside": lambda key: f"{key[:10]} {key[10:]}",
    "quotes inside quotes": lambda key: f"'\"{key}\"'",
    "a letter with an accent": lambda key: key[:-1] + "é",
    "a wallet's key": lambda _: "0x" + "ab" * 32,
    "zero": lambda _: "0x0",
}
WELL_SPELT: dict[str, Callable[[str], str]] = {
    "spaces around": lambda key: f"  {key}  ",
    "in quotes": lambda key: f'"{key}"',
    "without 0x": lambda key: key.removeprefix("0x"),
    "with 0x": lambda key: "0x" + key.removeprefix("0x"),
    "in capitals": lambda key: "0X" + key.removeprefix("0x").upper(),
}


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """The command line before one venue, with an .env file that is in order."""
    yield open_scene(request.param, tmp_path, monkeypatch)
    forget_secrets()
    reset_logging()


each_venue = pytest.mark.parametrize("scene", VENUES, indirect=True)


@each_venue
def test_without_keys_all_that_are_missing_are_named(scene: Scene) -> None:
    """And where to find out about them; the doctor says the same, and skips what needs them."""
    gone = dict.fromkeys(name for name in scene.environment if not name.endswith(("URL", "ENVIRONMENT")))
    told = no_trace(scene, scene.run(**gone))
    assert told.code == 2
    assert PRIVATE[scene.name] in told.line
    assert told.line.endswith(" to the .env file (docs/venues.md says where from)")
    looked = scene.doctor(**gone)
    assert looked.exit_code == 2
    found = findings(scene, looked)
    assert found.pop("keys") == ("wrong", told.line)
    assert {state for state, _ in found.values()} <= {"skipped"}


@pytest.mark.parametrize(("scene", "missing"), NEEDED, indirect=["scene"])
def test_a_missing_key_is_named(scene: Scene, missing: str) -> None:
    """One of several is enough."""
    assert no_trace(scene, scene.run(**{missing: None})).line.startswith(f"{missing} is not set: ")
    assert no_trace(scene, scene.run(**{missing: "  "})).code == 2


@pytest.mark.parametrize("what", MALFORMED)
@each_venue
def test_a_malformed_key_is_named_and_not_shown(scene: Scene, what: str) -> None:
    """Before anything is asked of the venue."""
    variable = PRIVATE[scene.name]
    value = MALFORMED[what](scene.environment[variable])
    told = no_trace(scene, scene.run(**{variable: value}))
    assert (told.code, told.line.split(":")[0]) == (2, f"{variable} is malformed")
    assert value not in told.line
    assert scene.transport is not None
    assert scene.transport.requests == []
    looked = scene.doctor(**{variable: value})
    assert looked.exit_code == 2
    assert findings(scene, looked)["keys"] == ("wrong", told.line)


@each_venue
def test_a_piece_of_a_key_is_refused(scene: Scene) -> None:
    """Half of it was copied."""
    variable = PRIVATE[scene.name]
    told = no_trace(scene, scene.run(**{variable: scene.environment[variable][:30]}))
    assert (told.code, variable in told.line) == (2, True)
    assert scene.environment[variable][2:30] not in told.line


@pytest.mark.parametrize("what", WELL_SPELT)
@each_venue
def test_a_key_may_be_written_in_several_ways(scene: Scene, what: str) -> None:
    """Spaces and quotes around it, 0x or not, capitals: it is the same key."""
    variable = PRIVATE[scene.name]
    result = scene.doctor(**{variable: WELL_SPELT[what](scene.environment[variable])})
    assert result.exit_code == 0, result.output
    assert {state for state, _ in findings(scene, result).values()} == {"ok"}


@pytest.mark.parametrize(("scene", "variables", "named"), ANOTHERS, indirect=["scene"])
def test_a_key_of_another_account_is_refused(scene: Scene, variables: list[str], named: str) -> None:
    """Well-formed and wrong: the line says which variables to look at, and the doctor says so too."""
    others = {name: other_keys(scene.name)[name] for name in variables}
    told = no_trace(scene, scene.run(**others))
    assert told.code == 2
    assert named in told.line
    looked = scene.doctor(**others)
    found = findings(scene, looked)
    assert looked.exit_code == 2
    wrong = [text for state, text in found.values() if state == "wrong"]
    assert len(wrong) == 1
    assert named.split(maxsplit=1)[0].rsplit("_", 1)[0] in wrong[0]  # the same family of variables
    assert not {"ok"} & {found[step][0] for step in ("money", "signed order", "book") if step in found}


def test_a_wallet_without_an_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lighter finds the account by the wallet's address; an address without one is named with its variable."""
    scene = open_scene("lighter", tmp_path, monkeypatch)
    address = other_keys("lighter")["LIGHTER_L1_ADDRESS"]
    told = no_trace(scene, scene.run(LIGHTER_ACCOUNT_INDEX=None, LIGHTER_L1_ADDRESS=address))
    assert told.code == 2
    assert told.line.startswith(f"Lighter has no account of {address}: check LIGHTER_L1_ADDRESS")


@each_venue
def test_a_file_of_keys_that_others_can_read_is_refused(scene: Scene) -> None:
    """The run does not start; the doctor says so as its first step, and looks at the rest all the same."""
    scene.write_env(mode=0o644)
    told = no_trace(scene, scene.run())
    assert told.line == ".env holds keys and others on this machine may read it (mode 644): chmod 600 .env"
    looked = scene.doctor()
    found = findings(scene, looked)
    assert looked.exit_code == 2
    assert next(iter(found.items())) == ("key file", ("wrong", told.line))
    assert {state for step, (state, _) in found.items() if step != "key file"} == {"ok"}
    scene.write_env(mode=0o600)
    assert findings(scene, scene.doctor())["key file"] == ("ok", ".env can be read by you alone")
