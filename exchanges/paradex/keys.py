"""Which account and which Paradex: the variables a person sets, and the addresses that follow from them."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from pydantic import SecretStr, field_validator

from exchanges.venue_address import take_apart
from exchanges.venue_keys import VenueKeys
from helpers.errors import UserError

_HOSTS: Final = {"mainnet": "prod", "testnet": "testnet"}
_CHAINS: Final = {
    "mainnet": frozenset({"PRIVATE_SN_PARACLEAR_MAINNET"}),
    "testnet": frozenset({"PRIVATE_SN_POTC_SEPOLIA", "PRIVATE_SN_POTC_MOCK_SEPOLIA", "PRIVATE_SN_PARACLEAR_TESTNET"}),
}
_ALIASES: Final = {"prod": "mainnet"}
_CURVE_ORDER: Final = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
_FEWEST_DIGITS: Final = 40
"""A STARK key has up to 64. One that begins with so many zeros that it has fewer than this is a piece of one."""
_FIELD_PRIME: Final = 2**251 + 17 * 2**192 + 1
_HEX: Final = re.compile(r"(?:0[xX])?[0-9a-fA-F]{1,64}")
_ETHEREUM: Final = re.compile(r"(?:0[xX])?[0-9a-fA-F]{40}")


class ParadexPlace(VenueKeys):
    """Which Paradex is meant. Needs no key."""

    prefix: ClassVar[str] = "PARADEX_"

    environment: str = "mainnet"
    url: str = ""
    """Base of the REST interface, with /v1; empty is the environment's own."""
    stream_url: str = ""
    """Address of the streams; empty follows from `url`, or is the environment's own."""

    @field_validator("environment")
    @classmethod
    def _known_environment(cls, value: str) -> str:
        name = _ALIASES.get(value.lower(), value.lower())
        if name not in _HOSTS:
            raise ValueError("write mainnet or testnet")
        return name

    @field_validator("url")
    @classmethod
    def _http(cls, value: str) -> str:
        if value and not take_apart(value, "http", "https").path.strip("/"):
            return f"{value.rstrip('/')}/v1"  # a bare host: the venue's own path
        return value.rstrip("/")

    @field_validator("stream_url")
    @classmethod
    def _websocket(cls, value: str) -> str:
        if value:
            take_apart(value, "ws", "wss")
        return value.rstrip("/")

    @property
    def rest_base(self) -> str:
        """The REST interface, without a slash at its end."""
        return self.url or f"https://api.{_HOSTS[self.environment]}.paradex.trade/v1"

    @property
    def stream_base(self) -> str:
        """The stream interface."""
        if self.stream_url:
            return self.stream_url
        if self.url:
            return f"ws{self.url.removeprefix('http')}/ws"
        return f"wss://ws.api.{_HOSTS[self.environment]}.paradex.trade/v1"

    def expect_chain(self, chain_id: str) -> None:
        """Compare the chain that the venue names with the environment that was asked for.

        Raises:
            UserError: they differ: keys would sign for another network than the person thinks.
        """
        asked_for = "environment" in self.model_fields_set or not self.url
        if asked_for and chain_id not in _CHAINS[self.environment]:
            raise UserError(
                f"{self.rest_base} is on chain {chain_id}, which is not Paradex {self.environment}",
                "set PARADEX_ENVIRONMENT and PARADEX_URL to the same network",
            )


class ParadexKeys(ParadexPlace):
    """An account: its own key, or a subkey with the account's address."""

    l2_private_key: SecretStr
    l2_address: str = ""
    """Address of the account; without it, the one that belongs to a main key is worked out."""
    l1_address: str = ""
    """Ethereum address of the owner; only needed to register a key that the venue does not know."""
    onboard: bool = False
    """Whether a key that the venue does not know may be registered."""

    @field_validator("l2_private_key")
    @classmethod
    def _private_key(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not _HEX.fullmatch(text):
            raise ValueError("it should be 0x and up to 64 hexadecimal digits, without quotes or spaces")
        if int(text, 16) >= _CURVE_ORDER:
            raise ValueError("no STARK key is that large: an Ethereum private key does not fit here")
        if not int(text, 16):
            raise ValueError("zero is no STARK key")
        digits = len(text.lower().removeprefix("0x"))
        if digits < _FEWEST_DIGITS:
            raise ValueError(f"it has {digits} hexadecimal digits only: copy all of it")
        return value

    @field_validator("l2_address")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and (not _HEX.fullmatch(value) or not 0 < int(value, 16) < _FIELD_PRIME):
            raise ValueError("it should be 0x and up to 64 hexadecimal digits, as Paradex shows it")
        if _ETHEREUM.fullmatch(value):
            raise ValueError("that is an Ethereum address; the Paradex address is longer")
        return value

    @field_validator("l1_address")
    @classmethod
    def _ethereum(cls, value: str) -> str:
        if value and not _ETHEREUM.fullmatch(value):
            raise ValueError("an Ethereum address is 0x and 40 hexadecimal digits")
        return value

    @property
    def private_key(self) -> int:
        """The key as a number."""
        return int(self.l2_private_key.get_secret_value(), 16)


__all__ = ["ParadexKeys", "ParadexPlace"]
