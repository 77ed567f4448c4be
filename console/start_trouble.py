"""What went wrong before a run's first step, told so that the person knows what to look at next."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from helpers.config import TradingConfig
from helpers.config_sources import DEFAULT_ENV_FILE
from helpers.errors import (
    AuthError,
    BadPayload,
    ConnectivityError,
    RateLimited,
    UserError,
    VenueError,
    VenueRejected,
)

_KINDS: Final = {
    "ClientConnectorError": "nothing listens there",
    "ConnectionRefusedError": "nothing listens there",
    "ClientConnectorDNSError": "there is no such host",
    "gaierror": "there is no such host",
    "ClientConnectorSSLError": "it does not speak https",
    "ClientConnectorCertificateError": "its certificate is not trusted",
}
"""Kinds of errors by which transports say why there is no connection."""
_STATUS: Final = re.compile("4[0-9][0-9]")
"""The code of a refusal in which no venue says why: the status of the answer."""


@contextmanager
def told_at_start(config: TradingConfig) -> Iterator[None]:
    """Say of an error of a venue what it may come from. Nothing was sent yet.

    Raises:
        UserError: the venue refuses the keys: before the first step they are input like any other.
        VenueError: anything else about the venue.
    """
    try:
        yield
    except AuthError as error:
        raise UserError(str(error)) from error
    except VenueError as error:
        name = config.run.venues[0].name
        looks = "" if config.run.paper else f"; `{_doctor(config)}` looks step by step"
        text = trouble(name, error, config.environment)
        raise VenueError(f"{text}{looks if text != str(error) else ''}") from error


def trouble(name: str, error: VenueError, environment: Mapping[str, str]) -> str:
    """Say what an error of a venue may come from, in front of its own words; a refusal's own words do."""
    variables = [f"{name.upper()}_URL", f"{name.upper()}_STREAM_URL"]
    address = "".join(f" and {variable}" for variable in variables if environment.get(variable))
    if isinstance(error, ConnectivityError):
        return f"{name} cannot be reached ({_in_words(error)}): look at the network{address}"
    if isinstance(error, BadPayload) or (isinstance(error, VenueRejected) and _STATUS.fullmatch(error.code)):
        return f"{error}: look at the network{address}, something else than {name} may be answering"
    if isinstance(error, RateLimited):
        return f"{name} turns requests away ({error}): wait a minute, and run fewer bots from this address"
    return str(error)


def _in_words(error: VenueError) -> str:
    before, _, kind = str(error).rpartition(": ")
    return f"{before}: {_KINDS[kind]}" if kind in _KINDS else str(error)


def _doctor(config: TradingConfig) -> str:
    file = config.run.env_file
    keys = "" if file == DEFAULT_ENV_FILE else f" --env-file {shlex.quote(str(file))}"
    return f"runbot doctor --exchange {config.run.venues[0].name}{keys}"


__all__ = ["told_at_start", "trouble"]
