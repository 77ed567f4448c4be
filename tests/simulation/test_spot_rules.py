"""Spot: what is bought is paid in full, what is sold is held, and what rests binds one or the other."""

from __future__ import annotations

from decimal import Decimal

import pytest
from venue_scenes import BUY, MS, NO_DELAY, SELL, D, Rows, S, Scene, changed, code

from helpers.decisions import OrderParams, Peg, PegReference
from helpers.enums import MarketKind, OrderStatus, TimeInForce
from helpers.models import Balance, Market
from simulation.profile import Latency, VenueProfile

SPOT = changed(kind=MarketKind.SPOT, max_leverage=D(1), maintenance_margin=D(0))
"""100.0 a coin, 0.1 a lot; 0.02 % maker, 0.05 % taker."""
FEE = D("1.0005")
TEN_MS = VenueProfile(order_entry=Latency(base_ns=10 * MS), response=Latency(base_ns=10 * MS))


def scene(
    rows: Rows | None = None, *, deposit: str = "10", market: Market = SPOT, profile: VenueProfile = NO_DELAY
) -> Scene:
    """Open one spot market at 100.0 / 100.1 with little money."""
    terms = VenueProfile(deposit=D(deposit), order_entry=profile.order_entry, response=profile.response)
    return Scene(rows or Rows(), profile=terms, markets=(market,))


def money(where: Scene) -> Balance:
    """Give the account's balance."""
    core = where.venue.core
    return where.account().balance(core.marks(), core.terms())


def free(where: Scene) -> Decimal:
    """Give what is available."""
    available = money(where).available
    assert available is not None
    return available


# -- cash ---------------------------------------------------------------------------------------


def test_what_is_bought_is_paid_for() -> None:
    """Cash falls by price x quantity and fee; equity is cash and the asset at the mark."""
    where = scene()
    where.place("buy", BUY, None, 50)
    paid = D("100.1") * D("0.05")
    fee = paid * D("0.0005")
    balance = money(where)
    assert where.account().cash == free(where) == 10 - paid - fee
    assert balance.equity == 10 - paid - fee + D("100.05") * D("0.05")
    assert balance.wallet == 10 - fee
    assert balance.margin_used == D("100.05") * D("0.05")


def test_what_is_sold_is_paid_out() -> None:
    """A sell of all that is held leaves deposit, profit and fees, in cash."""
    where = scene(Rows().quote(1, 1100, 1101))
    where.place("buy", BUY, None, 50)
    where.to(1).place("sell", SELL, None, 50)
    fees = (D("100.1") + D("110.0")) * D("0.05") * D("0.0005")
    assert money(where).wallet == where.account().cash == free(where) == 10 + D("9.9") * D("0.05") - fees
    assert where.account().held() == []


def test_a_resting_buy_binds_its_cost_and_the_dearer_fee() -> None:
    """What is available is the cash less price x remaining quantity and the higher of both fees."""
    where = scene()
    where.place("one", BUY, 990, 40)
    where.place("two", BUY, 980, 20)
    assert free(where) == 10 - (99 * D("0.04") + 98 * D("0.02")) * FEE
    assert money(where).equity == where.account().cash == 10


def test_a_rebate_is_not_counted_on() -> None:
    """Where both fees are negative an order binds no less than it costs."""
    where = scene(market=changed(kind=MarketKind.SPOT, max_leverage=D(1), maker_fee=D("-0.001"), taker_fee=D(0)))
    assert code(where.place("all", BUY, 1000, 100)) == ""
    assert free(where) == 0
    assert code(where.place("more", BUY, 900, 1)) == "INSUFFICIENT_BALANCE"


def test_a_buy_beyond_the_free_cash_is_refused() -> None:
    """The text says what is needed, rounded up, and what is free, rounded down."""
    where = scene()
    where.place("rests", BUY, 990, 60)
    reply = where.place("more", BUY, 980, 42)
    assert reply is not None
    assert reply.code == "INSUFFICIENT_BALANCE"
    assert reply.text == "the buy needs 4.12 USD with its fee, 4.05 is free"
    assert code(where.place("less", BUY, 980, 41)) == ""


def test_the_last_cent_may_be_spent() -> None:
    """A buy that costs exactly what is free is taken; one lot more is not."""
    where = scene(deposit=str(100 * D("0.1") * FEE))
    assert code(where.place("over", BUY, 1000, 101)) == "INSUFFICIENT_BALANCE"
    assert code(where.place("all", BUY, 1000, 100)) == ""
    assert free(where) == 0


def test_a_market_buy_is_weighed_by_the_levels_it_would_take() -> None:
    """Its cost is that of walking the book: 50 lots at the best ask, the rest behind it."""
    needed = (D("100.1") * D("0.05") + D("100.2") * D("0.01")) * FEE
    assert code(scene(deposit=str(needed - D("0.0001"))).place("buy", BUY, None, 60)) == "INSUFFICIENT_BALANCE"
    where = scene(deposit=str(needed))
    assert code(where.place("buy", BUY, None, 60)) == ""
    assert where.fills("buy") == [(1001, 50), (1002, 10)]
    assert where.account().cash == 0


def test_a_taking_limit_buy_needs_its_own_price() -> None:
    """A limit order must be covered at its limit, though it fills at a better price and gets the rest back."""
    assert code(scene(deposit="5.1").place("buy", BUY, 1100, 50)) == "INSUFFICIENT_BALANCE"
    where = scene(deposit="5.6")
    assert code(where.place("buy", BUY, 1100, 50, time_in_force=TimeInForce.IOC)) == ""
    assert free(where) == D("5.6") - D("100.1") * D("0.05") * FEE


# -- the asset ----------------------------------------------------------------------------------


def test_nothing_can_be_sold_that_is_not_held() -> None:
    """Limit, market and post-only sells are refused on an empty account, with the figures."""
    where = scene()
    for key, price, more in (("limit", 1010, {}), ("market", None, {}), ("post", 1010, {"post_only": True})):
        assert code(where.place(key, SELL, price, 1, **more)) == "INSUFFICIENT_BALANCE"
        assert where.replies[key].text == "the sell is over 0.001, 0 is held"


def test_a_resting_sell_locks_what_it_offers() -> None:
    """Resting sells and a new one share what is held, market orders too."""
    where = scene()
    where.place("buy", BUY, None, 50)
    assert code(where.place("one", SELL, 1010, 30)) == ""
    assert code(where.place("two", SELL, 1020, 21)) == "INSUFFICIENT_BALANCE"
    assert where.replies["two"].text == "the sell is over 0.021, 0.05 is held and 0.03 of it is offered already"
    assert code(where.place("out", SELL, None, 21)) == "INSUFFICIENT_BALANCE"
    assert code(where.place("three", SELL, None, 20)) == ""
    assert where.account().lots["BTC"] == 30
    assert where.account().offered("BTC") == 30


def test_a_sell_binds_no_cash_and_a_buy_no_asset() -> None:
    """Each side locks its own."""
    where = scene()
    where.place("buy", BUY, None, 50)
    before = free(where)
    where.place("sell", SELL, 1010, 50)
    assert free(where) == before
    where.place("bid", BUY, 900, 10)
    assert where.account().offered("BTC") == 50


def test_reduce_only_sells_are_ordinary_sells() -> None:
    """Within what is held and not offered they work; beyond it they are refused; small ones are allowed."""
    where = scene(market=changed(kind=MarketKind.SPOT, max_leverage=D(1), min_notional=D(1)))
    where.place("buy", BUY, None, 50)
    assert code(where.place("rest", SELL, 1010, 45, reduce_only=True)) == ""
    assert code(where.place("more", SELL, None, 6, reduce_only=True)) == "INSUFFICIENT_BALANCE"
    assert code(where.place("dust", SELL, None, 5)) == "BELOW_MINIMUM"
    assert code(where.place("out", SELL, None, 5, reduce_only=True)) == ""
    assert where.fills("out") == [(1000, 5)]


@pytest.mark.parametrize("held", [0, 10])
def test_a_reduce_only_buy_is_refused(held: int) -> None:
    """There is never a short that a buy could reduce."""
    where = scene()
    if held:
        where.place("buy", BUY, None, held)
    assert code(where.place("close", BUY, None, 1, reduce_only=True)) == "REDUCE_ONLY"
    assert where.replies["close"].text == "a buy reduces nothing on a spot market"


# -- what comes free ----------------------------------------------------------------------------


def test_cancel_and_expiry_free_what_was_bound() -> None:
    """Money and asset of an order that ended are there for the next one."""
    where = scene()
    where.place("buy", BUY, None, 40)
    before = free(where)
    where.place("sell", SELL, 1010, 40)
    where.place("bid", BUY, 990, 50)
    where.cancel_all()
    assert (free(where), where.account().offered("BTC")) == (before, 0)
    where.place("gone", BUY, 990, 50, time_in_force=TimeInForce.GTT, expires_ns=where.venue.core.now_ns + S)
    assert free(where) < before
    where.to(2)
    assert free(where) == before


def test_a_partial_fill_turns_what_was_bound_into_what_is_held() -> None:
    """The rest stays bound at its price; what filled as a maker gives back the difference of the fees."""
    where = scene(Rows().sold(1, 1000, 70))
    where.place("bid", BUY, 1000, 60)
    where.to(1)
    assert where.fills("bid") == [(1000, 20)]
    assert free(where) == 10 - 100 * (D("0.02") * D("1.0002") + D("0.04") * FEE)


def test_an_amend_needs_the_difference_only() -> None:
    """The cash an order binds counts for its new form; beyond that the amend is refused and nothing changes."""
    where = scene()
    where.place("bid", BUY, 990, 90)
    assert code(where.amend("bid", 1000, 100)) == "INSUFFICIENT_BALANCE"
    assert free(where) == 10 - 99 * D("0.09") * FEE
    assert code(where.amend("bid", 995, 100)) == ""
    assert free(where) == 10 - D("99.5") * D("0.1") * FEE
    assert code(where.amend("bid", 995, 50)) == ""
    assert free(where) == 10 - D("99.5") * D("0.05") * FEE


def test_an_amended_sell_stays_within_what_is_held() -> None:
    """Its own lots count for its new form."""
    where = scene()
    where.place("buy", BUY, None, 50)
    where.place("one", SELL, 1010, 30)
    where.place("two", SELL, 1020, 10)
    assert code(where.amend("one", 1010, 41)) == "INSUFFICIENT_BALANCE"
    assert code(where.amend("one", 1015, 40)) == ""
    assert code(where.place("three", SELL, 1030, 1)) == "INSUFFICIENT_BALANCE"


def test_a_pegged_buy_binds_its_limit() -> None:
    """Wherever the book takes it, what it binds is there; without a limit it is refused. A pegged sell needs none."""
    where = scene(Rows().quote(1, 1010, 1011))
    peg = Peg(reference=PegReference.BEST, offset=D(1), limit=D("101"))
    params = OrderParams(intent="peg", side=BUY, price=D("99"), quantity=D("0.05"), post_only=True, peg=peg)
    endless = Peg(reference=PegReference.BEST, offset=D(1))
    reply = where.send(
        "endless",
        OrderParams(intent="endless", side=BUY, price=D("99"), quantity=D("0.05"), post_only=True, peg=endless),
    )
    assert reply is not None
    assert (reply.code, reply.text) == ("BAD_PEG", "a pegged buy on spot needs a limit: its cash is bound there")
    assert code(where.send("peg", params)) == ""
    bound = 10 - 101 * D("0.05") * FEE
    assert free(where) == bound
    where.to(2)
    assert free(where) == bound
    where.cancel("peg")
    where.place("buy", BUY, None, 10)
    sell = OrderParams(intent="s", side=SELL, price=D("102"), quantity=D("0.01"), post_only=True, peg=endless)
    assert code(where.send("s", sell)) == ""
    assert code(where.place("over", SELL, None, 1)) == "INSUFFICIENT_BALANCE"


# -- what spot has not ---------------------------------------------------------------------------


def test_there_is_no_funding_on_spot() -> None:
    """The rate is zero at every hour, and nothing is ever settled."""
    where = scene()
    where.place("buy", BUY, None, 50)
    where.to(3 * 3600 + 1)
    terms, now = where.venue.core.market("BTC").funding, where.venue.core.now_ns
    assert terms.rate(terms.next_ns(now)) == 0
    assert terms.next_ns(now) % (3600 * S) == 0
    assert terms.next_ns(now) > now
    assert not [news for news in where.heard if news[3] == "funding"]


def test_nothing_is_ever_liquidated_on_spot() -> None:
    """All the money in an asset that falls to a tick: it is still held, and no liquidation price was told."""
    where = scene(Rows().quote(1, 1, 2))
    where.place("buy", BUY, None, 50)
    where.place("bid", BUY, 900, 50)
    where.to(2)
    assert where.fills(None) == []
    assert where.account().lots["BTC"] == 100
    told = [news for *_, what, news in where.heard if what == "position"]
    assert {position.liquidation_price for position in told} == {None}


# -- the news -----------------------------------------------------------------------------------


def test_the_owner_hears_of_bound_cash_before_the_answer() -> None:
    """A buy that rests, is amended or ends changes what is available; the balance is told before the reply."""
    where = scene(Rows().quote(9, 1000, 1001), profile=TEN_MS)
    where.place("bid", BUY, 990, 50)
    where.to(0.015)
    assert not where.heard
    where.to(0.02)
    assert [what for *_, what, _ in where.heard] == ["position", "balance"]
    assert where.heard[-1][-1].available == 10 - 99 * D("0.05") * FEE
    assert where.replied_ns["bid"] == where.heard[-1][0]
    where.amend("bid", 980, 50)
    where.to(1)
    where.cancel("bid")
    where.to(2)
    told = [news.available for *_, what, news in where.heard if what == "balance"]
    assert told == [10 - 99 * D("0.05") * FEE, 10 - 98 * D("0.05") * FEE, 10]


def test_a_market_buy_binds_only_what_it_pays() -> None:
    """Arriving and after each level it took, the balance that is told is the cash that is there, never less."""
    where = scene()
    where.place("buy", BUY, None, 60)
    told = [news.available for *_, what, news in where.heard if what == "balance"]
    first = D("100.1") * D("0.05") * FEE
    assert told == [10, 10 - first, 10 - first - D("100.2") * D("0.01") * FEE]


def test_a_perpetual_tells_its_balance_as_ever() -> None:
    """There an order that rests is no news of the account."""
    where = scene(Rows().quote(9, 1000, 1001), market=changed())
    where.place("bid", BUY, 990, 50)
    where.cancel("bid")
    assert [what for *_, what, _ in where.heard] == ["order"]


# -- both kinds on one venue ----------------------------------------------------------------------


def both() -> Scene:
    """Open a spot and a perpetual market on one venue."""
    eth = changed(ticker="ETH", contract_id="ETH-PERP")
    return Scene(
        Rows(),
        Rows(),
        profile=VenueProfile(deposit=D(10), order_entry=NO_DELAY.order_entry, response=NO_DELAY.response),
        markets=(SPOT, eth),
    )


def test_an_account_is_in_one_kind_of_market_at_a_time() -> None:
    """While it holds or offers something of one kind, orders of the other are refused; afterwards it may change."""
    where = both()
    assert code(where.place("coin", BUY, None, 10)) == ""
    assert code(where.place("perp", BUY, 990, 10, ticker="ETH")) == "MIXED_ACCOUNT"
    assert where.replies["perp"].text == "the account is in spot markets: trade ETH on another one"
    where.place("sell", SELL, None, 10)
    assert code(where.place("rests", BUY, 990, 10, ticker="ETH")) == ""
    assert code(where.place("again", BUY, 990, 10)) == "MIXED_ACCOUNT"
    assert where.replies["again"].text == "the account is in perp markets: trade BTC on another one"
    where.cancel("rests", ticker="ETH")
    assert code(where.place("last", BUY, 990, 10)) == ""
    assert where.account().known["last"].status is OrderStatus.OPEN


def test_spot_markets_share_the_cash() -> None:
    """What one market binds is not there for another."""
    eth = changed(ticker="ETH", contract_id="ETH", kind=MarketKind.SPOT, max_leverage=D(1))
    where = Scene(
        Rows(),
        Rows(),
        profile=VenueProfile(deposit=D(10), order_entry=NO_DELAY.order_entry, response=NO_DELAY.response),
        markets=(SPOT, eth),
    )
    where.place("btc", BUY, None, 40)
    where.place("bid", BUY, 990, 30)
    assert code(where.place("eth", BUY, 990, 31, ticker="ETH")) == "INSUFFICIENT_BALANCE"
    assert code(where.place("fits", BUY, 990, 30, ticker="ETH")) == ""
    assert code(where.place("none", SELL, 1010, 1, ticker="ETH")) == "INSUFFICIENT_BALANCE"
