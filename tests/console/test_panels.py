"""Header, counters and profit and loss of the live view."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sample_status import NOW_NS, START_NS, bbo, bot, line_with, picture, venue

from console.panels import Screen, footer, header, header_lines, mid, pace_text, pnl_lines, pnl_panel, pnl_strip
from helpers.clock import NS_PER_S
from helpers.status import PnL

SCREEN = Screen(width=100, height=29)


def test_header_says_what_runs_where() -> None:
    """Strategy, ticker, venue, session, state, health, time and how to stop stand in two lines."""
    lines = picture(header(bot(), SCREEN)).splitlines()
    assert len(lines) == header_lines(bot()) == 2
    assert "grid  BTC on paper  20260101-000000-grid" in lines[0]
    assert lines[0].rstrip().endswith("● running · health ok")
    assert "2026-01-01 01:02:05 UTC · up 1h 02m" in lines[1]
    assert "real" not in lines[1]
    assert lines[1].rstrip().endswith("Ctrl-C stops in order")


def test_header_shows_real_time_beside_simulated_time() -> None:
    """An hour that took six minutes says so."""
    screen = Screen(width=100, height=29, real_ns=372 * NS_PER_S + NS_PER_S // 2)
    assert "up 1h 02m · 6m 12s real, 10.0x" in picture(header(bot(), screen))


@pytest.mark.parametrize(
    ("session_s", "real_s", "text"),
    [(100, 99, ""), (10_000, 9_600, ""), (100, 10, "10s real, 10.0x"), (10, 100, "1m 40s real, 0.1x"), (5, 0, "")],
)
def test_pace_is_told_only_where_time_is_not_real(session_s: int, real_s: int, text: str) -> None:
    """Up to two seconds or a twentieth apart, session time counts as real time."""
    assert pace_text(session_s * NS_PER_S, real_s * NS_PER_S) == text


def test_header_says_what_is_wrong() -> None:
    """A bot that is not well has a third line with the reason."""
    status = bot(health="no book from paper for 12 s")
    lines = picture(header(status, SCREEN)).splitlines()
    assert len(lines) == header_lines(status) == 3
    assert "not well" in lines[0]
    assert "no book from paper for 12 s" in lines[2]


@pytest.mark.parametrize(
    ("state", "hint"), [("stopping", "stopping in order"), ("paused", "Ctrl-C stops in order"), ("stopped", "")]
)
def test_hint_follows_the_state(state: str, hint: str) -> None:
    """A bot that is stopping is not told how to stop."""
    second = picture(header(bot(state=state), SCREEN)).splitlines()[1]
    assert second.rstrip().endswith(hint)
    assert ("Ctrl-C" in second) == ("Ctrl-C" in hint)


def test_header_names_every_venue() -> None:
    """Several venues are joined."""
    assert "BTC on paper + lighter" in picture(header(bot(venue(), venue("lighter")), SCREEN))


def test_footer_counts() -> None:
    """Steps, decisions, orders, fills and round trips."""
    text = " ".join(picture(footer(bot())).split())
    assert text == "steps 12,345 decisions 1,234 orders 567 fills 189 round trips 92"


def test_pnl_adds_up_to_the_net() -> None:
    """The parts are shown as they bear on the net figure: fees paid and funding paid carry a minus."""
    text = picture(pnl_panel(bot()))
    assert "PnL USDC" in text
    expected = {
        "realised": "+12.3456",
        "unrealised": "+0.6000",
        "fees": "-1.0243",
        "funding": "-0.0124",
        "net": "+11.9089",
        "drawdown": "3.2000",
    }
    assert {name: line_with(text, f" {name} ").split()[-1] for name in expected} == expected
    assert sum(Decimal(expected[name]) for name in ("realised", "unrealised", "fees", "funding")) == Decimal("11.9089")


def test_rebates_are_a_plus() -> None:
    """Fees below zero were received."""
    assert line_with(picture(pnl_panel(bot(pnl=PnL(fees=Decimal("-0.5"))))), "fees") == "fees +0.5000"


def test_gain_of_an_unknown_position_is_unknown() -> None:
    """While a venue does not tell the position, neither unrealised nor net is shown as a number."""
    status = bot(venue(position=None))
    text = picture(pnl_panel(status))
    assert line_with(text, "unrealised") == "unrealised unknown"
    assert line_with(text, "net ") == "net unknown"
    assert line_with(text, " realised") == "realised +12.3456"
    assert "net unknown USDC" in picture(pnl_strip(status, SCREEN))


def test_pnl_strip_says_the_same() -> None:
    """One line for the parts, the net and the deepest fall on the frame."""
    top, parts, bottom = picture(pnl_strip(bot(), SCREEN)).splitlines()
    assert "PnL" in top
    assert "realised +12.3456  unrealised +0.6000  fees -1.0243  funding -0.0124" in parts
    assert "net +11.9089 USDC · max drawdown 3.2000" in bottom


def test_pnl_without_venues_has_no_currency() -> None:
    """A bot that has no venue yet still shows its figures."""
    status = bot(venues=())
    assert pnl_lines(status)[0].plain.strip() == "net +11.9089"
    assert "PnL ─" in picture(pnl_panel(status))


@pytest.mark.parametrize(("bid", "ask"), [("62000.1", "62000.1"), ("62000.2", "62000.1"), (None, "1"), ("1", None)])
def test_mid_needs_a_book_in_order(bid: str | None, ask: str | None) -> None:
    """A locked, crossed, one-sided or missing book has no mid."""
    assert mid(venue(bbo=bbo(bid, ask))) is None
    assert mid(venue(bbo=None)) is None
    assert mid(venue()) == Decimal("62000.0")


def test_foreign_words_cannot_steer_the_terminal() -> None:
    """An escape sequence in a venue's words is shown, not obeyed."""
    assert "\x1b" not in picture(header(bot(health="down \x1b[2J[bold]", started_ns=START_NS, now_ns=NOW_NS), SCREEN))
