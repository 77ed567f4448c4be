"""What was traded and what was held: turnover, maker share, closes that won, exposure, time in the market."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from helpers.enums import Liquidity
from helpers.ledger import Ledger
from helpers.models import Fill
from helpers.money import exact
from simulation.backtest.equity_curve import AccountPoint

_ZERO = Decimal(0)


def turnover(fills: Iterable[Fill]) -> Decimal:
    """Add up price x quantity of all fills, buys and sells alike, in quote."""
    with exact():
        return sum((fill.price * fill.quantity for fill in fills), _ZERO)


def maker_share(fills: Sequence[Fill]) -> float | None:
    """Give the maker fills' part of the turnover, 0 to 1; None without fills."""
    whole = turnover(fills)
    makers = turnover(fill for fill in fills if fill.liquidity is Liquidity.MAKER)
    return float(makers) / float(whole) if whole else None


def winning_share(fills: Mapping[str, Sequence[Fill]]) -> float | None:
    """Give the part of the closing fills that realised a profit, 0 to 1; None if nothing was closed.

    A fill closes if it reduces the position; what it realises is counted against the average entry price of
    what is held on that venue, before fees.

    Args:
        fills: by venue, oldest first.
    """
    realised = [amount for mine in fills.values() for amount in _realised(mine)]
    return sum(amount > 0 for amount in realised) / len(realised) if realised else None


def _realised(fills: Iterable[Fill]) -> Iterable[Decimal]:
    ledger = Ledger()
    for fill in fills:
        closes = ledger.position * fill.side.sign < 0
        amount = ledger.apply_fill(fill.side, fill.price, fill.quantity, fill.fee)
        if closes:
            yield amount


def time_in_market(fills: Mapping[str, Sequence[Fill]], start_ns: int, end_ns: int) -> float | None:
    """Give the part of the time with a position on any venue, 0 to 1; None for a run without length.

    To the nanosecond, from the fills: the run began flat.

    Args:
        fills: by venue, oldest first.
        start_ns: when the run began.
        end_ns: when it ended.
    """
    if end_ns <= start_ns:
        return None
    moves = [(fill.time_ns, venue, fill.side.sign * fill.quantity) for venue, mine in fills.items() for fill in mine]
    moves.sort(key=lambda move: move[0])
    held: dict[str, Decimal] = {}
    spent = since = 0
    for time_ns, venue, change in moves:
        if any(held.values()):
            spent += time_ns - since
        held[venue], since = held.get(venue, _ZERO) + change, time_ns
    spent += end_ns - since if any(held.values()) else 0
    return spent / (end_ns - start_ns)


def exposure(points: Sequence[AccountPoint], start_ns: int, end_ns: int) -> float | None:
    """Give the mean over time of |position x mid| / equity, the venues' sums; 1 is a position as large as the account.

    Each moment counts until the next one; the run began flat. None for a run without length, or if an equity, or
    the price of a position, was unknown or equity not above zero at any of these moments.

    Args:
        points: oldest first.
        start_ns: when the run began.
        end_ns: when it ended.
    """
    if end_ns <= start_ns:
        return None
    latest: dict[str, AccountPoint] = {}
    total = 0.0
    for point, until_ns in zip(points, [*(after.time_ns for after in points[1:]), end_ns], strict=True):
        latest[point.exchange] = point
        share = _share(latest.values())
        if share is None:
            return None
        total += share * (until_ns - point.time_ns)
    return total / (end_ns - start_ns)


def _share(points: Iterable[AccountPoint]) -> float | None:
    notional = equity = _ZERO
    for point in points:
        if point.equity is None or (point.position and point.mid is None):
            return None
        notional += abs(point.position * (point.mid or _ZERO))
        equity += point.equity
    return float(notional) / float(equity) if equity > 0 else None
