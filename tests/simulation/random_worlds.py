"""Random markets and random customers, for what must hold whatever happens.

Prices lie within a few ticks and times within a few units, so that rows, arrivals, replies,
expiries and funding fall on the same instant again and again. Sizes are large beside the
deposit, so that margin refusals and liquidations happen too.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from venue_scenes import START_NS, D, Listener, S, changed

from helpers.decisions import OrderParams, Peg, PegReference, Wake
from helpers.enums import OrderType, Side, TimeInForce
from helpers.models import Market
from simulation.account import SimAccount
from simulation.order_records import DeskReply
from simulation.profile import Latency, VenueProfile
from simulation.tape import Instrument, MemoryTape, RowKind, TapeChunk
from simulation.venue import SimulatedVenue

UNIT = 600 * S
"""Funding is due every six units."""
TICKERS = ("BTC", "ETH")
ACCOUNTS = ("a", "b")
TICK = D("0.1")
DEPTH = (10, 4, 6)
PROFILES = (
    VenueProfile(order_entry=Latency(base_ns=0), response=Latency(base_ns=0), deposit=D(25)),
    VenueProfile(order_entry=Latency(base_ns=UNIT), response=Latency(base_ns=UNIT), deposit=D(35)),
    VenueProfile(
        order_entry=Latency(base_ns=UNIT, jitter_ns=2 * UNIT),
        response=Latency(base_ns=0, jitter_ns=UNIT),
        deposit=D(1000),
    ),
)

RowSpec = tuple[int, int, int, int, int, int, int, int]
"""Units since the row before, kind, bid, bid lots, ask, ask lots, price, lots."""


@dataclass(frozen=True)
class TapeSpec:
    """A tape: rows, and how many of them make a chunk, in turn."""

    rows: tuple[RowSpec, ...]
    chunk_sizes: tuple[int, ...]

    def flat(self) -> list[tuple[int, int, int, int, int, int, int, int]]:
        """List the rows as the tape has them: times in ns, trades with the quote before them."""
        at, bbo, rows = START_NS, (0, 0, 0, 0), []
        for units, kind, bid, bid_lots, ask, ask_lots, price, lots in self.rows:
            at += units * UNIT
            if kind == RowKind.QUOTE:
                bbo = (bid, bid_lots if bid else 0, ask, ask_lots if ask else 0)
                rows.append((at, kind, *bbo, 0, 0))
            else:
                rows.append((at, kind, *bbo, price, lots))
        return rows

    def chunks(self) -> list[TapeChunk]:
        """Give the rows as chunks."""
        rows, chunks, turn = self.flat(), [], 0
        while rows:
            size = self.chunk_sizes[turn % len(self.chunk_sizes)]
            turn += 1
            chunk = TapeChunk()
            for row in rows[:size]:
                chunk.append(*row)
            rows = rows[size:]
            chunks.append(chunk)
        return chunks

    def tape(self, ticker: str = "BTC") -> MemoryTape:
        """Give the tape."""
        return MemoryTape(instrument(ticker), self.chunks())


@dataclass(frozen=True)
class ActionSpec:
    """What a customer does, and how many units after the action before."""

    units: int
    account: str
    ticker: str
    what: str
    details: dict[str, Any] = field(hash=False)


@dataclass(frozen=True)
class WorldSpec:
    """Markets, terms and what the customers will do."""

    tapes: tuple[TapeSpec, ...]
    profile: VenueProfile
    actions: tuple[ActionSpec, ...]


def instrument(ticker: str) -> Instrument:
    """Give an instrument whose lots are whole units."""
    return Instrument(
        ticker=ticker, quote="USD", source="synthetic", tick_size=TICK, quantity_step=D(1), depth_lots=DEPTH
    )


def market(ticker: str, **changes: Any) -> Market:
    """Give its market: no minimum, five orders, leverage 10."""
    return changed(
        ticker=ticker,
        quantity_step=D(1),
        min_quantity=D(1),
        min_notional=D(0),
        max_leverage=D(10),
        maintenance_margin=D("0.05"),
        max_open_orders=5,
        **changes,
    )


# -- what hypothesis draws ------------------------------------------------------------------------

_units = st.sampled_from([0, 0, 1, 1, 2])
_ticks = st.sampled_from([*range(97, 104), *range(97, 104), 92, 108])
_lots = st.integers(1, 12)


def _quote(units: int, bid: int, spread: int, bid_lots: int, ask_lots: int, missing: str) -> RowSpec:
    ask = bid + spread
    bid, ask = 0 if "b" in missing else bid, 0 if "a" in missing else ask
    return units, int(RowKind.QUOTE), bid, bid_lots, ask, ask_lots, 0, 0


def _trade(units: int, kind: int, price: int, lots: int) -> RowSpec:
    return units, kind, 0, 0, 0, 0, price, lots


def _tape(opening: RowSpec, rows: list[RowSpec], chunk_sizes: list[int]) -> TapeSpec:
    return TapeSpec((opening, *rows), tuple(chunk_sizes))


_quotes = st.builds(_quote, _units, _ticks, st.integers(1, 3), _lots, _lots, st.just(""))
_odd_quotes = st.builds(_quote, _units, _ticks, st.integers(-2, 1), _lots, _lots, st.sampled_from(["", "a", "b", "ab"]))
_trades = st.builds(_trade, _units, st.integers(1, 3), _ticks, _lots)
_rows = st.one_of(_quotes, _quotes, _quotes, _trades, _trades, _odd_quotes)
tape_specs = st.builds(
    _tape, _rows, st.lists(_rows, min_size=10, max_size=30), st.lists(st.integers(1, 3), min_size=1, max_size=4)
)

_limits = st.fixed_dictionaries(
    {
        "side": st.sampled_from(Side),
        "price": _ticks,
        "lots": st.integers(1, 25),
        "time_in_force": st.sampled_from([TimeInForce.GTC] * 4 + list(TimeInForce)),
        "post_only": st.sampled_from([False, False, False, True]),
        "reduce_only": st.sampled_from([False, False, False, False, True]),
        "lives": st.integers(1, 12),
    }
)
_markets = st.fixed_dictionaries(
    {
        "side": st.sampled_from(Side),
        "price": st.none(),
        "lots": st.integers(1, 40),
        "reduce_only": st.sampled_from([False, False, False, True]),
    }
)
_pegged = st.fixed_dictionaries(
    {
        "side": st.sampled_from(Side),
        "price": _ticks,
        "lots": st.integers(1, 25),
        "time_in_force": st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTT]),
        "post_only": st.just(True),
        "reduce_only": st.sampled_from([False, False, False, False, True]),
        "lives": st.integers(1, 12),
        "peg": st.builds(
            lambda reference, offset, limit: Peg(
                reference=reference, offset=offset * TICK / 2, limit=None if limit is None else limit * TICK
            ),
            st.sampled_from(PegReference),
            st.integers(-2, 5),
            st.none() | _ticks,
        ),
    }
)
_amends = st.fixed_dictionaries({"which": st.integers(0, 3), "price": _ticks, "lots": st.integers(1, 25)})
_arms = st.fixed_dictionaries({"low": st.none() | _ticks, "high": st.none() | _ticks, "every": st.booleans()})


def _actions(what: str, details: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[ActionSpec]:
    return st.builds(ActionSpec, _units, st.sampled_from("aab"), st.sampled_from(TICKERS), st.just(what), details)


_place = _actions("place", _limits)
_action_specs = st.one_of(
    _place,
    _place,
    _place,
    _place,
    _actions("place", _markets),
    _actions("place", _markets),
    _actions("amend", _amends),
    _actions("cancel", st.fixed_dictionaries({"which": st.integers(0, 3)})),
    _actions("cancel_all", st.just({})),
    _actions("arm", _arms),
)
_follow = _actions("place", _pegged)
pegging_specs = st.builds(
    WorldSpec,
    st.lists(tape_specs, min_size=1, max_size=2).map(tuple),
    st.sampled_from(PROFILES),
    st.lists(st.one_of(_follow, _follow, _action_specs), min_size=8, max_size=30).map(tuple),
)
"""Worlds in which many orders follow the book."""
world_specs = st.builds(
    WorldSpec,
    st.lists(tape_specs, min_size=1, max_size=2).map(tuple),
    st.sampled_from(PROFILES),
    st.lists(_action_specs, min_size=8, max_size=30).map(tuple),
)


# -- the world they make --------------------------------------------------------------------------


Walk = Callable[["RandomWorld", int], None]
"""How time is brought to an instant."""


def jump(world: RandomWorld, to_ns: int) -> None:
    """Go there at once."""
    world.venue.advance_to(to_ns)


class RandomWorld:
    """A venue that goes through a WorldSpec."""

    def __init__(self, spec: WorldSpec, *, deaf: bool = False, terms: Callable[[str], Market] = market) -> None:
        """Open it; a deaf world ignores what the customers arm, and stops for no quote. `terms` gives its markets."""
        self.spec = spec
        self.deaf = deaf
        self.heard: list[tuple[Any, ...]] = []
        """(time, account, ticker, what, news) in the order of hearing."""
        self.orders: dict[str, tuple[str, str, dict[str, Any], int]] = {}
        """What was sent, by client order id: account, ticker, details, when."""
        self.venue = venue = SimulatedVenue(spec.profile, random.Random(1), START_NS)
        self.tickers = TICKERS[: len(spec.tapes)]
        for ticker, tape in zip(self.tickers, spec.tapes, strict=True):
            venue.list_market(terms(ticker), tape.tape(ticker))
        for account_id in ACCOUNTS:
            venue.open_account(account_id)
            for ticker in self.tickers:
                venue.deliveries.subscribe(account_id, ticker, Listener(venue, account_id, ticker, self.heard))
                venue.deliveries.arm(account_id, ticker, Wake(book=False))

    @property
    def accounts(self) -> list[SimAccount]:
        """The accounts."""
        return list(self.venue.core.accounts.values())

    @property
    def end_ns(self) -> int:
        """A time at which everything has happened and been told, four units after a funding."""
        rows = max(tape.flat()[-1][0] for tape in self.spec.tapes)
        last = max(rows, START_NS + sum(action.units for action in self.spec.actions) * UNIT)
        return (last // (6 * UNIT) + 3) * 6 * UNIT + 4 * UNIT

    def run(self, walk: Walk = jump, after: Callable[[], None] = lambda: None) -> RandomWorld:
        """Let everything happen; `after` is called after each action, and at the end."""
        at = START_NS
        for action in self.spec.actions:
            at += action.units * UNIT
            walk(self, at)
            self._do(action)
            after()
        walk(self, self.end_ns)
        after()
        return self

    def told(self, *but: str) -> list[tuple[Any, ...]]:
        """List what was heard, without some kinds of news."""
        return [news for news in self.heard if news[3] not in but]

    def _do(self, action: ActionSpec) -> None:
        ticker = action.ticker if action.ticker in self.tickers else self.tickers[0]
        getattr(self, f"_{action.what}")(action.account, ticker, action.details)

    def _place(self, account: str, ticker: str, details: dict[str, Any]) -> None:
        key = f"{account}-{len(self.orders)}"
        now = self.venue.core.now_ns
        self.orders[key] = (account, ticker, details, now)
        is_market = details["price"] is None
        params = OrderParams(
            intent=key,
            side=details["side"],
            quantity=D(details["lots"]),
            price=None if is_market else details["price"] * TICK,
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            time_in_force=details.get("time_in_force", TimeInForce.IOC),
            post_only=details.get("post_only", False),
            reduce_only=details["reduce_only"],
            expires_ns=now + details.get("lives", 0) * UNIT,
            peg=details.get("peg"),
        )
        self.venue.desk.place(account, ticker, key, params, self._reply(account, ticker, key))

    def _amend(self, account: str, ticker: str, details: dict[str, Any]) -> None:
        key, quantity = self._which(account, details), Decimal(details["lots"])
        reply = self._reply(account, ticker, f"amend {key}")
        self.venue.desk.amend(account, ticker, key, details["price"] * TICK, quantity, reply)

    def _cancel(self, account: str, ticker: str, details: dict[str, Any]) -> None:
        key = self._which(account, details)
        self.venue.desk.cancel(account, ticker, key, self._reply(account, ticker, f"cancel {key}"))

    def _cancel_all(self, account: str, ticker: str, details: dict[str, Any]) -> None:
        self.venue.desk.cancel_all(account, ticker, self._reply(account, ticker, "cancel all"))

    def _arm(self, account: str, ticker: str, details: dict[str, Any]) -> None:
        if self.deaf:
            return
        low, high = details["low"], details["high"]
        wake = Wake(
            book=details["every"],
            price_at_or_below=None if low is None else low * TICK,
            price_at_or_above=None if high is None else high * TICK,
        )
        self.venue.deliveries.arm(account, ticker, wake)

    def _which(self, account: str, details: dict[str, Any]) -> str:
        """Name a live order of the account, one of its latest, or one that never was."""
        latest = [key for key, order in self.orders.items() if order[0] == account][-2:]
        candidates = [*self.venue.core.accounts[account].live, *latest, "never-sent"]
        return candidates[min(details["which"], len(candidates) - 1)]

    def _reply(self, account: str, ticker: str, what: str) -> Callable[[DeskReply], None]:
        return lambda reply: self.heard.append((self.venue.core.now_ns, account, ticker, "reply", (what, reply)))
