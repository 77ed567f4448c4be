"""From what a request gives or raises to an outcome: refused for sure, or unknown."""

from __future__ import annotations

import pytest
from order_samples import D, info

from exchanges.results import OrderResult, outcome
from helpers.enums import OrderStatus
from helpers.errors import AuthError, BadPayload, ConnectivityError, RateLimited, UserError, VenueRejected

S = OrderStatus


async def raising(error: Exception) -> OrderResult:
    """Fail instead of answering."""
    raise error


async def test_an_answer_is_passed_on() -> None:
    """What the venue answered is the outcome, yes or no."""
    for answer in (OrderResult(success=True, status=S.OPEN), OrderResult(success=False, status=S.REJECTED)):

        async def request(answer: OrderResult = answer) -> OrderResult:
            return answer

        assert await outcome(request()) is answer


@pytest.mark.parametrize("error", [VenueRejected("7", "no"), AuthError("no"), UserError("no")])
async def test_a_definite_no(error: Exception) -> None:
    """A refusal is rejected, with its words."""
    result = await outcome(raising(error))
    assert (result.status, result.is_refused, result.error_message) == (S.REJECTED, True, str(error))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectivityError("gone"), "gone"),
        (RateLimited("429", 7), "429"),
        (BadPayload("<html>"), "<html>"),
        (TimeoutError(), "TimeoutError"),
        (OSError("reset"), "reset"),
    ],
)
async def test_no_answer_is_unknown(error: Exception, said: str) -> None:
    """Every kind of silence leaves the outcome open, and says what it was."""
    result = await outcome(raising(error))
    assert (result.status, result.success, result.is_refused, result.error_message) == (S.UNKNOWN, False, False, said)


async def test_a_bug_is_no_outcome() -> None:
    """What must not happen is not taken for an answer of the venue."""
    with pytest.raises(ZeroDivisionError):
        await outcome(raising(ZeroDivisionError()))


def test_a_result_follows_the_venue() -> None:
    """A newer account replaces what the reply said, but not our own id."""
    first = OrderResult(success=True, status=S.OPEN, client_order_id="5")
    later = first.follow(info(S.FILLED, "6", price=D(99)))
    assert later == OrderResult(success=True, status=S.FILLED, order_id="v6", client_order_id="5", price=D(99))
    refused = first.follow(info(S.REJECTED, reason="too late"))
    assert (refused.success, refused.is_refused, refused.error_message) == (False, True, "too late")
