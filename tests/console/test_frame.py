"""The whole picture: what fits where, and that nothing ever spills over."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from sample_status import NOW_NS, bbo, bot, decision, order, orders, picture, position, venue, words

from console.frame import compact, frame, order_lines
from console.panels import Screen
from helpers.enums import OrderStatus
from helpers.models import Bbo, Position
from helpers.status import BotStatus, PnL, VenueStatus

BUSY = bot(
    venue(position=position(), orders=orders(40)), recent=tuple(decision(f"reason {n}", at_s=n) for n in range(50))
)


def drawn(status: BotStatus, width: int = 100, height: int = 29) -> str:
    """Draw a frame of this size."""
    return picture(frame(status, Screen(width=width, height=height)), width, height)


@pytest.mark.parametrize(("width", "height"), [(100, 29), (80, 23), (120, 40), (72, 18)])
def test_frame_fills_the_terminal_exactly(width: int, height: int) -> None:
    """Where panels fit, they take every line, and no line is wider than the terminal."""
    lines = drawn(BUSY, width, height).splitlines()
    assert len(lines) == height
    assert max(cell_len(line) for line in lines) <= width


@pytest.mark.parametrize(("width", "height"), [(100, 29), (80, 23)])
def test_frame_has_every_figure(width: int, height: int) -> None:
    """At the usual size and at the least usual one nothing important is cut."""
    text = words(drawn(BUSY, width, height))
    for figure in (
        "grid BTC on paper",
        "running · health ok",
        "up 1h 02m",
        "Ctrl-C stops in order",
        "bid 61,999.9",
        "ask 62,000.1",
        "mid 62,000.0",
        "spread 2 ticks 0.032 bps",
        "long 0.012 BTC",
        "entry 61,950.0",
        "mark 62,000.3",
        "liq. price 45,120.5",
        "uPnL +0.6036",
        "notional 744.00",
        "equity 10,012.35",
        "realised +12.3456",
        "unrealised +0.6000",
        "fees -1.0243",
        "funding -0.0124",
        "net +11.9089",
        "drawdown 3.2000",
        "open orders 40",
        "sell 62,010.0 0.001 0 +0.016%",
        "buy 61,990.0 0.001 0 -0.016%",
        "more",
        "00:00:49 place_order reason 49",
        "steps 12,345 decisions 1,234 orders 567 fills 189 round trips 92",
    ):
        assert figure in text


def test_two_venues_take_one_block_each() -> None:
    """Both venues show book, position and equity of their own, and the orders name their venue."""
    short = venue("lighter", bbo=bbo("62001.0", "62002.5"), position=position("-0.012"), orders=orders(3), equity=None)
    for width, height in ((100, 29), (80, 23)):
        lines = drawn(bot(venue(position=position(), orders=orders(3)), short), width, height).splitlines()
        text = words("\n".join(lines))
        assert len(lines) == height
        assert "long 0.012 BTC entry 61,950.0 mark 62,000.3 uPnL +0.6036" in text
        assert "short 0.012 BTC entry 61,950.0 mark 62,000.3 uPnL -0.6036" in text
        assert "bid 62,001.0 ask 62,002.5 mid 62,001.75 spread 15 ticks 0.24 bps" in text
        assert "equity 10,012.35" in text
        assert "equity unknown" in text
        assert "net +11.9089 USDC · max drawdown 3.2000" in text


def test_no_book_yet() -> None:
    """A bot that has seen nothing shows dashes and unknowns, and no price."""
    status = bot(
        venue(bbo=None, position=None, equity=None), state="starting", health="waiting for paper", pnl=PnL(), recent=()
    )
    text = words(drawn(status))
    for figure in ("starting · not well", "waiting for paper", "no book yet", "position unknown", "equity unknown"):
        assert figure in text
    assert "net unknown" in text
    assert "none yet" in text


def test_frame_does_not_jump_when_orders_go() -> None:
    """Lines kept for orders stay when the orders are gone."""
    kept = Screen(width=100, height=29, order_lines=6)
    assert order_lines(bot(), kept, 13) == 6
    assert order_lines(bot(), Screen(width=100, height=29), 13) == 1
    assert order_lines(BUSY, kept, 13) == 8
    assert order_lines(BUSY, kept, 40) == 11


def test_narrow_terminal_gets_lines() -> None:
    """Forty columns have no room for panels: what matters most comes first."""
    lines = [line.rstrip() for line in drawn(BUSY, 40, 12).splitlines()]
    assert len(lines) == 12
    assert lines[0] == "grid BTC running"
    assert lines[1].startswith("long 0.012 BTC  entry 61,950.0")
    assert lines[2].startswith("bid 61,999.9  ask 62,000.1")
    assert lines[3] == "net +11.9089 USDC"
    assert lines[-2].endswith("reason 49")
    assert lines[-1] == "Ctrl-C stops in order"


def test_trouble_comes_second_in_a_tiny_terminal() -> None:
    """Three lines still say what is wrong."""
    lines = drawn(bot(health="no book from paper"), 30, 3).splitlines()
    assert [line.rstrip() for line in lines] == ["grid BTC running", "no book from paper", "flat -"]


def test_low_terminal_gets_lines() -> None:
    """A wide but low terminal is treated as a small one."""
    assert [line.plain for line in compact(BUSY, Screen(width=100, height=1))] == ["grid BTC running"]
    assert len(drawn(BUSY, 100, 10).splitlines()) == 10


def test_a_bot_without_venues_is_drawn() -> None:
    """Before the first venue is there, the frame has the bot's own figures."""
    assert "net +11.9089" in drawn(bot(venues=()))


PRICES = st.none() | st.decimals(min_value="0.00000001", max_value="1e9", places=8)
AMOUNTS = st.decimals(min_value="-1e9", max_value="1e9", places=8)
TEXTS = st.text(max_size=90)


@st.composite
def any_venue(draw: st.DrawFn) -> VenueStatus:
    """Anything a venue may be."""
    held = Position(
        ticker="BTC", quantity=draw(AMOUNTS), entry_price=draw(PRICES), mark_price=draw(PRICES),
        liquidation_price=draw(PRICES),
    )  # fmt: skip
    resting = st.builds(
        order, st.integers(0, 60), price=PRICES, status=st.sampled_from(OrderStatus), intent=TEXTS,
        pending_cancel=st.booleans(), created_ns=st.integers(0, 2 * NOW_NS),
    )  # fmt: skip
    return venue(
        draw(st.sampled_from(["paper", "lighter", "a"])),
        bbo=draw(st.none() | st.builds(Bbo, PRICES, PRICES, PRICES, PRICES, st.just(0), st.integers(0, 2 * NOW_NS))),
        position=draw(st.sampled_from([None, held])),
        orders=tuple(draw(st.lists(resting, max_size=15))),
        equity=draw(st.none() | AMOUNTS),
    )


STATUSES = st.builds(
    lambda venues, **changes: bot(venues=tuple(venues), **changes),
    st.lists(any_venue(), max_size=4),
    state=st.sampled_from(["starting", "running", "paused", "stopping", "stopped"]),
    health=st.just("ok") | TEXTS,
    pnl=st.builds(PnL, realised=AMOUNTS, unrealised=AMOUNTS, fees=AMOUNTS, funding=AMOUNTS),
    recent=st.lists(st.builds(decision, TEXTS, st.sampled_from(["fill", "wait", "odd"])), max_size=20).map(tuple),
    max_drawdown=AMOUNTS.map(abs),
)


@given(STATUSES, st.integers(1, 160), st.integers(1, 50), st.lists(AMOUNTS, max_size=60).map(tuple))
@settings(max_examples=100, deadline=None)
def test_every_bot_fits_every_terminal(status: BotStatus, width: int, height: int, mids: tuple[Decimal, ...]) -> None:
    """Whatever the bot and the terminal are like, the frame is drawn and stays inside."""
    screen = Screen(width=width, height=height, real_ns=1, mids={"paper": mids}, order_lines=5)
    lines = picture(frame(status, screen), width, height).removesuffix("\n").split("\n")
    assert len(lines) <= height
    assert max(cell_len(line) for line in lines) <= width
