"""What filled and is too little for an order is carried with its cost."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from strategies.dust import Dust

D = Decimal


def test_it_has_an_average_price() -> None:
    """1 at 100 and 3 at 104 are 4 at 103."""
    dust = Dust()
    dust.add(D(1), D(100))
    dust.add(D(3), D(312))
    assert (dust.quantity, dust.cost, dust.price) == (D(4), D(412), D(103))


def test_a_part_leaves_at_the_average_price() -> None:
    """What stays has the same price; no more than there is is given away."""
    dust = Dust(D(4), D(412))
    assert dust.take(D(1)) == 1
    assert (dust.quantity, dust.price) == (D(3), D(103))
    assert dust.take(D(5)) == 3
    assert dust == Dust()
    assert dust.take(D(5)) == 0


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=9))
def test_taking_all_leaves_nothing(parts: list[tuple[int, int]]) -> None:
    """To the last digit, whatever the price."""
    dust = Dust()
    for quantity, cost in parts:
        dust.add(D(quantity), D(cost))
    assert dust.take(dust.quantity) == sum(quantity for quantity, _ in parts)
    assert (dust.quantity, dust.cost) == (0, 0)
