"""The native signer's one door: the right file for the computer, one thread, and errors as values."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from exchanges.lighter import native_signer
from exchanges.lighter.native_signer import NativeRefusal, auth_token, create_client, library_path, sign
from helpers.errors import UserError

LISTED = [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Darwin", "x86_64"), ("Windows", "AMD64")]


@pytest.mark.parametrize(("system", "machine"), LISTED)
def test_each_computer_has_its_library(system: str, machine: str) -> None:
    """The kit brings one for every system it is made for."""
    assert library_path(system, machine).is_file()


def test_a_computer_without_a_library_is_told() -> None:
    """The line names system and machine."""
    with pytest.raises(UserError, match="no signer for Plan9 on mips"):
        library_path("Plan9", "mips")


def test_without_the_kit_its_installation_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names the extra."""
    monkeypatch.setattr(native_signer, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="make install EXTRAS=lighter"):
        library_path()


def test_a_library_that_cannot_be_loaded_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that is no library is one line, not a traceback."""
    broken = tmp_path / "signer.so"
    broken.write_bytes(b"none")
    monkeypatch.setattr(native_signer, "library_path", lambda: broken)
    native_signer._library.cache_clear()
    with pytest.raises(UserError, match="cannot be loaded"):
        native_signer._library()
    native_signer._library.cache_clear()


def test_all_calls_run_in_one_worker_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never on the caller's thread, where each call would be several times slower."""
    seen: set[str] = set()
    honest = native_signer._take

    def watching(pointer: int | None) -> str:
        seen.add(threading.current_thread().name)
        return honest(pointer)

    monkeypatch.setattr(native_signer, "_take", watching)
    create_client("http://127.0.0.1:1", "0b" * 40, 304, 7, 77)
    sign("SignCancelOrder", 1, 5, 0, 3, 7, 77)
    assert len(seen) == 1
    assert seen.pop().startswith("lighter-signer")


def test_refusals_are_errors() -> None:
    """A key that nobody gave, or figures it does not take, are told in the signer's words."""
    with pytest.raises(NativeRefusal):
        auth_token(1_800_000_000, 9, 987_654)
    with pytest.raises(NativeRefusal):
        sign("SignCancelOrder", 1, 5, 0, 3, 9, 987_654)


def test_the_kit_itself_is_never_imported() -> None:
    """Signing in a fresh process leaves the package, its HTTP session and its warnings alone."""
    code = (
        "import sys; from exchanges.lighter.signing import LighterSigner; "
        "LighterSigner('http://127.0.0.1:1', '0b' * 40, 304, 7, 78); assert 'lighter' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert done.returncode == 0, done.stderr
