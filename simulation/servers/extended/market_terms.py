"""A market's terms as the venue's metadata tells them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from helpers.money import plain
from simulation.servers.extended.market_watch import MarketWatch
from simulation.servers.extended.markets import (
    COLLATERAL_ID,
    COLLATERAL_RESOLUTION,
    MAX_ORDERS,
    PRICE_BAND,
    ExtendedMarket,
)


def metadata(watch: MarketWatch, status: str) -> dict[str, Any]:
    """Tell a market's terms and its day."""
    market = watch.market
    return {
        "name": market.name,
        "type": "PERPETUAL",
        "category": "L1",
        "assetName": market.ticker,
        "assetPrecision": market.asset_precision,
        "collateralAssetName": "USD",
        "collateralAssetPrecision": 6,
        "active": True,
        "isRfq": False,
        "isOffHours": False,
        "status": status,
        "tradingHours": "CONTINUOUS",
        "marketStats": watch.stats(),
        "tradingConfig": _trading_config(market),
        "l2Config": {
            "type": "STARKX",
            "collateralId": COLLATERAL_ID,
            "syntheticId": market.synthetic_id,
            "syntheticResolution": market.synthetic_resolution,
            "collateralResolution": COLLATERAL_RESOLUTION,
        },
        "createdAt": watch.created_ms,
    }


def _trading_config(market: ExtendedMarket) -> dict[str, Any]:
    spec = market.spec
    return {
        "minOrderSize": plain(spec.min_quantity),
        "minOrderSizeChange": plain(spec.quantity_step),
        "minPriceChange": plain(spec.tick_size),
        "maxMarketOrderValue": plain(market.max_market_value),
        "maxLimitOrderValue": plain(market.max_limit_value),
        "maxPositionValue": plain(market.max_position_value),
        "maxLeverage": f"{spec.max_leverage:.2f}",
        "hourlyFundingRateCap": "0.25",
        "openInterestLimit": plain(market.max_position_value * 2),
        "maxNumOrders": str(MAX_ORDERS),
        "limitPriceCap": plain(PRICE_BAND),
        "limitPriceFloor": plain(PRICE_BAND),
        "riskFactorConfig": [
            _tier(market.first_tier, 1 / spec.max_leverage),
            _tier(market.max_position_value, Decimal("0.5")),
            _tier(Decimal(1_000_000_000), Decimal(1)),
        ],
    }


def _tier(upper: Decimal, factor: Decimal) -> dict[str, Any]:
    return {"upperBound": plain(upper), "riskFactor": plain(factor), "isAvailableForUsers": True}


__all__ = ["metadata"]
