"""Bearer tokens: JSON Web Tokens signed with HMAC-SHA256, good for five minutes of the venue's time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Final

import msgspec

from helpers.clock import NS_PER_S
from simulation.servers.paradex.errors import unauthorised

_HEADER: Final = {"alg": "HS256", "typ": "JWT"}
_MINUTE_S: Final = 60
_DOT_PARTS: Final = 3


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """Whose token it is."""

    account: str
    """Address, as the venue writes it."""
    public_key: int
    """The key that logged in: orders are signed with it."""
    is_interactive: bool = False
    """Whether it is for a person: no fees, a speed bump and low limits."""


class Tokens:
    """Issues tokens and reads them."""

    def __init__(self, seed: int, life_s: int) -> None:
        """Grow the secret from the seed."""
        self._secret = hashlib.sha256(f"paradex tokens {seed}".encode()).digest()
        self._life_s = life_s

    def issue(self, token: Token, now_ns: int) -> str:
        """Write a token that is good from now on."""
        now_s = now_ns // NS_PER_S
        claims: dict[str, Any] = {
            "typ": "at+JWT",
            "exp": now_s + self._life_s,
            "iat": now_s,
            "iss": "Paradex testnet",
            "sub": token.account,
            "key": hex(token.public_key),
        }
        if token.is_interactive:
            claims["token_usage"] = "interactive"  # noqa: S105 - what the token is for
        signed = f"{_encode(msgspec.json.encode(_HEADER))}.{_encode(msgspec.json.encode(claims))}"
        return f"{signed}.{self._signature(signed)}"

    def read(self, text: str, now_ns: int) -> Token:
        """Read a token.

        Raises:
            ApiRefusal: it is not ours, or its time is over.
        """
        signed, _, signature = text.rpartition(".")
        if text.count(".") != _DOT_PARTS - 1:
            raise unauthorised("token contains an invalid number of segments")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            raise unauthorised("signature is invalid")
        claims = msgspec.json.decode(_decode(signed.partition(".")[2]))
        late_ns = now_ns - claims["exp"] * NS_PER_S
        if late_ns >= 0:
            raise unauthorised(f"token is expired by {_duration(late_ns)}")
        interactive = claims.get("token_usage") == "interactive"
        return Token(account=claims["sub"], public_key=int(claims["key"], 16), is_interactive=interactive)

    def _signature(self, signed: str) -> str:
        return _encode(hmac.new(self._secret, signed.encode(), hashlib.sha256).digest())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _duration(time_ns: int) -> str:
    """Write a duration as the venue does: 9.4s, 1m2.5s."""
    minutes, rest_ns = divmod(time_ns, _MINUTE_S * NS_PER_S)
    seconds = f"{rest_ns / NS_PER_S:.9f}".rstrip("0").rstrip(".")
    hours, minutes = divmod(minutes, _MINUTE_S)
    return f"{f'{hours}h' if hours else ''}{f'{minutes}m' if hours or minutes else ''}{seconds}s"


__all__ = ["Token", "Tokens"]
