"""What the commands about orders and money look at: a journal, applied again to its end."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.cli.console import ERR, FOUND_WRONG, fail
from fairlead.machine.machine import Machine
from fairlead.model.inputs import Input
from fairlead.model.names import Names
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos, Sequence
from fairlead.node.recovery import Replayed
from fairlead.node.recovery import replay as replay_journal
from fairlead.readers.reader import Reader
from fairlead.stages.paper import newest_session

JOURNALS: Final = Path("var/journal")  # where sessions are numbered if nothing else is said


class Naming:
    """A reader that learns what symbols, strategies and accounts are called."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.names = Names()

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Learn the names of a definition."""
        self.names.learn(input)


class Past(NamedTuple):
    """A journal that was applied again, the machine as it stood, and what things are called."""

    directory: Path
    replayed: Replayed
    names: Names

    @property
    def machine(self) -> Machine:
        """The machine as it stood."""
        return self.replayed.path.machine


def past(
    place: Path,
    to: Sequence | None = None,
    at: Nanos | None = None,
    readers: Iterable[Reader] = (),
    machine: Machine | None = None,
) -> Past:
    """Apply the newest journal at a place again, up to input `to` or time `at`, or to its end.

    Raises the errors of journals, of replaying, and `NothingToResume`.
    """
    with ERR.status("replaying ...") as status:

        def progress(sequence: Sequence) -> None:
            status.update(f"replaying: {sequence:,} inputs ...")

        naming = Naming()
        directory = newest_session(place)
        try:
            replayed = replay_journal(directory, to, at, [naming, *readers], progress, machine)
        except AssertionError as error:
            fail(f"{directory}: the machine contradicts itself and stops: {error}", FOUND_WRONG)
    return Past(directory, replayed, naming.names)
