"""What a journal file looks like: its tables, its version, and the records that stand in no other file.

docs/journal.md explains each column. Times are integer nanoseconds since the Unix epoch, money
and quantities are decimal text, structured values are JSON. No column is made for environment
variables or keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from helpers.status import PnL

JOURNAL_NAME: Final = "journal.sqlite"
LOCK_NAME: Final = "writer.lock"
APPLICATION_ID: Final = 0x72756E62
""" "runb": what tells a journal from any other SQLite file."""
SCHEMA_VERSION: Final = 1

RUNNING: Final = "running"
"""The session's status until its writer closes it."""

TABLES: Final = """
CREATE TABLE session (
    session TEXT NOT NULL, strategy TEXT NOT NULL, exchange TEXT NOT NULL, account_id TEXT NOT NULL,
    ticker TEXT NOT NULL, seed TEXT NOT NULL, started_ns INTEGER NOT NULL, config TEXT NOT NULL,
    continues TEXT, quote TEXT NOT NULL, status TEXT NOT NULL, ended_ns INTEGER, summary TEXT
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, client_order_id TEXT NOT NULL UNIQUE, exchange TEXT NOT NULL, why TEXT NOT NULL,
    intent TEXT NOT NULL, side TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT, order_type TEXT NOT NULL,
    time_in_force TEXT NOT NULL, post_only INTEGER NOT NULL, reduce_only INTEGER NOT NULL, peg TEXT,
    status TEXT NOT NULL, filled_quantity TEXT NOT NULL, average_price TEXT, order_id TEXT,
    pending_cancel INTEGER NOT NULL, created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE fills (
    id INTEGER PRIMARY KEY, exchange TEXT NOT NULL, trade_id TEXT NOT NULL, order_id TEXT NOT NULL,
    client_order_id TEXT, ticker TEXT NOT NULL, side TEXT NOT NULL, price TEXT NOT NULL, quantity TEXT NOT NULL,
    fee TEXT NOT NULL, liquidity TEXT NOT NULL, time_ns INTEGER NOT NULL, UNIQUE (exchange, trade_id)
);
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, action TEXT NOT NULL, message TEXT NOT NULL,
    order_intents TEXT NOT NULL
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE equity (
    id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, exchange TEXT NOT NULL, equity TEXT, position TEXT NOT NULL,
    mid TEXT, realised TEXT NOT NULL, unrealised TEXT NOT NULL, fees TEXT NOT NULL, funding TEXT NOT NULL
);
CREATE TABLE funding (
    id INTEGER PRIMARY KEY, exchange TEXT NOT NULL, payment_id TEXT NOT NULL, ticker TEXT NOT NULL,
    amount TEXT NOT NULL, rate TEXT, position TEXT, time_ns INTEGER NOT NULL,
    UNIQUE (exchange, payment_id)
);
CREATE TABLE strategy_state (
    id INTEGER PRIMARY KEY CHECK (id = 1), time_ns INTEGER NOT NULL, state TEXT NOT NULL
);
"""

ORDER_COLUMNS: Final = (
    "client_order_id, intent, side, quantity, price, order_type, time_in_force, post_only, reduce_only, peg, "
    "status, filled_quantity, average_price, order_id, pending_cancel, created_ns, updated_ns, reason"
)
"""The fields of helpers.models.Order; beside them stand `exchange` and `why`, the reason it was wanted for."""
FILL_COLUMNS: Final = "trade_id, order_id, client_order_id, ticker, side, price, quantity, fee, liquidity, time_ns"
FUNDING_COLUMNS: Final = "payment_id, ticker, amount, rate, position, time_ns"
EQUITY_COLUMNS: Final = "time_ns, exchange, equity, position, mid, realised, unrealised, fees, funding"
SESSION_COLUMNS: Final = "session, strategy, exchange, account_id, ticker, seed, started_ns, config, continues, quote"


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is, known when it starts."""

    session: str
    strategy: str
    exchange: str
    """Venue labels as the person gave them."""
    account_id: str
    """What tells the account from others; holds no secret."""
    ticker: str
    seed: int
    started_ns: int
    config: dict[str, str] = msgspec.field(default_factory=dict)
    """Printable option values with where each came from. Never a secret."""
    continues: str | None = None
    """The earlier session this one takes over from."""
    quote: str = ""
    """Currency of the amounts; empty where it is not known or not one."""


class SessionRecord(SessionInfo, frozen=True, kw_only=True):
    """A session as its journal tells it."""

    status: str
    """ "running" until it was closed; then the word it was closed with."""
    ended_ns: int | None = None
    summary: Mapping[str, Any] | None = None


class DecisionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of the strategy and its reason."""

    time_ns: int
    action: str
    message: str
    order_intents: tuple[str, ...]


class EventRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened which is no decision: a refusal, an outage, a recovery."""

    time_ns: int
    kind: str
    text: str


class EquityPoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The account on one venue at one moment."""

    time_ns: int
    exchange: str
    equity: Decimal | None
    """Cash + unrealised PnL, in quote; None where the venue does not say."""
    position: Decimal
    """Signed, in base units."""
    mid: Decimal | None
    pnl: PnL
