"""Numbers, prices, times and durations as people read them.

What is missing is written "-" (there is none) or "unknown" (nobody said); neither is ever 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from helpers.logs import mask, one_line, time_text
from helpers.money import is_multiple

NONE = "-"
UNKNOWN = "unknown"
UP = "green"
DOWN = "red"
_NS_PER_S = 1_000_000_000
_BPS = Decimal(10_000)
_MOST_DECIMALS = 8


def clean(text: str) -> str:
    """Make foreign words fit to show: one line, no terminal escapes, no secrets."""
    return mask(one_line(text)).strip()


def count(number: int) -> str:
    """Write 12345 as 12,345."""
    return f"{number:,}"


def quantity(value: Decimal | None) -> str:
    """Write a quantity exactly, without trailing zeros."""
    if value is None:
        return NONE
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def tick_digits(tick_size: Decimal) -> int:
    """Count the decimals that prices on this grid need."""
    exponent = tick_size.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def price(value: Decimal | None, tick_size: Decimal) -> str:
    """Write a price with the digits of its grid; one more where it lies between two ticks, as a mid may."""
    if value is None:
        return NONE
    digits = tick_digits(tick_size) + (0 if is_multiple(value, tick_size) else 1)
    return f"{value:,.{digits}f}"


def ticks(distance: Decimal, tick_size: Decimal) -> str:
    """Write a distance of prices in ticks."""
    number = distance / tick_size
    return f"{quantity(round(number, 1))} {'tick' if number == 1 else 'ticks'}"


def bps(part: Decimal, whole: Decimal) -> str:
    """Write a part of a whole in basis points; below 0.1 with two significant digits."""
    if not whole:
        return NONE
    value = part / whole * _BPS
    digits = 2 if not value else max(2, min(_MOST_DECIMALS, 1 - value.adjusted()))
    return f"{value:,.{digits}f} bps"


def percent(part: Decimal, whole: Decimal) -> str:
    """Write a part of a whole in percent, signed."""
    return f"{part / whole * 100:+,.3f}%" if whole else NONE


def money_decimals(values: Iterable[Decimal]) -> int:
    """Choose the decimals in which every one of these amounts can be told from zero.

    Two for amounts of a thousand and more, four below, and enough for three digits of a tiny
    one; a large amount beside it limits that to what still reads well.
    """
    sizes = [abs(value) for value in values if value]
    if not sizes:
        return 2
    cap = 4 if max(sizes) >= 1000 else _MOST_DECIMALS  # noqa: PLR2004 - said above
    return min(cap, _decimals_of(min(sizes)))


def _decimals_of(size: Decimal) -> int:
    if size >= 1000:  # noqa: PLR2004 - said above
        return 2
    return max(4, 2 - size.adjusted())


def money(value: Decimal | None, decimals: int | None = None) -> str:
    """Write an amount of quote currency with thousands separators."""
    if value is None:
        return UNKNOWN
    return f"{value or Decimal(0):,.{money_decimals([value]) if decimals is None else decimals}f}"


def signed(value: Decimal | None, decimals: int | None = None) -> str:
    """Write a profit with + or a loss with -; zero has no sign."""
    if value is None:
        return UNKNOWN
    return ("+" if value > 0 else "") + money(value, decimals)


def pnl_style(value: Decimal | None) -> str:
    """Choose the colour of a profit or loss."""
    if not value:
        return "dim" if value is None else ""
    return UP if value > 0 else DOWN


def timestamp(time_ns: int, *, millis: bool = False) -> str:
    """Write a time as 2026-01-01 00:00:12, in UTC."""
    return time_text(time_ns, millis=millis)


def clock_time(time_ns: int) -> str:
    """Write the time of day as 00:00:12, in UTC."""
    return time_text(time_ns)[11:]


def duration(span_ns: int) -> str:
    """Write a time span by its two largest units: 12s, 2m 05s, 1h 02m, 3d 04h."""
    minutes, seconds = divmod(max(0, span_ns) // _NS_PER_S, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days:,}d {hours:02d}h"
    if hours:
        return f"{hours}h {minutes:02d}m"
    return f"{minutes}m {seconds:02d}s" if minutes else f"{seconds}s"


def spark_levels(values: Sequence[Decimal], levels: int) -> list[int]:
    """Scale values to 0 .. levels - 1 between their lowest and highest; a flat line runs in the middle."""
    if not values:
        return []
    low, high = min(values), max(values)
    if low == high:
        return [(levels - 1) // 2] * len(values)
    return [int((value - low) / (high - low) * (levels - 1) + Decimal("0.5")) for value in values]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs beyond letters and digits."""

    spark: str
    """From lowest to highest."""
    dot: str
    up: str
    down: str
    between: str


UNICODE = Glyphs("▁▂▃▄▅▆▇█", "●", "▲", "▼", " · ")
ASCII = Glyphs("_.-=+*#@", "*", "^", "v", " | ")


def spark_rows(values: Sequence[Decimal], rows: int, signs: str) -> list[str]:
    """Draw values as columns of signs, highest row first."""
    steps = len(signs)
    levels = [level + 1 for level in spark_levels(values, rows * steps)]
    bases = [row * steps for row in reversed(range(rows))]
    return ["".join((" " + signs)[min(max(level - base, 0), steps)] for level in levels) for base in bases]
