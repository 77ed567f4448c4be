"""What a geometric grid does when things do not go as planned: refusals, gaps, unknown things."""

from __future__ import annotations

from decimal import Decimal

from geometric_grid_scenes import GridScene
from worlds import S, with_market

from helpers.enums import MarketKind, OrderStatus, Side

D = Decimal


# -- refusals ---------------------------------------------------------------------------------------------


def test_refused_entries_come_again_after_growing_pauses() -> None:
    """Half a second, one, two, ... up to thirty: never at once, and every level for itself."""
    scene = GridScene(mode="long", orders_per_side=1)
    scene.begin()
    assert len(scene.decided().orders) == 1
    scene.end("entry-3", OrderStatus.REJECTED)
    for pause in ("0.5", "1", "2", "4", "8", "16", "30", "30"):
        assert scene.step() is None
        assert scene.strategy.next_wake(scene.data()).at == scene.now_ns + int(D(pause) * S)
        scene.wait(pause)
        assert [order.intent for order in scene.decided().orders] == ["entry-3"]
        scene.end("entry-3", OrderStatus.REJECTED)


def test_a_refusal_of_the_risk_manager_is_looked_for_at_once() -> None:
    """An order that never left is heard of at the next step, so it asks for one; then it backs off."""
    scene = GridScene(mode="long", orders_per_side=1)
    scene.begin()
    scene.step(refuse=True)
    assert scene.strategy.next_wake(scene.data()).at == scene.now_ns
    assert scene.step() is None
    assert scene.strategy.next_wake(scene.data()).at == scene.now_ns + S // 2


def test_an_exit_that_is_refused_or_cancelled_comes_again() -> None:
    """A lot never stays without its exit: it is placed again after a pause."""
    scene = GridScene().started()
    scene.fill("entry-3").rest()
    for status in (OrderStatus.REJECTED, OrderStatus.CANCELLED):
        scene.end("exit-3", status)
        assert "exit-3" not in [order.intent for result in [scene.step()] if result for order in result.orders]
        scene.wait(1).rest()
        assert scene.exits()["exit-3"][1] == D("0.006")


def test_a_cancel_of_our_own_is_no_refusal() -> None:
    """A level whose entry made way for a nearer one may be used again without a pause."""
    scene = GridScene(mode="long").started()
    scene.between(4).rest()
    assert scene.buys() == [2, 3, 4]
    for index in (4, 3):
        scene.fill(f"entry-{index}")
    scene.between(2, "0.9").rest()
    assert scene.buys() == [0, 1, 2]


def test_an_order_that_is_not_answered_is_left_alone() -> None:
    """While nobody knows whether an entry lives, its level is taken and it is not cancelled."""
    scene = GridScene(mode="long").started()
    scene.change("entry-1", status=OrderStatus.UNKNOWN)
    result = scene.between(4).decided()
    assert result.cancels == ("entry-2",)
    assert "entry-1" in scene.orders


# -- gaps -------------------------------------------------------------------------------------------------


def test_an_exit_whose_level_is_passed_rests_beside_the_market_and_returns() -> None:
    """It never takes: one tick off the touch; and once it can rest at its level it goes there."""
    scene = GridScene(mode="long").started()
    scene.fill("entry-3").quote("62100.0")
    result = scene.decided()
    assert result.orders[0].price == D("62100.1")
    assert "exit of level 3, 61967.7 is passed" in result.message
    assert scene.rest() == []
    below = scene.strategy.next_wake(scene.data()).price_at_or_below
    assert below is not None
    assert below >= scene.level(4) - D("0.1")
    scene.quote("61967.7")
    assert [a for r in [scene.step()] if r for a in r.amends] == []
    (amend,) = scene.quote("61967.6").decided().amends
    assert (amend.intent, amend.price) == ("exit-3", D("61967.7"))


def test_an_exit_within_requote_ticks_of_its_level_stays() -> None:
    """A difference that is not worth a place in the queue is left."""
    scene = GridScene(mode="long", requote_ticks=1000).started()
    scene.fill("entry-3").quote("62060.0").rest()
    scene.quote("61900.0").rest()
    assert scene.exits()["exit-3"][2] == D("62060.1")


def test_an_exit_waits_until_our_own_order_is_out_of_its_way() -> None:
    """A buy of ours that an exit would trade with is cancelled; the exit goes out when it is gone."""
    scene = GridScene(mode="long").started()
    scene.between(4).rest()
    scene.orders["entry-4"] = scene.change("entry-4", status=OrderStatus.UNKNOWN)
    scene.quote("61600.0", "62400.0").fill("entry-3")  # a jump: level 4 must have filled, and nobody said so yet
    assert scene.level(4) in [order.price for order in scene.orders.values()]
    result = scene.step()
    assert result is None or all(order.intent != "exit-3" for order in result.orders)
    scene.change("entry-4", status=OrderStatus.OPEN)
    assert "entry-4" in scene.decided().cancels
    assert scene.exits() == {}
    scene.settle().rest()
    assert scene.exits()["exit-3"][0] is Side.SELL


def test_bought_and_sold_on_two_levels_cancel_out() -> None:
    """A sale beside a lot closes it: one position has one set of books, and the exit that is left over is cancelled."""
    scene = GridScene().started()
    scene.fill("entry-3")
    scene.fill("entry-4")
    said = " ".join(scene.rest())
    assert "0.006 BTC bought and sold on two levels cancel out" in said
    assert (scene.position, scene.lots, scene.exits()) == (0, {}, {})
    scene.fill("entry-3").rest()
    scene.fill("entry-5", "0.002")
    result = scene.decided()
    assert [(amend.intent, amend.quantity) for amend in result.amends] == [("exit-3", D("0.004"))]
    assert scene.lots == {"exit-3": D("0.004")}


def test_a_fill_of_an_exit_whose_lot_is_gone_still_counts() -> None:
    """An exit that fills while it is being cancelled is a trade on the level where it stood."""
    scene = GridScene().started()
    for index in (3, 2):
        scene.fill(f"entry-{index}").rest()
    scene.fill("entry-5")  # takes the place of the nearest exit, that of level 2
    assert "exit-2" in scene.decided().cancels
    scene.fill("exit-2").rest()
    assert (scene.position, scene.lots) == (0, {})


# -- unknown things ---------------------------------------------------------------------------------------


def test_nothing_opens_while_the_position_is_unknown() -> None:
    """Unknown is not zero: exits go out, they can only reduce; entries wait."""
    scene = GridScene().started()
    scene.fill("entry-3")
    scene.position = None
    assert [order.intent for order in scene.decided().orders] == ["exit-3"]
    scene.settle().rest()
    assert scene.buys() == [1, 2]
    scene.position = D("0.006")
    scene.between(2, "0.9").rest()
    assert scene.buys() == [0, 1, 2]


def test_nothing_opens_while_the_balance_is_unknown() -> None:
    """Without a balance the risk manager would refuse every entry: none is asked for."""
    scene = GridScene()
    scene.cash = None
    assert scene.started().orders == {}
    scene.cash = D(1_000)
    scene.rest()
    assert len(scene.orders) == 6


def test_on_spot_it_buys_what_it_can_pay() -> None:
    """Where everything is paid in full, entries stop at the money that is there, fees included."""
    scene = GridScene(market=with_market(kind=MarketKind.SPOT), mode="long")
    scene.cash = D(750)
    scene.begin()
    assert [order.intent for order in scene.decided().orders] == ["entry-3", "entry-2"]


def test_an_exit_waits_for_one_whose_lot_is_gone() -> None:
    """While an exit without a lot may still live, another one would ask for more than there is to reduce."""
    scene = GridScene().started()
    for index in (3, 2):
        scene.fill(f"entry-{index}").rest()
    scene.change("exit-2", status=OrderStatus.UNKNOWN)
    scene.fill("entry-5").rest()
    assert scene.lots == {"exit-3": D("0.006")}
    scene.end("exit-3")
    assert scene.wait(5).rest() == []
    scene.end("exit-2").rest()
    assert [order.reduce_only for order in scene.orders.values() if order.intent == "exit-3"] == [True]


def test_no_entry_goes_out_that_an_order_of_ours_would_meet() -> None:
    """A sale that may still live below the market keeps purchases above it back until it is gone."""
    scene = GridScene(mode="long").started()
    scene.fill("entry-3").rest()
    scene.change("exit-3", status=OrderStatus.UNKNOWN)
    scene.position = D(0)  # somebody closed it
    scene.step()
    scene.wait(1).rest()
    scene.between(5).rest()
    assert scene.buys() == [1, 2]
    assert scene.strategy.next_wake(scene.data()).prices
    scene.end("exit-3").rest()
    assert scene.buys() == [3, 4, 5]
