"""Waiting for a stream's messages."""

from __future__ import annotations

import asyncio

import pytest

from helpers.errors import ConnectivityError
from helpers.transport import Inbox


async def test_it_gives_what_came_and_waits_for_the_rest() -> None:
    """Messages are given in order, those that came first and those that come while somebody waits."""
    inbox = Inbox()
    inbox.on_message(b"1")
    inbox.on_message(b"2")
    assert [await inbox.next(), await inbox.next()] == [b"1", b"2"]
    waiting = asyncio.create_task(inbox.next())
    asyncio.get_running_loop().call_soon(inbox.on_message, b"3")
    assert await waiting == b"3"


async def test_an_end_comes_after_the_last_message() -> None:
    """What came before the end is still given; then iteration stops, and waiting raises the reason."""
    inbox = Inbox()
    inbox.on_message(b"1")
    inbox.on_end("closed by the other side: 1001")
    assert [message async for message in inbox] == [b"1"]
    with pytest.raises(ConnectivityError, match="1001"):
        await inbox.next()


async def test_an_end_wakes_who_waits() -> None:
    """Nobody waits for ever on a stream that ended."""
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.next())
    asyncio.get_running_loop().call_soon(inbox.on_end, "lost")
    with pytest.raises(ConnectivityError, match="lost"):
        await waiting
