"""What an answer of the venue is to us: good, a definite no, trouble with keys, or nothing that can be trusted."""

from __future__ import annotations

import pytest
from extended_samples import answer, bad, good

from exchanges.extended.refusals import NotFound, explain
from helpers.errors import AuthError, ConnectivityError, RateLimited, VenueRejected


def test_a_good_answer_is_no_error() -> None:
    """Also one without data, and in whatever case the status is written."""
    assert explain(good([])) is None
    assert explain(answer({"status": "ok"})) is None


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (1140, VenueRejected, "no money"),
        (1134, ConnectivityError, "already"),
        (1010, VenueRejected, "maintenance"),
        (1011, VenueRejected, "post-only orders only"),
        (1012, VenueRejected, "reduce-only orders only"),
        (1100, AuthError, "EXTENDED_STARK_KEY_PUBLIC"),
        (1101, AuthError, "EXTENDED_STARK_KEY_PRIVATE"),
        (1102, AuthError, "EXTENDED_VAULT"),
        (401, AuthError, "EXTENDED_API_KEY"),
        (403, AuthError, "EXTENDED_API_KEY"),
        (404, NotFound, "404"),
        (429, RateLimited, "no money"),
        (500, ConnectivityError, "500"),
        (1006, ConnectivityError, "1006"),
    ],
)
def test_the_code_decides_whatever_the_status(status: int, code: int, kind: type[Exception], words: str) -> None:
    """HTTP 200 carries refusals too."""
    error = explain(bad(code, "no money", status))
    assert type(error) is kind
    assert words in str(error)


def test_a_code_of_text_is_read_too() -> None:
    """The documentation shows the text NOT_FOUND where numbers stand."""
    error = explain(answer({"status": "ERROR", "error": {"code": "NOT_FOUND", "message": "gone"}}, 404))
    assert isinstance(error, NotFound)


def test_an_error_without_words() -> None:
    """It is a refusal all the same, by its status."""
    error = explain(answer({"status": "ERROR"}, 422))
    assert isinstance(error, VenueRejected)
    assert error.code == "422"


def test_details_are_told_once() -> None:
    """The venue's detail stands behind its message, unless it is the same."""
    for detail, wanted in (("cost 5", "short: cost 5 [1140]"), ("short", "short [1140]")):
        body = {"status": "ERROR", "error": {"code": 1140, "message": "short", "debugInfo": detail}}
        assert str(explain(answer(body))) == wanted


def test_what_has_no_envelope_is_left_to_its_status() -> None:
    """A page of HTML says nothing of itself; for 401 we know what to mend."""
    assert explain(answer(b"<html>bad gateway</html>", 502)) is None
    assert explain(answer(b"not found", 404)) is None
    error = explain(answer(b"unauthorised", 401))
    assert isinstance(error, AuthError)
    assert "EXTENDED_API_KEY" in str(error)
