"""What `runbot doctor` looks at on every venue alike, beside the venue's own steps: the key file and the stream."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from console.key_files import check_key_file, holds_keys
from exchanges.base import BaseExchangeClient
from exchanges.checkup import CheckupStep
from helpers.errors import UserError, VenueError
from helpers.models import Trade
from helpers.money import plain

_OWN: Final = "book"
"""The step of a venue that looks at its stream itself."""


def key_file_steps(path: Path) -> list[CheckupStep]:
    """Look at the file of keys, if there is one."""

    async def look() -> str:
        check_key_file(path)
        return f"{path} can be read by you alone"

    return [CheckupStep("key file", look)] if holds_keys(path) else []


def broken(error: UserError) -> CheckupStep:
    """Stand for a client that cannot be made from these settings."""

    async def look() -> str:
        raise error

    return CheckupStep("keys", look, needed_for_rest=True)


def stream_steps(client: BaseExchangeClient, ticker: str, others: Sequence[CheckupStep]) -> list[CheckupStep]:
    """Wait for a market's book on the public stream, where the venue has one and does not look at it itself."""
    has_feed = type(client).public_feed.__func__ is not BaseExchangeClient.public_feed.__func__  # type: ignore[attr-defined]  # class methods have it
    if not has_feed or any(step.name == _OWN for step in others):
        return []

    async def look() -> str:
        feed = client.public_feed(client.context)
        try:
            await feed.connect()
            await feed.subscribe(ticker, _Silent())
            bbo = feed.top_of_book(ticker)
        finally:
            await feed.disconnect()
        if bbo is None or bbo.bid is None or bbo.ask is None:
            raise VenueError("the stream has no two-sided book")
        return f"best bid {plain(bbo.bid)}, best ask {plain(bbo.ask)}"

    return [CheckupStep("stream", look)]


class _Silent:
    """Wants to hear nothing."""

    def on_book(self) -> None:
        """Nothing to do."""

    def on_trade(self, trade: Trade) -> None:
        """Nothing to do."""


__all__ = ["broken", "key_file_steps", "stream_steps"]
