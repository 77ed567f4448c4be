"""Lighter's HTTP: what is asked, what it costs, what an answer's code means, and lists that must be whole."""

from __future__ import annotations

from typing import Any

import pytest
from lighter_payloads import ACCOUNT, KEY_INDEX, NOW_MS, order, trade
from lighter_scenes import FakeLighter, query_of

from exchanges.lighter.account_rest import LighterAccountRest
from exchanges.lighter.faults import explain
from exchanges.lighter.rest import LighterRest, tier_of, tx_costs
from helpers.errors import AuthError, BadPayload, ConnectivityError, RateLimited, VenueRejected
from helpers.transport import HttpRequest, HttpResponse
from simulation.virtual_loop import VirtualClock


def rest(venue: FakeLighter, clock: VirtualClock) -> LighterRest:
    """Give the venue's HTTP."""
    return LighterRest(venue, "http://127.0.0.1:8001", clock)


def private(venue: FakeLighter, clock: VirtualClock) -> LighterAccountRest:
    """Give the account's reads."""
    return LighterAccountRest(rest(venue, clock), ACCOUNT, KEY_INDEX, lambda: "the-token")


def paged(name: str, *pages: list[dict[str, Any]]) -> Any:
    """Answer with pages, each naming the next."""

    def answer(request: HttpRequest) -> tuple[int, Any]:
        number = int(query_of(request).get("cursor", "0"))
        more = str(number + 1) if number + 1 < len(pages) else None
        return 200, {"code": 200, name: pages[number], "next_cursor": more}

    return answer


# -- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b'{"code":200}', None),
        (200, b'{"code":0}', None),
        (200, b"[]", None),
        (200, b'{"code":21104,"message":"invalid nonce"}', VenueRejected),
        (400, b'{"code":21739,"message":"not enough margin to create the order"}', VenueRejected),
        (400, b'{"code":20013,"message":"invalid auth"}', AuthError),
        (400, b'{"code":21120,"message":"invalid signature"}', AuthError),
        (400, b'{"code":23000,"message":"Too Many Requests!"}', RateLimited),
        (404, b'{"code":29404,"message":"not found"}', VenueRejected),
        (400, b'{"message":"what"}', VenueRejected),
        (400, b"<html>", None),
        (405, b"", RateLimited),
        (429, b'{"code":23000}', None),
        (502, b'{"code":21739}', None),
    ],
)
def test_an_answers_code_says_what_it_is(status: int, body: bytes, error: type[Exception] | None) -> None:
    """Refusals, keys and limits are told apart; what the status says already is left to it."""
    told = explain(HttpResponse(status=status, headers={}, body=body, received_ns=0))
    assert (told is None) if error is None else type(told) is error


def test_a_refusal_keeps_the_venues_code_and_words() -> None:
    """And one about keys says what to do."""
    told = explain(HttpResponse(status=400, headers={}, body=b'{"code":21739,"message":"not enough"}', received_ns=0))
    assert str(told) == "Lighter: not enough [21739]"
    old = explain(HttpResponse(status=400, headers={}, body=b'{"code":21136,"message":"update"}', received_ns=0))
    assert "update lighter-sdk" in str(old)


async def test_a_lost_answer_and_a_limit_are_not_refusals(clock: VirtualClock) -> None:
    """A 503 and a 429 leave the outcome open."""
    venue = FakeLighter(clock)
    for status, error in ((503, ConnectivityError), (429, RateLimited)):
        venue.refuse("orderBookDetails", 23_000, "Too Many Requests!", status)
        with pytest.raises(error):
            await rest(venue, clock).markets()


async def test_an_answer_of_another_shape_is_told(clock: VirtualClock) -> None:
    """No markets at all, or a list that is none, is an error and not an empty venue."""
    venue = FakeLighter(clock)
    for body in ({"code": 200}, {"code": 200, "order_book_details": [7]}, b"<html>"):
        venue.answers["orderBookDetails"] = lambda _, body=body: (200, body)  # type: ignore[misc]  # keeps its own body
        with pytest.raises(BadPayload):
            await rest(venue, clock).markets()


async def test_an_account_that_is_not_there_is_a_refusal(clock: VirtualClock) -> None:
    """Not an account with nothing in it."""
    venue = FakeLighter(clock)
    venue.answers["account"] = lambda _: (200, {"code": 200, "accounts": []})
    with pytest.raises(VenueRejected, match="no account 65"):
        await rest(venue, clock).account(65)


async def test_the_book_and_the_clock_are_read(clock: VirtualClock) -> None:
    """Orders at the touch and the venue's whole seconds."""
    venue = FakeLighter(clock)
    venue.answers["orderBookOrders"] = lambda request: (200, {"code": 200, "asks": [], "bids": []})
    await rest(venue, clock).book(3)
    assert query_of(venue.requests[-1]) == {"market_id": "3", "limit": "250"}
    assert await rest(venue, clock).server_time_ns() == clock.now_ns() // 10**9 * 10**9


# -- budgets --------------------------------------------------------------------------------------


async def test_a_new_account_is_held_to_sixty_a_minute(clock: VirtualClock) -> None:
    """The reads beyond that wait, and none is lost."""
    venue = FakeLighter(clock)
    found = rest(venue, clock)
    start = clock.now_ns()
    for _ in range(70):
        await found.account(ACCOUNT)
    assert len(venue.requests) == 70
    assert clock.now_ns() - start > 10 * 10**9


async def test_a_better_tier_is_taken_over(clock: VirtualClock) -> None:
    """The same reads go at once."""
    venue = FakeLighter(clock)
    found = rest(venue, clock)
    found.take_tier(tier_of("Premium"))
    start = clock.now_ns()
    for _ in range(70):
        await found.account(ACCOUNT)
    assert clock.now_ns() == start


def test_what_transactions_draw_on() -> None:
    """A sending counts once, as a request too, each of its transactions for its type; an unknown tier is the least."""
    assert tx_costs([14, 14, 15]) == {"requests": 1, "transactions": 1, "type 14": 2, "type 15": 1}
    assert tier_of("who knows") == tier_of("standard")
    assert tier_of("plus").transactions > tier_of("premium").transactions


# -- private lists ----------------------------------------------------------------------------------


async def test_private_reads_carry_the_token_as_it_is(clock: VirtualClock) -> None:
    """In the header `authorization`, without Bearer; public ones carry none."""
    venue = FakeLighter(clock)
    await private(venue, clock).limits()
    assert venue.requests[-1].headers["authorization"] == "the-token"
    await private(venue, clock).account()
    assert "authorization" not in venue.requests[-1].headers


async def test_all_pages_of_orders_are_read(clock: VirtualClock) -> None:
    """Until the venue names no next one; orders of other markets are left out."""
    venue = FakeLighter(clock)
    venue.answers["accountActiveOrders"] = paged("orders", [order(1), order(2, market_index=0)], [order(3)])
    found = await private(venue, clock).active_orders(1)
    assert [each.client_order_index for each in found] == [1, 3]


async def test_an_order_is_found_by_our_id(clock: VirtualClock) -> None:
    """Only ours, on this market; the newest of several under one id; None if there is none."""
    venue = FakeLighter(clock)
    foreign = [order(5, owner_account_index=9), order(5, market_index=0), order(6)]
    newer = order(5, order_index=2**49, transaction_time=NOW_MS * 1000 + 1)
    venue.answers["accountOrders"] = lambda _: (200, {"code": 200, "orders": [newer, order(5), *foreign]})
    found = await private(venue, clock).find_order(1, 5)
    assert found is not None
    assert found.order_index == 2**49
    assert query_of(venue.requests[-1]) == {"account_index": "65", "client_order_indexes": "5"}
    assert await private(venue, clock).find_order(1, 7) is None


async def test_without_the_look_up_the_pages_are_searched(clock: VirtualClock) -> None:
    """Active and inactive ones; None only after both."""
    venue = FakeLighter(clock)
    venue.refuse("accountOrders", 29404, "not found", 404)
    venue.answers["accountActiveOrders"] = paged("orders", [order(1)])
    venue.answers["accountInactiveOrders"] = paged("orders", [order(2, status="filled")], [order(3)])
    reads = private(venue, clock)
    for index in (1, 2, 3):
        found = await reads.find_order(1, index)
        assert found is not None
        assert found.client_order_index == index
    assert await reads.find_order(1, 4) is None
    assert {query_of(request)["limit"] for request in venue.asked("accountInactiveOrders")} == {"100"}


async def test_a_silent_venue_is_not_an_absent_order(clock: VirtualClock) -> None:
    """A look-up without an answer raises."""
    venue = FakeLighter(clock)
    venue.refuse("accountOrders", 0, "", 503)
    with pytest.raises(ConnectivityError):
        await private(venue, clock).find_order(1, 5)


async def test_trades_are_read_back_to_a_time(clock: VirtualClock) -> None:
    """Page by page, oldest first, each once, and no page further than needed."""
    venue = FakeLighter(clock)
    at = {number: {"timestamp": NOW_MS + number, "transaction_time": 0} for number in range(9)}
    pages = [[trade(8, **at[8]), trade(7, **at[7])], [trade(7, **at[7]), trade(5, **at[5]), trade(6, **at[6])]]
    venue.answers["trades"] = paged("trades", *pages, [trade(4, **at[4])], [trade(3, **at[3])])
    found = await private(venue, clock).trades(1, (NOW_MS + 6) * 10**6)
    assert [each.trade_id for each in found] == [6, 7, 8]
    assert len(venue.requests) == 2
    every = await private(venue, clock).trades(1, 0)
    assert [each.trade_id for each in every] == [3, 4, 5, 6, 7, 8]
    assert await private(venue, clock).trades(0, 0) == []


async def test_no_trades_are_no_trades(clock: VirtualClock) -> None:
    """Null and a missing list are empty lists, as the venue writes them."""
    venue = FakeLighter(clock)
    for body in ({"code": 200, "trades": None}, {"code": 200}):
        venue.answers["trades"] = lambda _, body=body: (200, body)  # type: ignore[misc]  # keeps its own body
        assert await private(venue, clock).trades(1, 0) == []


async def test_lists_without_end_are_an_error(clock: VirtualClock) -> None:
    """A venue that always names another page is not read for ever, and not taken for complete."""
    venue = FakeLighter(clock)

    def endless(name: str, row: dict[str, Any]) -> Any:
        return lambda request: (
            200,
            {"code": 200, name: [row], "next_cursor": query_of(request).get("cursor", "") + "x"},
        )

    venue.answers["trades"] = endless("trades", trade())
    venue.answers["accountActiveOrders"] = endless("orders", order())
    reads = private(venue, clock)
    with pytest.raises(BadPayload, match="does not end"):
        await reads.trades(1, 0)
    with pytest.raises(BadPayload, match="does not end"):
        await reads.active_orders(1)


async def test_the_next_nonce_is_our_keys(clock: VirtualClock) -> None:
    """Asked for with account and key."""
    venue = FakeLighter(clock)
    assert await private(venue, clock).next_nonce() == 7
    assert query_of(venue.requests[-1]) == {"account_index": "65", "api_key_index": "5"}
