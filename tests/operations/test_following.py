"""The newest session is followed as it grows, an older one as long as its orders work."""

from pathlib import Path

import pytest

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalUnreadable
from fairlead.model.units import Nanos, Sequence
from fairlead.node.sealing import JournalKeys, load_journal_key, new_journal_key
from fairlead.operations.following import Followed, Follower, newest_journal
from tests.journal.build import flip, segments
from tests.operations.journals import Writer, accepted, definition, filled, sent, session
from tests.operations.patience import until


def ids(followed: Followed) -> list[str]:
    """Return the ids of what works."""
    return [order.client_orders[-1] for order in followed.orders]


def test_a_growing_journal_is_followed(tmp_path: Path) -> None:
    writer = session(tmp_path, ["A"], 2)
    follower = Follower(tmp_path)
    follower.start()
    until(lambda: ids(follower.followed()) == ["1-1-1", "1-2-1"])
    writer.write(sent(3), accepted(3))
    until(lambda: len(follower.followed().orders) == 3)
    writer.write(filled(leaves=0))
    until(lambda: ids(follower.followed()) == ["1-2-1", "1-3-1"])
    assert until(lambda: not follower.followed().problem)
    follower.stop()


def test_what_is_not_committed_yet_does_not_work_yet(tmp_path: Path) -> None:
    writer = session(tmp_path, ["A"], 1)
    writer.write(sent(2), commit=False)
    follower = Follower(tmp_path)
    follower.start()
    until(lambda: follower.followed().last == 2)
    writer.write()
    until(lambda: follower.followed().last == writer.sequence)
    assert ids(follower.followed()) == ["1-1-1", "1-2-1"]
    follower.stop()


def test_a_newer_session_is_found_and_an_older_one_kept_as_long_as_its_orders_work(
    tmp_path: Path,
) -> None:
    first = session(tmp_path / "0001", ["A"], 1)
    follower = Follower(tmp_path)
    follower.start()
    until(lambda: len(follower.followed().orders) == 1)
    session(tmp_path / "0002", ["B"], 1)
    until(lambda: len(follower.followed().orders) == 2)
    both = follower.followed()
    assert [order.venue for order in both.orders] == ["A", "B"]
    assert both.directory.endswith("0002")
    first.write(filled(leaves=0))
    until(lambda: [order.venue for order in follower.followed().orders] == ["B"])
    follower.stop()


def test_a_place_without_a_journal_is_a_problem_until_there_is_one(tmp_path: Path) -> None:
    follower = Follower(tmp_path / "journal")
    assert follower.followed().problem == "nothing was read yet"
    follower.start()
    until(lambda: "No such file" in follower.followed().problem)
    session(tmp_path / "journal" / "0001", ["A"], 1)
    until(lambda: follower.followed().orders and not follower.followed().problem)
    follower.stop()


def test_a_damaged_journal_is_a_problem_and_what_was_read_before_stays(tmp_path: Path) -> None:
    writer = session(tmp_path, ["A"], 1)
    whole = segments(tmp_path)[0].stat().st_size
    writer.write(sent(2))
    writer.write(sent(3))
    flip(segments(tmp_path)[0], whole + 10, 0)
    follower = Follower(tmp_path)
    follower.start()
    until(lambda: "damaged" in follower.followed().problem)
    assert ids(follower.followed()) == ["1-1-1"]
    follower.stop()


def test_an_encrypted_journal_is_followed_with_its_key_and_without_it_nothing_is_relied_on(
    tmp_path: Path,
) -> None:
    key, journal = tmp_path / "journal.key", tmp_path / "journal"
    new_journal_key(key)
    writer = Writer(journal, JournalKeys([load_journal_key(key)]))
    writer.write(input=definition(1, "A"))
    writer.write(sent(1), accepted(1))
    without, with_key = Follower(journal), Follower(journal, key)
    for follower in (without, with_key):
        follower.start()
    until(lambda: len(with_key.followed().orders) == 1)
    until(lambda: "no key was given" in without.followed().problem)
    writer.write(sent(2))
    until(lambda: len(with_key.followed().orders) == 2)
    assert until(lambda: not with_key.followed().problem)
    until(lambda: without.followed().last == writer.sequence)
    found = without.followed()
    assert "no key was given" in found.problem, "what was not read once stays unknown"
    assert found.orders == []
    for follower in (without, with_key):
        follower.stop()


def test_an_entry_that_nobody_can_read_is_a_problem_for_good_and_the_rest_is_read(
    tmp_path: Path,
) -> None:
    writer = Writer(tmp_path)
    writer.write(input=definition(1, "A"))
    writer.write(sent(1))
    writer.sequence += 1
    number, time = Sequence(writer.sequence), Nanos(writer.sequence)
    writer.log.append(layout.INPUT, number, time, b"an input of a newer build")
    writer.log.append(layout.OUTPUTS, number, time, b"\xc1")
    writer.write(sent(2))
    follower = Follower(tmp_path)
    follower.start()
    until(lambda: len(follower.followed().orders) == 2)
    assert "input 3" in follower.followed().problem
    follower.stop()


def test_the_newest_journal_is_the_place_itself_or_the_highest_number_below_it(
    tmp_path: Path,
) -> None:
    with pytest.raises(JournalUnreadable, match="no session below it"):
        newest_journal(tmp_path)
    for name in ("0009", "0010", "switch", "100x"):
        (tmp_path / name).mkdir()
    assert newest_journal(tmp_path) == tmp_path / "0010"
    session(tmp_path / "0009", ["A"], 1)
    assert newest_journal(tmp_path / "0009") == tmp_path / "0009"
