"""Onboarding, log-in and tokens of the simulated Paradex."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from paradex_server_scenes import Scene, played, sign
from worlds import START_NS, S

from simulation.servers.paradex.accounts import address_of, public_key
from simulation.servers.paradex.errors import ApiRefusal
from simulation.servers.paradex.terms import ParadexTerms
from simulation.servers.paradex.tokens import Token, Tokens

TOKEN = Token(account="0x1", public_key=5)


@played(logs_in=False)
async def test_a_signed_login_gives_a_token_of_five_minutes(scene: Scene) -> None:
    """The answer is a JSON Web Token for the account that expires 300 s from the venue's time."""
    token = (await scene.log_in()).body["jwt_token"]
    claims = msgspec.json.decode(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["sub"] == scene.address
    assert claims["exp"] == START_NS // S + 300


@played(logs_in=False)
async def test_a_subkey_and_the_plain_path_log_in_too(scene: Scene) -> None:
    """A second key of the account may log in, and without a key in the path the main key is meant."""
    assert (await scene.ask("POST", "/auth", headers=scene.login_headers())).status == 200
    scene.key = scene.front.keys.subkey
    assert (await scene.log_in()).status == 200
    assert await scene.place()


@played(ParadexTerms(is_onboarded=False), logs_in=False)
async def test_an_account_onboards_before_it_logs_in(scene: Scene) -> None:
    """Until then a log-in answers 400 NOT_ONBOARDED; onboarding twice changes nothing."""
    path = "/onboarding"
    described = await scene.get(path, account_signer_type="starknet", public_key=hex(public_key(scene.key)))
    assert (described["address"], described["exists"]) == (scene.address, False)
    reply = await scene.log_in()
    assert (reply.status, reply.body["error"]) == (400, "NOT_ONBOARDED")
    body = {"public_key": hex(public_key(scene.key))}
    for _ in range(2):
        reply = await scene.ask("POST", path, body, headers=scene.onboarding_headers(scene.key))
        assert (reply.status, reply.body) == (200, None)
    assert (await scene.log_in()).status == 200
    assert (await scene.get(path, public_key=hex(public_key(scene.key))))["exists"]


@played(logs_in=False)
async def test_a_stranger_may_onboard_and_has_money_of_its_own(scene: Scene) -> None:
    """Any key can open its own account, apart from the seeded one."""
    stranger = 0xABCDEF
    body = {"public_key": hex(public_key(stranger))}
    reply = await scene.ask("POST", "/onboarding", body, headers=scene.onboarding_headers(stranger))
    assert reply.status == 200
    scene.key, scene.address = stranger, address_of(public_key(stranger))
    await scene.log_in()
    await scene.place(price=None)
    assert len((await scene.get("/fills"))["results"]) == 1
    scene.key, scene.address = scene.front.keys.private_key, scene.front.account_id
    await scene.log_in()
    assert (await scene.get("/fills"))["results"] == []


@played(logs_in=False)
async def test_an_onboarding_must_be_the_keys_own(scene: Scene) -> None:
    """Another address, another signature, a number that is no key and a broken body are refused by name."""
    headers, body = scene.onboarding_headers(77), {"public_key": hex(public_key(77))}

    async def code(sent: Any, **changed: str) -> str:
        names = {name.replace("_", "-"): value for name, value in changed.items()}
        reply = await scene.ask("POST", "/onboarding", sent, headers={**headers, **names})
        return str(reply.body["error"])

    assert await code({"public_key": hex(public_key(78))}) == "INVALID_STARKNET_ADDRESS"
    assert await code(body, PARADEX_STARKNET_SIGNATURE=sign(77, 1)) == "STARKNET_SIGNATURE_VERIFICATION_FAILED"
    assert await code({"public_key": "0x5"}) == "PUBLIC_KEY_INVALID"
    assert await code({"public_key": "five"}) == "PUBLIC_KEY_INVALID"
    assert await code(b"{") == "BINDING_ERROR"
    assert await code(body, PARADEX_STARKNET_ACCOUNT="0x0") == "INVALID_STARKNET_ADDRESS"
    assert await code(body, PARADEX_STARKNET_ACCOUNT="me") == "INVALID_STARKNET_ADDRESS"
    assert await code(body, PARADEX_STARKNET_SIGNATURE="r,s") == "INVALID_STARKNET_SIGNATURE"
    assert await scene.refused("GET", "/onboarding", account_signer_type="eip191") == "VALIDATION_ERROR"


@played(logs_in=False)
async def test_a_login_must_be_signed_by_a_key_of_the_account_and_in_time(scene: Scene) -> None:
    """A wrong signature is 401, a foreign key, a missing header and a wrong time are refused by name."""
    own = f"/auth/{hex(public_key(scene.key))}"
    now_s = START_NS // S

    async def code(headers: dict[str, str], path: str = own) -> tuple[int, str]:
        reply = await scene.ask("POST", path, headers=headers)
        return reply.status, str(reply.body["error"])

    good = scene.login_headers()
    assert await code(scene.login_headers(key=5)) == (401, "STARKNET_SIGNATURE_VERIFICATION_FAILED")
    assert await code(good, f"/auth/{hex(public_key(5))}") == (400, "INVALID_SUBKEY")
    assert await code({**good, "PARADEX-STARKNET-ACCOUNT": "0x5"}) == (400, "NOT_ONBOARDED")
    assert await code({**good, "PARADEX-TIMESTAMP": ""}) == (400, "VALIDATION_ERROR")
    assert await code({**good, "PARADEX-TIMESTAMP": "noon"}) == (400, "INVALID_TIMESTAMP")
    assert await code(scene.login_headers(at_s=now_s + 120)) == (400, "INVALID_TIMESTAMP")
    assert await code(scene.login_headers(at_s=now_s - 90_000)) == (400, "INVALID_TIMESTAMP")
    assert await code({**good, "PARADEX-SIGNATURE-EXPIRATION": str(now_s + 700_000)}) == (400, "INVALID_TIMESTAMP")


@played()
async def test_an_expired_token_answers_as_the_venue_does(scene: Scene) -> None:
    """After five minutes: 401, no error code, and how late it is."""
    assert (await scene.ask("GET", "/account")).status == 200
    await scene.settle(309)
    reply = await scene.ask("GET", "/account")
    assert reply.status == 401
    assert set(reply.body) == {"message"}
    assert reply.body["message"].startswith("missing or malformed jwt: token is expired by 9.")


@played(logs_in=False)
async def test_a_private_endpoint_wants_a_token(scene: Scene) -> None:
    """No token, another scheme and a changed token are 401."""
    assert (await scene.ask("GET", "/account")).body == {"message": "missing or malformed jwt"}
    assert (await scene.ask("GET", "/account", headers={"Authorization": "Basic abc"})).status == 401
    await scene.log_in()
    scene.bearer = scene.bearer[:-3] + "AAA"
    assert (await scene.ask("GET", "/account")).body["message"].endswith("signature is invalid")
    scene.bearer = "opaque"
    assert (await scene.ask("GET", "/account")).status == 401


@pytest.mark.parametrize(
    ("late_ms", "text"), [(0, "0s"), (9_400, "9.4s"), (62_500, "1m2.5s"), (3_600_000, "1h0m0s"), (7_265_000, "2h1m5s")]
)
def test_lateness_is_written_as_the_venue_writes_it(late_ms: int, text: str) -> None:
    """Hours and minutes are written out, seconds as short as they can be."""
    tokens = Tokens(seed=1, life_s=10)
    bearer = tokens.issue(TOKEN, 0)
    with pytest.raises(ApiRefusal, match=f"token is expired by {text}$"):
        tokens.read(bearer, 10 * S + late_ms * 1_000_000)


def test_a_token_says_whose_it_is() -> None:
    """What is written into a token is read out of it, and another venue's secret does not fit."""
    for token in (TOKEN, Token(account="0x2", public_key=6, is_interactive=True)):
        assert Tokens(seed=1, life_s=10).read(Tokens(seed=1, life_s=10).issue(token, 0), 1) == token
    with pytest.raises(ApiRefusal, match="signature is invalid"):
        Tokens(seed=2, life_s=10).read(Tokens(seed=1, life_s=10).issue(TOKEN, 0), 1)
