"""Where two journals part: the first input or output that differs, and what does not count."""

from collections.abc import Iterator

import msgspec

from fairlead.journal.history import Entry
from fairlead.model.codec import encode_input, encode_outputs
from fairlead.model.inputs import Input, NodeStarted, StopCommand
from fairlead.model.names import Names
from fairlead.model.outputs import Output
from fairlead.model.terms import StopPolicy
from fairlead.model.units import Nanos, Sequence
from fairlead.readers.parting import Parting, parting
from tests.readers.sessions import SPOT, Scene

STARTED = NodeStarted(1, "build one", "configuration", "paper")


class Kept:
    """A reader that keeps what it follows as the entries of a journal."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.entries: list[Entry] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Keep an input."""
        self.entries.append(entry(sequence, time, input, outputs))


def entry(sequence: int, time: int, input: Input, outputs: list[Output]) -> Entry:
    """Return an entry as a journal has it."""
    made = Entry(Sequence(sequence), Nanos(time), encode_input(input))
    made.outputs = encode_outputs(outputs) if outputs else b""
    return made


def session() -> list[Entry]:
    """Return the journal of a small session."""
    kept = Kept()
    scene = Scene(kept)
    scene.quote(SPOT, 9_990, 10_010)
    scene.feed([StopCommand(StopPolicy.CANCEL, "ann", "lunch")])
    return kept.entries


def compared(ours: list[Entry], theirs: list[Entry]) -> Parting:
    """Compare two journals."""

    def each(entries: list[Entry]) -> Iterator[Entry]:
        yield from entries

    return parting(each(ours), each(theirs), Names())


def test_equal_journals_do_not_part() -> None:
    found = compared(session(), session())
    assert found.what == ""
    assert found.compared == len(session())


def test_another_input_is_found_with_both_sides() -> None:
    theirs = session()
    stop = StopCommand(StopPolicy.CANCEL, "bob", "lunch")
    theirs[-1] = entry(theirs[-1].sequence, theirs[-1].time, stop, [])
    found = compared(session(), theirs)
    assert (found.what, found.compared) == ("input", len(theirs) - 1)
    assert found.ours is not None
    assert found.theirs is theirs[-1]
    assert found.ours.sequence == found.theirs.sequence


def test_another_answer_to_the_same_input_is_found() -> None:
    theirs = session()
    theirs[3].outputs += b"x"
    found = compared(session(), theirs)
    assert (found.what, found.compared) == ("outputs", 3)


def test_one_that_ends_earlier_is_found() -> None:
    found = compared(session(), session()[:-1])
    assert (found.what, found.compared) == ("end", len(session()) - 1)
    assert found.theirs is None
    assert found.ours is not None


def test_other_builds_and_other_times_are_told_and_do_not_count() -> None:
    other = msgspec.structs.replace(STARTED, build="build two")
    rest, later = session(), session()
    later[4].time = Nanos(later[4].time + 1)
    found = compared([entry(1, 0, STARTED, []), *rest], [entry(1, 0, other, []), *later])
    assert (found.what, found.build_differs, found.time_differs) == ("", 1, later[4].sequence)


def test_the_start_of_another_configuration_counts() -> None:
    other = msgspec.structs.replace(STARTED, build="build two", configuration="another")
    assert compared([entry(1, 0, STARTED, [])], [entry(1, 0, other, [])]).what == "input"
