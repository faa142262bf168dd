"""A secret comes from a file or the environment, is long enough, and is never shown."""

from pathlib import Path

import pytest

from fairlead.operations.credentials import BYTES_MIN, credential
from fairlead.operations.settings import Secret

SECRET = "s" * BYTES_MIN


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    """Return a file with a text."""
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("text", [SECRET, f"{SECRET}\n", f"  {SECRET}\r\n"])
def test_a_file_gives_its_secret_without_the_line_end(tmp_path: Path, text: str) -> None:
    found = credential(Secret(written(tmp_path / "key", text)), "KEY", {"KEY": "x" * 40})
    assert (found.secret, found.problem) == (SECRET.encode(), "")


def test_without_a_file_the_environment_has_it() -> None:
    assert credential(Secret(), "KEY", {"KEY": SECRET}).secret == SECRET.encode()
    assert credential(Secret(), "KEY", {}).problem == "$KEY: no secret is set"


def test_one_that_was_given_goes_before_the_environment() -> None:
    given = "g" * BYTES_MIN
    assert credential(Secret(None, given.encode()), "KEY", {"KEY": SECRET}).secret == given.encode()


def test_a_file_that_cannot_be_read_is_a_problem_and_no_reason_to_look_elsewhere(
    tmp_path: Path,
) -> None:
    found = credential(Secret(tmp_path / "none"), "KEY", {"KEY": SECRET})
    assert found.secret == b""
    assert "cannot be read: No such file" in found.problem


@pytest.mark.parametrize("text", ["", "\n", SECRET[:-1]])
def test_a_secret_that_is_short_is_not_used(tmp_path: Path, text: str) -> None:
    found = credential(Secret(written(tmp_path / "key", text)), "KEY", {})
    assert found.secret == b""
    assert found.problem


def test_a_file_that_others_may_read_is_used_with_a_warning(tmp_path: Path) -> None:
    found = credential(Secret(written(tmp_path / "key", SECRET, 0o644)), "KEY", {})
    assert found.secret == SECRET.encode()
    assert "others may read it" in found.problem
    assert credential(Secret(written(tmp_path / "own", SECRET, 0o640)), "KEY", {}).problem == ""


def test_it_is_never_shown(tmp_path: Path) -> None:
    secret = Secret(written(tmp_path / "key", SECRET), SECRET.encode())
    found = credential(secret, "KEY", {})
    assert found.secret == SECRET.encode()
    assert SECRET not in f"{found} {found!r} {secret} {secret!r}"
