"""What can be said in a few words: sides, kinds, states. Their values are the strings used at the edges."""

from __future__ import annotations

from enum import Enum


class Side(Enum):
    """Direction of an order."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 for BUY, -1 for SELL."""
        return 1 if self is Side.BUY else -1


class MarketKind(Enum):
    """What is traded on a market."""

    PERP = "perp"
    """A perpetual future: positions of both signs on margin, funding."""
    SPOT = "spot"
    """The asset itself, paid in full: a position is what is held, never below zero; no funding."""


class PositionSide(Enum):
    """Direction of a position."""

    LONG = "long"
    SHORT = "short"
    FLAT = "flat"


class OrderType(Enum):
    """How an order is priced."""

    LIMIT = "limit"
    MARKET = "market"


class TimeInForce(Enum):
    """How long an order may live."""

    GTC = "gtc"
    """Good till cancelled."""
    GTT = "gtt"
    """Good till a time, given beside it."""
    IOC = "ioc"
    """Immediate or cancel: fills what it can at once, the rest is cancelled."""
    FOK = "fok"
    """Fill or kill: all at once or nothing."""


class OrderStatus(Enum):
    """Where an order stands, as far as we know. The table of moves is in exchanges/orders.py."""

    INTENT = "intent"
    """Written down, not sent yet."""
    SUBMITTED = "submitted"
    """Sent; the venue has not answered."""
    UNKNOWN = "unknown"
    """The answer was lost: the order may or may not live. Only the venue can say."""
    OPEN = "open"
    """The venue confirmed it; nothing filled so far."""
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is several times slower

    @property
    def is_terminal(self) -> bool:
        """Whether the order can never rest at the venue again."""
        return self in _TERMINAL


_TERMINAL = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED})


class Liquidity(Enum):
    """Which side of a trade we were."""

    MAKER = "maker"
    TAKER = "taker"


class Capability(Enum):
    """What a venue can do, as data on its client."""

    AMEND = "amend"
    CANCEL_ALL = "cancel_all"
    BATCH = "batch"
    PEG = "peg"
    """Orders that follow the book by themselves."""
    POST_ONLY = "post_only"
    REDUCE_ONLY = "reduce_only"
    IOC = "ioc"
    FOK = "fok"
    GTT = "gtt"
    DEAD_MAN_SWITCH = "dead_man_switch"
    LEVERAGE = "leverage"
    """The account's leverage on a market can be read and chosen."""
    ACCOUNT_FIGURES = "account_figures"
    """Balance, equity and margin can be read."""
