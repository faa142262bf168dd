"""Each way to tamper with a journal is found and placed: the table of docs/operating/audit.md."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.node.checkpoints import checkpoint_files, read_checkpoints
from fairlead.node.configuration import JournalSettings
from fairlead.node.keys import new_key
from fairlead.node.watch_settings import AuditSettings
from fairlead.operations.verification import Examined, Signatures, examine
from fairlead.stages.paper import PaperSession
from tests.journal.build import segments
from tests.operations.tampering import MANIPULATIONS, Scene, delete_the_tail, write_anew
from tests.stages.sessions import configuration, full_speed

PAGE = Path(__file__).parents[2] / "docs" / "operating" / "audit.md"
NOTHING = "passes"


@pytest.fixture(scope="module")
def signed_session(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Return a real session of several files, signed every few hundred inputs and in two places.

    It was ended and resumed twice: how often a thread signs while it runs at full speed hangs on
    the machine, and every end is signed.
    """
    place = tmp_path_factory.mktemp("signed")
    key = new_key(place / "keys" / "audit.key")
    audit = AuditSettings(
        key=place / "keys" / "audit.key", copy_to=place / "copies", checkpoint_records=500
    )
    for seconds in (10, 15, 20):
        files = JournalSettings(segment_bytes=64 * 1024)
        settings = configuration(seconds, audit=audit, journal=files)
        session = PaperSession(settings, place / "journal" / "0001")
        session.open()
        session.run(full_speed())
        session.stop()
        session.close()
    return Scene(place / "journal" / "0001", place / "copies", key)


@pytest.fixture
def scene(signed_session: Scene, tmp_path: Path) -> Scene:
    """Return a copy of the session that may be tampered with."""
    journal, copies = tmp_path / "journal" / "0001", tmp_path / "copies"
    shutil.copytree(signed_session.journal, journal)
    shutil.copytree(signed_session.copies, copies)
    return Scene(journal, copies, signed_session.key)


def examined(scene: Scene, quick: bool = True, with_signatures: bool = True) -> Examined:
    signatures = Signatures()
    if with_signatures:
        files = checkpoint_files(scene.journal) + checkpoint_files(scene.journal, scene.copies)
        signatures = Signatures(read_checkpoints(files), [scene.key.public])
    return examine(scene.journal, signatures, quick, lambda _: None, lambda _: None)


def told(found: Examined, root: Path) -> str:
    """Return what is said first, without the numbers and names of this session."""
    if found.passed:
        return NOTHING
    text = found.findings[0].told() if found.findings else found.verdict.problem
    text = text.replace(f"{root}/", "")
    text = re.sub(r"\b[0-9a-f]{16}\b(?=[.,:]|\.jsonl)", "H", text)
    text = re.sub(r"\d+(?:,\d{3})*", "N", text.replace("0001-H", "NAME"))
    return text.replace("journal/N/", "")


def test_an_untouched_journal_passes_with_and_without_a_replay(signed_session: Scene) -> None:
    assert len(segments(signed_session.journal)) >= 3
    for quick in (True, False):
        found = examined(signed_session, quick)
        assert found.passed, found.findings
        assert found.replayed is not quick
        assert found.confirmed is not None
        assert found.confirmed.last_sequence == found.verdict.inputs
        assert found.checkpoints >= 3


def rows(scene: Scene, tamper: Callable[[Scene], None]) -> tuple[str, str, str]:
    tamper(scene)
    root = scene.copies.parent
    sentence = (tamper.__doc__ or "").strip().rstrip(".")
    alone = told(examined(scene, with_signatures=False), root)
    return sentence, alone, told(examined(scene), root)


@pytest.mark.parametrize("tamper", MANIPULATIONS, ids=lambda tamper: tamper.__name__)
def test_it_is_found_and_told_as_the_page_says(
    scene: Scene, tamper: Callable[[Scene], None]
) -> None:
    sentence, alone, signed = rows(scene, tamper)
    assert signed != NOTHING
    last = "the same" if alone == signed else f"`{signed}`"
    row = f"| {sentence} | {alone if alone == NOTHING else f'`{alone}`'} | {last} |"
    assert row in PAGE.read_text("utf-8"), row


def test_the_page_shows_nothing_else(signed_session: Scene) -> None:
    del signed_session
    sentences = [(tamper.__doc__ or "").strip().rstrip(".") for tamper in MANIPULATIONS]
    table = PAGE.read_text("utf-8").partition("## What is found")[2].partition("\n## ")[0]
    assert re.findall(r"^\| ([^|`-][^|]*) \| [`p]", table, re.MULTILINE) == sentences


def test_what_is_wrong_has_its_place(scene: Scene) -> None:
    path = segments(scene.journal)[1]
    content = bytearray(path.read_bytes())
    content[2_000] ^= 1
    path.write_bytes(content)
    (finding,) = examined(scene).findings
    assert finding.kind == "damaged"
    assert finding.path == str(path)
    assert finding.byte is not None
    assert finding.byte <= 2_000
    assert finding.record is not None
    assert finding.first_input is not None
    assert finding.first_input >= int(path.stem)


def test_a_tail_that_is_gone_is_told_with_the_inputs_that_are_missing(scene: Scene) -> None:
    before = examined(scene).verdict.inputs
    delete_the_tail(scene)
    (finding,) = examined(scene).findings
    assert finding.kind == "truncated"
    assert finding.last_input == before
    assert finding.first_input is not None
    assert finding.first_input <= before


def test_a_change_is_placed_between_two_checkpoints(scene: Scene) -> None:
    write_anew(scene)
    finding = examined(scene).findings[0]
    assert finding.kind == "rewritten"
    assert finding.first_input is not None
    assert finding.last_input is not None
    changed = int(segments(scene.journal)[1].stem)
    assert finding.first_input <= changed + 500
    assert finding.last_input >= changed


def test_a_directory_without_a_journal_is_said_to_be_one(tmp_path: Path) -> None:
    found = examine(tmp_path, Signatures(), True, lambda _: None, lambda _: None)
    assert not found.passed
    assert "no journal segments here" in found.verdict.problem
