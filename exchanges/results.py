"""What came of sending something, and the one rule by which failures become outcomes.

A definite refusal is REJECTED. A timeout, a 5xx, a 429, a lost reply, a closed socket or a reply
that cannot be read is UNKNOWN: it may have taken effect, so the venue is asked.
"""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from typing import Final

import msgspec

from helpers.enums import OrderStatus
from helpers.errors import AuthError, UserError, VenueError, VenueRejected
from helpers.models import OrderInfo

_DEFINITE: Final = (VenueRejected, AuthError, UserError)


class OrderResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of sending something."""

    success: bool
    """The venue accepted it."""
    status: OrderStatus
    """OPEN or FILLED or PARTIALLY_FILLED when accepted, REJECTED when refused, UNKNOWN when no reply can be trusted."""
    order_id: str | None = None
    client_order_id: str | None = None
    price: Decimal | None = None
    error_message: str = ""
    keys_refused: bool = False
    """The venue does not take our keys or signature: the next order will fare no better."""

    @property
    def is_refused(self) -> bool:
        """Whether the venue said no, for sure."""
        return not self.success and self.status is not OrderStatus.UNKNOWN

    def follow(self, info: OrderInfo) -> OrderResult:
        """Give the result as the venue's newer account of the order makes it."""
        return OrderResult(
            success=info.status is not OrderStatus.REJECTED,
            status=info.status,
            order_id=info.order_id,
            client_order_id=self.client_order_id,
            price=info.price,
            error_message=info.reason,
        )


async def outcome(request: Awaitable[OrderResult]) -> OrderResult:
    """Await a request: a definite refusal is REJECTED, every other failure leaves the outcome UNKNOWN."""
    try:
        return await request
    except _DEFINITE as error:
        return OrderResult(
            success=False,
            status=OrderStatus.REJECTED,
            error_message=str(error),
            keys_refused=isinstance(error, AuthError),
        )
    except (VenueError, OSError) as error:  # TimeoutError is an OSError
        text = str(error) or type(error).__name__
        return OrderResult(success=False, status=OrderStatus.UNKNOWN, error_message=text)
