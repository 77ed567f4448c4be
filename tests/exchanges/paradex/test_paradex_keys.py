"""Variables a person sets, and what is said when they are wrong."""

from __future__ import annotations

import pytest

from exchanges.paradex.keys import ParadexKeys, ParadexPlace
from helpers.errors import UserError

KEY = "0x4d3c2b1a0f9e8d7c6b5a493827160504030201f1e2d3c4b5a69788796a5b4c3"
ADDRESS = "0x129f3dc1b8962d8a87abc692424c78fda963ade0e1cd17bf3d1c26f8d41ee7a"
GOOD = {"PARADEX_L2_PRIVATE_KEY": KEY, "PARADEX_L2_ADDRESS": ADDRESS}


def keys(**changes: str) -> ParadexKeys:
    """Read good keys with some variables changed."""
    return ParadexKeys.read({**GOOD, **{f"PARADEX_{name.upper()}": value for name, value in changes.items()}})


def test_good_keys_are_read() -> None:
    """The key is a number, and no repr shows it."""
    read = keys()
    assert read.private_key == int(KEY, 16)
    assert KEY[2:] not in repr(read)
    assert KEY[2:] not in str(read.model_dump())


def test_a_missing_key_is_named() -> None:
    """One line says which variable is not set."""
    with pytest.raises(UserError, match="PARADEX_L2_PRIVATE_KEY is not set"):
        ParadexKeys.read({})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("l2_private_key", "4d3c", "hexadecimal"),
        ("l2_private_key", "0x" + "f" * 64, "Ethereum private key"),
        ("l2_private_key", "0x" + "f" * 65, "hexadecimal"),
        ("l2_private_key", "0x0", "STARK key"),
        ("l2_address", "0x" + "a" * 40, "Ethereum address"),
        ("l2_address", "Alice", "hexadecimal"),
        ("l1_address", ADDRESS, "40 hexadecimal"),
        ("environment", "moon", "mainnet or testnet"),
        ("url", "api.prod.paradex.trade", "http"),
        ("stream_url", "http://here", "ws://"),
    ],
)
def test_a_malformed_variable_is_named_and_its_value_is_not(name: str, value: str, words: str) -> None:
    """What is wrong and what would be right, and never the value itself."""
    with pytest.raises(UserError, match=words) as caught:
        keys(**{name: value})
    assert f"PARADEX_{name.upper()}" in str(caught.value)
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "rest", "stream"),
    [
        ({}, "https://api.prod.paradex.trade/v1", "wss://ws.api.prod.paradex.trade/v1"),
        ({"environment": "prod"}, "https://api.prod.paradex.trade/v1", "wss://ws.api.prod.paradex.trade/v1"),
        ({"environment": "Testnet"}, "https://api.testnet.paradex.trade/v1", "wss://ws.api.testnet.paradex.trade/v1"),
        ({"url": "http://127.0.0.1:8002/v1/"}, "http://127.0.0.1:8002/v1", "ws://127.0.0.1:8002/v1/ws"),
        ({"url": "https://here/v1"}, "https://here/v1", "wss://here/v1/ws"),
        ({"url": "http://a/v1", "stream_url": "ws://b/v1/ws"}, "http://a/v1", "ws://b/v1/ws"),
    ],
)
def test_addresses_follow_from_the_environment(variables: dict[str, str], rest: str, stream: str) -> None:
    """An address of one's own goes before the environment's, and the stream's follows from it."""
    place = ParadexPlace.read({f"PARADEX_{name.upper()}": value for name, value in variables.items()})
    assert (place.rest_base, place.stream_base) == (rest, stream)


@pytest.mark.parametrize(
    ("variables", "chain", "is_good"),
    [
        ({}, "PRIVATE_SN_PARACLEAR_MAINNET", True),
        ({}, "PRIVATE_SN_POTC_SEPOLIA", False),
        ({"environment": "testnet"}, "PRIVATE_SN_POTC_SEPOLIA", True),
        ({"environment": "testnet", "url": "http://x/v1"}, "PRIVATE_SN_PARACLEAR_MAINNET", False),
        ({"url": "http://x/v1"}, "PRIVATE_SN_POTC_SEPOLIA", True),
    ],
)
def test_keys_sign_for_no_other_network(variables: dict[str, str], chain: str, is_good: bool) -> None:
    """A venue on another chain than was asked for is refused; an address of one's own alone asks for none."""
    place = keys(**variables)
    if is_good:
        place.expect_chain(chain)
    else:
        with pytest.raises(UserError, match="PARADEX_ENVIRONMENT"):
            place.expect_chain(chain)
