"""What a trend ladder can be told. The table in docs/strategies/trend_ladder.md is checked against this."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from strategies.base_strategy import Params, param


class Direction(Enum):
    """Which way the ladder opens."""

    LONG = "long"
    SHORT = "short"
    AUTO = "auto"
    """With the trend: long while the slope is up, short while it is down, nothing between."""


class RequoteMode(Enum):
    """How a take-profit at a wrong price is replaced."""

    CANCEL_FIRST = "cancel_first"
    """The new one goes out when the old one is gone: never two for one lot."""
    PLACE_FIRST = "place_first"
    """The old one is cancelled when the new one rests: never none for a lot."""


class TrendLadderParams(Params):
    """What a trend ladder can be told."""

    direction: Direction = param(
        Direction.LONG,
        help="long: buy to open; short: sell to open; auto: with the trend, nothing while there is none.",
    )
    take_profit_usd: Decimal = param(
        Decimal(5), gt=0, unit="USD", help="Profit taken on each entry: distance in price, not percent."
    )
    max_orders: int = param(
        40, ge=1, le=1000, unit="orders", help="Most take-profits that may rest before entries stop."
    )
    wait_time: Decimal = param(
        Decimal(450), ge=0, le=86_400, unit="s", help="Pause between entries, longer the more take-profits rest."
    )
    min_wait: Decimal = param(
        Decimal(60), ge=0, le=86_400, unit="s", help="Shortest pause, and the pause while few take-profits rest."
    )
    max_wait: Decimal = param(Decimal(900), ge=0, le=86_400, unit="s", help="Longest pause.")
    ema_period: int = param(50, ge=1, le=1000, unit="min", help="Period of the average of one-minute closes (auto).")
    atr_period: int = param(14, ge=1, le=1000, unit="min", help="Period of the average true range of a minute (auto).")
    slope_threshold: Decimal = param(
        Decimal("0.2"),
        ge=0,
        le=100,
        unit="ATR a minute",
        help="Slope of the average from which there is a trend (auto).",
    )
    warm_up: int = param(
        50, ge=1, le=10_000, unit="min", help="How long it only watches before the first trend (auto)."
    )
    flush_ticks: int = param(
        1, ge=1, le=1000, unit="ticks", help="Give up an entry that rested 10 s once a fresh one would be so far ahead."
    )
    partial_tp: bool = param(True, help="Close each part of an entry as it fills; off: wait for the whole entry.")
    imbalance_multiplier: Decimal = param(
        Decimal(3),
        ge=1,
        le=1000,
        unit="x quantity",
        help="No entries while position and take-profits differ by more; no quiet repair either.",
    )
    max_corrections: int = param(
        3, ge=0, le=100, unit="in 10 min", help="Most corrections where the position is not what the fills made it."
    )
    requote_ticks: int = param(
        5, ge=1, le=10_000, unit="ticks", help="Replace a take-profit that rests so far from where it belongs."
    )
    requote_confirm: Decimal = param(
        Decimal(5), ge=1, le=3600, unit="s", help="How long a wrong price or position has to last before it is mended."
    )
    max_requotes: int = param(2, ge=1, le=100, unit="orders", help="Most take-profits being replaced at one time.")
    requote_backoff: Decimal = param(
        Decimal(15), ge=1, le=3600, unit="s", help="Pause after the first replacement of a take-profit, then doubled."
    )
    requote_backoff_max: Decimal = param(Decimal(120), ge=1, le=3600, unit="s", help="Where that doubling ends.")
    requote_tries: int = param(
        3, ge=1, le=100, unit="replacements", help="Replacements of one take-profit in a row before it is left alone."
    )
    requote_forget: Decimal = param(
        Decimal(600), ge=1, le=86_400, unit="s", help="How long it is left alone; then the tries are forgotten."
    )
    requote_mode: RequoteMode = param(
        RequoteMode.CANCEL_FIRST, help="cancel_first: never two take-profits for a lot; place_first: never none."
    )
