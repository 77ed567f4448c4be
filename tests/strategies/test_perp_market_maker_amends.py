"""What a perp market maker keeps, amends and replaces in a round."""

from __future__ import annotations

import pytest
from desk import D
from perp_market_maker_scenes import BUYS, FIRST, LATER, ROUND_S, SELLS, quoting


@pytest.mark.parametrize("cancel_before_place", [True, False])
@pytest.mark.parametrize("bid", ["62000.2", "61999.8"])
def test_near_quotes_stay(bid: str, *, cancel_before_place: bool) -> None:
    """Quotes within requote_ticks of their new prices are left alone: a round with nothing off sends nothing."""
    maker = quoting(cancel_before_place=cancel_before_place, requote_ticks=3)
    assert maker.quote(bid).next_round().step() is None
    assert maker.prices() == FIRST
    assert maker.wakes_in() == ROUND_S


@pytest.mark.parametrize("bid", ["62000.5", "61999.5"])
def test_one_quote_that_is_off_renews_all(bid: str) -> None:
    """With cancel_before_place the first tick beyond requote_ticks cancels every quote."""
    maker = quoting(requote_ticks=3)
    assert maker.quote(bid).next_round().asked().cancels == (*BUYS, *SELLS)


@pytest.mark.parametrize("requote_ticks", [None, 1000])
def test_the_spread_bounds_what_may_stay(requote_ticks: int | None) -> None:
    """However many requote_ticks, or none: a quote that is off by more than an eighth of the spread does not stay."""
    maker = quoting(cancel_before_place=False, requote_ticks=requote_ticks)
    # an eighth of 0.2 % of 62,000 is 15.5
    assert maker.quote("61984.7").next_round().step() is None
    result = maker.quote("61984.3").next_round().asked()
    assert len(result.amends) == 6
    assert result.message == (
        "amend buy-1 to 61922.3, buy-2 to 61922.2, buy-3 to 61921.9, sell-1 to 62046.4, sell-2 to 62046.5, "
        "sell-3 to 62046.8: the mid is 61984.35"
    )


def test_a_fill_with_all_others_in_place_adds_only_what_is_missing() -> None:
    """With cancel_before_place too, a filled level comes back without a cancel: nothing old has to leave for it."""
    maker = quoting()
    maker.fill("sell-2")
    result = maker.next_round().asked()
    assert (result.cancels, [order.intent for order in result.orders]) == ((), ["sell-2"])


def test_quotes_that_are_off_are_amended() -> None:
    """Where the venue can amend, they move in place: no cancel, no new order."""
    maker = quoting(cancel_before_place=False)
    result = maker.quote("62010.0").next_round().asked()
    assert (result.cancels, result.orders) == ((), ())
    assert maker.prices() == LATER


def test_a_partly_filled_quote_is_made_whole() -> None:
    """Its total becomes what filled and a whole order, if max_position has room for that."""
    maker = quoting(cancel_before_place=False, quantity="0.002")
    maker.fill("sell-1", "0.001")
    (amend,) = maker.next_round().asked().amends
    assert (amend.intent, str(amend.price), amend.quantity) == ("sell-1", "62062.1", D("0.003"))


def test_where_the_venue_cannot_amend_they_are_replaced() -> None:
    """Only those that are off go, and each side's new ones follow when the old ones of that side are gone."""
    maker = quoting(cancel_before_place=False, amends=False)
    result = maker.quote("62010.0").next_round().asked()
    assert (result.cancels, result.amends, result.orders) == ((*BUYS, *SELLS), (), ())
    maker.end("buy-1")
    maker.end("buy-2")
    assert maker.step() is None
    maker.end("buy-3")
    assert [order.intent for order in maker.asked().orders] == [*BUYS]
    maker.settle()
    assert [order.intent for order in maker.asked().orders] == [*SELLS]
    assert maker.prices() == LATER


def test_a_jump_while_quotes_are_replaced_leaves_them_out() -> None:
    """If by then a new buy would meet a sell of ours that still rests, it is left until the next round."""
    maker = quoting(cancel_before_place=False, amends=False)
    maker.change("buy-1", price=D("61930.0"))
    assert maker.next_round().asked().cancels == ("buy-1",)
    maker.quote("62130.0").settle()
    assert maker.step() is None
    assert set(maker.prices()) == {"buy-2", "buy-3", *SELLS}
    maker.next_round().asked()
    maker.settle()
    assert len(maker.asked().orders) == 6


def test_missing_quotes_are_added_beside_those_that_stay() -> None:
    """A filled level is quoted again in the next round, the others are left alone."""
    maker = quoting(cancel_before_place=False)
    maker.fill("sell-2")
    result = maker.next_round().asked()
    assert (result.cancels, result.amends) == ((), ())
    assert [(order.intent, str(order.price)) for order in result.orders] == [("sell-2", "62062.3")]


def test_a_jump_past_our_own_quotes_clears_the_book_first() -> None:
    """If a new buy would meet a sell of ours that still rests, all are cancelled first, as with cancel_before_place."""
    maker = quoting(cancel_before_place=False)
    result = maker.quote("62130.0").next_round().asked()
    assert (result.cancels, result.amends, result.orders) == ((*BUYS, *SELLS), (), ())
    maker.settle()
    assert len(maker.asked().orders) == 6


def test_an_unanswered_quote_stays_in_its_place() -> None:
    """It is neither amended nor cancelled nor placed a second time, and no other takes its price."""
    maker = quoting(cancel_before_place=False, requote_ticks=1).lose_answer("buy-1")
    maker.quote("61999.8").next_round().asked()
    assert maker.prices()["buy-1"] == "61938.0"
    maker.change("buy-1", price=D("61947.8"))
    maker.quote("62010.0").next_round().asked()
    assert maker.prices()["buy-2"] == "61947.7"
    assert len({*maker.prices().values()}) == 6
