"""Reading an order as it comes over the wire: what the API checks before it queues it, signature included."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from helpers.enums import Side
from helpers.money import is_multiple, plain
from simulation.servers.paradex.errors import ApiRefusal, invalid
from simulation.servers.paradex.markets import BY_SYMBOL, ParadexMarket

T = TypeVar("T")

LIMIT_KINDS: Final = frozenset({"LIMIT", "STOP_LIMIT", "TAKE_PROFIT_LIMIT", "STOP_LOSS_LIMIT"})
_KINDS: Final = LIMIT_KINDS | {"MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET", "STOP_LOSS_MARKET"}
_INSTRUCTIONS: Final = frozenset({"GTC", "POST_ONLY", "IOC", "RPI"})
_STP_MODES: Final = frozenset({"EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH"})
_FLAGS: Final = frozenset(
    {"REDUCE_ONLY", "STOP_CONDITION_BELOW_TRIGGER", "STOP_CONDITION_ABOVE_TRIGGER", "INTERACTIVE", "MMP"}
)
_LONGEST_CLIENT_ID: Final = 64
_SHORTEST_WINDOW_MS: Final = 10
_PLAIN_NUMBER: Final = re.compile(r"\d{1,20}(\.\d{1,20})?")


class OrderRequest(msgspec.Struct, kw_only=True):
    """The body of an order, and of the change of one."""

    market: str
    side: str
    type: str
    size: str
    signature: str
    signature_timestamp: int
    instruction: str = "GTC"
    price: str | None = None
    trigger_price: str | None = None
    client_id: str | None = None
    flags: list[str] | None = None
    recv_window: int | None = None
    stp: str | None = None
    id: str | None = None


class OrderForm(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is well formed."""

    market: ParadexMarket
    side: Side
    kind: str
    size: Decimal
    price: Decimal
    """0 for an order without one."""
    trigger_price: Decimal
    """0 for an order that waits for nothing."""
    instruction: str
    flags: tuple[str, ...]
    client_id: str
    stp: str
    timestamp_ms: int
    signature: str

    @property
    def is_limit(self) -> bool:
        """Whether it names a price."""
        return self.kind in LIMIT_KINDS

    @property
    def waits(self) -> bool:
        """Whether it waits for a trigger."""
        return self.kind not in {"LIMIT", "MARKET"}

    @property
    def reduce_only(self) -> bool:
        """Whether it may only shrink the position."""
        return "REDUCE_ONLY" in self.flags

    @property
    def post_only(self) -> bool:
        """Whether it must not take."""
        return self.instruction in {"POST_ONLY", "RPI"}


def decode_order(body: bytes) -> OrderRequest:
    """Read the body of one order."""
    return _decode(body, OrderRequest)


def decode_orders(body: bytes) -> list[OrderRequest]:
    """Read the body of a batch."""
    return _decode(body, list[OrderRequest])


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        if "missing required field" in str(error):
            raise invalid(str(error)) from None
        raise ApiRefusal("BINDING_ERROR", str(error)) from None
    except msgspec.DecodeError as error:
        raise ApiRefusal("BINDING_ERROR", str(error)) from None


def read_form(request: OrderRequest, now_ns: int, recv_window_ms: int) -> OrderForm:
    """Check what can be seen on the order alone.

    Raises:
        ApiRefusal: the venue would not queue it.
    """
    market = BY_SYMBOL.get(request.market)
    if market is None:
        raise ApiRefusal("MARKET_NOT_FOUND", f"market {request.market} not found")
    _check_words(request)
    _check_time(request, now_ns // 1_000_000, recv_window_ms)
    form = OrderForm(
        market=market,
        side=Side.BUY if request.side == "BUY" else Side.SELL,
        kind=request.type,
        size=_number("size", request.size),
        price=_number("price", request.price or "0") if request.type in LIMIT_KINDS else Decimal(0),
        trigger_price=_number("trigger_price", request.trigger_price or "0"),
        instruction=request.instruction or "GTC",
        flags=tuple(request.flags or ()),
        client_id=request.client_id or "",
        stp=request.stp or "EXPIRE_TAKER",
        timestamp_ms=request.signature_timestamp,
        signature=request.signature,
    )
    _check_size(form)
    _check_prices(form)
    return form


def check_notional(form: OrderForm, mark: Decimal | None) -> None:
    """Refuse an order that is too small at the mark price; what only reduces may be.

    Raises:
        ApiRefusal: it is.
    """
    least = form.market.min_notional
    if mark is not None and not form.reduce_only and form.size * mark < least:
        worth = f"{form.size * mark:.2f}"
        raise ApiRefusal("INVALID_ORDER_SIZE", f"order notional {worth} is below min_notional {plain(least)}")


def _check_words(request: OrderRequest) -> None:
    if request.side not in {"BUY", "SELL"}:
        raise invalid(f"side: unknown value {request.side}")
    if request.type not in _KINDS:
        raise invalid(f"type: unknown value {request.type}")
    if request.instruction and request.instruction not in _INSTRUCTIONS:
        raise invalid(f"instruction: unknown value {request.instruction}")
    if request.stp and request.stp not in _STP_MODES:
        raise invalid(f"stp: unknown value {request.stp}")
    unknown = set(request.flags or ()) - _FLAGS
    if unknown:
        raise invalid(f"flags: unknown value {min(unknown)}")
    if len(request.client_id or "") > _LONGEST_CLIENT_ID:
        raise invalid(f"client_id: the maximum length is {_LONGEST_CLIENT_ID}")
    if request.type not in LIMIT_KINDS and request.instruction in {"POST_ONLY", "RPI"}:
        raise invalid(f"instruction: {request.instruction} needs a limit order")


def _check_time(request: OrderRequest, now_ms: int, default_ms: int) -> None:
    window_ms = default_ms if request.recv_window is None else request.recv_window
    if window_ms < _SHORTEST_WINDOW_MS:
        raise invalid(f"recv_window: the minimum is {_SHORTEST_WINDOW_MS}")
    age_ms = now_ms - request.signature_timestamp
    if age_ms > window_ms:
        raise ApiRefusal("INVALID_TIMESTAMP", f"signature_timestamp is {age_ms} ms old, recv_window is {window_ms}")
    if -age_ms > default_ms:
        raise ApiRefusal("INVALID_TIMESTAMP", "signature_timestamp is in the future")


def _check_size(form: OrderForm) -> None:
    market = form.market
    if form.size <= 0 or not is_multiple(form.size, market.size_increment):
        text = f"size {plain(form.size)} is not a multiple of order_size_increment {plain(market.size_increment)}"
        raise ApiRefusal("INVALID_ORDER_SIZE", text)
    if form.size > market.max_order_size:
        text = f"size {plain(form.size)} is above max_order_size {plain(market.max_order_size)}"
        raise ApiRefusal("INVALID_ORDER_SIZE", text)


def _check_prices(form: OrderForm) -> None:
    tick = form.market.tick_size
    if form.is_limit and (form.price <= 0 or not is_multiple(form.price, tick)):
        raise invalid(f"price: {plain(form.price)} is not a multiple of price_tick_size {plain(tick)}")
    if form.waits and (form.trigger_price <= 0 or not is_multiple(form.trigger_price, tick)):
        raise invalid(f"trigger_price: {plain(form.trigger_price)} is not a multiple of price_tick_size {plain(tick)}")


def _number(name: str, text: str) -> Decimal:
    if not _PLAIN_NUMBER.fullmatch(text):
        raise invalid(f"{name}: {text} is no plain decimal number")
    return Decimal(text)


__all__ = ["LIMIT_KINDS", "OrderForm", "OrderRequest", "check_notional", "decode_order", "decode_orders", "read_form"]
