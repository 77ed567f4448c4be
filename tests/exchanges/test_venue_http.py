"""Requests to a venue: sent once, within budget, and every answer told by the error tree without a secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from email.utils import formatdate

import msgspec
import pytest

from exchanges.rate_limiter import Budget, Priority, RateLimiter
from exchanges.venue_http import VenueHttp
from helpers.errors import AuthError, BadPayload, ConnectivityError, RateLimited, VenueError, VenueRejected
from helpers.logs import forget_secrets, register_secret
from helpers.transport import HttpRequest, HttpResponse
from simulation.virtual_loop import VirtualClock

HIDDEN = "0xdeadbeef0123456789"
Answer = HttpResponse | Exception | Callable[[HttpRequest], HttpResponse]


def answer(status: int, body: bytes = b"{}", **headers: str) -> HttpResponse:
    """Make an answer; a header's `_` is a `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status=status, headers=named, body=body, received_ns=1_000_000_000_000)


class ErrorBody(msgspec.Struct):
    """The test venue's error."""

    code: str = ""
    text: str = ""


def explain(response: HttpResponse) -> VenueError | None:
    """Read the test venue's errors as a venue's author might: trusting every body to be JSON."""
    error = msgspec.json.decode(response.body, type=ErrorBody)
    if not error.code:
        return None
    kinds: dict[str, Callable[[], VenueError]] = {
        "slow": lambda: RateLimited(error.text, 7.0),
        "auth": lambda: AuthError(error.text),
        "bad": lambda: BadPayload(error.text),
    }
    if error.code == "raise":
        raise AuthError(error.text)
    return kinds.get(error.code, lambda: VenueRejected(error.code, error.text))()


class Wire:
    """A Transport that answers from a list."""

    def __init__(self, clock: VirtualClock, *answers: Answer) -> None:
        self.clock = clock
        self.answers = list(answers)
        self.requests: list[tuple[float, HttpRequest]] = []

    async def request(self, request: HttpRequest) -> HttpResponse:
        self.requests.append((self.clock.now_ns() / 1e9, request))
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, HttpResponse) else found(request)

    async def open_stream(self, *_: object) -> None:
        raise NotImplementedError

    async def close(self) -> None: ...


class Desk:
    """A VenueHttp on a wire."""

    def __init__(self, clock: VirtualClock, *answers: Answer, weight: float = 100) -> None:
        self.wire = Wire(clock, *answers)
        self.limiter = RateLimiter(clock, [Budget(name="all", weight=weight, window_s=10, kept_for_cancels=0)])
        self.http = VenueHttp(self.wire, "https://api.words.example:8443/v1", self.limiter, explain)  # type: ignore[arg-type]  # it opens no streams

    async def order(self) -> HttpResponse:
        """Send something that could act twice, with secrets wherever they can be."""
        return await self.http.send(
            "POST",
            f"/orders/{HIDDEN}",
            query=[("token", HIDDEN)],
            headers={"authorization": f"Bearer {HIDDEN}"},
            body=HIDDEN.encode(),
            costs={"all": 1},
            priority=Priority.ORDER,
        )

    async def fails(self, kind: type[VenueError]) -> VenueError:
        """Send it, and give the error it must come to."""
        with pytest.raises(VenueError) as caught:
            await self.order()
        assert type(caught.value) is kind
        assert HIDDEN not in f"{caught.value!s} {caught.value!r}"
        assert "/orders" not in str(caught.value)
        assert len(self.wire.requests) == 1  # nothing is repeated
        return caught.value


@pytest.fixture
def registered() -> Iterator[None]:
    """The secret is one that the keys have registered."""
    register_secret(HIDDEN)
    yield
    forget_secrets()


async def test_a_good_answer_is_given(clock: VirtualClock) -> None:
    """The request leaves as it was asked for, the query encoded, and any 2xx is good."""
    desk = Desk(clock, answer(200, b'{"a":1}'), answer(204, b"{}"))
    response = await desk.http.send("GET", "/x", query=[("market", "BTC-USD PERP"), ("a", "1/2&")], headers={"x": "y"})
    assert response.body == b'{"a":1}'
    assert (await desk.http.send("DELETE", "/y", timeout_s=3)).status == 204
    first, second = (request for _, request in desk.wire.requests)
    assert first == HttpRequest(
        method="GET",
        url="https://api.words.example:8443/v1/x?market=BTC-USD%20PERP&a=1%2F2%26",
        headers={"x": "y"},
        timeout_s=10,
    )
    assert (second.url, second.timeout_s) == ("https://api.words.example:8443/v1/y", 3)


async def test_the_budget_is_kept_before_sending(clock: VirtualClock) -> None:
    """What does not fit waits; the timeout counts from when it leaves; a cost nobody can pay is not sent."""
    desk = Desk(clock, *[answer(200)] * 3, weight=2)
    await asyncio.gather(*(desk.order() for _ in range(3)))
    assert [at for at, _ in desk.wire.requests] == [0, 0, 5]
    assert {request.timeout_s for _, request in desk.wire.requests} == {10}
    with pytest.raises(ValueError, match="never fits"):
        await desk.http.send("GET", "/x", costs={"all": 3})
    assert len(desk.wire.requests) == 3


async def test_no_answer_is_an_unknown_outcome(clock: VirtualClock) -> None:
    """What the transport says is passed on, unless it tells more than method and host."""
    desk = Desk(clock, ConnectivityError("POST https://api.words.example:8443: no response in 10 s"))
    error = await desk.fails(ConnectivityError)
    assert str(error) == "POST https://api.words.example:8443: no response in 10 s"
    for leak in (HIDDEN, f"GET /v1/orders/{HIDDEN}?token={HIDDEN}", f"/v1/orders/{HIDDEN}: lost", f"token {HIDDEN}"):
        desk = Desk(clock, ConnectivityError(leak))
        assert (await desk.fails(ConnectivityError)).__cause__ is None


async def test_a_short_path_is_not_told_either(clock: VirtualClock) -> None:
    """Whatever the transport says of it."""
    desk = Desk(clock, ConnectivityError("GET https://api.words.example:8443/v1/x lost"))
    with pytest.raises(ConnectivityError) as caught:
        await desk.http.send("GET", "/x")
    assert str(caught.value) == "GET https://api.words.example:8443: no answer"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 600, 301, 304, 100, 408])
@pytest.mark.parametrize("body", [b"<html>", b"", b"{}", b'{"code":"7","text":"no margin"}', b'{"code":"auth"}'])
async def test_what_is_no_definite_answer_is_an_unknown_outcome(clock: VirtualClock, status: int, body: bytes) -> None:
    """5xx, redirects and timeouts on the way: whatever the body claims, nobody knows what became of it."""
    await Desk(clock, answer(status, body)).fails(ConnectivityError)


async def test_the_words_of_an_unknown_outcome_are_kept(clock: VirtualClock) -> None:
    """A 503 with the venue's own text tells it; without one, status and host are told."""
    error = await Desk(clock, answer(503, b'{"code":"7","text":"maintenance"}')).fails(ConnectivityError)
    assert str(error) == "maintenance [7]"
    error = await Desk(clock, answer(502, b"<html>")).fails(ConnectivityError)
    assert str(error) == "POST https://api.words.example:8443 answers 502"


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (400, b'{"code":"7","text":"no margin"}', VenueRejected, "no margin [7]"),
        (404, b"<html>", VenueRejected, "POST https://api.words.example:8443 answers 404 [404]"),
        (401, b"{}", AuthError, "POST https://api.words.example:8443 answers 401"),
        (403, b"<html>", AuthError, "POST https://api.words.example:8443 answers 403"),
        (403, b'{"code":"9","text":"geo"}', VenueRejected, "geo [9]"),
        (400, b'{"code":"auth","text":"bad signature"}', AuthError, "bad signature"),
        (200, b'{"code":"7","text":"no margin"}', VenueRejected, "no margin [7]"),
        (200, b'{"code":"bad","text":"odd"}', BadPayload, "odd"),
        (200, b'{"code":"raise","text":"raised"}', AuthError, "raised"),
    ],
)
async def test_a_definite_answer_is_what_the_venue_says(
    clock: VirtualClock, status: int, body: bytes, kind: type[VenueError], text: str
) -> None:
    """`explain` has the word, also for a 200 and by raising; where it has none, the status has."""
    error = await Desk(clock, answer(status, body)).fails(kind)
    assert str(error) == text
    if isinstance(error, VenueRejected):
        assert error.code == text.rpartition("[")[2].rstrip("]")


async def test_a_good_answer_nobody_can_explain_is_given(clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> None:
    """A bug in `explain` is told, and the status decides."""
    desk = Desk(clock, answer(200, b"pong"))
    assert (await desk.order()).body == b"pong"
    assert "a reply with status 200 cannot be read" in caplog.text
    assert HIDDEN not in caplog.text


@pytest.mark.parametrize(
    ("response", "asked_s", "held_s"),
    [
        (answer(429, retry_after="20"), 20, 20),
        (answer(429, b"<html>", Retry_After="1.5"), 1.5, 1.5),
        (answer(429), None, 1),
        (answer(429, retry_after="soon"), None, 1),
        (answer(429, retry_after="-5"), None, 1),
        (answer(429, retry_after="nan"), None, 1),
        (answer(429, retry_after="0"), 0, 0),
        (answer(429, retry_after="99999999"), 99999999, 3600),
        (answer(429, retry_after=formatdate(1030, usegmt=True)), 30, 30),
        (answer(429, retry_after=formatdate(990, usegmt=True)), 0, 0),
        (answer(429, retry_after=formatdate(5030, usegmt=True), date=formatdate(5000, usegmt=True)), 30, 30),
        (answer(429, retry_after="Thu, 01 Jan 1970 00:17:10"), 30, 30),
        (answer(429, b'{"code":"slow","text":"slow down"}', retry_after="20"), 7, 7),
        (answer(429, b'{"code":"7","text":"slow down"}', retry_after="20"), 20, 20),
        (answer(503, b'{"code":"slow","text":"busy"}'), 7, 7),
        (answer(200, b'{"code":"slow","text":"busy"}'), 7, 7),
    ],
)
async def test_too_many_requests_hold_everything(
    clock: VirtualClock, response: HttpResponse, asked_s: float | None, held_s: float
) -> None:
    """429, or what the venue calls so: told with its time, and nothing is sent before that is over."""
    desk = Desk(clock, response, answer(200))
    error = await desk.fails(RateLimited)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == asked_s
    await desk.http.send("DELETE", "/orders", costs={"all": 1}, priority=Priority.CANCEL)
    assert desk.wire.requests[1][0] == held_s


async def test_a_called_off_request_is_not_sent(clock: VirtualClock) -> None:
    """Who gives up while waiting for the budget has sent nothing."""
    desk = Desk(clock, answer(200), weight=1)
    await desk.order()
    waiting = asyncio.create_task(desk.order())
    await clock.sleep(1)
    waiting.cancel()
    await clock.sleep(60)
    assert len(desk.wire.requests) == 1


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("status", [400, 401, 429, 500, 200])
async def test_secrets_the_venue_repeats_are_masked(
    clock: VirtualClock, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys that come back in the venue's words do not get into the error, nor into the log."""
    caplog.set_level(logging.DEBUG)
    words = f"bad key {HIDDEN} in 'Bearer {HIDDEN}'\\n\\u001b[31m"
    desk = Desk(clock, answer(status, f'{{"code":"7","text":"{words}"}}'.encode()))
    with pytest.raises(VenueError) as caught:
        await desk.order()
    assert HIDDEN not in f"{caught.value!s} {caught.value!r} {caplog.text}"
    assert "bad key ***" in str(caught.value)
    assert str(caught.value).isprintable()


async def test_headers_the_venue_repeats_are_masked(clock: VirtualClock) -> None:
    """What was sent in a header is taken for a secret, registered or not; long words are cut."""
    header = "not-a-word-of-the-list"
    body = msgspec.json.encode(ErrorBody("7", f"who is {header}? " + "x" * 10_000))
    desk = Desk(clock, answer(400, body))
    with pytest.raises(VenueRejected) as caught:
        await desk.http.send("GET", "/x", headers={"x-user": header, "x-short": "who"})
    assert str(caught.value).startswith("who is ***? xxx")
    assert len(str(caught.value)) <= 500
