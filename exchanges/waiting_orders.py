"""Orders that wait: send, then look until filled or out of patience. Written once for every venue.

These serve scripts and tools. TradingBot never waits for a fill; it sends, and the fill wakes it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from exchanges.results import OrderResult, outcome
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, OrderType, Side
from helpers.errors import VenueError

if TYPE_CHECKING:
    from exchanges.base import BaseExchangeClient

_POST_ONLY_TRIES: Final = 15
_FILL_LOOKS: Final = 100
_LOOK_S: Final = 0.1
"""Looks for a fill: ten seconds in all."""


async def open_order(client: BaseExchangeClient, ticker: str, quantity: Decimal, side: Side) -> OrderResult:
    """Enter post-only one tick inside the opposite best, again while the venue refuses it, and wait for the fill.

    Raises:
        VenueError: the book is one-sided or cannot be read.
    """
    market = await client.get_market(ticker)
    for attempt in range(_POST_ONLY_TRIES):
        bid, ask = await client.fetch_bbo_prices(ticker)
        price = ask - market.tick_size if side is Side.BUY else bid + market.tick_size
        params = OrderParams(side=side, quantity=quantity, price=price, intent=f"open-{attempt}", post_only=True)
        # Some venues refuse at once, others accept first and refuse a moment later.
        result = await _wait_for_fill(client, ticker, await _send(client, ticker, params))
        if result.status is not OrderStatus.REJECTED:
            break
    return result


async def close_order(
    client: BaseExchangeClient, ticker: str, quantity: Decimal, price: Decimal, side: Side
) -> OrderResult:
    """Rest a reduce-only close, moved one tick off the opposite best where it would cross; does not wait.

    Raises:
        VenueError: the book is one-sided or cannot be read.
    """
    market = await client.get_market(ticker)
    bid, ask = await client.fetch_bbo_prices(ticker)
    tick = market.tick_size
    price = max(price, bid + tick) if side is Side.SELL else min(price, ask - tick)
    params = OrderParams(side=side, quantity=quantity, price=price, intent="close", reduce_only=True, post_only=True)
    return await _send(client, ticker, params)


async def market_order(client: BaseExchangeClient, ticker: str, quantity: Decimal, side: Side) -> OrderResult:
    """Take liquidity at once and wait for the fill."""
    params = OrderParams(side=side, quantity=quantity, intent="market", order_type=OrderType.MARKET)
    return await _wait_for_fill(client, ticker, await _send(client, ticker, params))


async def _send(client: BaseExchangeClient, ticker: str, params: OrderParams) -> OrderResult:
    """Send once; whatever gets no answer keeps its id, so that it can be asked about."""
    key = client.context.ids.next()
    result = await outcome(client.place_order(ticker, key, params))
    return msgspec.structs.replace(result, client_order_id=key)


async def _wait_for_fill(client: BaseExchangeClient, ticker: str, result: OrderResult) -> OrderResult:
    """Look until the order is over or patience is; an unknown outcome stays unknown until the venue answers."""
    if result.status is OrderStatus.REJECTED or result.client_order_id is None:
        return result
    for _ in range(_FILL_LOOKS):
        await client.context.clock.sleep(_LOOK_S)
        try:
            info = await client.get_order_info(ticker, result.client_order_id)
        except (VenueError, OSError):
            continue
        if info is not None:
            result = result.follow(info)
            if info.status.is_terminal:
                break
    return result
