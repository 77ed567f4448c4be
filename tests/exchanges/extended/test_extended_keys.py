"""Keys and addresses of Extended."""

from __future__ import annotations

import pytest
from extended_scenes import API_KEY, ENVIRONMENT, PRIVATE, PUBLIC

from exchanges.extended.keys import ExtendedKeys, ExtendedPlace
from helpers.errors import UserError


def test_keys_are_read() -> None:
    """All four are taken over, hexadecimal with or without 0x."""
    bare = {**ENVIRONMENT, "EXTENDED_STARK_KEY_PRIVATE": f"{PRIVATE:X}"}
    for environment in (ENVIRONMENT, bare):
        keys = ExtendedKeys.read(environment)
        assert (keys.public_number, keys.private_number, keys.vault) == (PUBLIC, PRIVATE, 10002)
        assert keys.api_key.get_secret_value() == API_KEY


def test_secrets_do_not_show() -> None:
    """Neither repr nor text of the settings holds a secret."""
    shown = repr(ExtendedKeys.read(ENVIRONMENT)) + str(ExtendedKeys.read(ENVIRONMENT))
    assert API_KEY not in shown
    assert f"{PRIVATE:x}" not in shown


@pytest.mark.parametrize("name", ["API_KEY", "STARK_KEY_PUBLIC", "STARK_KEY_PRIVATE", "VAULT"])
def test_a_missing_key_is_named(name: str) -> None:
    """The variable is named, and where to find its value."""
    environment = {key: value for key, value in ENVIRONMENT.items() if key != f"EXTENDED_{name}"}
    with pytest.raises(UserError, match=f"EXTENDED_{name} is not set"):
        ExtendedKeys.read(environment)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_KEY", "two words"),
        ("API_KEY", "kéy"),
        ("STARK_KEY_PUBLIC", "0xnothex"),
        ("STARK_KEY_PUBLIC", "0x" + "f" * 64),
        ("STARK_KEY_PRIVATE", "0x0"),
        ("STARK_KEY_PRIVATE", "0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f"),
        ("STARK_KEY_PRIVATE", "twelve words of a recovery phrase"),
        ("VAULT", "0"),
        ("VAULT", "99999999999"),
        ("VAULT", "vault"),
        ("ENVIRONMENT", "moon"),
        ("URL", "ws://127.0.0.1"),
        ("URL", "127.0.0.1:8003"),
        ("STREAM_URL", "http://127.0.0.1"),
    ],
)
def test_a_malformed_value_is_one_line_without_it(name: str, value: str) -> None:
    """What is wrong is named, and never the value."""
    with pytest.raises(UserError, match=f"EXTENDED_{name} is malformed") as caught:
        ExtendedKeys.read({**ENVIRONMENT, f"EXTENDED_{name}": value})
    assert value not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_addresses_by_network() -> None:
    """Each network has its host, and its streams stand beside its REST."""
    main, test = (ExtendedPlace.read({"EXTENDED_ENVIRONMENT": name}) for name in ("mainnet", "TESTNET"))
    assert main.rest_url == "https://api.starknet.extended.exchange/api/v1"
    assert main.streams_url == "wss://api.starknet.extended.exchange/stream.extended.exchange"
    assert test.rest_url == "https://api.starknet.sepolia.extended.exchange/api/v1"
    assert (main.domain.chain_id, test.domain.chain_id) == ("SN_MAIN", "SN_SEPOLIA")


def test_addresses_that_were_given() -> None:
    """The stream's address follows from the other; a bare host gets the venue's paths."""
    place = ExtendedPlace.read({"EXTENDED_URL": "http://127.0.0.1:8003/"})
    assert place.rest_url == "http://127.0.0.1:8003/api/v1"
    assert place.streams_url == "ws://127.0.0.1:8003/stream.extended.exchange"
    place = ExtendedPlace.read({"EXTENDED_STREAM_URL": "wss://example.org/deep/"})
    assert place.streams_url == "wss://example.org/deep"
