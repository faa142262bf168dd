"""The format of the journal is documented: a reader made from the page alone finds what we find."""

import gzip
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from fairlead.journal import format as layout
from fairlead.node.checkpoints import checkpoint_files
from fairlead.node.configuration import JournalSettings
from fairlead.node.keys import new_key
from fairlead.node.recovery import verify
from fairlead.node.watch_settings import AuditSettings
from fairlead.stages.paper import PaperSession
from tests.journal.build import flip, segments
from tests.operations.tampering import MANIPULATIONS, Scene
from tests.stages.sessions import configuration, full_speed

PAGES = Path(__file__).parents[1] / "docs" / "reference"
READERS = ("verify_journal.py", "verify_checkpoints.py")
# What the chain alone cannot tell, as the first column of the page on operating says.
UNSEEN = {
    *("delete_the_tail", "cut_the_tail_and_seal", "cut_the_tail_short"),
    *("write_anew", "write_all_anew", "write_anew_and_sign", "write_anew_with_the_key"),
    *("remove_the_checkpoints_beside", "remove_all_checkpoints"),
    *("change_a_checkpoint", "move_a_checkpoint"),
}
# What a file of checkpoints beside the journal cannot tell: it takes the second place.
UNSIGNED = {"write_anew_with_the_key", "remove_the_checkpoints_beside", "remove_all_checkpoints"}
UNSIGNED |= {"move_a_checkpoint"}  # the order of the lines is not its subject


@pytest.fixture(scope="module")
def signed_session(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Return a real session of several files, signed."""
    place = tmp_path_factory.mktemp("format")
    key = new_key(place / "audit.key")
    audit = AuditSettings(
        key=place / "audit.key", copy_to=place / "copies", checkpoint_records=1_000
    )
    settings = configuration(20, audit=audit, journal=JournalSettings(segment_bytes=64 * 1024))
    session = PaperSession(settings, place / "journal" / "0001")
    session.open()
    session.run(full_speed())
    session.stop()
    session.close()
    return Scene(place / "journal" / "0001", place / "copies", key)


@pytest.fixture
def scene(signed_session: Scene, tmp_path: Path) -> Scene:
    """Return a copy that may be tampered with."""
    shutil.copytree(signed_session.journal, tmp_path / "journal" / "0001")
    shutil.copytree(signed_session.copies, tmp_path / "copies")
    return Scene(tmp_path / "journal" / "0001", tmp_path / "copies", signed_session.key)


def run(reader: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run a reader as a stranger does: by a Python that finds none of our packages."""
    return subprocess.run(
        [sys.executable, "-S", "-E", str(PAGES / reader), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def read_both(scene: Scene) -> tuple[int, int, str]:
    """Return the exit codes of both readers, and what they said."""
    chain = run("verify_journal.py", scene.journal)
    beside = scene.journal / "checkpoints.jsonl"
    signed = run("verify_checkpoints.py", scene.journal, beside, scene.key.public)
    assert "Traceback" not in chain.stderr
    assert not beside.exists() or "Traceback" not in signed.stderr
    return chain.returncode, signed.returncode, chain.stderr + signed.stderr


def test_a_stranger_finds_what_we_find(scene: Scene) -> None:
    ours = verify(scene.journal)
    theirs = run("verify_journal.py", scene.journal)
    assert theirs.stdout == (f"{ours.inputs} inputs in {ours.commits} groups, chain {ours.chain}\n")
    for file in (*checkpoint_files(scene.journal), *checkpoint_files(scene.journal, scene.copies)):
        signed = run("verify_checkpoints.py", scene.journal, file, scene.key.public)
        assert signed.returncode == 0, signed.stderr
        assert f"fit the journal of {ours.commits} groups" in signed.stdout


def test_compressed_segments_are_read_as_well(scene: Scene) -> None:
    for path in segments(scene.journal)[:-1]:
        path.with_suffix(".journal.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert read_both(scene)[:2] == (0, 0)


def test_a_torn_end_is_told_from_damage(scene: Scene) -> None:
    path = segments(scene.journal)[-1]
    content = path.read_bytes()
    seal = content[-layout.FRAME_BYTES - layout.CHAIN_BYTES :]
    path.write_bytes(content[: -len(seal)] + b"\x01" * 40)
    assert read_both(scene)[:2] == (0, 0)
    path.write_bytes(content[: -len(seal)] + b"\x01" * 40 + seal)
    assert read_both(scene)[0] == 1
    path.write_bytes(content[:30])
    assert read_both(scene)[:2] == (0, 1)


@pytest.mark.parametrize("tamper", MANIPULATIONS, ids=lambda tamper: tamper.__name__)
def test_what_was_tampered_with_is_found(scene: Scene, tamper: Callable[[Scene], None]) -> None:
    tamper(scene)
    name = tamper.__name__
    chain, signed, said = read_both(scene)
    assert chain == (0 if name in UNSEEN else 1), said
    if (scene.journal / "checkpoints.jsonl").exists():
        assert signed == (0 if name in UNSIGNED else 1), said


def test_a_bit_that_is_turned_over_anywhere_is_found(scene: Scene) -> None:
    path = segments(scene.journal)[0]
    for byte in range(0, 2_000, 37):
        flip(path, byte, byte % 8)
        done = run("verify_journal.py", scene.journal)
        assert done.returncode == 1, byte
        assert f"{path}: byte " in done.stderr
        flip(path, byte, byte % 8)


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name.removesuffix(".py"), PAGES / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_numbers_of_the_page_hold(signed_session: Scene) -> None:
    page = (PAGES / "journal-format.md").read_text("utf-8")
    journal, checkpoints = (loaded(name) for name in READERS)
    assert journal.crc32c(b"123456789") == 0xE3069283
    assert "it is 0xE3069283" in page
    line = (signed_session.journal / "checkpoints.jsonl").read_text().splitlines()[0]
    key = bytes.fromhex(signed_session.key.public)
    assert checkpoints.is_genuine(line, key)
    assert not checkpoints.is_genuine(line.replace('"size":', '"size":1'), key)
    assert not checkpoints.is_genuine(line, bytes(32))
    for name in ("INPUT", "OUTPUTS", "COMMIT", "SEAL"):
        assert getattr(journal, name) == getattr(layout, name)
        assert f"| {getattr(layout, name)} | {name.lower()} |" in page


def test_the_readers_are_short() -> None:
    for name in READERS:
        assert len((PAGES / name).read_text("utf-8").splitlines()) <= 110
