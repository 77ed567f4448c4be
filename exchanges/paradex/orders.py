"""Acts on orders: placed, changed, cancelled, each sent once, singly or ten at a time.

What the venue answers to an order is that it will look at it; a refusal may follow on the
stream. "This id is in use" to the first order that we sent under it is no refusal of ours: some
copy of it is alive, so its outcome is unknown and the venue is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

import msgspec

from exchanges.paradex.account_mapping import order_info
from exchanges.paradex.account_rest import AccountRest
from exchanges.paradex.account_wire import OrderState
from exchanges.paradex.amends import AwaitedChange
from exchanges.paradex.batches import BatchAnswer, CancelAnswer, read_batch, read_cancels
from exchanges.paradex.drafts import Draft, changed_draft, new_draft
from exchanges.paradex.mapping import MS
from exchanges.paradex.memory import OrderMemory
from exchanges.paradex.rest import decode
from exchanges.paradex.signing import Signer
from exchanges.results import OrderResult, outcome
from helpers.clock import Clock
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus
from helpers.errors import BadPayload, ConnectivityError, VenueError, VenueRejected
from helpers.models import Bbo, Market

_BATCH: Final = 10
Items = Sequence[tuple[str, OrderParams]]


class ParadexOrders:
    """Sends for one account."""

    def __init__(
        self,
        rest: AccountRest,
        signer: Signer,
        clock: Clock,
        memory: OrderMemory,
        market: Callable[[str], Market],
        bbo: Callable[[str], Bbo | None],
    ) -> None:
        """Send through `rest`, sign with `signer`; `market` and `bbo` give terms and touch of a ticker."""
        self._rest = rest
        self._signer = signer
        self._clock = clock
        self._memory = memory
        self._market = market
        self._bbo = bbo
        self._changes: list[AwaitedChange] = []
        self.only_reduce = False
        """The bot stops: what increases risk and has not left is kept back."""

    # -- one at a time --------------------------------------------------------------------

    async def place(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        """Send an order."""
        draft = self._draft(ticker, client_order_id, params)
        try:
            body = msgspec.json.encode(self._signed(draft))
            state = await self._rest.place(body, partial(self._check_stop, (draft,)))
        except VenueRejected as error:
            raise _doubt(error) from None
        return self._accepted(draft, state)

    async def amend(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        """Change price and total size of a resting order, and wait until the venue says what came of it."""
        market = self._market(ticker)
        known = await self._known(market, client_order_id)
        draft = changed_draft(market, known, price, quantity)
        change = AwaitedChange(known, price, quantity)
        self._changes.append(change)
        try:
            told = await self._rest.modify(known.id, msgspec.json.encode(self._signed(draft)))
            self._memory.learn(told)
            state = await self._see(change, told, client_order_id)
        finally:
            self._changes.remove(change)
        self._memory.learn(state)
        return _result(state, client_order_id, price)

    def _check_stop(self, drafts: Sequence[Draft]) -> None:
        if self.only_reduce and not all(draft.only_reduces for draft in drafts):
            raise VenueRejected("not sent", "the bot is stopping")

    async def cancel(self, ticker: str, client_order_id: str) -> OrderResult:
        """Ask for a cancel; the order's end comes by the stream."""
        await self._rest.cancel(self._market(ticker).contract_id, client_order_id)
        return OrderResult(success=True, status=OrderStatus.OPEN, client_order_id=client_order_id)

    async def cancel_all(self, ticker: str) -> OrderResult:
        """Ask for the cancel of everything on one market."""
        await self._rest.cancel_all(self._market(ticker).contract_id)
        return OrderResult(success=True, status=OrderStatus.CANCELLED)

    def hear(self, state: OrderState) -> None:
        """Learn from news of an order on the stream."""
        self._memory.learn(state)
        for change in self._changes:
            change.hear(state)

    # -- several at a time ------------------------------------------------------------------

    async def place_many(self, ticker: str, items: Items) -> list[OrderResult]:
        """Send orders ten at a time; each has its own outcome, in the order given."""
        results: dict[str, OrderResult] = {}
        drafts: list[Draft] = []
        for client_order_id, params in items:
            try:
                drafts.append(self._draft(ticker, client_order_id, params))
            except VenueRejected as error:
                results[client_order_id] = _failed(client_order_id, OrderStatus.REJECTED, str(error))
        for start in range(0, len(drafts), _BATCH):
            results.update(await self._place_batch(drafts[start : start + _BATCH]))
        return [results[client_order_id] for client_order_id, _ in items]

    async def _place_batch(self, drafts: Sequence[Draft]) -> Mapping[str, OrderResult]:
        async def send() -> OrderResult:
            body = msgspec.json.encode([self._signed(draft) for draft in drafts])
            try:
                reply = await self._rest.place_batch(body, partial(self._check_stop, drafts))
            except VenueRejected as error:
                raise _doubt(error) from None
            answers.update(read_batch(drafts, decode(reply, BatchAnswer)))
            return OrderResult(success=True, status=OrderStatus.OPEN)

        answers: dict[str, OrderState | VenueError] = {}
        whole = await outcome(send())
        results = {}
        for draft in drafts:
            answer = answers.get(draft.client_id)
            if whole.success:
                results[draft.client_id] = await outcome(self._one(draft, answer))
            else:
                results[draft.client_id] = _failed(draft.client_id, whole.status, whole.error_message)
        return results

    async def _one(self, draft: Draft, answer: OrderState | VenueError | None) -> OrderResult:
        if isinstance(answer, VenueRejected):
            raise _doubt(answer)
        if isinstance(answer, VenueError):
            raise answer
        if answer is None:
            raise BadPayload(f"Paradex does not say what became of order {draft.client_id}")
        return self._accepted(draft, answer)

    async def cancel_many(self, client_order_ids: Sequence[str]) -> list[OrderResult]:
        """Ask for several cancels as one request."""
        answer = decode(await self._rest.cancel_batch(client_order_ids), CancelAnswer)
        return read_cancels(client_order_ids, answer)

    # -- inside -----------------------------------------------------------------------------

    def _draft(self, ticker: str, client_order_id: str, params: OrderParams) -> Draft:
        draft = new_draft(self._market(ticker), client_order_id, params, self._bbo(ticker))
        if not self._memory.use(client_order_id, params.side):
            raise VenueRejected("DUPLICATED_CLIENT_ID", f"an order was sent under the id {client_order_id} before")
        return draft

    def _signed(self, draft: Draft) -> Draft:
        try:
            return draft.sign(self._signer, self._clock.now_ns() // MS)
        except ValueError as error:
            raise VenueRejected("NOT_SIGNABLE", f"the order cannot be signed: {error}") from None

    def _accepted(self, draft: Draft, state: OrderState) -> OrderResult:
        if (state.client_id or draft.client_id) != draft.client_id:
            raise BadPayload(f"Paradex answers with order {state.client_id} to order {draft.client_id}")
        self._memory.learn(msgspec.structs.replace(state, client_id=draft.client_id))
        price = Decimal(draft.price) if isinstance(draft.price, str) else None
        return _result(state, draft.client_id, price)

    async def _known(self, market: Market, client_order_id: str) -> OrderState:
        known = self._memory.find(client_order_id)
        if known is None:
            known = await self._rest.find_order(market.contract_id, client_order_id)
        if known is None:
            raise VenueRejected("CLIENT_ORDER_ID_NOT_FOUND", f"Paradex has no order {client_order_id}")
        return known

    async def _see(self, change: AwaitedChange, told: OrderState, client_order_id: str) -> OrderState:
        """Give the order as it stands after a change that the venue took.

        Raises:
            VenueRejected: it refused the change after all.
            ConnectivityError: nothing shows what came of it.
        """
        change.hear_no(told)
        state = await change.news() or await self._look(told.market, client_order_id)
        error = None if state is None else change.refusal(state)
        if error is not None:
            raise error
        if state is not None and change.holds(state):
            return state
        if state is not None and state.status == "CLOSED":
            raise VenueRejected("ORDER_IS_CLOSED", f"order {change.order_id} was over before it could be changed")
        raise ConnectivityError(f"Paradex took the change of order {change.order_id}, and it does not show yet")

    async def _look(self, symbol: str, client_order_id: str) -> OrderState | None:
        """Read an order; that it cannot be read says nothing of what was asked of it before."""
        try:
            return await self._rest.find_order(symbol, client_order_id)
        except VenueError:
            return None


def _doubt(error: VenueRejected) -> VenueError:
    if error.code != "DUPLICATED_CLIENT_ID":
        return error
    return ConnectivityError(f"Paradex has an order under this id although none was sent: {error}")


def _result(state: OrderState, client_order_id: str, price: Decimal | None) -> OrderResult:
    info = order_info(state)
    return OrderResult(
        success=info.status is not OrderStatus.REJECTED,
        status=OrderStatus.OPEN if info.status is OrderStatus.UNKNOWN else info.status,
        order_id=state.id,
        client_order_id=client_order_id,
        price=price,
        error_message=info.reason,
    )


def _failed(client_order_id: str, status: OrderStatus, text: str) -> OrderResult:
    return OrderResult(success=False, status=status, client_order_id=client_order_id, error_message=text)


__all__ = ["Items", "ParadexOrders"]
