"""The value of a key stands nowhere: no output, log, journal, repr or exception, nor behind an exception."""

from __future__ import annotations

import gc
import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from refusal_scenes import ADDRESSES, VENUES, Scene, no_trace, open_scene, other_keys, secrets_of
from worlds import context

from console.choice import Surroundings, choose, chosen_config
from exchanges.base import BaseExchangeClient
from exchanges.factory import exchanges
from exchanges.venue_keys import VenueKeys
from helpers.errors import AuthError, UserError
from helpers.logs import forget_secrets, mask, reset_logging
from simulation.servers.factory import servers
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock

OURS = ("exchanges.", "console.", "helpers.", "trading_bot")


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """The command line before one venue, with an .env file that is in order."""
    yield open_scene(request.param, tmp_path, monkeypatch)
    forget_secrets()
    reset_logging()


each_venue = pytest.mark.parametrize("scene", VENUES, indirect=True)


def forms(secrets: list[str]) -> list[str]:
    """Give every spelling in which a key could slip out: hex digits and, where it is a number, decimal ones."""
    return [*secrets, *(str(int(secret, 16)) for secret in secrets if not set(secret) - set("0123456789abcdef"))]


def seen(secrets: list[str], text: str) -> list[str]:
    """List the secrets in a text; in a failing test not the text."""
    return [secret for secret in forms(secrets) if secret in text.lower()]


def connected(name: str, clock: VirtualClock, **changes: str) -> tuple[BaseExchangeClient, list[str]]:
    """Give a client before its simulator, and the keys it holds."""
    front = servers.load(name)(ServerOptions(start_ns=clock.now_ns()))
    clock.attach(front.venue)
    environment = {**dict(line.split("=", 1) for line in front.env_lines(*ADDRESSES)), **changes}
    seams = replace(context(clock), transport=MemoryTransport(front, clock), environment=environment)
    return exchanges.load(name)(seams), secrets_of(environment)


def reachable(start: object) -> list[object]:
    """Find the objects of this project that a client holds, however deep."""
    found: dict[int, object] = {id(start): start}
    waiting = [start]
    while waiting:
        for each in gc.get_referents(waiting.pop()):
            module = type(each).__module__
            is_ours = module.startswith(OURS)
            if id(each) not in found and (is_ours or type(each) in {dict, list, tuple, set}):
                found[id(each)] = each
                waiting.append(each)
    return [each for each in found.values() if type(each).__module__.startswith(OURS)]


@pytest.mark.parametrize("name", VENUES)
async def test_no_repr_of_a_connected_client_shows_a_key(name: str, clock: VirtualClock) -> None:
    """Keys, signers, logins, sessions, the context: repr and str of everything below a client."""
    client, secrets = connected(name, clock)
    await client.connect()
    objects = reachable(client)
    assert len(objects) > 20
    assert len(secrets) >= 1
    shown = {type(each).__name__ for each in objects if seen(secrets, f"{each!r} {each}")}
    await client.disconnect()
    assert shown == set()


@pytest.mark.parametrize("name", VENUES)
async def test_keys_show_none_of_themselves(name: str, clock: VirtualClock) -> None:
    """Neither whole records of keys nor what they are turned into."""
    client, secrets = connected(name, clock)
    kinds = [kind for kind in _below(VenueKeys) if kind.prefix == f"{name.upper()}_"]
    assert len(kinds) >= 2
    for kind in kinds:
        keys = kind.read(client.context.environment)
        assert not seen(secrets, f"{keys!r} {keys} {keys.model_dump_json()}")


def _below(kind: type[VenueKeys]) -> list[type[VenueKeys]]:
    return [each for below in kind.__subclasses__() for each in (below, *_below(below))]


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("lighter", "LIGHTER_API_KEY_PRIVATE_KEY"),
        ("paradex", "PARADEX_L2_PRIVATE_KEY"),
        ("extended", "EXTENDED_API_KEY"),
        ("extended", "EXTENDED_STARK_KEY_PRIVATE"),
    ],
)
@pytest.mark.parametrize("is_malformed", [False, True])
async def test_no_exception_carries_a_key(name: str, variable: str, clock: VirtualClock, *, is_malformed: bool) -> None:
    """Neither its arguments nor those of its causes and contexts, nor a traceback with all of them."""
    value = other_keys(name)[variable]
    if is_malformed:
        value = f"{value} {value}"
    forget_secrets()  # nothing may hang on the masking of output
    client, secrets = connected(name, clock, **{variable: value})
    with pytest.raises((UserError, AuthError)) as caught:
        await client.connect()
    await client.disconnect()
    hidden = [*secrets, *secrets_of({variable: other_keys(name)[variable]})]
    error: BaseException | None = caught.value
    while error is not None:
        assert not seen(hidden, f"{error!r} {error} {error.args} {vars(error)}"), type(error)
        error = error.__cause__ or error.__context__
    assert not seen(hidden, "".join(traceback.format_exception(caught.value)))


@each_venue
def test_no_key_in_anything_a_run_or_a_look_leaves(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """A whole run at log level debug, and the doctor: screen, log lines, every file but .env."""
    with caplog.at_level(logging.DEBUG):
        ran = scene.run("--log-level", "debug")
        looked = scene.doctor()
    assert (ran.exit_code, looked.exit_code) == (0, 0), ran.output
    files = [path for path in scene.cli.folder.rglob("*") if path.is_file() and path.name != ".env"]
    assert any(path.name == "journal.sqlite" for path in files)
    secrets = secrets_of(scene.environment)
    for text in (ran.output, looked.output, caplog.text, *(path.read_bytes().decode("latin-1") for path in files)):
        assert not seen(secrets, text)


@each_venue
def test_nothing_on_the_way_to_a_client_shows_keys(scene: Scene) -> None:
    """What the process was started with, what the files say, and the configuration made of both."""
    here = Surroundings(scene.environment, scene.cli.folder)
    choice = choose([], here)
    shown = repr((here, choice, choice.settings, chosen_config({}, choice)))
    assert not seen(secrets_of(scene.environment), shown)


@each_venue
def test_keys_are_masked_should_anything_print_one(scene: Scene) -> None:
    """The last line of defence: a run and the doctor teach the masking of output what the keys are."""
    variables = secrets_of(scene.environment)
    scene.doctor()
    assert [mask(f"<{value}>") for value in variables] == ["<***>"] * len(variables)
    forget_secrets()
    scene.run("--ticker", "NONE")
    assert [mask(f"<{value}>") for value in variables] == ["<***>"] * len(variables)


@each_venue
def test_a_mend_survives_the_masking(scene: Scene) -> None:
    """The names of variables are long words beside the word key: they must not be taken for one."""
    told = no_trace(scene, scene.run(**other_keys(scene.name)))
    assert told.code == 2
    assert "***" not in told.line
