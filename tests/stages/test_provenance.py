"""Where a result comes from: what is hashed, what has changed, and what cannot be had again."""

from pathlib import Path

import msgspec
import pytest

from fairlead.node.configuration import Configuration
from fairlead.node.loading import read
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.node.yaml_values import HIDDEN
from fairlead.stages.backtest import backtest
from fairlead.stages.errors import CannotReproduce
from fairlead.stages.provenance import (
    HashedFile,
    configuration_again,
    differences,
    hashed,
    provenance_of,
    recalled,
)
from tests.stages.sessions import configuration

QUIET = '''
from fairlead.strategy import Strategy
class Quiet(Strategy):
    """Does nothing."""
'''


def seated(file: Path) -> Configuration:
    """Return the configuration with a strategy of a file, after it has run."""
    file.write_text(QUIET)
    only = (
        configuration().strategies[0].model_copy(update={"strategy": str(file), "parameters": {}})
    )
    settings = configuration().model_copy(update={"strategies": (only,)})
    backtest(settings, FullSpeed(StopRequest()))
    return settings


def test_the_strategy_and_the_libraries_that_ran_are_named(tmp_path: Path) -> None:
    file = tmp_path / "quiet.py"
    found = provenance_of(seated(file))
    assert hashed(file) in found.code
    assert found.libraries["msgspec"]
    assert found.data == []
    assert found.configuration_digest == read(found.configuration, "result", {}).digest()


def test_what_changed_is_told(tmp_path: Path) -> None:
    file = tmp_path / "quiet.py"
    before = provenance_of(seated(file))
    assert list(differences(before, before)) == []
    after = msgspec.structs.replace(
        before,
        python="3.99.0",
        libraries={**before.libraries, "msgspec": "9", "numpy": "1"},
        code=[HashedFile(str(file), 1, "0" * 64)],
    )
    told = "\n".join(differences(before, after))
    assert f"Python: {before.python} then, 3.99.0 now" in told
    assert f"library msgspec: {before.libraries['msgspec']} then, 9 now" in told
    assert f"code {file}: its content" in told
    assert f"code {file}: sha256 000000000000... was not there then" in told


def test_a_file_that_only_moved_is_no_difference(tmp_path: Path) -> None:
    one = HashedFile("a", 1, "f" * 64)
    before = msgspec.structs.replace(provenance_of(configuration()), data=[one])
    moved = msgspec.structs.replace(before, data=[HashedFile("elsewhere/a", 1, "f" * 64)])
    assert list(differences(before, moved)) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"provenance": 5}', b"\xff\xfe"])
def test_what_is_no_result_is_refused_with_the_remedy(content: bytes) -> None:
    with pytest.raises(CannotReproduce, match=r"this is no result .* --save FILE"):
        recalled(content, "r.json")


def test_a_result_is_recalled() -> None:
    told = provenance_of(configuration())
    content, found = recalled(msgspec.json.encode({"provenance": told, "x": 1}), "r.json")
    assert found == told
    assert content["x"] == 1
    assert configuration_again(found) == configuration()


def test_secrets_are_in_no_result() -> None:
    told = provenance_of(configuration())
    hidden = msgspec.structs.replace(told, configuration=f"key: {HIDDEN}")
    with pytest.raises(CannotReproduce, match="give it again with --config"):
        configuration_again(hidden)


def test_a_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "abc"
    file.write_bytes(b"abc")
    assert hashed(file) == HashedFile(
        str(file), 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
