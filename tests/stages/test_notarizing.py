"""A session signs its journal where its configuration names a key, and does not start without."""

from pathlib import Path

import pytest

from fairlead.journal.history import History
from fairlead.node.apart import Here
from fairlead.node.attestation import Attestation
from fairlead.node.checkpoints import checkpoint_files, read_checkpoints
from fairlead.node.configuration import Configuration
from fairlead.node.errors import CheckpointsDiffer, KeyRefused
from fairlead.node.keys import new_key
from fairlead.node.watch_settings import AuditSettings
from fairlead.stages.notarizing import notary
from fairlead.stages.paper import PaperSession
from fairlead.stages.recovering import Kept, recover
from fairlead.stages.wiring import wire
from tests.stages.sessions import configuration, full_speed


def configured(audit: AuditSettings, seconds: int = 1) -> Configuration:
    return configuration(seconds, audit=audit)


def traded(configuration: Configuration, directory: Path) -> None:
    session = PaperSession(configuration, directory)
    try:
        session.open()
        session.run(full_speed())
        session.stop()
    finally:
        session.close()


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    key = tmp_path / "audit.key"
    new_key(key)
    journal = tmp_path / "journal" / "0001"
    for audit in (AuditSettings(), AuditSettings(key=key, enabled=False)):
        assert notary(configured(audit), journal, print) is None


def test_a_session_signs_its_end_in_both_places(tmp_path: Path) -> None:
    key, copies = tmp_path / "audit.key", tmp_path / "copies"
    public = new_key(key).public
    journal = tmp_path / "journal" / "0001"
    audit = AuditSettings(key=key, copy_to=copies, checkpoint_records=100)
    traded(configured(audit), journal)
    beside = read_checkpoints(checkpoint_files(journal))
    copied = read_checkpoints(checkpoint_files(journal, copies))
    assert [one.checkpoint for one in beside] == [one.checkpoint for one in copied]
    assert all(one.checkpoint.is_genuine(public) for one in beside)
    traded(configured(audit, 2), journal)  # and goes on
    again = read_checkpoints(checkpoint_files(journal))
    assert [one.checkpoint.epoch for one in again][-1] == 2
    assert again[: len(beside)] == beside


def test_a_session_whose_signed_tail_is_gone_does_not_start(tmp_path: Path) -> None:
    key = tmp_path / "audit.key"
    new_key(key)
    journal = tmp_path / "journal" / "0001"
    audit = configured(AuditSettings(key=key))
    traded(audit, journal)
    traded(configured(AuditSettings(key=key), 2), journal)
    max(journal.glob("*.journal")).unlink()
    with pytest.raises(CheckpointsDiffer, match="what was signed is not there any more"):
        traded(audit, journal)


def test_a_key_beside_the_journal_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "journal" / "audit.key"
    new_key(key)
    with pytest.raises(KeyRefused, match="lies below the journal"):
        notary(configured(AuditSettings(key=key)), tmp_path / "journal" / "0001", print)


def test_what_was_signed_goes_on_from_a_snapshot(tmp_path: Path) -> None:
    """The tree over all groups is the one that was signed, though the old ones are not read."""
    key = tmp_path / "audit.key"
    public = new_key(key).public
    journal = tmp_path / "journal" / "0001"
    plain = configured(AuditSettings(key=key, checkpoint_records=500), 30)
    often = plain.journal.model_copy(update={"snapshot_inputs": 1_000})
    audit = plain.model_copy(update={"journal": often})
    journal.mkdir(parents=True)
    first = wire(audit)
    signs = notary(audit, journal, print)
    assert signs is not None
    opened = recover(first, Kept(journal, notary=signs, worker=Here()), "paper")
    first.release(full_speed())
    first.session.run(full_speed())
    first.path.commit()
    signs.close()
    assert opened.snapshot == 0

    session = PaperSession(audit, journal)
    recovered = session.open()
    assert recovered.snapshot >= 1_000, recovered.passed_over
    session.run(full_speed())
    session.stop()
    session.close()
    attestation = Attestation(journal, read_checkpoints(checkpoint_files(journal)), [public])
    history = History(journal)
    history.show_to(attestation)
    for _ in history.entries():
        pass
    assert not attestation.finish()
    assert attestation.confirmed is not None
    assert attestation.confirmed.last_sequence == history.end.last
