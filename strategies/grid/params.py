"""What a grid can be told. The table in docs/strategies/grid.md is checked against these declarations."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from strategies.base_strategy import Params, Side, param


class RecoveryMode(Enum):
    """What to do with an entry whose close has rested for `position_timeout`."""

    AGGRESSIVE = "aggressive"
    """Cancel the close, then close at market."""
    NONE = "none"
    """Say so and go on waiting."""


class GridParams(Params):
    """What a grid can be told."""

    take_profit: Decimal = param(Decimal("0.02"), gt=0, le=50, unit="%", help="Profit taken on each entry's price.")
    direction: Side = param(Side.BUY, help="buy: enter long, close by selling; sell: the mirror image.")
    max_orders: int = param(25, ge=1, le=1000, unit="orders", help="Most closes that may rest before entries stop.")
    wait_time: Decimal = param(
        Decimal(35), ge=0, le=86_400, unit="s", help="Pause between entries, longer the more closes rest."
    )
    grid_step: Decimal | None = param(
        None, ge=0, le=100, unit="%", help="Least distance between the next close and the nearest resting one."
    )
    random_timing: bool = param(False, help="Vary each pause by up to half, at random.")
    dynamic_profit: bool = param(False, help="Vary each take profit by up to half, at random.")
    post_only_offset: int = param(
        1, ge=1, le=10, unit="ticks", help="How far inside the opposite best price an entry rests."
    )
    pause_price: Decimal | None = param(
        None, gt=0, unit="USD", help="No new entries while the market is at or beyond this price."
    )
    stop_price: Decimal | None = param(
        None, gt=0, unit="USD", help="Do not chase: stop and keep position and closes at or beyond this price."
    )
    stop_loss_price: Decimal | None = param(
        None,
        gt=0,
        unit="USD",
        help="Stop and close the position when the mid falls below (buy) or rises above (sell) it.",
    )
    # Off unless asked for: a percentage of margin means nothing before the leverage is known, and at
    # the usual ones it lies inside an ordinary hour's swing, which is what a grid lives on.
    stop_loss_percentage: Decimal | None = param(
        None, ge=0.05, le=100, unit="% of margin", help="Close an entry at market after this loss, held for 3 s."
    )
    position_timeout: int | None = param(
        None, ge=1, le=1440, unit="min", help="How long the close of an entry may rest."
    )
    recovery_mode: RecoveryMode = param(
        RecoveryMode.AGGRESSIVE, help="After position_timeout, aggressive: close at market; none: only say so."
    )
    max_margin: Decimal | None = param(
        None, gt=0, unit="USD", help="No new entries where position and entry would need more margin."
    )
    leverage: Decimal = param(
        Decimal(1), ge=1, le=100, unit="x", help="What margin is reckoned with; as the account is set at the venue."
    )
    boost: bool = param(False, help="Close each entry at market at once instead of resting a close.")
    position_guard: bool = param(True, help="Every minute: stop if position and closes differ by over two orders.")
