"""Signed transactions on their way: one nonce each, in order, and never the same one twice.

A refusal by the API (HTTP 400) leaves the nonce as it was; what the sequencer refuses later has
used it, with exceptions that only the venue knows; and no answer leaves doubt, after which the
next nonce is read from the venue. The budget is drawn on before the line of nonces is joined, and
in that line cancels go first: none is held up by an order that waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlencode

import msgspec

from exchanges.lighter.account_wire import SentReply
from exchanges.lighter.faults import INVALID_NONCE
from exchanges.lighter.reading import read_as
from exchanges.lighter.rest import LighterRest, tx_costs
from exchanges.lighter.signing import SignedTx
from exchanges.lighter.turns import Turns
from exchanges.nonces import NonceUse, NonceWriter
from exchanges.rate_limiter import Priority
from helpers.errors import AuthError, BadPayload, ConnectivityError, RateLimited, VenueRejected

Sign = Callable[[int], SignedTx]
"""Signs one transaction for a nonce."""

NOT_SENT: Final = "not sent"
"""The code of a refusal of our own: nothing left, for now."""
_PATIENCE_S: Final = 10.0
_TRIES: Final = 3
"""A refused nonce says for sure that nothing was done; the second reading of the next one may still be ours."""
MAX_BATCH: Final = 15
_TAKEN: Final = 200


class TxSender:
    """Sends the transactions of one key."""

    def __init__(self, rest: LighterRest, nonces: NonceWriter) -> None:
        """Send through `rest`, numbered by `nonces`."""
        self._rest = rest
        self._nonces = nonces
        self._turns = Turns()

    async def send(self, tx_type: int, sign: Sign, priority: Priority) -> None:
        """Send one transaction. What was refused for its nonce alone is signed anew.

        Raises:
            VenueRejected: the venue did nothing.
            ConnectivityError: nobody knows.
        """
        for _ in range(_TRIES - 1):
            try:
                await self._send_once(tx_type, sign, priority)
            except VenueRejected as error:
                if error.code != INVALID_NONCE:
                    raise
            else:
                return
        await self._send_once(tx_type, sign, priority)

    async def _send_once(self, tx_type: int, sign: Sign, priority: Priority) -> None:
        await self._admit([tx_type], priority)
        async with self._numbered(priority) as use:
            try:
                signed = sign(use.nonce)
                form = urlencode({"tx_type": signed.tx_type, "tx_info": signed.tx_info}).encode()
                body = await self._rest.post_form("sendTx", form)
            except (VenueRejected, AuthError) as error:
                if getattr(error, "code", "") != INVALID_NONCE:
                    use.unused()
                raise
            _check_taken(body)
            use.consumed()

    async def send_batch(self, tx_types: Sequence[int], sign: Sequence[Sign], priority: Priority) -> None:
        """Send up to fifteen transactions as one.

        Raises:
            VenueRejected: nothing could be signed; nothing was sent.
            ConnectivityError: nobody knows, also when the venue refuses: it does not say that none of them was done.
        """
        await self._admit(tx_types, priority)
        async with self._numbered(priority) as use:
            try:
                signed = [each(use.nonce + place) for place, each in enumerate(sign)]
            except VenueRejected:
                use.unused()
                raise
            form = {
                "tx_types": msgspec.json.encode(list(tx_types)).decode(),
                "tx_infos": msgspec.json.encode([each.tx_info for each in signed]).decode(),
            }
            try:
                body = await self._rest.post_form("sendTxBatch", urlencode(form).encode())
            except (VenueRejected, AuthError) as error:
                raise ConnectivityError(f"the batch was refused, its parts are unknown: {error}") from None
            _check_taken(body)
            use.consumed(len(signed))

    async def _admit(self, tx_types: Sequence[int], priority: Priority) -> None:
        """Wait for room in the budget: a cancel as long as it takes, an order while its price still means something.

        Raises:
            VenueRejected: there was none; nothing was sent.
        """
        try:
            async with asyncio.timeout(None if priority is Priority.CANCEL else _PATIENCE_S):
                await self._rest.limiter.acquire(tx_costs(tx_types), priority)
        except TimeoutError:
            raise VenueRejected(NOT_SENT, f"Lighter's limits had no room for it in {_PATIENCE_S:g} s") from None

    @asynccontextmanager
    async def _numbered(self, priority: Priority) -> AsyncIterator[NonceUse]:
        """Hold the line of nonces.

        Raises:
            VenueRejected: the next one cannot be read: nothing was sent, for sure.
        """
        has_begun = False
        try:
            async with self._turns.turn(priority), self._nonces.use() as use:
                has_begun = True
                yield use
        except (ConnectivityError, RateLimited, BadPayload) as error:
            if has_begun:
                raise
            raise VenueRejected(NOT_SENT, f"the key's next nonce cannot be read: {error}") from None


def _check_taken(body: bytes) -> None:
    """Look whether an answer says that what was sent was taken.

    Raises:
        BadPayload: it does not.
    """
    if read_as(body, SentReply).code != _TAKEN:
        raise BadPayload("the answer to a transaction does not say what became of it", body)


__all__ = ["MAX_BATCH", "NOT_SENT", "Sign", "TxSender"]
