"""What Extended's error codes mean to us: what is a definite no, what is trouble with keys, what says nothing.

The code decides, not the HTTP status: HTTP 200 may carry a refusal, and codes 400 to 599 stand for
the HTTP status of the same number. Codes that a broken server gives leave an order's outcome open.
"""

from __future__ import annotations

from typing import Final

import msgspec

from exchanges.extended.wire import Reply, WireError
from helpers.errors import AuthError, ConnectivityError, RateLimited, VenueError, VenueRejected
from helpers.transport import HttpResponse

MIN_SIZE, SIZE_STEP, MAX_VALUE, TICK = "1120", "1121", "1122", "1124"
FEE_TOO_LOW, EXPIRATION = "1128", "1135"
MARKET_MUST_BE_IOC, PRICE = "1139", "1141"
MAINTENANCE, DUPLICATE = "1010", "1134"

TERMS_CHANGED: Final = frozenset({MIN_SIZE, SIZE_STEP, MAX_VALUE, "1123", TICK, "1125"})
"""Refusals after which our copy of the market's terms is not to be trusted."""

_KEY_TROUBLE: Final = {
    "401": "Extended does not know this API key on this network: check EXTENDED_API_KEY and EXTENDED_ENVIRONMENT",
    "403": "Extended does not let this API key do that: make a new one on the API page and set EXTENDED_API_KEY",
    "1100": "the Stark public key is not this account's: set EXTENDED_STARK_KEY_PUBLIC from the API page",
    "1101": "Extended refuses the signature: set EXTENDED_STARK_KEY_PRIVATE and EXTENDED_ENVIRONMENT of this account",
    "1102": "the vault is not this account's: set EXTENDED_VAULT from the API page",
}
_MODES: Final = {
    MAINTENANCE: "Extended is under maintenance",
    "1011": "Extended takes post-only orders only, for now",
    "1012": "Extended takes reduce-only orders only, for now",
}
MODES: Final = frozenset(f"[{code}]" for code in _MODES)
"""What the texts of refusals end with that say of the whole venue what it takes for now."""
_NOT_SERVED: Final = "Extended does not let this address in (403): it may not serve your country, or ask your network"
_HINTS: Final = {EXPIRATION: "check this machine's clock and EXTENDED_ENVIRONMENT: testnet takes shorter expiries"}
_TOO_MANY: Final = "429"
_NOT_FOUND: Final = "404"
_OPEN_OUTCOME: Final = frozenset({"408", "1006"})
"""A timeout, and what the venue calls an unhandled error: it may have acted."""
_BROKEN: Final = range(500, 600)
_LEAST_BAD_STATUS: Final = 400
_DECODER: Final = msgspec.json.Decoder(Reply)


class NotFound(VenueRejected):
    """The venue says that it has no such thing."""


def explain(response: HttpResponse) -> VenueError | None:
    """Read an answer's envelope: the error to raise, or None for a good one and for what has no envelope."""
    try:
        reply = _DECODER.decode(response.body)
    except (msgspec.DecodeError, ValueError):
        if str(response.status) == "401":
            return AuthError(_KEY_TROUBLE["401"])
        # a firewall's page: the API has an envelope
        return AuthError(_NOT_SERVED) if str(response.status) == "403" else None
    if reply.is_good and response.status < _LEAST_BAD_STATUS:
        return None
    return refusal(reply.error or WireError(), response.status)


def refusal(error: WireError, status: int = 200) -> VenueError:
    """Give the error that a venue's refusal is to us."""
    code = str(error.code or status)
    words = _words(error)
    if code == _TOO_MANY:
        return RateLimited(words or "too many requests")
    if code in _KEY_TROUBLE:
        return AuthError(f"{_KEY_TROUBLE[code]} ({words} [{code}])" if words else _KEY_TROUBLE[code])
    if code in _OPEN_OUTCOME or (code.isdecimal() and int(code) in _BROKEN):
        return ConnectivityError(f"Extended answers with an error of its own: {words} [{code}]")
    if code == DUPLICATE:  # we send no id twice: the request came twice, and came through the first time
        return ConnectivityError(f"Extended has an order of this id already: {words} [{code}]")
    if code in _MODES:
        words = f"{_MODES[code]} ({words})" if words else _MODES[code]
    if code in _HINTS:
        words = f"{words}: {_HINTS[code]}"
    kind = NotFound if _NOT_FOUND in {code, str(status)} else VenueRejected
    return kind(code, words or "refused without a word")


def _words(error: WireError) -> str:
    """Join the venue's message and its detail, which may be the same."""
    details = error.debug_info if error.debug_info != error.message else ""
    return ": ".join(text for text in (error.message, details) if text)


__all__ = [
    "DUPLICATE",
    "EXPIRATION",
    "FEE_TOO_LOW",
    "MAINTENANCE",
    "MARKET_MUST_BE_IOC",
    "MAX_VALUE",
    "MIN_SIZE",
    "MODES",
    "PRICE",
    "SIZE_STEP",
    "TERMS_CHANGED",
    "TICK",
    "NotFound",
    "explain",
    "refusal",
]
