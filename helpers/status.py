"""What a running bot shows of itself: one frozen record, read by the terminal view and the summary."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from helpers.enums import MarketKind
from helpers.models import Bbo, Market, Order, Position


class PnL(msgspec.Struct, frozen=True, kw_only=True):
    """Profit and loss since the session began, in quote. net = realised + unrealised - fees + funding."""

    realised: Decimal = Decimal(0)
    unrealised: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    """Paid; negative is rebates received."""
    funding: Decimal = Decimal(0)
    """Received; negative is paid."""

    @property
    def net(self) -> Decimal:
        """What the session earned."""
        return self.realised + self.unrealised - self.fees + self.funding


class DecisionLine(msgspec.Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """One decision, or one thing that happened, as a person reads it."""

    time_ns: int
    kind: str
    """A StrategyAction value, or "fill", "refused", "rejected", "risk", "recovered", "health", "start", "stop"."""
    words: str | Callable[[], str]
    """What is said, or how to say it: most lines are never read."""

    @property
    def text(self) -> str:
        """What is said."""
        return self.words if isinstance(self.words, str) else self.words()

    def __eq__(self, other: object) -> bool:
        """Lines are equal that read the same."""
        return isinstance(other, DecisionLine) and self._read() == other._read()

    def __hash__(self) -> int:
        """Hash what is read."""
        return hash(self._read())

    def _read(self) -> tuple[int, str, str]:
        return self.time_ns, self.kind, self.text


class VenueStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One venue of the bot."""

    exchange: str
    market: Market
    bbo: Bbo | None
    position: Position | None
    orders: tuple[Order, ...]
    equity: Decimal | None


class BotStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The bot at one moment."""

    session: str
    strategy: str
    ticker: str
    started_ns: int
    now_ns: int
    state: str
    """ "starting", "running", "paused", "stopping" or "stopped"."""
    health: str
    """ "ok", or what is wrong in a few words."""
    venues: tuple[VenueStatus, ...]
    pnl: PnL
    steps: int
    decisions: int
    orders_sent: int
    fills: int
    round_trips: int
    """Reducing orders that filled completely."""
    max_drawdown: Decimal
    """Deepest fall of equity below its earlier peak, in quote, >= 0."""
    recent: tuple[DecisionLine, ...]
    """The newest last, at most 50."""

    @property
    def has_funding(self) -> bool:
        """Whether funding is paid on any of its markets: on spot there is none."""
        return not self.venues or any(venue.market.kind is MarketKind.PERP for venue in self.venues)


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished run reports; the fields of the --json line, in this order."""

    session: str
    strategy: str
    exchange: str
    ticker: str
    seed: int
    steps: int
    decisions: int
    orders: int
    fills: int
    round_trips: int
    realised_pnl: Decimal
    unrealised_pnl: Decimal
    fees: Decimal
    funding: Decimal | None
    """None where no market has any: all are spot."""
    max_drawdown: Decimal
    trace_hash: str
    journal: str
    """Path of the journal, relative to where the command ran when it lies below."""
    stopped_because: str


class Observer:
    """Hears what a bot does. Every method may be left as it is; none may change the bot."""

    def line(self, line: DecisionLine) -> None:
        """Hear one decision or event."""

    def status(self, status: BotStatus) -> None:
        """See the bot; called a few times a second at most."""

    def close(self) -> None:
        """Give the screen back."""
