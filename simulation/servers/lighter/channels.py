"""Channels of the stream: how they are named, and which need a token.

Clients write slashes ("order_book/0"), the venue answers with colons ("order_book:0").
"""

from __future__ import annotations

from typing import Final

import msgspec

from simulation.servers.lighter.errors import Refused
from simulation.servers.lighter.history import RESOLUTIONS
from simulation.servers.lighter.markets import BY_ID

ALL: Final = "all"
BY_MARKET: Final = frozenset({"order_book", "ticker", "trade"})
BY_ACCOUNT: Final = frozenset(
    {
        "account_all",
        "account_all_orders",
        "account_all_trades",
        "account_all_positions",
        "account_all_assets",
        "user_stats",
        "account_tx",
        "notification",
    }
)
_OPEN_TO_ALL: Final = frozenset({"account_all"})
_MARKET: Final = "market"
_ACCOUNT: Final = "account"
_RESOLUTION: Final = "resolution"
_KINDS_OF_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "height": (),
    "spot_market_stats": (ALL,),
    "market_stats": (_MARKET,),
    "candle": (_MARKET, _RESOLUTION),
    "account_orders": (_MARKET, _ACCOUNT),
    **dict.fromkeys(BY_MARKET, (_MARKET,)),
    **dict.fromkeys(BY_ACCOUNT, (_ACCOUNT,)),
}
INVALID_CHANNEL: Final = 30005


class Channel(msgspec.Struct, frozen=True):
    """One channel."""

    family: str
    parts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name as the venue writes it."""
        return ":".join((self.family, *self.parts))

    @property
    def account(self) -> int | None:
        """The account it is about, if it is about one."""
        if self.family in BY_ACCOUNT or self.family == "account_orders":
            return int(self.parts[-1])
        return None

    @property
    def market_id(self) -> int | None:
        """The market it is about, if it is about one."""
        is_market = self.family in BY_MARKET or self.family in {"account_orders", "candle", "market_stats"}
        return int(self.parts[0]) if is_market and self.parts[0] != ALL else None

    @property
    def needs_token(self) -> bool:
        """Whether only the account itself may listen."""
        return self.account is not None and self.family not in _OPEN_TO_ALL


def read_channel(text: str) -> Channel:
    """Read a client's name of a channel.

    Raises:
        Refused: there is no such channel.
    """
    family, *parts = text.split("/")
    channel = Channel(family, tuple(parts))
    if not _exists(channel):
        raise Refused(INVALID_CHANNEL, "Invalid Channel")
    return channel


def _exists(channel: Channel) -> bool:
    family, parts = channel.family, channel.parts
    if family == "market_stats" and parts == (ALL,):
        return True
    kinds = _KINDS_OF_PARTS.get(family)
    return kinds is not None and len(kinds) == len(parts) and all(map(_fits, kinds, parts))


def _fits(kind: str, part: str) -> bool:
    if kind == _MARKET:
        return _is_market(part)
    return _is_number(part) if kind == _ACCOUNT else part in (RESOLUTIONS if kind == _RESOLUTION else {ALL})


def _is_market(text: str) -> bool:
    return _is_number(text) and int(text) in BY_ID


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16  # noqa: PLR2004 - far beyond any index


__all__ = ["ALL", "BY_ACCOUNT", "BY_MARKET", "INVALID_CHANNEL", "Channel", "read_channel"]
