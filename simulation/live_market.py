"""One real market, brought into a simulated venue by what the public streams tell of it.

Each change of the best prices and each trade becomes a row of a tape, and the venue follows at
once. While the stream is interrupted the tape shows an empty book, and trades are not counted:
nothing fills. When it is back, our orders queue anew behind what is displayed, for what was
served meanwhile nobody saw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helpers.clock import NS_PER_S
from helpers.errors import ConnectivityError, UserError
from helpers.models import Bbo, Market, OrderBook, Trade
from simulation.live_funding import PublishedFunding
from simulation.live_grid import LiveGrid
from simulation.live_tape import NO_QUOTE, LiveTape
from simulation.tape import Instrument
from simulation.venue import SimulatedVenue


@dataclass(frozen=True, slots=True)
class LiveSource:
    """Where a market's news come from, and who is told of trouble."""

    look: Callable[[], Bbo | None]
    """Gives best bid and offer of the stream; None while they cannot be trusted."""
    now_ns: Callable[[], int]
    """Stamps what comes."""
    say: Callable[[str], None]
    """Is told when the stream is interrupted, and when it is back."""


class LiveMarket:
    """Hears the public streams of one market for a simulated venue."""

    def __init__(
        self, venue: SimulatedVenue, market: Market, book: OrderBook, funding: PublishedFunding, source: LiveSource
    ) -> None:
        """List the market, at the book of this moment.

        Args:
            venue: where.
            market: its terms.
            book: shows how much to assume behind the best prices.
            funding: what the real venue publishes.
            source: its streams.

        Raises:
            ConnectivityError: the stream shows no book.
            UserError: its prices are too many ticks to be simulated.
        """
        self.funding = funding
        self.is_interrupted = False
        self._venue = venue
        self._ticker = market.ticker
        self._source = source
        self._grid = LiveGrid(market.tick_size, market.quantity_step)
        self._lost_ns = 0
        self._since_ns = 0
        """The real venue's time of the book that the stream began with: older trades are part of it."""
        self._tape = self._begin(market, book)
        venue.list_market(market, self._tape, funding)

    def on_book(self) -> None:
        """Follow the best prices, or take note that they are lost, or back."""
        bbo = self._source.look()
        quote = None if bbo is None else self._grid.quote(bbo)
        if bbo is None or quote is None:
            if not self.is_interrupted:
                self._lose()
            return
        is_back, self.is_interrupted = self.is_interrupted, False
        if is_back or quote != self._tape.book:
            self._follow(self._tape.quote(self._at_ns(), quote))
        if is_back:
            self._since_ns = bbo.venue_time_ns
            self._queue_anew()

    def on_trade(self, trade: Trade) -> None:
        """Let a trade happen, unless the book we know is younger, or none is known."""
        row = None if self.is_interrupted or trade.time_ns < self._since_ns else self._grid.trade(trade)
        if row is not None:
            self._follow(self._tape.trade(self._at_ns(), *row))

    # -- inside -----------------------------------------------------------------------------------

    def _begin(self, market: Market, book: OrderBook) -> LiveTape:
        bbo = self._source.look()
        if bbo is None:
            raise ConnectivityError(f"{market.exchange}: the public stream of {market.ticker} shows no book")
        first = self._grid.quote(bbo)
        if first is None:
            raise UserError(f"{market.ticker} cannot be simulated: its prices are too many ticks", "trade another one")
        instrument = Instrument(
            ticker=market.ticker,
            quote=market.quote,
            source=market.exchange,
            tick_size=market.tick_size,
            quantity_step=market.quantity_step,
            depth_lots=self._grid.depth(book),
        )
        self._since_ns = bbo.venue_time_ns
        self._venue.advance_to(self._source.now_ns())
        return LiveTape(instrument, self._at_ns(), first)

    def _at_ns(self) -> int:
        """Give the time of a row that comes now: the venue's own time never goes back."""
        return max(self._source.now_ns(), self._venue.core.now_ns)

    def _follow(self, row_ns: int) -> None:
        self._venue.tape_grew(row_ns)
        self._venue.advance_to(row_ns)
        self._venue.changed()

    def _lose(self) -> None:
        self.is_interrupted = True
        self._lost_ns = self._source.now_ns()
        self._source.say(f"the public stream of {self._ticker} is interrupted: nothing fills until it is back")
        self._follow(self._tape.quote(self._at_ns(), NO_QUOTE))

    def _queue_anew(self) -> None:
        """Put all orders behind what is displayed now, in the order in which they stand."""
        engine = self._venue.core.market(self._ticker).engine
        engine.read_queues()
        for order in (*engine.buys.orders, *engine.sells.orders):
            engine.remove(order)
            engine.rest(order)
        self._venue.changed()
        gone_s = (self._source.now_ns() - self._lost_ns) / NS_PER_S
        self._source.say(f"the public stream of {self._ticker} is back after {gone_s:.1f} s: our orders queue anew")
