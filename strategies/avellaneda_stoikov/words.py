"""The reasons, as a trader reads them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.money import nearest_to, plain
from strategies.avellaneda_stoikov.inventory import Mode
from strategies.avellaneda_stoikov.model import Theory
from strategies.avellaneda_stoikov.quotes import Idle
from strategies.avellaneda_stoikov.volatility import Volatility
from strategies.base_strategy import MarketData

_DIGITS: Final = 3
TOO_FEW_PRICES: Final = "prices"


def figure(value: Decimal) -> str:
    """Write three significant digits."""
    return plain(value.quantize(Decimal(1).scaleb(value.adjusted() - _DIGITS + 1)))


def explain(view: Theory, variance: Decimal, mode: Mode, data: MarketData) -> str:
    """Say why the quotes stand where they do."""
    fine = data.market.tick_size / 10  # rounded to a tick, a reservation price would lean with nothing held
    held = Decimal(0) if data.position is None else data.position.quantity
    text = (
        f"mid {plain(data.mid_price)}, reservation price {plain(nearest_to(view.reservation, fine))} for {plain(held)} "
        f"held, half-spread {plain(nearest_to(view.half_spread, fine))}, "
        f"volatility {figure(variance.sqrt())} {data.market.quote} a root second"
    )
    return text if mode.exit_side is None else f"{text}; only out: the largest position was reached"


def why_not(volatility: Volatility, data: MarketData) -> Idle:
    """Say why nothing is quoted."""
    if data.position is None or data.balance is None:
        return Idle("account", "position or balance is unknown")
    seen, needed = volatility.seen_ns // NS_PER_S, Decimal(volatility.window_ns) / NS_PER_S
    return Idle(TOO_FEW_PRICES, f"only {seen} s of the {plain(needed)} s of prices that the volatility needs")
