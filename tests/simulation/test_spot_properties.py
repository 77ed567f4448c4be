"""What holds for spot accounts whatever the markets do and whatever the customers send."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from random_worlds import ACCOUNTS, TICKERS, ActionSpec, RandomWorld, WorldSpec, market, pegging_specs, world_specs
from venue_scenes import D

from helpers.enums import MarketKind, Side
from helpers.models import Market, OrderInfo
from simulation.account import SimAccount

BUYS = tuple(
    ActionSpec(1, who, ticker, "place", {"side": Side.BUY, "price": None, "lots": 10, "reduce_only": False})
    for who in ACCOUNTS
    for ticker in TICKERS
)


def _funded(spec: WorldSpec, deposit: int, *, buys_first: bool) -> WorldSpec:
    profile = msgspec.structs.replace(spec.profile, deposit=Decimal(deposit))
    return replace(spec, profile=profile, actions=(*(BUYS if buys_first else ()), *spec.actions))


def funded(specs: st.SearchStrategy[WorldSpec]) -> st.SearchStrategy[WorldSpec]:
    """Give accounts from poor to rich, and some of them coins at the start."""
    return st.builds(_funded, specs, st.sampled_from([25, 300, 300, 1000]), buys_first=st.booleans())


spot_specs = funded(world_specs)
EXAMPLES = settings(max_examples=100, deadline=None)
FEES = st.sampled_from([("0.0002", "0.0005"), ("-0.0001", "0.0003"), ("-0.001", "-0.0001"), ("0.01", "0")])


def spot_terms(fees: tuple[str, str]) -> Callable[[str], Market]:
    """Give what makes every market a spot market with these fees."""

    def terms(ticker: str) -> Market:
        return spot(ticker, fees)

    return terms


def spot(ticker: str, fees: tuple[str, str] = ("0.0002", "0.0005")) -> Market:
    """Give one spot market."""
    return msgspec.structs.replace(
        market(ticker, maker_fee=D(fees[0]), taker_fee=D(fees[1])),
        kind=MarketKind.SPOT,
        max_leverage=D(1),
        maintenance_margin=D(0),
    )


def mixed(ticker: str) -> Market:
    """BTC is spot, ETH a perpetual."""
    return spot(ticker) if ticker == "BTC" else market(ticker)


def bound(world: RandomWorld, account: SimAccount) -> tuple[Fraction, dict[str, int]]:
    """Work out what rests: the cash of the buys at their worst, and the lots of the sells, by market."""
    cash, offered = Fraction(0), defaultdict[str, int](int)
    for key, info in account.known.items():
        if info.status.is_terminal:
            continue
        _, ticker, details, _ = world.orders[key]
        left = info.size - info.filled_size
        if info.side is Side.SELL:
            offered[ticker] += int(left)
        else:
            terms = world.venue.core.market(ticker).market
            fee = max(terms.maker_fee, terms.taker_fee, Decimal(0))
            cash += Fraction(_worst(info, details)) * Fraction(left) * (1 + Fraction(fee))
    return cash, offered


def _worst(info: OrderInfo, details: dict[str, object]) -> Decimal:
    peg = details.get("peg")
    price = info.price if peg is None else peg.limit  # type: ignore[attr-defined]
    assert isinstance(price, Decimal)
    return price


@EXAMPLES
@given(st.one_of(spot_specs, funded(pegging_specs)), FEES)
def test_cash_and_asset_follow_from_the_fills_and_are_never_negative(spec: WorldSpec, fees: tuple[str, str]) -> None:
    """After every step: cash = deposit less what was paid, asset = what was bought, both at least what rests binds."""
    world = RandomWorld(spec, terms=spot_terms(fees))

    def books() -> None:
        core = world.venue.core
        marks = core.marks()
        for account in world.accounts:
            cash, held = Fraction(account.deposit), defaultdict[str, int](int)
            for fill in account.fills:
                cash -= fill.side.sign * Fraction(fill.price) * Fraction(fill.quantity) + Fraction(fill.fee)
                held[fill.ticker] += fill.side.sign * int(fill.quantity)
            bound_cash, offered = bound(world, account)
            assert Fraction(account.cash) == cash
            assert {name: lots for name, lots in account.lots.items() if lots} == {n: v for n, v in held.items() if v}
            assert cash >= bound_cash >= 0
            assert all(held[ticker] >= offered[ticker] >= 0 for ticker in world.tickers)
            balance = account.balance(marks, core.terms())
            assert Fraction(balance.available or 0) == cash - bound_cash
            worth = sum((lots * Fraction(marks[name]) for name, lots in held.items() if lots), Fraction(0))
            assert Fraction(balance.equity or 0) == cash + worth

    world.run(after=books)


@EXAMPLES
@given(spot_specs, FEES)
def test_spot_is_left_alone_and_what_is_available_is_told(spec: WorldSpec, fees: tuple[str, str]) -> None:
    """No funding, no liquidation, no liquidation price; at the end the last balance heard says what is available."""
    world = RandomWorld(spec, terms=spot_terms(fees)).run()
    assert not [news for news in world.heard if news[3] == "funding"]
    core = world.venue.core
    for account in world.accounts:
        assert all(fill.client_order_id for fill in account.fills)
        own = [(what, news) for _, who, _, what, news in world.heard if who == account.account_id]
        assert {news.liquidation_price for what, news in own if what == "position"} <= {None}
        told = [news.available for what, news in own if what == "balance"]
        assert not told or told[-1] == account.balance(core.marks(), core.terms()).available


@EXAMPLES
@given(spot_specs)
def test_the_two_kinds_never_meet_in_an_account(spec: WorldSpec) -> None:
    """What an account holds and what rests for it is of one kind after every step; coins are never owed."""
    world = RandomWorld(spec, terms=mixed)

    def apart() -> None:
        for account in world.accounts:
            touched = {order.ticker for order in account.live.values()} | set(account.held())
            assert len({mixed(ticker).kind for ticker in touched}) <= 1
            assert account.lots.get("BTC", 0) >= account.offered("BTC")

    world.run(after=apart)


def test_the_random_spot_worlds_are_worth_something() -> None:
    """Over the worlds that are drawn fills on both sides, refusals for cash and for coins, and both kinds occur."""
    seen: Counter[str] = Counter()

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(spot_specs)
    def count(spec: WorldSpec) -> None:
        for terms in (spot, mixed):
            world = RandomWorld(spec, terms=terms).run()
            for _, _, _, what, news in world.heard:
                if what == "fill":
                    seen[f"{news.side.value} {news.liquidity.value}"] += 1
                elif what == "reply" and not news[1].accepted:
                    seen[f"{news[1].code} {' '.join(news[1].text.split()[:2])}"] += 1

    count()
    wanted = {"buy maker", "sell maker", "buy taker", "sell taker", "MIXED_ACCOUNT the account"}
    wanted |= {"INSUFFICIENT_BALANCE the buy", "INSUFFICIENT_BALANCE the sell", "REDUCE_ONLY a buy"}
    assert {kind for kind in wanted if not seen[kind]} == set()
