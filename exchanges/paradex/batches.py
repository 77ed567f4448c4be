"""What the venue's answers to several orders at once say of each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from exchanges.paradex.account_wire import OrderState
from exchanges.paradex.drafts import Draft
from exchanges.paradex.refusals import refusal
from exchanges.paradex.wire import ErrorBody, Maybe, Wire
from exchanges.results import OrderResult
from helpers.enums import OrderStatus
from helpers.errors import VenueError

_TAKEN: Final = "QUEUED_FOR_CANCELLATION"
_REFUSED: Final = frozenset({"ALREADY_CLOSED", "NOT_FOUND"})


class BatchAnswer(Wire, frozen=True):
    """Orders that were taken, and why others were not; a place may be empty (null) in either list."""

    orders: tuple[OrderState | None, ...] | None = None
    errors: tuple[ErrorBody | None, ...] | None = None


class CancelResult(Wire, frozen=True):
    """What became of one cancel."""

    status: str
    id: Maybe = None
    client_id: Maybe = None


class CancelAnswer(Wire, frozen=True):
    """What became of several cancels."""

    results: tuple[CancelResult, ...]


def read_batch(drafts: Sequence[Draft], answer: BatchAnswer) -> Mapping[str, OrderState | VenueError]:
    """Say what became of each order, by our id; one of which the answer says nothing certain is left out.

    Taken orders are known by their id. A refusal names none: it belongs to an order by its place if
    there is a place for each, or by counting if there are as many refusals as orders not taken.
    """
    found: dict[str, OrderState | VenueError] = {
        state.client_id: state for state in answer.orders or () if state is not None and state.client_id
    }
    errors = answer.errors or ()
    told = [error for error in errors if error is not None and (error.error or error.message)]
    left = [draft.client_id for draft in drafts if draft.client_id not in found]
    if len(errors) == len(drafts):
        for draft, error in zip(drafts, errors, strict=True):
            if error is not None and (error.error or error.message) and draft.client_id not in found:
                found[draft.client_id] = _refusal(error)
    elif len(told) == len(left):
        found.update({client_id: _refusal(error) for client_id, error in zip(left, told, strict=True)})
    return found


def read_cancels(client_order_ids: Sequence[str], answer: CancelAnswer) -> list[OrderResult]:
    """Give the outcome of each cancel, in the order asked for."""
    statuses = {result.client_id: result.status for result in answer.results}
    return [_cancelled(each, statuses.get(each, "")) for each in client_order_ids]


def _cancelled(client_order_id: str, status: str) -> OrderResult:
    if status == _TAKEN:
        return OrderResult(success=True, status=OrderStatus.OPEN, client_order_id=client_order_id)
    became = OrderStatus.REJECTED if status in _REFUSED else OrderStatus.UNKNOWN
    text = status.replace("_", " ").lower() or "the venue does not say what became of the cancel"
    return OrderResult(success=False, status=became, client_order_id=client_order_id, error_message=text)


def _refusal(error: ErrorBody) -> VenueError:
    return refusal(error.error or "REJECTED", error.message or "")


__all__ = ["BatchAnswer", "CancelAnswer", "CancelResult", "read_batch", "read_cancels"]
