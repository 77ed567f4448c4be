"""The way of an order from the API to the matching engine: delays, price bands, self-trade prevention, the reply.

What comes in is queued at once and works when it arrives at the engine. Requests of one account
arrive in the order in which they were sent; those of tokens for people take the speed bump.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from helpers.decisions import OrderParams
from helpers.enums import Side, TimeInForce
from helpers.models import OrderInfo
from helpers.money import ceil_to, floor_to
from simulation.order_records import DeskReply
from simulation.servers.paradex.order_file import USER_CANCELLED, OrderFile, WireStatus
from simulation.servers.paradex.order_form import OrderForm
from simulation.servers.paradex.order_index import OrderIndex
from simulation.servers.paradex.terms import ParadexTerms
from simulation.servers.paradex.tokens import Token
from simulation.servers.paradex.triggers import Triggers
from simulation.venue import SimulatedVenue

_MS = 1_000_000
Told = Callable[[OrderFile], None]


class OrderEntry:
    """Brings requests to the matching engine and what became of them back."""

    def __init__(self, venue: SimulatedVenue, terms: ParadexTerms, index: OrderIndex, publish: Told) -> None:
        """Work for all accounts.

        Args:
            venue: whose desk takes the orders.
            terms: delays.
            index: where new orders are kept.
            publish: is told of every change of an order, in the venue's time.
        """
        self._venue = venue
        self._terms = terms
        self._index = index
        self._publish = publish
        self._last_ns: dict[tuple[str, bool], int] = {}
        self._awaited: dict[str, Told] = {}
        """Who wants to know when an order has met the matching engine, by order id."""
        self._triggers = Triggers(venue, self._arrive)

    # -- requests ---------------------------------------------------------------------------

    def place(self, token: Token, form: OrderForm, done: Told | None = None) -> OrderFile:
        """Queue a new order.

        Args:
            token: whose it is.
            form: what it is.
            done: is told once, when the matching engine has taken or refused it.
        """
        now_ms = self._now_ms()
        file = OrderFile(
            order_id=f"{now_ms}201{self._venue.core.next_id():012d}",
            account=token.account,
            form=form,
            received_ms=now_ms,
            public_key=token.public_key,
            is_interactive=token.is_interactive,
            size=form.size,
            price=form.price,
        )
        self._index.add(file)
        if done is not None:
            self._awaited[file.order_id] = done
        self._queue(token, partial(self._begin, file))
        return file

    def cancel(self, token: Token, file: OrderFile, hint: str = USER_CANCELLED) -> None:
        """Queue a cancel."""
        self._queue(token, partial(self._cancel, file, hint))

    def modify(self, token: Token, file: OrderFile, form: OrderForm) -> None:
        """Queue a change of price, size and trigger price."""
        request_id = str(self._venue.core.next_id())
        file.request = {"id": request_id, "request_type": "MODIFY_ORDER", "status": "PENDING", "message": ""}
        self._queue(token, partial(self._modify, file, form))

    def _queue(self, token: Token, action: Callable[[], None]) -> None:
        core, lane = self._venue.core, (token.account, token.is_interactive)
        due = core.now_ns + self._terms.entry.draw(core.rng) + token.is_interactive * self._terms.speed_bump_ns
        due = self._last_ns[lane] = max(due, self._last_ns.get(lane, 0))
        core.agenda.at(due, action)
        self._venue.changed()

    # -- at the matching engine ---------------------------------------------------------------

    def _begin(self, file: OrderFile) -> None:
        if not file.form.waits:
            self._arrive(file)
            return
        file.status = WireStatus.UNTRIGGERED
        self._triggers.add(file)
        self._tell(file, lambda: None)

    def _arrive(self, file: OrderFile) -> None:
        form, mark = file.form, self._mark(file)
        if form.is_limit and _is_beyond(form, file.price, mark):
            self._tell(file, lambda: file.close("PRICE_BAND_EXCEEDED", self._now_ms()))
            return
        if form.stp == "EXPIRE_MAKER":
            self._expire_makers(file)
        self._venue.desk.place(
            file.account, form.market.ticker, file.order_id, _params(file, mark), partial(self._placed, file)
        )
        if form.stp == "EXPIRE_BOTH":
            self._expire_makers(file)

    def _placed(self, file: OrderFile, reply: DeskReply) -> None:
        if reply.accepted and reply.info is not None:
            file.follow(reply.info, self._now_ms())
        else:
            file.refuse(reply, self._now_ms())
        self._changed(file)

    def _expire_makers(self, taker: OrderFile) -> None:
        """Take out our own resting orders that this one would meet."""
        symbol = taker.form.market.symbol
        for maker in self._index.live(taker.account, symbol):
            if maker.form.side is not taker.form.side and maker.status is WireStatus.OPEN and _meets(taker, maker):
                self._cancel(maker, "SELF_TRADE")

    def _cancel(self, file: OrderFile, hint: str) -> None:
        if self._triggers.remove(file):
            self._tell(file, lambda: file.close(hint, self._now_ms()))
            return
        file.cancel_hint = hint
        self._venue.desk.cancel(file.account, file.form.market.ticker, file.order_id, lambda _: None)

    def _modify(self, file: OrderFile, form: OrderForm) -> None:
        if file.status is WireStatus.UNTRIGGERED:
            self._tell(file, partial(_rewrite, file, form))
            return
        if _is_beyond(form, form.price, self._mark(file)):
            self._tell(file, partial(_answer, file, accepted=False, text="price is beyond the price band"))
            return
        self._venue.desk.amend(
            file.account, form.market.ticker, file.order_id, form.price, form.size, partial(self._modified, file)
        )

    def _modified(self, file: OrderFile, reply: DeskReply) -> None:
        if reply.accepted and reply.info is not None:
            file.follow(reply.info, self._now_ms())
        _answer(file, reply.accepted, reply.text)
        self._publish(file)

    # -- news -----------------------------------------------------------------------------------

    def heard(self, account: str, info: OrderInfo) -> None:
        """Hear from the matching engine how an order stands."""
        file = self._index.find(account, info.client_order_id or "")
        if file is not None:
            file.follow(info, self._now_ms())
            self._changed(file)

    def _tell(self, file: OrderFile, change: Callable[[], None]) -> None:
        """Change an order's file and publish it, after the response delay."""

        def news() -> None:
            change()
            self._changed(file)

        self._venue.deliveries.later(file.account, news)

    def _changed(self, file: OrderFile) -> None:
        self._publish(file)
        done = self._awaited.pop(file.order_id, None)
        if done is not None:
            done(file)

    def _mark(self, file: OrderFile) -> Decimal:
        market = file.form.market
        return self._venue.core.market(market.ticker).mark_price() or market.start_price

    def _now_ms(self) -> int:
        return self._venue.core.now_ns // _MS


def _is_beyond(form: OrderForm, price: Decimal, mark: Decimal) -> bool:
    """Whether a limit price is more aggressive than the band allows."""
    band = mark * form.market.price_band
    return price > mark + band if form.side is Side.BUY else price < mark - band


def _meets(taker: OrderFile, maker: OrderFile) -> bool:
    if not taker.form.is_limit:
        return True
    return taker.price >= maker.price if taker.form.side is Side.BUY else taker.price <= maker.price


def _params(file: OrderFile, mark: Decimal) -> OrderParams:
    """Put an order in the simulated venue's words; one without a price may take as far as the band goes."""
    form, price, time_in_force = file.form, file.price, TimeInForce.GTC
    if not form.is_limit:
        band, tick = mark * form.market.price_band, form.market.tick_size
        price = floor_to(mark + band, tick) if form.side is Side.BUY else ceil_to(mark - band, tick)
    if form.instruction == "IOC" or not form.is_limit:
        time_in_force = TimeInForce.IOC
    return OrderParams(
        intent="",
        side=form.side,
        quantity=file.size,
        price=price,
        time_in_force=time_in_force,
        post_only=form.post_only,
        reduce_only=form.reduce_only,
    )


def _rewrite(file: OrderFile, form: OrderForm) -> None:
    """Change an order that still waits for its trigger."""
    file.form, file.size, file.price = form, form.size, form.price
    _answer(file, accepted=True, text="")


def _answer(file: OrderFile, accepted: bool, text: str) -> None:
    if file.request is not None:
        file.request = {**file.request, "status": "SUCCESS" if accepted else "FAILED", "message": text}


__all__ = ["OrderEntry"]
