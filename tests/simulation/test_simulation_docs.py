"""docs/simulation.md tells the truth: its tests exist, its codes and figures are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from helpers.money import plain
from simulation.profile import VenueProfile

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs" / "simulation.md").read_text("utf-8")
NAMED = set(re.findall(r"`(test_\w+)`", DOC))
RULE_FILES = ("test_matching_rules.py", "test_taking_rules.py")


def functions_in(*paths: Path) -> set[str]:
    """List the test functions of some files."""
    texts = (path.read_text("utf-8") for path in paths)
    return {name for text in texts for name in re.findall(r"^(?:async )?def (test_\w+)", text, flags=re.MULTILINE)}


def test_every_named_test_exists() -> None:
    """Each rule is proved by a test that is really there."""
    folder = ROOT / "tests"
    names = ("test_paper.py", "test_live_paper.py", "test_spot_runs.py")
    exchanges = [folder / "exchanges" / name for name in names]
    known = functions_in(*(folder / "simulation").glob("test_*.py"), *exchanges, folder / "test_paper_mode.py")
    assert NAMED
    assert NAMED - known == set()


def test_every_fill_rule_is_stated() -> None:
    """Each test of a fill rule is named by the page: no rule is proved without being stated."""
    rules = functions_in(*(ROOT / "tests" / "simulation" / name for name in RULE_FILES))
    assert rules - NAMED == set()


def test_every_refusal_is_explained() -> None:
    """The page lists exactly the codes that the venue gives."""
    code = "".join((ROOT / "simulation" / name).read_text("utf-8") for name in ("rules.py", "order_desk.py"))
    given = set(re.findall(r'Refusal\(\s*"([A-Z_]+)"', code))
    section = DOC.split("## Refusals")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)`", section, flags=re.MULTILINE)) == given


def test_the_defaults_are_those_of_the_code() -> None:
    """Delays, fees, limit and deposit on the page are the profile's."""
    profile = VenueProfile()
    entry, response = (
        (delay.base_ns // 10**6, (delay.base_ns + delay.jitter_ns) // 10**6)
        for delay in (profile.order_entry, profile.response)
    )
    figures = (
        f"order entry {entry[0]} to {entry[1]} ms, response {response[0]} to {response[1]} ms",
        f"Maker fee {plain(profile.maker_fee * 100)} %",
        f"taker fee {plain(profile.taker_fee * 100)} %",
        f"liquidation fee {plain(profile.liquidation_fee * 100)} %",
        "funding every hour",
        f"{profile.max_open_orders} open orders",
        f"{profile.deposit:,} of deposit",
    )
    words = " ".join(DOC.split())
    assert [figure for figure in figures if figure not in words] == []
    assert profile.funding_interval_ns == 3600 * 10**9
