"""Imports point one way: runbot -> console -> trading_bot -> strategies | exchanges | simulation -> helpers."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "helpers": set(),
    "simulation": {"helpers"},
    "strategies": {"helpers"},
    # The paper clients are those of the simulated venue; no other venue may know the simulation.
    "exchanges": {"helpers"},
    "trading_bot": {"helpers", "exchanges", "strategies"},
    "console": {"helpers", "exchanges", "strategies", "simulation", "trading_bot"},
    "runbot": {"helpers", "console"},
}
PAPER_CLIENTS = {"paper.py", "live_paper.py"}
EXCEPTIONS = {(f"exchanges/{name}", "simulation") for name in PAPER_CLIENTS}
OURS = set(MAY_IMPORT)
NOT_FOR_STRATEGIES = {"asyncio", "os", "time", "socket", "aiohttp", "websockets", "pathlib", "subprocess", "threading"}


def modules() -> Iterator[tuple[str, Path]]:
    """Yield (layer, file) for every module of the project."""
    for layer in MAY_IMPORT:
        single = ROOT / f"{layer}.py"
        if single.exists():
            yield layer, single
        for path in sorted((ROOT / layer).rglob("*.py")):
            yield layer, path


def imported(path: Path) -> set[str]:
    """Give every module a file imports, anywhere in it, also for types only."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add(node.module or "")
    return names


CASES = [pytest.param(layer, path, id=str(path.relative_to(ROOT))) for layer, path in modules()]


@pytest.mark.parametrize(("layer", "path"), CASES)
def test_a_module_imports_only_what_lies_below(layer: str, path: Path) -> None:
    """No module imports a layer above or beside its own."""
    heads = {name.split(".")[0] for name in imported(path)} & OURS - {layer}
    relative = str(path.relative_to(ROOT))
    allowed = MAY_IMPORT[layer] | {target for source, target in EXCEPTIONS if source == relative}
    assert heads <= allowed


@pytest.mark.parametrize(("layer", "path"), [case for case in CASES if case.values[0] == "strategies"])
def test_a_strategy_cannot_reach_the_world(layer: str, path: Path) -> None:
    """No strategy imports anything that sends, sleeps, reads files, the environment or the time."""
    heads = {name.split(".")[0] for name in imported(path)}
    assert not heads & NOT_FOR_STRATEGIES


@pytest.mark.parametrize(("layer", "path"), [case for case in CASES if case.values[0] == "exchanges"])
def test_a_venue_never_imports_another_venue(layer: str, path: Path) -> None:
    """A file in exchanges/<venue>/ imports nothing of another venue's folder, and shared files import no venue."""
    parts = path.relative_to(ROOT / "exchanges").parts
    venue = parts[0] if len(parts) > 1 else ("paper" if parts[0] in PAPER_CLIENTS else None)
    folders = {entry.name for entry in (ROOT / "exchanges").iterdir() if entry.is_dir()} | {"paper"}
    for name in imported(path):
        target = name.split(".")
        if target[0] == "exchanges" and len(target) > 1 and target[1] in folders:
            assert target[1] == venue


@pytest.mark.parametrize(("layer", "path"), CASES)
def test_only_what_is_declared_is_imported(layer: str, path: Path) -> None:
    """Every import is ours, the standard library's, or a declared dependency's."""
    declared = {
        "aiohttp", "click", "dotenv", "fast_stark_crypto", "lighter", "msgspec", "paradex_py", "plotly", "pyarrow",
        "pydantic", "pydantic_core", "pydantic_settings", "rich", "tenacity", "uvloop", "websockets", "yaml",
    }  # fmt: skip
    heads = {name.split(".")[0] for name in imported(path)}
    assert heads <= OURS | declared | set(sys.stdlib_module_names)


def test_heavy_packages_stay_behind_one_door() -> None:
    """Pyarrow is imported by one file, plotly by the report, and neither when a module is loaded."""
    users = {"pyarrow": set(), "plotly": set()}
    for _, path in modules():
        for name in imported(path):
            head = name.split(".")[0]
            if head in users:
                users[head].add(path.name)
    assert len(users["pyarrow"]) == 1
    assert all(name.startswith("report") for name in users["plotly"])
