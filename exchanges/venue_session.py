"""One venue as the bot uses it: what the strategy may see of it, and what its streams tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal

from exchanges.base import BaseExchangeClient
from exchanges.beliefs import Beliefs
from exchanges.bot_events import BotEvents, NewsReader, Nobody
from exchanges.executor import OrderExecutor
from exchanges.order_tracker import OrderTracker
from exchanges.pegs import PegFollower
from helpers.decisions import WAKE_ON_EVERYTHING, Wake
from helpers.enums import Capability, OrderStatus
from helpers.errors import OrderStateError
from helpers.ids import ClientOrderIds
from helpers.models import Balance, Bbo, Fill, FundingPayment, Market, MarketData, Order, OrderInfo, Position
from helpers.recorder import Recorder
from helpers.status import VenueStatus

_ZERO = Decimal(0)
_UNANSWERED = frozenset({OrderStatus.INTENT, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN})


class VenueSession:
    """A client, its market, our orders and books on it."""

    def __init__(
        self,
        client: BaseExchangeClient,
        market: Market,
        recorder: Recorder,
        ids: ClientOrderIds,
        max_data_age_ns: int | None,
    ) -> None:
        """Join a connected client with its market; nothing is known of the account yet."""
        self.client = client
        self.exchange = client.exchange
        """The venue's label."""
        self.tracker = OrderTracker()
        self.beliefs = Beliefs(self.bbo)
        self.news: deque[Callable[[NewsReader], None]] = deque()
        """Fills and ends of orders the strategy has not heard of."""
        self.executor = OrderExecutor(client, market.ticker, self.tracker, recorder, ids, self)
        self.pegs = PegFollower(client, market, self.tracker, self.executor, self._rearm)
        self.changes = 0
        """How often an order moved, or a fill or payment came."""
        self.agreed_ns = 0
        """When the venue's position was last known to be ours."""
        self.doubt = ""
        """Why nothing may be decided now, although the book is good; empty if there is no such reason."""
        self.foreign: frozenset[str] = frozenset()
        """Venue ids of the open orders that are not ours, when last looked."""
        self._market = market
        self._recorder = recorder
        self._bot: BotEvents = Nobody()
        self._wake = WAKE_ON_EVERYTHING
        self._max_data_age_ns = max_data_age_ns
        self._reducing: set[str] = set()
        self._early: list[Callable[[], None]] | None = []
        """What the streams told before the session knew where it stands; None once it does."""

    def bind(self, bot: BotEvents) -> None:
        """Tell this bot from now on."""
        self._bot = bot

    def listen(self) -> None:
        """Take in what the streams told during recovery, and everything at once from now on."""
        early, self._early = self._early or [], None
        for work in early:
            work()
        self.pegs.take_over()

    def arm(self, wake: Wake) -> None:
        """Tell the client what will be looked at: what the bot says, and prices while an order follows them."""
        self._wake = wake
        self.client.arm(self._market.ticker, self.pegs.armed(wake) if self.pegs.following else wake)

    def _rearm(self) -> None:
        self.arm(self._wake)

    # -- the strategy's view ------------------------------------------------------------------

    @property
    def market(self) -> Market:
        """Tick, step, minimums, fees."""
        return self._market

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the venue can do."""
        return self.client.capabilities

    def bbo(self) -> Bbo | None:
        """The newest best bid and offer."""
        return self.client.top_of_book(self._market.ticker)

    def market_data(self) -> MarketData | None:
        """This moment, frozen; None while the book cannot be trusted."""
        bbo, now = self.bbo(), self.client.context.clock.now_ns()
        if bbo is None or self.book_trouble(bbo, now):
            return None
        assert bbo.bid is not None and bbo.ask is not None  # noqa: S101, PT018 - book_trouble looked
        return MarketData(
            exchange=self.exchange,
            ticker=self._market.ticker,
            now_ns=now,
            best_bid=bbo.bid,
            best_ask=bbo.ask,
            bid_quantity=bbo.bid_quantity or _ZERO,
            ask_quantity=bbo.ask_quantity or _ZERO,
            book_time_ns=bbo.received_ns,
            market=self._market,
            orders=self.tracker.live(),
            position=self.beliefs.valued_position(),
            balance=self.beliefs.balance,
            funding=self.beliefs.funding,
        )

    def book_trouble(self, bbo: Bbo | None, now_ns: int) -> str:
        """Say why nothing can be decided now; empty if something can."""
        if self.doubt:
            return self.doubt
        if bbo is None:
            return "no order book yet"
        if bbo.bid is None or bbo.ask is None:
            return "the book has one side only"
        if bbo.bid >= bbo.ask:
            return "the book is locked or crossed"
        age = now_ns - bbo.received_ns
        if self._max_data_age_ns is not None and age > self._max_data_age_ns:
            return f"the book is {age / 1e9:.0f} s old"
        return ""

    def stale_from_ns(self) -> int | None:
        """Give when the present book is too old to be traded on if nothing follows it; None for never."""
        bbo = self.bbo()
        return None if bbo is None or self._max_data_age_ns is None else bbo.received_ns + self._max_data_age_ns + 1

    def status(self) -> VenueStatus:
        """What people see of this venue."""
        return VenueStatus(
            exchange=self.exchange,
            market=self._market,
            bbo=self.bbo(),
            position=self.beliefs.valued_position(),
            orders=self.tracker.live(),
            equity=self.beliefs.equity(),
        )

    def sample_equity(self) -> None:
        """Write the account down as it is now."""
        beliefs = self.beliefs
        self._recorder.equity(self.exchange, beliefs.equity(), beliefs.ledger.position, beliefs.mid(), beliefs.pnl())

    # -- what the streams tell --------------------------------------------------------------------

    def on_book(self) -> None:
        """Pass on that the book moved."""
        if self.pegs.following:
            self.pegs.look_soon()
        self._bot.on_book()

    def on_order(self, info: OrderInfo) -> None:
        """Follow the venue's account of an order."""
        self._guarded(lambda: self.executor.follow(info))

    def on_fill(self, fill: Fill) -> None:
        """Count an execution once: order, books, journal, and news for the strategy."""
        self._guarded(lambda: self._count(fill))

    def on_position(self, position: Position) -> None:
        """Take in what the venue says of our position."""
        if self._early is None and position.ticker == self._market.ticker:
            self.beliefs.take_position(position)

    def on_balance(self, balance: Balance) -> None:
        """Take in what the venue says of our money."""
        if self._early is None:
            before = self.beliefs.balance
            self.beliefs.take_balance(balance)
            if before is None or balance.available != before.available:
                self._bot.on_account()

    def on_funding(self, payment: FundingPayment) -> None:
        """Book a funding payment once."""
        self._guarded(lambda: self._book_funding(payment))

    def on_gap(self) -> None:
        """Pass on that something may have happened that nobody told."""
        self._bot.on_gap()

    def on_end(self, reason: str) -> None:
        """Pass on that no more data will come."""
        self._bot.on_end(reason)

    # -- what comes of it (OrderListener) -------------------------------------------------------------

    def order_changed(self, before: Order, after: Order) -> None:
        """Write an order's change down and tell whom it concerns."""
        if after is before:
            return
        self.changes += 1
        self._recorder.order_update(after, self.exchange)
        if after.peg is not None and self._early is None:
            self.pegs.on_order(after)
        if before.status in _UNANSWERED and after.status not in _UNANSWERED:
            self._bot.on_order_outcome(after)
        if not after.is_live:
            self.executor.on_over(after.client_order_id)
            if before.is_live or after.filled_quantity > before.filled_quantity:
                self.news.append(lambda reader: reader.notify_order_closed(after))
        if after.status is not OrderStatus.SUBMITTED and not _is_own_doing(before, after):
            self._bot.on_orders()

    def on_failure(self, error: Exception) -> None:
        """Stop the bot: something that must not happen did."""
        self._bot.on_broken(error)

    def refuse(self, order: Order) -> None:
        """Tell the strategy of an order that the risk manager did not let out. Wakes nobody."""
        self.news.append(lambda reader: reader.notify_order_closed(order))

    # -- inside -------------------------------------------------------------------------------------

    def _count(self, fill: Fill) -> None:
        if fill.ticker != self._market.ticker or self.tracker.has_trade(fill.trade_id):
            return
        before = self.tracker.get(fill.client_order_id)
        try:
            after = self.tracker.on_fill(fill, self.client.context.clock.now_ns())
        except OrderStateError as error:
            # It did happen, whatever the order says: the position has it, and the bot stops.
            self.executor.fail(error)
            after = None
        self._book(fill, after)
        if before is None or after is None:
            self._bot.on_account()
            return
        self.news.append(lambda reader: reader.notify_order_filled(after, fill))
        self.order_changed(before, after)

    def _book(self, fill: Fill, order: Order | None) -> None:
        self.tracker.remember_trade(fill.trade_id)
        self.changes += 1
        reduces = self.beliefs.take_fill(fill)
        self._recorder.fill(fill, order, self.exchange, completes_round_trip=self._completes(order, reduces=reduces))
        self.sample_equity()

    def _book_funding(self, payment: FundingPayment) -> None:
        if payment.ticker == self._market.ticker and self._recorder.funding(payment, self.exchange):
            self.beliefs.take_funding(payment)
            self.changes += 1
            self._bot.on_account()

    def _completes(self, order: Order | None, *, reduces: bool) -> bool:
        """Whether this fill completes an order that reduced the position."""
        if order is None:
            return False
        if reduces:
            self._reducing.add(order.client_order_id)
        if order.is_live:
            return False
        was_reducing = order.client_order_id in self._reducing
        self._reducing.discard(order.client_order_id)
        return was_reducing and order.status is OrderStatus.FILLED

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do it, or later if the session does not know yet where it stands."""
        if self._early is not None:
            self._early.append(work)
            return
        try:
            work()
        except Exception as error:  # noqa: BLE001 - it must stop the bot, not the stream that brought the news
            self.executor.fail(error)


def _is_own_doing(before: Order, after: Order) -> bool:
    """Whether nothing changed but that a cancel left, or that the price followed the book, which is no news."""
    if after.status is not before.status:
        return False
    if after.pending_cancel and not before.pending_cancel:
        return True
    return after.peg is not None and after.price != before.price
