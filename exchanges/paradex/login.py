"""The login: a token that lives five minutes, earned with a signature, renewed before it ends.

A token past the larger part of its life is renewed in the background, so that no order waits for
it; only one that is nearly over is waited for. A token that the venue refuses earlier is renewed
once by who was refused. How long a token lives is counted on our own clock from when it came.

A key that the venue does not know is not registered by itself: an account appears where a person
made one. `PARADEX_ONBOARD=true` is that person's word; then the key is registered once, and the
login tried again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from typing import Final

import msgspec

from exchanges.paradex.keys import ParadexKeys
from exchanges.paradex.rest import LOGIN_COST, decode
from exchanges.paradex.signing import Signer
from exchanges.paradex.wire import Token, TokenClaims
from exchanges.rate_limiter import Priority
from exchanges.venue_http import VenueHttp
from helpers.clock import NS_PER_S, Clock
from helpers.errors import AuthError, ConnectivityError, UserError
from helpers.transport import HttpResponse

_LOG = logging.getLogger("runbot.paradex")
_SIGNATURE_LIFE_S: Final = 86_400
_OPAQUE_LIFE_S: Final = 240
"""Of a token that does not say how long it lives."""
_LONGEST_LIFE_S: Final = 300
_RENEW_AFTER: Final = 0.6
"""Part of a token's life after which another is fetched in the background."""
_LAST_S: Final = 20
"""A token with less than this left is not used any more."""
_JSON: Final = {"Content-Type": "application/json"}


class Login:
    """Keeps one token good. Its repr shows none of it."""

    def __init__(self, http: VenueHttp, clock: Clock, signer: Signer, keys: ParadexKeys) -> None:
        """Log in later."""
        self._http = http
        self._clock = clock
        self._signer = signer
        self._keys = keys
        self._token = ""
        self._renew_ns = 0
        self._end_ns = 0
        self._renewal: asyncio.Task[None] | None = None
        """The newest attempt to log in, shared by all who wait for one."""

    async def token(self) -> str:
        """Give a token that is good for a while.

        Raises:
            AuthError: the venue refuses the key.
            ConnectivityError: the venue does not answer.
        """
        now = self._clock.now_ns()
        if now >= self._end_ns:
            return await self.renew(self._token)
        if now >= self._renew_ns:
            self._attempt()
        return self._token

    async def renew(self, refused: str) -> str:
        """Get another token than this one, once for all who ask meanwhile: who waits shares success and failure.

        Raises:
            AuthError: the venue refuses the key.
            ConnectivityError: the venue does not answer.
        """
        if self._token == refused or self._clock.now_ns() >= self._end_ns:
            attempt = self._attempt()
            await asyncio.wait([attempt])  # who stops waiting does not stop it for the others
            if attempt.cancelled():
                raise ConnectivityError("Paradex: the login was given up")
            attempt.result()
        return self._token

    async def close(self) -> None:
        """Forget the token."""
        renewal, self._renewal = self._renewal, None
        if renewal is not None:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
        self._token, self._end_ns, self._renew_ns = "", 0, 0

    def _attempt(self) -> asyncio.Task[None]:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(self._tell_failure)
        return self._renewal

    def _tell_failure(self, renewal: asyncio.Task[None]) -> None:
        """Say why an attempt failed: nobody may be waiting for it. The first one's failure is who asked's to tell."""
        error = None if renewal.cancelled() else renewal.exception()
        if error is not None and self._token:
            _LOG.warning("the login could not be renewed yet: %s", error)

    async def _renew(self) -> None:
        self._keep(await self._earn())

    async def _earn(self) -> str:
        try:
            return await self._log_in()
        except AuthError as error:
            if "NOT_ONBOARDED" not in str(error) or not self._keys.onboard:
                raise
        await self._register()
        return await self._log_in()

    async def _log_in(self) -> str:
        now_s = self._clock.now_ns() // NS_PER_S
        expires_s = now_s + _SIGNATURE_LIFE_S
        signature = self._signer.sign(self._signer.login_hash(now_s, expires_s))
        times = {"PARADEX-TIMESTAMP": str(now_s), "PARADEX-SIGNATURE-EXPIRATION": str(expires_s)}
        reply = await self._post(f"/auth/{hex(self._signer.public_key)}", b"", signature, times)
        return decode(reply, Token).jwt_token

    async def _register(self) -> None:
        if not self._keys.l1_address:
            raise UserError("PARADEX_L1_ADDRESS is not set", "registering a key needs its owner's Ethereum address")
        signature = self._signer.sign(self._signer.onboarding_hash())
        body = msgspec.json.encode({"public_key": hex(self._signer.public_key)})
        await self._post("/onboarding", body, signature, {"PARADEX-ETHEREUM-ACCOUNT": self._keys.l1_address})
        _LOG.warning("the key was registered at Paradex, as PARADEX_ONBOARD says")

    async def _post(self, path: str, body: bytes, signature: str, more: dict[str, str]) -> HttpResponse:
        headers = {
            **_JSON,
            "PARADEX-STARKNET-ACCOUNT": hex(self._signer.account),
            "PARADEX-STARKNET-SIGNATURE": signature,
            **more,
        }
        return await self._http.send(
            "POST", path, headers=headers, body=body, costs=LOGIN_COST, priority=Priority.CANCEL
        )

    def _keep(self, token: str) -> None:
        now = self._clock.now_ns()
        life_ns = _life_s(token, now // NS_PER_S) * NS_PER_S
        self._token = token
        self._renew_ns = now + int(life_ns * _RENEW_AFTER)
        self._end_ns = max(self._renew_ns, now + life_ns - _LAST_S * NS_PER_S)


def _life_s(token: str, now_s: int) -> int:
    """Say how long a token lives from now, by what it says of itself; the two clocks may differ."""
    parts = token.split(".")
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=TokenClaims)
    except (IndexError, binascii.Error, msgspec.DecodeError, UnicodeError, ValueError):
        return _OPAQUE_LIFE_S
    life_s = claims.exp - (now_s if claims.iat is None else claims.iat)
    return min(max(life_s, 1), _LONGEST_LIFE_S)


__all__ = ["Login"]
