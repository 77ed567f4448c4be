"""Top-of-book maker: one post-only buy at or below the bid, and what it bought offered at the ask.

Whenever no buy rests it first offers inventory at the best ask, then rests the next buy: at the bid where there is
no fee, else two fees and 0.01 % below the ask. The one buy follows the book; sells are left where they are. It
stops buying while it holds `max_exposure` of the asset or has less than `min_usd_balance` left, and offers all it
holds until both are right again.

It earns where a market goes sideways and the spread it spans is wider than two maker fees. It loses in a falling
market: each buy fills, the sells stay above, and it holds the asset up to `max_exposure`; and it loses a
little on every round trip where the spread does not pay the fees.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from helpers.clock import NS_PER_S
from strategies.base_strategy import (
    Capability,
    Fill,
    MarketData,
    MarketView,
    Order,
    Params,
    Side,
    StrategyConfig,
    StrategyResult,
    Wake,
)
from strategies.deciding import DecidingStrategy
from strategies.plan import Plan
from strategies.saved_state import load, save
from strategies.top_of_book_maker.buys import MakerBuys
from strategies.top_of_book_maker.lag import BookLag
from strategies.top_of_book_maker.params import TopOfBookMakerParams
from strategies.top_of_book_maker.rules import Skip, breach, misfit
from strategies.top_of_book_maker.sells import MakerSells
from strategies.top_of_book_maker.start import check_options, opening_text
from strategies.top_of_book_maker.state import MakerState, look_back
from strategies.top_of_book_maker.view import MakerView, staying

_ZERO = Decimal(0)


class TopOfBookMakerStrategy(DecidingStrategy[TopOfBookMakerParams]):
    """Buys at the top of the book and sells at its other side."""

    params_model: ClassVar[type[Params]] = TopOfBookMakerParams

    def __init__(
        self, config: StrategyConfig[TopOfBookMakerParams], exchange_client: MarketView, *others: MarketView
    ) -> None:
        """Read the fee once; a rebate counts as no fee."""
        super().__init__(config, exchange_client, *others)
        told = config.params.maker_fee_rate
        self.fee = max(_ZERO, exchange_client.market.maker_fee if told is None else told)
        self._said = ""
        """The reason for skipping that was said last, until an order goes out again."""
        self._sent: tuple[str, ...] = ()
        self._lag = BookLag()
        self._work_on(MakerState())

    def _work_on(self, state: MakerState) -> None:
        view, params, quantity = self.exchange_client, self.params, self.config.quantity
        can_amend = Capability.AMEND in view.capabilities
        self.state = state
        self._buys = MakerBuys(params, self.fee, quantity, state, can_amend=can_amend)
        self._sells = MakerSells(view.market, params.max_sells, state)

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "top_of_book_maker"

    # -- start and restart ----------------------------------------------------------------

    async def initialize(self, market_data: MarketData) -> str:
        """Check the options against the market, and say what a round trip from here would come to."""
        check_options(self.params, self.config.quantity, market_data)
        return opening_text(self.params, self.fee, self.config.quantity, market_data)

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart."""
        return save(self.state)

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take back what save_state gave."""
        self._work_on(load(MakerState, state))

    def withdraw_after_ns(self) -> int | None:
        """Say how long the buy may rest without a book to price it by; sells reduce and stay."""
        return int(self.params.book_patience * NS_PER_S)

    # -- deciding ---------------------------------------------------------------------------

    def decide(self, market_data: MarketData) -> StrategyResult | None:
        """Go through the steps in their order: limits, pause, number of buys."""
        view = MakerView(market_data)
        plan, state = Plan(), self.state
        if view.held is not None:
            state.fit(view.free)
        self._sells.prune(view, plan)
        self._look_at_limits(view, plan)
        if state.paused:
            self._sells.offer(view, plan, view.free, "all that is held")
        elif len(staying(view.buys)) > 1:
            self._buys.cancel_all(view, plan, f"{len(view.buys)} buys rest, there should be one")
        elif view.buys:
            self._one_buy(view, plan)
        elif self._lag.ends_ns(view.data) is None:
            self._no_buy(view, plan)
        if plan.amends or any(order.side is Side.BUY for order in plan.orders):
            self._said = ""
        self._sent = tuple(order.intent for order in plan.orders)
        return plan.result()

    def _look_at_limits(self, view: MakerView, plan: Plan) -> None:
        """Pause at a limit, and cancel the buys for as long as it lasts; resume when both pass and an order fits."""
        state, text = self.state, breach(view.data, self.params)
        if state.paused and not text and view.now_ns >= state.resuming.due_ns:
            text = misfit(view.data, self.params, self.config.quantity, rests=bool(view.buys))
            if not text:
                state.paused, state.resumed = False, True
                plan.reasons.append("resumed: both limits pass")
        elif text and not state.paused:
            state.paused = True
            if state.resumed:
                state.resuming.refused(view.now_ns)
            plan.reasons.append(f"paused: {text}")
        if state.paused:
            self._buys.cancel_all(view, plan, "paused")

    def _no_buy(self, view: MakerView, plan: Plan) -> None:
        """Offer inventory first, then rest the next buy."""
        price, wanted = self._next_price(view, plan), self.state.bought + self.state.returned
        if isinstance(price, Skip):
            self._sells.offer(view, plan, wanted, "at the ask")
            self._say(price, plan)
            return
        if self._sells.offer(view, plan, max(wanted, self.config.quantity), "at the ask"):
            return
        text = self._sells.are_many(view, plan)
        if text:
            self._say(Skip("many sells", text), plan)
        else:
            self._buys.place(view, plan, price, "" if plan.orders else _nothing_to_sell(view))

    def _next_price(self, view: MakerView, plan: Plan) -> Decimal | Skip:
        """Give the price of the next buy, or what holds it back for a reason of its own."""
        text = self._sells.are_many(view, plan)
        if text:
            return Skip("many sells", text)
        price = self._buys.price(view)
        return price if isinstance(price, Skip) else self._buys.give_way(view, plan, price) or price

    def _one_buy(self, view: MakerView, plan: Plan) -> None:
        """Move the buy after the book; offer again what the venue did not take, or gave back."""
        if self.state.returned:
            self._sells.offer(view, plan, self.state.returned, "offered again")
        skip = self._buys.move(view.buys[0], view, plan)
        if skip is not None:
            self._say(skip, plan)

    def _say(self, skip: Skip, plan: Plan) -> None:
        """Give a reason once, not at every tick; saying it changes nothing."""
        if skip.key and skip.key != self._said:
            self._said = skip.key
            plan.reasons.append(skip.text)

    # -- news -------------------------------------------------------------------------------

    def notify_order_filled(self, order: Order, fill: Fill) -> None:
        """Owe a sell for what was bought; the book of before the fill prices nothing new."""
        self._lag.filled(fill)
        if order.side is Side.BUY:
            self.state.bought += fill.quantity
            self.state.resumed = False
            self.state.resuming.accepted()

    def notify_order_closed(self, order: Order) -> None:
        """Offer again what a sell did not sell; back off after a refusal."""
        state, is_old = self.state, order.client_order_id in self.state.heard.told
        news = state.heard.newly_filled(order)
        if news is None:
            return
        look_back(order, state.buying if order.side is Side.BUY else state.selling)
        if order.side is Side.SELL:
            # What fills after the end was counted as unsold then.
            state.returned = (
                max(_ZERO, state.returned - news[0]) if is_old else state.returned + order.remaining_quantity
            )

    # -- waking -----------------------------------------------------------------------------

    def next_wake(self, market_data: MarketData) -> Wake:
        """Wake for every price, for our orders and for the account; a time only ends the pause after a refusal."""
        now, state = market_data.now_ns, self.state
        pauses = (state.buying, state.selling, state.amending.back_off, state.resuming)
        times = [pause.due_ns for pause in pauses if pause.due_ns > now]
        if any(market_data.order(intent) is None for intent in self._sent):
            times.append(now)  # it was refused at once, which is still to be heard
        lag_ends_ns = self._lag.ends_ns(market_data)
        if lag_ends_ns is not None:
            times.append(lag_ends_ns)  # a newer book may well show the same prices
        return Wake(book=lag_ends_ns is not None, prices=True, at=min(times, default=None))


def _nothing_to_sell(view: MakerView) -> str:
    return "nothing held to sell first" if not view.held else "what is held is offered, or too little for an order"
