"""What the strategy can be told. The table in docs/strategies/avellaneda_stoikov.md is checked against these."""

from __future__ import annotations

from decimal import Decimal

from strategies.base_strategy import Params, param
from strategies.patience import book_patience


class AvellanedaStoikovParams(Params):
    """What the strategy can be told. Prices are in quote currency on every venue, inventory is counted in orders."""

    gamma: Decimal | None = param(
        None, gt=0, unit="1/USD", help="Risk aversion per order held; off is 310 / mid, 0.005 where the price is 62000."
    )
    gamma_max: Decimal | None = param(
        None, gt=0, unit="1/USD", help="Risk aversion at max_position_base; off is 3 x gamma."
    )
    kappa: Decimal | None = param(
        None,
        gt=0,
        unit="1/USD",
        help="How fast fills get rarer with distance from the mid; off is 1860 / mid, 0.03 where the price is 62000.",
    )
    beta: Decimal = param(
        Decimal("1.4"), ge=0, le=100, unit="x", help="Multiplies the shift of the quotes against the inventory."
    )
    beta_max: Decimal | None = param(
        None, ge=0, le=200, unit="x", help="The same at max_position_base; off is 2 x beta."
    )
    tau: Decimal = param(Decimal(6), gt=0, le=86_400, unit="s", help="Horizon over which inventory is at risk.")
    sample_interval: Decimal = param(
        Decimal(1), ge=0.1, le=3600, unit="s", help="Time between two mids that the variance is measured on."
    )
    ewma_alpha: Decimal = param(
        Decimal("0.05"), gt=0, le=1, unit="fraction", help="Weight of the newest sample in the variance."
    )
    window: Decimal = param(
        Decimal(60), gt=0, le=86_400, unit="s", help="Samples needed before the first quote, and after a gap this long."
    )
    min_spread_abs: Decimal | None = param(None, gt=0, unit="USD", help="Least distance between bid and ask.")
    min_spread_bps: Decimal | None = param(
        Decimal("0.8"), gt=0, le=1000, unit="bps", help="Least distance between bid and ask, of the mid."
    )
    join_touch: bool = param(False, help="Quote at the best price if the theory asks for it, not a tick behind it.")
    requote_ticks: int | None = param(
        None,
        ge=0,
        le=100_000,
        unit="ticks",
        help="Leave an order this close to its price; off and at most: 1/4 of the half-spread nearer, 1/2 farther.",
    )
    refresh_interval: Decimal = param(
        Decimal(1), ge=0.1, le=3600, unit="s", help="Time between two looks at the quotes, whatever happens between."
    )
    max_position_base: Decimal | None = param(
        None, gt=0, unit="base units", help="Largest position, long or short; off is 10 x quantity."
    )
    recover_ratio: Decimal = param(
        Decimal("0.667"),
        gt=0,
        lt=1,
        unit="fraction",
        help="After max_position_base was reached, quote both sides again at this part of it.",
    )
    book_patience: Decimal = book_patience()
