"""Keys and addresses of Extended.

A trader needs four things from the venue's API page: API key, Stark key pair and vault number. All
four belong to one sub-account of one network; mainnet and testnet know nothing of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator, model_validator

from exchanges.venue_address import take_apart
from exchanges.venue_keys import VenueKeys

_CURVE_ORDER: Final = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
_FIELD_PRIME: Final = 2**251 + 17 * 2**192 + 1
_LARGEST_VAULT: Final = 2**32 - 1
_REST_PATH: Final = "/api/v1"
_STREAM_PATH: Final = "/stream.extended.exchange"
_HOSTS: Final = {"mainnet": "api.starknet.extended.exchange", "testnet": "api.starknet.sepolia.extended.exchange"}
_STREAM_SCHEMES: Final = {"http": "ws", "https": "wss"}

Environment = Literal["mainnet", "testnet"]


@dataclass(frozen=True, slots=True)
class Domain:
    """What a signature is good for (SNIP-12): one system on one chain."""

    chain_id: str
    name: str = "Perpetuals"
    version: str = "v0"
    revision: str = "1"


class ExtendedPlace(VenueKeys):
    """Which Extended is meant; no keys."""

    prefix: ClassVar[str] = "EXTENDED_"

    environment: Environment = "mainnet"
    url: str | None = None
    """Base of REST, as http://127.0.0.1:8003/api/v1."""
    stream_url: str | None = None
    """Base of the streams, as ws://127.0.0.1:8003/stream.extended.exchange."""

    @field_validator("environment", mode="before")
    @classmethod
    def _in_lower_case(cls, value: object) -> object:
        name = str(value).lower()
        if name not in _HOSTS:
            raise ValueError("write mainnet or testnet")
        return name

    @field_validator("url")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        return _address(value, ("http", "https"), _REST_PATH)

    @field_validator("stream_url")
    @classmethod
    def _is_websocket(cls, value: str | None) -> str | None:
        return _address(value, ("ws", "wss"), _STREAM_PATH)

    @model_validator(mode="after")
    def _one_network(self) -> Self:
        other = next(name for name in _HOSTS if name != self.environment)
        if self.url is not None and urlsplit(self.url).hostname == _HOSTS[other]:
            raise ValueError(
                f"EXTENDED_URL is {other}'s: signatures would be made for EXTENDED_ENVIRONMENT={self.environment}"
            )
        return self

    @property
    def rest_url(self) -> str:
        """What REST paths are appended to, without a slash at its end."""
        return self.url or f"https://{_HOSTS[self.environment]}{_REST_PATH}"

    @property
    def streams_url(self) -> str:
        """What stream paths are appended to; beside REST unless it was given."""
        if self.stream_url is not None:
            return self.stream_url
        parts = urlsplit(self.rest_url)
        return f"{_STREAM_SCHEMES[parts.scheme]}://{parts.netloc}{_STREAM_PATH}"

    @property
    def domain(self) -> Domain:
        """What orders are signed for."""
        return Domain(chain_id="SN_MAIN" if self.environment == "mainnet" else "SN_SEPOLIA")


class ExtendedKeys(ExtendedPlace):
    """Which Extended is meant, and the keys of one account there."""

    api_key: SecretStr
    stark_key_public: str
    stark_key_private: SecretStr
    vault: int

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("an API key is one word of letters and digits, copied from the API page")
        return value

    @field_validator("stark_key_public")
    @classmethod
    def _is_a_field_element(cls, value: str) -> str:
        number = _hex_number(value)
        if number is None or not 0 < number < _FIELD_PRIME:
            raise ValueError("a Stark public key is a hexadecimal number of at most 63 digits, as 0x4a3f...")
        return hex(number)

    @field_validator("stark_key_private")
    @classmethod
    def _is_a_scalar(cls, value: SecretStr) -> SecretStr:
        number = _hex_number(value.get_secret_value())
        if number is None or not 0 < number < _CURVE_ORDER:
            raise ValueError("a Stark private key is a hexadecimal number of at most 63 digits, as 0x1b2c...")
        return SecretStr(hex(number))

    @field_validator("vault", mode="before")
    @classmethod
    def _is_whole(cls, value: object) -> object:
        if isinstance(value, str) and not value.isdecimal():
            raise ValueError("write the positive number beside the keys on the API page")
        return value

    @field_validator("vault")
    @classmethod
    def _is_a_vault(cls, value: int) -> int:
        if not 0 < value <= _LARGEST_VAULT:
            raise ValueError("a vault is the positive number beside the keys on the API page")
        return value

    @property
    def public_number(self) -> int:
        """The public key as a number."""
        return int(self.stark_key_public, 16)

    @property
    def private_number(self) -> int:
        """The private key as a number, for signing only."""
        return int(self.stark_key_private.get_secret_value(), 16)


def _hex_number(text: str) -> int | None:
    digits = text.strip().lower().removeprefix("0x")
    if not digits or set(digits) - set("0123456789abcdef"):
        return None
    return int(digits, 16)


def _address(value: str | None, schemes: tuple[str, ...], path: str) -> str | None:
    """Complete a base address; a bare host gets the venue's own path."""
    if value is None:
        return None
    parts = take_apart(value, *schemes)
    bare = value.rstrip("/")
    return bare if parts.path.rstrip("/") else bare + path


__all__ = ["Domain", "Environment", "ExtendedKeys", "ExtendedPlace"]
