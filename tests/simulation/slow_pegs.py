"""A pegged order followed the slow way: what is under way lies in a list, and the price rule is done in Fractions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st
from touches import RowTuple

from simulation.tape import RowKind

DEPTH = (7, 9, 4)


@dataclass
class SlowPeg:
    """One pegged order; prices in ticks, offsets in half ticks."""

    is_buy: bool
    reference: int
    offset: int
    limit: int | None
    entry_ns: int
    response_ns: int
    price: int
    ahead: int
    seen: tuple[int, int]
    under_way: list[tuple[int, str, int]] = field(default_factory=list)
    """At most one of (time, "amend" or "answer", price)."""

    def target(self, bid: int, ask: int) -> int | None:
        """Give where it should stand."""
        if bid and ask and bid >= ask:
            return None
        follows_bid = self.is_buy == (self.reference == 0)
        needed = (bid, ask) if self.reference == 2 else (bid,) if follows_bid else (ask,)
        if not all(needed):
            return None
        reference = Fraction(sum(needed), len(needed))
        away = Fraction(self.offset, 2)
        price = math.floor(reference - away) if self.is_buy else math.ceil(reference + away)
        if self.limit is not None:
            price = min(price, self.limit) if self.is_buy else max(price, self.limit)
        return price if price > 0 else None

    def pass_to(self, before_ns: int, quote: tuple[int, int, int, int]) -> None:
        """Let what is due before a time happen."""
        bid, bid_lots, ask, ask_lots = quote
        while self.under_way and self.under_way[0][0] < before_ns:
            due, what, price = self.under_way.pop()
            if what == "amend":
                takes = (bool(ask) and price >= ask) if self.is_buy else (bool(bid) and price <= bid)
                if not takes:
                    best, lots = (bid, bid_lots) if self.is_buy else (ask, ask_lots)
                    behind = best - price if self.is_buy else price - best
                    self.price = price
                    if not best or behind < 0:
                        self.ahead = 0
                    else:
                        self.ahead = lots if behind == 0 else DEPTH[min(behind, len(DEPTH) - 1)]
                self.under_way.append((due + self.response_ns, "refused" if takes else "accepted", price))
            elif what == "accepted":
                self.decide(due, bid, ask)

    def decide(self, now_ns: int, bid: int, ask: int) -> None:
        """Send an amend if it should stand elsewhere and none is under way."""
        target = self.target(bid, ask)
        if not self.under_way and target is not None and target != self.price:
            self.under_way.append((now_ns + self.entry_ns, "amend", target))

    def is_filled_by(self, row: RowTuple) -> bool:
        """Whether a row gives it something."""
        _, kind, bid, _, ask, _, price, lots = row
        if kind == RowKind.QUOTE:
            return 0 < ask <= self.price if self.is_buy else bid >= self.price
        through = price < self.price if self.is_buy else price > self.price
        reaches = kind != (RowKind.BUY if self.is_buy else RowKind.SELL)
        return reaches and (through or (price == self.price and lots > self.ahead))

    def see(self, row: RowTuple) -> None:
        """See a row that gives it nothing."""
        time_ns, kind, bid, bid_lots, ask, ask_lots, price, lots = row
        if kind != RowKind.QUOTE:
            if price == self.price and kind != (RowKind.BUY if self.is_buy else RowKind.SELL):
                self.ahead -= lots
            return
        best, left = (bid, bid_lots) if self.is_buy else (ask, ask_lots)
        worse = best < self.price if self.is_buy else best > self.price or not best
        if worse:
            self.ahead = 0
        elif best == self.price:
            self.ahead = min(self.ahead, left)
        if (bid, ask) != self.seen:
            self.seen = (bid, ask)
            self.decide(time_ns, bid, ask)

    def real(self, module: SimpleNamespace, depth: Any) -> Any:
        """Give the same as a kernel's Peg."""
        far = (1 << 62) if self.is_buy else 0
        limit = far if self.limit is None else self.limit
        peg = module.Peg(self.is_buy, self.reference, self.offset, limit, self.entry_ns, self.response_ns, depth)
        peg.price, peg.ahead = self.price, self.ahead
        peg.bid, peg.ask = self.seen
        return peg


slow_pegs = st.builds(
    SlowPeg,
    is_buy=st.booleans(),
    reference=st.integers(0, 2),
    offset=st.integers(-3, 8),
    limit=st.none() | st.integers(97, 104),
    entry_ns=st.sampled_from([0, 0, 1, 3]),
    response_ns=st.sampled_from([0, 0, 2, 5]),
    price=st.integers(96, 104),
    ahead=st.integers(0, 12),
    seen=st.just((0, 0)),
)
