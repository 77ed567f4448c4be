"""Which replies are definite, which are about keys, and which say nothing about the outcome."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from paradex_samples import ORDER, buy, market

from exchanges.paradex.batches import BatchAnswer, CancelAnswer, read_batch, read_cancels
from exchanges.paradex.drafts import new_draft
from exchanges.paradex.refusals import TokenRefused, explain
from helpers.enums import OrderStatus
from helpers.errors import AuthError, ConnectivityError, VenueError, VenueRejected
from helpers.transport import HttpResponse


def reply(status: int, body: Any) -> HttpResponse:
    """Give a reply."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return HttpResponse(status=status, headers={}, body=raw, received_ns=0)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "INVALID_ORDER_SIZE", VenueRejected),
        (404, "CLIENT_ORDER_ID_NOT_FOUND", VenueRejected),
        (400, "SYSTEM_STATUS_CANCEL_ONLY", VenueRejected),
        (400, "SYSTEM_STATUS_POST_ONLY", VenueRejected),
        (400, "A_NEW_CODE", VenueRejected),
        (400, "INTERNAL_ERROR", ConnectivityError),
        (503, "SERVICE_UNAVAILABLE", ConnectivityError),
        (400, "NOT_ONBOARDED", AuthError),
        (400, "INVALID_STARKNET_SIGNATURE", AuthError),
        (403, "GEO_IP_BLOCK", AuthError),
        (401, "INVALID_SUBKEY", AuthError),
    ],
)
def test_a_code_says_what_became_of_it(status: int, code: str, kind: type[VenueError]) -> None:
    """The code stands in the text; a code of a key says how to mend it."""
    error = explain(reply(status, {"error": code, "message": "words", "data": None}))
    assert type(error) is kind
    assert "words" in str(error)
    assert code in str(error)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "missing or malformed jwt: token is expired by 9.4s"},
        {"error": "UNAUTHORIZED_ERROR", "message": "no"},
        {"error": "SOMETHING", "message": "no"},
        b"<html>401</html>",
    ],
    ids=str,
)
def test_every_401_is_about_the_token(body: Any) -> None:
    """The venue looked at nothing but the token: it may be renewed and the call made again."""
    assert isinstance(explain(reply(401, body)), TokenRefused)


@pytest.mark.parametrize(("status", "body"), [(200, {"error": "X"}), (502, b"<html>"), (400, {}), (400, b"[]")])
def test_what_says_nothing_is_left_to_the_status(status: int, body: Any) -> None:
    """A good reply, a page of a load balancer, an empty body."""
    assert explain(reply(status, body)) is None


# -- several orders at once --------------------------------------------------------------------

DRAFTS = [new_draft(market(), client_id, buy(), None) for client_id in ("1", "2", "3")]
NO = {"error": "NOT_ENOUGH_MARGIN", "message": "poor"}


def placed(client_id: str) -> dict[str, Any]:
    """Give an order that was taken."""
    return {**ORDER, "client_id": client_id}


@pytest.mark.parametrize(
    ("orders", "errors", "fates"),
    [
        (["1", "2", "3"], None, "+++"),
        (["3", "1", "2"], [], "+++"),
        (["1", None, "3"], [None, NO, None], "+-+"),
        (["1", "3"], [NO], "+-+"),
        ([], [NO, NO, NO], "---"),
        (["1"], [NO], "+??"),
        (["1", "2"], [{}, {}, {}], "++?"),
        (None, None, "???"),
    ],
)
def test_each_order_of_a_batch_has_its_own_fate(orders: Any, errors: Any, fates: str) -> None:
    """Taken orders go by our id, refusals by place or by count; what cannot be told for sure stays unknown."""
    told = {"orders": orders and [each and placed(each) for each in orders], "errors": errors}
    found = read_batch(DRAFTS, msgspec.json.decode(msgspec.json.encode(told), type=BatchAnswer))
    for client_id, fate in zip("123", fates, strict=True):
        answer = found.get(client_id)
        assert {"+": not isinstance(answer, VenueError | None), "-": isinstance(answer, VenueRejected)}.get(
            fate, answer is None
        )


def test_each_cancel_of_a_batch_has_its_own_fate() -> None:
    """Queued is a success, closed and not found are refusals, silence is unknown."""
    words = {"1": "QUEUED_FOR_CANCELLATION", "2": "ALREADY_CLOSED", "3": "NOT_FOUND", "5": "SOMETHING_NEW"}
    told = {"results": [{"client_id": client_id, "status": word} for client_id, word in words.items()]}
    answer = msgspec.json.decode(msgspec.json.encode(told), type=CancelAnswer)
    results = read_cancels(["1", "2", "3", "4", "5"], answer)
    assert [result.status for result in results] == [
        OrderStatus.OPEN, OrderStatus.REJECTED, OrderStatus.REJECTED, OrderStatus.UNKNOWN, OrderStatus.UNKNOWN,
    ]  # fmt: skip
    assert [result.success for result in results] == [True, False, False, False, False]
    assert all(result.error_message for result in results[1:])
