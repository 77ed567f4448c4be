"""From what a strategy wants to the signed body of a Paradex order, refused here where the venue would for sure.

Nothing is rounded: a price or quantity beside the market's grid is refused, because what rests
would not be what was asked for. Market orders name no price; the venue holds them within its
price band around the mark and cancels the rest. `recv_window` makes an order that was stuck on
its way refused instead of placed after nobody believes in it any more.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from exchanges.paradex.account_wire import OrderState
from exchanges.paradex.mapping import WORDS
from exchanges.paradex.signing import OrderTerms, Signer
from helpers.decisions import OrderParams
from helpers.enums import OrderType, Side, TimeInForce
from helpers.errors import VenueRejected
from helpers.models import Bbo, Market
from helpers.money import is_multiple, minimum_quantity, plain

REDUCE_ONLY: Final = "REDUCE_ONLY"
_RECEIVE_WITHIN_MS: Final = 10_000
_INSTRUCTIONS: Final = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC"}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an order, in the venue's words."""

    market: str
    side: str
    size: str
    type: str
    instruction: str
    client_id: str
    signature: str = ""
    signature_timestamp: int = 0
    recv_window: int = _RECEIVE_WITHIN_MS
    price: str | UnsetType = UNSET
    flags: tuple[str, ...] | UnsetType = UNSET
    id: str | UnsetType = UNSET

    @property
    def only_reduces(self) -> bool:
        """Whether it can only make a position smaller."""
        return self.flags is not UNSET and REDUCE_ONLY in self.flags

    def sign(self, signer: Signer, now_ms: int) -> Draft:
        """Give the draft as it is sent."""
        terms = OrderTerms(
            timestamp_ms=now_ms,
            market=self.market,
            side=self.side,
            order_type=self.type,
            size=Decimal(self.size),
            price=Decimal(0 if self.price is UNSET else self.price),
            order_id="" if self.id is UNSET else self.id,
        )
        signature = signer.sign(signer.order_hash(terms))
        return msgspec.structs.replace(self, signature=signature, signature_timestamp=now_ms)


def new_draft(market: Market, client_order_id: str, params: OrderParams, bbo: Bbo | None) -> Draft:
    """Write an order down.

    Raises:
        VenueRejected: this venue would refuse it.
    """
    is_market = params.order_type is OrderType.MARKET
    price = params.price if params.price is not None else _touch(bbo, params.side)
    if not is_market:
        price = _on_tick(market, price)
    _check_quantity(market, params.quantity)
    if not params.reduce_only and price is not None:  # what is left of a position may always be closed
        # The venue counts at the mark; here only what is too small at the order's price and at the touch.
        touch = _touch(bbo, params.side)
        _check_minimum(market, price if touch is None else max(price, touch), params.quantity)
    return Draft(
        market=market.contract_id,
        side=WORDS[params.side],
        size=plain(params.quantity),
        type="MARKET" if is_market else "LIMIT",
        instruction=_instruction(params),
        client_id=client_order_id,
        price=UNSET if is_market or price is None else plain(price),
        flags=(REDUCE_ONLY,) if params.reduce_only else UNSET,
    )


def changed_draft(market: Market, known: OrderState, price: Decimal, quantity: Decimal) -> Draft:
    """Write a change of an order down: its id and everything but price and size stay.

    Raises:
        VenueRejected: this venue would refuse it.
    """
    _check_quantity(market, quantity)
    return Draft(
        market=market.contract_id,
        side=known.side,
        size=plain(quantity),
        type=known.type,
        instruction=known.instruction or "GTC",
        client_id=known.client_id or "",
        price=plain(_on_tick(market, price)),
        flags=known.flags or UNSET,
        id=known.id,
    )


def _instruction(params: OrderParams) -> str:
    instruction = _INSTRUCTIONS.get(params.time_in_force)
    if instruction is None:
        raise VenueRejected("NOT_SUPPORTED", f"Paradex has no {params.time_in_force.value.upper()} orders")
    if params.order_type is OrderType.MARKET:
        return "GTC"  # the venue's word for it; a market order never rests
    if not params.post_only:
        return instruction
    if instruction != "GTC":
        raise VenueRejected("NOT_SUPPORTED", "an order cannot be both post-only and immediate-or-cancel")
    return "POST_ONLY"


def _touch(bbo: Bbo | None, side: Side) -> Decimal | None:
    if bbo is None:
        return None
    return bbo.ask if side is Side.BUY else bbo.bid


def _on_tick(market: Market, price: Decimal | None) -> Decimal:
    if price is None:
        raise VenueRejected(
            "NO_PRICE", f"the order names no price and there is no book of {market.ticker} to take it from"
        )
    if price <= 0 or not is_multiple(price, market.tick_size):
        raise VenueRejected("INVALID_PRICE", f"price {plain(price)} is no multiple of the tick {market.tick_size}")
    return price


def _check_quantity(market: Market, quantity: Decimal) -> None:
    step = market.quantity_step
    if quantity < market.min_quantity:
        raise VenueRejected("INVALID_ORDER_SIZE", f"{plain(quantity)} is below the minimum of {market.min_quantity}")
    if not is_multiple(quantity, step):
        raise VenueRejected("INVALID_ORDER_SIZE", f"{plain(quantity)} is no multiple of the step {step}")


def _check_minimum(market: Market, price: Decimal, quantity: Decimal) -> None:
    if price * quantity >= market.min_notional:
        return
    least = plain(minimum_quantity(market, price))
    raise VenueRejected(
        "INVALID_ORDER_SIZE",
        f"{plain(quantity)} at {plain(price)} is below the minimum of {market.min_notional} {market.quote}: "
        f"{least} is the least",
    )


__all__ = ["Draft", "changed_draft", "new_draft"]
