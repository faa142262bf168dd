"""The journal's writer: records into groups, groups into segments, segments into a directory.

A group is written with one write and, at durability `disk`, one fdatasync; then it is acknowledged.
A write or sync that fails is final: the kernel may have dropped the pages, so nothing is retried
and the journal takes nothing more. Recovery finds the last whole group.
"""

import fcntl
import os
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Final

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalFailed, JournalLocked
from fairlead.model.units import Nanos, Sequence

SEGMENT_SUFFIX: Final = ".journal"
SEGMENT_BYTES: Final = 64 * 1024 * 1024
GROUP_BYTES_MAX: Final = 256 * 1024  # what may wait for a commit: bounds memory and loss at a crash


class Durability(Enum):
    """When a group counts as acknowledged: written to the file, or on the disk."""

    PROCESS = "process"
    DISK = "disk"


class Lock:
    """Holds a journal directory for one writer, until closed or until the process dies."""

    def __init__(self, directory: Path) -> None:
        """Take the lock. Raises `JournalLocked`, or `JournalFailed` if the directory is no good."""
        try:
            _make(directory)
            self._file = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise JournalFailed(f"{directory}: cannot be used as a journal: {error}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise JournalLocked(f"{directory}: another node writes this journal") from error

    def close(self) -> None:
        """Let another writer in."""
        os.close(self._file)


class Log:
    """Appends to a journal directory. The caller holds the `Lock` and has read what is there."""

    def __init__(
        self,
        directory: Path,
        durability: Durability,
        epoch: int,
        last: Sequence,
        chain: bytes,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        """Go on after sequence `last` and `chain`, in a new segment."""
        self._directory = directory
        self._sync = durability is Durability.DISK
        self._segment_bytes = segment_bytes
        self._epoch = epoch
        self._group = bytearray()
        self._last = last
        self._chain = chain
        self._file = -1
        self._failed = False
        self._written = 0
        self.bytes_total = 0
        self.commits = 0

    @property
    def chain(self) -> bytes:
        """The chain after the last commit."""
        return self._chain

    @property
    def pending(self) -> bool:
        """Whether records wait for a commit."""
        return len(self._group) > 0

    @property
    def full(self) -> bool:
        """Whether the group is as large as a group may be."""
        return len(self._group) >= GROUP_BYTES_MAX

    def append(self, kind: int, sequence: Sequence, time: Nanos, payload: bytes) -> None:
        """Put a record into the group that waits. Raises `JournalFailed` after a failure."""
        self._refuse_after_failure()
        self._group += layout.encode_record(kind, sequence, time, payload)
        self._last = sequence

    def commit(self, time: Nanos) -> None:
        """Write the group that waits; it is acknowledged on return. Raises `JournalFailed`."""
        self._refuse_after_failure()
        if not self._group:
            return
        if self._file < 0:
            self._open_segment()
        self._chain = layout.next_chain(self._chain, self._group)
        self._group += layout.encode_record(layout.COMMIT, self._last, time, self._chain)
        self._write(bytes(self._group))
        self._group.clear()
        self.commits += 1
        if self._written >= self._segment_bytes:
            self._seal(time)

    def close(self, time: Nanos) -> None:
        """Commit what waits and seal the segment. Raises `JournalFailed`."""
        self.commit(time)
        if self._file >= 0:
            self._seal(time)

    def _refuse_after_failure(self) -> None:
        if self._failed:
            raise JournalFailed(f"{self._directory}: a write failed before, nothing more is taken")

    def _open_segment(self) -> None:
        first = self._first_of_group()
        path = self._directory / f"{first:020d}{SEGMENT_SUFFIX}"
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._file = os.open(path, flags, 0o644)
            self._written = 0
            self._write(layout.Header(self._epoch, first, self._chain).encode())
            _sync(self._directory)
        except OSError as error:
            self._fail()
            raise JournalFailed(f"{path}: cannot be created: {error}") from error

    def _first_of_group(self) -> Sequence:
        record = layout.decode_record(bytes(self._group), 0)
        assert isinstance(record, layout.Record), "what was just encoded can be decoded"
        return record.sequence

    def _write(self, content: bytes) -> None:
        try:
            rest = memoryview(content)
            while rest:
                written = os.write(self._file, rest)  # all of it, or a part: both are no error
                rest = rest[written:]
            if self._sync:
                os.fdatasync(self._file)
        except OSError as error:
            self._fail()
            raise JournalFailed(
                f"{self._directory}: a write failed, the node must stop: {error}"
            ) from error
        self._written += len(content)
        self.bytes_total += len(content)

    def _seal(self, time: Nanos) -> None:
        self._write(layout.encode_record(layout.SEAL, self._last, time, self._chain))
        file, self._file = self._file, -1
        try:
            os.close(file)
        except OSError as error:
            self._fail()
            raise JournalFailed(f"{self._directory}: a file did not close: {error}") from error

    def _fail(self) -> None:
        self._failed = True
        self._group.clear()
        file, self._file = self._file, -1
        if file >= 0:
            with suppress(OSError):  # the failure before this one is what is told
                os.close(file)


def _make(directory: Path) -> None:
    """Make a directory and what leads to it, each of them durable in the one above."""
    if not directory.is_dir():
        _make(directory.parent)
        directory.mkdir(exist_ok=True)
        _sync(directory.parent)


def _sync(directory: Path) -> None:
    file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
