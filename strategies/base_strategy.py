"""What every strategy is. This module is the one import a strategy needs.

A strategy reads frozen MarketData and returns a StrategyResult. It cannot send, sleep, read
the clock, the environment or another strategy; randomness comes from the seeded `random` it
is given. So the same inputs give the same decisions, live or simulated.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from helpers.decisions import (
    WAKE_ON_EVERYTHING,
    AmendParams,
    OnStop,
    OrderParams,
    Peg,
    PegReference,
    StrategyAction,
    StrategyResult,
    Wake,
)
from helpers.enums import Capability, MarketKind, OrderStatus, OrderType, Side, TimeInForce
from helpers.models import Balance, Fill, FundingRate, Market, MarketData, Order, Position
from helpers.params import Params, describe, param

__all__ = [
    "WAKE_ON_EVERYTHING",
    "AmendParams",
    "Balance",
    "BaseStrategy",
    "Capability",
    "Fill",
    "FundingRate",
    "Market",
    "MarketData",
    "MarketKind",
    "MarketView",
    "OnStop",
    "Order",
    "OrderParams",
    "OrderStatus",
    "OrderType",
    "Params",
    "Peg",
    "PegReference",
    "Position",
    "Side",
    "StrategyAction",
    "StrategyConfig",
    "StrategyResult",
    "TimeInForce",
    "Wake",
    "describe",
    "param",
]


class MarketView(Protocol):
    """One market of one venue as a strategy may see it: nothing here can send."""

    @property
    def exchange(self) -> str:
        """The venue's label."""
        ...

    @property
    def market(self) -> Market:
        """Tick, step, minimums, fees."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the venue can do."""
        ...

    def market_data(self) -> MarketData | None:
        """This moment, frozen; None while the book is missing, one-sided, crossed or stale."""
        ...


P = TypeVar("P", bound=Params)


@dataclass(frozen=True, slots=True)
class StrategyConfig(Generic[P]):
    """What a strategy is built with besides its views of the markets."""

    ticker: str
    quantity: Decimal
    """Order quantity the person chose, in base units."""
    params: P
    random: random.Random
    """Seeded; the only source of chance a strategy has."""


class BaseStrategy(ABC, Generic[P]):
    """One trading idea.

    A subclass declares its parameters once, typed, with units and defaults, and names the
    model in `params_model`; it implements the abstract methods; and it is named in
    strategies/factory.py or by an entry point in the group "runbot.strategies".
    """

    params_model: ClassVar[type[Params]] = Params

    def __init__(self, config: StrategyConfig[P], exchange_client: MarketView, *others: MarketView) -> None:
        """Keep the configuration and the read-only views, the first venue's first."""
        self.config = config
        self.params = config.params
        self.exchange_client = exchange_client
        self.views: Mapping[str, MarketView] = {view.exchange: view for view in (exchange_client, *others)}

    @classmethod
    @abstractmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""

    @classmethod
    def get_required_parameters(cls) -> list[str]:
        """List the parameters that have no default."""
        return [name for name, field in cls.params_model.model_fields.items() if field.is_required()]

    @classmethod
    def default_on_stop(cls) -> OnStop:
        """Say what becomes of orders and position at a stop, where the person chose nothing (--on-stop)."""
        return OnStop.CANCEL

    async def initialize(self, market_data: MarketData) -> str:
        """Look at the market once before the first decision; the text returned is shown to the person.

        Raises:
            UserError: the parameters make no sense on this market.
        """
        del market_data
        return ""

    @abstractmethod
    async def should_execute(self, market_data: MarketData) -> bool:
        """Say whether there is something to do now."""

    @abstractmethod
    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Say what to do, and why. Called only after should_execute said yes, on the same data."""

    def next_wake(self, market_data: MarketData) -> Wake:
        """Say what could change the mind just made up. Called after every step."""
        del market_data
        return WAKE_ON_EVERYTHING

    def withdraw_after_ns(self) -> int | None:
        """Say how long quotes may rest while the book cannot be trusted, ns; None is as long as it lasts.

        Then the bot cancels every live order that is not reduce-only. A strategy is not asked while the
        book is missing, one-sided, crossed or stale, so a market maker has to say it in advance. Asked
        once, before the start. Such a strategy is woken by every change of the best prices.
        """
        return None

    def notify_order_filled(self, order: Order, fill: Fill) -> None:
        """Take note of a fill, before the step it wakes. `order` already includes it."""
        del order, fill

    def notify_order_closed(self, order: Order) -> None:
        """Take note that an order filled completely, or was cancelled, rejected or expired."""
        del order

    def save_state(self) -> Mapping[str, Any]:
        """Give what must survive a restart, as plain JSON values."""
        return {}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Take back what save_state gave, before initialize."""
        del state
