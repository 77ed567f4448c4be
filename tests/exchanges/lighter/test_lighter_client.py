"""The Lighter client on a scripted venue: logging in, finding the account, and reading the truth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from heard import Heard
from lighter_payloads import ACCOUNT, ADDRESS, NOW_MS, account, order, position, trade
from lighter_scenes import FakeLighter, connected, context, query_of

from exchanges.lighter.client import LighterClient
from helpers.decisions import OrderParams
from helpers.enums import Capability, OrderStatus, Side
from helpers.errors import AuthError, UserError
from simulation.virtual_loop import VirtualClock

D = Decimal
S = OrderStatus


def buy(**changes: Any) -> OrderParams:
    """A buy that rests."""
    fields = {"quantity": D("0.001"), "price": D("59000.5"), "intent": "test", **changes}
    return OrderParams(side=Side.BUY, **fields)


async def trading(clock: VirtualClock) -> tuple[FakeLighter, LighterClient, Heard]:
    """Give a client that follows BTC, its venue and its listener."""
    venue, client = await connected(clock)
    ear = Heard()
    await client.subscribe("BTC", ear)
    return venue, client, ear


# -- logging in -------------------------------------------------------------------------------------


async def test_logging_in_proves_the_key_and_takes_over_tier_and_fees(clock: VirtualClock) -> None:
    """The account is named with its network; a market has this account's fees."""
    venue, client = await connected(clock)
    assert client.account_id == "mainnet:65"
    btc = await client.get_market("BTC")
    assert (btc.maker_fee, btc.taker_fee) == (D("0.000028"), D("0.000196"))
    assert venue.asked("accountLimits")[0].headers["authorization"].split(":")[1:3] == ["65", "5"]
    assert client.supports_risk_management()
    assert Capability.FOK not in client.capabilities
    await client.disconnect()
    await client.disconnect()


async def test_the_account_is_found_by_the_wallets_address(clock: VirtualClock) -> None:
    """One account is taken, and asked for by the address."""
    venue, client = await connected(clock, LIGHTER_ACCOUNT_INDEX="", LIGHTER_L1_ADDRESS=ADDRESS)
    assert client.account_id == "mainnet:65"
    assert query_of(venue.asked("account")[0]) == {"by": "l1_address", "value": ADDRESS}
    await client.disconnect()


@pytest.mark.parametrize(
    ("accounts", "says"),
    [
        ([], "no account of 0xab"),
        ([account(), account(index=99, name="sub")], r"has 2 accounts: 65 \(1000 USDC\), 99 \(sub, 1000 USDC\)"),
    ],
)
async def test_no_account_or_several_are_told(clock: VirtualClock, accounts: list[Any], says: str) -> None:
    """Several are listed with what is in them, to choose from."""
    venue = FakeLighter(clock)
    venue.answers["account"] = lambda _: (200, {"code": 200, "accounts": accounts})
    client = LighterClient(context(clock, LIGHTER_ACCOUNT_INDEX="", LIGHTER_L1_ADDRESS=ADDRESS), venue)
    with pytest.raises(UserError, match=says):
        await client.connect()


async def test_the_venues_word_for_a_refused_wallet_address(clock: VirtualClock) -> None:
    """An address that the venue refuses has no account, and the line says what to check."""
    venue = FakeLighter(clock)
    venue.refuse("account", 20001, "invalid param")
    client = LighterClient(context(clock, LIGHTER_ACCOUNT_INDEX="", LIGHTER_L1_ADDRESS=ADDRESS), venue)
    with pytest.raises(UserError, match="check LIGHTER_L1_ADDRESS"):
        await client.connect()


async def test_a_key_the_venue_does_not_take_is_told_with_those_it_has(clock: VirtualClock) -> None:
    """The line says which key numbers the account has; the signer is free again."""
    venue = FakeLighter(clock)
    venue.refuse("accountLimits", 20013, "invalid auth")
    with pytest.raises(AuthError, match="no API key 5, it has: 4"):
        await LighterClient(context(clock), venue).connect()
    venue.refuse("apikeys", 21109, "api key not found")
    with pytest.raises(AuthError, match="invalid auth"):
        await LighterClient(context(clock), venue).connect()
    venue.answers["apikeys"] = lambda _: (200, {"code": 200, "api_keys": [{"api_key_index": 5}]})
    with pytest.raises(AuthError) as told:
        await LighterClient(context(clock), venue).connect()
    assert "no API key" not in str(told.value)


async def test_nothing_can_be_asked_before_connecting(clock: VirtualClock) -> None:
    """It is one clear line."""
    client = LighterClient(context(clock), FakeLighter(clock))
    with pytest.raises(UserError, match="not connected"):
        await client.get_balance()
    await client.disconnect()


async def test_connecting_again_is_a_new_login(clock: VirtualClock) -> None:
    """The key's numbers are not held twice."""
    venue, client = await connected(clock)
    await client.connect()
    assert len(venue.asked("accountLimits")) == 2
    await client.disconnect()


# -- truth ------------------------------------------------------------------------------------------


async def test_orders_are_read(clock: VirtualClock) -> None:
    """Resting ones by market, one by our id; an id that is no number was never ours."""
    venue, client, _ = await trading(clock)
    rows = [order(1001), order(1002, status="canceled")]
    venue.answers["accountActiveOrders"] = lambda _: (200, {"code": 200, "orders": rows})
    assert [info.client_order_id for info in await client.get_active_orders("BTC")] == ["1001"]
    venue.answers["accountOrders"] = lambda _: (200, {"code": 200, "orders": [order(1003, status="filled")]})
    found = await client.get_order_info("BTC", "1003")
    assert found is not None
    assert found.status is S.FILLED
    assert await client.get_order_info("BTC", "1004") is None
    assert await client.get_order_info("BTC", "entry") is None
    assert (await client.cancel_order("BTC", "1003")).is_refused
    await client.disconnect()


async def test_executions_positions_and_money_are_read(clock: VirtualClock) -> None:
    """Our side only, open positions only, and the account's figures."""
    venue, client, _ = await trading(clock)
    rows = [trade(4), trade(5, bid_account_id=8), trade(6, ask_account_id=ACCOUNT)]
    venue.answers["trades"] = lambda _: (200, {"code": 200, "trades": rows})
    fills = await client.fetch_fills("BTC", NOW_MS * 10**6)
    assert [fill.trade_id for fill in fills] == ["4", "6-buy", "6-sell"]
    venue.answers["account"] = lambda _: (
        200,
        {
            "code": 200,
            "accounts": [account(positions=[position(), position(market_id=0, position="0.0000", unrealized_pnl="0")])],
        },
    )
    (held,) = await client.get_account_positions()
    assert (held.ticker, held.quantity) == ("BTC", D("-0.002"))
    assert (await client.position("ETH")).quantity == 0
    assert (await client.get_balance()).equity == 999
    await client.disconnect()


async def test_the_book_and_funding_come_from_the_stream(clock: VirtualClock) -> None:
    """Top, levels and rate without a request."""
    venue, client, _ = await trading(clock)
    asked = len(venue.requests)
    assert await client.fetch_bbo_prices("BTC") == (D(60000), D("60000.1"))
    assert (await client.fetch_order_book("BTC", 1)).bids[0].quantity == D("1.5")
    assert (await client.get_funding_rate("BTC")).rate == D("0.000012")
    assert len(venue.requests) == asked
    await client.disconnect()
