"""A paper session:

everything as in live trading, but the venue. Journaled, and resumed after a crash.

Sessions are numbered below one directory, `0001`, `0002`, ...; each is one journal. Starting is
recovering: a new session recovers an empty journal.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fairlead.gateways.kill_files import SWITCH_NAME, place_of
from fairlead.gateways.kill_flag import Switch
from fairlead.journal.history import History
from fairlead.journal.log import SEGMENT_SUFFIX, Durability, Lock, Log
from fairlead.journal.sequencer import WallClock
from fairlead.model.units import Sequence
from fairlead.node.configuration import Configuration
from fairlead.node.letters import BOX_NAME
from fairlead.node.mailbox import Mailbox
from fairlead.node.recovery import PROGRESS_EVERY
from fairlead.node.session import Pace
from fairlead.node.switch_watch import SwitchWatch
from fairlead.readers.reader import Reader
from fairlead.stages.errors import NothingToResume
from fairlead.stages.opening import opening, refuse_another
from fairlead.stages.wiring import OVER, Ears, Wired, wire

STAGE = "paper"
_DIGITS = 4


@dataclass(frozen=True)
class Recovered:
    """What a session found when it opened its journal."""

    inputs: Sequence
    torn_bytes: int  # cut off: never acknowledged
    diverged: int  # requests of strategies that were not made again as they were recorded
    killed: str = ""  # why nothing new leaves: the kill switch is engaged, or was in this journal


class PaperSession:
    """One paper session and its journal."""

    def __init__(
        self,
        configuration: Configuration,
        directory: Path,
        readers: Iterable[Reader] = (),
        place: Path | None = None,
    ) -> None:
        """Put the session together; `directory` is its journal, locked until `close`.

        The kill switch and the commands are at a `place` where people reach it; unless it is said,
        the one of all sessions beside this one.
        """
        self.place = place or place_of(directory)
        clock = WallClock()
        self.watch = SwitchWatch(Switch(self.place / SWITCH_NAME, now=clock.now()), clock)
        ears = Ears(self.watch, Mailbox(self.place / BOX_NAME))
        self.wired: Wired = wire(configuration, readers, ears)
        self.directory = directory
        self._lock = Lock(directory)
        self._is_stopped = False

    def open(self, progress: Callable[[Sequence], None] | None = None) -> Recovered:
        """Recover what the journal has, go on writing, and connect; trading begins with `run`.

        Raises `JournalError`, `OutputsDiffer`, `WorldDiverged`.
        """
        session = self.wired.session
        history = History(self.directory)
        for entry in history.entries():
            session.rehearse(entry)
            if progress is not None and entry.sequence % PROGRESS_EVERY == 0:
                progress(entry.sequence)
        refuse_another(self.wired)
        torn = history.mend()
        end = history.end
        epoch = end.epoch + 1
        settings = self.wired.configuration.journal
        durability = Durability(settings.durability)
        self.wired.path.write_to(
            Log(self.directory, durability, epoch, end.last, end.chain, settings.segment_bytes)
        )
        session.resume(opening(self.wired, epoch, STAGE))
        return Recovered(end.last, torn, session.diverged, session.listen())

    def run(self, pace: Pace) -> None:
        """Trade until the world ends, the time is up, or the pace says stop."""
        until = self.wired.surroundings.until
        self.wired.release(pace, until)
        self.wired.session.run(pace, until)

    def stop(self, reason: str = OVER) -> None:
        """End the session in order, by the policy of the configuration."""
        self.wired.stop(reason)
        self._is_stopped = True

    def close(self) -> None:
        """Let another writer in. Without a `stop` before it, watchdogs take the node for dead."""
        self.watch.end(in_order=self._is_stopped)
        self._lock.close()


def new_session(parent: Path) -> Path:
    """Return the directory of the next session below `parent`."""
    numbers = [int(path.name) for path in _sessions(parent)]
    return parent / f"{max(numbers, default=0) + 1:0{_DIGITS}d}"


def newest_session(place: Path) -> Path:
    """Return the journal that `place` means: itself, or the newest session below it.

    Raises `NothingToResume` where there is neither.
    """
    if any(place.glob(f"*{SEGMENT_SUFFIX}")):
        return place
    sessions = _sessions(place)
    if not sessions:
        raise NothingToResume(f"{place}: no journal here, and no session below it")
    return sessions[-1]


def _sessions(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir() and path.name.isdecimal())
