"""Replay and verify: a journal applied again gives the same state, or says where it does not."""

from collections.abc import Callable
from collections.abc import Sequence as Sequence_
from pathlib import Path as FilePath

import pytest

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalDamaged, JournalUnreadable
from fairlead.journal.history import History
from fairlead.journal.log import GROUP_BYTES_MAX, Durability, Log
from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.machine.machine import Machine
from fairlead.model.codec import encode_input, encode_outputs
from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import Input, StrategyFailed, TimerFired
from fairlead.model.outputs import CancelOrder, OrderFilled, Output, SendOrder
from fairlead.model.units import InstrumentId, Nanos, OrderId, Sequence, StrategyId
from fairlead.node.errors import OutputsDiffer
from fairlead.node.path import OutputsDigest, Path
from fairlead.node.reading import written_schema
from fairlead.node.recovery import PROGRESS_EVERY, replay, verify
from tests.journal.build import Written, cut, flip, put, segments
from tests.machine.build import KILL, RELEASE, SET_UP, STARTED, Rig, accepted, filled, submit
from tests.machine.busy import a_day

START = 1_000_000_000
STEP = 1_000
GROUP = 7  # inputs in a commit
DAY: tuple[Input, ...] = (*SET_UP, *a_day(3, 150))


def a_path(directory: FilePath | None, clock: VirtualClock) -> Path:
    """Return a path that writes to a directory in small segments, or nowhere."""
    log = None
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        log = Log(
            directory,
            Durability.PROCESS,
            1,
            Sequence(0),
            layout.GENESIS,
            2_000,
            schema=written_schema(),
        )
    return Path(Machine(), Sequencer(clock, Sequence(0), Nanos(0)), log)


def live(path: Path, clock: VirtualClock, inputs: Sequence_[Input], number: int = 0) -> None:
    """Take inputs, one each microsecond from the start on, and commit now and then."""
    for count, one in enumerate(inputs, number):
        clock.set(Nanos(START + count * STEP))
        path.take(one)
        if count % GROUP == GROUP - 1:
            path.commit()
    path.commit()


def record(directory: FilePath | None, inputs: Sequence_[Input] = DAY) -> Path:
    """Live through inputs, close the journal, and return the path."""
    clock = VirtualClock(Nanos(START))
    path = a_path(directory, clock)
    live(path, clock, inputs)
    path.close()
    return path


def rewrite(directory: FilePath, to: FilePath, change: Callable[[Written], Written]) -> FilePath:
    """Write a journal again with something changed, and all its checksums and chains right."""
    to.mkdir()
    log = Log(to, Durability.PROCESS, 1, Sequence(0), layout.GENESIS, schema=written_schema())
    for entry in History(directory).entries():
        put(log, [change(Written(entry.sequence, entry.time, entry.input, entry.outputs))])
    log.close(Nanos(2 * START))
    return to


class Followed:
    """A reader that keeps what it was shown."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.shown: list[tuple[int, int, Input, list[Output]]] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Keep it."""
        self.shown.append((sequence, time, input, outputs))


@pytest.fixture
def journal(tmp_path: FilePath) -> FilePath:
    """Return a journal of a busy day, over several segments."""
    record(tmp_path / "journal")
    assert len(segments(tmp_path / "journal")) > 1
    return tmp_path / "journal"


# --- the path while it is lived -------------------------------------------------------------------


def test_what_is_taken_gets_its_number_and_its_time(tmp_path: FilePath) -> None:
    """B-EVT-07: gapless, and stamped by the sequencer alone."""
    record(tmp_path, DAY[:20])
    entries = list(History(tmp_path).entries())
    assert [entry.sequence for entry in entries] == list(range(1, 21))
    assert [entry.time for entry in entries] == [START + number * STEP for number in range(20)]


def test_outputs_stand_beside_the_input_that_they_answer(tmp_path: FilePath) -> None:
    """Invariant 1, B-EVT-05: and an input without outputs has none."""
    record(tmp_path, [*SET_UP, submit(1), accepted(1)])
    rig = Rig()
    recorded = [entry.outputs for entry in History(tmp_path).entries()]
    assert recorded[-2:] == [encode_outputs(rig.give(one)) for one in (submit(1), accepted(1))]
    assert recorded[0] == b""


def test_a_path_without_a_journal_answers_the_same(tmp_path: FilePath) -> None:
    """Invariant 2: a backtest is the same path, with nothing written."""
    written, unwritten = record(tmp_path), record(None)
    assert unwritten.log is None
    assert written.digest.hexadecimal() == unwritten.digest.hexadecimal()
    assert written.machine.digest() == unwritten.machine.digest()


def test_nothing_is_durable_before_its_commit(tmp_path: FilePath) -> None:
    """Invariant 3: an action may leave when `commit` has returned."""
    path = a_path(tmp_path, VirtualClock(Nanos(START)))
    for one in SET_UP:
        path.take(one)
    assert list(History(tmp_path).entries()) == []
    path.commit()
    assert len(list(History(tmp_path).entries())) == len(SET_UP)


def test_a_group_that_is_full_is_committed_without_being_asked(tmp_path: FilePath) -> None:
    """Invariant 14: what waits for a commit has a bound, whoever forgets to ask."""
    path = a_path(tmp_path, VirtualClock(Nanos(START)))
    large = TimerFired(StrategyId(1), 1), StrategyFailed(StrategyId(1), "x" * GROUP_BYTES_MAX)
    path.take(large[0])
    assert segments(tmp_path) == []
    path.take(large[1])
    assert len(list(History(tmp_path).entries())) == 2


def test_a_path_tells_what_was_answered_and_when_it_ended(tmp_path: FilePath) -> None:
    """The loop acts on it."""
    path = a_path(tmp_path, VirtualClock(Nanos(START)))
    answered = [path.take(one) for one in (*SET_UP, submit(1))]
    assert [type(output) for output in answered[-1]] == [SendOrder]
    assert path.log is not None
    assert path.close() == START


def test_the_digest_of_outputs_holds_each_output_and_its_number() -> None:
    """Invariant 2: two runs are equal if and only if these digests are."""
    digests = []
    for fed in ([(1, b"A")], [(2, b"A")], [(1, b"B")], [(1, b"A"), (2, b"A")], []):
        digest = OutputsDigest()
        for number, encoded in fed:
            digest.add(Sequence(number), encoded)
        digests.append(digest.hexadecimal())
    assert len(set(digests)) == len(digests)
    assert {len(bytes.fromhex(digest)) for digest in digests} == {32}


# --- replay ---------------------------------------------------------------------------------------


def test_replay_gives_the_state_and_the_outputs_of_the_life(journal: FilePath) -> None:
    """Invariant 2, S1-EVT-03: recovery is replay."""
    lived = record(None)
    replayed = replay(journal)
    assert replayed.path.machine.digest() == lived.machine.digest()
    assert replayed.path.digest.hexadecimal() == lived.digest.hexadecimal()
    assert (replayed.last, replayed.time) == (len(DAY), START + (len(DAY) - 1) * STEP)
    assert replayed.end.last == replayed.last


@pytest.mark.parametrize("to", [0, 1, 13, 100, len(DAY), len(DAY) + 1])
def test_replay_stops_after_the_input_that_was_asked_for(journal: FilePath, to: int) -> None:
    """S1-EVT-02, S1-EVT-04: the state as of a number."""
    replayed = replay(journal, to=Sequence(to))
    assert replayed.last == min(to, len(DAY))
    assert replayed.path.machine.digest() == record(None, DAY[:to]).machine.digest()


@pytest.mark.parametrize(("at", "last"), [(START - 1, 0), (START, 1), (START + 10 * STEP - 1, 10)])
def test_replay_stops_before_the_first_input_after_a_time(
    journal: FilePath, at: int, last: int
) -> None:
    """S1-EVT-04: the state as of a time, equality included."""
    assert replay(journal, at=Nanos(at)).last == last


def test_the_first_of_two_bounds_ends_a_replay(journal: FilePath) -> None:
    """Whichever comes first."""
    at = Nanos(START + 9 * STEP)
    assert replay(journal, to=Sequence(5), at=at).last == 5
    assert replay(journal, to=Sequence(50), at=at).last == 10


def test_readers_see_in_a_replay_what_they_saw_in_life(journal: FilePath) -> None:
    """S1-EVT-06: projections rebuilt from nothing equal the live ones."""
    follower = Followed()
    replay(journal, readers=[follower])
    live_follower = Followed()
    clock = VirtualClock(Nanos(START))
    lived = Path(Machine(), Sequencer(clock, Sequence(0), Nanos(0)), None, readers=[live_follower])
    live(lived, clock, DAY)
    assert len(live_follower.shown) == len(DAY)
    assert follower.shown == live_follower.shown


def test_a_long_replay_tells_how_far_it_is(tmp_path: FilePath) -> None:
    """A person who waits sees that something happens."""
    quiet = [*SET_UP, *([SET_UP[-1]] * (PROGRESS_EVERY + 5))]
    record(tmp_path, quiet)
    told: list[int] = []
    replay(tmp_path, progress=told.append)
    assert told == [PROGRESS_EVERY]


def test_a_kill_survives_in_the_journal(tmp_path: FilePath) -> None:
    """Invariant 9: a node that comes back is as dead as it was, until a person releases it."""
    record(tmp_path / "killed", [*SET_UP, submit(1), accepted(1), KILL])
    machine = replay(tmp_path / "killed").path.machine
    assert machine.gate.killed
    following = Sequence(machine.state.sequence + 1)
    restarted = type(STARTED)(2, "build", "configuration", "paper")
    time = machine.state.time
    for number, one in enumerate((restarted, SET_UP[-3], submit(2)), following):
        outputs = machine.apply(Sequence(number), time, one)
        assert not any(isinstance(output, SendOrder) for output in outputs)
    record(tmp_path / "released", [*SET_UP, KILL, RELEASE])
    assert not replay(tmp_path / "released").path.machine.gate.killed


def test_a_path_goes_on_where_the_replay_ended(tmp_path: FilePath) -> None:
    """B-EVT-08, invariant 1: a life that was interrupted equals one that was not."""
    middle = 90
    whole = record(None)
    record(tmp_path, DAY[:middle])
    replayed = replay(tmp_path)
    end = replayed.end
    log = Log(
        tmp_path, Durability.PROCESS, end.epoch + 1, end.last, end.chain, schema=written_schema()
    )
    path = replayed.path
    path.write_to(log)
    clock = VirtualClock(Nanos(0))
    path.sequencer = Sequencer(clock, end.last, end.time)
    live(path, clock, DAY[middle:], middle)
    path.close()
    assert path.machine.digest() == whole.machine.digest()
    assert path.digest.hexadecimal() == whole.digest.hexadecimal()
    assert verify(tmp_path).state_digest == whole.machine.digest()


# --- outputs that are not what was recorded -------------------------------------------------------


def other_outputs(entry: Written) -> Written:
    """Return an entry whose first output is another one."""
    forged: list[Output] = [CancelOrder(OrderId(77), InstrumentId(1))]
    return entry._replace(outputs=encode_outputs(forged))


def changed_once(number: int, change: Callable[[Written], Written]) -> Callable[[Written], Written]:
    """Return a change of one entry alone."""
    return lambda entry: change(entry) if entry.sequence == number else entry


@pytest.fixture
def traded(tmp_path: FilePath) -> FilePath:
    """Return a journal with one fill, which is its last input."""
    record(tmp_path / "traded", [*SET_UP, submit(1), accepted(1), filled(1, 3, "E1")])
    return tmp_path / "traded"


LAST = len(SET_UP) + 3


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (LAST, other_outputs),
        (LAST, lambda entry: entry._replace(outputs=b"")),
        (1, other_outputs),
        (LAST, lambda entry: entry._replace(input=encode_input(filled(1, 4, "E1")))),
        (LAST - 1, lambda entry: entry._replace(input=encode_input(accepted(2)))),
    ],
    ids=["other", "removed", "added", "another fill", "another acknowledgement"],
)
def test_a_record_that_was_changed_with_all_its_checksums_stops_the_replay(
    traded: FilePath, tmp_path: FilePath, number: int, change: Callable[[Written], Written]
) -> None:
    """Invariant 2, fault 22: recomputed outputs are held against the recorded ones."""
    forged = rewrite(traded, tmp_path / "forged", changed_once(number, change))
    with pytest.raises(OutputsDiffer, match=f"^input {number} ") as raised:
        replay(forged)
    assert raised.value.sequence == number
    verdict = verify(forged)
    assert not verdict.passed
    assert verdict.problem == str(raised.value)


def test_the_difference_shows_both_versions(traded: FilePath, tmp_path: FilePath) -> None:
    """Somebody has to find out which of the two is right."""
    forged = rewrite(traded, tmp_path / "forged", changed_once(LAST, other_outputs))
    with pytest.raises(OutputsDiffer) as raised:
        replay(forged)
    message = str(raised.value)
    assert "recorded [CancelOrder(order=77" in message
    assert f"recomputed [{OrderFilled.__name__}(order=1" in message
    assert "use the build that wrote the journal" in message


UNKNOWN = b"\x92\xcc\xfa\x01"  # an array that begins with the tag 250


@pytest.mark.parametrize(
    "change",
    [lambda entry: entry._replace(input=UNKNOWN), lambda entry: entry._replace(outputs=UNKNOWN)],
    ids=["input", "outputs"],
)
def test_a_record_that_this_build_cannot_decode_stops_the_replay(
    traded: FilePath, tmp_path: FilePath, change: Callable[[Written], Written]
) -> None:
    """S1-EVT-07: an unknown kind fails loudly."""
    forged = rewrite(traded, tmp_path / "forged", changed_once(LAST, change))
    with pytest.raises(UndecodableRecord, match="this build knows"):
        replay(forged)
    assert "this build knows" in verify(forged).problem


# --- verify ---------------------------------------------------------------------------------------


def test_a_whole_journal_passes_and_says_what_it_is(journal: FilePath) -> None:
    """DESIGN: checksums, chain, gaps, recomputed outputs."""
    lived = record(None)
    verdict = verify(journal)
    assert verdict.passed
    assert (verdict.inputs, verdict.segments) == (len(DAY), len(segments(journal)))
    assert verdict.commits == -(-len(DAY) // GROUP)
    assert verdict.bytes_total == sum(path.stat().st_size for path in segments(journal))
    assert (verdict.sealed, verdict.torn_bytes) == (True, 0)
    assert verdict.state_digest == lived.machine.digest()
    assert verdict.outputs_digest == lived.digest.hexadecimal()
    assert len(bytes.fromhex(verdict.chain)) == layout.CHAIN_BYTES


def test_verifying_changes_nothing(journal: FilePath) -> None:
    """Invariant 2: a torn end is reported, and left for the next start to cut off."""
    path = segments(journal)[-1]
    cut(journal, path, path.stat().st_size - 70)
    before = {path: path.read_bytes() for path in segments(journal)}
    verdict = verify(journal)
    assert verdict.passed
    assert verdict.torn_bytes > 0
    assert not verdict.sealed
    assert {path: path.read_bytes() for path in segments(journal)} == before


def test_a_flipped_bit_in_the_middle_does_not_pass(journal: FilePath) -> None:
    """Fault 3: the problem names file and offset."""
    path = segments(journal)[0]
    flip(path, 1_000, 3)
    verdict = verify(journal)
    assert not verdict.passed
    assert f"{path}: damaged at byte " in verdict.problem
    with pytest.raises(JournalDamaged):
        replay(journal)


@pytest.mark.parametrize("present", [True, False])
def test_what_is_no_journal_does_not_pass(tmp_path: FilePath, present: bool) -> None:
    """Invariant 11: nothing to check is not the same as all is well."""
    directory = tmp_path / "journal"
    if present:
        directory.mkdir()
    verdict = verify(directory)
    assert not verdict.passed
    assert str(directory) in verdict.problem


def test_a_replay_of_nothing_is_an_error_where_there_is_no_directory(tmp_path: FilePath) -> None:
    """A typing error in a path is told, not shown as an empty state."""
    with pytest.raises(JournalUnreadable, match="no such journal directory"):
        replay(tmp_path / "missing")
