"""An order as it comes over the wire, and whether its signature is the account's."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_UP, Decimal
from enum import Enum
from typing import Final

import msgspec

from helpers.enums import Side
from simulation.servers.extended.account_keys import Network
from simulation.servers.extended.answers import Code, Refused
from simulation.servers.extended.markets import COLLATERAL_ID, COLLATERAL_RESOLUTION, ExtendedMarket

_SETTLEMENT_BUFFER_S: Final = 14 * 24 * 3600
"""How much later than the order its settlement expires; signed, not sent."""
_ELEMENTS: Final = 1 << 251
"""Bound of both halves of a signature."""
_MOST_DECIMALS: Final = 18
_MOST_DIGITS: Final = 15


class OrderKind(Enum):
    """The venue's order types."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    CONDITIONAL = "CONDITIONAL"
    TPSL = "TPSL"
    TWAP = "TWAP"


class WireSide(Enum):
    """Direction of an order."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def side(self) -> Side:
        """The same in our words."""
        return Side.BUY if self is WireSide.BUY else Side.SELL


class WireTimeInForce(Enum):
    """How long an order may live."""

    GTT = "GTT"
    IOC = "IOC"
    FOK = "FOK"
    TOB = "TOB"


class SelfTradeProtection(Enum):
    """Against whom an order does not trade."""

    DISABLED = "DISABLED"
    ACCOUNT = "ACCOUNT"
    CLIENT = "CLIENT"


class Signature(msgspec.Struct, frozen=True):
    """A point of a STARK signature, in hex."""

    r: str
    s: str


class Settlement(msgspec.Struct, frozen=True, rename="camel"):
    """Who signed, and for which vault."""

    signature: Signature
    stark_key: str
    collateral_position: str


class OrderForm(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of a placement; what else it holds is not looked at."""

    id: str
    market: str
    type: OrderKind
    side: WireSide
    qty: Decimal
    price: Decimal | None = None
    reduce_only: bool = False
    post_only: bool = False
    time_in_force: WireTimeInForce = WireTimeInForce.GTT
    expiry_epoch_millis: int
    fee: Decimal
    nonce: str
    self_trade_protection_level: SelfTradeProtection = SelfTradeProtection.ACCOUNT
    cancel_id: str | None = None
    settlement: Settlement | None = None
    builder_fee: Decimal | None = None
    builder_id: int | None = None

    @property
    def limit(self) -> Decimal:
        """The worst price accepted.

        Raises:
            Refused: there is none; market orders need one too.
        """
        if self.price is None:
            raise Refused(Code.NO_PRICE)
        return self.price


def read_form(body: bytes) -> OrderForm:
    """Read the body of a placement.

    Raises:
        Refused: it is not one.
    """
    try:
        form = msgspec.json.decode(body, type=OrderForm)
    except msgspec.DecodeError as error:
        raise Refused(Code.BAD_REQUEST, str(error)) from None
    numbers = (form.qty, form.fee, form.price or Decimal(0), form.builder_fee or Decimal(0))
    if not form.id or not all(_is_sane(number) for number in numbers):
        raise Refused(Code.BAD_REQUEST, "an id and finite numbers are needed")
    return form


def _is_sane(number: Decimal) -> bool:
    """Whether exact arithmetic can be done with it."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_MOST_DECIMALS and number.adjusted() <= _MOST_DIGITS


def order_hash(form: OrderForm, market: ExtendedMarket, network: Network, public_key: int, vault: int) -> int:
    """Work out what had to be signed; type, time in force, flags and the client's id are not part of it."""
    from fast_stark_crypto.lib import get_order_msg_hash  # noqa: PLC0415 - native code, an extra

    is_buy = form.side is WireSide.BUY
    rounding = ROUND_UP if is_buy else ROUND_DOWN
    value = form.qty * form.limit
    base = _units(form.qty * market.synthetic_resolution, rounding)
    quote = _units(value * COLLATERAL_RESOLUTION, rounding)
    fee_rate = form.fee + (form.builder_fee or Decimal(0))
    return get_order_msg_hash(
        position_id=vault,
        base_asset_id=int(market.synthetic_id, 16),
        base_amount=base if is_buy else -base,
        quote_asset_id=int(COLLATERAL_ID, 16),
        quote_amount=-quote if is_buy else quote,
        fee_asset_id=int(COLLATERAL_ID, 16),
        fee_amount=_units(fee_rate * value * COLLATERAL_RESOLUTION, ROUND_UP),
        expiration=-(-form.expiry_epoch_millis // 1000) + _SETTLEMENT_BUFFER_S,
        salt=int(form.nonce),
        user_public_key=public_key,
        domain_name="Perpetuals",
        domain_version="v0",
        domain_chain_id=network.chain_id,
        domain_revision="1",
    )


def is_signed_by(public_key: int, message: int, signature: Signature) -> bool:
    """Whether this key signed this hash."""
    from fast_stark_crypto.lib import verify  # noqa: PLC0415 - native code, an extra

    try:
        r, s = int(signature.r, 16), int(signature.s, 16)
    except ValueError:
        return False
    in_range = 0 < r < _ELEMENTS and 0 < s < _ELEMENTS  # outside, the native code panics
    return in_range and verify(public_key, message, r, s)


def _units(amount: Decimal, rounding: str) -> int:
    return int(amount.to_integral_value(rounding))


__all__ = [
    "OrderForm",
    "OrderKind",
    "SelfTradeProtection",
    "Settlement",
    "Signature",
    "WireSide",
    "WireTimeInForce",
    "is_signed_by",
    "order_hash",
    "read_form",
]
