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
from fairlead.journal.log import SEGMENT_SUFFIX, Lock
from fairlead.journal.sequencer import WallClock
from fairlead.model.units import Sequence
from fairlead.node.apart import Forked
from fairlead.node.configuration import Configuration
from fairlead.node.letters import BOX_NAME
from fairlead.node.mailbox import Mailbox
from fairlead.node.notary import Warn
from fairlead.node.pace import Pace
from fairlead.node.retention import lock_retention
from fairlead.node.sealing import configured_cipher
from fairlead.node.switch_watch import SwitchWatch
from fairlead.readers.reader import Reader
from fairlead.stages.errors import NothingToResume
from fairlead.stages.notarizing import notary
from fairlead.stages.recovering import Kept, recover
from fairlead.stages.staffing import crew_of
from fairlead.stages.wiring import OVER, Ears, Wired, wire

STAGE = "paper"
_DIGITS = 4


def _say_nothing(text: str) -> None:
    del text


@dataclass(frozen=True)
class Recovered:
    """What a session found when it opened its journal."""

    inputs: Sequence
    torn_bytes: int  # cut off: never acknowledged
    diverged: int  # requests of strategies that were not made again as they were recorded
    killed: str = ""  # why nothing new leaves: the kill switch is engaged, or was in this journal
    snapshot: Sequence = Sequence(0)  # after which input the snapshot stood that it began from
    passed_over: tuple[str, ...] = ()  # snapshots that could not be used, and why


class PaperSession:
    """One paper session and its journal."""

    def __init__(
        self,
        configuration: Configuration,
        directory: Path,
        readers: Iterable[Reader] = (),
        place: Path | None = None,
        warn: Warn = _say_nothing,
    ) -> None:
        """Put the session together; `directory` is its journal, locked until `close`.

        The kill switch and the commands are at a `place` where people reach it; unless it is said,
        the one of all sessions beside this one. `warn` is told what goes wrong besides trading.
        """
        self.place = place or place_of(directory)
        clock = WallClock()
        self.watch = SwitchWatch(Switch(self.place / SWITCH_NAME, now=clock.now()), clock)
        ears = Ears(self.watch, Mailbox(self.place / BOX_NAME))
        self.wired: Wired = wire(configuration, readers, ears, crew=crew_of(configuration))
        venue, crew = self.wired.surroundings.venue, self.wired.crew
        if venue is not None and crew is not None:
            venue.present.share(crew, spins=configuration.session.wait == "spin")
        self.directory = directory
        self.notary = notary(configuration, directory, warn)
        key = configuration.journal.encryption_key
        self.cipher = configured_cipher(key, place_of(directory))
        self._warn = warn
        self._lock = Lock(directory)
        lock_retention(directory, configuration.audit.storage.retention, STAGE, clock.now())
        self._is_stopped = False

    def open(self, progress: Callable[[Sequence], None] | None = None) -> Recovered:
        """Recover what the journal has, go on writing, and connect; trading begins with `run`.

        Raises `JournalError`, `OutputsDiffer`, `WorldDiverged`, `CheckpointsDiffer`.
        """
        kept = Kept(
            self.directory,
            notary=self.notary,
            worker=Forked(),
            warn=self._warn,
            cipher=self.cipher,
        )
        opened = recover(self.wired, kept, STAGE, progress)
        self.wired = opened.wired
        session = opened.wired.session
        return Recovered(
            opened.inputs,
            opened.torn_bytes,
            session.diverged,
            session.listen(),
            opened.snapshot,
            opened.passed_over,
        )

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
        venue = self.wired.surroundings.venue
        if venue is not None:
            venue.close("the node ends")
        if self.wired.crew is not None:
            self.wired.crew.close()
        self.watch.end(in_order=self._is_stopped)
        if self.notary is not None:
            self.notary.close()
        self._lock.close()


def new_session(parent: Path) -> Path:
    """Return the directory of the next session below `parent`."""
    numbers = [int(path.name) for path in _sessions(parent)]
    return parent / f"{max(numbers, default=0) + 1:0{_DIGITS}d}"


def newest_session(place: Path) -> Path:
    """Return the journal that `place` means: itself, or the newest session below it.

    Raises `NothingToResume` where there is neither.
    """
    if any(place.glob(f"*{SEGMENT_SUFFIX}*")):
        return place
    sessions = _sessions(place)
    if not sessions:
        raise NothingToResume(f"{place}: no journal here, and no session below it")
    return sessions[-1]


def _sessions(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir() and path.name.isdecimal())
