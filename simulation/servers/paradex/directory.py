"""Names of channels: which there are, which need a log-in, and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from helpers.models import Balance, Fill, FundingPayment, OrderInfo, Position
from simulation.servers.paradex.book_channels import BboChannel, DeltasChannel, ThrottledBookChannel
from simulation.servers.paradex.channels import Channel, SilentChannel, TradesChannel, ViewChannel
from simulation.servers.paradex.errors import INVALID_REQUEST, RpcRefusal
from simulation.servers.paradex.market_board import MarketBoard
from simulation.servers.paradex.terms import ParadexTerms
from simulation.venue import SimulatedVenue

_MS: Final = 1_000_000
_TRADES_NS: Final = 100 * _MS
_SECOND_NS: Final = 1_000 * _MS
_BOOK: Final = re.compile(
    r"order_book\.(?P<market>[^.@]+)\.(?P<feed>snapshot|interactive|deltas|interactive_deltas)"
    r"(@(?P<depth>\d+)@(?P<rate>\d+ms)(@(?P<tick>\d+(_\d+)?))?)?"
)
_PRIVATE: Final = re.compile(
    r"account|positions|balance_events|tradebusts|transaction|transfers|mmp|block_trades"
    r"|(orders|fills|funding_payments)\.(?P<market>[^.]+)"
)
_RATES: Final = {
    "snapshot": ("50ms", "100ms"),
    "deltas": ("50ms", "100ms"),
    "interactive": ("50ms", "100ms", "200ms", "400ms"),
    "interactive_deltas": (),
}


class QuoteWatch:
    """Hears of one market's quotes as they happen, while a channel wants them."""

    def __init__(self, venue: SimulatedVenue, board: MarketBoard) -> None:
        """Hear nothing yet."""
        self._venue = venue
        self._board = board
        self._name = f"quotes of {board.market.ticker}"
        self._wanted = 0

    def want(self, change: int) -> None:
        """Count one more who wants the quotes, or one less."""
        self._wanted += change
        if self._wanted and change > 0:
            self._venue.deliveries.subscribe(self._name, self._board.market.ticker, self)
        elif not self._wanted:
            self._venue.deliveries.unsubscribe(self._name)
        self._venue.changed()

    def on_book(self) -> None:
        """Let the book see that it has changed."""
        self._board.book.read()

    def on_order(self, info: OrderInfo) -> None:
        """Hear nothing: this is nobody's account."""

    def on_fill(self, fill: Fill) -> None:
        """Hear nothing."""

    def on_position(self, position: Position) -> None:
        """Hear nothing."""

    def on_balance(self, balance: Balance) -> None:
        """Hear nothing."""

    def on_funding(self, payment: FundingPayment) -> None:
        """Hear nothing."""

    def on_gap(self) -> None:
        """Hear nothing."""

    def on_end(self, reason: str) -> None:
        """Hear nothing: these tapes have no end."""


class Directory:
    """Makes public channels, one object for each name."""

    def __init__(self, venue: SimulatedVenue, terms: ParadexTerms, boards: dict[str, MarketBoard]) -> None:
        """Make none yet; boards are by ticker."""
        self._venue = venue
        self._terms = terms
        self._boards = {board.market.symbol: board for board in boards.values()}
        self._watches = {ticker: QuoteWatch(venue, board) for ticker, board in boards.items()}
        self._open: dict[str, Channel] = {}

    def public(self, name: str) -> Channel:
        """Give a public channel.

        Raises:
            RpcRefusal: there is none of this name.
        """
        if name not in self._open:
            self._open[name] = self._make(name)
        return self._open[name]

    def is_private(self, name: str) -> bool:
        """Whether a channel is an account's; a market that is not there makes no channel."""
        found = _PRIVATE.fullmatch(name)
        return found is not None and (found["market"] in {None, "ALL"} or found["market"] in self._boards)

    def _make(self, name: str) -> Channel:
        kind, _, rest = name.partition(".")
        if kind == "order_book":
            return self._make_book(name)
        if kind == "bbo":
            boards = self._chosen(rest.removesuffix(".interactive"))
            return BboChannel(name, [board.book for board in boards], self._want)
        if kind == "trades":
            return TradesChannel(name, self._venue, _TRADES_NS, self._chosen(rest))
        if kind == "funding_data":
            views = [board.funding.view for board in self._chosen(rest)]
            return ViewChannel(name, self._venue, _SECOND_NS, views)
        if kind == "markets_summary":
            shown = [board.summary for board in self._chosen(rest or "ALL")]
            return ViewChannel(name, self._venue, _SECOND_NS, shown)
        raise _invalid("invalid channel")

    def _make_book(self, name: str) -> Channel:
        words = _BOOK.fullmatch(name)
        if words is None or words["market"] not in self._boards:
            raise _invalid("invalid channel")
        book, feed = self._boards[words["market"]].book, words["feed"]
        is_deltas = feed.endswith("deltas")
        if words["depth"] is None:
            if is_deltas:
                return DeltasChannel(name, [book], self._want)
            raise _invalid("invalid channel")
        if is_deltas and not (self._terms.takes_delta_parameters and _RATES[feed]):
            raise _invalid(f"no parameters expected for {feed} topic.")
        if words["depth"] != "15":
            raise _invalid("Expecting depth=15")
        if words["rate"] not in _RATES[feed]:
            raise _invalid("invalid refresh rate")
        if words["tick"] is not None:
            return SilentChannel(name)  # grouping works in production only; elsewhere nothing comes
        interval_ns = int(words["rate"].removesuffix("ms")) * _MS
        return ThrottledBookChannel(name, self._venue, interval_ns, book, self._want, is_deltas=is_deltas)

    def _chosen(self, market: str) -> Sequence[MarketBoard]:
        if market == "ALL":
            return list(self._boards.values())
        if market not in self._boards:
            raise _invalid("invalid channel")
        return [self._boards[market]]

    def _want(self, ticker: str, change: int) -> None:
        self._watches[ticker].want(change)


def _invalid(data: str) -> RpcRefusal:
    return RpcRefusal(INVALID_REQUEST, "invalid subscribe request", data)


__all__ = ["Directory"]
