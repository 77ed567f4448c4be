"""One venue in the live view: book, position, and what is not known of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sample_status import NOW_NS, bbo, line_with, market, picture, position, venue, words

from console import formats
from console.panels import BLOCK_LINES, Screen
from console.venue_panels import STRIP_LINES, arrow, market_panel, position_panel, sparkline, venue_strip
from helpers.clock import NS_PER_S
from helpers.enums import MarketKind
from helpers.models import Position
from helpers.status import VenueStatus

RISING = tuple(Decimal(62000 + n) for n in range(60))
SCREEN = Screen(width=100, height=29, mids={"paper": RISING})


def market_text(shown: VenueStatus, screen: Screen = SCREEN, now_ns: int = NOW_NS) -> str:
    """Draw the market panel a third of the screen wide."""
    return picture(market_panel(shown, now_ns, screen, 33), width=33)


def test_market_shows_both_sides_mid_and_spread() -> None:
    """Prices have the tick's digits; the spread is told in ticks and basis points."""
    text = market_text(venue())
    assert len(text.splitlines()) == BLOCK_LINES
    assert "paper BTC" in text
    assert line_with(text, "bid") == "bid 61,999.9 0.1234"
    assert line_with(text, "ask") == "ask 62,000.1 1.5"
    assert line_with(text, "mid") == "mid 62,000.0 ▲"
    assert line_with(text, "spread") == "spread 2 ticks 0.032 bps"
    assert "old" not in text


def test_market_without_a_book() -> None:
    """Before the first book there are dashes, no zeros."""
    text = market_text(venue(bbo=None), Screen(width=100, height=29))
    assert [line_with(text, side) for side in ("bid", "ask", "mid")] == ["bid -", "ask -", "mid -"]
    assert line_with(text, "spread") == "spread - no book yet"
    assert "0" not in text


def test_market_with_one_side() -> None:
    """A missing ask is a dash and leaves no mid and no spread."""
    text = market_text(venue(bbo=bbo(ask=None)))
    assert line_with(text, "bid") == "bid 61,999.9 0.1234"
    assert line_with(text, "ask") == "ask -"
    assert line_with(text, "mid").startswith("mid - ")
    assert line_with(text, "spread") == "spread - one-sided"


@pytest.mark.parametrize(("ask", "text"), [("61999.9", "0 ticks locked"), ("61999.8", "-1 ticks crossed")])
def test_market_out_of_order(ask: str, text: str) -> None:
    """A locked or crossed book says so and has no mid."""
    shown = market_text(venue(bbo=bbo(ask=ask)), Screen(width=100, height=29))
    assert line_with(shown, "spread") == f"spread {text}"
    assert line_with(shown, "mid") == "mid -"


def test_market_says_that_its_book_is_old() -> None:
    """A book of 12 seconds ago is marked."""
    assert "book 12s old" in market_text(venue(), now_ns=NOW_NS + 12 * NS_PER_S)
    assert "old" not in market_text(venue(), now_ns=NOW_NS + 4 * NS_PER_S)


def test_sparkline_follows_the_mid() -> None:
    """Sixty rising mids are thinned to the width and climb from the lowest sign to the highest, in green."""
    upper, lower = sparkline(RISING, 29, 2, SCREEN)
    assert len(upper) == len(lower) == 29
    assert (lower.plain[0], upper.plain[0], upper.plain[-1]) == ("▁", " ", "█")
    assert {str(span.style) for span in lower.spans} == {"dim", "green"}


def test_sparkline_falls_in_red() -> None:
    """A fall is red; a mid that stays keeps the colour of the last move."""
    (line,) = sparkline((Decimal(3), Decimal(2), Decimal(2), Decimal(3)), 29, 1, SCREEN)
    assert [str(span.style) for span in line.spans] == ["dim", "red", "red", "green"]


def test_no_room_for_a_sparkline() -> None:
    """In a few columns there is none."""
    assert [line.plain for line in sparkline(RISING, 3, 2, SCREEN)] == ["", ""]


def test_arrow_points_where_the_mid_went_last() -> None:
    """Up, down, or nowhere when it has not moved."""
    assert arrow([Decimal(1), Decimal(2), Decimal(2)], SCREEN).plain == "▲"
    assert arrow([Decimal(2), Decimal(1)], SCREEN).plain == "▼"
    assert arrow([Decimal(1), Decimal(1)], SCREEN).plain == ""
    assert arrow([], SCREEN).plain == ""


def position_words(shown: VenueStatus) -> dict[str, str]:
    """Read the position panel: label to figure."""
    text = picture(position_panel(shown), width=33)
    assert len(text.splitlines()) == BLOCK_LINES
    labels = ("long", "short", "flat", "entry", "mark", "liq. price", "uPnL", "notional", "equity")
    return {name: line_with(text, name).removeprefix(name).strip() for name in labels if f" {name} " in text}


def test_long_position() -> None:
    """Quantity, entry, mark, liquidation, gain, notional at the mark, and the account's equity."""
    assert position_words(venue(position=position())) == {
        "long": "0.012 BTC",
        "entry": "61,950.0",
        "mark": "62,000.3",
        "liq. price": "45,120.5",
        "uPnL": "+0.6036",
        "notional": "744.00",
        "equity": "10,012.35",
    }


def test_short_position() -> None:
    """A short has a positive quantity under its own label; the same rise is its loss."""
    shown = position_words(venue(position=position("-0.012", liquidation_price=None)))
    assert shown["short"] == "0.012 BTC"
    assert shown["uPnL"] == "-0.6036"
    assert shown["liq. price"] == "-"


def test_spot_is_held_and_has_no_liquidation_price() -> None:
    """On spot the panel and the strip say what is held, and nothing of what cannot happen."""
    for held in (position(liquidation_price=None), Position(ticker="BTC", quantity=Decimal(0))):
        shown = venue(position=held, market=market(kind=MarketKind.SPOT))
        panel, strip = picture(position_panel(shown)), picture(venue_strip(shown, NOW_NS, SCREEN))
        assert len(panel.splitlines()) == BLOCK_LINES
        assert "liq" not in panel + strip
        assert ("holds 0.012 BTC" in words(panel)) is ("holds 0.012 BTC" in words(strip)) is (held.quantity > 0)


def test_flat_position() -> None:
    """Flat is a fact; its prices do not exist."""
    shown = position_words(venue())
    assert shown.pop("equity") == "10,012.35"
    assert shown == dict.fromkeys(("flat", "entry", "mark", "liq. price", "uPnL", "notional"), "-")


def test_unknown_position_and_equity() -> None:
    """What the venue did not say is unknown, not flat and not zero."""
    text = picture(position_panel(venue(position=None, equity=None)), width=33)
    assert "position unknown" in words(text)
    assert "equity unknown" in text
    assert "flat" not in text
    assert "0" not in text


def test_position_without_mark() -> None:
    """Without a mark the gain is unknown and the notional stands at the mid; without a mid it is unknown too."""
    held = position(mark_price=None)
    shown = position_words(venue(position=held))
    assert (shown["mark"], shown["uPnL"], shown["notional"]) == ("unknown", "unknown", "744.00")
    assert position_words(venue(position=held, bbo=None))["notional"] == "unknown"


def test_strip_has_prices_and_position() -> None:
    """Where venues share the screen, each takes four lines."""
    text = picture(venue_strip(venue(position=position()), NOW_NS, SCREEN))
    title, prices, held, bottom = text.splitlines()
    assert len(text.splitlines()) == STRIP_LINES
    assert "paper BTC" in title
    assert "bid 61,999.9  ask 62,000.1  mid 62,000.0 ▲  spread 2 ticks 0.032 bps  ▁" in prices
    assert "long 0.012 BTC  entry 61,950.0  mark 62,000.3  uPnL +0.6036  liq. 45,120.5  notional 744.00" in held
    assert "equity 10,012.35" in bottom


def test_strip_of_a_silent_venue() -> None:
    """Flat, unknown and old are told in a strip as well."""
    text = words(picture(venue_strip(venue(position=None, equity=None), NOW_NS + 90 * NS_PER_S, SCREEN)))
    assert "position unknown" in text
    assert "book 1m 30s old equity unknown" in text
    assert "flat -" in words(picture(venue_strip(venue(), NOW_NS, SCREEN)))


def test_small_prices_keep_their_digits() -> None:
    """A coin of a thousandth of a cent shows every tick."""
    coin = venue(market=market(tick_size=Decimal("0.00000001"), ticker="PEPE"), bbo=bbo("0.00001234", "0.00001235"))
    text = market_text(coin)
    assert line_with(text, "bid").startswith("bid 0.00001234")
    assert line_with(text, "mid").startswith("mid 0.000012345")


def test_plain_signs_for_plain_terminals() -> None:
    """Without Unicode the arrow and the line are drawn in ASCII."""
    text = market_text(venue(), Screen(width=100, height=29, mids={"paper": RISING}, glyphs=formats.ASCII))
    assert line_with(text, "mid") == "mid 62,000.0 ^"
    assert "@" in text
