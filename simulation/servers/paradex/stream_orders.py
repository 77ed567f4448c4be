"""Orders over a stream: the same checks, queue and limits as over REST, answered from the matching engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from simulation.servers.paradex.errors import INVALID_PARAMS, METHOD_ERROR, RATE_LIMITED, ApiRefusal, RpcRefusal
from simulation.servers.paradex.order_api import OrderApi
from simulation.servers.paradex.order_file import OrderFile
from simulation.servers.paradex.order_form import OrderRequest
from simulation.servers.paradex.rate_limits import CallKind, RateLimits
from simulation.servers.paradex.tokens import Token
from simulation.venue import SimulatedVenue

T = TypeVar("T")
Answer = Callable[[dict[str, Any]], None]
"""Sends the result of a request."""
_MS: Final = 1_000_000
_TOO_MANY: Final = 429
_BAD_FORM: Final = frozenset({"BINDING_ERROR", "VALIDATION_ERROR"})


class CancelParams(msgspec.Struct):
    """Which order to cancel."""

    id: str | None = None
    client_id: str | None = None
    market: str | None = None


class CancelAllParams(msgspec.Struct):
    """What to cancel."""

    market: str | None = None


class CancelBatchParams(msgspec.Struct):
    """Which orders to cancel."""

    order_ids: list[str]


class BatchParams(msgspec.Struct):
    """A batch by name; it may also come as a bare list."""

    orders: list[OrderRequest]


Method = Callable[[Token, Any, Answer, set[str]], dict[str, Any] | None]


class StreamOrders:
    """The order methods of every session."""

    def __init__(
        self,
        venue: SimulatedVenue,
        api: OrderApi,
        limits: RateLimits,
        show: Callable[[OrderFile], dict[str, Any]],
    ) -> None:
        """Queue through the api; `show` writes an order."""
        self._venue = venue
        self._api = api
        self._limits = limits
        self._show = show
        self._methods: dict[str, Method] = {
            "order.create": self._create,
            "order.create_batch": self._create_batch,
            "order.modify": self._modify,
            "order.cancel": self._cancel,
            "order.cancel_batch": self._cancel_batch,
            "order.cancel_all": self._cancel_all,
        }

    def knows(self, method: str) -> bool:
        """Whether there is such a method."""
        return method in self._methods

    def call(self, method: str, token: Token, params: Any, answer: Answer, sent: set[str]) -> dict[str, Any] | None:
        """Do what is asked; give the result, or None if it comes later through `answer`.

        Args:
            method: its name.
            token: who asks.
            params: of the request.
            answer: sends a result that comes later.
            sent: gets the ids of the orders that are placed.

        Raises:
            RpcRefusal: the venue says no.
        """
        kind = CallKind.INTERACTIVE_ORDER if token.is_interactive else CallKind.ORDER
        try:
            self._limits.call(kind, "", token.account, self._venue.core.now_ns)
            return self._methods[method](token, params, answer, sent)
        except ApiRefusal as refusal:
            raise _as_rpc(refusal) from None

    def abandon(self, token: Token, order_ids: set[str]) -> None:
        """Cancel what a stream had sent, because it is gone."""
        self._api.abandon(token, order_ids)

    def _create(self, token: Token, params: Any, answer: Answer, sent: set[str]) -> None:
        received_ns = self._venue.core.now_ns
        request = _convert(params, OrderRequest)
        file = self._api.create(token, request, lambda file: answer(self._created(file, received_ns)))
        sent.add(file.order_id)

    def _create_batch(self, token: Token, params: Any, _: Answer, sent: set[str]) -> dict[str, Any]:
        received_ns = self._venue.core.now_ns
        requests = _convert(params, list[OrderRequest]) if isinstance(params, list) else None
        requests = _convert(params, BatchParams).orders if requests is None else requests
        results = []
        for outcome in self._api.create_batch(token, requests):
            if isinstance(outcome, ApiRefusal):
                results.append({"error": f"{outcome.code}: {outcome.text}"})
            else:
                sent.add(outcome.order_id)
                results.append(self._created(outcome, received_ns))
        return {"results": results}

    def _modify(self, token: Token, params: Any, _: Answer, sent: set[str]) -> dict[str, Any]:
        del sent
        request = _convert(params, OrderRequest)
        return {"order": self._show(self._api.modify(token, request.id or "", request))}

    def _cancel(self, token: Token, params: Any, _: Answer, sent: set[str]) -> dict[str, Any]:
        del sent
        wanted = _convert(params, CancelParams)
        if wanted.id:
            file = self._api.cancel(token, wanted.id)
        elif wanted.client_id and wanted.market:
            file = self._api.cancel_named(token, wanted.client_id, wanted.market)
        else:
            raise RpcRefusal(INVALID_PARAMS, "invalid params", "either id or client_id and market is required")
        return {"order_id": file.order_id, "status": "QUEUED_FOR_CANCELLATION"}

    def _cancel_batch(self, token: Token, params: Any, _: Answer, sent: set[str]) -> dict[str, Any]:
        del sent
        return {"results": self._api.cancel_batch(token, _convert(params, CancelBatchParams).order_ids, ())}

    def _cancel_all(self, token: Token, params: Any, _: Answer, sent: set[str]) -> dict[str, Any]:
        del sent
        self._api.cancel_all(token, _convert(params, CancelAllParams).market)
        return {"status": "ok"}

    def _created(self, file: OrderFile, received_ns: int) -> dict[str, Any]:
        now_ms = self._venue.core.now_ns // _MS
        return {"order": self._show(file), "created_at": now_ms, "received_at": received_ns}


def _convert(params: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(params, type=kind)
    except msgspec.ValidationError as error:
        raise RpcRefusal(INVALID_PARAMS, "invalid params", str(error)) from None


def _as_rpc(refusal: ApiRefusal) -> RpcRefusal:
    """Put a refusal in a stream's words. How the venue does it is not published; the codes are."""
    if refusal.status == _TOO_MANY:
        return RpcRefusal(RATE_LIMITED, refusal.text)
    code = INVALID_PARAMS if refusal.code in _BAD_FORM else METHOD_ERROR
    return RpcRefusal(code, refusal.code, refusal.text)


__all__ = ["Answer", "StreamOrders"]
