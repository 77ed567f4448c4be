"""The founding text of the top-of-book maker, sentence by sentence: a scene and what has to be decided in it.

[S] the founding document says so, [O] the bot it was written about did so, [!] a trap, [R] how this project reads it.
Every row is one sentence; `then` is what goes out, in order. At the start: 62,000.0 / 62,000.1, 10,000 USD, no fee.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from top_of_book_scenes import NEAR_ONE, SPOT, Maker, decided

from helpers.enums import OrderStatus, OrderType
from strategies.base_strategy import TimeInForce, Wake


class Row(NamedTuple):
    """One sentence."""

    mark: str
    rule: str
    scene: Callable[[], Maker]
    then: list[str]
    says: str = ""
    """What the reason contains."""


def holding(quantity: str | None, **params: object) -> Maker:
    """Give a maker that holds inventory."""
    return Maker(**params).holds(quantity)


def paused(**params: object) -> Maker:
    """Give a maker that paused because it holds 1054 USD, all of it offered."""
    return holding("0.017", **params).does_first("sell 0.017 at 62000.1")


def bought(**params: object) -> Maker:
    """Give a maker whose first buy has just filled."""
    maker = Maker(**params).does_first("buy 0.001 at 62000")
    return maker.wait(1).fill("buy-1")


def cheap(**params: object) -> Maker:
    """Give a maker of 100 units at 0.9999 / 1.0000."""
    return Maker(market=NEAR_ONE, quantity="100", **params).quote("0.9999", "1.0000")


BUY, SELL, BOTH = ["buy 0.001 at 62000"], ["sell 0.001 at 62000.1"], ["sell 0.001 at 62000.1", "buy 0.001 at 62000"]

TABLE = [
    # -- parameters --------------------------------------------------------------------------------------
    Row("S", "qty is the size of the buy", lambda: Maker(quantity="0.002"), ["buy 0.002 at 62000"]),
    Row("S", "maker_fee is a fraction: 0.001 is 0.1 %, so 0.21 % below the ask", lambda: Maker(fee="0.001"),
        ["buy 0.001 at 61869.8"], "0.21016 % below the ask >= required 0.21 %"),
    Row("S", "max_exposure is 1000 USD", lambda: holding("0.017"), ["sell 0.017 at 62000.1"],
        "paused: 1054.00 USD of BTC held >= max_exposure 1000"),
    Row("S", "min_usd_balance is 500 USD", lambda: Maker().has("499.99"), [],
        "paused: 499.99 USD free < min_usd_balance 500"),
    # -- step 1: book, fee, balances, exposure ---------------------------------------------------------------
    Row("S", "exposure is asset x mid", lambda: holding("0.01", max_exposure="620.0003"), ["sell 0.01 at 62000.1"]),
    Row("S", "... or asset x best_bid", lambda: holding("0.01", max_exposure="620.0003", exposure_price="best_bid"),
        BOTH),
    Row("O", "the fee falls back to the market's own maker fee", lambda: Maker(fee=None), ["buy 0.001 at 61991.4"],
        "required 0.014 %"),
    # -- step 2: the limits ------------------------------------------------------------------------------
    Row("S", "exposure >= max pauses: exactly max is enough", lambda: holding("0.01", max_exposure="620.0005"),
        ["sell 0.01 at 62000.1"], "paused"),
    Row("S", "exposure below max does not", lambda: holding("0.01", max_exposure="620.0006"), BOTH),
    Row("S", "usd < min pauses: exactly min is enough to go on", lambda: Maker().rest("buy-9", "62000").has("500"), []),
    Row("S", "paused: cancel all buys, sell all held at the best ask",
        lambda: holding("0.017").rest("buy-8", "61999").rest("buy-9", "62000"),
        ["cancel buy-8", "cancel buy-9", "sell 0.017 at 62000.1"], "all that is held"),
    Row("S", "paused for want of money: the same", lambda: holding("0.002").has("499").rest("buy-9", "62000"),
        ["cancel buy-9", "sell 0.002 at 62000.1"]),
    Row("S", "... at or above: what is offered above already stays there",
        lambda: holding("0.017").rest("sell-9", "62100", "0.01"), ["sell 0.007 at 62000.1"]),
    Row("S", "... stop: nothing is bought while paused", paused, []),
    Row("S", "resume only when both pass: exposure is right, money is not",
        lambda: paused().has("499").fill("sell-1", "0.016"), []),
    Row("S", "... money is right, exposure is not", lambda: paused().has("499").does_first().has("10000"), []),
    Row("S", "... both pass", lambda: paused().fill("sell-1", "0.016"), BUY, "resumed: both limits pass"),
    # -- step 3: the number of buys -----------------------------------------------------------------------
    Row("S", "more than one buy: cancel all of them, stop",
        lambda: holding("0.005").rest("buy-8", "61999").rest("buy-9", "62000"), ["cancel buy-8", "cancel buy-9"],
        "2 buys rest"),
    Row("S", "no buy, no fee: at the best bid", Maker, BUY, "no fee, so at the bid"),
    Row("R", "no buy, a fee: ask x (1 - (2 x fee + 0.0001)), down to the tick",
        lambda: Maker(fee="0.00045"), ["buy 0.001 at 61938"]),
    Row("!", "no buy, a fee, literal: ask - (2 x fee + 0.0001), right where the price is about 1",
        lambda: cheap(fee="0.00005", price_mode="literal"), ["buy 100 at 0.9998"]),
    Row("!", "... and at half of that too far away", lambda: cheap(fee="0.00005", price_mode="literal")
        .quote("0.4999", "0.5000"), ["buy 100 at 0.4998"]),
    Row("!", "... where relative is right", lambda: cheap(fee="0.00005").quote("0.4999", "0.5000"),
        ["buy 100 at 0.4999"]),
    Row("!", "... literal on BTC rounds to the ask and never quotes", lambda: Maker(fee=None, price_mode="literal"), [],
        "no buy: 0 % below the ask < required 0.014 %"),
    Row("S", "no buy: the sell first, at the best ask, for qty, then the buy", lambda: holding("0.005"), BOTH),
    Row("R", "... for qty each time, however much is held", lambda: holding("0.005").does_first(*BOTH).quote("61990")
        .fill("buy-2").does_first("sell 0.001 at 61990.1", "buy 0.001 at 61990").quote("61980").fill("buy-4"),
        ["sell 0.001 at 61980.1", "buy 0.001 at 61980"]),
    Row("R", "the sell first, with nothing held: skipped and said", Maker, BUY, "nothing held to sell first"),
    Row("R", "the sell first, with less held than qty: for what is held", lambda: Maker(quantity="0.002")
        .holds("0.001"), ["sell 0.001 at 62000.1", "buy 0.002 at 62000"]),
    Row("R", "the sell first, with all of it offered: skipped",
        lambda: holding("0.001").rest("sell-9", "62010"), BUY, "what is held is offered"),
    Row("R", "the sell first, while short by hand: skipped; buys cover the short", lambda: holding("-0.005"), BUY),
    Row("S", "one buy: the same price, nothing", lambda: holding("0.005").rest("buy-9", "62000"), []),
    Row("S", "one buy: another price, amend; stop: nothing is sold", lambda: holding("0.005").rest("buy-9", "61990"),
        ["amend buy-9 62000"], "amended buy-9 to 62000: the book moved"),
    Row("O", "amend when it is more than one increment: one tick is not",
        lambda: Maker().rest("buy-9", "61999.9"), []),
    Row("O", "... two ticks are", lambda: Maker().rest("buy-9", "61999.8"), ["amend buy-9 62000"]),
    Row("R", "where the venue cannot amend: cancel", lambda: Maker(amends=False).rest("buy-9", "61990"),
        ["cancel buy-9"]),
    Row("R", "... and place once it is gone", lambda: Maker(amends=False).rest("buy-9", "61990")
        .does_first("cancel buy-9").does_first().settle(), BUY),
    # -- step 4: what a fill or an end leads to ------------------------------------------------------------
    Row("S", "a buy fill: no buy rests, so step 3", bought, BOTH),
    Row("R", "... by the book that the fill left, not the one of before: see test_top_of_book_lag.py",
        lambda: Maker().does_first(*BUY).keeps_its_book(0.05).fill("buy-1"), []),
    Row("S", "a sell fill: nothing", lambda: bought().does_first(*BOTH).fill("sell-2"), []),
    Row("S", "a cancel: the full flow", lambda: Maker().does_first(*BUY).end("buy-1"), BUY),
    Row("S", "an expiry: the full flow", lambda: Maker().does_first(*BUY).end("buy-1", OrderStatus.EXPIRED), BUY),
    Row("R", "a cancelled sell is offered again at the ask of that moment",
        lambda: bought().does_first(*BOTH).quote("62000.0", "62000.5").end("sell-2"), ["sell 0.001 at 62000.5"]),
    # -- step 5: guards -----------------------------------------------------------------------------------
    Row("S", "spread < 2 x fee + 0.01 %: skip and log",
        lambda: Maker(fee="0.001", spread_guard="market").quote("61900", "62000"), [],
        "no buy: spread 0.16129 % < required 0.21 %"),
    Row("S", "... a buy that rests is not moved either",
        lambda: Maker(fee="0.001", spread_guard="market").quote("61900", "62000").rest("buy-9", "61000"), [],
        "buy-9 stays at 61000: spread"),
    Row("S", "... spread = 2 x fee + 0.01 %: quotes", lambda: Maker(fee="0.001", spread_guard="market")
        .quote("61869.8", "62000"), ["buy 0.001 at 61869.8"], "spread 0.21 % >= required 0.21 %"),
    Row("!", "... one tick more: the computed buy is above the bid and skipped",
        lambda: Maker(fee="0.001", spread_guard="market").quote("61869.7", "62000"), [],
        "no buy: computed price 61869.8 is above the bid 61869.7"),
    Row("R", "... unless it is clamped to the bid",
        lambda: Maker(fee="0.001", spread_guard="market", clamp_to_bid=True).quote("61869.7", "62000"),
        ["buy 0.001 at 61869.7"]),
    Row("R", "the spread that guards by default is our own: from the buy to the ask",
        lambda: Maker(fee="0.001").quote("61999.9", "62000"), ["buy 0.001 at 61869.8"]),
    Row("R", "... where a wide book is skipped too", lambda: Maker(fee="0.001").quote("61869.7", "62000"), [],
        "above the bid"),
    Row("R", "... or clamped", lambda: Maker(fee="0.001", clamp_to_bid=True).quote("61500", "62000"),
        ["buy 0.001 at 61500"]),
    Row("O", "no fee skips the spread guard", lambda: Maker(spread_guard="market"), BUY),
    Row("R", "the spread guard holds back the buy only: inventory is offered all the same",
        lambda: bought(spread_guard="market").rest("buy-9", "61000").does_first("amend buy-9 62000").fill("buy-9"),
        ["sell 0.002 at 62000.1", "buy 0.001 at 62000"]),
    Row("S", "buy <= best_bid: never above it", lambda: Maker(fee="0.0001").quote("61000", "62000"), [],
        "above the bid"),
    Row("S", "sell >= best_ask: at it", lambda: holding("0.001").quote("61000", "62000"),
        ["sell 0.001 at 62000", "buy 0.001 at 61000"]),
    Row("S", "own orders at exactly the same price are cancelled first",
        lambda: holding("0.003").rest("sell-9", "62000.1"), ["cancel sell-9"], "at the same price"),
    Row("S", "... then both are offered in one, and then the buy goes out", lambda: holding("0.003")
        .rest("sell-9", "62000.1").does_first("cancel sell-9").does_first().settle(), BOTH),
    Row("S", "... a sell a tick away stays", lambda: holding("0.003").rest("sell-9", "62000.2"), BOTH),
    Row("R", "... the same price is less than half a tick away, not 1e-6",
        lambda: holding("0.003").rest("sell-9", "62000.14"), ["cancel sell-9"]),
    Row("S", "... a sell where the buy comes to rest goes first", lambda: Maker().holds("0.001")
        .rest("sell-9", "62000").rest("buy-9", "61900"), ["cancel sell-9"]),
    Row("S", "on resume the next order has to fit: 562.02 USD would leave 500 and its fee, that fits",
        lambda: Maker().has("499").does_first().has("562.02"), BUY),
    Row("S", "... 561.99 USD would not: it stays paused", lambda: Maker().has("499").does_first().has("561.99"), []),
    # -- the known bot's details ---------------------------------------------------------------------------
    Row("O", "usd less bid x qty counts where no buy rests, also without a pause", lambda: Maker().has("561.99"), [],
        "no buy: 499.97 USD would be left < min_usd_balance 500"),
    Row("O", "... not where one rests", lambda: Maker().has("561.99").rest("buy-9", "61900"), ["amend buy-9 62000"]),
    Row("R", "... and the money has to back the buy also where no limit is set",
        lambda: Maker(market=SPOT, min_usd_balance=None).has("62.01"), [], "no buy: it needs 62.02 USD"),
    Row("O", "(asset - qty) x mid <= max: one order more than max may come to be held",
        lambda: holding("0.016").rest("sell-9", "62100", "0.016"), BUY),
    Row("O", "a missing balance with a limit set fails", lambda: Maker().has(None).rest("buy-9", "62000"),
        ["cancel buy-9"], "paused: the free balance is unknown"),
    Row("O", "... with no limit set it passes: nothing is cancelled",
        lambda: Maker(min_usd_balance=None).has(None).rest("buy-9", "62000"), []),
    Row("R", "... but nothing is bought before it is known", lambda: Maker(min_usd_balance=None).has(None), [],
        "no buy: position or balance are unknown"),
    Row("O", "a missing position with a limit set fails", lambda: holding(None).rest("buy-9", "62000"),
        ["cancel buy-9"], "paused: the position is unknown"),
    Row("O", "... with no limit set it passes",
        lambda: Maker(max_exposure=None).holds(None).rest("buy-9", "62000"), []),
    Row("R", "an order whose cancel is pending still lives: nothing is placed beside it",
        lambda: Maker().rest("buy-9", "62000", pending_cancel=True).wait(60), []),
    Row("R", "... nor is the other one taken for a second buy",
        lambda: Maker().rest("buy-8", "61990", pending_cancel=True).rest("buy-9", "62000"), []),
    Row("R", "... and while a sell leaves, what it offered cannot be offered yet, so the buy waits",
        lambda: holding("0.003").rest("sell-9", "62100", pending_cancel=True), []),
    Row("R", "an order the venue did not answer is left alone, however long",
        lambda: Maker().rest("buy-9", "61900", status=OrderStatus.UNKNOWN).wait(60), []),
    Row("!", "every buy fill adds a sell, and nothing prunes sells",
        lambda: bought().does_first(*BOTH).quote("61990").fill("buy-3"),
        ["sell 0.001 at 61990.1", "buy 0.001 at 61990"]),
    Row("R", "... but max_sells bounds them: beyond it nothing is bought",
        lambda: holding("0.003", max_sells=2).rest("sell-8", "62200").rest("sell-9", "62100"), [],
        "no buy: 2 of 2 sells rest"),
    Row("R", "... and the last place is kept for what the buy bought",
        lambda: bought(max_sells=1), SELL, "no buy: 1 of 1 sells rest"),
    Row("R", "... a buy that rested already may fill: the lowest sell is offered with what it bought",
        lambda: bought(max_sells=2).rest("sell-8", "62200").rest("sell-9", "62100").holds("0.003"),
        ["cancel sell-9"], "2 sells rest"),
    Row("R", "on spot it is the same: asset and USD are what the account holds", lambda: holding("0.005", market=SPOT),
        BOTH),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=[f"{row.mark} {row.rule}" for row in TABLE])
def test_the_text_line_by_line(row: Row) -> None:
    """In this scene exactly this goes out, for this reason, post-only and good till cancelled."""
    maker = row.scene()
    result_before = len(maker.said)
    result = maker.step()
    assert decided(result) == row.then
    said = "; ".join(maker.said[result_before:])
    assert row.says in said
    for order in () if result is None else result.orders:
        assert order.post_only
        assert order.time_in_force is TimeInForce.GTC
        assert order.order_type is OrderType.LIMIT
        assert order.reduce_only == (order.side.value == "sell")


def test_the_triggers() -> None:
    """[S] Book, order event, balance; no timer."""
    maker = Maker()
    maker.does()
    assert maker.maker.next_wake(maker.data()) == Wake(book=False, prices=True, orders=True, balances=True, at=None)


def test_logging_never_alters_logic() -> None:
    """[S] A skip is said once, not at every tick, and said or not, what goes out later is the same."""
    told, silent = Maker(fee="0.001").quote("61500", "62000"), Maker(fee="0.001").quote("61500", "62000")
    silent.maker._said = "above bid"
    assert told.does() == silent.does() == []
    assert told.said == ["no buy: computed price 61869.8 is above the bid 61500"]
    assert silent.said == []
    for bid in ("61501", "61502", "61869.7"):
        assert told.quote(bid, "62000").step() is None
        assert silent.quote(bid, "62000").step() is None
    assert told.quote("61999").does() == silent.quote("61999").does() == ["buy 0.001 at 61868.9"]
    told.quote("61500", "62000").does()
    assert told.said[-1] == "buy-1 stays at 61868.9: computed price 61869.8 is above the bid 61500"
