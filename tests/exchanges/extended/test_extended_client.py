"""Connecting, placing and cancelling on a scripted venue: what is sent, what answers mean, what never happens twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from extended_samples import answer, bad, good
from extended_scenes import API_KEY, PRIVATE, ScriptedVenue, client, query, standing_venue
from heard import Heard

from exchanges.base import Capability, OrderParams, OrderStatus, Side
from exchanges.extended.client import ExtendedClient
from exchanges.extended.signing import crypto
from helpers.enums import OrderType
from helpers.errors import AuthError, BadPayload, ConnectivityError, RateLimited, UserError, VenueRejected
from simulation.virtual_loop import VirtualClock

D = Decimal
PLACE, CANCEL, MASS = "POST /user/order", "DELETE /user/order", "POST /user/order/massCancel"
PLACED = good({"id": 1791389621914243072, "externalId": "77"})


def params(**more: Any) -> OrderParams:
    """Give a buy of 0.01 at 65,000, or what it is changed to."""
    fields: dict[str, Any] = {"side": Side.BUY, "quantity": D("0.01"), "price": D(65000), "intent": "any"}
    return OrderParams(**{**fields, **more})


async def place(it: ExtendedClient, key: str = "77", **more: Any) -> Any:
    """Place an order."""
    return await it.place_order("BTC", key, params(**more))


def body(venue: ScriptedVenue) -> dict[str, Any]:
    """Give the newest order as it was sent."""
    return dict(msgspec.json.decode(venue.sent(PLACE)[-1].body))


# -- connecting -----------------------------------------------------------------------------------


async def test_connecting_checks_the_account(clock: VirtualClock) -> None:
    """The keys belong together and to the account; public calls do not show the API key."""
    venue = standing_venue()
    it = client(clock, venue)
    await it.connect()
    assert it.account_id == "mainnet-10002"
    assert Capability.AMEND not in it.capabilities
    for request in venue.asked:
        assert ("X-Api-Key" in request.headers) == ("/user/" in request.url)
        assert request.headers["User-Agent"]
    await it.disconnect()
    await it.disconnect()
    assert not venue.is_closed


@pytest.mark.parametrize(("name", "value"), [("l2Key", "0x5"), ("l2Vault", "10003"), ("l2Key", "key")])
async def test_keys_of_another_account(clock: VirtualClock, name: str, value: str) -> None:
    """The variable that is wrong is named."""
    venue = standing_venue()
    told = {"accountId": 7, "l2Key": hex(crypto().get_public_key(PRIVATE)), "l2Vault": 10002, name: value}
    venue.rules["GET /user/account/info"] = good(told)
    with pytest.raises((UserError, BadPayload), match=r"EXTENDED_STARK_KEY_PUBLIC|EXTENDED_VAULT|Stark key"):
        await client(clock, venue).connect()


async def test_an_unknown_api_key(clock: VirtualClock) -> None:
    """One line that says what to mend, and not the key."""
    venue = standing_venue()
    venue.rules["GET /user/account/info"] = answer({"status": "ERROR", "error": {"code": 401, "message": API_KEY}}, 401)
    with pytest.raises(AuthError, match="EXTENDED_API_KEY") as caught:
        await client(clock, venue).connect()
    assert API_KEY not in str(caught.value)


async def test_keys_are_asked_for_when_they_are_needed(clock: VirtualClock) -> None:
    """A client without keys can be made and left, and says what is missing when it is to connect."""
    it = client(clock, standing_venue(), EXTENDED_VAULT="")
    await it.disconnect()
    with pytest.raises(UserError, match="EXTENDED_VAULT is not set"):
        await it.connect()


# -- placing --------------------------------------------------------------------------------------


async def test_an_order_is_placed_once(clock: VirtualClock) -> None:
    """Our id is the venue's external id; the answer is OPEN with the venue's number as text."""
    venue = standing_venue()
    venue.rules[PLACE] = PLACED
    it = client(clock, venue)
    result = await place(it, post_only=True)
    assert (result.success, result.status, result.order_id) == (True, OrderStatus.OPEN, "1791389621914243072")
    assert (result.client_order_id, result.price) == ("77", D(65000))
    sent = body(venue)
    assert (sent["id"], sent["market"], sent["fee"], sent["postOnly"]) == ("77", "BTC-USD", "0", True)
    assert (await place(it)).is_refused
    assert (await place(it, "78")).success
    assert body(venue)["fee"] == "0.00025"
    assert len(venue.sent("GET /user/fees")) == 1
    assert len({msgspec.json.decode(request.body)["nonce"] for request in venue.sent(PLACE)}) == 2


async def test_a_market_order_takes_the_streams_book(clock: VirtualClock) -> None:
    """Without a book nothing is sent; with one, an IOC at a worst price within the collar of a fresh mark."""
    venue, heard = standing_venue(), Heard()
    venue.rules[PLACE] = PLACED
    it = client(clock, venue)
    market = {"order_type": OrderType.MARKET, "price": None}
    refused = await place(it, **market)
    assert refused.is_refused
    assert venue.sent(PLACE) == []
    await it.subscribe("BTC", heard)
    result = await place(it, **market)
    assert (body(venue)["price"], body(venue)["timeInForce"], result.price) == ("65489", "IOC", None)
    price = {"type": "MP", "data": {"m": "BTC-USD", "p": "62000.9", "ts": 0}, "ts": 1, "seq": 1}
    venue.stream("/prices/mark/").say(price)
    await place(it, "78", **market)
    assert body(venue)["price"] == "65100"
    await place(it, "79", price=None)
    assert body(venue)["price"] == "65001"
    await it.disconnect()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (bad(503, "busy", 503), ConnectivityError),
        (answer(b"<html>", 502), ConnectivityError),
        (bad(500, "oops", 200), ConnectivityError),
        (bad(1006, "unhandled"), ConnectivityError),
        (bad(429, "slow down", 429), RateLimited),
        (answer(b"what?"), BadPayload),
        (good({"no": "id"}), BadPayload),
        (ConnectivityError("no response"), ConnectivityError),
        (bad(1101, "bad signature"), AuthError),
    ],
)
async def test_no_certain_answer_is_no_refusal(clock: VirtualClock, reply: Any, kind: type[Exception]) -> None:
    """Whatever leaves the outcome open is raised, and the order left once."""
    venue = standing_venue()
    venue.rules[PLACE] = reply
    with pytest.raises(kind):
        await place(client(clock, venue))
    assert len(venue.sent(PLACE)) == 1


@pytest.mark.parametrize("status", [200, 400])
async def test_a_refusal_is_definite(clock: VirtualClock, status: int) -> None:
    """Also one in an HTTP 200; the venue's code and words are kept."""
    venue = standing_venue()
    venue.rules[PLACE] = bad(1140, "New order cost exceeds available balance", status)
    result = await place(client(clock, venue))
    assert result.is_refused
    assert result.error_message == "New order cost exceeds available balance [1140]"


async def test_what_cannot_be_is_not_sent(clock: VirtualClock) -> None:
    """Refused here with the venue's code, naming the minimum; an unknown market is a slip of the finger."""
    venue = standing_venue()
    it = client(clock, venue)
    result = await place(it, quantity=D("0.00001"))
    assert result.is_refused
    assert "the minimum of BTC-USD is 0.0001" in result.error_message
    with pytest.raises(UserError, match="did you mean BTC"):
        await it.place_order("BTCX", "78", params())
    assert venue.sent(PLACE) == []


async def test_fees_that_cannot_be_read_send_nothing(clock: VirtualClock) -> None:
    """What was not sent is refused for certain, not unknown."""
    venue = standing_venue()
    venue.rules["GET /user/fees"] = ConnectivityError("no response")
    result = await place(client(clock, venue))
    assert result.is_refused
    assert "fees" in result.error_message
    venue.rules["GET /user/fees"] = good([])
    assert (await place(client(clock, venue))).is_refused


async def test_fees_and_terms_are_read_anew_after_a_refusal(clock: VirtualClock) -> None:
    """A fee too low and a tick that changed are learnt; a venue that does not answer leaves the terms as they were."""
    venue = standing_venue()
    it = client(clock, venue)
    venue.rules[PLACE] = bad(1128, "fee too low")
    assert (await place(it)).is_refused
    venue.rules[PLACE] = bad(1124, "price tick")
    assert (await place(it)).is_refused
    assert (len(venue.sent("GET /user/fees")), len(venue.sent("GET /info/markets"))) == (2, 1)
    venue.rules["GET /info/markets"] = ConnectivityError("no response")
    venue.rules[PLACE] = PLACED
    assert (await place(it)).success
    assert len(venue.sent("GET /info/markets")) == 2


# -- cancelling -------------------------------------------------------------------------------------


async def test_cancels_go_by_our_id(clock: VirtualClock) -> None:
    """A good answer is accepted, not over; a refusal is definite; silence is neither."""
    venue = standing_venue()
    venue.rules |= {PLACE: PLACED, CANCEL: good()}
    it = client(clock, venue)
    await place(it)
    result = await it.cancel_order("BTC", "77")
    assert (result.success, result.order_id) == (True, "1791389621914243072")
    assert query(venue.sent(CANCEL)[0]) == {"externalId": "77"}
    venue.rules[CANCEL] = bad(404, "no such order", 404)
    assert (await it.cancel_order("BTC", "78")).is_refused
    venue.rules[CANCEL] = bad(500, "oops", 500)
    with pytest.raises(ConnectivityError):
        await it.cancel_order("BTC", "77")


async def test_cancelling_all_names_one_market(clock: VirtualClock) -> None:
    """Never the whole account."""
    venue = standing_venue()
    venue.rules[MASS] = good()
    it = client(clock, venue)
    assert (await it.cancel_all("BTC")).success
    assert msgspec.json.decode(venue.sent(MASS)[0].body) == {"markets": ["BTC-USD"], "cancelAll": False}
    venue.rules[MASS] = bad(1001, "no market")
    assert (await it.cancel_all("BTC")).is_refused


async def test_there_is_no_amend(clock: VirtualClock) -> None:
    """It is refused for certain and nothing is sent."""
    venue = standing_venue()
    assert (await client(clock, venue).amend_order("BTC", "77", D(1), D(1))).is_refused
    assert venue.asked == []


async def test_the_dead_mans_switch(clock: VirtualClock) -> None:
    """Seconds go out as they are, None switches it off, nonsense is refused."""
    venue = standing_venue()
    venue.rules["POST /user/deadmanswitch"] = good()
    it = client(clock, venue)
    for seconds, told in ((60, "60"), (None, "0")):
        await it.set_dead_man_switch(seconds)
        assert query(venue.asked[-1]) == {"countdownTime": told}
    for nonsense in (0, -5, 10**6):
        with pytest.raises(VenueRejected):
            await it.set_dead_man_switch(nonsense)
