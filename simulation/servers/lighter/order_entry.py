"""New orders: what the API refuses, and how the sequencer places what it took."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from helpers.decisions import OrderParams
from helpers.enums import Side, TimeInForce
from simulation.order_records import DeskReply
from simulation.servers.lighter.errors import Refused
from simulation.servers.lighter.expiries import Expiries
from simulation.servers.lighter.margin import bears
from simulation.servers.lighter.markets import MAX_ORDERS, MAX_ORDERS_PER_MARKET, MIN_QUOTE, LighterMarket, market_of
from simulation.servers.lighter.self_trades import SelfTrade, expire_own
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.transactions import Attribute, SignedTx
from simulation.servers.lighter.wire_orders import CANCELED, OPEN, OrderTif, OrderType, WireOrder

MOST_TICKS: Final = 2**32 - 1
MOST_LOTS: Final = 2**48 - 1
_SIMULATED: Final = {OrderType.LIMIT, OrderType.MARKET}
_MIN_LIFE_MS: Final = 5 * 60_000
_MAX_LIFE_MS: Final = 30 * 86_400_000
_CLOCKS_MAY_DIFFER_MS: Final = 10_000
_FAT_FINGER: Final = 2
"""A limit this many times worse than the mark is taken for a slip."""
_REFUSALS: Final = {
    "POST_ONLY": "canceled-post-only",
    "REDUCE_ONLY": "canceled-reduce-only",
    "INSUFFICIENT_MARGIN": "canceled-margin-not-allowed",
}


class OrderEntry:
    """Checks and places new orders."""

    def __init__(self, trading: Trading) -> None:
        """Work on the account."""
        self._trading = trading
        self._expiries = Expiries(trading)

    # -- the API ----------------------------------------------------------------------------

    def check(self, tx: SignedTx) -> None:
        """Look at an order before it is accepted.

        Raises:
            Refused: with the venue's code.
        """
        numbers = tx.numbers
        market = market_of(numbers["MarketIndex"])
        _check_form(numbers, market)
        if tx.attribute(Attribute.SELF_TRADE_BEHAVIOUR) > SelfTrade.EXPIRE_BOTH:
            raise Refused(21501, "this self-trade behaviour is not simulated")
        self._check_life(numbers)
        self._check_counts(numbers, market)
        self._check_price(numbers, market)
        self._check_account(numbers, market)

    def _check_life(self, numbers: Mapping[str, int]) -> None:
        expiry_ms = numbers["OrderExpiry"]
        if numbers["TimeInForce"] == OrderTif.IOC:
            if expiry_ms:
                raise Refused(21711, "invalid order expiry: not for immediate-or-cancel")
            return
        life_ms = expiry_ms - self._trading.now_ns // 1_000_000
        if not _MIN_LIFE_MS - _CLOCKS_MAY_DIFFER_MS <= life_ms <= _MAX_LIFE_MS + _CLOCKS_MAY_DIFFER_MS:
            raise Refused(21711, "invalid order expiry: 5 minutes to 30 days from now")

    def _check_counts(self, numbers: Mapping[str, int], market: LighterMarket) -> None:
        orders = self._trading.orders
        if orders.client_index_lives(numbers["ClientOrderIndex"]):
            raise Refused(21728, "client order index already exists")
        if len(orders.live) >= MAX_ORDERS:
            raise Refused(21717, "maximum active order count of the account reached")
        if len(orders.live_on(market.market_id)) >= MAX_ORDERS_PER_MARKET:
            raise Refused(21718, "maximum active order count of the market reached")

    def _check_price(self, numbers: Mapping[str, int], market: LighterMarket) -> None:
        mark, price = self._trading.mark(market), market.price(numbers["Price"])
        if numbers["Type"] == OrderType.LIMIT and mark:
            is_slip = price * _FAT_FINGER < mark if numbers["IsAsk"] else price > mark * _FAT_FINGER
            if is_slip:
                raise Refused(21733, "order price flagged as an accidental price")

    def _check_account(self, numbers: Mapping[str, int], market: LighterMarket) -> None:
        is_ask, held = bool(numbers["IsAsk"]), self._trading.position(market)
        if numbers["ReduceOnly"]:
            if held == 0 or (held < 0) is is_ask:
                raise Refused(21732, "reduce only order would increase the position")
        elif not bears(self._trading, market, numbers["BaseAmount"], market.price(numbers["Price"]), is_ask=is_ask):
            raise Refused(21739, "not enough margin to create the order")

    # -- the sequencer ----------------------------------------------------------------------

    def keeps_nonce(self, tx: SignedTx) -> bool:
        """Whether the sequencer drops this without using up its nonce: a resting order without margin."""
        numbers, market = tx.numbers, market_of(tx["MarketIndex"])
        if numbers["TimeInForce"] == OrderTif.IOC or numbers["ReduceOnly"]:
            return False
        price = market.price(numbers["Price"])
        return not bears(self._trading, market, numbers["BaseAmount"], price, is_ask=bool(numbers["IsAsk"]))

    def is_taker(self, tx: SignedTx) -> bool:
        """Whether the order is one that waits out the taker's speed bump."""
        if tx["TimeInForce"] == OrderTif.IOC:
            return True
        bbo = self._trading.venue.core.market(market_of(tx["MarketIndex"]).ticker).bbo()
        if tx["TimeInForce"] == OrderTif.POST_ONLY or bbo is None:
            return False
        price = market_of(tx["MarketIndex"]).price(tx["Price"])
        if tx["IsAsk"]:
            return bbo.bid is not None and price <= bbo.bid
        return bbo.ask is not None and price >= bbo.ask

    def file(self, tx: SignedTx) -> WireOrder:
        """Give an accepted order its index; it does not rest yet."""
        trading, market = self._trading, market_of(tx["MarketIndex"])
        index = trading.orders.next_index(market, is_ask=bool(tx["IsAsk"]))
        order = WireOrder(index, market, dict(tx.numbers), trading.now_ns)
        trading.orders.add(order)
        return order

    def place(self, tx: SignedTx, order: WireOrder) -> None:
        """Hand an order to the matching engine."""
        trading = self._trading
        if not expire_own(trading, order, tx.attribute(Attribute.SELF_TRADE_BEHAVIOUR)):
            trading.end(order, "canceled-self-trade")
            return
        market, is_ioc = order.market, order.tif is OrderTif.IOC
        params = OrderParams(
            intent="",
            side=Side.SELL if order.is_ask else Side.BUY,
            quantity=market.size(order.lots or self._reducible(order)),
            price=order.price,
            time_in_force=TimeInForce.IOC if is_ioc else TimeInForce.GTC,
            post_only=order.tif is OrderTif.POST_ONLY,
            reduce_only=order.reduce_only,
        )
        reply = partial(self._answered, order)
        trading.venue.desk.place(trading.account_id, market.ticker, order.desk_id, params, reply)

    def _reducible(self, order: WireOrder) -> int:
        """Size a reduce-only order of amount zero: all of the position."""
        order.lots = int(abs(self._trading.position(order.market)) / order.market.step) or 1
        return order.lots

    def _answered(self, order: WireOrder, reply: DeskReply) -> None:
        trading = self._trading
        if not reply.accepted:
            status = _REFUSALS.get(reply.code, CANCELED)
            if status == "canceled-reduce-only" and trading.options.loses_bad_reduce_only:
                trading.orders.forget(order)
                return
            trading.end(order, status)
        elif order.is_alive and order.tif is not OrderTif.IOC:
            order.status = OPEN
            self._expiries.watch()
            trading.changed(order)


def _check_form(numbers: Mapping[str, int], market: LighterMarket) -> None:
    """Check what can be checked on the order alone."""
    if numbers["Type"] not in _SIMULATED:
        raise Refused(21501, f"order type {numbers['Type']} is not simulated")
    if numbers["TimeInForce"] not in set(OrderTif):
        raise Refused(21501, "invalid time in force")
    if numbers["Type"] == OrderType.MARKET and numbers["TimeInForce"] != OrderTif.IOC:
        raise Refused(21501, "a market order is immediate-or-cancel")
    if max(numbers["IsAsk"], numbers["ReduceOnly"]) > 1:
        raise Refused(21501, "invalid tx info: IsAsk, ReduceOnly")
    if numbers["ClientOrderIndex"] > MOST_LOTS:
        raise Refused(21727, "invalid client order index")
    check_size(market, numbers["Price"], numbers["BaseAmount"], is_reducing=bool(numbers["ReduceOnly"]))


def check_size(market: LighterMarket, ticks: int, lots: int, *, is_reducing: bool) -> None:
    """Check price and size.

    Raises:
        Refused: out of range, or below one of the two minimums, which reduce-only orders may be.
    """
    if not 1 <= ticks <= MOST_TICKS:
        raise Refused(21702, "invalid order price")
    if lots > MOST_LOTS or (lots == 0 and not is_reducing):
        raise Refused(21701, "invalid order base amount")
    size = market.size(lots)
    if not is_reducing and (size < market.min_base or size * market.price(ticks) < MIN_QUOTE):
        raise Refused(21706, "invalid order base or quote amount")


__all__ = ["OrderEntry", "check_size"]
