"""Where log lines go, what they look like and what never gets into them.

One record is one line, stamped with the bot's own clock, so that simulated time shows. Secrets
are masked in the finished line, so that no argument, exception text or traceback gets past.
Tracebacks appear at level debug only.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from helpers.errors import UserError

ROOT = "runbot"
LEVELS = ("debug", "info", "warning", "error")
MASK = "***"
_SHORTEST_SECRET = 4
_NS_PER_S = 1_000_000_000
_LAST_S = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second datetime can write
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
# A word that announces a secret, then at least 16 characters of hex, base64 or a web token with a digit in them.
_ANNOUNCED = re.compile(
    r"""(?ix)
    ( (?:key|secret|token|password|passphrase|auth|authorization|bearer) s? ["'\]]? \s* (?:is\s+|[:=]\s*)? [b\[(]?["']?
      (?:bearer\s+|basic\s+)? )
    (?= [\w+/=.-]* \d ) [\w+/=.-]{16,}
    """
)


class _Secrets:
    """The values that must never be shown, and one pattern that finds them all."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        self._forms |= {form for form in _forms_of(value) if len(form) >= _SHORTEST_SECRET}
        longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if longest_first else None

    def mask(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern else text


def _forms_of(value: str) -> set[str]:
    bare = value.strip()
    return {bare, bare.removeprefix("0x"), quote(bare, safe=""), repr(bare)[1:-1]}


_SECRETS = _Secrets()


def register_secret(value: str) -> None:
    """Never show this value again; anything shorter than four characters is no secret."""
    _SECRETS.add(value)


def forget_secrets() -> None:
    """Start over with no registered values, as a new process would."""
    _SECRETS.clear()


def mask(text: str) -> str:
    """Replace registered secrets, and long codes that stand beside words such as key, secret or token."""
    return _ANNOUNCED.sub(rf"\g<1>{MASK}", _SECRETS.mask(text))


def one_line(text: str) -> str:
    """Put a text on one line: control characters, with them terminal escapes and turns of direction, become spaces."""
    return _UNPRINTABLE.sub(" ", text)


def time_text(time_ns: int, *, millis: bool = False) -> str:
    """Write a time as 2026-01-01 00:00:12 in UTC, with milliseconds where asked for."""
    seconds, rest = divmod(time_ns, _NS_PER_S)
    moment = datetime.fromtimestamp(min(max(seconds, 0), _LAST_S), UTC)
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{text}.{rest // 1_000_000:03d}" if millis else text


class LineFormatter(logging.Formatter):
    """`2026-01-01 00:00:12.345  warning  runbot.bot  text`, masked."""

    def __init__(self, now_ns: Callable[[], int], *, tracebacks: bool) -> None:
        """Stamp lines with this clock; `tracebacks` adds them below the line of an exception."""
        super().__init__()
        self._now_ns = now_ns
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """Write one record as one masked line."""
        head = f"{time_text(self._now_ns(), millis=True)}  {record.levelname.lower():<7}  {record.name}"
        line = f"{head}  {one_line(record.getMessage() + _exception_text(record))}"
        if self._tracebacks and record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return mask(line)


def _exception_text(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    return "" if error is None else f" ({type(error).__name__}: {error})"


class _QuietHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream; a stream that cannot be written to costs lines, never the bot.

    The standard library would answer by printing the raw record, unmasked, to stderr.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name logging calls
        """Let the line go."""


class StderrHandler(_QuietHandler):
    """Writes to whatever sys.stderr is at the moment, so that lines appear above a live view."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self.stream = sys.stderr
        super().emit(record)


class LogFileHandler(_QuietHandler):
    """Appends to a file of its own."""

    def close(self) -> None:
        """Close the file."""
        self.stream.close()
        super().close()


def setup_logging(level: str, log_file: Path | None, now_ns: Callable[[], int]) -> logging.Logger:
    """Send log lines to stderr, or to a file where one is given, and give the logger "runbot".

    Our own loggers ("runbot" and below) follow `level`. Other packages are heard from "warning"
    upwards only: at debug they would write what they send. Calling it again replaces the first set-up.

    Args:
        level: "debug", "info", "warning" or "error".
        log_file: appended to; None is stderr.
        now_ns: the session's clock, ns since the Unix epoch.

    Raises:
        UserError: there is no such level, or the file cannot be opened.
    """
    name = level.strip().lower()
    if name not in LEVELS:
        raise UserError(f"unknown log level {level!r}", f"choose one of {', '.join(LEVELS)}")
    handler = StderrHandler() if log_file is None else _file_handler(log_file)
    handler.setFormatter(LineFormatter(now_ns, tracebacks=name == "debug"))
    reset_logging()
    root, ours = logging.getLogger(), logging.getLogger(ROOT)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    ours.setLevel(name.upper())
    return ours


def reset_logging() -> None:
    """Take away what setup_logging put up, and close its file."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _QuietHandler)]:
        root.removeHandler(handler)
        handler.close()
    logging.getLogger(ROOT).setLevel(logging.NOTSET)


def _file_handler(path: Path) -> LogFileHandler:
    try:
        return LogFileHandler(path.open("a", encoding="utf-8"))
    except OSError as error:
        problem = f"log file {path} cannot be opened ({error.strerror})"
        raise UserError(problem, "choose a file in a folder that exists and may be written to") from error
