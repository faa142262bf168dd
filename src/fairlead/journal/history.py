"""The journal's reader: every committed input with its outputs, in order, or a clear no.

Damage is told apart from a torn end. When the last group of the last segment is not all there, a
crash cut it short: it was never acknowledged, and reading ends before it. The file ends within it
then, or sectors of it are missing, which a disk takes in any order. When the bytes are all there
and are wrong, something changed what may have been acknowledged: reading stops with the place.
"""

from collections.abc import Iterator
from pathlib import Path

from fairlead.journal import format as layout
from fairlead.journal.disk import Disk, RealDisk, write_all
from fairlead.journal.errors import JournalDamaged, JournalFailed, JournalUnreadable
from fairlead.journal.log import SEGMENT_SUFFIX, Witness
from fairlead.journal.packed import Segments
from fairlead.journal.snapshot import Snapshot
from fairlead.model.units import Nanos, Sequence


class Origin:
    """Where entries come from: a segment, and what it says of the meaning of its payloads.

    Where there is a mark, schema and payloads are sealed, bound to epoch, sequence and time.
    """

    def __init__(self, path: str, version: int, schema: bytes) -> None:
        """Take the file, the version of its format, and its schema; empty in format 1."""
        self.path = path
        self.version = version
        self.schema = schema
        self.mark = b""
        self.epoch = 0
        self.first = Sequence(0)  # with which the schema was written, and when
        self.begun = Nanos(0)

    def begin(self, record: layout.Record) -> None:
        """Take what stands before the first input: the mark, and the schema."""
        if record.kind == layout.MARK:
            self.mark = record.payload
        else:
            self.schema = record.payload
            self.first = record.sequence
            self.begun = record.time


class Entry:
    """One input and the outputs recorded with it, as bytes."""

    def __init__(
        self, sequence: Sequence, time: Nanos, input: bytes, origin: Origin | None = None
    ) -> None:
        """Begin without outputs. What no segment holds has no origin."""
        self.sequence = sequence
        self.time = time
        self.input = input
        self.outputs = b""
        self.origin = origin


class End:
    """Where a journal ends, and what a writer needs to go on."""

    def __init__(self) -> None:
        """Stand before the first record."""
        self.last = Sequence(0)
        self.time = Nanos(0)
        self.epoch = 0
        self.chain = layout.GENESIS
        self.segments = 0
        self.commits = 0
        self.bytes_total = 0
        self.sealed = True  # the last segment was closed in order
        self.torn_path: Path | None = None
        self.torn_offset = 0  # where the last whole group ends
        self.torn_bytes = 0


class History:
    """Reads a journal directory once, from the beginning or from where a snapshot stands.

    `end` is true after the last entry.
    """

    def __init__(
        self, directory: Path, disk: Disk | None = None, after: Snapshot | None = None
    ) -> None:
        """Take the directory. Raises `JournalUnreadable` if there is no journal in it."""
        self._disk: Disk = disk or RealDisk()
        self._files = Segments(self._disk)
        try:
            names = self._files.names(directory)  # says so where it may not look; glob does not
        except (FileNotFoundError, NotADirectoryError) as missing:
            raise JournalUnreadable(f"{directory}: no such journal directory") from missing
        except OSError as error:
            raise JournalUnreadable(f"{directory}: cannot be read: {error}") from error
        self._paths = [directory / name for name in names if name.endswith(SEGMENT_SUFFIX)]
        self._newest = self._paths[-1] if self._paths else None
        self.directory = directory
        self.end = End()
        self._witness: Witness | None = None
        if after is not None:
            self._begin_after(after)

    def show_to(self, witness: Witness) -> None:
        """Show every committed group before its entries are given. Call it before `entries`."""
        self._witness = witness

    def _begin_after(self, snapshot: Snapshot) -> None:
        """Stand where a snapshot does: what follows begins a segment and continues its chain."""
        end = self.end
        end.last, end.time = snapshot.sequence, snapshot.time
        end.epoch, end.chain = snapshot.epoch, snapshot.chain
        following = f"{snapshot.sequence + 1:020d}"
        self._paths = [path for path in self._paths if path.name >= following]

    def settle(self) -> None:
        """Have of the newest segment what the disk has: what a dead process had left in memory is
        made durable, what a failed sync had left there is forgotten. Nothing may rest on either.

        Call it before `entries`, holding the `Lock`. Raises `JournalFailed`.
        """
        if self._newest is None:
            return
        try:
            self._disk.settle(self._newest)
        except OSError as error:
            raise JournalFailed(f"{self._newest}: cannot be made durable: {error}") from error

    @property
    def empty(self) -> bool:
        """Whether nothing was ever written here."""
        return not self._paths

    @property
    def bytes_total(self) -> int:
        """How many bytes there are to read, for a progress bar."""
        return sum(self._files.stamp(path)[0] for path in self._paths)

    def entries(self) -> Iterator[Entry]:
        """Yield every committed entry. Raises `JournalDamaged` and `JournalUnreadable`."""
        for group in self.groups():
            yield from group

    def groups(self) -> Iterator[list[Entry]]:
        """Yield the entries of each commit: what is quick goes by groups. Raises as `entries`."""
        for number, path in enumerate(self._paths):
            last = number == len(self._paths) - 1
            segment = _Segment(path, self._content(path), self.end, last, self._witness)
            yield from segment.groups()
            if self.end.torn_path is not None:
                return

    def mend(self) -> int:
        """Cut a torn end off and seal what is whole, so that a writer can go on.

        Returns how many bytes went. Call it after the last entry, holding the `Lock`.
        """
        end = self.end
        if not self._paths or (end.sealed and end.torn_path is None):
            return 0
        path = self._paths[-1]
        try:
            whole = end.torn_offset
            if end.torn_path is None:
                whole = self._disk.stamp(path)[0]
            if whole <= layout.HEADER_BYTES:
                self._disk.remove(path)
                return end.torn_bytes
            self._cut(path, whole)
        except OSError as error:
            raise JournalFailed(f"{path}: its torn end cannot be cut off: {error}") from error
        return end.torn_bytes

    def _cut(self, path: Path, whole: int) -> None:
        end, disk = self.end, self._disk
        file = disk.open(path)
        try:
            if end.torn_path is not None:
                disk.truncate(file, whole)
                # Before anything is written in its place: after a loss of power the old sectors and
                # the seal would stand mixed, and nobody could tell that from damage.
                disk.sync(file)
            if not end.sealed:
                seal = layout.encode_record(layout.SEAL, end.last, end.time, end.chain)
                write_all(disk, file, seal)
            disk.sync(file)
        finally:
            disk.close(file)

    def _content(self, path: Path) -> bytes:
        try:
            return self._files.read(path)
        except OSError as error:
            raise JournalUnreadable(f"{path}: cannot be read: {error}") from error


class _Segment:
    """One file of a journal."""

    def __init__(
        self, path: Path, content: bytes, end: End, last: bool, witness: Witness | None
    ) -> None:
        self._path = path
        self._content = content
        self._witness = witness
        self._end = end
        self._last = last
        self._origin = Origin(str(path), layout.VERSION, b"")
        self._header = layout.Header(0, Sequence(0), layout.GENESIS)
        self._group_start = layout.HEADER_BYTES
        self._number = 0  # of the record that was read last

    def groups(self) -> Iterator[list[Entry]]:
        end = self._end
        if not self._read_header():
            return
        end.sealed = False
        while self._group_start < len(self._content):
            group = self._next_group()
            if end.torn_path is not None:
                return
            if group:
                yield group
        if not end.sealed and not self._last:
            raise self._damaged(
                self._group_start, "the segment was never sealed, yet another follows"
            )
        end.bytes_total += self._group_start

    def _next_group(self) -> list[Entry]:
        """Return what the next commit closes; nothing for a seal, and at a torn end."""
        content, end, header, origin = self._content, self._end, self._header, self._origin
        size, offset = len(content), self._group_start
        group: list[Entry] = []
        while offset < size:
            record = layout.decode_record(content, offset)
            if isinstance(record, str):
                self._stop(offset, record)
                return []
            self._number += 1
            if end.sealed:
                raise self._damaged(offset, "a record after the seal")
            wrong = layout.misplaced(header, record, offset)
            if wrong:
                raise self._damaged(offset, wrong)
            kind = record.kind
            if kind == layout.INPUT:
                self._refuse_disorder(record, group, offset)
                group.append(Entry(record.sequence, record.time, record.payload, origin))
            elif kind == layout.OUTPUTS:
                self._add_outputs(record, group, offset)
            elif kind == layout.COMMIT:
                self._close_group(record, group, offset)
                return group
            elif kind == layout.SEAL:
                self._close_segment(record, offset)
                return []
            else:
                origin.begin(record)
            offset = record.end
        self._stop(offset, "the file ends before the group's commit")
        return []

    def _read_header(self) -> bool:
        end = self._end
        try:
            header = layout.decode_header(self._content)
        except layout.NewerFormat as newer:  # one name for each: compiled, a name has one type
            raise JournalUnreadable(f"{self._path}: {newer}") from newer
        except layout.BadHeader as bad:
            if self._last and len(self._content) <= layout.HEADER_BYTES:  # no group was written
                self._end_torn(0)
                return False
            raise self._damaged(0, str(bad)) from bad
        if header.first != end.last + 1:
            raise self._damaged(
                0,
                f"begins with input {header.first}, expected {end.last + 1}: a file is missing",
            )
        if header.chain != end.chain:
            raise self._damaged(0, "does not continue the chain of the file before it")
        if header.epoch < end.epoch:
            raise self._damaged(
                0, f"epoch {header.epoch} after epoch {end.epoch}: an older node wrote it"
            )
        end.epoch = header.epoch
        end.segments += 1
        self._header = header
        self._origin.version = header.version
        self._origin.epoch = header.epoch
        return True

    def _refuse_disorder(self, record: layout.Record, group: list[Entry], offset: int) -> None:
        last, time = self._end.last, self._end.time
        if group:
            before = group[-1]
            last, time = before.sequence, before.time
        if record.sequence != last + 1:
            raise self._damaged(offset, f"input {record.sequence}, expected {last + 1}")
        if record.time < time:
            raise self._damaged(offset, "its time goes back")

    def _add_outputs(self, record: layout.Record, group: list[Entry], offset: int) -> None:
        if not group or record.sequence != group[-1].sequence or group[-1].outputs:
            raise self._damaged(offset, "outputs that belong to no input")
        group[-1].outputs = record.payload

    def _close_group(self, record: layout.Record, group: list[Entry], offset: int) -> None:
        end = self._end
        start = self._group_start
        content = self._content[start:offset]
        chain = layout.next_chain(end.chain, content)
        if chain != record.payload:
            raise self._damaged(offset, "the chain does not match: records were changed")
        if not group or record.sequence != group[-1].sequence:
            raise self._damaged(offset, "a commit that does not close its group")
        self._group_start = record.end
        end.chain = chain
        end.last = record.sequence
        end.time = group[-1].time
        end.commits += 1
        if self._witness is not None:
            self._witness.committed(end.epoch, content, end.last, record.time, chain)

    def _close_segment(self, record: layout.Record, offset: int) -> None:
        end = self._end
        in_group = offset != self._group_start
        if in_group or record.sequence != end.last or record.payload != end.chain:
            raise self._damaged(offset, "a seal that does not follow what it seals")
        self._group_start = record.end
        end.sealed = True

    def _stop(self, offset: int, what: str) -> None:
        """End at a torn end; raise for damage."""
        if not self._last or not layout.is_torn(self._content, self._group_start, offset):
            self._number += 1  # of the record that cannot be read
            raise self._damaged(offset, what)
        self._end_torn(self._group_start)

    def _end_torn(self, group_start: int) -> None:
        self._end.torn_path = self._path
        self._end.torn_offset = group_start
        self._end.torn_bytes = len(self._content) - group_start
        self._end.bytes_total += group_start

    def _damaged(self, offset: int, what: str) -> JournalDamaged:
        return JournalDamaged(str(self._path), offset, self._number, what)
