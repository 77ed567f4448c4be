"""All figures of a backtest in one record, from what its journal kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from helpers.models import Fill
from helpers.money import exact
from helpers.status import PnL
from simulation.backtest.activity import exposure, maker_share, time_in_market, turnover, winning_share
from simulation.backtest.drawdown import Drawdown, max_drawdown
from simulation.backtest.equity_curve import AccountPoint, Step, equity_curve, grid_step_ns, sampled
from simulation.backtest.ratios import returns, sharpe, sortino

_NS_PER_S = 1_000_000_000


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a backtest says. Money is in quote; None is "cannot be said", never 0."""

    start_ns: int
    end_ns: int
    opening_equity: Decimal | None
    closing_equity: Decimal | None
    gross_pnl: Decimal
    """Realised + unrealised, before fees and funding."""
    net_pnl: Decimal
    """Gross - fees + funding."""
    return_pct: float | None
    """(closing - opening) / opening equity, in %."""
    turnover: Decimal
    """Traded notional, buys and sells."""
    maker_share: float | None
    """Part of the turnover, 0 to 1."""
    winning_share: float | None
    """Part of the closing fills that realised a profit, 0 to 1."""
    equity_drawdown: Decimal | None
    """Deepest fall of the equity that was written down, in quote."""
    equity_drawdown_pct: float | None
    equity_drawdown_s: float | None
    """Longest time below an earlier peak."""
    sharpe: float | None
    """Per year."""
    sortino: float | None
    """Per year."""
    ratio_step_s: int
    """How far apart equity was sampled for the two ratios."""
    exposure: float | None
    """Mean |position notional| / equity."""
    time_in_market: float | None
    """Part of the time with a position, 0 to 1."""


def figures_of(
    points: Sequence[AccountPoint], fills: Mapping[str, Sequence[Fill]], pnl: PnL, start_ns: int, end_ns: int
) -> Figures:
    """Work the figures out.

    Args:
        points: the accounts over time, oldest first.
        fills: by venue, oldest first.
        pnl: what the whole run made.
        start_ns: when it began.
        end_ns: when it ended.
    """
    curve = equity_curve(points, start_ns, end_ns)
    step_ns = grid_step_ns(end_ns - start_ns)
    rates = None if curve is None else returns(sampled(curve, step_ns))
    fall = None if curve is None else max_drawdown(curve)
    every = [fill for mine in fills.values() for fill in mine]
    with exact():
        gross = pnl.realised + pnl.unrealised
        net = pnl.net
    return Figures(
        start_ns=start_ns,
        end_ns=end_ns,
        opening_equity=None if curve is None else curve[0].value,
        closing_equity=None if curve is None else curve[-1].value,
        gross_pnl=gross,
        net_pnl=net,
        return_pct=_return_pct(curve),
        turnover=turnover(every),
        maker_share=maker_share(every),
        winning_share=winning_share(fills),
        equity_drawdown=None if fall is None else fall.amount,
        equity_drawdown_pct=None if fall is None else fall.percent,
        equity_drawdown_s=_seconds(fall),
        sharpe=None if rates is None else sharpe(rates, step_ns),
        sortino=None if rates is None else sortino(rates, step_ns),
        ratio_step_s=step_ns // _NS_PER_S,
        exposure=exposure(points, start_ns, end_ns),
        time_in_market=time_in_market(fills, start_ns, end_ns),
    )


def _return_pct(curve: Sequence[Step] | None) -> float | None:
    if curve is None or curve[0].value <= 0:
        return None
    with exact():
        return 100 * float(curve[-1].value - curve[0].value) / float(curve[0].value)


def _seconds(fall: Drawdown | None) -> float | None:
    return None if fall is None else fall.longest_ns / _NS_PER_S
