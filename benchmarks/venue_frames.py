"""Book changes in each venue's own words, continuing the numbering of the snapshot its simulator sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any, ClassVar, Final

import msgspec

from helpers.clock import WallClock
from helpers.money import plain

_CLOCK: Final = WallClock()
Level = tuple[Decimal, Decimal]
"""Price and new quantity; zero removes the level."""


class BookWriter(ABC):
    """Learns where a book stream stands from its snapshot, and writes the messages after it."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.best_bid = Decimal(0)
        self.bid_quantity = Decimal(0)

    @abstractmethod
    def learn(self, message: dict[str, Any]) -> bool:
        """Take numbering and best bid from a message if it is the snapshot."""

    @abstractmethod
    def is_book(self, message: dict[str, Any]) -> bool:
        """Whether a message of the simulator belongs to the book, and must not mix with ours."""

    @abstractmethod
    def write(self, bids: list[Level]) -> bytes:
        """Write the next message with these changed bids."""


class LighterBook(BookWriter):
    """`update/order_book`, chained by nonces."""

    def learn(self, message: dict[str, Any]) -> bool:
        """Take the nonce."""
        if message.get("type") != "subscribed/order_book":
            return False
        book = message["order_book"]
        self._channel, self._nonce, self._offset = message["channel"], book["nonce"], book["offset"]
        best = max(book["bids"], key=lambda level: Decimal(level["price"]))
        self.best_bid, self.bid_quantity = Decimal(best["price"]), Decimal(best["size"])
        return True

    def is_book(self, message: dict[str, Any]) -> bool:
        """Recognise the simulator's own updates."""
        return str(message.get("type", "")).endswith("/order_book")

    def write(self, bids: list[Level]) -> bytes:
        """Chain one update."""
        before, self._nonce, self._offset = self._nonce, self._nonce + 1, self._offset + 1
        now = _CLOCK.now_ns()
        book = {
            "code": 0,
            "asks": [],
            "bids": [{"price": plain(price), "size": plain(quantity)} for price, quantity in bids],
            "offset": self._offset,
            "nonce": self._nonce,
            "begin_nonce": before,
            "last_updated_at": now // 1_000,
        }
        return msgspec.json.encode(
            {
                "channel": self._channel,
                "offset": self._offset,
                "last_updated_at": now // 1_000,
                "order_book": book,
                "timestamp": now // 1_000_000,
                "type": "update/order_book",
            }
        )


class ParadexBook(BookWriter):
    """`order_book` snapshots of fifteen levels a side, numbered by seq_no."""

    _DEPTH: ClassVar = 15

    def learn(self, message: dict[str, Any]) -> bool:
        """Take the number and both sides."""
        if not self.is_book(message):
            return False
        data = message["params"]["data"]
        self._channel, self._number, self._market = message["params"]["channel"], data["seq_no"], data["market"]
        self._bids, self._asks = (
            {Decimal(level["price"]): Decimal(level["size"]) for level in data["inserts"] if level["side"] == side}
            for side in ("BUY", "SELL")
        )
        self.best_bid = max(self._bids)
        self.bid_quantity = self._bids[self.best_bid]
        return True

    def is_book(self, message: dict[str, Any]) -> bool:
        """Recognise the simulator's own messages."""
        return str(message.get("params", {}).get("channel", "")).startswith("order_book.")

    def write(self, bids: list[Level]) -> bytes:
        """Number one whole book."""
        self._number += 1
        self._bids = {price: size for price, size in {**self._bids, **dict(bids)}.items() if size}
        best = (("BUY", self._bids, sorted(self._bids, reverse=True)), ("SELL", self._asks, sorted(self._asks)))
        data = {
            "seq_no": self._number,
            "market": self._market,
            "last_updated_at": _CLOCK.now_ns() // 1_000_000,
            "update_type": "s",
            "inserts": [
                {"side": side, "price": plain(price), "size": plain(levels[price])}
                for side, levels, prices in best
                for price in prices[: self._DEPTH]
            ],
            "updates": [],
            "deletes": [],
        }
        params = {"channel": self._channel, "data": data}
        return msgspec.json.encode({"jsonrpc": "2.0", "method": "subscription", "params": params})


class ExtendedBook(BookWriter):
    """Book deltas with the new size in `c`, numbered on the connection."""

    _KINDS: ClassVar = {"SNAPSHOT": "DELTA", "ORDERBOOKS.SNAPSHOT": "ORDERBOOKS.DELTA"}

    def learn(self, message: dict[str, Any]) -> bool:
        """Take the number."""
        kind, data = message.get("type"), message.get("data")
        if kind not in self._KINDS or not isinstance(data, dict) or "b" not in data:
            return False
        self._frame = {**message, "type": self._KINDS[kind]}
        self._number, self._market = message["seq"], data["m"]
        best = max(data["b"], key=lambda level: Decimal(level["p"]))
        self.best_bid, self.bid_quantity = Decimal(best["p"]), Decimal(best["q"])
        return True

    def is_book(self, message: dict[str, Any]) -> bool:
        """Recognise the simulator's own frames; its numbering runs over the whole connection, so all are."""
        return "seq" in message

    def write(self, bids: list[Level]) -> bytes:
        """Number one delta."""
        self._number += 1
        rows = [
            {"p": plain(price), "q": plain(quantity or Decimal(-1)), "c": plain(quantity)} for price, quantity in bids
        ]
        data = {"t": "DELTA", "m": self._market, "b": rows, "a": []}
        return msgspec.json.encode(
            {**self._frame, "data": data, "ts": _CLOCK.now_ns() // 1_000_000, "seq": self._number}
        )


WRITERS: Final[dict[str, type[BookWriter]]] = {
    "extended": ExtendedBook,
    "lighter": LighterBook,
    "paradex": ParadexBook,
}
