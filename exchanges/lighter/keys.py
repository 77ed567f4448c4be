"""Where Lighter is and who we are there: addresses, chain, account and API key, read from the run's environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final, Literal, Self

from pydantic import SecretStr, field_validator, model_validator

from exchanges.venue_address import take_apart
from exchanges.venue_keys import VenueKeys
from helpers.errors import UserError

_HOSTS: Final = {
    "mainnet": "https://mainnet.zklighter.elliot.ai",
    "testnet": "https://testnet.zklighter.elliot.ai",
}
_CHAINS: Final = {"mainnet": 304, "testnet": 300}
_KEY_DIGITS: Final = 80
_WALLET_KEY_DIGITS: Final = 64
_FIRST_KEY: Final = 3
_LAST_KEY: Final = 254
MAX_ACCOUNT_INDEX: Final = (1 << 48) - 1


class LighterPlace(VenueKeys):
    """Which Lighter: needs no key."""

    prefix: ClassVar[str] = "LIGHTER_"

    environment: Literal["mainnet", "testnet"] = "mainnet"
    url: str = ""
    """Another base, such as a simulator's; empty is the environment's own."""

    @field_validator("environment", mode="before")
    @classmethod
    def _lower(cls, text: str) -> str:
        if text.lower() not in _HOSTS:
            raise ValueError("write mainnet or testnet")
        return text.lower()

    @field_validator("url")
    @classmethod
    def _web_address(cls, text: str) -> str:
        if text and take_apart(text, "http", "https").path.strip("/"):
            raise ValueError("give scheme, host and port only: http://127.0.0.1:8001")
        return text.rstrip("/")

    @model_validator(mode="after")
    def _one_network(self) -> Self:
        other = next(name for name in _HOSTS if name != self.environment)
        if self.url == _HOSTS[other]:
            raise ValueError(
                f"LIGHTER_URL is {other}'s: signatures would be made for LIGHTER_ENVIRONMENT={self.environment}"
            )
        return self

    @property
    def base_url(self) -> str:
        """What paths are appended to."""
        return self.url or _HOSTS[self.environment]

    @property
    def stream_url(self) -> str:
        """Where the streams are."""
        return "ws" + self.base_url.removeprefix("http") + "/stream"

    @property
    def chain_id(self) -> int:
        """What every signature is made for."""
        return _CHAINS[self.environment]


class LighterKeys(VenueKeys):
    """Account and API key."""

    prefix: ClassVar[str] = "LIGHTER_"

    api_key_index: int
    api_key_private_key: SecretStr
    account_index: int | None = None
    """None is found by the address."""
    l1_address: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            UserError: a variable is missing or malformed; names it, never its value.
        """
        keys = super().read(environment)
        if keys.account_index is None and not keys.l1_address:
            raise UserError(
                "LIGHTER_ACCOUNT_INDEX is not set",
                "add it to the .env file, or LIGHTER_L1_ADDRESS (the wallet's 0x address) and it is looked up",
            )
        return keys

    @field_validator("api_key_index", "account_index", mode="before")
    @classmethod
    def _whole(cls, text: object) -> object:
        if isinstance(text, str) and not text.isdecimal():
            raise ValueError("write a whole number")
        return text

    @field_validator("api_key_index")
    @classmethod
    def _ours(cls, index: int) -> int:
        if not _FIRST_KEY <= index <= _LAST_KEY:
            raise ValueError(
                f"API keys for programs are {_FIRST_KEY} to {_LAST_KEY}; the others belong to Lighter's apps"
            )
        return index

    @field_validator("account_index")
    @classmethod
    def _in_range(cls, index: int | None) -> int | None:
        if index is not None and not 0 <= index <= MAX_ACCOUNT_INDEX:
            raise ValueError("an account index is a whole number below 2^48")
        return index

    @field_validator("l1_address")
    @classmethod
    def _address(cls, text: str) -> str:
        if text and not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
            raise ValueError("a wallet's address is 0x and 40 hex digits")
        return text

    @field_validator("api_key_private_key")
    @classmethod
    def _hex(cls, secret: SecretStr) -> SecretStr:
        digits = secret.get_secret_value().removeprefix("0x").removeprefix("0X")
        if re.fullmatch(r"[0-9a-fA-F]*", digits) is None:
            raise ValueError("it holds something else than hex digits, quotes or spaces perhaps")
        if len(digits) == _WALLET_KEY_DIGITS:
            raise ValueError("64 hex digits are a wallet's key: take the API key's private key, which has 80")
        if len(digits) != _KEY_DIGITS:
            raise ValueError(f"an API key's private key has {_KEY_DIGITS} hex digits, this one {len(digits)}")
        return SecretStr(digits.lower())


__all__ = ["MAX_ACCOUNT_INDEX", "LighterKeys", "LighterPlace"]
