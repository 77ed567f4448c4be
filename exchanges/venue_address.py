"""Addresses a person gives for a venue: what may stand in one. Nothing is looked up."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def take_apart(text: str, *schemes: str) -> SplitResult:
    """Take a base address apart.

    Args:
        text: as the person wrote it.
        schemes: what it may begin with, the one for examples first.

    Raises:
        ValueError: it is none, or holds what a base address does not: a user's name, a query, a fragment.
    """
    try:
        parts = urlsplit(text)
        has_port = parts.port != 0  # reading it checks it
    except ValueError:
        parts, has_port = SplitResult("", "", "", "", ""), False
    surplus = parts.query or parts.fragment or "@" in parts.netloc or any(sign.isspace() for sign in text)
    if parts.scheme not in schemes or not parts.hostname or not has_port or surplus:
        begins = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(
            f"an address begins with {begins} and goes on with host and port: {schemes[0]}://127.0.0.1:8001"
        )
    return parts


__all__ = ["take_apart"]
