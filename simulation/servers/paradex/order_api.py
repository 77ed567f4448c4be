"""What can be done with orders, for REST and streams alike: the checks of the API, then the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from simulation.servers.paradex.errors import ApiRefusal, invalid
from simulation.servers.paradex.logins import read_signature
from simulation.servers.paradex.market_board import MarketBoard
from simulation.servers.paradex.order_entry import OrderEntry
from simulation.servers.paradex.order_file import OrderFile, WireStatus
from simulation.servers.paradex.order_form import OrderForm, OrderRequest, check_notional, read_form
from simulation.servers.paradex.order_index import OrderIndex
from simulation.servers.paradex.stark import Messages, is_signed
from simulation.servers.paradex.terms import ParadexTerms, SystemStatus
from simulation.servers.paradex.tokens import Token
from simulation.venue import SimulatedVenue

_LARGEST_BATCH: Final = 10
_NEAR_FAIR: Final = Decimal("0.0005")
"""How far from the fair price an order may be while the venue is post-only, as a fraction."""


class OrderApi:
    """The order endpoints of every account."""

    def __init__(
        self,
        venue: SimulatedVenue,
        terms: ParadexTerms,
        index: OrderIndex,
        entry: OrderEntry,
        messages: Messages,
        boards: dict[str, MarketBoard],
    ) -> None:
        """Check by the terms, hash with the messages, read marks off the boards, queue at the entry."""
        self.index = index
        self._venue = venue
        self._terms = terms
        self._entry = entry
        self._messages = messages
        self._boards = boards

    # -- placing --------------------------------------------------------------------------------

    def create(self, token: Token, request: OrderRequest, done: Callable[[OrderFile], None] | None = None) -> OrderFile:
        """Queue an order; `done` is told when the matching engine has met it.

        Raises:
            ApiRefusal: it is not queued.
        """
        return self._queue(token, self._read(token, request), done)

    def create_batch(self, token: Token, requests: Sequence[OrderRequest]) -> list[OrderFile | ApiRefusal]:
        """Queue up to ten orders and say of each what became of it. One bad form or signature refuses all of them.

        Raises:
            ApiRefusal: none is queued.
        """
        if not 0 < len(requests) <= _LARGEST_BATCH:
            raise ApiRefusal("BATCH_SIZE_OUT_OF_RANGE", f"batch size must be between 1 and {_LARGEST_BATCH}")
        outcomes: list[OrderFile | ApiRefusal] = []
        for form in [self._read(token, request) for request in requests]:
            try:
                outcomes.append(self._queue(token, form, None))
            except ApiRefusal as refusal:
                outcomes.append(refusal)
        return outcomes

    def modify(self, token: Token, order_id: str, request: OrderRequest) -> OrderFile:
        """Queue a change of price, size or trigger price.

        Raises:
            ApiRefusal: it is not queued.
        """
        self._check_open(cancels=False)
        file = self._live(token, order_id)
        if file.status is WireStatus.NEW:
            raise ApiRefusal("ORDER_IS_NOT_OPEN", f"order {order_id} is not open")
        if request.id not in {None, order_id}:
            raise invalid("id: does not match the path")
        form = read_form(request, self._venue.core.now_ns, self._terms.recv_window_ms)
        kept = file.form
        if (form.market, form.side, form.kind) != (kept.market, kept.side, kept.kind):
            raise invalid("market, side and type cannot be modified")
        self._check_signature(token, form, int(order_id))
        if form.size <= file.filled:
            raise ApiRefusal("INVALID_ORDER_SIZE", "size must be above what has filled")
        check_notional(form, self._boards[form.market.ticker].mark())
        form = msgspec.structs.replace(
            form, instruction=kept.instruction, flags=kept.flags, client_id=kept.client_id, stp=kept.stp
        )
        self._entry.modify(token, file, form)
        return file

    # -- cancelling -------------------------------------------------------------------------------

    def cancel(self, token: Token, order_id: str) -> OrderFile:
        """Queue a cancel.

        Raises:
            ApiRefusal: there is nothing to cancel.
        """
        self._check_open(cancels=True)
        file = self._live(token, order_id)
        self._entry.cancel(token, file)
        return file

    def cancel_named(self, token: Token, client_id: str, symbol: str | None) -> OrderFile:
        """Queue a cancel by the client's id.

        Raises:
            ApiRefusal: there is nothing to cancel.
        """
        self._check_open(cancels=True)
        file = self.index.named(token.account, client_id)
        if file is None or symbol not in {None, "", file.form.market.symbol}:
            raise ApiRefusal("CLIENT_ORDER_ID_NOT_FOUND", f"order with client id {client_id} not found")
        return self.cancel(token, file.order_id)

    def cancel_all(self, token: Token, symbol: str | None) -> None:
        """Queue cancels of everything, or of everything on one market.

        Raises:
            ApiRefusal: there is no such market, or the venue does not work.
        """
        self._check_open(cancels=True)
        if symbol and all(board.market.symbol != symbol for board in self._boards.values()):
            raise ApiRefusal("MARKET_NOT_FOUND", f"market {symbol} not found")
        for file in self.index.live(token.account, symbol or None):
            self._entry.cancel(token, file)

    def cancel_batch(self, token: Token, order_ids: Sequence[str], client_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Queue cancels and say of each what became of it."""
        self._check_open(cancels=True)
        known = [({"id": each}, self.index.find(token.account, each)) for each in order_ids]
        known += [({"client_id": each}, self.index.named(token.account, each)) for each in client_ids]
        return [self._cancel_known(token, asked, file) for asked, file in known]

    def abandon(self, token: Token, order_ids: Iterable[str]) -> None:
        """Queue cancels of what a stream that is gone had sent, whatever state the venue is in."""
        for order_id in sorted(order_ids):
            file = self.index.find(token.account, order_id)
            if file is not None and file.is_live:
                self._entry.cancel(token, file, "CANCEL_ON_DISCONNECT")

    def _cancel_known(self, token: Token, asked: dict[str, str], file: OrderFile | None) -> dict[str, Any]:
        if file is None:
            return {**asked, "status": "NOT_FOUND"}
        if file.is_live:
            self._entry.cancel(token, file)
        return {
            "id": file.order_id,
            "client_id": file.form.client_id,
            "account": file.account,
            "market": file.form.market.symbol,
            "status": "QUEUED_FOR_CANCELLATION" if file.is_live else "ALREADY_CLOSED",
        }

    # -- looking up -------------------------------------------------------------------------------

    def find(self, token: Token, order_id: str) -> OrderFile:
        """Give an order that is not over.

        Raises:
            ApiRefusal: there is none.
        """
        file = self.index.find(token.account, order_id)
        if file is None or not (file.is_live or self._terms.finds_closed_orders):
            raise ApiRefusal("ORDER_ID_NOT_FOUND", f"order {order_id} not found")
        return file

    def find_named(self, token: Token, client_id: str) -> OrderFile:
        """Give an order that is open, by the client's id; one that is still queued is not found.

        Raises:
            ApiRefusal: there is none.
        """
        file = self.index.named(token.account, client_id)
        if file is None or not (file.status in _SHOWN or self._terms.finds_closed_orders):
            raise ApiRefusal("CLIENT_ORDER_ID_NOT_FOUND", f"order with client id {client_id} not found")
        return file

    # -- inside -----------------------------------------------------------------------------------

    def _read(self, token: Token, request: OrderRequest) -> OrderForm:
        form = read_form(request, self._venue.core.now_ns, self._terms.recv_window_ms)
        self._check_signature(token, form, None)
        return form

    def _queue(self, token: Token, form: OrderForm, done: Callable[[OrderFile], None] | None) -> OrderFile:
        mark = self._boards[form.market.ticker].mark()
        self._check_open(cancels=False)
        self._check_calm(form, mark)
        check_notional(form, mark)
        if form.client_id and self.index.is_taken(token.account, form.client_id):
            raise ApiRefusal("DUPLICATED_CLIENT_ID", f"client id {form.client_id} is already in use")
        return self._entry.place(token, form, done)

    def _live(self, token: Token, order_id: str) -> OrderFile:
        file = self.index.find(token.account, order_id)
        if file is None:
            raise ApiRefusal("ORDER_ID_NOT_FOUND", f"order {order_id} not found")
        if not file.is_live:
            raise ApiRefusal("ORDER_IS_CLOSED", f"order {order_id} is closed")
        return file

    def _check_open(self, *, cancels: bool) -> None:
        status = self._terms.status_at(self._venue.core.now_ns)
        if status is SystemStatus.MAINTENANCE:
            raise ApiRefusal("SERVICE_UNAVAILABLE", "the exchange is under maintenance", 503)
        if status is SystemStatus.CANCEL_ONLY and not cancels:
            raise ApiRefusal("SYSTEM_STATUS_CANCEL_ONLY", "the exchange accepts cancels only")

    def _check_calm(self, form: OrderForm, mark: Decimal | None) -> None:
        """Refuse what may not come in while the venue is post-only."""
        if self._terms.status_at(self._venue.core.now_ns) is not SystemStatus.POST_ONLY:
            return
        if not form.post_only:
            raise ApiRefusal("SYSTEM_STATUS_POST_ONLY", "the exchange accepts post-only orders only")
        if mark is not None and abs(form.price - mark) > mark * _NEAR_FAIR:
            raise invalid("price: must be within 5 bps of the external fair price")

    def _check_signature(self, token: Token, form: OrderForm, order_id: int | None) -> None:
        try:
            signature = read_signature(form.signature)
        except ApiRefusal as refusal:
            raise ApiRefusal("INVALID_ORDER_SIGNATURE", refusal.text) from None
        message = self._messages.order(
            int(token.account, 16),
            timestamp_ms=form.timestamp_ms,
            market=form.market.symbol,
            is_buy=form.side.sign > 0,
            kind=form.kind,
            size=form.size,
            price=form.price,
            order_id=order_id,
        )
        if not is_signed(token.public_key, message, signature):
            raise ApiRefusal("INVALID_ORDER_SIGNATURE", "the signature does not belong to this order and key")


_SHOWN: Final = frozenset({WireStatus.OPEN, WireStatus.UNTRIGGERED})

__all__ = ["OrderApi"]
