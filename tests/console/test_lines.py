"""The plain view: one line per decision, readable by people and by grep."""

from __future__ import annotations

import io
import os
from decimal import Decimal
from io import StringIO

import pytest
from sample_status import START_NS, bbo, bot, decision, market, order, position, venue

from console.lines import LineView, decision_text, status_text
from helpers.clock import NS_PER_S
from helpers.enums import MarketKind
from helpers.status import PnL


@pytest.fixture
def stream() -> StringIO:
    """What the pipe gets."""
    return StringIO()


@pytest.fixture
def view(stream: StringIO) -> LineView:
    """A line view with a status every minute."""
    return LineView(stream)


def test_a_decision_is_one_line(view: LineView, stream: StringIO) -> None:
    """Time in UTC to the millisecond, kind, reason."""
    view.line(decision("buy 0.001 BTC at 61,999.9: grid step"))
    assert stream.getvalue() == "2026-01-01 00:00:12.345  place_order  buy 0.001 BTC at 61,999.9: grid step\n"


def test_kinds_are_aligned_and_breaks_are_taken_out() -> None:
    """Short kinds are padded; a text with line breaks and escapes stays one line without colour."""
    assert decision_text(decision("a\nb\x1b[31m", "fill", 1)) == "2026-01-01 00:00:01.000  fill         a b [31m"


def test_secrets_are_masked(view: LineView, stream: StringIO) -> None:
    """A venue that repeats a key in its answer does not get it into the output."""
    view.line(decision("bad api_key: deadbeef0123456789abcdef", "rejected"))
    assert stream.getvalue().endswith("bad api_key: ***\n")


def test_repetitions_are_counted(view: LineView, stream: StringIO) -> None:
    """Thirteen equal lines in a burst are one line, and one that counts the other twelve before the next."""
    for second in range(13):
        view.line(decision("nothing to do", "wait", second))
    assert stream.getvalue().count("\n") == 1
    view.line(decision("bought", "fill", 14))
    assert stream.getvalue().splitlines() == [
        "2026-01-01 00:00:00.000  wait         nothing to do",
        "2026-01-01 00:00:12.000  wait         nothing to do (repeated 12 times)",
        "2026-01-01 00:00:14.000  fill         bought",
    ]


def test_close_tells_of_what_was_counted(view: LineView, stream: StringIO) -> None:
    """A repetition at the very end is not lost, and is told once."""
    view.line(decision("nothing to do", "wait", 1))
    view.line(decision("nothing to do", "wait", 2))
    view.close()
    view.close()
    assert stream.getvalue().splitlines()[1:] == ["2026-01-01 00:00:02.000  wait         nothing to do (repeated once)"]


def test_a_burst_ends_after_a_minute(view: LineView, stream: StringIO) -> None:
    """What lasts is told again every minute."""
    for second in (0, 60, 61):
        view.line(decision("nothing to do", "wait", second))
    assert [line.split("  ", 1)[0] for line in stream.getvalue().splitlines()] == [
        "2026-01-01 00:00:00.000",
        "2026-01-01 00:01:00.000",
        "2026-01-01 00:01:01.000",
    ]


@pytest.mark.parametrize(
    "kind",
    ["fill", "refused", "rejected", "recovered", "start", "stop", "place_order", "close_position", "rebalance"],
)
def test_what_matters_is_always_written(view: LineView, stream: StringIO, kind: str) -> None:
    """Fills, refusals, starts, stops and everything sent appear every time."""
    for _ in range(3):
        view.line(decision("the same", kind, 1))
    assert stream.getvalue().count("the same\n") == 3


def test_the_same_words_of_another_kind_are_no_repetition(view: LineView, stream: StringIO) -> None:
    """Kind and text must both be the same."""
    view.line(decision("drawdown", "risk", 1))
    view.line(decision("drawdown", "health", 1))
    assert stream.getvalue().count("drawdown\n") == 2


def test_status_comes_once_a_minute_of_the_session(view: LineView, stream: StringIO) -> None:
    """Ten minutes of statuses ten times a second are ten lines, none at the start."""
    for tenth in range(6001):
        view.status(bot(now_ns=START_NS + tenth * NS_PER_S // 10))
    lines = stream.getvalue().splitlines()
    assert [line[:23] for line in lines[:2]] == ["2026-01-01 00:01:00.000", "2026-01-01 00:02:00.000"]
    assert len(lines) == 10


def test_status_interval_can_be_chosen(stream: StringIO) -> None:
    """Every ten seconds, if somebody wants that."""
    view = LineView(stream, status_every_s=10)
    for second in range(61):
        view.status(bot(now_ns=START_NS + second * NS_PER_S))
    assert stream.getvalue().count("\n") == 6


def test_status_does_not_swallow_repetitions(view: LineView, stream: StringIO) -> None:
    """What was counted is told before the status line."""
    view.status(bot(now_ns=START_NS))
    view.line(decision("nothing to do", "wait", 1))
    view.line(decision("nothing to do", "wait", 2))
    view.status(bot())
    lines = stream.getvalue().splitlines()
    assert lines[1].endswith("(repeated once)")
    assert lines[2].startswith("2026-01-01 01:02:05.000  status       running; ")


def test_status_tells_the_whole_bot() -> None:
    """State, book, position, orders, profit and loss with its parts, fills."""
    assert status_text(bot(venue(position=position(), orders=(order(),)))) == (
        "2026-01-01 01:02:05.000  status       running; "
        "paper BTC 61,999.9 / 62,000.1, long 0.012 at 61,950.0, 1 order; "
        "net +11.9089 USDC (realised +12.3456, unrealised +0.6000, fees -1.0243, funding -0.0124); 189 fills"
    )


def test_status_of_spot_says_nothing_of_funding() -> None:
    """What is held is held, not long; where one venue of several has funding it is told."""
    spot = venue(position=position(), market=market(kind=MarketKind.SPOT))
    text = status_text(bot(spot, pnl=PnL(realised=Decimal(1))))
    assert "holds 0.012 at 61,950.0" in text
    assert "(realised +1.0000, unrealised 0.0000, fees 0.0000)" in text
    assert "funding -0.0124" in status_text(bot(spot, venue("lighter")))


def test_status_with_two_venues_and_trouble() -> None:
    """Each venue has its part; what is wrong stands at the end."""
    status = bot(
        venue(bbo=bbo(ask=None)), venue("lighter", position=position("-0.5")), health="no book\nfrom paper", fills=1
    )
    text = status_text(status)
    assert "paper BTC 61,999.9 / -, flat, 0 orders; lighter BTC" in text
    assert "short 0.5 at 61,950.0" in text
    assert text.endswith("; 1 fill; health: no book from paper")


def test_status_of_what_is_unknown() -> None:
    """No book, no position and so no gain: words, not zeros."""
    text = status_text(bot(venue(bbo=None, position=None), pnl=PnL(realised=Decimal(1))))
    assert "paper BTC no book, position unknown, 0 orders" in text
    assert "net unknown USDC (realised +1.0000, unrealised unknown, fees 0.0000, funding 0.0000)" in text


def test_status_without_venues() -> None:
    """A bot that has no venue yet has a line all the same."""
    assert "running; net +11.9089 (realised" in status_text(bot(venues=()))


def test_a_closed_pipe_is_no_error_and_then_silence() -> None:
    """`runbot | head -1` ends the output and nothing else, not even with a complaint when Python closes the stream."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as pipe:
        view = LineView(pipe)
        for second in range(3):
            view.line(decision("bought", "fill", second))
        view.status(bot())
        view.close()
    assert view._stream is None


def test_a_closed_stream_is_no_error(view: LineView, stream: StringIO) -> None:
    """A stream somebody closed is treated like a closed pipe."""
    stream.close()
    view.line(decision())
    view.line(decision())
    assert view._stream is None


def test_every_line_is_out_at_once() -> None:
    """A reader of the pipe sees a line as soon as it is said."""
    raw = io.BytesIO()
    pipe = io.TextIOWrapper(raw, encoding="utf-8")
    LineView(pipe).line(decision("bought", "fill", 1))
    assert raw.getvalue().endswith(b"bought\n")


def test_what_the_encoding_lacks_becomes_a_question_mark() -> None:
    """An ASCII pipe gets every line, with ? for what it cannot hold."""
    raw = io.BytesIO()
    view = LineView(io.TextIOWrapper(raw, encoding="ascii"))
    view.line(decision("Übergröße → later", "health", 1))
    assert raw.getvalue().endswith(b"health       ?bergr??e ? later\n")
