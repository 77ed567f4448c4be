"""How the synthetic market moves: a hidden fair value, and quotes and trades that follow it.

The fair value, in ticks, is a trend (a random walk whose volatility changes between quiet,
normal and wild spells) plus a bounce (pulled back to zero within half a minute). Quotes stay
where they are until the fair value has left them by more than a random reach; then the level
breaks, mostly swept by a trade, and the quotes jump after it. In between, trades eat at the
touch in runs of one side, and quotes are refilled, improved and widened. A trade excites the
next event, so events come in bursts.

One draw of 62 bits decides one event: methods take their shares of it by shifting and masking.
Shares overlap only where they belong to different kinds of event or where it does not matter.
"""

from __future__ import annotations

import math
import random
from typing import Final

from simulation.paper_markets import PaperMarket
from simulation.synthetic_tables import EXPONENTIAL_1024, FAST_S, NORMAL_4096, NS, SPELLS, Gap, gaps, lots_around
from simulation.tape import RowKind

Row = tuple[int, int, int, int, int, int, int, int]
"""The columns of a tape, in the order of TapeChunk.append."""

# Plain ints: looking them up on the enum costs as much as the row.
_QUOTE, _BUY, _SELL = int(RowKind.QUOTE), int(RowKind.BUY), int(RowKind.SELL)

_YEAR_S: Final = 365 * 86_400
_TREND_SHARE: Final = 0.95
_BOUNCE_SHARE: Final = 0.60
"""Of the volatility: together they give the annual figure when measured over minutes."""
_BOUNCE_S: Final = 20.0

_CALM_FAST: Final = 0.35
"""Chance of a fast gap after a quote."""
_HOT_FAST: Final = 0.75
"""Chance of a fast gap after a trade."""
_MEAN_FAST: Final = 0.54
"""Share of fast gaps that results."""

_TRADES_OF_256: Final = 96
"""How many events between two breaks are trades."""
_SWEEPS_OF_8: Final = 5
"""How many breaks are made by a trade; the rest by cancels."""
_RUN_ENDS_OF_8: Final = 3
_IMPROVES_OF_8: Final = 6
_WIDENS_OF_8: Final = 1
_LARGE: Final = 12
"""One trade in 64 is so many times larger."""
_TRADE_SHARE: Final = 0.04
"""Median trade, as a fraction of the typical displayed lots."""
_TOUCH_SIGMA: Final = 0.7
_TRADE_SIGMA: Final = 1.2
_SPREADS: Final = (1, 1, 1, 1, 1, 2, 2, 3)
_WIDEST: Final = 3
_PRICE_RANGE: Final = 50
"""However long a tape runs, its price stays within this factor of its start."""


class MarketProcess:
    """One run of one market; gives its rows, event after event."""

    def __init__(self, market: PaperMarket, rng: random.Random, start_ns: int) -> None:
        """Open the market at its start price."""
        self._bits = rng.getrandbits
        self._market = market
        self._lots = lots_around(market.touch_lots, _TOUCH_SIGMA)
        self._trade_lots = lots_around(market.touch_lots * _TRADE_SHARE, _TRADE_SIGMA)
        self._time = start_ns
        self._start = int(market.start_price / market.tick_size)
        self._trend = float(self._start)
        self._bounce = 0.0
        self._buying = True
        self._rows: list[Row] = []
        self._gaps: list[Gap] = []
        self._calm_gaps: list[Gap] = []
        self._hot_gaps: list[Gap] = []
        self._reaches: list[float] = []
        self._begin_spell()
        self._reach = self._reaches[0]
        self._bid, self._ask = self._start, self._start + 1
        self._bid_lots = self._ask_lots = market.touch_lots
        self._quote()

    def rows(self, count: int) -> list[Row]:
        """Give the next `count` rows."""
        step, rows = self._step, self._rows
        while len(rows) < count:
            step()
        self._rows = rows[count:]
        return rows[:count]

    def _step(self) -> None:
        draw = self._bits(62)
        gap, swing, dies = self._gaps[draw & 1023]
        self._time += gap
        self._trend += _TREND_SHARE * swing * NORMAL_4096[(draw >> 10) & 4095]
        self._bounce += _BOUNCE_SHARE * swing * NORMAL_4096[(draw >> 22) & 4095] - self._bounce * dies
        away = self._trend + self._bounce - (self._bid + self._ask) * 0.5
        self._gaps = self._calm_gaps
        if away > self._reach or away < -self._reach:
            self._break(draw, up=away > 0)
        elif (draw >> 34) & 255 < _TRADES_OF_256:
            self._trade(draw, away)
        else:
            self._requote(draw)
        if self._time >= self._spell_end:
            self._begin_spell()

    # -- the level breaks -------------------------------------------------------------------

    def _break(self, draw: int, *, up: bool) -> None:
        if (draw >> 58) & 7 < _SWEEPS_OF_8:
            if up:
                self._print(_BUY, self._ask, self._ask_lots)
            else:
                self._print(_SELL, self._bid, self._bid_lots)
        spread = _SPREADS[(draw >> 55) & 7]
        bid = int(self._trend + self._bounce - spread * 0.5 + 0.5)
        # The broken level is gone whatever the rounding says, and no side moves against the break.
        if up:
            self._jump(max(bid, self._ask + 1 - spread, self._bid), spread, draw)
        else:
            self._jump(min(bid, self._bid - 1, self._ask - spread), spread, draw)

    def _jump(self, bid: int, spread: int, draw: int) -> None:
        self._bid = max(1, bid)
        self._ask = self._bid + spread
        self._bid_lots = self._lots[(draw >> 34) & 1023]
        self._ask_lots = self._lots[(draw >> 44) & 1023]
        self._reach = self._reaches[(draw >> 48) & 1023]
        self._quote()

    # -- between breaks ---------------------------------------------------------------------

    def _trade(self, draw: int, away: float) -> None:
        if (draw >> 42) & 7 < _RUN_ENDS_OF_8:
            # The next run leans towards the fair value.
            self._buying = away > (((draw >> 10) & 1023) / 512 - 1) * self._reach
        lots = self._trade_lots[(draw >> 45) & 1023]
        if not (draw >> 55) & 63:
            lots *= _LARGE
        if self._buying:
            self._trade_at_ask(lots, draw)
        else:
            self._trade_at_bid(lots, draw)

    def _trade_at_ask(self, lots: int, draw: int) -> None:
        if lots < self._ask_lots:
            self._print(_BUY, self._ask, lots)
            self._ask_lots -= lots
            self._quote()
        else:
            self._print(_BUY, self._ask, self._ask_lots)
            self._jump(self._bid + 1, self._ask - self._bid, draw)

    def _trade_at_bid(self, lots: int, draw: int) -> None:
        if lots < self._bid_lots:
            self._print(_SELL, self._bid, lots)
            self._bid_lots -= lots
            self._quote()
        else:
            self._print(_SELL, self._bid, self._bid_lots)
            self._jump(self._bid - 1, self._ask - self._bid, draw)

    def _requote(self, draw: int) -> None:
        spread = self._ask - self._bid
        choice = (draw >> 42) & 7
        inward = 0
        if spread > 1 and choice < _IMPROVES_OF_8:
            inward = 1
        elif spread < _WIDEST and choice >= 8 - _WIDENS_OF_8:
            inward = -1
        lots = self._lots[(draw >> 45) & 1023]
        if (draw >> 55) & 1:
            self._set_bid(max(1, self._bid + inward), lots)
        else:
            self._set_ask(self._ask - inward, lots)
        self._quote()

    # One lot more where nothing would change: a quote row tells a change.
    def _set_bid(self, bid: int, lots: int) -> None:
        self._bid_lots = lots + (bid == self._bid and lots == self._bid_lots)
        self._bid = bid

    def _set_ask(self, ask: int, lots: int) -> None:
        self._ask_lots = lots + (ask == self._ask and lots == self._ask_lots)
        self._ask = ask

    # -- rows -------------------------------------------------------------------------------

    def _quote(self) -> None:
        self._rows.append((self._time, _QUOTE, self._bid, self._bid_lots, self._ask, self._ask_lots, 0, 0))

    def _print(self, kind: int, price: int, lots: int) -> None:
        self._rows.append((self._time, kind, self._bid, self._bid_lots, self._ask, self._ask_lots, price, lots))
        self._gaps = self._hot_gaps

    # -- spells -----------------------------------------------------------------------------

    def _begin_spell(self) -> None:
        draw = self._bits(32)
        spell = SPELLS[(draw & 0xFFFF) % len(SPELLS)]
        self._spell_end = self._time + int(spell.mean_s * EXPONENTIAL_1024[draw >> 22] * NS)
        self._trend = min(max(self._trend, self._start / _PRICE_RANGE), float(self._start * _PRICE_RANGE))
        swing_1s = spell.volatility * self._trend * self._market.annual_volatility / math.sqrt(_YEAR_S)
        slow_s = spell.pace * (1 / self._market.events_per_second - _MEAN_FAST * FAST_S) / (1 - _MEAN_FAST)
        self._calm_gaps = gaps(_CALM_FAST, slow_s, swing_1s, _BOUNCE_S)
        self._hot_gaps = gaps(_HOT_FAST, slow_s, swing_1s, _BOUNCE_S)
        self._gaps = self._calm_gaps
        # The time until a random walk leaves +-swing_1s is a second on average.
        hold = max(1.0, swing_1s)
        self._reaches = [hold * (0.4 + 0.6 * e) for e in EXPONENTIAL_1024]
