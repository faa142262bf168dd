"""What the commands about orders and money look at: a journal, applied again to its end."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.cli.console import ERR, FOUND_WRONG, fail
from fairlead.journal.history import Entry
from fairlead.machine.machine import Machine
from fairlead.model.inputs import Input
from fairlead.model.names import Names
from fairlead.model.outputs import Output
from fairlead.model.units import Nanos, Sequence
from fairlead.node.recovery import Replayed, Replaying
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
    following: Entry | None = None  # the first input that was not applied

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
    with Travel(place, readers, machine) as travel:
        return travel.until(to, at)


class Travel:
    """The newest journal at a place, applied again from one point to the next; entered to begin."""

    def __init__(
        self, place: Path, readers: Iterable[Reader] = (), machine: Machine | None = None
    ) -> None:
        """Stand before the first input. Raises `JournalUnreadable` and `NothingToResume`."""
        self._status = ERR.status("replaying ...")
        self._naming = Naming()
        self.directory = newest_session(place)
        following = [self._naming, *readers]
        self._replaying = Replaying(self.directory, following, self._progress, machine)

    def __enter__(self) -> "Travel":
        """Begin to show how far it is."""
        self._status.start()
        return self

    def __exit__(self, *ended: object) -> None:
        """Show nothing more."""
        self._status.stop()

    @property
    def names(self) -> Names:
        """What things are called, as far as it went."""
        return self._naming.names

    def until(self, to: Sequence | None = None, at: Nanos | None = None) -> Past:
        """Go on up to input `to`, up to time `at`, or to the end.

        Raises the errors of journals, and of replaying.
        """
        replaying = self._replaying
        try:
            replayed = replaying.until(to, at)
        except AssertionError as error:
            contradiction = f"the machine contradicts itself and stops: {error}"
            fail(f"{self.directory}: {contradiction}", FOUND_WRONG)
        return Past(self.directory, replayed, self.names, replaying.following)

    def _progress(self, sequence: Sequence) -> None:
        self._status.update(f"replaying: {sequence:,} inputs ...")
