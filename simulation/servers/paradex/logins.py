"""Logging in and onboarding: every request is signed by the account's key, and answered as the venue does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from helpers.clock import NS_PER_S
from simulation.servers.front import ServerRequest
from simulation.servers.paradex.accounts import ACCOUNT_CLASS, PROXY_CLASS, AccountRegistry, address_of
from simulation.servers.paradex.errors import ApiRefusal, invalid, unauthorised
from simulation.servers.paradex.stark import Messages, is_public_key, is_signed
from simulation.servers.paradex.tokens import Token, Tokens

_WEEK_S: Final = 7 * 86_400
_CLOCK_SLACK_S: Final = 60
_DEFAULT_EXPIRY_S: Final = 1800
_MAX_ADDRESS: Final = 2**251


class OnboardingBody(msgspec.Struct):
    """What POST /onboarding carries."""

    public_key: str


class Logins:
    """Decides who gets a token."""

    def __init__(
        self, registry: AccountRegistry, tokens: Tokens, messages: Messages, opened: Callable[[str], None]
    ) -> None:
        """Decide by these.

        Args:
            registry: who has an account.
            tokens: writes them.
            messages: hashes what was signed.
            opened: is told the address of an account that onboards.
        """
        self._registry = registry
        self._tokens = tokens
        self._messages = messages
        self._opened = opened

    def log_in(self, request: ServerRequest, key_text: str | None, now_ns: int) -> dict[str, Any]:
        """Answer POST /auth and POST /auth/{public_key}."""
        account = _address(request)
        signature = read_signature(_header(request, "paradex-starknet-signature"))
        signed_s, expires_s = _times(request, now_ns // NS_PER_S)
        address = hex(account)
        if not self._registry.is_onboarded(address):
            raise ApiRefusal("NOT_ONBOARDED", "User has never called /onboarding endpoint")
        key = self._registry.main_key(address) if key_text is None else _public_key(key_text)
        if not self._registry.may_sign(address, key):
            raise ApiRefusal("INVALID_SUBKEY", "this public key is not registered for the account")
        if not is_signed(key, self._messages.auth(account, signed_s, expires_s), signature):
            raise _bad_signature()
        interactive = request.parameter("token_usage") == "interactive"
        token = Token(account=address, public_key=key, is_interactive=interactive)
        return {"jwt_token": self._tokens.issue(token, now_ns)}

    def onboard(self, request: ServerRequest) -> None:
        """Answer POST /onboarding; doing it again changes nothing."""
        account = _address(request)
        signature = read_signature(_header(request, "paradex-starknet-signature"))
        try:
            body = msgspec.json.decode(request.body, type=OnboardingBody)
        except msgspec.DecodeError as error:
            raise ApiRefusal("BINDING_ERROR", str(error)) from None
        key = _public_key(body.public_key)
        address = hex(account)
        if address_of(key) != address:
            raise ApiRefusal("INVALID_STARKNET_ADDRESS", "the address does not belong to this public key")
        if not is_signed(key, self._messages.onboarding(account), signature):
            raise _bad_signature()
        if not self._registry.is_onboarded(address):
            self._registry.onboard(address, key)
            self._opened(address)

    def describe(self, request: ServerRequest) -> dict[str, Any]:
        """Answer GET /onboarding: the address of a key, and whether it has an account."""
        if request.parameter("account_signer_type") not in {None, "starknet"}:
            raise invalid("account_signer_type: only starknet is simulated")
        address = address_of(_public_key(request.parameter("public_key") or ""))
        return {
            "address": address,
            "exists": self._registry.is_onboarded(address),
            "account_signer_type": "starknet",
            "derivation_info": {"class_hash": ACCOUNT_CLASS, "proxy_class_hash": PROXY_CLASS},
        }

    def identify(self, request: ServerRequest, now_ns: int) -> Token:
        """Say who calls.

        Raises:
            ApiRefusal: there is no token, or it is not good.
        """
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise unauthorised()
        return self._tokens.read(text, now_ns)


def read_signature(text: str) -> tuple[int, int]:
    """Read `["r","s"]`.

    Raises:
        ApiRefusal: it is something else.
    """
    try:
        r, s = msgspec.json.decode(text.encode(), type=tuple[str, str])
        return int(r, 0), int(s, 0)
    except (msgspec.DecodeError, ValueError):
        raise ApiRefusal("INVALID_STARKNET_SIGNATURE", 'a signature is written ["r","s"]') from None


def _bad_signature() -> ApiRefusal:
    return ApiRefusal("STARKNET_SIGNATURE_VERIFICATION_FAILED", "invalid signature", 401)


def _header(request: ServerRequest, name: str) -> str:
    value = request.headers.get(name)
    if not value:
        raise invalid(f"header {name.upper()} is required")
    return value


def _address(request: ServerRequest) -> int:
    try:
        address = int(_header(request, "paradex-starknet-account"), 16)
    except ValueError:
        address = 0
    if not 0 < address < _MAX_ADDRESS:
        raise ApiRefusal("INVALID_STARKNET_ADDRESS", "PARADEX-STARKNET-ACCOUNT is no address")
    return address


def _public_key(text: str) -> int:
    try:
        key = int(text, 16)
    except ValueError:
        key = 0
    if not is_public_key(key):
        raise ApiRefusal("PUBLIC_KEY_INVALID", "the public key is not a point of the curve")
    return key


def _times(request: ServerRequest, now_s: int) -> tuple[int, int]:
    """Read when the signature was made and when it expires, s."""
    try:
        signed_s = int(_header(request, "paradex-timestamp"))
        expires_s = int(request.headers.get("paradex-signature-expiration") or signed_s + _DEFAULT_EXPIRY_S)
    except ValueError:
        raise ApiRefusal("INVALID_TIMESTAMP", "a time is written in whole seconds") from None
    if signed_s > now_s + _CLOCK_SLACK_S:
        raise ApiRefusal("INVALID_TIMESTAMP", "PARADEX-TIMESTAMP is in the future")
    if expires_s <= now_s or expires_s - signed_s > _WEEK_S:
        raise ApiRefusal("INVALID_TIMESTAMP", "the signature has expired, or is to last longer than a week")
    return signed_s, expires_s


__all__ = ["Logins", "read_signature"]
