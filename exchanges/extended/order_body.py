"""From our order to the venue's: checked against the market's terms, priced, timed, signed.

What the venue would refuse for sure is refused here with the venue's own code, before a nonce is
spent. Three things are the venue's way and not ours:

* A market order is an IOC of type MARKET with a price: 0.75 % beyond the best price of the other
  side, on the tick, and within the venue's collar around the mark price where a fresh one is known.
* Every order ends. One that we want to rest until it is cancelled gets the longest life there is
  less a day for clocks that differ: 89 days on mainnet, 27 on testnet. What ends at once (IOC,
  market) is signed for one hour, so that an order stuck on its way cannot surprise anybody later.
* The fee that is signed is the largest rate we accept: the maker's for a post-only order, the
  taker's for every other, as this account pays them; a rebate is signed as zero.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exchanges.extended.keys import Environment
from exchanges.extended.listings import Listing
from exchanges.extended.mapping import NS_PER_MS
from exchanges.extended.refusals import (
    EXPIRATION,
    MARKET_MUST_BE_IOC,
    MAX_VALUE,
    MIN_SIZE,
    PRICE,
    SIZE_STEP,
    TICK,
)
from exchanges.extended.signing import Signer, settle
from exchanges.extended.wire_account import (
    WireDebuggingAmounts,
    WireNewOrder,
    WireSettlement,
    WireSignature,
)
from helpers.clock import NS_PER_S
from helpers.decisions import OrderParams
from helpers.enums import OrderType, Side, TimeInForce
from helpers.errors import VenueRejected
from helpers.models import Bbo
from helpers.money import ceil_to, floor_to, is_multiple, plain

_SLIPPAGE: Final = Decimal("0.0075")
_DAY_NS: Final = 86_400 * NS_PER_S
_LONGEST_LIFE_NS: Final = {"mainnet": 90 * _DAY_NS, "testnet": 28 * _DAY_NS}
_SHORT_LIFE_NS: Final = 3600 * NS_PER_S
_UNSUPPORTED: Final = "UNSUPPORTED"
_IS_IOC: Final = {TimeInForce.GTC: False, TimeInForce.GTT: False, TimeInForce.IOC: True}


def check(params: OrderParams, listing: Listing) -> None:
    """Refuse what this venue cannot do, and quantities that do not fit the market.

    Raises:
        VenueRejected: it does not fit; the text names the limit.
    """
    terms, quantity = listing.terms, params.quantity
    is_market = params.order_type is OrderType.MARKET
    if params.time_in_force not in _IS_IOC:
        raise VenueRejected(_UNSUPPORTED, "Extended has no fill-or-kill orders")
    if params.peg is not None:
        raise VenueRejected(_UNSUPPORTED, "Extended has no orders that follow the book")
    if params.post_only and (is_market or _IS_IOC[params.time_in_force]):
        raise VenueRejected(MARKET_MUST_BE_IOC, "an order that ends at once cannot be post-only")
    if not quantity.is_finite() or quantity < terms.min_order_size:
        smallest = f"the minimum of {listing.name} is {plain(terms.min_order_size)}"
        raise VenueRejected(MIN_SIZE, f"quantity {quantity} is too small: {smallest}")
    if not is_multiple(quantity, terms.min_order_size_change):
        raise VenueRejected(SIZE_STEP, f"quantity {quantity} is no multiple of {plain(terms.min_order_size_change)}")
    if params.price is not None and not is_market:
        check_price(params.price, listing)


def check_price(price: Decimal, listing: Listing) -> Decimal:
    """Give a price that is one, and on the tick.

    Raises:
        VenueRejected: with the venue's code.
    """
    tick = listing.terms.min_price_change
    if not price.is_finite() or price <= 0:
        raise VenueRejected(PRICE, f"{price} is no price")
    if not is_multiple(price, tick):
        raise VenueRejected(TICK, f"price {price} is no multiple of the tick {plain(tick)} of {listing.name}")
    return price


def market_price(side: Side, bbo: Bbo | None, mark: Decimal | None, listing: Listing) -> Decimal:
    """Give the worst price a market order accepts.

    Args:
        side: of the order.
        bbo: the newest book.
        mark: the mark price, if a fresh one is known; without it the venue alone judges the collar.
        listing: tick and collar.

    Raises:
        VenueRejected: nobody is on the other side, or so far from the mark that no price is left.
    """
    terms, up = listing.terms, side is Side.BUY
    touch = None if bbo is None else (bbo.ask if up else bbo.bid)
    if touch is None:
        raise VenueRejected("NO_LIQUIDITY", f"nobody is on the other side of {listing.name}")
    tick = terms.min_price_change
    if up:
        price = ceil_to(touch * (1 + _SLIPPAGE), tick)
        if mark is not None and terms.limit_price_cap is not None:
            price = min(price, floor_to(mark * (1 + terms.limit_price_cap), tick))
        return check_price(price, listing)
    price = max(floor_to(touch * (1 - _SLIPPAGE), tick), tick)
    if mark is not None and terms.limit_price_floor is not None:
        price = max(price, ceil_to(mark * (1 - terms.limit_price_floor), tick))
    return check_price(price, listing)


def touch_price(side: Side, bbo: Bbo | None, listing: Listing) -> Decimal:
    """Give the price of a limit order that names none: the best of the other side.

    Raises:
        VenueRejected: nobody is there, or between two ticks: on an order older than a change of the tick.
    """
    touch = None if bbo is None else (bbo.ask if side is Side.BUY else bbo.bid)
    if touch is None:
        raise VenueRejected("NO_LIQUIDITY", f"nobody is on the other side of {listing.name}")
    return check_price(touch, listing)


def expiry_ms(params: OrderParams, environment: Environment, now_ns: int) -> int:
    """Give the end of an order's life, which the venue demands of every order.

    Raises:
        VenueRejected: a good-till-time order without its time, or with one the venue does not take.
    """
    longest_ns = _LONGEST_LIFE_NS[environment]
    if params.order_type is OrderType.MARKET or _IS_IOC[params.time_in_force]:
        return (now_ns + _SHORT_LIFE_NS) // NS_PER_MS
    if params.time_in_force is TimeInForce.GTC:
        return (now_ns + longest_ns - _DAY_NS) // NS_PER_MS
    if params.expires_ns is None or params.expires_ns <= now_ns:
        raise VenueRejected(EXPIRATION, "a good-till-time order needs a time that is still to come")
    if params.expires_ns > now_ns + longest_ns:
        raise VenueRejected(EXPIRATION, f"an order lives {longest_ns // _DAY_NS} days on Extended at most")
    return -(-params.expires_ns // NS_PER_MS)


def new_order(
    params: OrderParams,
    *,
    client_order_id: str,
    listing: Listing,
    price: Decimal,
    fee: Decimal,
    expires_ms: int,
    nonce: int,
    signer: Signer,
) -> WireNewOrder:
    """Make the signed order.

    Raises:
        VenueRejected: it is worth more than the venue takes.
    """
    is_market = params.order_type is OrderType.MARKET
    _check_value(params.quantity * price, listing, is_market=is_market)
    amounts = settle(params.side, params.quantity, price, fee, listing.l2)
    signature = signer.sign(amounts, listing.l2, expires_ms, nonce)
    return WireNewOrder(
        id=client_order_id,
        market=listing.name,
        type="MARKET" if is_market else "LIMIT",
        side=params.side.name,
        qty=plain(params.quantity),
        price=plain(price),
        reduce_only=params.reduce_only,
        post_only=params.post_only,
        time_in_force="IOC" if is_market or _IS_IOC[params.time_in_force] else "GTT",
        expiry_epoch_millis=expires_ms,
        fee=plain(max(fee, Decimal(0))),
        nonce=str(nonce),
        self_trade_protection_level="ACCOUNT",
        settlement=WireSettlement(
            signature=WireSignature(r=hex(signature.r), s=hex(signature.s)),
            stark_key=hex(signer.public),
            collateral_position=str(signer.vault),
        ),
        debugging_amounts=WireDebuggingAmounts(
            collateral_amount=str(amounts.quote), fee_amount=str(amounts.fee), synthetic_amount=str(amounts.base)
        ),
    )


def _check_value(value: Decimal, listing: Listing, *, is_market: bool) -> None:
    most = listing.terms.max_market_order_value if is_market else listing.terms.max_limit_order_value
    if most is not None and value > most:
        kind = "market" if is_market else "limit"
        raise VenueRejected(MAX_VALUE, f"a {kind} order on {listing.name} may be worth {plain(most)} at most")


__all__ = ["check", "check_price", "expiry_ms", "market_price", "new_order", "touch_price"]
