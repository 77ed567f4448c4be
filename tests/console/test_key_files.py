"""Key files: who may read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from console.key_files import check_key_file, hide_keys
from helpers.errors import UserError
from helpers.logs import forget_secrets, mask

KEYS = "LIGHTER_API_KEY_INDEX=3\nLIGHTER_API_KEY_PRIVATE_KEY=0xabc\n"


def written(folder: Path, mode: int, text: str = KEYS) -> Path:
    """Write a file with a mode."""
    path = folder / ".env"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666, 0o660, 0o602])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """Any right of the group or of others is too much; the line names the file and its mend, never a key."""
    path = written(tmp_path, mode)
    with pytest.raises(UserError) as refused:
        check_key_file(path)
    assert str(refused.value) == (
        f"{path} holds keys and others on this machine may read it (mode {mode:o}): chmod 600 {path}"
    )


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_closed_file_is_in_order(tmp_path: Path, mode: int) -> None:
    """Only the owner may do anything with it."""
    check_key_file(written(tmp_path, mode))


@pytest.mark.parametrize("text", ["", "RUNBOT_TICKER=ETH\n", "EXTENDED_API_KEY=\n", "# LIGHTER_API_KEY=abc\n"])
def test_a_file_without_keys_may_be_open(tmp_path: Path, text: str) -> None:
    """Options, empty values and comments are no secrets."""
    check_key_file(written(tmp_path, 0o644, text))


def test_a_link_is_as_open_as_its_file(tmp_path: Path) -> None:
    """What counts is the file that holds the keys."""
    link = tmp_path / "link.env"
    link.symlink_to(written(tmp_path, 0o644))
    with pytest.raises(UserError, match=r"link\.env holds keys"):
        check_key_file(link)


def test_other_troubles_are_left_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, no text, or a system whose modes mean nothing: here is nothing to say."""
    check_key_file(tmp_path / "none.env")
    check_key_file(tmp_path)
    path = written(tmp_path, 0o644)
    path.write_bytes(b"\xff\xfe\x00KEY")
    check_key_file(path)
    path.write_text(KEYS)
    monkeypatch.setattr(os, "name", "nt")
    check_key_file(path)


def test_values_with_secret_names_are_never_printed_again() -> None:
    """Keys are masked from then on; a number or a word under such a name is not, nor what has another name."""
    forget_secrets()
    hide_keys({"A_PRIVATE_KEY": "0xfeed0123456789beef", "API_KEY_INDEX": "5", "USE_TOKEN": "true", "NAME": "x" * 20})
    assert mask("feed0123456789beef 5 true " + "x" * 20) == "*** 5 true " + "x" * 20
    forget_secrets()
