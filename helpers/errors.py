"""The error tree.

RunbotError
|-- UserError            the person can mend it: one line, exit code 2
|-- OrderStateError      an order event that no row of the state table allows
|-- JournalError         what was decided could not be written down
`-- VenueError           something at a venue
|-- ConnectivityError    no reply, or none that can be trusted: the outcome is unknown
|-- RateLimited          throttled: an order's outcome is unknown, a read may be repeated later
|-- VenueRejected        the venue said no, definitely
|-- AuthError            keys, signature or permission
`-- BadPayload           a reply that cannot be read
"""

from __future__ import annotations


class RunbotError(Exception):
    """Base of every error this project raises on purpose."""


class UserError(RunbotError):
    """Bad input: says what is wrong and how to mend it, in one line."""

    def __init__(self, problem: str, mend: str = "") -> None:
        """Join the problem and its mend into the line the person reads."""
        super().__init__(f"{problem}: {mend}" if mend else problem)


class OrderStateError(RunbotError):
    """An event reached an order in a state that cannot take it."""


class JournalError(UserError):
    """The journal could not be read or written; nothing may be sent without it."""


class VenueError(RunbotError):
    """Base of everything that goes wrong at a venue."""


class ConnectivityError(VenueError):
    """Timeout, closed socket, 5xx: what was sent may or may not have taken effect."""


class RateLimited(VenueError):
    """The venue throttled the call."""

    def __init__(self, text: str, retry_after_s: float | None = None) -> None:
        """Keep the venue's own waiting time, in seconds, where it gave one."""
        super().__init__(text)
        self.retry_after_s = retry_after_s


class VenueRejected(VenueError):
    """A definite refusal: the venue did nothing."""

    def __init__(self, code: str, text: str) -> None:
        """Keep the venue's code beside its words."""
        super().__init__(f"{text} [{code}]")
        self.code = code


class AuthError(VenueError):
    """Keys are missing, wrong or not allowed to do this."""


class BadPayload(VenueError):
    """A reply or frame that cannot be read."""

    def __init__(self, text: str, raw: bytes = b"") -> None:
        """Keep the first bytes of what could not be read."""
        super().__init__(text)
        self.raw = raw[:2048]
