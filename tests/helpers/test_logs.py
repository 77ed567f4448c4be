"""Log lines: one record one line, on the bot's clock, and no secret in any of them."""

from __future__ import annotations

import logging
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import logs
from helpers.errors import UserError

NOW_NS = 1_767_225_612_345_999_999
KEY = "deadbeef0123456789abcdef"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave logging and the known secrets as they were."""
    root, ours = logging.getLogger(), logging.getLogger(logs.ROOT)
    levels = root.level, ours.level
    yield
    logs.reset_logging()
    logs.forget_secrets()
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    """Where the lines go."""
    return tmp_path / "bot.log"


def set_up(level: str, log_file: Path | None) -> logging.Logger:
    """Log with a clock that stands still."""
    return logs.setup_logging(level, log_file, lambda: NOW_NS)


def fail(text: str) -> None:
    """Raise an error with this text."""
    raise ValueError(text)


def test_a_record_is_one_line_on_the_given_clock(log_file: Path) -> None:
    """Time of the session, level, logger, text."""
    set_up("info", log_file)
    logging.getLogger("runbot.bot").info("placed %d orders\nin one go", 3)
    assert log_file.read_text() == "2026-01-01 00:00:12.345  info     runbot.bot  placed 3 orders in one go\n"


def test_the_clock_is_read_for_every_line(log_file: Path) -> None:
    """Simulated time shows as it passes."""
    times = iter([0, 61_000_000_000])
    logger = logs.setup_logging("info", log_file, lambda: next(times))
    logger.info("a")
    logger.info("b")
    assert [line[11:23] for line in log_file.read_text().splitlines()] == ["00:00:00.000", "00:01:01.000"]


def test_without_a_file_lines_go_to_the_present_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output stays clean; a stderr replaced later, as the live view does, is the one written to."""
    logger = set_up("info", None)
    logger.info("hello")
    captured = capsys.readouterr()
    assert captured.err.endswith("runbot  hello\n")
    assert captured.out == ""


def test_a_stderr_replaced_later_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The stream is looked up for every line."""
    logger = set_up("info", None)
    with (tmp_path / "err").open("w+", encoding="utf-8") as other:
        monkeypatch.setattr(sys, "stderr", other)
        logger.warning("woven in")
        other.seek(0)
        assert other.read().endswith("warning  runbot  woven in\n")


@pytest.mark.parametrize(("level", "heard"), [("debug", 4), ("INFO", 3), (" warning", 2), ("error", 1)])
def test_levels(log_file: Path, level: str, heard: int) -> None:
    """Each level hears itself and what is worse, however it is spelt."""
    logger = set_up(level, log_file)
    for write in (logger.debug, logger.info, logger.warning, logger.error):
        write("x")
    assert len(log_file.read_text().splitlines()) == heard


def test_other_packages_are_heard_from_warning_upwards(log_file: Path) -> None:
    """At debug, a library's own debug lines, which may hold what it sends, stay out."""
    set_up("debug", log_file)
    library = logging.getLogger("some.library")
    library.info("sending everything")
    library.warning("odd")
    assert log_file.read_text().splitlines() == ["2026-01-01 00:00:12.345  warning  some.library  odd"]


def test_unknown_level_is_the_persons_error(log_file: Path) -> None:
    """The line names the value and the choices, and nothing is created."""
    with pytest.raises(UserError, match=r"unknown log level 'loud': choose one of debug, info, warning, error"):
        set_up("loud", log_file)
    assert not log_file.exists()


def test_a_file_that_cannot_be_opened_is_the_persons_error(tmp_path: Path) -> None:
    """The line names the path and the reason, and the earlier set-up stays."""
    earlier = tmp_path / "earlier.log"
    logger = set_up("info", earlier)
    with pytest.raises(UserError, match=r"missing/bot\.log cannot be opened \(No such file or directory\): choose"):
        set_up("info", tmp_path / "missing" / "bot.log")
    logger.info("still here")
    assert earlier.read_text().endswith("still here\n")


def test_a_second_set_up_replaces_the_first(tmp_path: Path) -> None:
    """No line is written twice, and the first file is closed; a file is appended to."""
    first, second = tmp_path / "1.log", tmp_path / "2.log"
    second.write_text("before\n")
    set_up("info", first)
    set_up("info", second).info("once")
    assert first.read_text() == ""
    assert second.read_text().splitlines()[0] == "before"
    assert second.read_text().count("once") == 1


def test_no_traceback_below_debug(log_file: Path) -> None:
    """An exception is a few words at the end of the line."""
    logger = set_up("info", log_file)
    try:
        fail("no\nsuch order")
    except ValueError:
        logger.exception("cancel failed")
    assert log_file.read_text().splitlines() == [
        "2026-01-01 00:00:12.345  error    runbot  cancel failed (ValueError: no such order)"
    ]


def test_traceback_at_debug(log_file: Path) -> None:
    """At level debug the traceback follows, masked as well."""
    logger = set_up("debug", log_file)
    try:
        fail(f"secret={KEY}")
    except ValueError:
        logger.exception("cancel failed")
    text = log_file.read_text()
    assert "Traceback (most recent call last):" in text
    assert "in fail" in text
    assert KEY not in text


def test_exc_info_without_an_exception(log_file: Path) -> None:
    """A record that asks for an exception where there is none is an ordinary line."""
    set_up("info", log_file).error("odd", exc_info=True)
    assert log_file.read_text().splitlines()[0].endswith("runbot  odd")


def test_registered_secrets_never_get_into_a_line(log_file: Path) -> None:
    """Neither as text nor as argument nor in an exception, nor inside an address."""
    logs.register_secret("hunter2+x/y")
    logger = set_up("info", log_file)
    logger.info("with hunter2+x/y in it")
    logger.info("url %s", "https://venue/?k=hunter2%2Bx%2Fy")
    logger.info("%s", {"a": "HUNTER2+X/Y"})
    try:
        fail("hunter2+x/y")
    except ValueError:
        logger.exception("x")
    text = log_file.read_text()
    assert "unter2" not in text.lower()
    assert text.count("***") == 4


def test_a_key_is_masked_with_and_without_its_prefix() -> None:
    """0x in front or not, in capitals or not."""
    logs.register_secret(f"0x{KEY}\n")
    assert logs.mask(f"a 0x{KEY} b {KEY.upper()} c") == "a *** b *** c"


def test_the_longer_secret_is_masked_whole() -> None:
    """A secret that begins like another leaves no tail."""
    logs.register_secret("abcd")
    logs.register_secret("abcdefgh")
    assert logs.mask("abcdefgh abcd") == "*** ***"


def test_short_values_are_no_secrets() -> None:
    """An account index of 3 does not wipe out every 3."""
    logs.register_secret("3")
    logs.register_secret("")
    assert logs.mask("3 orders at 3,333") == "3 orders at 3,333"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"api_key={KEY}", "api_key=***"),
        (f"API-KEY: 0x{KEY}", "API-KEY: ***"),
        (f"{{'private_key': '{KEY}', 'n': 1}}", "{'private_key': '***', 'n': 1}"),
        (f'{{"secret":"{KEY}"}}', '{"secret":"***"}'),
        (f"the private key is {KEY}.", "the private key is ***"),
        (f"secret {KEY}", "secret ***"),
        ("Authorization: Bearer eyJhbGciOi.eyJzdWIiOiIx.abc-_123=", "Authorization: Bearer ***"),
        (f"?token={KEY}&x=1", "?token=***&x=1"),
        (f"auth=b'{KEY}'", "auth=b'***'"),
        ("password: c2VjcmV0IHBhc3N3b3JkMQ==", "password: ***"),
    ],
)
def test_codes_beside_telling_words_are_masked(text: str, masked: str) -> None:
    """Nobody has to register what says of itself that it is a key."""
    assert logs.mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "trace 0123456789abcdef0123456789abcdef",
        "key level at 62,000.0",
        "api key index 3",
        "the key to this: internationalisation",
        "token bucket is empty",
        "session 20260101-000000-grid",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    """Hashes, prices and long words are no keys."""
    assert logs.mask(text) == text


@given(
    st.text(string.ascii_letters + string.digits + "+/=_-.", min_size=4, max_size=40), st.text(max_size=20), st.text()
)
@settings(max_examples=100, deadline=None)
def test_no_text_shows_a_registered_secret(secret: str, before: str, after: str) -> None:
    """Wherever it stands, it is gone."""
    logs.forget_secrets()
    logs.register_secret(secret)
    assert secret not in logs.mask(f"{before}{secret}{after}")


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_one_line_has_one_line(text: str) -> None:
    """No text can break a line or bring a control character in."""
    line = logs.one_line(text)
    assert len(line.splitlines()) <= 1
    assert "\x1b" not in line


def test_a_stream_that_cannot_be_written_to_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A lost stderr loses lines; nothing is raised and no raw record is printed instead."""
    logger = set_up("info", None)
    with monkeypatch.context() as lost, (tmp_path / "err").open("w", encoding="utf-8") as closed:
        closed.close()
        lost.setattr(sys, "stderr", closed)
        logger.info("secret=%s", KEY)
    logger.info("back")
    captured = capsys.readouterr()
    assert KEY not in captured.err
    assert captured.err.endswith("runbot  back\n")
