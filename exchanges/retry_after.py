"""How long a venue wants to be left alone: the header Retry-After, in seconds or as a date."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from helpers.clock import NS_PER_S
from helpers.transport import HttpResponse


def retry_after_s(response: HttpResponse) -> float | None:
    """Give the seconds a reply asks to wait; None if it does not say, or not in a way that can be read."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        return _until(text, headers.get("date", ""), response.received_ns)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(text: str, date: str, received_ns: int) -> float | None:
    """Count from the venue's own time where it gives it: our clocks may differ."""
    then_s = _moment_s(text)
    if then_s is None:
        return None
    now_s = _moment_s(date)
    return max(0.0, then_s - (received_ns / NS_PER_S if now_s is None else now_s))


def _moment_s(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return _in_utc(moment).timestamp()


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


__all__ = ["retry_after_s"]
