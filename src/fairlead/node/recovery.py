"""Recovery: the only way to start.

A journal is read, applied again, and compared with what it says.

`replay` needs nothing but the journal: it is how a state of the past is shown and how a journal is
verified. A session that trades on goes the same way with its world and strategies
(`Session.rehearse`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath

from fairlead.journal.errors import JournalError, JournalSealed
from fairlead.journal.history import End, Entry, History
from fairlead.journal.sealing import Cipher
from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.machine.machine import Machine
from fairlead.model.errors import UndecodableRecord
from fairlead.model.units import Nanos, Sequence
from fairlead.node.errors import NodeError
from fairlead.node.path import Path
from fairlead.node.reading import Reading, decoded
from fairlead.node.uncollected import uncollected
from fairlead.readers.reader import Reader

Progress = Callable[[Sequence], None]
PROGRESS_EVERY = 10_000  # inputs between two calls of a progress callback


@dataclass(frozen=True)
class Replayed:
    """A journal applied again: the path as it stood, and where the journal ends."""

    path: Path
    end: End
    last: Sequence
    time: Nanos


def replay(
    directory: FilePath,
    to: Sequence | None = None,
    at: Nanos | None = None,
    readers: Iterable[Reader] = (),
    progress: Progress | None = None,
    machine: Machine | None = None,
    cipher: Cipher | None = None,
) -> Replayed:
    """Apply a journal again, up to input `to` or up to time `at`, whichever comes first.

    A reader that looks into the machine gives a new `machine` of its own. What is encrypted is
    opened by the `cipher`, or with the key that the environment names.

    Raises `JournalError`, `OutputsDiffer`, `UndecodableRecord`.
    """
    return Replaying(directory, readers, progress, machine, cipher).until(to, at)


class Replaying:
    """A journal on its way through the machine: it may be stopped, looked at, and taken further."""

    def __init__(
        self,
        directory: FilePath,
        readers: Iterable[Reader] = (),
        progress: Progress | None = None,
        machine: Machine | None = None,
        cipher: Cipher | None = None,
    ) -> None:
        """Stand before the first input. Raises `JournalUnreadable`."""
        sequencer = Sequencer(VirtualClock(Nanos(0)), Sequence(0), Nanos(0))
        self.path = Path(machine or Machine(), sequencer, None, readers)
        self._history = History(directory)
        self._groups = Reading(cipher=cipher).groups(self._history.groups())
        self._group: list[Entry] = []  # read last
        self._applied = 0  # of that group
        self._progress = progress

    @property
    def following(self) -> Entry | None:
        """The first input that is not yet applied, None at the end of the journal."""
        if self._applied == len(self._group):
            self._group = next(self._groups, [])
            self._applied = 0
        return self._group[self._applied] if self._group else None

    def until(self, to: Sequence | None = None, at: Nanos | None = None) -> Replayed:
        """Apply what follows, up to input `to` or up to time `at`, whichever comes first."""
        with uncollected():
            self._apply(to, at)
        sequencer = self.path.sequencer
        return Replayed(self.path, self._history.end, sequencer.last, sequencer.last_time)

    def _apply(self, to: Sequence | None, at: Nanos | None) -> None:
        path, progress = self.path, self._progress
        while (entry := self.following) is not None:
            if (to is not None and entry.sequence > to) or (at is not None and entry.time > at):
                break
            self._applied += 1
            path.replay(entry, decoded(entry))
            if progress is not None and entry.sequence % PROGRESS_EVERY == 0:
                progress(entry.sequence)


@dataclass(frozen=True)
class Verdict:
    """What `verify` found. `problem` is empty when the journal is what was written."""

    directory: FilePath
    problem: str
    inputs: Sequence = Sequence(0)
    segments: int = 0
    commits: int = 0
    bytes_total: int = 0
    torn_bytes: int = 0  # a torn end: never acknowledged, cut off by the next start
    sealed: bool = False
    chain: str = ""
    state_digest: str = ""
    outputs_digest: str = ""

    @property
    def passed(self) -> bool:
        """Whether checksums, chain, numbering and recomputed outputs all hold."""
        return not self.problem


def verify(
    directory: FilePath, progress: Progress | None = None, cipher: Cipher | None = None
) -> Verdict:
    """Check checksums, chain, gaps, and that every output is recomputed as it was recorded.

    Raises `JournalSealed`: without its key a journal can neither pass nor fail.
    """
    try:
        replayed = replay(directory, progress=progress, cipher=cipher)
    except JournalSealed:
        raise
    except (JournalError, NodeError, UndecodableRecord) as error:
        return Verdict(directory, str(error))
    except AssertionError as error:
        return Verdict(directory, f"the machine contradicts itself and stops: {error}")
    end = replayed.end
    if not end.segments:
        return Verdict(directory, f"{directory}: no journal segments here")
    return Verdict(
        directory,
        "",
        replayed.last,
        end.segments,
        end.commits,
        end.bytes_total,
        end.torn_bytes,
        end.sealed,
        end.chain.hex(),
        replayed.path.machine.digest(),
        replayed.path.digest.hexadecimal(),
    )
