"""The journal's writer: records into groups, groups into segments, segments into a directory.

A group is written with one write and, at durability `disk`, one fdatasync; then it is acknowledged.
A write or sync that fails is final: the kernel may have dropped the pages, so nothing is retried
and the journal takes nothing more. Recovery finds the last whole group.

There is one exception, since cancels must still go out when the disk is full. A write that was told
so (`ENOSPC`) is no failed sync: the kernel says at once what it did not take, no page was dropped,
and nothing of the group was acknowledged. What was taken of it is cut off, the reserve of the
journal is given up (`reserve.py`), and the same group is written once more. Without a reserve, or
when a sync says it, it is final like everything else.
"""

import fcntl
import os
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

from fairlead.journal import format as layout
from fairlead.journal.disk import Disk, RealDisk, write_all
from fairlead.journal.errors import JournalFailed, JournalLocked
from fairlead.journal.reserve import FULL, Reserve
from fairlead.journal.sealing import Cipher, Sealing, seal_payload
from fairlead.model.units import Nanos, Sequence

SEGMENT_SUFFIX: Final = ".journal"
SEGMENT_BYTES: Final = 64 * 1024 * 1024
GROUP_BYTES_MAX: Final = 256 * 1024  # what may wait for a commit: bounds memory and loss at a crash


class Durability(Enum):
    """When a group counts as acknowledged: written to the file, or on the disk."""

    PROCESS = "process"
    DISK = "disk"


class Witness(Protocol):
    """Is shown every group that was committed: by who writes a journal, and by who reads it."""

    def committed(
        self, epoch: int, group: bytes, last: Sequence, time: Nanos, chain: bytes
    ) -> None:
        """Take the bytes of a group without its commit, its last input, and the chain after it."""


class Lock:
    """Holds a journal directory for one writer, until closed or until the process dies."""

    def __init__(self, directory: Path) -> None:
        """Take the lock. Raises `JournalLocked`, or `JournalFailed` if the directory is no good."""
        try:
            RealDisk().make_directory(directory)
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
        disk: Disk | None = None,
        schema: bytes = b"",
        reserve: Reserve | None = None,
        cipher: Cipher | None = None,
    ) -> None:
        """Go on after sequence `last` and `chain`, in a new segment.

        `schema` says what the payloads mean: it is written down and never looked at here. Without
        one every kind of record is in its first version. A `reserve` is what goes when the disk is
        full. With a `cipher` payloads are sealed.
        """
        self._directory = directory
        self._schema = schema
        self._reserve = reserve
        self._cipher = cipher
        self._sealing: Sealing | None = None  # of the segment at hand, or of the one to come
        self._disk: Disk = disk or RealDisk()
        self._sync = durability is Durability.DISK
        self._segment_bytes = segment_bytes
        self.epoch = epoch
        self._group = bytearray()
        self._last = last
        self._chain = chain
        self._file = -1
        self._failed = False
        self._written = 0
        self._witness: Witness | None = None
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

    def show_to(self, witness: Witness) -> None:
        """Show every group from now on, when it is acknowledged."""
        self._witness = witness

    def append(self, kind: int, sequence: Sequence, time: Nanos, payload: bytes) -> None:
        """Put a record into the group that waits. Raises `JournalFailed` after a failure."""
        self._refuse_after_failure()
        written = self._sealed(kind, sequence, time, payload)
        self._group += layout.encode_record(kind, sequence, time, written)
        self._last = sequence

    def commit(self, time: Nanos) -> None:
        """Write the group that waits; it is acknowledged on return. Raises `JournalFailed`."""
        self._refuse_after_failure()
        if not self._group:
            return
        if self._file < 0:
            first = self._first_of_group()
            self._open_segment(first)
            self._group[:0] = self._beginning(first, time)
        group = bytes(self._group) if self._witness is not None else b""
        self._chain = layout.next_chain(self._chain, self._group)
        self._group += layout.encode_record(layout.COMMIT, self._last, time, self._chain)
        self._write(bytes(self._group))
        self._group.clear()
        self.commits += 1
        if self._witness is not None:
            self._witness.committed(self.epoch, group, self._last, time, self._chain)
        if self._written >= self._segment_bytes:
            self._seal(time)

    def roll(self, time: Nanos) -> None:
        """Commit what waits and seal the segment; what is appended after it begins another one.

        Raises `JournalFailed`.
        """
        self.commit(time)
        if self._file >= 0:
            self._seal(time)

    def close(self, time: Nanos) -> None:
        """Commit what waits, seal the segment, and let the reserve go. Raises `JournalFailed`."""
        self.roll(time)
        if self._reserve is not None:
            self._reserve.spend()

    def _refuse_after_failure(self) -> None:
        if self._failed:
            raise JournalFailed(f"{self._directory}: a write failed before, nothing more is taken")

    def _sealed(self, kind: int, sequence: Sequence, time: Nanos, payload: bytes) -> bytes:
        """Return a payload as it is written; the first one of a segment draws its key."""
        cipher = self._cipher
        if cipher is None:
            return payload
        sealing = self._sealing
        if sealing is None:
            sealing = cipher.begin()
            self._sealing = sealing
        return seal_payload(sealing, self.epoch, kind, sequence, time, payload)

    def _beginning(self, first: Sequence, time: Nanos) -> bytes:
        """Return what stands before the first input of a segment."""
        schema = self._sealed(layout.SCHEMA, first, time, self._schema)
        beginning = layout.encode_record(layout.SCHEMA, first, time, schema)
        sealing = self._sealing
        if sealing is None:
            return beginning
        return layout.encode_record(layout.MARK, first, time, sealing.mark) + beginning

    def _open_segment(self, first: Sequence) -> None:
        path = self._directory / f"{first:020d}{SEGMENT_SUFFIX}"
        try:
            self._file = self._create(path)
            self._written = 0
            flags = 0 if self._cipher is None else layout.ENCRYPTED
            self._write(layout.Header(self.epoch, first, self._chain, flags).encode())
            self._disk.sync_directory(self._directory)
        except OSError as error:
            self._fail()
            raise JournalFailed(f"{path}: cannot be created: {error}") from error

    def _first_of_group(self) -> Sequence:
        record = layout.decode_record(bytes(self._group), 0)
        assert isinstance(record, layout.Record), "what was just encoded can be decoded"
        return record.sequence

    def _create(self, path: Path) -> int:
        try:
            return self._disk.create(path)
        except OSError as error:
            self._make_room(error)
        return self._disk.create(path)

    def _make_room(self, error: OSError) -> None:
        """Give the reserve up where the disk is full; else raise the error."""
        if error.errno not in FULL or self._reserve is None or not self._reserve.spend():
            raise error

    def _put(self, content: bytes) -> None:
        try:
            write_all(self._disk, self._file, content)
        except OSError as error:
            self._make_room(error)
        else:
            return
        self._disk.truncate(self._file, self._written)
        write_all(self._disk, self._file, content)

    def _write(self, content: bytes) -> None:
        try:
            self._put(content)
            if self._sync:
                self._disk.sync(self._file)
        except OSError as error:
            self._fail()
            raise JournalFailed(
                f"{self._directory}: a write failed, the node must stop: {error}{_remedy(error)}"
            ) from error
        self._written += len(content)
        self.bytes_total += len(content)

    def _seal(self, time: Nanos) -> None:
        self._write(layout.encode_record(layout.SEAL, self._last, time, self._chain))
        file, self._file = self._file, -1
        self._sealing = None
        try:
            self._disk.close(file)
        except OSError as error:
            self._fail()
            raise JournalFailed(f"{self._directory}: a file did not close: {error}") from error

    def _fail(self) -> None:
        self._failed = True
        self._group.clear()
        file, self._file = self._file, -1
        if file >= 0:
            with suppress(OSError):  # the failure before this one is what is told
                self._disk.close(file)


def _remedy(error: OSError) -> str:
    return "; make space, then start again with --resume" if error.errno in FULL else ""
