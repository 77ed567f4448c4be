"""The report: one page that shows a session truly, loads nothing and cannot be tricked by words."""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from console.report import write_report
from helpers.enums import Liquidity, OrderStatus, Side
from helpers.errors import UserError
from helpers.journal import Journal, SessionInfo
from helpers.models import Fill, Order
from helpers.status import PnL

D = Decimal
START_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
NS_PER_S = 1_000_000_000
INFO = SessionInfo(
    session="one",
    strategy="grid",
    exchange="paper",
    account_id="a",
    ticker="BTC",
    seed=7,
    started_ns=START_NS,
    config={"quantity": "0.01 (flag)"},
    quote="USDC",
)


def at(seconds: float) -> int:
    """A time of the session."""
    return START_NS + int(seconds * NS_PER_S)


def order(number: int, **changes: object) -> Order:
    """One of our orders."""
    base = Order(intent=f"open-{number}", client_order_id=str(number), side=Side.BUY, quantity=D("0.5"), price=D(64000))
    return msgspec.structs.replace(base, **changes)


def fill(number: int, **changes: object) -> Fill:
    """The execution of an order."""
    base = Fill(
        trade_id=f"t{number}",
        order_id=f"v{number}",
        client_order_id=str(number),
        ticker="BTC",
        side=Side.BUY,
        price=D(64000),
        quantity=D("0.5"),
        fee=D("0.25"),
        liquidity=Liquidity.MAKER,
        time_ns=at(number),
    )
    return msgspec.structs.replace(base, **changes)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal being written."""
    journal = Journal.create(tmp_path / "runs", INFO)
    yield journal
    journal.abandon()


def page_of(journal: Journal) -> str:
    """The page of a journal as it stands."""
    journal.flush()
    return write_report(journal.path.parent, None).read_text("utf-8")


def words(page: str) -> str:
    """What a person reads: the page without scripts, styles and tags."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def traces(page: str) -> dict[str, dict[str, Any]]:
    """What is drawn, by name."""
    decoder = json.JSONDecoder()
    start = page.index("[", page.index("Plotly.newPlot(", page.rindex("<script>")))
    drawn, _ = decoder.raw_decode(page[start:])
    return {trace["name"]: trace for trace in drawn}


def equity(journal: Journal, second: float, value: str | None, exchange: str = "paper", **pnl: Decimal) -> None:
    """Write a moment of the account."""
    money = None if value is None else D(value)
    journal.equity(at(second), exchange, money, D("0.5"), D(64000) + int(second), PnL(**pnl))


def test_a_finished_session_shows_its_summary(journal: Journal) -> None:
    """The heading and the key figures are those of the session and its summary."""
    equity(journal, 1, "10000", realised=D(999))
    journal.intent(order(1), "paper", "the grid has room")
    journal.fill(fill(1), "paper")
    journal.fill(fill(2, liquidity=Liquidity.TAKER, side=Side.SELL), "paper")
    summary = {
        "stopped_because": "the time is over",
        "realised_pnl": D("12.5"),
        "unrealised_pnl": D("-2.25"),
        "fees": D("0.5"),
        "funding": D("0.125"),
        "max_drawdown": D("3.75"),
        "round_trips": 4,
    }
    journal.close(at(3661), "finished", summary)
    text = words(write_report(journal.path.parent, None).read_text("utf-8"))
    assert "one grid on paper, BTC, seed 7" in text
    assert "2026-01-01 00:00:00 to 2026-01-01 01:01:01 UTC (1h 01m), finished: the time is over" in text
    for figure in (
        "Net PnL +9.8750 USDC",
        "Realised +12.5000 USDC",
        "Unrealised -2.2500 USDC",
        "Fees -0.5000 USDC",
        "Funding +0.1250 USDC",
        "Max drawdown 3.7500 USDC",
        "Fills 2 50% maker",
        "Traded 64,000.00 USDC",
        "Orders 1",
        "Round trips 4",
        "Last position 0.5 BTC",
    ):
        assert figure in text
    assert "quantity 0.01 (flag)" in text


def test_a_session_on_spot_says_nothing_of_funding(journal: Journal) -> None:
    """Where the summary says that there is none, the other figures are the summary's all the same."""
    equity(journal, 1, "10000", realised=D(999))
    summary = {"realised_pnl": D(3), "unrealised_pnl": D(0), "fees": D(1), "funding": None, "max_drawdown": D(0)}
    journal.close(at(2), "finished", summary)
    text = words(write_report(journal.path.parent, None).read_text("utf-8"))
    assert "Net PnL +2.0000 USDC" in text
    assert "Funding" not in text


def test_a_running_session_shows_where_it_stands(journal: Journal) -> None:
    """Without a summary the figures come from the latest moment of the account."""
    equity(journal, 0, "10000")
    equity(journal, 10, "9990", unrealised=D(-10))
    equity(journal, 90, "9995", realised=D(1), unrealised=D(-5), fees=D(1))
    text = words(page_of(journal))
    assert "00:01:30 UTC (1m 30s), still running" in text
    assert "Net PnL -5.0000 USDC Realised +1.0000" in text
    assert "Max drawdown 10.0000 USDC Fills 0 Traded 0.00 USDC Orders 0" in text
    assert "Round trips" not in text


def test_an_interrupted_session_says_so(journal: Journal) -> None:
    """A killed session that wrote nothing but its start still has a page."""
    journal.abandon()
    text = words(write_report(journal.path.parent, None).read_text("utf-8"))
    assert "interrupted: the process ended without closing the session" in text
    assert "Net PnL unknown Fills 0" in text
    assert "nothing to draw" in text
    assert "Latest decisions None. Refused and rejected None. What else happened None." in text


def test_a_summary_with_other_fields_is_not_believed_half(journal: Journal) -> None:
    """A summary without all amounts gives none of them, and no reason where it has none."""
    equity(journal, 1, "10000", realised=D(7))
    journal.close(at(2), "stopped", {"realised_pnl": "many", "fees": D(1), "max_drawdown": None})
    text = words(write_report(journal.path.parent, None).read_text("utf-8"))
    assert "(2s), stopped Net PnL +7.0000" in text


def test_the_charts_show_price_fills_account_drawdown_and_position(journal: Journal) -> None:
    """Each line holds the written values at their times; fills are triangles that tell what they were."""
    for second, value in enumerate(["10000", "10005", "10002"]):
        equity(journal, second, value)
    journal.intent(order(1), "paper", "the grid has room")
    journal.fill(fill(1), "paper")
    journal.fill(fill(2, side=Side.SELL, price=D("64010.5"), client_order_id=None), "paper")
    drawn = traces(page_of(journal))
    times = [f"2026-01-01 00:00:0{second}.000" for second in range(3)]
    assert drawn["mid price"]["x"] == times
    assert drawn["mid price"]["y"] == [64000, 64001, 64002]
    assert drawn["equity"]["y"] == [10000, 10005, 10002]
    assert drawn["drawdown"]["y"] == [0, 0, -3]
    assert drawn["position"]["y"] == [0.5, 0.5, 0.5]
    bought, sold = drawn["bought"], drawn["sold"]
    assert (bought["x"], bought["y"], bought["marker"]["symbol"]) == ([times[1]], [64000], "triangle-up")
    assert (sold["x"], sold["y"], sold["marker"]["symbol"]) == ([times[2]], [64010.5], "triangle-down")
    assert bought["text"] == ["bought 0.5 BTC at 64,000<br>fee 0.25 USDC, maker<br>open-1: the grid has room"]
    assert sold["text"][0].endswith("not our order")


def test_two_venues_are_told_apart(journal: Journal) -> None:
    """Prices, fills and positions stand by venue; equity is the sum once both have told it."""
    equity(journal, 1, "100", "a")
    equity(journal, 2, "50", "b")
    equity(journal, 3, "60", "b")
    journal.fill(fill(1), "a")
    journal.fill(fill(1), "b")
    page = page_of(journal)
    drawn = traces(page)
    assert drawn["equity"]["y"] == [150, 160]
    assert drawn["mid price on a"]["line"]["color"] != drawn["mid price on b"]["line"]["color"]
    assert drawn["bought on b"]["y"] == [64000]
    assert "Last position 0.5 BTC on a Last position 0.5 BTC on b" in words(page)


def test_unknown_equity_is_not_drawn_as_zero(journal: Journal) -> None:
    """Where the venue tells no equity, net profit is drawn instead, under its own name."""
    equity(journal, 1, None, realised=D(3))
    equity(journal, 2, None, realised=D(2))
    page = page_of(journal)
    assert traces(page)["net PnL"]["y"] == [3, 2]
    assert "equity" not in traces(page)
    assert "Net PnL (USDC)" in page


def test_without_a_quote_amounts_are_in_quote(tmp_path: Path) -> None:
    """An unknown currency is called quote."""
    journal = Journal.create(tmp_path, msgspec.structs.replace(INFO, quote="", continues="zero"))
    equity(journal, 1, "1")
    page = page_of(journal)
    journal.abandon()
    assert "Equity (quote)" in page
    assert "seed 7, continues zero" in words(page)


def test_decisions_are_listed_newest_first(journal: Journal) -> None:
    """The latest 200 decisions stand with their reasons and orders."""
    for number in range(203):
        journal.decision(at(number), "place_order", f"reason {number}", ["open-1", "close-1"])
    text = words(page_of(journal))
    assert "00:03:22.000 place_order reason 202 open-1, close-1 2026-01-01 00:03:21.000 place_order" in text
    assert "reason 3 " in text
    assert "reason 2 " not in text


def test_refusals_are_listed_once(journal: Journal) -> None:
    """Refusals of the risk rules and rejections of the venue stand together, newest first, each once."""
    journal.event(at(1), "refused", "buy 0.5: position limit")
    journal.intent(
        order(1, status=OrderStatus.REJECTED, updated_ns=at(2), reason="margin [7]", price=None), "paper", ""
    )
    journal.intent(order(2, status=OrderStatus.REJECTED, updated_ns=at(3), reason="said"), "paper", "")
    journal.intent(order(3, status=OrderStatus.OPEN, updated_ns=at(3), reason="no refusal"), "paper", "")
    journal.event(at(3), "rejected", "open-2 would take")
    journal.event(at(4), "health", "book is stale")
    text = words(page_of(journal))
    refusals, others = text.partition("Refused and rejected")[2].split("What else happened")
    assert "open-2 would take 2026-01-01 00:00:02.000 rejected buy 0.5 at market (open-1): margin [7]" in refusals
    assert refusals.index("margin") < refusals.index("position limit")
    assert "said" not in refusals
    assert "no refusal" not in refusals
    assert "book is stale" not in refusals
    assert "health book is stale" in others


def test_long_tables_say_what_they_leave_out(journal: Journal) -> None:
    """Of 201 events the latest 200 are shown, and that is said."""
    for number in range(201):
        journal.event(at(number), "health", f"event {number}.")
    text = words(page_of(journal))
    assert "The latest 200 of 201." in text
    assert "event 0." not in text
    assert "event 1." in text


EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>&\"'</title>"


def test_no_word_of_others_becomes_markup(tmp_path: Path) -> None:
    """Markup in names, reasons, options, ids and tickers stays text everywhere, in the charts too."""
    info = msgspec.structs.replace(
        INFO, strategy=EVIL, exchange=EVIL, ticker=EVIL, quote=EVIL, config={EVIL: EVIL}, continues=EVIL
    )
    journal = Journal.create(tmp_path, info)
    for exchange in (EVIL, "other"):
        equity(journal, 1, "100", exchange)
        journal.fill(fill(1, ticker=EVIL), exchange)
    rejected = order(1, intent=EVIL, status=OrderStatus.REJECTED, reason=EVIL)
    journal.intent(rejected, EVIL, EVIL)
    journal.decision(at(1), EVIL, EVIL, [EVIL])
    journal.event(at(1), EVIL, EVIL)
    journal.close(at(2), EVIL, {"stopped_because": EVIL})
    page = write_report(journal.path.parent, None).read_text("utf-8")
    assert "alert(1)</script>" not in page
    assert "<img src=x" not in page
    assert words(page).count("<script>alert(1)</script>") > 10
    assert (
        "&lt;script&gt;" in next(text for text in traces(page).values() if text["name"].startswith("bought"))["text"][0]
    )


def test_the_page_needs_nothing_else(journal: Journal) -> None:
    """The page names no address to load from, forbids loading, and has no button that uploads."""
    equity(journal, 1, "100")
    page = page_of(journal)
    tags = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", re.sub(r"(?s)(<script>).*?(</script>)", r"\1\2", page))
    assert set(tags) == {"<script>"}
    assert "default-src 'none'" in page
    assert '"showSendToCloud": false' in page
    assert len(page) > 1_000_000


def test_the_page_can_go_elsewhere(journal: Journal, tmp_path: Path) -> None:
    """A chosen file takes the page; the session's folder stays as it was."""
    journal.close(1, "finished")
    before = sorted(journal.path.parent.iterdir())
    output = tmp_path / "page.html"
    assert write_report(journal.path.parent, output) == output
    assert output.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert sorted(journal.path.parent.iterdir()) == before


def test_a_page_that_cannot_be_written(journal: Journal, tmp_path: Path) -> None:
    """A folder that is not there, or a folder in the page's place, is one line and leaves nothing."""
    with pytest.raises(UserError, match=r"cannot write .*nowhere/page.html \(No such file"):
        write_report(journal.path.parent, tmp_path / "nowhere" / "page.html")
    (tmp_path / "taken").mkdir()
    with pytest.raises(UserError, match="cannot write"):
        write_report(journal.path.parent, tmp_path / "taken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "taken"]


def test_no_session_no_page(tmp_path: Path) -> None:
    """A folder without a journal is named."""
    with pytest.raises(UserError, match="there is no journal"):
        write_report(tmp_path, None)


def test_without_plotly_the_mend_is_named(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing plotly is one line that says what to install."""
    monkeypatch.delitem(sys.modules, "console.report_figures", raising=False)
    monkeypatch.delattr("console.report_figures", raising=False)
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(UserError, match="make install EXTRAS=report"):
        write_report(journal.path.parent, None)
