"""What signing one order costs, venue by venue, apart from everything else."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from exchanges.extended.keys import Domain
from exchanges.extended.signing import Signer as ExtendedSigner
from exchanges.extended.signing import settle
from exchanges.extended.wire import WireL2Config
from exchanges.lighter.signing import LighterSigner, OrderTx
from exchanges.paradex.signing import OrderTerms
from exchanges.paradex.signing import Signer as ParadexSigner
from helpers.clock import monotonic_ns
from helpers.enums import Side

_TIMES: Final = 500
_KEY: Final = 0x1234567890ABCDEF1234567890ABCDEF
_EXPIRY_MS: Final = 1_800_000_000_000


def signing_us(name: str) -> tuple[float, float]:
    """Give p50 and p99 of one signed order in microseconds."""
    sign = _SIGNERS[name]()
    for number in range(50):
        sign(number + 1)
    taken = []
    for number in range(100, 100 + _TIMES):
        began = monotonic_ns()
        sign(number)
        taken.append((monotonic_ns() - began) / 1_000)
    return statistics.median(taken), sorted(taken)[int(_TIMES * 0.99)]


def _lighter() -> Callable[[int], object]:
    signer = LighterSigner("http://127.0.0.1:1", f"{_KEY:080x}", 304, 5, 65)

    def sign(number: int) -> object:
        order = OrderTx(
            market_index=1,
            client_order_index=number,
            base_amount=1_000,
            price=600_000 + number,
            is_ask=False,
            order_type=0,
            time_in_force=1,
            reduce_only=False,
            order_expiry=_EXPIRY_MS,
        )
        return signer.create_order(order, number)

    return sign


def _paradex() -> Callable[[int], object]:
    signer = ParadexSigner(_KEY, 0xABCDEF, "PRIVATE_SN_POTC_SEPOLIA")

    def sign(number: int) -> object:
        terms = OrderTerms(
            timestamp_ms=_EXPIRY_MS + number,
            market="BTC-USD-PERP",
            side="BUY",
            order_type="LIMIT",
            size=Decimal("0.01"),
            price=Decimal("60000.1"),
        )
        return signer.sign(signer.order_hash(terms))

    return sign


def _extended() -> Callable[[int], object]:
    public = __import__("fast_stark_crypto").get_public_key(_KEY)
    signer = ExtendedSigner(_KEY, public, 10_002, Domain("SN_SEPOLIA"))
    assets = WireL2Config(
        collateral_id="0x1",
        synthetic_id="0x4254432d3600000000000000000000",
        synthetic_resolution=1_000_000,
        collateral_resolution=1_000_000,
    )

    def sign(number: int) -> object:
        amounts = settle(Side.BUY, Decimal("0.01"), Decimal(60_000 + number), Decimal("0.00025"), assets)
        return signer.sign(amounts, assets, _EXPIRY_MS, number)

    return sign


_SIGNERS: Final[dict[str, Callable[[], Callable[[int], object]]]] = {
    "extended": _extended,
    "lighter": _lighter,
    "paradex": _paradex,
}
