"""Two customers who do everything that can be done, at prices they are given, at random."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from helpers.enums import Side, TimeInForce

GTC, GTT, IOC, FOK = TimeInForce.GTC, TimeInForce.GTT, TimeInForce.IOC, TimeInForce.FOK
BUSY = ["place"] * 8 + ["market"] * 2 + ["amend"] * 4 + ["cancel", "cancel", "cancel_all", "arm", "look"]
PATIENT = ["place"] * 16 + ["market", "amend", "amend", "cancel", "arm", "look"]
KINDS = (GTC,) * 6 + (GTT, GTT, IOC, FOK, FOK)


@dataclass(frozen=True)
class Act:
    """What a customer does: place, amend, cancel, cancel_all, arm, look."""

    at_ns: int
    what: str
    account: str
    ticker: str
    key: str = ""
    details: dict[str, Any] = field(default_factory=dict)


class Customers:
    """Two accounts that trade at given prices."""

    def __init__(
        self,
        rng: random.Random,
        tickers: tuple[str, ...],
        prices: dict[Side, list[int]],
        lots: int,
        unit: int,
        *,
        patient: bool = False,
    ) -> None:
        """Patient customers mostly leave their orders alone."""
        self.rng = rng
        self.tickers = tickers
        self.prices = prices
        self.lots = lots
        self.unit = unit
        self.accounts = rng.choice(["a", "a", "ab", "aab"])
        self.kinds = PATIENT if patient else BUSY
        self.sides = rng.choice([list(Side), [Side.BUY], [Side.SELL]]) if patient else list(Side)
        self.sent: list[Act] = []

    def acts(self, from_ns: int, count: int, pauses: list[int]) -> list[Act]:
        """List what they do."""
        acts, at = [], from_ns
        for _ in range(count):
            at += self.rng.choice(pauses)
            account, ticker = self.rng.choice(self.accounts), self.rng.choice(self.tickers)
            acts.append(getattr(self, f"_{self.rng.choice(self.kinds)}")(at, account, ticker))
        return acts

    def _place(self, at: int, account: str, ticker: str) -> Act:
        rng, side = self.rng, self.rng.choice(self.sides)
        details = {
            "side": side,
            "price": max(1, self._price(side)),
            "lots": rng.randint(1, self.lots),
            "time_in_force": rng.choice(KINDS),
            "post_only": rng.random() < 0.2,
            "reduce_only": rng.random() < 0.15,
            "expires_ns": at + rng.choice([0, 1, 2, 5, 20, 600]) * self.unit,
        }
        return self._send(Act(at, "place", account, ticker, self._fresh(), details))

    def _market(self, at: int, account: str, ticker: str) -> Act:
        rng = self.rng
        details = {
            "side": rng.choice(list(Side)),
            "price": None,
            "lots": rng.randint(1, 2 * self.lots),
            "time_in_force": rng.choice([GTC, IOC, FOK]),
            "reduce_only": rng.random() < 0.3,
        }
        return self._send(Act(at, "place", account, ticker, self._fresh(), details))

    def _amend(self, at: int, account: str, ticker: str) -> Act:
        """Change a recent order: most often one of this account, its price or its quantity alone."""
        rng, order = self.rng, self._recent(account)
        old_price = order.details.get("price") if order else None
        old_lots = order.details["lots"] if order else 1
        price = old_price if old_price and rng.random() < 0.5 else self._price(rng.choice(list(Side)))
        lots = old_lots if rng.random() < 0.3 else rng.randint(1, self.lots)
        lots = max(1, old_lots - rng.randint(1, 4)) if rng.random() < 0.4 else lots
        details = {"price": max(1, price), "lots": lots}
        return Act(at, "amend", account, self._market_of(order, ticker), order.key if order else "none", details)

    def _cancel(self, at: int, account: str, ticker: str) -> Act:
        order = self._recent(account)
        return Act(at, "cancel", account, self._market_of(order, ticker), order.key if order else "none")

    def _cancel_all(self, at: int, account: str, ticker: str) -> Act:
        return Act(at, "cancel_all", account, ticker)

    def _arm(self, at: int, account: str, ticker: str) -> Act:
        rng = self.rng
        low, high = (self._price(side) if rng.random() < 0.5 else None for side in Side)
        details = {"low": low, "high": high, "every": rng.random() < 0.2, "prices": rng.random() < 0.2}
        return Act(at, "arm", account, ticker, details=details)

    def _look(self, at: int, account: str, ticker: str) -> Act:
        return Act(at, "look", account, ticker)

    def _price(self, side: Side) -> int:
        return self.rng.choice(self.prices[side if self.rng.random() < 0.9 else side.opposite])

    def _recent(self, account: str) -> Act | None:
        own = [act for act in self.sent if act.account == account][-4:]
        return self.rng.choice(own) if own else None

    def _market_of(self, order: Act | None, ticker: str) -> str:
        return order.ticker if order and self.rng.random() < 0.95 else ticker

    def _fresh(self) -> str:
        """Name an order; seldom as one before it."""
        if self.sent and self.rng.random() < 0.02:
            return self.rng.choice(self.sent).key
        return f"o{len(self.sent)}"

    def _send(self, act: Act) -> Act:
        self.sent.append(act)
        return act
