"""What `runbot doctor` says of Extended, step by step."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from extended_samples import answer, bad, good, order
from extended_scenes import PRIVATE, ScriptedVenue, client, standing_venue

from helpers.errors import AuthError, UserError, VenueError
from simulation.virtual_loop import VirtualClock

PLACE = "POST /user/order"


def healthy(clock: VirtualClock) -> ScriptedVenue:
    """Give a venue where all is well."""
    venue = standing_venue()
    stats = {"status": "OK", "data": {}}
    venue.rules |= {
        "GET /info/markets/BTC-USD/stats": answer(stats, date="Thu, 01 Jan 1970 00:00:00 GMT"),
        "GET /info/markets/BTC-USD/orderbook": good({"bid": [{"qty": "1", "price": "65001"}], "ask": []}),
        PLACE: lambda request: good({"id": 5, "externalId": msgspec.json.decode(request.body)["id"]}),
    }

    def ended(request: Any) -> Any:
        return good([order(request.url.rpartition("/")[2], status="CANCELLED", statusReason="NO_LIQUIDITY")])

    venue.rules[f"GET /user/orders/external/{first_id(clock)}"] = ended
    return venue


def first_id(clock: VirtualClock) -> str:
    """Give the first client order id of a run that starts now."""
    return client(clock, ScriptedVenue()).context.ids.next()


async def run(clock: VirtualClock, venue: ScriptedVenue, **environment: str) -> dict[str, str | Exception]:
    """Look at everything, as the command does."""
    it, found = client(clock, venue, **environment), dict[str, str | Exception]()
    for step in it.checkup("BTC"):
        try:
            found[step.name] = await step.look()
        except (UserError, VenueError) as error:
            found[step.name] = error
            if step.needed_for_rest:
                break
    await it.disconnect()
    return found


async def test_all_is_well(clock: VirtualClock) -> None:
    """Each step has its line; the order it sends cannot trade: the least quantity at half the best bid, at once."""
    venue = healthy(clock)
    found = await run(clock, venue)
    assert all(isinstance(line, str) and line for line in found.values()), found
    assert list(found) == ["keys", "venue", "clock", "account", "money", "market", "fees and limits", "signed order"]
    assert "0.025 %" in str(found["fees and limits"])
    assert "NO_LIQUIDITY" in str(found["signed order"])
    sent = msgspec.json.decode(venue.sent(PLACE)[0].body)
    assert (sent["price"], sent["qty"], sent["timeInForce"], sent["side"]) == ("32500", "0.0001", "IOC", "BUY")
    assert f"{PRIVATE:x}" not in str(found)


async def test_keys_that_do_not_belong_together_end_it(clock: VirtualClock) -> None:
    """Nothing is asked of the venue then."""
    venue = healthy(clock)
    found = await run(clock, venue, EXTENDED_STARK_KEY_PUBLIC="0x5")
    assert list(found) == ["keys"]
    assert isinstance(found["keys"], UserError)
    assert venue.asked == []


async def test_a_clock_that_is_wrong(clock: VirtualClock) -> None:
    """Named with its direction and how to mend it; the rest is looked at all the same."""
    venue = healthy(clock)
    for told, words in (("Thu, 01 Jan 1970 00:01:00 GMT", "behind"), ("Wed, 31 Dec 1969 23:00:00 GMT", "ahead of")):
        venue.rules["GET /info/markets/BTC-USD/stats"] = answer({"status": "OK", "data": {}}, date=told)
        found = await run(clock, venue)
        assert words in str(found["clock"])
        assert "NTP" in str(found["clock"])
        assert "signed order" in found


async def test_an_empty_account(clock: VirtualClock) -> None:
    """No money is told as such."""
    venue = healthy(clock)
    venue.rules["GET /user/balance"] = bad(404, "none", 404)
    assert "deposit" in str((await run(clock, venue))["money"])


@pytest.mark.parametrize(
    ("reply", "words"),
    [(bad(1101, "bad"), "EXTENDED_STARK_KEY_PRIVATE"), (bad(1140, "no money"), "did not blame the signature")],
)
async def test_a_refused_order(clock: VirtualClock, reply: Any, words: str) -> None:
    """A refused signature names the key; another refusal is told as what it is."""
    venue = healthy(clock)
    venue.rules[PLACE] = reply
    found = (await run(clock, venue))["signed order"]
    assert words in str(found)
    assert isinstance(found, AuthError) == ("PRIVATE" in words)


async def test_an_order_that_does_not_end_is_cancelled(clock: VirtualClock) -> None:
    """And the person is told; so are an impossible fill and a market without bids."""
    venue = healthy(clock)
    path = f"GET /user/orders/external/{first_id(clock)}"
    venue.rules |= {path: good([order(first_id(clock))]), "DELETE /user/order": good()}
    assert "was cancelled" in str((await run(clock, venue))["signed order"])
    assert len(venue.sent("DELETE /user/order")) == 1
    venue = healthy(clock)
    venue.rules[path] = good([order(first_id(clock), status="FILLED", filledQty="0.0001")])
    assert "filled" in str((await run(clock, venue))["signed order"])
    venue.rules["GET /info/markets/BTC-USD/orderbook"] = good({"bid": [], "ask": []})
    assert "no bids" in str((await run(clock, venue))["signed order"])
