"""The maker's arithmetic: prices, guards, limits, and what is refused before the first decision."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from top_of_book_scenes import NEAR_ONE, Maker
from worlds import MARKET

from helpers.errors import UserError
from strategies.top_of_book_maker.params import PriceMode, SpreadGuard, TopOfBookMakerParams
from strategies.top_of_book_maker.rules import Skip, buy_price, computed_price, misfit, required_spread

D = Decimal
TICK = MARKET.tick_size
ticks = st.integers(100_000, 2_000_000)
widths = st.integers(1, 3_000)
fees = st.decimals(0, D("0.003"), places=6)


@given(bid=ticks, width=widths, fee=fees, clamp=st.booleans(), guard=st.sampled_from(SpreadGuard))
def test_a_buy_keeps_both_guards(bid: int, width: int, fee: Decimal, clamp: bool, guard: SpreadGuard) -> None:
    """Whatever the book: a buy is on the tick, not above the bid, and spans two fees and 0.01 % if there is a fee."""
    data = Maker().quote(bid * TICK, (bid + width) * TICK).data()
    price = buy_price(data, fee, TopOfBookMakerParams(clamp_to_bid=clamp, spread_guard=guard))
    if isinstance(price, Skip):
        assert fee
        return
    assert price % TICK == 0
    assert 0 < price <= data.best_bid
    if fee:
        assert (data.best_ask - price) / data.best_ask >= required_spread(fee)


@given(bid=ticks, width=widths, fee=fees.filter(bool))
def test_both_guards_leave_one_width(bid: int, width: int, fee: Decimal) -> None:
    """With the market's spread as guard and no clamp it quotes in a book of exactly one width, and there at the bid."""
    data = Maker().quote(bid * TICK, (bid + width) * TICK).data()
    price = buy_price(data, fee, TopOfBookMakerParams(spread_guard=SpreadGuard.MARKET))
    needed = data.best_ask * required_spread(fee) / TICK
    if needed <= width < needed + 1:
        assert price == data.best_bid
    else:
        assert isinstance(price, Skip)


@given(bid=ticks, width=widths, fee=fees.filter(bool))
def test_clamped_it_quotes_the_bid_of_every_wider_book(bid: int, width: int, fee: Decimal) -> None:
    """With the clamp as well it quotes the bid wherever the spread pays for two fees and 0.01 %."""
    data = Maker().quote(bid * TICK, (bid + width) * TICK).data()
    price = buy_price(data, fee, TopOfBookMakerParams(spread_guard=SpreadGuard.MARKET, clamp_to_bid=True))
    if width * TICK >= data.best_ask * required_spread(fee):
        assert price == data.best_bid
    else:
        assert isinstance(price, Skip)


def test_the_two_readings_of_the_price() -> None:
    """Relative and literal agree where the price is 1, and only there."""
    one = Maker(market=NEAR_ONE, quantity="100").quote("0.9999", "1.0000").data()
    half = Maker(market=NEAR_ONE, quantity="100").quote("0.4999", "0.5000").data()
    dear = Maker().data()
    assert [computed_price(one, D("0.00005"), mode) for mode in PriceMode] == [D("0.9998"), D("0.9998")]
    assert [computed_price(half, D("0.00005"), mode) for mode in PriceMode] == [D("0.4999"), D("0.4998")]
    assert [computed_price(dear, D("0.00005"), mode) for mode in PriceMode] == [D("61987.6"), dear.best_ask]


def test_a_price_that_is_not_positive() -> None:
    """Literal prices of something worth next to nothing are skipped, never sent."""
    cheap = replace(NEAR_ONE, tick_size=D("0.00001"))
    data = Maker(market=cheap, quantity="1000000").quote("0.00010", "0.00015").data()
    price = buy_price(data, D("0.001"), TopOfBookMakerParams(price_mode=PriceMode.LITERAL))
    assert isinstance(price, Skip)
    assert price.text == "computed price -0.00195 is not above 0"


def test_what_fits() -> None:
    """(asset - quantity) x mid <= max_exposure; free - bid x quantity >= min_usd_balance where no buy rests."""
    params = TopOfBookMakerParams(max_exposure=D("620.0005"))
    assert misfit(Maker().holds("0.011").data(), params, D("0.001"), rests=False) == ""
    assert misfit(Maker().holds("0.012").data(), params, D("0.001"), rests=False) == (
        "682.00 USD of BTC > max_exposure 620.0005"
    )
    assert misfit(Maker().has("562.0155").data(), params, D("0.001"), rests=False) == ""
    assert "499.99 USD would be left" in misfit(Maker().has("562.01").data(), params, D("0.001"), rests=False)
    assert misfit(Maker().has("500").data(), params, D("0.001"), rests=True) == ""
    assert "499.99 USD" in misfit(Maker().has("499.99").data(), params, D("0.001"), rests=True)
    assert misfit(Maker().has(None).holds(None).data(), params, D("0.001"), rests=False) == ""


# -- before the first decision -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_exposure": "50"}, r"--max-exposure 50: one order of 0.001 BTC is 62.00 USD: raise it, or lower --quant"),
        ({"quantity": "0.0001"}, r"--quantity 0.0001: BTC on paper takes multiples of 0.001, 0.001 at least"),
        ({"quantity": "0.0015"}, r"--quantity 0.0015: .*: give such a quantity"),
    ],
)
def test_options_with_which_it_could_never_buy(options: dict[str, Any], message: str) -> None:
    """They are refused in one line that says how to mend them."""
    with pytest.raises(UserError, match=message):
        Maker(**options).begin()


@pytest.mark.parametrize(
    ("maker", "words"),
    [
        (Maker(), ("maker fee 0 %, the market's own is 0.002 %; buy 0.001 BTC at 62000 and sell at the ask: 0.0001 USD"
         " a round trip, 0.0025 of it for fees; the fees are not covered: every round trip loses")),
        (Maker(fee=None), ("maker fee 0.002 %; buy 0.001 BTC at 61991.4 and sell at the ask: 0.0087 USD a round trip,"
         " 0.0025 of it for fees")),
        (Maker(fee=None, spread_guard="market"), ("maker fee 0.002 %; no buy now: spread 0.00016 % < required 0.014 %;"
         " it quotes only while the book is exactly 87 ticks wide: --clamp-to-bid quotes wider ones too")),
        (Maker(fee=None, price_mode="literal"), ("maker fee 0.002 %; no buy now: 0 % below the ask < required 0.014 %;"
         " literally, 0.00014 USD off the ask is the ask: it never quotes")),
        (Maker(fee=None).holds("0.017"), "it begins paused: 1054.00 USD of BTC held >= max_exposure 1000"),
        (Maker(fee=None).holds("0.002"), "0.002 BTC are held already: each buy is preceded by a sell of as much"),
        (Maker(fee=None).holds("-0.002"), "-0.002 BTC are held already: buys cover it, nothing is sold meanwhile"),
    ],
)  # fmt: skip
def test_the_first_line(maker: Maker, words: str) -> None:
    """It says what fee is reckoned with, what a round trip comes to, and what stands in the way."""
    assert words in maker.begin()


def test_parameters_have_limits() -> None:
    """A fee in percent instead of a fraction is caught: 0.1 would be 10 %."""
    with pytest.raises(ValueError, match=r"less than or equal to 0\.02"):
        TopOfBookMakerParams(maker_fee_rate=D("0.1"))


def test_the_fee_is_read_once() -> None:
    """[O] A market that changes its fee meanwhile is asked again at the next start only; a rebate counts as none."""
    maker = Maker(fee=None)
    assert maker.maker.fee == maker.market.maker_fee
    rebate = Maker(fee=None, market=replace(maker.market, maker_fee=-maker.market.maker_fee))
    assert rebate.does() == ["buy 0.001 at 62000"]
