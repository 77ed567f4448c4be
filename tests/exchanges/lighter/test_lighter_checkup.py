"""What `runbot doctor` says of Lighter: one line for each step, and the mend where something is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from lighter_payloads import ADDRESS, account
from lighter_scenes import FakeLighter, context

from exchanges.lighter.client import LighterClient
from helpers.errors import AuthError, UserError, VenueError
from simulation.virtual_loop import VirtualClock


async def look(venue: FakeLighter, clock: VirtualClock, **environment: str) -> dict[str, str]:
    """Go through the steps as the doctor does, and give each line."""
    client = LighterClient(context(clock, **environment), venue)
    lines: dict[str, str] = {}
    for step in client.checkup("BTC"):
        try:
            lines[step.name] = await step.look()
        except (UserError, VenueError) as error:
            lines[step.name] = f"! {error}"
            if step.needed_for_rest:
                break
    await client.disconnect()
    return lines


async def test_all_is_well(clock: VirtualClock) -> None:
    """Every step says what was found, and no line holds a secret."""
    lines = await look(FakeLighter(clock), clock)
    assert lines == {
        "keys": "API key 5 on mainnet (https://mainnet.zklighter.elliot.ai)",
        "venue": "3 perpetual markets",
        "clock": "within 1 s of the venue's",
        "market": "BTC is market 1: tick 0.1, at least 0.0002 and 10 USDC",
        "account": "account 65",
        "signer": "signs what it is asked to",
        "signed check": "the venue takes the key: premium tier, 80 reads and 4000 transactions a minute, "
        "fees 0.000028 maker and 0.000196 taker",
        "money": "1000 USDC",
    }


async def test_the_accounts_number_is_found_and_the_line_to_write_is_given(clock: VirtualClock) -> None:
    """With the address alone."""
    lines = await look(FakeLighter(clock), clock, LIGHTER_ACCOUNT_INDEX="", LIGHTER_L1_ADDRESS=ADDRESS)
    assert lines["account"] == "found: write LIGHTER_ACCOUNT_INDEX=65 into the .env file"


async def test_missing_keys_end_it(clock: VirtualClock) -> None:
    """The first step names the variable."""
    lines = await look(FakeLighter(clock), clock, LIGHTER_API_KEY_PRIVATE_KEY="")
    assert list(lines) == ["keys"]
    assert "LIGHTER_API_KEY_PRIVATE_KEY is not set" in lines["keys"]


async def test_a_wrong_clock_is_told_with_its_difference(clock: VirtualClock) -> None:
    """Ahead or behind, in seconds; the rest goes on."""
    venue = FakeLighter(clock)
    venue.answers["/"] = lambda _: (200, {"status": 200, "timestamp": clock.now_ns() // 10**9 + 90})
    lines = await look(venue, clock)
    assert "clock is -90 s from Lighter's" in lines["clock"]
    assert lines["money"] == "1000 USDC"


@pytest.mark.parametrize(
    ("name", "code", "step", "says"),
    [
        ("accountLimits", 20013, "signed check", "it has: 4"),
        ("account", 21100, "account", "LIGHTER_ACCOUNT_INDEX"),
    ],
)
async def test_what_the_venue_refuses_is_told(clock: VirtualClock, name: str, code: int, step: str, says: str) -> None:
    """A key it does not take, an account it does not have: the line says what to look at."""
    venue = FakeLighter(clock)
    venue.refuse(name, code, "refused")
    lines = await look(venue, clock)
    assert list(lines)[-1] == step
    assert says in lines[step]


async def test_an_empty_account_is_told(clock: VirtualClock) -> None:
    """There is nothing to trade with."""
    venue = FakeLighter(clock)
    empty: dict[str, Any] = account(collateral="0.000000", assets=[], positions=[])
    venue.answers["account"] = lambda _: (200, {"code": 200, "accounts": [empty]})
    lines = await look(venue, clock)
    assert "holds no USDC" in lines["money"]


async def test_a_refusal_of_the_token_is_about_keys(clock: VirtualClock) -> None:
    """Whatever code the venue gives, connecting says that it is the key."""
    venue = FakeLighter(clock)
    venue.refuse("accountLimits", 20001, "invalid param")
    with pytest.raises(AuthError, match="invalid param"):
        await LighterClient(context(clock), venue).connect()
