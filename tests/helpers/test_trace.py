"""The trace: one hash for one history, whatever its spelling."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum, IntEnum
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enums import OrderStatus, Side
from helpers.trace import Trace

D = Decimal
TEXTS = st.text(st.sampled_from("a-\\\x1f\nsn|"), max_size=5)
ENTRIES = st.lists(st.tuples(TEXTS, st.integers(0, 3), st.lists(st.one_of(st.none(), TEXTS), max_size=3)), max_size=4)


class Level(IntEnum):
    """An enum of numbers."""

    ONE = 1


def digest(*entries: tuple) -> str:
    """The hash of these entries."""
    trace = Trace()
    for kind, time_ns, *fields in entries:
        trace.add(kind, time_ns, *fields)
    return trace.hexdigest()


def test_a_line_is_what_the_module_says() -> None:
    """The hash is the SHA-256 of the canonical line."""
    line = "fill\x1f17\x1fbuy\x1f100.5\x1f3\x1f-\x1fgrid\x1f1\n"
    assert digest(("fill", 17, Side.BUY, D("100.500"), 3, None, "grid", True)) == sha256(line.encode()).hexdigest()


def test_an_empty_trace_has_the_hash_of_nothing() -> None:
    """No entries hash to the empty hash."""
    assert digest() == sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (D("1.50"), D("1.5")),
        (D("1E+3"), D("1000")),
        (D("0.0"), D("-0")),
        (D("1e-9"), D("0.000000001")),
        (OrderStatus.FILLED, "filled"),
        (Level.ONE, 1),
        (0.5, "0.5"),
        (False, 0),
    ],
)
def test_spelling_does_not_matter(one: object, other: object) -> None:
    """Equal numbers and an enum and its value are the same field."""
    assert digest(("x", 1, one)) == digest(("x", 1, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("x", 1, "a", "b"), ("x", 1, "a\x1fb")),
        (("x", 1, None), ("x", 1, "-")),
        (("x", 1, "\\-"), ("x", 1, "-")),
        (("x", 1, "a\nb"), ("x", 1, "a\\nb")),
        (("x", 1), ("x", 2)),
        (("x", 1), ("x", 1, "")),
        (("x", 1, D(1)), ("x", 1, D("1.0000000001"))),
    ],
)
def test_different_entries_differ(one: tuple, other: tuple) -> None:
    """No text can pass for a separator, an end of line or a missing value."""
    assert digest(one) != digest(other)


def test_the_order_of_entries_matters() -> None:
    """The same entries in another order are another history."""
    assert digest(("a", 1), ("b", 1)) != digest(("b", 1), ("a", 1))


def test_reading_the_hash_does_not_end_it() -> None:
    """A hash read midway changes nothing."""
    trace = Trace()
    trace.add("a", 1)
    midway = trace.hexdigest()
    trace.add("b", 2)
    assert midway == digest(("a", 1))
    assert trace.hexdigest() == digest(("a", 1), ("b", 2))


def test_any_text_can_be_traced() -> None:
    """Even half a surrogate pair, which a venue may send, has a hash."""
    assert digest(("x", 1, "\ud800")) != digest(("x", 1, "?"))


@pytest.mark.parametrize("value", [b"bytes", ["list"], Enum("E", {"A": (1, 2)})["A"]])
def test_other_types_are_refused(value: object) -> None:
    """What has no one spelling is an error, not a guess."""
    with pytest.raises(TypeError, match="no spelling"):
        digest(("x", 1, value))


@settings(max_examples=300, deadline=None)
@given(one=ENTRIES, other=ENTRIES)
def test_only_equal_histories_hash_alike(one: list[tuple], other: list[tuple]) -> None:
    """Two lists of entries have the same hash exactly when they are the same."""
    alike = digest(*((k, t, *f) for k, t, f in one)) == digest(*((k, t, *f) for k, t, f in other))
    assert alike == (one == other)
