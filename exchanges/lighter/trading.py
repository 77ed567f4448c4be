"""Orders on Lighter: placed, changed and cancelled as signed transactions, one at a time or as a batch.

A positive answer means that the sequencer will look at it: the order's id and its fate, a refusal
too, come through the account's stream. A change keeps our id; that its amount is the order's new
total is how the venue's own kit names it, and the live venue must confirm it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from exchanges.lighter.account_rest import LighterAccountRest
from exchanges.lighter.faults import ID_TAKEN, INVALID_NONCE, NOT_ACTIVE
from exchanges.lighter.mapping import order_info
from exchanges.lighter.markets import LighterMarket
from exchanges.lighter.order_form import check_minimum, order_tx
from exchanges.lighter.order_notes import OrderNotes, SentOrder
from exchanges.lighter.sender import MAX_BATCH, NOT_SENT, Sign, TxSender
from exchanges.lighter.signing import LighterSigner, OrderTx, SignedTx
from exchanges.rate_limiter import Priority
from exchanges.results import OrderResult
from helpers.clock import NS_PER_S, Clock
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, OrderType, Side
from helpers.errors import AuthError, ConnectivityError, UserError, VenueError, VenueRejected
from helpers.models import Bbo, OrderInfo

_CREATE, _CANCEL, _CANCEL_ALL, _MODIFY = 14, 15, 16, 17
_NS_PER_MS = 1_000_000
_SHORTEST_SWITCH_S = 5
_LONGEST_SWITCH_S = 24 * 3600
_REFUSALS = (VenueRejected, AuthError, UserError)

Wanted = Sequence[tuple[str, OrderParams]]
"""Orders by our ids."""


class LighterTrading:
    """Everything that changes something at the venue."""

    def __init__(
        self, signer: LighterSigner, sender: TxSender, rest: LighterAccountRest, notes: OrderNotes, clock: Clock
    ) -> None:
        """Sign, number and send; ask where it is not known what there is to cancel."""
        self._signer = signer
        self._sender = sender
        self._rest = rest
        self._notes = notes
        self._clock = clock
        self.only_reduce = False
        """Sign nothing that increases risk, however long it has been waiting for its turn."""

    async def place(self, market: LighterMarket, key: str, params: OrderParams, bbo: Bbo | None) -> OrderResult:
        """Send one order.

        Raises:
            VenueRejected: it is not there, for sure.
            ConnectivityError: nobody knows.
        """
        order = self._prepare(market, key, params, bbo)
        try:
            await self._sender.send(_CREATE, self._signing(market, order, params), Priority.ORDER)
        except _REFUSALS as error:
            if isinstance(error, VenueRejected) and error.code == ID_TAKEN:
                # Our ids are used once: it has this very order, from a request that somebody on the way sent again.
                raise ConnectivityError(str(error)) from None
            self._notes.unsent(key)
            raise
        return self._accepted(market, order, params)

    async def place_many(self, market: LighterMarket, wanted: Wanted, bbo: Bbo | None) -> list[OrderResult]:
        """Send orders as batches of up to fifteen; each gets its own result, in the order asked for."""
        results: dict[str, OrderResult] = {}
        good: list[tuple[str, OrderParams, OrderTx]] = []
        for key, params in wanted:
            try:
                good.append((key, params, self._prepare(market, key, params, bbo)))
            except _REFUSALS as error:
                results.setdefault(key, _failed(key, OrderStatus.REJECTED, error))
        for start in range(0, len(good), MAX_BATCH):
            results.update(await self._place_batch(market, good[start : start + MAX_BATCH]))
        return [results[key] for key, _ in wanted]

    async def amend(self, market: LighterMarket, key: str, price: Decimal, quantity: Decimal) -> OrderResult:
        """Change price and total quantity of a resting order, and wait until the venue tells that it was changed.

        What fills meanwhile fills on the old terms, and the sequencer may refuse what the API took: to believe in
        the new terms sooner would be to believe in fills that cannot be, or to miss some that can.

        Raises:
            VenueRejected: it stands as it stood, or is over.
            ConnectivityError: nobody knows.
        """
        before = await self._resting(market, key)
        shape = OrderParams(side=before.side, quantity=quantity, intent="", price=price, reduce_only=before.reduce_only)
        check_minimum(market.market, shape, price)
        units, amount = market.price_units(price), market.quantity_units(quantity)

        with self._notes.changes.awaiting(key) as change:

            def sign(nonce: int) -> SignedTx:
                self._check_stop(reduces=before.reduce_only)
                signed = self._signer.modify_order(market.index, int(key), amount, units, nonce)
                change.tx_hash = signed.tx_hash
                return signed

            await self._sender.send(_MODIFY, sign, Priority.ORDER)
            after = await change.made(price, quantity)
        return OrderResult(success=True, status=after.status, order_id=after.order_id, client_order_id=key, price=price)

    async def cancel(self, market: LighterMarket, key: str) -> OrderResult:
        """Cancel an order by our id; one that is over, or was never there, is refused without asking for it."""
        info = await self._resting(market, key, Priority.CANCEL)
        await self._send_cancel(_CANCEL, partial(self._signer.cancel_order, market.index, int(key)))
        return OrderResult(
            success=True, status=OrderStatus.OPEN, order_id=info.order_id or None, client_order_id=key, price=info.price
        )

    async def cancel_all(self, market: LighterMarket) -> OrderResult:
        """Cancel all our orders on one market."""
        sign = partial(self._signer.cancel_all, market.index)
        await self._send_cancel(_CANCEL_ALL, sign)
        return OrderResult(success=True, status=OrderStatus.CANCELLED)

    async def set_dead_man_switch(self, seconds: float | None) -> None:
        """Have the venue cancel all orders of the account, on every market, after so long; None calls it off.

        Raises:
            UserError: the time is out of range.
        """
        if seconds is not None and not _SHORTEST_SWITCH_S <= seconds <= _LONGEST_SWITCH_S:
            raise UserError(f"a dead-man switch of {seconds:g} s", "give 5 s to 24 h")
        at_ms = None if seconds is None else (self._clock.now_ns() + round(seconds * NS_PER_S)) // _NS_PER_MS
        await self._send_cancel(_CANCEL_ALL, partial(self._signer.schedule_cancel_all, at_ms))

    # -- inside ---------------------------------------------------------------------------------

    def _prepare(self, market: LighterMarket, key: str, params: OrderParams, bbo: Bbo | None) -> OrderTx:
        if self._notes.is_known(key):
            raise VenueRejected(ID_TAKEN, f"client order id {key} was used before")
        if market.only_reduce and not params.reduce_only:
            raise VenueRejected("21605", f"{market.market.ticker} takes reduce-only orders only, for now")
        order = order_tx(market, key, params, bbo, self._clock.now_ns())
        self._notes.sending(key)
        return order

    async def _place_batch(
        self, market: LighterMarket, part: Sequence[tuple[str, OrderParams, OrderTx]]
    ) -> dict[str, OrderResult]:
        sign = [self._signing(market, order, params) for _, params, order in part]
        try:
            await self._sender.send_batch([_CREATE] * len(part), sign, Priority.ORDER)
        except _REFUSALS as error:
            for key, _, _ in part:
                self._notes.unsent(key)
            return {key: _failed(key, OrderStatus.REJECTED, error) for key, _, _ in part}
        except (VenueError, OSError) as error:
            return {key: _failed(key, OrderStatus.UNKNOWN, error) for key, _, _ in part}
        return {key: self._accepted(market, order, params) for key, params, order in part}

    async def _send_cancel(self, tx_type: int, sign: Sign) -> None:
        """Send what takes away. That it did not leave, for want of a nonce, is no refusal: it is worth another try.

        Raises:
            VenueRejected: the venue will not do it.
            ConnectivityError: it may or may not have been done.
        """
        try:
            await self._sender.send(tx_type, sign, Priority.CANCEL)
        except VenueRejected as error:
            if error.code in {NOT_SENT, INVALID_NONCE}:
                raise ConnectivityError(str(error)) from None
            raise

    def _signing(self, market: LighterMarket, order: OrderTx, params: OrderParams) -> Sign:
        """Sign an order, and note its hash before it leaves: its fate may be told before the answer comes."""
        sent = SentOrder(market.index, self._as_sent(market, order, params))

        def sign(nonce: int) -> SignedTx:
            self._check_stop(reduces=order.reduce_only)
            signed = self._signer.create_order(order, nonce)
            self._notes.carried_by(signed.tx_hash, sent)
            return signed

        return sign

    def _check_stop(self, *, reduces: bool) -> None:
        if self.only_reduce and not reduces:
            raise VenueRejected(NOT_SENT, "the bot is stopping")

    def _as_sent(self, market: LighterMarket, order: OrderTx, params: OrderParams) -> OrderInfo:
        return OrderInfo(
            order_id="",
            client_order_id=str(order.client_order_index),
            side=Side.SELL if order.is_ask else Side.BUY,
            size=params.quantity,
            price=None if params.order_type is OrderType.MARKET else order.price * market.market.tick_size,
            status=OrderStatus.OPEN,
            reduce_only=order.reduce_only,
            post_only=params.post_only,
            time_ns=self._clock.now_ns(),
        )

    def _accepted(self, market: LighterMarket, order: OrderTx, params: OrderParams) -> OrderResult:
        info = self._as_sent(market, order, params)
        key = info.client_order_id or ""
        seen = self._notes.get(key)  # the stream may have been faster
        if seen is None:
            self._notes.saw(info)
        result = OrderResult(
            success=True,
            status=OrderStatus.OPEN,
            order_id=None if seen is None else seen.order_id or None,
            client_order_id=key,
            price=info.price,
        )
        return result.follow(seen) if seen is not None and seen.status is OrderStatus.REJECTED else result

    async def _resting(self, market: LighterMarket, key: str, priority: Priority = Priority.READ) -> OrderInfo:
        """Give what is known of an order that may rest; asks about one that nobody here sent or saw.

        Raises:
            VenueRejected: it is over, or the venue has no such order.
        """
        info = self._notes.get(key)
        if info is None and key.isdecimal():
            found = await self._rest.find_order(market.index, int(key), priority)
            info = None if found is None else order_info(found)
            if info is not None:
                self._notes.saw(info)
        if info is None or info.status.is_terminal:
            raise VenueRejected(NOT_ACTIVE, f"order {key} is not an active order")
        return info


def _failed(key: str, status: OrderStatus, error: Exception) -> OrderResult:
    text = str(error) or type(error).__name__
    return OrderResult(success=False, status=status, client_order_id=key, error_message=text)


__all__ = ["LighterTrading", "Wanted"]
