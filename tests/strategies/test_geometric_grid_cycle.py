"""How a geometric grid trades: entries near the mid, exits one level away, levels armed again."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from geometric_grid_scenes import DUSTY, GridScene, at_once
from worlds import S

from helpers.enums import OrderStatus, Side
from strategies.base_strategy import StrategyAction

D = Decimal


def test_the_first_orders() -> None:
    """The nearest orders_per_side on each side of the mid, post-only, one decision, none at a price that takes."""
    scene = GridScene()
    scene.begin()
    result = scene.decided()
    assert result.action is StrategyAction.PLACE_ORDER
    assert [(order.intent, order.side, order.price) for order in result.orders] == [
        *((f"entry-{k}", Side.BUY, scene.level(k)) for k in (3, 2, 1)),
        *((f"entry-{k}", Side.SELL, scene.level(k)) for k in (4, 5, 6)),
    ]
    assert all(order.post_only and not order.reduce_only and order.quantity == D("0.006") for order in result.orders)
    assert result.message == (
        "buy 0.006 BTC each at 61469.8, 60975.9, 60486: 3 levels are free; "
        "sell 0.006 BTC each at 61967.7, 62469.7, 62975.7: 3 levels are free"
    )
    assert scene.step() is None
    assert at_once(scene.strategy.execute_strategy(scene.data())).action is StrategyAction.NONE


@pytest.mark.parametrize(("mode", "buys", "sells"), [("long", [1, 2, 3], []), ("short", [], [4, 5, 6])])
def test_one_sided_grids_open_on_one_side(mode: str, buys: list[int], sells: list[int]) -> None:
    """A long grid only buys to open, a short one only sells."""
    scene = GridScene(mode=mode).started()
    assert (scene.buys(), scene.sells()) == (buys, sells)


def test_the_level_at_the_mid_stays_empty() -> None:
    """A level that is the mid itself lies on no side: neither a buy nor a sell stands there."""
    scene = GridScene()
    scene.begin()
    middle = scene.level(4)
    scene.quote(middle - D("0.1"), middle + D("0.1")).rest()
    assert 4 not in {*scene.buys(), *scene.sells()}


def test_a_round_trip() -> None:
    """A fill gets its reduce-only exit one level away; when that fills, the level is armed again."""
    scene = GridScene().started()
    scene.between(2, "0.9").fill("entry-3")
    result = scene.decided()
    (exit_, *entries) = result.orders
    assert (exit_.intent, exit_.side, exit_.quantity) == ("exit-3", Side.SELL, D("0.006"))
    assert (exit_.price, exit_.reduce_only, exit_.post_only) == (scene.level(4), True, True)
    assert f"sell 0.006 BTC at {scene.level(4)}: exit of level 3" in result.message
    assert [order.intent for order in entries] == ["entry-0"]
    scene.settle()
    assert scene.lots == {"exit-3": D("0.006")}
    scene.between(3, "0.9").fill("exit-3").rest()
    assert scene.lots == {}
    assert scene.position == 0
    assert scene.buys() == [1, 2, 3]


def test_one_price_has_one_order() -> None:
    """Where an exit belongs no entry rests: the one on level 4 makes way for the exit of level 3, and comes back."""
    scene = GridScene().started()
    result = scene.fill("entry-3").decided()
    assert result.cancels == ("entry-4",)
    assert f"cancel entry-4 at {scene.level(4)}: an exit belongs there" in result.message
    scene.settle().rest()
    assert scene.sells() == [5, 6]
    scene.fill("exit-3").between(3, "0.4").rest()
    assert scene.sells() == [4, 5, 6]


def test_both_sides_are_the_mirror_image() -> None:
    """A sale above the mid gets a buy one level below it as its exit."""
    scene = GridScene().started()
    scene.fill("entry-4").rest()
    assert scene.exits() == {"exit-4": (Side.BUY, D("0.006"), scene.level(3))}
    assert scene.orders["exit-4"].reduce_only
    assert scene.lots == {"exit-4": D("-0.006")}
    assert scene.buys() == [1, 2]


def test_levels_keep_their_side() -> None:
    """However far the market falls and comes back, the position is that of the price: nothing drifts."""
    scene = GridScene().started()
    for _ in range(3):
        for index in (3, 2, 1):
            scene.between(index, "-0.1").fill(f"entry-{index}").rest()
        assert scene.position == D("0.018")
        assert scene.sells()[0] == 5  # level 4 is where level 3 leaves
        for index in (1, 2, 3):
            scene.between(index + 1, "0.1").fill(f"exit-{index}").rest()
        assert scene.position == 0


def test_a_level_is_not_traded_twice_at_one_price() -> None:
    """After an exit filled, no entry follows at its price before another level is nearer to the mid."""
    scene = GridScene(mode="long").started()
    scene.fill("entry-3").rest()
    scene.between(4, "0.1").fill("exit-3").rest()
    assert scene.buys() == [1, 2, 3]
    wake = scene.strategy.next_wake(scene.data())
    half_way = (scene.level(4) + scene.level(5)) / 2
    assert wake.price_at_or_above == half_way
    scene.quote(half_way.quantize(D("0.1")) + 1).rest()
    assert scene.buys() == [2, 3, 4]


def test_the_farthest_makes_way_for_the_nearest() -> None:
    """Never more than orders_per_side on a side: the new one goes out when the old one is gone."""
    scene = GridScene(mode="long").started()
    result = scene.between(4).decided()
    assert (result.cancels, result.orders) == (("entry-1",), ())
    assert result.message == "cancel entry-1 at 60486: level 4 is nearer to the market"
    assert scene.step() is None  # its cancel is pending, so its place is not free
    scene.settle()
    assert [order.intent for order in scene.decided().orders] == ["entry-4"]


def test_entries_stay_while_nobody_needs_their_place() -> None:
    """The mid wandering away from an entry is no reason to cancel it."""
    scene = GridScene().started()
    for index in (3, 2, 1):
        scene.fill(f"entry-{index}").rest()
    sells = scene.sells()
    scene.between(0, "0.2").rest()
    assert scene.sells() == sells == [5, 6]


# -- partial fills ----------------------------------------------------------------------------------------


def test_a_part_gets_its_exit() -> None:
    """What filled of an entry is covered at once; the exit grows with it while the entry goes on resting."""
    scene = GridScene().started()
    scene.fill("entry-3", "0.002").rest()
    assert scene.exits()["exit-3"][1] == D("0.002")
    result = scene.fill("entry-3", "0.003").decided()
    assert [(amend.intent, amend.quantity) for amend in result.amends] == [("exit-3", D("0.005"))]
    scene.fill("exit-3", "0.001")
    assert scene.step() is None
    scene.end("entry-3").rest()
    assert scene.exits()["exit-3"][1] == D("0.004")
    assert scene.lots == {"exit-3": D("0.004")}
    assert 3 not in scene.buys()  # armed again only when its exit has filled


def test_an_amend_that_changed_nothing_is_not_repeated_at_once() -> None:
    """A venue that refuses an amend is asked again after five seconds, not at every look."""
    scene = GridScene().started()
    scene.fill("entry-3", "0.002").rest()
    scene.fill("entry-3", "0.002").decided()
    scene.change("exit-3", quantity=D("0.002"))
    assert scene.step() is None
    wake = scene.strategy.next_wake(scene.data())
    assert wake.at == scene.now_ns + 5 * S
    assert scene.wait("4.9").step() is None
    assert [amend.quantity for amend in scene.wait("0.1").decided().amends] == [D("0.004")]


def test_dust_is_carried_into_the_next_lot() -> None:
    """Too little for an order waits, and leaves together with the next lot of its sign."""
    scene = GridScene(market=DUSTY).started()
    scene.fill("entry-3", "0.002").rest()
    assert scene.exits() == {}
    scene.end("entry-3").rest()
    assert (scene.state.dust, scene.lots) == (D("0.002"), {})
    scene.fill("entry-2").rest()
    assert (scene.state.dust, scene.lots) == (0, {"exit-2": D("0.008")})
    assert scene.exits()["exit-2"][1] == D("0.008")
    assert scene.explained == scene.position


def test_dust_of_several_levels_becomes_a_lot() -> None:
    """Parts that are too little each leave together as soon as they are enough for an order."""
    scene = GridScene(market=DUSTY).started()
    scene.fill("entry-3", "0.002").end("entry-3").rest()
    scene.fill("entry-2", "0.002").end("entry-2").rest()
    assert (scene.state.dust, scene.lots) == (0, {"exit-2": D("0.004")})
    assert scene.exits()["exit-2"][:2] == (Side.SELL, D("0.004"))
    assert scene.explained == scene.position


def test_a_lot_that_shrinks_to_dust_loses_its_exit() -> None:
    """Somebody sold most of a lot: its exit is more than there is, what is left is less than an order may be."""
    scene = GridScene(market=DUSTY).started()
    scene.fill("entry-3").rest()
    scene.position = D("0.001")
    scene.step()
    said = " ".join(scene.wait(1).rest())
    assert "cancel exit-3: less than an order may be is left to close on level 3" in said
    assert (scene.state.dust, scene.lots, scene.exits()) == (D("0.001"), {}, {})


def test_a_late_fill_and_an_end_told_twice_count_once() -> None:
    """A fill that comes after the end of its order still belongs to its level; nothing counts twice."""
    scene = GridScene().started()
    entry = scene.orders["entry-3"]
    scene.end("entry-3")
    over = msgspec.structs.replace(
        entry, status=OrderStatus.CANCELLED, filled_quantity=D("0.004"), average_price=entry.price
    )
    scene.position = D("0.004")
    for _ in range(3):
        scene.refill(over)
    scene.rest()
    assert scene.lots == {"exit-3": D("0.004")}
