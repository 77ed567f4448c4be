"""The real command line in front of a venue's simulator in memory, in virtual time: bad input and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest
from cli_runner import CommandLine
from click.testing import Result
from worlds import START_NS

import console.doctor
import console.run
from console.seams import Seams, seams_of
from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.factory import exchanges
from helpers.clock import NS_PER_S, Bell, Clock
from helpers.config import TradingConfig
from helpers.secret_names import is_secret_name
from helpers.transport import Transport
from simulation.servers.factory import servers
from simulation.servers.front import VenueFront
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock, VirtualLoop

VENUES = servers.names()
ADDRESSES = ("http://127.0.0.1:1", "ws://127.0.0.1:1")
Wrap = Callable[[MemoryTransport, VirtualClock], Transport]


def _as_it_is(transport: MemoryTransport, clock: VirtualClock) -> Transport:
    del clock
    return transport


class WrongClock:
    """Our clock, ahead of the venue's or behind it."""

    def __init__(self, clock: Clock, ahead_ns: int) -> None:
        self._clock = clock
        self._ahead_ns = ahead_ns
        self.sleep, self.attach, self.detach = clock.sleep, clock.attach, clock.detach

    def now_ns(self) -> int:
        return self._clock.now_ns() + self._ahead_ns

    async def wait(self, bell: Bell, deadline_ns: int | None) -> None:
        await self._clock.wait(bell, None if deadline_ns is None else deadline_ns - self._ahead_ns)


@dataclass
class Scene:
    """One venue, one folder, one .env file; each command line meets a venue that has just opened."""

    name: str
    cli: CommandLine
    monkeypatch: pytest.MonkeyPatch
    make_front: Callable[[ServerOptions], VenueFront]
    environment: dict[str, str] = field(default_factory=dict)
    """What the .env file says."""
    skew_s: int = 0
    """How far our clock is ahead of the venue's."""
    prepare: Callable[[VenueFront], None] = lambda front: None
    wrap: Wrap = _as_it_is
    front: VenueFront | None = None
    transport: MemoryTransport | None = None

    def write_env(self, text: str | None = None, mode: int = 0o600) -> None:
        """Write the .env file: this text, or the scene's variables."""
        path = self.cli.folder / ".env"
        path.write_text("".join(f"{k}={v}\n" for k, v in self.environment.items()) if text is None else text)
        path.chmod(mode)

    def run(self, *args: str, **changes: str | None) -> Result:
        """Trade for half a minute with these flags, after changes to the variables; None takes one out."""
        self._change(changes)
        defaults = () if "--exchange" in args else ("--exchange", self.name)
        return self.cli("run", *defaults, "--duration", "30s", *args)

    def doctor(self, *args: str, **changes: str | None) -> Result:
        """Look at the venue, a line of JSON a step."""
        self._change(changes)
        return self.cli("doctor", "--exchange", self.name, "--json", *args)

    def seams(self) -> Seams:
        """Open the venue anew, and give the seams on which its client reaches it."""
        loop = VirtualLoop(START_NS, None)
        clock = VirtualClock(loop)
        front = self.front = self.make_front(ServerOptions(start_ns=START_NS))
        self.prepare(front)
        clock.attach(front.venue)
        self.transport = MemoryTransport(front, clock)
        transport = self.wrap(self.transport, clock)

        def client(context: ExchangeContext) -> BaseExchangeClient:
            return exchanges.load(self.name)(replace(context, transport=transport))

        return Seams([client], WrongClock(clock, self.skew_s * NS_PER_S), lambda: loop)

    def orders(self) -> int:
        """Count the requests that could change something at the venue; a login does not."""
        asked = [] if self.transport is None else self.transport.requests
        return sum(request.method != "GET" and "/auth/" not in request.path for request in asked)

    def shown(self, text: str, *more: str) -> list[str]:
        """List the variables with secret names, of this scene and of the other one, whose values stand in a text."""
        secrets = [*secrets_of(self.environment), *secrets_of(other_keys(self.name)), *more]
        return [secret for secret in secrets if secret in text.lower()]

    def _change(self, changes: dict[str, str | None]) -> None:
        if changes:
            merged = {**self.environment, **changes}
            self.write_env("".join(f"{k}={v}\n" for k, v in merged.items() if v is not None))


@cache
def other_keys(name: str) -> dict[str, str]:
    """Give the variables of another account of the venue: well-formed, and of no use here."""
    front = servers.load(name)(ServerOptions(start_ns=START_NS, seed=8))
    lines = dict(line.split("=", 1) for line in front.env_lines(*ADDRESSES))
    return {variable: value for variable, value in lines.items() if not variable.endswith("URL")}


def secrets_of(environment: Mapping[str, str]) -> list[str]:
    """Give the secret values among variables, without 0x, in lower case; a public key is none."""
    named = {name: value for name, value in environment.items() if not name.endswith("PUBLIC")}
    secret = [value for name, value in named.items() if is_secret_name(name) and len(value) > 12]
    return [value.lower().removeprefix("0x") for value in secret]


def open_scene(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *, on_sockets: bool = False) -> Scene:
    """Make a scene whose .env file is in order; on sockets, the command line is left as it is."""
    front_class = servers.load(name)
    cli = CommandLine(folder, monkeypatch)
    scene = Scene(name, cli, monkeypatch, front_class)
    front = front_class(ServerOptions(start_ns=START_NS))
    scene.environment = dict(line.split("=", 1) for line in front.env_lines(*ADDRESSES))
    scene.write_env()

    if on_sockets:
        return scene

    def live(config: TradingConfig) -> Seams:
        seams_of(config)  # all that it refuses
        return scene.seams()

    monkeypatch.setattr(console.run, "seams_of", live)
    monkeypatch.setattr(console.doctor, "doctor_seams", lambda _: scene.seams())
    return scene


@dataclass
class Refused:
    """What a refusal said."""

    code: int
    line: str


def no_trace(scene: Scene, result: Result) -> Refused:
    """See that a run ended before it began: one line, no traceback, no order, no session, no key on the screen."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    assert result.stderr.startswith("runbot: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert "Traceback" not in result.output
    assert [path.name for path in scene.cli.folder.rglob("*") if path.is_file()] == [".env"]
    assert not (scene.cli.folder / "runs").exists()
    assert scene.orders() == 0
    assert not scene.shown(result.output)
    return Refused(result.exit_code, result.stderr.removeprefix("runbot: ").rstrip("\n"))


def findings(scene: Scene, result: Result) -> dict[str, tuple[str, str]]:
    """Read what the doctor printed: state and text by step, once it is sure that no key is in it."""
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert (result.stderr, "Traceback" in result.output) == ("", False)
    assert not scene.shown(result.output)
    told = [json.loads(line) for line in result.stdout.splitlines()]
    return {each["step"]: (each["state"], each["text"]) for each in told}


def the_doctor_fails(scene: Scene, words: str) -> dict[str, tuple[str, str]]:
    """See that the doctor leaves with 1 and has a failed step with these words."""
    looked = scene.doctor()
    found = findings(scene, looked)
    assert looked.exit_code == 1
    assert [text for state, text in found.values() if state == "failed" and words in text], found
    return found
