"""A venue that is out of reach, or something else in its place: one line, exit code 1, no order, nothing left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from refusal_scenes import VENUES, Scene, no_trace, open_scene, the_doctor_fails

from helpers.errors import ConnectivityError
from helpers.logs import forget_secrets, reset_logging
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, Stream, StreamListener, Transport
from simulation.servers.front import ServerRequest, ServerResponse
from simulation.servers.memory_transport import Fault, MemoryTransport
from simulation.virtual_loop import VirtualClock

PAGE = b"<html><body>Welcome to nginx!</body></html>"
ANSWERS = {
    "a page": ServerResponse(body=PAGE),
    "no text": ServerResponse(body=b"\xff\xfe\x00garbage"),
    "nothing": ServerResponse(),
    "a list": ServerResponse(body=b"[]"),
    "an empty object": ServerResponse(body=b"{}"),
    "null": ServerResponse(body=b"null"),
    "other objects": ServerResponse(
        body=b'{"code":200,"order_book_details":[{}],"results":[],"status":"OK","data":[{}]}'
    ),
    "not found": ServerResponse(status=404, body=PAGE),
    "broken": ServerResponse(status=503, body=PAGE),
    "elsewhere": ServerResponse(status=302, headers={"location": "https://example.org"}),
}


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """The command line before one venue, with an .env file that is in order."""
    yield open_scene(request.param, tmp_path, monkeypatch)
    forget_secrets()
    reset_logging()


each_venue = pytest.mark.parametrize("scene", VENUES, indirect=True)


class NobodyThere:
    """A transport to a port on which nothing listens."""

    async def request(self, request: HttpRequest) -> HttpResponse:
        raise ConnectivityError(f"{request.method} http://127.0.0.1:1: ClientConnectorError")

    async def open_stream(self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS) -> Stream:
        raise ConnectivityError("no stream: ClientConnectorError")

    async def close(self) -> None:
        """Nothing is open."""


def nobody(transport: MemoryTransport, clock: VirtualClock) -> Transport:
    """Put nobody in the venue's place."""
    del transport, clock
    return NobodyThere()


def answering(answer: ServerResponse | None, transport: MemoryTransport, clock: VirtualClock) -> Transport:
    """Let something else answer every request; None lets nothing answer."""
    del clock

    def fault(request: ServerRequest) -> Fault:
        del request
        return Fault(lose_request=True) if answer is None else Fault(answer=answer)

    transport.faults, transport.refuses_streams = fault, True
    return transport


def without_streams(transport: MemoryTransport, clock: VirtualClock) -> Transport:
    """Refuse every stream."""
    del clock
    transport.refuses_streams = True
    return transport


@each_venue
def test_nobody_listens(scene: Scene) -> None:
    """The line says what to look at; the doctor gives the same as a step and skips what needs the venue."""
    scene.wrap = nobody
    told = no_trace(scene, scene.run())
    assert told.code == 1
    addresses = [f" and {name}" for name in scene.environment if name.endswith("URL")]
    words = f"{scene.name} cannot be reached (GET http://127.0.0.1:1: nothing listens there): look at the network"
    words += "".join(addresses)
    assert told.line == f"{words}; `runbot doctor --exchange {scene.name}` looks step by step"
    found = the_doctor_fails(scene, words)
    assert found["keys"][0] == "ok"
    assert found["account"][0] == "skipped"


@each_venue
def test_nobody_answers(scene: Scene) -> None:
    """Silence ends after the client's own timeout."""
    scene.wrap = partial(answering, None)
    told = no_trace(scene, scene.run())
    assert (told.code, "no response in 10 s" in told.line) == (1, True)
    the_doctor_fails(scene, "no response in 10 s")


@pytest.mark.parametrize("answer", ANSWERS)
@each_venue
def test_something_else_answers(scene: Scene, answer: str) -> None:
    """A page, garbage, the wrong JSON: trouble of the network, never a traceback, and nothing of it on the screen."""
    scene.wrap = partial(answering, ANSWERS[answer])
    told = no_trace(scene, scene.run())
    assert told.code == 1
    assert f"look at the network and {scene.name.upper()}_URL" in told.line
    assert "nginx" not in told.line
    the_doctor_fails(scene, f"look at the network and {scene.name.upper()}_URL")


@each_venue
def test_a_firewall_in_between(scene: Scene) -> None:
    """A 403 without the venue's words is not about keys: nothing says that the venue saw them."""
    scene.wrap = partial(answering, ServerResponse(status=403, body=PAGE))
    told = no_trace(scene, scene.run())
    assert told.code == 2
    assert told.line.endswith("does not let this address in (403): it may not serve your country, or ask your network")


@each_venue
def test_streams_that_cannot_be_opened(scene: Scene) -> None:
    """Requests pass and streams do not, as behind some proxies: the run does not start, and the doctor has a step."""
    scene.wrap = without_streams
    told = no_trace(scene, scene.run())
    assert (told.code, "no stream" in told.line) == (1, True)
    found = the_doctor_fails(scene, "no stream")
    assert [step for step, (state, _) in found.items() if state != "ok"] in (["stream"], ["book"])


@pytest.mark.parametrize("name", VENUES)
def test_a_port_that_speaks_something_else(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On real sockets: what greets like a mail server is named as out of reach."""
    scene = open_scene(name, tmp_path, monkeypatch, on_sockets=True)
    monkeypatch.setattr("exchanges.reads._ATTEMPTS", 1)  # else it asks again after 1, 2, 4 and 8 s

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await writer.drain()
        await reader.read(1)
        writer.close()

    async def look() -> tuple[int, str]:
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            result = await asyncio.to_thread(scene.run, **{f"{name.upper()}_URL": url})
            return result.exit_code, result.stderr

    code, line = asyncio.run(look())
    assert code == 1
    assert line.startswith(f"runbot: {name} cannot be reached (GET http://127.0.0.1:")
    assert line.count("\n") == 1


@each_venue
def test_the_doctor_is_named_with_the_persons_own_file(scene: Scene) -> None:
    """What the line says to run looks at the same keys."""
    scene.wrap = nobody
    (scene.cli.folder / ".env").rename(scene.cli.folder / "my keys.env")
    line = scene.run("--env-file", "my keys.env").stderr
    assert f"`runbot doctor --exchange {scene.name} --env-file 'my keys.env'`" in line
