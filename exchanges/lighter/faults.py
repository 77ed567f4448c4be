"""What Lighter's refusals mean: each code and word as an error of our tree, with its mend where there is one."""

from __future__ import annotations

from typing import Final

from exchanges.lighter.reading import read_as
from exchanges.lighter.wire import Fault
from helpers.errors import AuthError, BadPayload, RateLimited, VenueError, VenueRejected
from helpers.transport import HttpResponse

INVALID_NONCE: Final = "21104"
NOT_ACTIVE: Final = "21600"
ID_TAKEN: Final = "21728"

_GOOD: Final = frozenset({None, 0, 200})
_OK, _REFUSED, _FORBIDDEN, _FIREWALL, _TOO_MANY, _BROKEN = 200, 400, 403, 405, 429, 500
_BAD_TOKEN: Final = 20013
_WRONG_CLOCK: Final = "this machine's clock differs from the venue's: set it by NTP"
_NOT_SERVED: Final = "Lighter does not let this address in (403): it may not serve your country, or ask your network"
_THROTTLED: Final = frozenset({23000, 23001, 23002, 23003})
_NEW_KEY: Final = "make an API key in Lighter's app and put its number and private key into the .env file"
_AUTH: Final = {
    20013: "check that LIGHTER_API_KEY_PRIVATE_KEY, LIGHTER_API_KEY_INDEX, LIGHTER_ACCOUNT_INDEX and "
    "LIGHTER_ENVIRONMENT belong together, and this machine's clock",
    21100: "check LIGHTER_ACCOUNT_INDEX and LIGHTER_ENVIRONMENT",
    21108: "the venue knows another public key under LIGHTER_API_KEY_INDEX: " + _NEW_KEY,
    21109: "the venue has no key under LIGHTER_API_KEY_INDEX: " + _NEW_KEY,
    21110: "check LIGHTER_API_KEY_INDEX",
    21120: "check that the key belongs to this account and to LIGHTER_ENVIRONMENT",
    21136: "the venue asks for a newer signer: update lighter-sdk",
}


def explain(response: HttpResponse) -> VenueError | None:
    """Read an answer's code: the error it stands for, or None where the status says it all."""
    status = response.status
    if status == _FIREWALL:
        return RateLimited("Lighter's firewall turns requests away (405)")
    if status == _TOO_MANY or status >= _BROKEN:
        return None
    try:
        fault = read_as(response.body, Fault)
    except BadPayload:
        return AuthError(_NOT_SERVED) if status == _FORBIDDEN else None
    if status < _REFUSED and fault.code in _GOOD:
        return None
    return refusal(status if fault.code in _GOOD else fault.code, fault.message)


def refusal(code: int | None, message: str | None) -> VenueError:
    """Give the error that a code and its words stand for."""
    text = f"Lighter: {message or 'refused'}"
    if code in _THROTTLED:
        return RateLimited(text)
    if code in _AUTH:
        is_late = code == _BAD_TOKEN and "expir" in text
        return AuthError(f"{text} [{code}]: {_WRONG_CLOCK if is_late else _AUTH[code]}")
    return VenueRejected(str(code or "?"), text)


__all__ = ["ID_TAKEN", "INVALID_NONCE", "NOT_ACTIVE", "explain", "refusal"]
