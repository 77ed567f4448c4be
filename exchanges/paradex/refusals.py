"""What a Paradex error means: a definite refusal, something about keys, or nothing about the outcome."""

from __future__ import annotations

from typing import Final

import msgspec

from exchanges.paradex.wire import ErrorBody
from helpers.errors import AuthError, ConnectivityError, VenueError, VenueRejected
from helpers.transport import HttpResponse

_GOOD: Final = 300
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_SERVED: Final = "Paradex does not let this address in (403): it may not serve your country, or ask your network"
_BODY: Final = msgspec.json.Decoder(ErrorBody)

NOT_THERE: Final = frozenset({"CLIENT_ORDER_ID_NOT_FOUND", "ORDER_ID_NOT_FOUND", "NOT_FOUND", "404"})
"""Codes by which the venue says that it has no such order."""

_UNSURE: Final = frozenset({"INTERNAL_ERROR", "SERVICE_UNAVAILABLE"})
"""The venue itself does not know what became of it, whatever the status of the reply."""

_KEY_MENDS: Final = {
    "NOT_ONBOARDED": "check PARADEX_L2_PRIVATE_KEY, PARADEX_L2_ADDRESS and PARADEX_ENVIRONMENT; if the account is new, "
    "log in once at app.paradex.trade with its wallet, or set PARADEX_ONBOARD=true and PARADEX_L1_ADDRESS",
    "INVALID_STARKNET_SIGNATURE": "PARADEX_L2_PRIVATE_KEY does not belong to this account on this network",
    "STARKNET_SIGNATURE_VERIFICATION_FAILED": "PARADEX_L2_PRIVATE_KEY does not belong to this account on this network",
    "INVALID_STARKNET_ADDRESS": "PARADEX_L2_ADDRESS is no account of this network",
    "ACCOUNT_NOT_FOUND": "PARADEX_L2_ADDRESS is no account of this network",
    "PUBLIC_KEY_INVALID": "PARADEX_L2_PRIVATE_KEY is no key of this network",
    "INVALID_SUBKEY": "copy PARADEX_L2_PRIVATE_KEY and PARADEX_L2_ADDRESS from one account of this network; a subkey "
    "that was revoked has to be made anew in the web app",
    "INVALID_TIMESTAMP": "this machine's clock differs from the venue's: set it by NTP",
    "IP_NOT_ALLOWED": "this key may not be used from this address: change its allow list in the web app",
    "GEO_IP_BLOCK": "the venue does not serve this address's country",
    "UNAUTHORIZED_ERROR": "the key may not do this",
    "INVALID_TOKEN_SCOPE": "the key may not do this",
}


class TokenRefused(AuthError):  # noqa: N818 - reads as what happened, like the tree it belongs to
    """HTTP 401: the login is over, or was never good."""


def explain(response: HttpResponse) -> VenueError | None:
    """Read an error reply; None where the status says it all."""
    if response.status < _GOOD:
        return None
    body = _read(response.body)
    code, text = body.error or "", body.message or ""
    if response.status == _UNAUTHORIZED and (not code or code not in _KEY_MENDS or code == "UNAUTHORIZED_ERROR"):
        return TokenRefused(f"Paradex refuses the login: {text or code or 'no reason given'}")
    if response.status == _FORBIDDEN and not code:  # a firewall's page: the API names a code
        return AuthError(_NOT_SERVED)
    return refusal(code, text) if code else None


def refusal(code: str, text: str) -> VenueError:
    """Give the error that a code stands for."""
    if code in _UNSURE:
        return ConnectivityError(f"Paradex could not say what became of it: {text} [{code}]")
    mend = _KEY_MENDS.get(code)
    if mend is not None:
        # The mend comes first: behind a word such as key, a variable's name would be masked like a key.
        return AuthError(f"{mend} (Paradex: {text or code} [{code}])")
    return VenueRejected(code, text or code.replace("_", " ").lower())


def _read(body: bytes) -> ErrorBody:
    try:
        return _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):  # a page of a load balancer: the status says it all
        return ErrorBody()


__all__ = ["NOT_THERE", "TokenRefused", "explain", "refusal"]
