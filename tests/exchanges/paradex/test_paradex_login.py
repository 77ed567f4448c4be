"""The login: earned with a signature, renewed in time, once, and after a refusal."""

from __future__ import annotations

import asyncio
import logging

import fast_stark_crypto
import msgspec
import pytest
from paradex_samples import buy
from paradex_scenes import ADDRESS, KEY, NO_TOKEN, FakeVenue, connected, context_of, jwt, settle

from exchanges.paradex.client import ParadexClient
from exchanges.paradex.login import _life_s
from exchanges.paradex.signing import Signer
from helpers.clock import NS_PER_S
from helpers.enums import OrderStatus
from helpers.errors import AuthError, ConnectivityError, UserError
from simulation.virtual_loop import VirtualClock

UNKNOWN_KEY = (400, {"error": "NOT_ONBOARDED", "message": "account is not onboarded"})


async def test_a_login_is_signed_for_this_account_and_time(clock: VirtualClock) -> None:
    """Path, headers and signature are what the venue checks."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    signer = Signer(int(KEY, 16), int(ADDRESS, 16), "PRIVATE_SN_PARACLEAR_MAINNET")
    (asked,) = [request for request in venue.asked if "/auth/" in request.url]
    assert asked.url.endswith(f"/auth/{hex(signer.public_key)}")
    assert asked.headers["PARADEX-STARKNET-ACCOUNT"] == ADDRESS
    now_s, until_s = (int(asked.headers[f"PARADEX-{name}"]) for name in ("TIMESTAMP", "SIGNATURE-EXPIRATION"))
    assert (now_s, until_s) == (clock.now_ns() // NS_PER_S, now_s + 86_400)
    r, s = msgspec.json.decode(asked.headers["PARADEX-STARKNET-SIGNATURE"])
    assert fast_stark_crypto.verify(signer.public_key, signer.login_hash(now_s, until_s), int(r), int(s))
    assert client.account_id == ADDRESS


async def test_a_token_is_used_while_it_is_good(clock: VirtualClock) -> None:
    """No login for each request."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    for _ in range(5):
        await client.get_balance()
    assert venue.tokens == 1
    assert venue.asked[-1].headers["Authorization"].startswith("Bearer h.")


async def test_a_token_is_renewed_beside_the_work(clock: VirtualClock) -> None:
    """Past most of its life it still serves, and another is fetched meanwhile: once, however many ask."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    await clock.sleep(200)
    await asyncio.gather(*(client.get_balance() for _ in range(4)))
    (before,) = {request.headers["Authorization"] for request in venue.requests("GET /account")}
    await settle(venue)
    assert venue.tokens == 2
    await client.get_balance()
    assert venue.tokens == 2
    assert venue.asked[-1].headers["Authorization"] != before
    await client.disconnect()


async def test_a_token_at_its_end_is_waited_for(clock: VirtualClock) -> None:
    """After five idle minutes the next request logs in first."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    await clock.sleep(290)
    await client.get_balance()
    assert venue.tokens == 2


async def test_a_renewal_that_fails_is_tried_again(clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> None:
    """The token that is there serves on; the next request tries again."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    await clock.sleep(200)
    venue.script("POST /auth", ConnectivityError("lost"))
    with caplog.at_level(logging.WARNING):
        await client.get_balance()
        await settle(venue)
    assert "could not be renewed yet" in caplog.text
    await client.get_balance()
    await settle(venue)
    assert venue.tokens == 2


async def test_a_read_after_an_expired_token_is_read_again(clock: VirtualClock) -> None:
    """The venue says that the token is over: one login, one more read."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("GET /account", NO_TOKEN)
    assert (await client.get_balance()).wallet == 10_000
    assert (venue.tokens, len(venue.requests("GET /account"))) == (2, 2)


async def test_an_order_after_an_expired_token_is_not_sent_again(clock: VirtualClock) -> None:
    """Nobody knows who refused it on its way: its outcome is unknown, and there is a login to ask with."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("POST /orders", NO_TOKEN)
    result = await client.place_order("BTC", "77", buy())
    assert result.status is OrderStatus.UNKNOWN
    assert (len(venue.requests("POST /orders")), venue.tokens) == (1, 2)


async def test_several_orders_after_an_expired_token_are_not_sent_again(clock: VirtualClock) -> None:
    """The same for orders that travel together."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("POST /orders/batch", NO_TOKEN)
    results = await client.place_orders("BTC", [("77", buy()), ("78", buy())])
    assert [result.status for result in results] == [OrderStatus.UNKNOWN] * 2
    assert len(venue.requests("POST /orders/batch")) == 1


async def test_a_cancel_after_an_expired_token_is_sent_once_more(clock: VirtualClock) -> None:
    """Cancelling twice is cancelling once."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("DELETE /orders/by_client_id/77", NO_TOKEN, (204, b""))
    assert (await client.cancel_order("BTC", "77")).success
    assert len(venue.requests("DELETE /orders/by_client_id/77")) == 2


async def test_a_second_401_is_a_refusal(clock: VirtualClock) -> None:
    """A login that does not help is no reason to go on: a definite refusal, sent twice and no more."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("DELETE /orders/by_client_id/77", NO_TOKEN, NO_TOKEN)
    result = await client.cancel_order("BTC", "77")
    assert (result.status, result.is_refused) == (OrderStatus.REJECTED, True)
    assert len(venue.requests("DELETE /orders/by_client_id/77")) == 2


async def test_a_key_that_is_refused_from_now_on_refuses_orders(clock: VirtualClock) -> None:
    """Revoked while the bot runs: a definite refusal that names the variable, not an endless question."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("POST /orders", NO_TOKEN)
    venue.script("POST /auth", (400, {"error": "INVALID_SUBKEY", "message": "revoked"}))
    result = await client.place_order("BTC", "77", buy())
    assert result.is_refused
    assert "PARADEX_L2_PRIVATE_KEY" in result.error_message


async def test_many_refused_at_once_make_one_login(clock: VirtualClock) -> None:
    """Whoever is refused while another renews takes the new token."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("GET /account", *[NO_TOKEN] * 4)
    await asyncio.gather(*(client.get_balance() for _ in range(4)))
    assert venue.tokens == 2


async def test_an_unknown_key_is_not_registered_by_itself(clock: VirtualClock) -> None:
    """One line says that the venue does not know it and what to do; nothing is registered."""
    venue = FakeVenue(clock)
    venue.script("POST /auth", UNKNOWN_KEY)
    with pytest.raises(AuthError, match="PARADEX_ONBOARD") as caught:
        await connected(venue)
    assert KEY[2:] not in str(caught.value)
    assert venue.requests("POST /onboarding") == []


async def test_an_unknown_key_is_registered_on_request(clock: VirtualClock) -> None:
    """PARADEX_ONBOARD=true registers once, in the owner's name, and logs in again."""
    venue = FakeVenue(clock)
    venue.script("POST /auth", UNKNOWN_KEY)
    await connected(venue, onboard="true", l1_address="0x" + "a" * 40)
    (asked,) = venue.requests("POST /onboarding")
    signer = Signer(int(KEY, 16), int(ADDRESS, 16), "PRIVATE_SN_PARACLEAR_MAINNET")
    assert msgspec.json.decode(asked.body) == {"public_key": hex(signer.public_key)}
    assert asked.headers["PARADEX-ETHEREUM-ACCOUNT"] == "0x" + "a" * 40
    r, s = msgspec.json.decode(asked.headers["PARADEX-STARKNET-SIGNATURE"])
    assert fast_stark_crypto.verify(signer.public_key, signer.onboarding_hash(), int(r), int(s))


async def test_a_registration_needs_its_owner(clock: VirtualClock) -> None:
    """Without the Ethereum address there is nothing to register under."""
    venue = FakeVenue(clock)
    venue.script("POST /auth", UNKNOWN_KEY)
    with pytest.raises(UserError, match="PARADEX_L1_ADDRESS"):
        await connected(venue, onboard="true")


async def test_refused_keys_leave_nothing_open(clock: VirtualClock) -> None:
    """A connect that fails can be tried again, and says what is wrong with which variable."""
    venue = FakeVenue(clock)
    client = ParadexClient(context_of(venue))
    venue.script("POST /auth", (400, {"error": "STARKNET_SIGNATURE_VERIFICATION_FAILED", "message": "bad"}))
    with pytest.raises(AuthError, match="PARADEX_L2_PRIVATE_KEY"):
        await client.connect()
    await client.connect()
    assert (await client.get_balance()).wallet == 10_000
    await client.disconnect()


@pytest.mark.parametrize(
    ("token", "life_s"),
    [
        (jwt(1000, 1300), 300),
        (jwt(5000, 5200), 200),
        (jwt(1000, 9000), 300),
        (jwt(1000, 900), 1),
        ("opaque", 240),
        ("a.b.c", 240),
        ("a.!!.c", 240),
        ("a..c", 240),
    ],
)
def test_how_long_a_token_lives(token: str, life_s: int) -> None:
    """By its own words, whatever our clock says; one that says nothing lives four minutes."""
    assert _life_s(token, 1_000_000) == life_s
