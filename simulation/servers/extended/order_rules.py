"""Why the REST gateway refuses an order. Each check raises the venue's own code; who passes goes to the book."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Final

from helpers.money import is_multiple, plain
from simulation.servers.extended.account_state import AccountState, Exposure
from simulation.servers.extended.answers import Code, Refused
from simulation.servers.extended.ids import to_ms
from simulation.servers.extended.markets import (
    BY_NAME,
    MAKER_FEE,
    MAX_ORDERS,
    PRICE_BAND,
    TAKER_FEE,
    ExtendedMarket,
)
from simulation.servers.extended.order_files import OrderFile
from simulation.servers.extended.order_form import (
    OrderForm,
    OrderKind,
    WireSide,
    WireTimeInForce,
    is_signed_by,
    order_hash,
)

_DAY_MS: Final = 24 * 3600 * 1000
_LAST_NONCE: Final = 2**32 - 1
"""The documents say 2^31; the venue's own SDK draws up to this."""
_KINDS: Final = {OrderKind.LIMIT, OrderKind.MARKET}
_TIMES: Final = {WireTimeInForce.GTT, WireTimeInForce.IOC}


class TradingMode(Enum):
    """What the venue allows for now."""

    NORMAL = "normal"
    MAINTENANCE = "maintenance"
    POST_ONLY = "post_only"
    REDUCE_ONLY = "reduce_only"


def find_market(name: str) -> ExtendedMarket:
    """Find a market by the venue's name.

    Raises:
        Refused: there is none.
    """
    market = BY_NAME.get(name)
    if market is None:
        raise Refused(Code.MARKET_NOT_FOUND, f"market={name}")
    return market


def check_mode(form: OrderForm, mode: TradingMode) -> None:
    """Refuse what the venue does not take now."""
    if mode is TradingMode.MAINTENANCE:
        raise Refused(Code.MAINTENANCE)
    if mode is TradingMode.POST_ONLY and not form.post_only:
        raise Refused(Code.POST_ONLY_MODE)
    if mode is TradingMode.REDUCE_ONLY and not form.reduce_only:
        raise Refused(Code.REDUCE_ONLY_MODE)


def check_kind(form: OrderForm) -> None:
    """Refuse orders whose type, time in force and flags do not go together, or that are not simulated."""
    if form.type not in _KINDS:
        raise Refused(Code.ORDER_TYPE, f"{form.type.value} orders are not simulated")
    is_market = form.type is OrderKind.MARKET
    if is_market and form.time_in_force is not WireTimeInForce.IOC:
        raise Refused(Code.MARKET_NOT_IOC)
    is_ioc = form.time_in_force is WireTimeInForce.IOC
    if form.time_in_force not in _TIMES or (form.post_only and (is_market or is_ioc)):
        raise Refused(Code.PARAMETERS, f"timeInForce={form.time_in_force.value}, postOnly={form.post_only}")
    if form.builder_fee or form.builder_id is not None:
        raise Refused(Code.PARAMETERS, "there is no such builder")


def check_expiry(form: OrderForm, state: AccountState) -> None:
    """Refuse an order that is over already, or would last too long."""
    now_ms = to_ms(state.now_ns)
    if not now_ms < form.expiry_epoch_millis <= now_ms + state.network.expiry_days * _DAY_MS:
        raise Refused(Code.EXPIRATION)


def check_signature(form: OrderForm, market: ExtendedMarket, state: AccountState, used: set[int]) -> None:
    """Refuse what the account's own key did not sign, or what repeats a nonce."""
    keys, settlement = state.keys, form.settlement
    if settlement is None or not _is_nonce(form.nonce):
        raise Refused(Code.PARAMETERS, "settlement and nonce are needed")
    if int(form.nonce) in used:
        raise Refused(Code.PARAMETERS, "the nonce was used before")
    if _hex(settlement.stark_key) != keys.public_key:
        raise Refused(Code.PUBLIC_KEY)
    if settlement.collateral_position != str(keys.vault):
        raise Refused(Code.VAULT)
    message = order_hash(form, market, state.network, keys.public_key, keys.vault)
    if not is_signed_by(keys.public_key, message, settlement.signature):
        raise Refused(Code.SIGNATURE)


def check_quantity(form: OrderForm, market: ExtendedMarket) -> None:
    """Refuse a quantity off the market's grid."""
    if form.qty < market.spec.min_quantity:
        raise Refused(Code.MIN_QUANTITY, f"min={market.spec.min_quantity}")
    if _decimals(form.qty) > market.asset_precision:
        raise Refused(Code.QUANTITY_PRECISION)
    if not is_multiple(form.qty, market.spec.quantity_step):
        raise Refused(Code.QUANTITY_STEP)


def check_price(form: OrderForm, market: ExtendedMarket, mark: Decimal) -> None:
    """Refuse a price off the market's grid, or too far beyond the mark price; and a value too large."""
    price = form.limit
    if price <= 0:
        raise Refused(Code.PRICE)
    if _decimals(price) > _PRICE_DECIMALS:
        raise Refused(Code.PRICE_PRECISION)
    if not is_multiple(price, market.spec.tick_size):
        raise Refused(Code.PRICE_STEP)
    is_buy = form.side is WireSide.BUY
    worst = mark * (1 + PRICE_BAND) if is_buy else mark * (1 - PRICE_BAND)
    if (price > worst) if is_buy else (price < worst):
        raise Refused(Code.PRICE, f"markPrice={plain(mark)}")
    most = market.max_market_value if form.type is OrderKind.MARKET else market.max_limit_value
    if price * form.qty > most:
        raise Refused(Code.MAX_VALUE, f"max={most}")


_PRICE_DECIMALS: Final = 6
"""Decimals of the collateral."""


def check_fee(form: OrderForm) -> None:
    """Refuse a signed fee below the account's rate: the maker's for post-only, else the taker's."""
    if form.fee < (MAKER_FEE if form.post_only else TAKER_FEE):
        raise Refused(Code.FEE)


def check_orders(form: OrderForm, ticker: str, state: AccountState, original: OrderFile | None) -> None:
    """Refuse an id that was used, and one order too many."""
    if state.orders.find_external(form.id) is not None:
        raise Refused(Code.DUPLICATE)
    count = sum(file.ticker == ticker and file is not original for file in state.orders.open())
    if count >= MAX_ORDERS:
        raise Refused(Code.MAX_ORDERS)


def check_reduce_only(form: OrderForm, ticker: str, state: AccountState) -> None:
    """Refuse a reduce-only order that reduces nothing, or more than there is."""
    if not form.reduce_only:
        return
    held = state.held(ticker)
    if not held:
        raise Refused(Code.REDUCE_NOTHING)
    if (held > 0) is (form.side is WireSide.BUY):
        raise Refused(Code.REDUCE_SAME_SIDE)
    if form.qty > abs(held):
        raise Refused(Code.REDUCE_TOO_MUCH)


def check_margin(form: OrderForm, market: ExtendedMarket, state: AccountState, original: OrderFile | None) -> None:
    """Refuse a position too large for the market, or an order that the account cannot back."""
    if form.reduce_only:
        return
    now = state.exposure(market.ticker, besides=original)
    value = form.qty * form.limit
    is_buy = form.side is WireSide.BUY
    then = Exposure(now.held, now.buys + value if is_buy else now.buys, now.sells if is_buy else now.sells + value)
    if then.worst > now.worst and then.worst > market.max_position_value:
        raise Refused(Code.MAX_POSITION)
    before = state.initial_margin((market.ticker, now))
    cost = state.initial_margin((market.ticker, then)) - before
    free = state.equity() - before
    if cost > 0 and cost > free:
        raise Refused(Code.BALANCE, f"Order cost {cost:.6f}, available balance {free:.6f}")


def _is_nonce(text: str) -> bool:
    return text.isdecimal() and len(text) <= len(str(_LAST_NONCE)) and 1 <= int(text) <= _LAST_NONCE


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _hex(text: str) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None


__all__ = [
    "TradingMode",
    "check_expiry",
    "check_fee",
    "check_kind",
    "check_margin",
    "check_mode",
    "check_orders",
    "check_price",
    "check_quantity",
    "check_reduce_only",
    "check_signature",
    "find_market",
]
