"""Everything a bot does passes through here once: journal, trace, counters, and the lines people read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, ParamSpec, TypeVar

from helpers.clock import Clock
from helpers.decisions import StrategyAction, StrategyResult
from helpers.enums import Side
from helpers.errors import JournalError
from helpers.journal_writer import JournalWriter
from helpers.models import Fill, FundingPayment, Order
from helpers.money import plain
from helpers.status import DecisionLine, Observer, PnL
from helpers.trace import Trace

P = ParamSpec("P")
T = TypeVar("T")

_RECENT = 50


class Recorder:
    """Writes down decisions, orders, fills and events, in the order they happen."""

    def __init__(self, journal: JournalWriter, clock: Clock, observer: Observer) -> None:
        """Write to a journal and tell an observer.

        Args:
            journal: where everything is kept.
            clock: stamps what has no time of its own.
            observer: hears each line.
        """
        self.journal = journal
        self.trace = Trace()
        self.recent: deque[DecisionLine] = deque(maxlen=_RECENT)
        self.decisions = 0
        self.orders = 0
        self.fills = 0
        self.round_trips = 0
        self._clock = clock
        self._observer = observer
        self._broken = False
        """The journal failed once: orders may no longer leave, but a stop must still get through."""
        self._last_said: tuple[StrategyAction, str] | None = None

    def decision(self, result: StrategyResult) -> None:
        """Write down a decision. The same thing said again, with nothing to send, is said once."""
        said = (result.action, result.message)
        asks = bool(result.orders or result.cancels or result.amends)
        if result.action is StrategyAction.NONE or (said == self._last_said and not asks):
            return
        self._last_said = said
        self.decisions += 1
        now = self._clock.now_ns()
        intents = (*result.cancels, *(amend.intent for amend in result.amends), *(o.intent for o in result.orders))
        self._write(self.journal.decision, now, result.action.value, result.message, intents)
        self.trace.add("decision", now, result.action.value, result.message, *intents)
        is_word_only = result.action is StrategyAction.PLACE_ORDER and not asks
        self._line(now, "note" if is_word_only else result.action.value, result.message)

    def intent(self, order: Order, exchange: str, reason: str) -> None:
        """Write down an order before it leaves; committed when this returns.

        Raises:
            JournalError: it could not be written, so it must not be sent.
        """
        if self._broken:
            raise JournalError(f"the journal {self.journal.path or ''} failed before: nothing may be sent without it")
        self._write(self.journal.intent, order, exchange, reason)
        self.orders += 1
        self.trace.add("order", order.created_ns, exchange, order.intent, order.side.value, order.quantity, order.price)

    def order_update(self, order: Order, exchange: str) -> None:
        """Write down where an order stands."""
        self._write(self.journal.order_update, order, exchange)

    def fill(self, fill: Fill, order: Order | None, exchange: str, *, completes_round_trip: bool) -> None:
        """Write down an execution, of one of our orders or not."""
        if self._write(self.journal.fill, fill, exchange) is False:
            return
        self.fills += 1
        self.round_trips += completes_round_trip
        intent = order.intent if order is not None else "not our order"
        self.trace.add("fill", fill.time_ns, exchange, intent, fill.side.value, fill.price, fill.quantity, fill.fee)
        self._line(self._clock.now_ns(), "fill", partial(_fill_text, fill, intent))

    def past_fill(self, fill: Fill, exchange: str) -> None:
        """Write down an execution of before this session, so that the next one knows it too."""
        self._write(self.journal.fill, fill, exchange)

    def funding(self, payment: FundingPayment, exchange: str) -> bool:
        """Write down a funding payment; False if it was written before."""
        if self._write(self.journal.funding, payment, exchange) is False:
            return False
        self.trace.add("funding", payment.time_ns, exchange, payment.amount)
        verb = "received" if payment.amount >= 0 else "paid"
        at = "" if payment.rate is None else f" at {plain(payment.rate * 100)} %"
        on = "" if payment.position is None else f" on {plain(payment.position)}"
        self.event("funding", f"{verb} {plain(abs(payment.amount))} funding{at}{on}")
        return True

    def event(self, kind: str, text: str) -> None:
        """Write down something that is no decision: a refusal, an outage, a recovery, a start or stop."""
        now = self._clock.now_ns()
        self._line(now, kind, text)
        self._write(self.journal.event, now, kind, text)

    def equity(self, exchange: str, equity: Decimal | None, position: Decimal, mid: Decimal | None, pnl: PnL) -> None:
        """Write down the account as it is now."""
        now = self._clock.now_ns()
        self._write(self.journal.equity, now, exchange, equity, position, mid, pnl)

    def strategy_state(self, state: Mapping[str, Any]) -> None:
        """Write down what the strategy wants to find again."""
        if state:
            self._write(self.journal.strategy_state, self._clock.now_ns(), state)

    def catch_up(self) -> None:
        """Write what was put off while orders were sent."""
        self._write(self.journal.catch_up)

    def flush(self) -> None:
        """Commit what is written."""
        self._write(self.journal.flush)

    def _write(self, write: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Write to the journal; after its first failure, which stops the bot, do without it."""
        if self._broken:
            return None
        try:
            return write(*args, **kwargs)
        except JournalError:
            self._broken = True
            raise

    def _line(self, time_ns: int, kind: str, words: str | Callable[[], str]) -> None:
        line = DecisionLine(time_ns=time_ns, kind=kind, words=words)
        self.recent.append(line)
        self._observer.line(line)


def _fill_text(fill: Fill, intent: str) -> str:
    verb = "bought" if fill.side is Side.BUY else "sold"
    what = f"{verb} {plain(fill.quantity)} {fill.ticker} at {plain(fill.price)}"
    return f"{what} ({intent}, {fill.liquidity.value}, fee {plain(fill.fee)})"
