"""Every async test runs in virtual time: sleeping costs nothing and runs repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from helpers.logs import reset_logging
from simulation.virtual_loop import VirtualClock, VirtualLoop

# The suite always tries the same examples; `pytest --hypothesis-profile explore` looks for new ones.
settings.register_profile("suite", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("suite")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give pytest-asyncio the virtual loop."""
    return {"virtual": VirtualLoop}


@pytest.fixture
async def clock() -> VirtualClock:
    """The clock of the test's own loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return VirtualClock(loop)


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Undo whatever logging a run set up, so that no test depends on the one before it."""
    yield
    reset_logging()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The recorded market data beside the project; tests that need it are skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the recorded market data (../shared/data) is not on this machine")
    return SHARED_DATA
