"""Signs how far a journal has come, while it is written, and never makes the writer wait.

At each commit the writer pays for one hash of the group. A thread of its own signs: every so many
inputs, or so many seconds after something new, and at the end. What is signed is on the disk
before; the line goes to one file durably, and to copies in other places. A place that fails is
told as a warning and is caught up with as soon as it takes anything again: trading goes on.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from fairlead.journal.log import SEGMENT_SUFFIX
from fairlead.journal.merkle import Frontier, decode_frontier, leaf_hash
from fairlead.journal.snapshot import Snapshot
from fairlead.model.units import Nanos, Sequence
from fairlead.node.attestation import Attestation
from fairlead.node.checkpoints import (
    COPY_SUFFIX,
    Point,
    identity,
    signed,
)
from fairlead.node.errors import CheckpointsDiffer
from fairlead.node.keys import SigningKey

AGAIN_SECONDS: Final = 5  # after a place that failed
_END_OF_NAME: Final = b"\0"
_CLOSE_SECONDS: Final = 10  # for the last signature; a disk that hangs must not keep a node alive

Warn = Callable[[str], None]


class Place:
    """One file of checkpoints, and how much of the first file it has."""

    def __init__(self, directory: Path, name: str = "") -> None:
        """Take a directory; without a name the file is called after the journal."""
        self.directory = directory
        self.problem = ""
        self._name = name
        self._size = 0  # of the file, as this has left it
        self._copied = -1  # bytes of the first file that are here; -1: to be found out

    def path(self, journal: str) -> Path:
        """Return the file for a journal."""
        return self.directory / (self._name or f"{journal}{COPY_SUFFIX}")

    def append(self, journal: str, line: bytes) -> None:
        """Write a line durably; one that a crash cut short goes first. Raises `OSError`."""
        path = self.path(journal)
        with _opened(path) as file:
            size = file.seek(0, os.SEEK_END)
            if size != self._size:  # the first time, and after somebody else wrote to it
                file.seek(0)
                size = file.read().rfind(b"\n") + 1
                file.truncate(size)
                file.seek(size)
            _write_durably(file.fileno(), line)
            self._size = size + len(line)

    def follow(self, journal: str, first: Path) -> None:
        """Write what the first file has and this one has not. Raises `OSError`, `HasOthers`."""
        with first.open("rb") as source, _opened(self.path(journal)) as file:
            if self._copied < 0:
                ours, theirs = source.read(), file.read()
                if not ours.startswith(theirs):
                    missing = _lines_not_in(theirs, ours)
                    _write_durably(file.fileno(), missing)  # at its end: nothing is written over
                    self._copied = len(ours)
                    raise HasOthers(self.path(journal))
                self._copied = len(theirs)
            source.seek(self._copied)
            missing = source.read()
            file.seek(0, os.SEEK_END)
            _write_durably(file.fileno(), missing)
            self._copied += len(missing)


class HasOthers(Exception):
    """A copy has lines that the first file has not: somebody took them from there."""

    def __init__(self, path: Path) -> None:
        """Say which file."""
        super().__init__(
            f"{path}: has checkpoints that the journal's own file has not; both are kept:"
            f" fairlead verify --checkpoints {path}"
        )


class SigningPace(NamedTuple):
    """When it is time to sign: after so many inputs, or so many seconds after something new."""

    records: int
    seconds: int


class Notary:
    """A witness of a journal that signs what it sees."""

    def __init__(
        self,
        directory: Path,
        key: SigningKey,
        build: str,
        pace: "SigningPace",
        places: tuple[Place, ...],
        warn: Warn,
        signed_before: Attestation,
    ) -> None:
        """Take a journal and where to write. Nothing is signed before `begin`.

        Until then what is read is held against what was signed before.
        """
        self._directory = directory
        self._before: Attestation | None = signed_before
        self._key = key
        self._build = build
        self._pace = pace
        self._warn = warn
        self._first, *self._copies = places
        self._point = Point(0, Frontier(), Sequence(0), Nanos(0), b"")  # replaced, never changed
        self._journal = ""
        self._due_at = Sequence(0)  # the input with which a signature is due
        self._signed = 0  # groups
        self._synced = ""  # the newest segment that was synced to its end
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="notary", daemon=True)

    def committed(
        self, epoch: int, group: bytes, last: Sequence, time: Nanos, chain: bytes
    ) -> None:
        """Take a group. Called by the writer: one hash, and a word to the thread when it is due."""
        if self._before is not None:
            self._before.committed(epoch, group, last, time, chain)
        leaf = leaf_hash(group)
        point = self._point
        if not point.tree.size:
            self._journal = identity(self._directory, leaf)
        self._point = Point(epoch, point.tree.appended(leaf), last, time, chain)
        if last >= self._due_at:
            self._due_at = Sequence(last + self._pace.records)
            self._wake.set()

    def seen(self) -> bytes:
        """Return what it has seen of the journal, for `begin_after`."""
        return self._journal.encode() + _END_OF_NAME + self._point.tree.encode()

    def begin_after(self, snapshot: Snapshot) -> None:
        """Take the journal up to a snapshot as what it had seen of it then.

        What was signed about that part is not held against it again: `fairlead verify` does.
        """
        assert self._before is not None, "nothing is signed yet"
        name, _, tree = snapshot.witness.partition(_END_OF_NAME)
        self._journal = name.decode()
        self._point = Point(
            snapshot.epoch,
            decode_frontier(tree),
            snapshot.sequence,
            snapshot.time,
            snapshot.chain,
        )
        self._before.begin_at(self._journal, self._point.tree, snapshot.sequence)

    def begin(self) -> None:
        """Sign from now on: the journal was read. Raises `CheckpointsDiffer` if it is not what was
        signed.
        """
        assert self._before is not None, "it begins once"
        findings = self._before.finish()
        if findings:
            raise CheckpointsDiffer(self._directory, [finding.told() for finding in findings])
        confirmed = self._before.confirmed
        self._before = None
        self._signed = confirmed.size if confirmed is not None else 0
        self._due_at = Sequence(self._point.last + self._pace.records)
        self._thread.start()

    def close(self) -> None:
        """Sign the end, and wait for it for a moment. Without `begin`, do nothing."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_SECONDS)
            if self._thread.is_alive():
                self._warn(f"{self._directory}: the last checkpoint was not written in time")

    @property
    def size(self) -> int:
        """How many groups it has seen."""
        return self._point.tree.size

    @property
    def problems(self) -> list[str]:
        """What could not be written, and where."""
        return [place.problem for place in (self._first, *self._copies) if place.problem]

    def sign(self) -> None:
        """Sign what was committed since the last time, and bring every place up to it."""
        point = self._point
        if point.tree.size > self._signed:
            line = signed(self._journal, point, self._build, self._key).line()
            if not self._try(self._first, lambda: self._write_first(line)):
                return
            self._signed = point.tree.size
        if self._signed:
            first = self._first.path(self._journal)
            for place in self._copies:
                self._try(place, lambda place=place: place.follow(self._journal, first))  # type: ignore[misc]

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(AGAIN_SECONDS if self.problems else self._pace.seconds)
            self._wake.clear()
            self.sign()
        self.sign()  # what was committed while it signed

    def _write_first(self, line: bytes) -> None:
        self._sync_segments()
        self._first.append(self._journal, line)

    def _sync_segments(self) -> None:
        """Put on the disk what is signed about: at durability `process` nobody else does."""
        names = sorted(
            name for name in os.listdir(self._directory) if name.endswith(SEGMENT_SUFFIX)
        )
        for name in names:
            if name >= self._synced:
                file = os.open(self._directory / name, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    os.fsync(file)
                finally:
                    os.close(file)
        if names:
            self._synced = names[-1]

    def _try(self, place: Place, act: Callable[[], None]) -> bool:
        """Act on a place; tell a failure once, and that it is over."""
        try:
            act()
        except OSError as error:
            problem = f"checkpoints in {place.directory} are not written: {error}"
        except HasOthers as others:
            self._warn(str(others))
            return False
        else:
            if place.problem:
                place.problem = ""
                self._warn(f"checkpoints in {place.directory} are written again")
            return True
        if not place.problem:
            self._warn(f"{problem}; trading goes on, they are caught up with later")
        place.problem = problem
        return False


def _lines_not_in(theirs: bytes, ours: bytes) -> bytes:
    known = frozenset(theirs.splitlines())
    lines = [line for line in ours.splitlines() if line not in known]
    start = b"" if theirs.endswith(b"\n") else b"\n"
    return start + b"".join(line + b"\n" for line in lines)


def _opened(path: Path) -> BinaryIO:
    """Return a file to read and to write, which is there from now on. Raises `OSError`."""
    if path.exists():
        return cast(BinaryIO, path.open("r+b", buffering=0))
    path.parent.mkdir(parents=True, exist_ok=True)
    made = cast(BinaryIO, path.open("x+b", buffering=0))
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return made


def _write_durably(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        written = os.write(file, rest)
        rest = rest[written:]
    os.fsync(file)
