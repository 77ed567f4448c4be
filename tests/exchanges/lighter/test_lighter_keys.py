"""Keys of Lighter: what is missing or malformed is one line that names the variable and never shows its value."""

from __future__ import annotations

import pytest
from lighter_payloads import ADDRESS, ENVIRONMENT, KEY

from exchanges.lighter.keys import LighterKeys, LighterPlace
from helpers.errors import UserError


def test_mainnet_is_where_nothing_else_is_said() -> None:
    """Without variables it is mainnet, its stream beside it, signatures for its chain."""
    place = LighterPlace.read({})
    assert (place.base_url, place.chain_id) == ("https://mainnet.zklighter.elliot.ai", 304)
    assert place.stream_url == "wss://mainnet.zklighter.elliot.ai/stream"


def test_testnet_is_another_host_and_chain() -> None:
    """The network's name decides both, in whatever case."""
    place = LighterPlace.read({"LIGHTER_ENVIRONMENT": "Testnet"})
    assert (place.base_url, place.chain_id) == ("https://testnet.zklighter.elliot.ai", 300)


def test_an_address_of_ones_own_is_followed() -> None:
    """A simulator's address gives its stream's too, and keeps the network's chain."""
    place = LighterPlace.read({"LIGHTER_URL": "http://127.0.0.1:8001/"})
    assert (place.base_url, place.stream_url) == ("http://127.0.0.1:8001", "ws://127.0.0.1:8001/stream")
    assert place.chain_id == 304


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("LIGHTER_ENVIRONMENT", "moon", "write mainnet or testnet"),
        ("LIGHTER_URL", "127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("LIGHTER_URL", "http://h/api/v1", "host and port only"),
    ],
)
def test_a_malformed_place_is_named(variable: str, value: str, says: str) -> None:
    """The line names the variable and what it should look like."""
    with pytest.raises(UserError, match=f"{variable}.*{says}"):
        LighterPlace.read({variable: value})


def test_the_key_may_be_written_with_or_without_0x() -> None:
    """Both are the same key, and no text of the record shows it."""
    bare = LighterKeys.read(ENVIRONMENT)
    written = LighterKeys.read({**ENVIRONMENT, "LIGHTER_API_KEY_PRIVATE_KEY": "0x" + KEY.upper()})
    assert bare.api_key_private_key.get_secret_value() == written.api_key_private_key.get_secret_value() == KEY
    assert KEY[:8] not in repr(bare)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("LIGHTER_API_KEY_PRIVATE_KEY", "ab" * 32, "a wallet's key"),
        ("LIGHTER_API_KEY_PRIVATE_KEY", "ab" * 39, "80 hex digits, this one 78"),
        ("LIGHTER_API_KEY_PRIVATE_KEY", "zz" * 40, "something else than hex"),
        ("LIGHTER_API_KEY_INDEX", "2", "3 to 254"),
        ("LIGHTER_API_KEY_INDEX", "255", "3 to 254"),
        ("LIGHTER_API_KEY_INDEX", "five", "write a whole number"),
        ("LIGHTER_ACCOUNT_INDEX", str(1 << 48), "below 2\\^48"),
        ("LIGHTER_L1_ADDRESS", "0x12", "40 hex digits"),
    ],
)
def test_a_malformed_key_is_named_and_not_shown(variable: str, value: str, says: str) -> None:
    """The line names the variable, tells the mend, and holds nothing of a secret."""
    with pytest.raises(UserError, match=f"{variable} is malformed.*{says}") as told:
        LighterKeys.read({**ENVIRONMENT, variable: value})
    assert len(value) < 20 or value not in str(told.value)


def test_what_is_missing_is_listed() -> None:
    """Both missing variables are named at once."""
    with pytest.raises(UserError, match="LIGHTER_API_KEY_INDEX, LIGHTER_API_KEY_PRIVATE_KEY are not set"):
        LighterKeys.read({})


def test_an_account_needs_a_number_or_an_address() -> None:
    """Without either the line offers both; with the address alone it is well."""
    some = {name: value for name, value in ENVIRONMENT.items() if name != "LIGHTER_ACCOUNT_INDEX"}
    with pytest.raises(UserError, match=r"LIGHTER_ACCOUNT_INDEX is not set.*LIGHTER_L1_ADDRESS"):
        LighterKeys.read(some)
    assert LighterKeys.read({**some, "LIGHTER_L1_ADDRESS": ADDRESS}).account_index is None
