"""Snapshots of a session: when one is taken, which one is believed, and what a start falls back to.

One is due when so many inputs came since the last. The segment at hand is sealed, so that what
follows begins a new one; then a copy of the process writes the state of that moment while the path
goes on. When it is on the disk the journal says so (`SnapshotTaken`), with the digest of the file.

A start takes the newest snapshot that is whole, that this build with this configuration wrote, and
that the journal after it vouches for; what is not, is passed over for the one before it. Without
any, everything is replayed. A state that cannot be kept (a strategy holds an open file) is told
once, and starts then take as long as the journal is.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.journal import snapshot as files
from fairlead.journal.disk import Disk
from fairlead.journal.errors import JournalError, SnapshotDamaged
from fairlead.journal.history import History
from fairlead.journal.sealing import Cipher
from fairlead.journal.snapshot import Snapshot
from fairlead.model.codec import decode_input
from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import SnapshotTaken
from fairlead.model.units import Sequence
from fairlead.node.apart import Worker
from fairlead.node.errors import NotKept
from fairlead.node.reading import Reading

KEPT: Final = 2  # the newest, and the one before it should that be damaged
_WRITTEN: Final = "written "
_FAILED: Final = "failed "
_TAKEN_BYTES_MAX: Final = 128  # a `SnapshotTaken` is shorter: nothing longer is looked at

State = Callable[[], Snapshot]  # the state at this moment; raises `NotKept`


class Found(NamedTuple):
    """What a start begins from, and why newer snapshots were passed over."""

    snapshot: Snapshot | None
    passed_over: tuple[str, ...]
    useless: tuple[Path, ...] = ()  # those of them that no start will ever believe

    @property
    def after(self) -> Sequence:
        """The input that it begins after; 0: the journal's beginning."""
        return self.snapshot.sequence if self.snapshot is not None else Sequence(0)


class Snapshots:
    """The snapshots of one journal while it is written."""

    def __init__(
        self,
        directory: Path,
        every: int,
        disk: Disk,
        worker: Worker,
        last: Sequence,
        cipher: Cipher | None = None,
    ) -> None:
        """Take one whenever `every` inputs have come since `last`; 0: never. With a `cipher` they
        are sealed.
        """
        self.problem = ""  # why none is taken any more
        self._directory = directory
        self._every = every
        self._disk = disk
        self._worker = worker
        self._cipher = cipher
        self._last = last  # after which input the last one stands, or is being written
        self._is_writing = False

    def due(self, sequence: Sequence) -> bool:
        """Return whether it is time to take one."""
        return 0 < self._every <= sequence - self._last and not (self._is_writing or self.problem)

    def take(self, sequence: Sequence, state: State) -> None:
        """Write what stands after an input, without waiting for it."""
        self._last = sequence

        def work() -> str:
            try:
                digest = files.write(self._directory, state(), self._disk, self._cipher)
                return _WRITTEN + digest.hex()
            except (NotKept, OSError) as error:
                return f"{_FAILED}{error}"

        try:
            self._worker.start(work)
        except OSError as error:
            self.problem = f"a snapshot cannot be begun: {error}"
        else:
            self._is_writing = True

    def taken(self) -> SnapshotTaken | None:
        """Return what the journal is to say of one that is on the disk now, once."""
        if not self._is_writing:
            return None
        answer = self._worker.answer()
        if answer is None:
            return None
        self._is_writing = False
        if not answer.startswith(_WRITTEN):
            self.problem = answer.removeprefix(_FAILED) or "the process that wrote it died"
            return None
        return SnapshotTaken(self._last, answer.removeprefix(_WRITTEN))

    def discard(self, useless: Iterable[Path]) -> None:
        """Remove snapshots that no start will believe, once the journal was recovered without."""
        try:
            for path in useless:
                self._disk.remove(path)
        except OSError as error:
            self.problem = f"useless snapshots cannot be removed: {error}"

    def tidy(self) -> None:
        """Remove what is older than the newest ones. That it fails costs room and nothing else."""
        try:
            files.remove_old(self._directory, KEPT, self._disk)
        except OSError as error:
            self.problem = f"old snapshots cannot be removed: {error}"


def find(
    directory: Path,
    build: bytes,
    disk: Disk,
    is_signed: bool = False,
    cipher: Cipher | None = None,
) -> Found:
    """Return the newest snapshot that can be believed; of a journal that `is_signed`, one that
    knows what was signed. The `cipher` opens what is sealed.
    """
    passed_over: list[str] = []
    useless: list[Path] = []
    try:
        paths = files.newest_first(directory, disk)
    except OSError:
        return Found(None, ())  # whoever reads the journal says what is wrong
    for path in paths:
        try:
            snapshot = files.read(path, disk, cipher)
        except SnapshotDamaged as damaged:
            passed_over.append(str(damaged))
            useless.append(path)
            continue
        if snapshot.build != build:
            passed_over.append(f"{path}: of another build, configuration or strategy")
        elif is_signed and not snapshot.witness:
            passed_over.append(f"{path}: from before the journal was signed")
        elif not _vouched(directory, snapshot, disk, cipher):
            passed_over.append(f"{path}: the journal does not vouch for it")
            useless.append(path)
        else:
            return Found(snapshot, tuple(passed_over), tuple(useless))
    return Found(None, tuple(passed_over), tuple(useless))


def _vouched(directory: Path, snapshot: Snapshot, disk: Disk, cipher: Cipher | None) -> bool:
    """Return whether the journal after a snapshot says that this very file was written."""
    wanted = SnapshotTaken(snapshot.sequence, snapshot.digest.hex())
    try:
        history = History(directory, disk, snapshot)
        for entry in Reading(cipher=cipher).entries(history.entries()):
            if len(entry.input) < _TAKEN_BYTES_MAX and decode_input(entry.input) == wanted:
                return True
    except (JournalError, UndecodableRecord):
        return False  # the replay comes upon it, and says where
    return False
