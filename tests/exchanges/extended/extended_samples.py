"""Extended's words for tests: a market, answers, frames of books, orders and executions."""

from __future__ import annotations

from typing import Any

import msgspec

from exchanges.extended.listings import Listing, Listings
from helpers.transport import HttpResponse

BTC: dict[str, Any] = {
    "name": "BTC-USD",
    "type": "PERPETUAL",
    "assetName": "BTC",
    "assetPrecision": 5,
    "collateralAssetName": "USD",
    "collateralAssetPrecision": 6,
    "active": True,
    "isRfq": False,
    "isOffHours": False,
    "status": "ACTIVE",
    "tradingHours": "CONTINUOUS",
    "marketStats": {
        "dailyVolume": "2410800.768021",
        "dailyVolumeBase": "37.94502",
        "dailyPriceChange": "969.9",
        "dailyPriceChangePercentage": "0.02",
        "dailyLow": "62614.8",
        "dailyHigh": "64421.1",
        "lastPrice": "64280",
        "askPrice": "65001",
        "bidPrice": "65000",
        "markPrice": "65000.5",
        "indexPrice": "65000.4",
        "fundingRate": "-0.000034",
        "nextFundingRate": 1_767_229_200_000,
        "openInterest": "150629.886375",
        "openInterestBase": "2.34380",
    },
    "tradingConfig": {
        "minOrderSize": "0.0001",
        "minOrderSizeChange": "0.00001",
        "minPriceChange": "1",
        "maxMarketOrderValue": "3000000",
        "maxLimitOrderValue": "15000000",
        "maxPositionValue": "60000000",
        "maxLeverage": "50.00",
        "maxNumOrders": "200",
        "limitPriceCap": "0.05",
        "limitPriceFloor": "0.05",
        "riskFactorConfig": [
            {"upperBound": "800000", "riskFactor": "0.04"},
            {"upperBound": "400000", "riskFactor": "0.02"},
        ],
    },
    "l2Config": {
        "type": "STARKX",
        "collateralId": "0x31857064564ed0ff978e687456963cba09c2c6985d8f9300a1de4962fafa054",
        "syntheticId": "0x4254432d3600000000000000000000",
        "syntheticResolution": 1000000,
        "collateralResolution": 1000000,
    },
}


def market_like_btc(name: str, **more: Any) -> dict[str, Any]:
    """Give another market with BTC's terms."""
    return {**BTC, "name": name, "assetName": name.split("-", maxsplit=1)[0], **more}


def raw(entries: list[dict[str, Any]]) -> list[msgspec.Raw]:
    """Give entries as REST carries them."""
    return [msgspec.Raw(msgspec.json.encode(entry)) for entry in entries]


def btc_listing() -> Listing:
    """Give the BTC market as the client knows it."""
    listings = Listings()
    listings.replace(raw([BTC]), "extended")
    return listings.find("BTC")


def good(data: Any = None, **more: Any) -> HttpResponse:
    """Give a good answer."""
    return answer({"status": "OK", "data": data, **more})


def bad(code: int, message: str = "", status: int = 400) -> HttpResponse:
    """Give a refusal."""
    return answer({"status": "ERROR", "error": {"code": code, "message": message}}, status)


def answer(body: Any, status: int = 200, **headers: str) -> HttpResponse:
    """Give any answer."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return HttpResponse(status=status, headers=headers, body=content, received_ns=0)


def snapshot(market: str = "BTC-USD", seq: int = 1, **sides: list[dict[str, str]]) -> dict[str, Any]:
    """Give a book of one level a side, or of those given."""
    bids, asks = sides.get("b", [{"p": "65000", "q": "1"}]), sides.get("a", [{"p": "65001", "q": "2"}])
    data = {"t": "SNAPSHOT", "m": market, "b": bids, "a": asks}
    return {"type": "SNAPSHOT", "data": data, "ts": 1_767_225_600_000 + seq, "seq": seq}


def delta(seq: int, market: str = "BTC-USD", **sides: list[dict[str, str]]) -> dict[str, Any]:
    """Give changed levels."""
    data = {"t": "DELTA", "m": market, "b": sides.get("b", []), "a": sides.get("a", [])}
    return {"type": "DELTA", "data": data, "ts": 1_767_225_600_000 + seq, "seq": seq}


def order(external_id: str = "77", **more: Any) -> dict[str, Any]:
    """Give an order as the venue tells it."""
    return {
        "id": 1791389621914243072,
        "accountId": 1,
        "externalId": external_id,
        "market": "BTC-USD",
        "type": "LIMIT",
        "side": "BUY",
        "status": "NEW",
        "price": "65000",
        "qty": "0.01",
        "filledQty": "0",
        "reduceOnly": False,
        "postOnly": False,
        "timeInForce": "GTT",
        "createdTime": 1_767_225_600_000,
        "updatedTime": 1_767_225_600_500,
        "expiryTime": 1_767_229_200_000,
        **more,
    }


def trade(number: int = 1, **more: Any) -> dict[str, Any]:
    """Give an execution as REST tells it."""
    return {
        "id": 1791389621914243072 + number,
        "accountId": 1,
        "market": "BTC-USD",
        "orderId": 1791389621914243072,
        "side": "BUY",
        "price": "65000",
        "qty": "0.004",
        "value": "260",
        "fee": "0.065",
        "isTaker": True,
        "tradeType": "TRADE",
        "createdTime": 1_767_225_600_000 + number,
        **more,
    }
