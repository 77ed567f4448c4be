"""Reading recorded frames and bodies of Extended, for `runbot inspect`.

Both stream interfaces are read, also the multiplexed one that the client does not use, and the
bodies of REST. What a body holds is told by its fields, as a recording does not keep the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from exchanges.extended import frame_shapes as shapes
from exchanges.extended.wire import (
    BookData,
    PriceData,
    WireMarket,
    WirePublicTrade,
    WireRestBook,
    WireStats,
)
from exchanges.extended.wire_account import (
    WireBalance,
    WireFees,
    WireOrder,
    WirePayment,
    WirePlaced,
    WirePosition,
    WireTrade,
)
from exchanges.frames import FrameEvent
from helpers.errors import BadPayload

_BY_FIELDS: Final[tuple[tuple[frozenset[str], Any, Callable[[Any], FrameEvent]], ...]] = (
    (frozenset({"tradingConfig", "l2Config"}), WireMarket, shapes.market),
    (frozenset({"bid", "ask"}), WireRestBook, shapes.rest_book),
    (frozenset({"i", "p", "q", "T"}), WirePublicTrade, shapes.trade),
    (frozenset({"o", "h", "l", "c", "T"}), shapes.WireCandle, shapes.candle),
    (frozenset({"m", "f", "T"}), shapes.WireRate, shapes.rate),
    (frozenset({"fundingFee", "paidTime"}), WirePayment, shapes.payment),
    (frozenset({"orderId", "isTaker"}), WireTrade, shapes.fill),
    (frozenset({"status", "qty", "timeInForce"}), WireOrder, shapes.order),
    (frozenset({"market", "side", "size"}), WirePosition, shapes.position),
    (frozenset({"balance", "collateralName"}), WireBalance, shapes.balance),
    (frozenset({"makerFeeRate", "takerFeeRate"}), WireFees, shapes.fees),
    (frozenset({"markPrice", "nextFundingRate"}), WireStats, shapes.stats),
)
_ACCOUNT_LISTS: Final[Mapping[str, tuple[Any, Callable[[Any], FrameEvent]]]] = {
    "orders": (WireOrder, shapes.order),
    "trades": (WireTrade, shapes.fill),
    "positions": (WirePosition, shapes.position),
}
_PRICES: Final = {"MP": "mark_price", "IP": "index_price"}
_BOOKS: Final = frozenset({"SNAPSHOT", "DELTA"})
_REST_STATUSES: Final = frozenset({"OK", "ERROR"})


def read_frame(frame: bytes) -> Sequence[FrameEvent]:
    """Say what one recorded frame or body tells.

    Raises:
        BadPayload: it cannot be read; says why.
    """
    try:
        told = msgspec.json.decode(frame)
        return _events(told)
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError, TypeError, ArithmeticError) as error:
        raise BadPayload(f"no frame of Extended: {error}", frame) from None
    except BadPayload as error:
        raise BadPayload(f"no frame of Extended: {error}", frame) from None


def _events(told: Any) -> list[FrameEvent]:
    if isinstance(told, list):
        return _entries(told)
    if not isinstance(told, dict):
        raise BadPayload("it is neither an object nor a list")
    if "jsonrpc" in told:
        return [_rpc(told)]
    if str(told.get("status", "")).upper() in _REST_STATUSES and not ({"qty", "side"} & told.keys()):
        return _body(told)
    if "data" in told or ("error" in told and "ts" in told):
        return _stream(told)
    if found := _shape(told):
        return [found]
    raise BadPayload("it has neither data nor a status, and no known fields")


# -- streams ----------------------------------------------------------------------------------------


def _stream(told: Mapping[str, Any]) -> list[FrameEvent]:
    if told.get("error") is not None:
        return [FrameEvent(kind="error", data={"text": str(told["error"])})]
    data, ts, seq = told.get("data"), int(told.get("ts", 0)), told.get("seq")
    # The multiplexed interface puts a family before the word: ORDERBOOKS.DELTA, PRICES.MP, ACCOUNT.ORDER.
    word = str(told.get("type") or "").rpartition(".")[2]
    if word in _BOOKS:
        return [_book(data, word, ts, seq)]
    if word in _PRICES:
        return [shapes.price(msgspec.convert(data, PriceData, strict=False), _PRICES[word], ts)]
    if isinstance(data, list):
        return _entries(data)
    if isinstance(data, dict):
        return _account(data) or [_shape(data) or FrameEvent(kind="other", data={"type": word, "time_ns": ts * 10**6})]
    raise BadPayload(f"a frame of type {word!r} whose data are {type(data).__name__}")


def _book(data: Any, word: str, ts: int, seq: int | None) -> FrameEvent:
    levels = msgspec.convert(data, BookData)
    if str(data.get("d", "")) == "1":  # the depth that was asked for: best prices alone
        return shapes.bbo(levels, ts, seq)
    return shapes.book(levels, is_delta=word == "DELTA", ts=ts, seq=seq)


def _account(data: Mapping[str, Any]) -> list[FrameEvent]:
    """Read what a frame of the account's stream holds; empty if it holds nothing of an account."""
    found: list[FrameEvent] = []
    for name, (kind, tell) in _ACCOUNT_LISTS.items():
        if isinstance(data.get(name), list):
            found += [tell(msgspec.convert(entry, kind, strict=False)) for entry in data[name]]
    if isinstance(data.get("balance"), dict):
        found.append(shapes.balance(msgspec.convert(data["balance"], WireBalance, strict=False)))
    if not found and any(name in data for name in (*_ACCOUNT_LISTS, "spotBalances")):
        return [FrameEvent(kind="other", data={"holds": ", ".join(data)})]
    return found


def _rpc(told: Mapping[str, Any]) -> FrameEvent:
    """Read an answer of the multiplexed interface, or a request to it."""
    if told.get("error") is not None:
        error = told["error"]
        fields = error if isinstance(error, dict) else {"message": error}
        return FrameEvent(kind="error", data={"code": str(fields.get("code", "")), "text": str(fields.get("message"))})
    result = told.get("result")
    method = told.get("method") or (result.get("method") if isinstance(result, dict) else None)
    topic = str(result.get("subscription") or "") if isinstance(result, dict) else ""
    kind = "heartbeat" if method in {"ping", "pong"} or result == "pong" else "ack"
    return FrameEvent(kind=kind, market=topic.rpartition(".")[2], data={"method": str(method)} if method else {})


# -- bodies -----------------------------------------------------------------------------------------


def _body(told: Mapping[str, Any]) -> list[FrameEvent]:
    error = told.get("error")
    if str(told["status"]).upper() == "ERROR" or error is not None:
        fields = error if isinstance(error, dict) else {}
        return [FrameEvent(kind="error", data={key: str(value) for key, value in fields.items()})]
    data = told.get("data")
    if data is None:
        return [FrameEvent(kind="ack")]
    if isinstance(data, list):
        return _entries(data)
    if not isinstance(data, dict):
        raise BadPayload(f"a body whose data are {type(data).__name__}")
    if data.keys() == {"id", "externalId"}:
        return [shapes.placed(msgspec.convert(data, WirePlaced, strict=False))]
    return [_shape(data) or FrameEvent(kind="other", data={"holds": ", ".join(data)})]


def _entries(entries: list[Any]) -> list[FrameEvent]:
    found = []
    for entry in entries:
        event = _shape(entry) if isinstance(entry, dict) else None
        if event is None:
            raise BadPayload("a list of something unknown")
        found.append(event)
    return found or [FrameEvent(kind="other", data={"holds": "nothing"})]


def _shape(entry: Mapping[str, Any]) -> FrameEvent | None:
    """Read one entry by the fields it has; None if they are of nothing known."""
    for fields, kind, tell in _BY_FIELDS:
        if fields <= entry.keys():
            return tell(msgspec.convert(entry, kind, strict=False))
    return None


__all__ = ["read_frame"]
