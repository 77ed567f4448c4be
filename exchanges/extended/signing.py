"""Signing of orders: amounts as the chain counts them, the hash over them, the Stark signature on it.

What is signed: vault, synthetic and collateral assets, both amounts, the largest fee, the expiry
plus 14 days, the nonce, all for one domain. Price type, time in force, post-only, reduce-only and
the client id are not. Amounts are whole units of the market's settlement resolution: for a buy
rounded up (we may pay at most so much), for a sell rounded down, the fee always up.

The hash takes 37 us and the signature 235 us on one core of a small server. Only
`fast_stark_crypto` is used, the package the venue's own SDK signs with; it comes with that extra.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType
from typing import Final

from exchanges.extended.keys import Domain
from exchanges.extended.refusals import MAX_VALUE
from exchanges.extended.wire import WireL2Config
from helpers.enums import Side
from helpers.errors import AuthError, UserError, VenueRejected

_BUFFER_S: Final = 14 * 86_400
"""The chain takes a signature for so long after the order's own expiry."""
_LARGEST_AMOUNT: Final = 2**63 - 1
_NONCES: Final = 2**31
_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an order may move at most, in units of the settlement; what we give is negative."""

    base: int
    quote: int
    fee: int


@dataclass(frozen=True, slots=True)
class Signature:
    """A Stark signature and the hash it is for."""

    order_hash: int
    r: int
    s: int


class Nonces:
    """Numbers from 1 to 2^31, each used once in a run.

    A random start and a random odd stride: all 2^31 numbers come before one comes again, with
    nothing to remember. Chance in a run grows from its seed, which two runs share more often than
    not; only with the time they begin at do they walk different ways.
    """

    def __init__(self, rng: random.Random, begins_ns: int) -> None:
        """Draw where to begin and how to go on, from chance and time."""
        drawn = random.Random(f"{rng.random()}:{begins_ns}")  # noqa: S311 - has to differ, not to be secret
        self._next = drawn.randrange(_NONCES)
        self._stride = drawn.randrange(1, _NONCES, 2)

    def next(self) -> int:
        """Give the next number."""
        nonce = self._next + 1
        self._next = (self._next + self._stride) % _NONCES
        return nonce


class Signer:
    """Signs orders of one account on one network."""

    def __init__(self, private: int, public: int, vault: int, domain: Domain) -> None:
        """Keep the keys; computes nothing."""
        self._private = private
        self.public = public
        self.vault = vault
        self._domain = domain

    def __repr__(self) -> str:
        return f"Signer(vault={self.vault})"

    def check(self) -> None:
        """Make sure that the two keys belong together.

        Raises:
            UserError: they do not.
        """
        if crypto().get_public_key(self._private) != self.public:
            raise UserError(
                "EXTENDED_STARK_KEY_PUBLIC is not the public key of EXTENDED_STARK_KEY_PRIVATE",
                "copy both from the same account on the API page",
            )

    def sign(self, amounts: Amounts, l2: WireL2Config, expiry_ms: int, nonce: int) -> Signature:
        """Sign an order.

        Args:
            amounts: from `settle`.
            l2: the market's assets on the chain.
            expiry_ms: when the order ends.
            nonce: 1..2^31, never used before.

        Raises:
            AuthError: the keys cannot sign.
        """
        native = crypto()
        try:
            order_hash = hash_order(amounts, l2, expiry_ms, nonce, self)
            r, s = native.sign(self._private, order_hash)
        except Exception:  # noqa: BLE001 - its text may hold the key
            raise AuthError("the order could not be signed with EXTENDED_STARK_KEY_PRIVATE") from None
        return Signature(order_hash, r, s)

    @property
    def domain(self) -> Domain:
        """What signatures are good for."""
        return self._domain


def settle(side: Side, quantity: Decimal, price: Decimal, fee: Decimal, l2: WireL2Config) -> Amounts:
    """Count an order in units of the settlement.

    Args:
        side: of the order.
        quantity: base units.
        price: in quote.
        fee: largest rate accepted, as a fraction; a rebate is signed as no fee.
        l2: the market's resolutions.

    Raises:
        VenueRejected: the amounts are larger than the chain can count.
    """
    up = side is Side.BUY
    quote_exact = _scaled(quantity, price, up=up, units=l2.collateral_resolution)
    base = _scaled(quantity, up=up, units=l2.synthetic_resolution)
    fee_units = _scaled(quantity, price, max(fee, Decimal(0)), up=True, units=l2.collateral_resolution)
    if max(base, quote_exact, fee_units) > _LARGEST_AMOUNT:
        raise VenueRejected(MAX_VALUE, f"{quantity} at {price} is more than can be settled")
    return Amounts(base if up else -base, -quote_exact if up else quote_exact, fee_units)


def hash_order(amounts: Amounts, l2: WireL2Config, expiry_ms: int, nonce: int, signer: Signer) -> int:
    """Hash what is signed of an order."""
    domain, collateral = signer.domain, int(l2.collateral_id, 16)
    found: int = crypto().get_order_msg_hash(
        position_id=signer.vault,
        base_asset_id=int(l2.synthetic_id, 16),
        base_amount=amounts.base,
        quote_asset_id=collateral,
        quote_amount=amounts.quote,
        fee_asset_id=collateral,
        fee_amount=amounts.fee,
        expiration=-(-expiry_ms // _MS) + _BUFFER_S,
        salt=nonce,
        user_public_key=signer.public,
        domain_name=domain.name,
        domain_version=domain.version,
        domain_chain_id=domain.chain_id,
        domain_revision=domain.revision,
    )
    return found


def crypto() -> ModuleType:
    """Import the native signer.

    Raises:
        UserError: it is not installed.
    """
    try:
        import fast_stark_crypto  # noqa: PLC0415 - an extra; who trades elsewhere does without
    except ImportError:
        raise UserError("signing for Extended needs its SDK", "make install EXTRAS=extended") from None
    return fast_stark_crypto


def _scaled(*factors: Decimal, up: bool, units: int) -> int:
    """Multiply exactly and round to whole units, away from or towards zero."""
    numerator, denominator = units, 1
    for factor in factors:
        top, bottom = factor.as_integer_ratio()
        numerator *= top
        denominator *= bottom
    return -(-numerator // denominator) if up else numerator // denominator


__all__ = ["Amounts", "Nonces", "Signature", "Signer", "crypto", "hash_order", "settle"]
