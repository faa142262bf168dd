"""Nothing goes before its time, nothing that is held, and nothing without a trace."""

import json
import os
from pathlib import Path

import pytest

from fairlead.journal.log import Lock
from fairlead.model.units import Nanos
from fairlead.node.retention import DEFAULT, lock_retention
from fairlead.operations.errors import RetentionRefused
from fairlead.operations.retention import expire, fate, hold, hold_lines, holds, release
from tests.journal.build import flip, segments, write

DAY = 86_400 * 10**9
ENDED = 1_700_000_000 * 10**9


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """Return a journal that ended long ago and is kept for ten days."""
    directory = tmp_path / "0001"
    write(directory)
    (directory / "lock").touch()
    lock_retention(directory, Nanos(10 * DAY), "paper", Nanos(ENDED))
    for path in directory.iterdir():
        os.utime(path, ns=(ENDED, ENDED))
    return directory


def at(days: int) -> Nanos:
    return Nanos(ENDED + days * DAY)


def test_a_journal_stays_until_its_time_has_come(session: Path) -> None:
    early = fate(session, at(9))
    assert (early.until, early.kept) == (ENDED + 10 * DAY, "its time has not come")
    with pytest.raises(RetentionRefused, match="its time has not come"):
        expire(early, "ann", "old", at(9))
    assert fate(session, at(11)).kept == ""


def test_nobody_said_means_seven_years(session: Path) -> None:
    (session / "retention.json").unlink()
    assert fate(session, at(11)).until == ENDED + DEFAULT
    assert fate(session, at(11)).kept


def test_what_goes_leaves_a_trace(session: Path) -> None:
    last = expire(fate(session, at(11)), "ann", "older than ten days", at(11))
    assert not session.exists()
    (line,) = (session.parent / "expired.jsonl").read_text().splitlines()
    found = json.loads(line)
    assert (found["session"], found["inputs"], found["person"]) == ("0001", 6, "ann")
    assert (found["reason"], found["chain"]) == ("older than ten days", last.chain)


def test_a_hold_keeps_it_whatever_its_time(session: Path) -> None:
    hold(session, "case-17", "eve", "the regulator asks", at(1))
    hold(session.parent, "all", "eve", "litigation", at(1))
    found = fate(session, at(1_000))
    assert found.kept == "held: case-17 (eve: the regulator asks), all (eve: litigation)"
    with pytest.raises(RetentionRefused, match="held: case-17"):
        expire(found._replace(kept=""), "ann", "old", at(1_000))
    with pytest.raises(RetentionRefused, match="is there already"):
        hold(session, "case-17", "ann", "again", at(2))
    release(session, "case-17", "joe", "answered", at(3))
    release(session.parent, "all", "joe", "settled", at(3))
    assert holds(session) == []
    assert [(one.action, one.person) for one in hold_lines(session)] == [
        ("hold", "eve"),
        ("release", "joe"),
    ]
    with pytest.raises(RetentionRefused, match="no hold called case-17"):
        release(session, "case-17", "joe", "twice", at(4))


def test_holds_that_cannot_be_read_keep_all(session: Path) -> None:
    (session / "holds.jsonl").write_text('{"action":"ho')
    with pytest.raises(RetentionRefused, match="cannot be read, so all is kept"):
        fate(session, at(1_000))


def test_a_journal_that_cannot_be_read_or_is_written_stays(session: Path) -> None:
    lock = Lock(session)
    with pytest.raises(RetentionRefused, match="a node writes it"):
        expire(fate(session, at(11)), "ann", "old", at(11))
    lock.close()
    assert len(segments(session)) == 3
    flip(segments(session)[1], 90, 1)
    os.utime(segments(session)[1], ns=(ENDED, ENDED))
    assert fate(session, at(1_000)).kept.startswith("cannot be read: ")
