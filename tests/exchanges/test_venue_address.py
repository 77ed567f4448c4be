"""Addresses a person gives: what is none is refused with an example, whatever it is."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.venue_address import take_apart


@pytest.mark.parametrize("text", ["http://127.0.0.1:8001", "https://host", "http://[::1]:80/v1", "http://host/a/b"])
def test_addresses_are_taken_apart(text: str) -> None:
    """Scheme, host and path are there."""
    parts = take_apart(text, "http", "https")
    assert parts.geturl() == text
    assert parts.hostname


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), st.text().map("http://".__add__), st.text(alphabet="[]:@/?#.h1").map("http://".__add__)))
def test_anything_else_is_a_value_error_without_the_text(text: str) -> None:
    """Nothing a person can type ends in another error, and a password in it is not repeated."""
    parts = None
    with suppress(ValueError):
        parts = take_apart(text, "http", "https")
    if parts is None:
        with pytest.raises(ValueError, match=r"host and port: http://127\.0\.0\.1:8001$"):
            take_apart(text, "http", "https")
    else:
        assert parts.hostname
        assert (parts.query, parts.fragment, parts.username) == ("", "", None)
