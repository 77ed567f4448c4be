"""A venue driven by hand: a tape written row by row, prices in ticks, quantities in lots, times in seconds.

Tick and lot are such that a price of 1000 ticks is 100.0 and a lot is 0.001.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from helpers.decisions import OrderParams, Wake
from helpers.enums import OrderStatus, OrderType, Side
from helpers.models import Balance, Fill, FundingPayment, Market, OrderInfo, Position
from simulation.account import SimAccount
from simulation.order_records import DeskReply
from simulation.profile import Latency, VenueProfile
from simulation.tape import Instrument, MemoryTape, RowKind, TapeChunk
from simulation.venue import SimulatedVenue

START_NS = 1_767_225_600 * 1_000_000_000
S = 1_000_000_000
MS = 1_000_000
D = Decimal
BUY, SELL = Side.BUY, Side.SELL

INSTRUMENT = Instrument(
    ticker="BTC",
    quote="USD",
    source="synthetic",
    tick_size=D("0.1"),
    quantity_step=D("0.001"),
    depth_lots=(100, 20, 30),
)
MARKET = Market(
    exchange="paper",
    ticker="BTC",
    contract_id="BTC-PERP",
    quote="USD",
    tick_size=D("0.1"),
    quantity_step=D("0.001"),
    min_quantity=D("0.001"),
    min_notional=D(0),
    maker_fee=D("0.0002"),
    taker_fee=D("0.0005"),
    max_leverage=D(50),
    maintenance_margin=D("0.01"),
    max_open_orders=200,
    funding_interval_ns=3600 * S,
)
NO_DELAY = VenueProfile(order_entry=Latency(base_ns=0), response=Latency(base_ns=0))


def code(reply: DeskReply | None) -> str:
    """Give the code of a refusal, "" of an acceptance."""
    assert reply is not None
    assert reply.accepted is (reply.code == "")
    assert bool(reply.text) is not reply.accepted
    return reply.code


def changed(**changes: Any) -> Market:
    """Give the market with some terms changed."""
    return msgspec.structs.replace(MARKET, **changes)


class Rows:
    """Writes a tape; trades repeat the quote before them."""

    def __init__(self, bid: int = 1000, ask: int = 1001, bid_lots: int = 50, ask_lots: int = 50) -> None:
        """Begin at second 0 with this book."""
        self.chunk = TapeChunk()
        self.quote(0, bid, ask, bid_lots, ask_lots)

    def quote(self, second: float, bid: int, ask: int, bid_lots: int = 50, ask_lots: int = 50) -> Rows:
        """Change the book; a price of 0 is a missing side."""
        self._bbo = (bid, bid_lots if bid else 0, ask, ask_lots if ask else 0)
        self.chunk.append(START_NS + round(second * S), RowKind.QUOTE, *self._bbo)
        return self

    def trade(self, second: float, kind: RowKind, price: int, lots: int) -> Rows:
        """Print a trade."""
        self.chunk.append(START_NS + round(second * S), kind, *self._bbo, price, lots)
        return self

    def bought(self, second: float, price: int, lots: int) -> Rows:
        """Print a trade whose aggressor bought."""
        return self.trade(second, RowKind.BUY, price, lots)

    def sold(self, second: float, price: int, lots: int) -> Rows:
        """Print a trade whose aggressor sold."""
        return self.trade(second, RowKind.SELL, price, lots)

    def tape(self, instrument: Instrument = INSTRUMENT) -> MemoryTape:
        """Give the tape."""
        return MemoryTape(instrument, [self.chunk])


class Listener:
    """Writes down everything one account hears of one market, and when."""

    def __init__(self, venue: SimulatedVenue, account_id: str, ticker: str, heard: list[tuple[Any, ...]]) -> None:
        self._write = lambda what, news: heard.append((venue.core.now_ns, account_id, ticker, what, news))

    def on_book(self) -> None:
        self._write("book", None)

    def on_order(self, info: OrderInfo) -> None:
        self._write("order", info)

    def on_fill(self, fill: Fill) -> None:
        self._write("fill", fill)

    def on_position(self, position: Position) -> None:
        self._write("position", position)

    def on_balance(self, balance: Balance) -> None:
        self._write("balance", balance)

    def on_funding(self, payment: FundingPayment) -> None:
        self._write("funding", payment)

    def on_gap(self) -> None:
        self._write("gap", None)

    def on_end(self, reason: str) -> None:
        self._write("end", reason)


class Scene:
    """One venue; its markets, its customers, and what they heard."""

    def __init__(
        self,
        *tapes: Rows | MemoryTape,
        profile: VenueProfile = NO_DELAY,
        markets: Sequence[Market] = (MARKET,),
        accounts: Sequence[str] = ("me",),
        seed: int = 1,
    ) -> None:
        """Open the venue at second 0, with the accounts subscribed to every market and armed for nothing."""
        self.heard: list[tuple[Any, ...]] = []
        """(time, account, ticker, what, news), in the order of hearing."""
        self.replies: dict[str, DeskReply] = {}
        """The newest reply, by what was asked: a client order id, "cancel KEY", "amend KEY"."""
        self.replied_ns: dict[str, int] = {}
        self.venue = SimulatedVenue(profile, random.Random(seed), START_NS)
        for market, rows in zip(markets, tapes, strict=True):
            self.venue.list_market(market, rows.tape() if isinstance(rows, Rows) else rows)
        for account_id in accounts:
            self.venue.open_account(account_id)
            for market in markets:
                listener = Listener(self.venue, account_id, market.ticker, self.heard)
                self.venue.deliveries.subscribe(account_id, market.ticker, listener)
                self.venue.deliveries.arm(account_id, market.ticker, Wake(book=False))

    # -- time ---------------------------------------------------------------------------------

    @property
    def now_s(self) -> float:
        """Seconds since the start."""
        return (self.venue.core.now_ns - START_NS) / S

    def to(self, second: float) -> Scene:
        """Let time pass."""
        self.venue.advance_to(START_NS + round(second * S))
        return self

    # -- requests, which arrive before this returns if the venue has no delays ----------------

    def place(
        self,
        key: str,
        side: Side,
        price: int | None,
        lots: int,
        *,
        account: str = "me",
        ticker: str = "BTC",
        **more: Any,
    ) -> DeskReply | None:
        """Place an order, at market if `price` is None; give the reply if it is there already."""
        order_type = OrderType.MARKET if price is None else OrderType.LIMIT
        params = OrderParams(
            intent=key,
            side=side,
            price=None if price is None else price * D("0.1"),
            quantity=lots * D("0.001"),
            order_type=order_type,
            **more,
        )
        return self.send(key, params, account=account, ticker=ticker)

    def send(self, key: str, params: OrderParams, *, account: str = "me", ticker: str = "BTC") -> DeskReply | None:
        """Place an order as it is given."""
        self.venue.desk.place(account, ticker, key, params, self._reply(key))
        return self._arrived(key)

    def cancel(self, key: str, *, account: str = "me", ticker: str = "BTC") -> DeskReply | None:
        """Cancel an order."""
        self.venue.desk.cancel(account, ticker, key, self._reply(f"cancel {key}"))
        return self._arrived(f"cancel {key}")

    def cancel_all(self, *, account: str = "me", ticker: str = "BTC") -> DeskReply | None:
        """Cancel everything on a market."""
        self.venue.desk.cancel_all(account, ticker, self._reply("cancel all"))
        return self._arrived("cancel all")

    def amend(
        self, key: str, price: float, lots: float, *, account: str = "me", ticker: str = "BTC"
    ) -> DeskReply | None:
        """Amend an order."""
        tick, step = D(str(price)) * D("0.1"), D(str(lots)) * D("0.001")
        self.venue.desk.amend(account, ticker, key, tick, step, self._reply(f"amend {key}"))
        return self._arrived(f"amend {key}")

    def _reply(self, what: str) -> Callable[[DeskReply], None]:
        def keep(reply: DeskReply) -> None:
            self.replies[what] = reply
            self.replied_ns[what] = self.venue.core.now_ns

        return keep

    def _arrived(self, what: str) -> DeskReply | None:
        self.venue.advance_to(self.venue.core.now_ns)
        return self.replies.get(what)

    # -- what came of it ----------------------------------------------------------------------

    def account(self, account_id: str = "me") -> SimAccount:
        """Give an account."""
        return self.venue.core.accounts[account_id]

    def fills(self, key: str | None, account_id: str = "me") -> list[tuple[int, int]]:
        """List (ticks, lots) of an order's fills; None for those of a liquidation."""
        own = (fill for fill in self.account(account_id).fills if fill.client_order_id == key)
        return [(int(fill.price / D("0.1")), int(fill.quantity / D("0.001"))) for fill in own]

    def filled(self, key: str, account_id: str = "me") -> int:
        """Count the lots an order has filled."""
        return sum(lots for _, lots in self.fills(key, account_id))

    def status(self, key: str, account_id: str = "me") -> OrderStatus:
        """Say where an order stands."""
        return self.account(account_id).known[key].status

    def news(self, what: str, account_id: str = "me") -> list[Any]:
        """List what an account heard of one kind."""
        return [news for _, account, _, kind, news in self.heard if (account, kind) == (account_id, what)]
