"""The envelope of every REST answer, opened: what it carries, or the refusal it is; and where a list goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from exchanges.extended.refusals import refusal
from exchanges.extended.wire import Reply, WireError, WirePage
from exchanges.extended.wire_account import WireOrder, WirePayment, WireTrade
from helpers.errors import BadPayload
from helpers.transport import HttpResponse

T = TypeVar("T")
Entry = WireOrder | WireTrade | WirePayment

PAGE: Final = 200
"""Entries of a list asked for at once."""


def read_reply(response: HttpResponse) -> Reply:
    """Read the envelope of a good answer.

    Raises:
        BadPayload: it is none.
        VenueError: it is a refusal after all.
    """
    try:
        reply = msgspec.json.decode(response.body, type=Reply)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadPayload(f"Extended's answer cannot be read: {error}", response.body) from None
    if not reply.is_good:
        raise refusal(reply.error or WireError(), response.status)
    return reply


def read_data(response: HttpResponse, kind: type[T]) -> T:
    """Read what a good answer carries."""
    try:
        return msgspec.json.decode(read_reply(response).data, type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadPayload(f"Extended's answer cannot be read: {error}", response.body) from None


def next_cursor(told: WirePage | None, page: Sequence[Entry]) -> str:
    """Give where the next page begins: as told, or after the last entry of a full page that does not tell."""
    if told is not None and told.cursor is not None:
        return str(told.cursor)
    return str(page[-1].id) if len(page) >= PAGE else ""


__all__ = ["PAGE", "next_cursor", "read_data", "read_reply"]
