"""Money: what is free decides, the venue tells it when it likes, and no order goes out that it cannot back."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace
from top_of_book_scenes import SPOT, Maker
from worlds import MARKET, S

from helpers.enums import Side

D = Decimal
BUY, BOTH = ["buy 0.001 at 62000"], ["sell 0.001 at 62000.1", "buy 0.001 at 62000"]
LEVERED = replace(MARKET, max_leverage=D(20))


def wakes_in(maker: Maker) -> float | None:
    """Give the seconds until the time it asks to be woken at."""
    at = maker.maker.next_wake(maker.data()).at
    return None if at is None else (at - maker.now_ns) / S


# -- pause and resume ------------------------------------------------------------------------------------------


def test_resuming_is_dearer_than_going_on() -> None:
    """[S] 561.99 USD are enough to go on with the buy that rests, not to resume and place one."""
    maker = Maker().rest("buy-9", "62000").has("561.99")
    assert (maker.does(), maker.maker.state.paused) == ([], False)
    maker = Maker().has("499").does_first().has("561.99")
    assert (maker.does(), maker.maker.state.paused) == ([], True)


def test_resuming_that_only_leads_to_the_next_pause() -> None:
    """Where an order binds more than was reckoned with, resuming is tried after 0.5, 1, 2 s; a fill ends that."""
    maker = Maker().has("499")
    maker.does_first()
    for pause in (0, 0.5, 1, 2):
        assert wakes_in(maker) == (pause or None)
        assert maker.wait(pause).has("563").does() == BUY
        (intent,) = maker.orders
        assert maker.has("499").does() == [f"cancel {intent}"]
        maker.settle().has("563")
        assert maker.step() is None
    maker.wait(4).does_first(*BUY).fill("buy-5").has("499")
    assert maker.does() == ["sell 0.001 at 62000.1"]
    assert wakes_in(maker) is None


def test_a_balance_that_moves_moves_nothing() -> None:
    """On a perpetual what is free moves with the market: every push wakes it, and between the limits none matters."""
    maker = Maker().does_first(*BUY).fill("buy-1").does_first(*BOTH)
    before = maker.maker.save_state()
    for usd in range(500, 10_000, 50):
        assert maker.wait("0.05").has(str(usd)).step() is None
    assert maker.maker.save_state() == before


def test_a_balance_around_its_limit() -> None:
    """It pauses once: to resume an order has to fit as well, so pushes around the limit do not place and cancel."""
    maker = Maker().does_first(*BUY)
    decided = [maker.wait("0.1").has("499.9" if n % 2 else "500.1").settle().does() for n in range(200)]
    assert [words for words in decided if words] == [["cancel buy-1"]]


def test_an_exposure_around_its_limit() -> None:
    """No order has to fit there, for what goes out is sold first: resuming is tried less and less often."""
    maker = Maker(max_exposure="62").holds("0.001").rest("sell-9", "63000").quote("61990")
    bought = 0
    for n in range(1_200):
        maker.wait("0.1").quote("62010" if n % 2 else "61990").settle()
        bought += sum("buy" in words and "cancel" not in words for words in maker.does())
    assert 1 < bought < 12


def test_a_balance_that_lags() -> None:
    """Bought on the word of an old balance: one order at a time, counted in the position at once."""
    maker = Maker(max_exposure="130", max_sells=50)
    for _ in range(10):
        maker.step()
        maker.wait(1).quote(maker.bid - 10)
        for name in [name for name, order in maker.orders.items() if order.side is Side.BUY]:
            maker.fill(name)
    assert maker.position == D("0.003")
    assert maker.maker.state.paused


# -- what the money does not back ---------------------------------------------------------------------------------


def test_a_buy_that_cannot_be_paid_is_not_asked_for() -> None:
    """On spot a buy is paid in full, fee included, also with the limit off; it goes out as soon as it can be."""
    maker = Maker(market=SPOT, min_usd_balance=None).has("62.01")
    assert maker.does() == []
    assert maker.said == ["no buy: it needs 62.02 USD, 62.01 is free"]
    assert maker.step() is None
    assert maker.has("62.02").does() == BUY


def test_a_buy_is_not_moved_beyond_the_money() -> None:
    """On spot only the difference has to be paid: with nothing left it stays, further down it may always go."""
    maker = Maker(market=SPOT, min_usd_balance=None).does_first(*BUY).has("0").quote("62010")
    assert maker.does() == []
    assert maker.said[-1] == "buy-1 stays at 62000: to move, it needs 0.01 USD, 0.00 is free"
    assert maker.quote("61990", "62005").does() == ["amend buy-1 61990"]
    assert maker.quote("62010").has("0.03").does() == ["amend buy-1 62010"]


def test_on_a_perpetual_the_highest_leverage_counts() -> None:
    """What not even that backs is not asked for; what covers a short needs nothing."""
    poor = Maker(market=LEVERED, min_usd_balance=None).has("3.11")
    assert poor.does() == []
    assert poor.said == ["no buy: it needs 3.12 USD, 3.11 is free"]
    assert poor.has("3.12").does() == BUY
    assert Maker(market=LEVERED, min_usd_balance=None).holds("-0.001").has("0").does() == BUY


def test_spot_is_the_same() -> None:
    """On a spot market the same fields say what is held and what is free."""
    maker = Maker(market=SPOT).does_first(*BUY).fill("buy-1")
    assert maker.does() == BOTH
