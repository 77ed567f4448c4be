"""Lists of markets that change under a run: what vanishes, what is empty, what cannot be, what looks alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from extended_samples import BTC, bad, good, market_like_btc, order, raw
from extended_scenes import ScriptedVenue, client, standing_venue
from heard import Heard

from exchanges.base import OrderParams, Side
from exchanges.extended.client import ExtendedClient
from exchanges.extended.listings import Listings
from helpers.errors import BadPayload, UserError
from simulation.virtual_loop import VirtualClock

D = Decimal
MARKETS = "GET /info/markets"


async def reload_with(it: ExtendedClient, venue: ScriptedVenue, markets: list[dict[str, Any]]) -> None:
    """Let the list of markets be read anew, by way of two orders that the venue refuses for its terms."""
    venue.rules |= {"POST /user/order": bad(1121, "size step"), MARKETS: good(markets)}
    for key in ("1", "2"):
        params = OrderParams(side=Side.BUY, quantity=D("0.01"), price=D(65000), intent="any")
        assert not (await it.place_order("BTC", key, params)).success


async def test_a_market_that_vanishes_from_the_list_is_still_ours(clock: VirtualClock) -> None:
    """Delisted while an order rests: its news is told, it can be cancelled and asked about; nobody may start there."""
    venue, heard = standing_venue(), Heard()
    it = client(clock, venue)
    await it.connect()
    await it.subscribe("BTC", heard)
    await reload_with(it, venue, [market_like_btc("ETH-USD")])
    venue.stream("/v1/account").say({"type": "ORDER", "data": {"orders": [order()]}, "ts": 1, "seq": 1})
    assert [info.client_order_id for info in heard.orders] == ["77"]
    venue.rules["GET /user/orders"] = good([order()])
    assert [info.client_order_id for info in await it.get_active_orders("BTC")] == ["77"]
    with pytest.raises(UserError, match="BTC-USD cannot be traded"):
        await it.get_market("BTC")
    await it.disconnect()


async def test_an_empty_list_of_markets_changes_nothing(clock: VirtualClock) -> None:
    """Nothing instead of an error: what was known stays known; at the start it is no venue at all."""
    venue = standing_venue()
    it = client(clock, venue)
    await it.connect()
    await reload_with(it, venue, [])
    assert (await it.get_market("BTC")).contract_id == "BTC-USD"
    with pytest.raises(BadPayload, match="empty"):
        await client(clock, venue).connect()


def test_two_markets_on_one_asset_have_two_tickers() -> None:
    """What is settled in something else than dollars goes by its whole name: nobody trades the other one by mistake."""
    other = market_like_btc("BTC-EUR", collateralAssetName="EUR")
    for markets in ([BTC, other], [other, BTC]):
        found = Listings()
        found.replace(raw(markets), "extended")
        assert (found.find("BTC").name, found.find("BTC-EUR").market.ticker) == ("BTC-USD", "BTC-EUR")


@pytest.mark.parametrize("name", ["maxNumOrders", "minOrderSize", "maxLeverage"])
def test_a_market_with_an_endless_number_hides_no_other(name: str) -> None:
    """One market's terms make no sense: the others are there."""
    broken = market_like_btc("ETH-USD", tradingConfig={**BTC["tradingConfig"], name: "Infinity"})
    odd = {"upperBound": "NaN", "riskFactor": "0.1"}
    strange = market_like_btc("SOL-USD", tradingConfig={**BTC["tradingConfig"], "riskFactorConfig": [odd, odd]})
    found = Listings()
    found.replace(raw([broken, strange, BTC]), "extended")
    assert found.tickers() == ("BTC",)
