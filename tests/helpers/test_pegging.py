"""Where a pegged order stands: on the grid, on its own side of things, and the same in whole ticks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from risk_scenes import market_data

from helpers.decisions import OrderParams, Peg, PegReference
from helpers.enums import OrderType, Side, TimeInForce
from helpers.pegging import peg_price, peg_trouble, worst_price

D = Decimal
R = PegReference

TICK_SIZES = st.sampled_from([D("0.1"), D("0.05"), D("0.001"), D(1), D("0.25"), D(5)])
SIDES = st.sampled_from(list(Side))
OFFSETS = st.decimals(min_value=-50, max_value=50, places=3)
NO_REST = "an order with time in force {} does not rest: it cannot follow the book"
HUNDREDS = settings(max_examples=300, deadline=None)


@st.composite
def scenes(draw: st.DrawFn) -> dict[str, Any]:
    """Give a peg, a side and a two-sided book, in prices."""
    tick = draw(TICK_SIZES)
    bid = draw(st.integers(min_value=1, max_value=2_000_000))
    ask = bid + draw(st.integers(min_value=1, max_value=40))
    limit = draw(st.none() | st.decimals(min_value=D("0.001"), max_value=3_000_000, places=3))
    peg = Peg(reference=draw(st.sampled_from(list(PegReference))), offset=draw(OFFSETS), limit=limit)
    return {"peg": peg, "side": draw(SIDES), "best_bid": bid * tick, "best_ask": ask * tick, "tick_size": tick}


def in_ticks(peg: Peg, side: Side, bid: int, ask: int, tick_size: Decimal) -> int:
    """Work the price out with integers alone, as the module's docstring says."""
    follows_bid = (side is Side.BUY) is (peg.reference is R.BEST)
    reference = bid + ask if peg.reference is R.MID else 2 * (bid if follows_bid else ask)
    tick = Fraction(tick_size)
    away = ceil(2 * Fraction(peg.offset) / tick)
    limit = None if peg.limit is None else Fraction(peg.limit) / tick
    if side is Side.BUY:
        price = (reference - away) // 2
        return price if limit is None else min(price, floor(limit))
    price = -((-reference - away) // 2)
    return price if limit is None else max(price, ceil(limit))


@HUNDREDS
@given(scenes())
def test_whole_ticks_give_the_same(scene: dict[str, Any]) -> None:
    """Integer arithmetic in half ticks gives the very price, or none where it is not above zero."""
    tick = scene["tick_size"]
    ticks = in_ticks(scene["peg"], scene["side"], int(scene["best_bid"] / tick), int(scene["best_ask"] / tick), tick)
    assert peg_price(**scene) == (ticks * tick if ticks > 0 else None)


@HUNDREDS
@given(scenes())
def test_it_is_a_price_on_the_grid_within_its_limit(scene: dict[str, Any]) -> None:
    """Positive, a multiple of the tick, never beyond the limit, never nearer to the market than asked."""
    price = peg_price(**scene)
    if price is None:
        return
    assert price > 0
    assert price % scene["tick_size"] == 0
    peg, sign = scene["peg"], scene["side"].sign
    if peg.limit is not None:
        assert (peg.limit - price) * sign >= 0
    references = {R.MID: (scene["best_bid"] + scene["best_ask"]) / 2}
    own, other = ("best_bid", "best_ask") if sign > 0 else ("best_ask", "best_bid")
    references |= {R.BEST: scene[own], R.OPPOSITE: scene[other]}
    assert (references[peg.reference] - peg.offset * sign - price) * sign >= 0


@HUNDREDS
@given(scenes())
def test_an_order_behind_its_own_best_never_takes(scene: dict[str, Any]) -> None:
    """With an offset of zero or more, BEST is at its own best or behind it, and MID does not reach the other side.

    A sell's limit lies above and a buy's below: it can only lead further away.
    """
    peg = scene["peg"]
    price = peg_price(**scene)
    if price is None or peg.offset < 0 or peg.reference is R.OPPOSITE:
        return
    buys = scene["side"] is Side.BUY
    if peg.reference is R.BEST:
        assert price <= scene["best_bid"] if buys else price >= scene["best_ask"]
    else:
        assert price < scene["best_ask"] if buys else price > scene["best_bid"]


@HUNDREDS
@given(scenes())
def test_buys_and_sells_mirror_each_other(scene: dict[str, Any]) -> None:
    """On the mirrored book a sell stands where the buy's mirror image does, as long as both are prices."""
    far = scene["tick_size"] * 10_000_000
    peg, side = scene["peg"], scene["side"]
    mirrored = Peg(reference=peg.reference, offset=peg.offset, limit=None if peg.limit is None else far - peg.limit)
    price = peg_price(**scene)
    image = peg_price(mirrored, side.opposite, far - scene["best_ask"], far - scene["best_bid"], scene["tick_size"])
    assert price is None or image is None or price + image == far


@pytest.mark.parametrize(
    ("reference", "side", "offset", "limit", "price"),
    [
        (R.BEST, Side.BUY, "0", None, "100.0"),
        (R.BEST, Side.SELL, "0", None, "100.3"),
        (R.BEST, Side.BUY, "0.2", None, "99.8"),
        (R.BEST, Side.SELL, "0.2", None, "100.5"),
        (R.BEST, Side.BUY, "-0.1", None, "100.1"),
        (R.BEST, Side.BUY, "0.01", None, "99.9"),
        (R.BEST, Side.SELL, "0.01", None, "100.4"),
        (R.OPPOSITE, Side.BUY, "0.1", None, "100.2"),
        (R.OPPOSITE, Side.SELL, "0.1", None, "100.1"),
        (R.MID, Side.BUY, "0", None, "100.1"),
        (R.MID, Side.SELL, "0", None, "100.2"),
        (R.MID, Side.BUY, "0.05", None, "100.1"),
        (R.MID, Side.BUY, "0.06", None, "100.0"),
        (R.MID, Side.SELL, "0.05", None, "100.2"),
        (R.BEST, Side.BUY, "0", "99.95", "99.9"),
        (R.BEST, Side.BUY, "0", "100.5", "100.0"),
        (R.BEST, Side.SELL, "0", "100.35", "100.4"),
        (R.BEST, Side.SELL, "0", "99", "100.3"),
    ],
)
def test_examples(reference: PegReference, side: Side, offset: str, limit: str | None, price: str) -> None:
    """On 100.0 / 100.3 with a tick of 0.1."""
    peg = Peg(reference=reference, offset=D(offset), limit=None if limit is None else D(limit))
    assert peg_price(peg, side, D("100.0"), D("100.3"), D("0.1")) == D(price)


@pytest.mark.parametrize(
    ("reference", "bid", "ask", "price"),
    [
        (R.BEST, "100", None, "100"),
        (R.BEST, None, "101", None),
        (R.OPPOSITE, None, "101", "101"),
        (R.OPPOSITE, "100", None, None),
        (R.MID, "100", None, None),
        (R.MID, None, "101", None),
        (R.BEST, None, None, None),
        (R.BEST, "100", "100", None),
        (R.OPPOSITE, "101", "100", None),
    ],
)
def test_a_book_that_says_nothing_gives_no_price(
    reference: PegReference, bid: str | None, ask: str | None, price: str | None
) -> None:
    """A buy needs the side it follows; a locked or crossed book says nothing at all."""
    found = peg_price(
        Peg(reference=reference), Side.BUY, None if bid is None else D(bid), None if ask is None else D(ask), D(1)
    )
    assert found == (None if price is None else D(price))


def test_a_price_is_above_zero() -> None:
    """An offset or limit that leads to zero or below gives none."""
    assert peg_price(Peg(offset=D(100)), Side.BUY, D(100), D(101), D(1)) is None
    assert peg_price(Peg(limit=D("0.5")), Side.BUY, D(100), D(101), D(1)) is None


def test_the_worst_price_is_a_buys_limit() -> None:
    """A pegged buy may rise to its limit; a sell's limit is below it, and a fixed price is what it is."""
    assert worst_price(Peg(limit=D(120)), Side.BUY, D(100)) == 120
    assert worst_price(Peg(limit=D(90)), Side.BUY, D(100)) == 100
    assert worst_price(Peg(limit=D(90)), Side.SELL, D(100)) == 100
    assert worst_price(Peg(), Side.BUY, D(100)) == 100
    assert worst_price(None, Side.BUY, D(100)) == 100
    assert worst_price(Peg(limit=D(120)), Side.BUY, None) is None


@pytest.mark.parametrize(
    ("peg", "terms", "trouble"),
    [
        (Peg(), {}, None),
        (Peg(), {"time_in_force": TimeInForce.GTT}, None),
        (Peg(), {"order_type": OrderType.MARKET}, "a market order has no price that could follow the book"),
        (Peg(), {"time_in_force": TimeInForce.IOC}, NO_REST.format("ioc")),
        (Peg(), {"time_in_force": TimeInForce.FOK}, NO_REST.format("fok")),
        (Peg(), {"post_only": False}, "an order that follows the book must be post-only"),
        (Peg(), {"price": D(100)}, "an order that follows the book takes no price beside its peg"),
        (Peg(offset=D("NaN")), {}, "offset and limit of a peg must be finite numbers"),
        (Peg(limit=D("Infinity")), {}, "offset and limit of a peg must be finite numbers"),
        (Peg(offset=D(10_000_000)), {}, "its peg gives no price above zero"),
    ],
)
def test_what_cannot_follow_is_told_why(peg: Peg, terms: dict[str, Any], trouble: str | None) -> None:
    """Only a resting limit order without a price of its own follows, and only to a price."""
    params = OrderParams(intent="x", side=Side.BUY, quantity=D(1), peg=peg, **{"post_only": True, **terms})
    assert peg_trouble(params, peg, market_data()) == trouble
