"""The journal's reader: every committed input with its outputs, in order, or a clear no.

Damage is told apart from a torn end. When bytes are wrong and no intact commit follows them in the
last segment, a crash cut the last group short: it was never acknowledged, and reading ends before
it. When an intact commit follows, something changed what was acknowledged: reading stops with the
place.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from fairlead.journal import format as layout
from fairlead.journal.errors import JournalDamaged, JournalFailed, JournalUnreadable
from fairlead.journal.log import SEGMENT_SUFFIX
from fairlead.model.units import Nanos, Sequence


class Entry:
    """One input and the outputs recorded with it, as bytes."""

    def __init__(self, sequence: Sequence, time: Nanos, input: bytes) -> None:
        """Begin without outputs."""
        self.sequence = sequence
        self.time = time
        self.input = input
        self.outputs = b""


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
    """Reads a journal directory once, from the beginning. `end` is true after the last entry."""

    def __init__(self, directory: Path) -> None:
        """Take the directory. Raises `JournalUnreadable` if there is no journal in it."""
        try:
            names = sorted(os.listdir(directory))  # says so where it may not look; glob does not
        except (FileNotFoundError, NotADirectoryError) as missing:
            raise JournalUnreadable(f"{directory}: no such journal directory") from missing
        except OSError as error:
            raise JournalUnreadable(f"{directory}: cannot be read: {error}") from error
        self._paths = [directory / name for name in names if name.endswith(SEGMENT_SUFFIX)]
        self.directory = directory
        self.end = End()

    @property
    def empty(self) -> bool:
        """Whether nothing was ever written here."""
        return not self._paths

    @property
    def bytes_total(self) -> int:
        """How many bytes there are to read, for a progress bar."""
        return sum(path.stat().st_size for path in self._paths)

    def entries(self) -> Iterator[Entry]:
        """Yield every committed entry. Raises `JournalDamaged` and `JournalUnreadable`."""
        for number, path in enumerate(self._paths):
            last = number == len(self._paths) - 1
            yield from _Segment(path, self.end, last).entries()
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
        whole = end.torn_offset if end.torn_path is not None else path.stat().st_size
        try:
            if whole <= layout.HEADER_BYTES:
                path.unlink()
                return end.torn_bytes
            with path.open("r+b") as file:
                file.truncate(whole)
                file.seek(whole)
                if not end.sealed:
                    file.write(layout.encode_record(layout.SEAL, end.last, end.time, end.chain))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise JournalFailed(f"{path}: its torn end cannot be cut off: {error}") from error
        return end.torn_bytes


class _Segment:
    """One file of a journal."""

    def __init__(self, path: Path, end: End, last: bool) -> None:
        self._path = path
        self._end = end
        self._last = last
        try:
            self._content = path.read_bytes()
        except OSError as error:
            raise JournalUnreadable(f"{path}: cannot be read: {error}") from error

    def entries(self) -> Iterator[Entry]:
        end = self._end
        if not self._read_header():
            return
        offset = group_start = layout.HEADER_BYTES
        group: list[Entry] = []
        number = 0
        end.sealed = False
        while offset < len(self._content):
            record = layout.decode_record(self._content, offset)
            if isinstance(record, str):
                self._stop(offset, group_start, number, record)
                return
            number += 1
            if end.sealed:
                raise self._damaged(offset, number, "a record after the seal")
            if record.kind == layout.COMMIT:
                self._close_group(record, group, group_start, offset, number)
                yield from group
                group = []
                group_start = record.end
            elif record.kind == layout.SEAL:
                self._check_seal(record, group, offset, number)
                end.sealed = True
                group_start = record.end
            else:
                self._collect(record, group, offset, number)
            offset = record.end
        if group:
            self._stop(offset, group_start, number, "the file ends before the group's commit")
        elif not end.sealed and not self._last:
            raise self._damaged(offset, number, "the segment was never sealed, yet another follows")
        end.bytes_total += group_start

    def _read_header(self) -> bool:
        end = self._end
        try:
            header = layout.decode_header(self._content)
        except layout.NewerFormat as newer:  # one name for each: compiled, a name has one type
            raise JournalUnreadable(f"{self._path}: {newer}") from newer
        except layout.BadHeader as bad:
            if self._last and len(self._content) <= layout.HEADER_BYTES:  # no group was written
                self._stop(0, 0, 0, str(bad))
                return False
            raise self._damaged(0, 0, str(bad)) from bad
        if header.first != end.last + 1:
            raise self._damaged(
                0,
                0,
                f"begins with input {header.first}, expected {end.last + 1}: a file is missing",
            )
        if header.chain != end.chain:
            raise self._damaged(0, 0, "does not continue the chain of the file before it")
        if header.epoch < end.epoch:
            raise self._damaged(
                0, 0, f"epoch {header.epoch} after epoch {end.epoch}: an older node wrote it"
            )
        end.epoch = header.epoch
        end.segments += 1
        return True

    def _collect(self, record: layout.Record, group: list[Entry], offset: int, number: int) -> None:
        following = (group[-1].sequence if group else self._end.last) + 1
        if record.kind == layout.INPUT:
            if record.sequence != following:
                raise self._damaged(
                    offset, number, f"input {record.sequence}, expected {following}"
                )
            if record.time < (group[-1].time if group else self._end.time):
                raise self._damaged(offset, number, "its time goes back")
            group.append(Entry(record.sequence, record.time, record.payload))
        elif not group or record.sequence != group[-1].sequence or group[-1].outputs:
            raise self._damaged(offset, number, "outputs that belong to no input")
        else:
            group[-1].outputs = record.payload

    def _close_group(
        self,
        record: layout.Record,
        group: list[Entry],
        group_start: int,
        offset: int,
        number: int,
    ) -> None:
        end = self._end
        chain = layout.next_chain(end.chain, self._content[group_start:offset])
        if chain != record.payload:
            raise self._damaged(offset, number, "the chain does not match: records were changed")
        if not group or record.sequence != group[-1].sequence:
            raise self._damaged(offset, number, "a commit that does not close its group")
        end.chain = chain
        end.last = record.sequence
        end.time = group[-1].time
        end.commits += 1

    def _check_seal(
        self, record: layout.Record, group: list[Entry], offset: int, number: int
    ) -> None:
        end = self._end
        if group or record.sequence != end.last or record.payload != end.chain:
            raise self._damaged(offset, number, "a seal that does not follow what it seals")

    def _stop(self, offset: int, group_start: int, number: int, what: str) -> None:
        """End at a torn end; raise for damage."""
        if not self._last or layout.find_closing_record(self._content, offset) >= 0:
            raise self._damaged(offset, number + 1, what)
        self._end.torn_path = self._path
        self._end.torn_offset = group_start
        self._end.torn_bytes = len(self._content) - group_start
        self._end.bytes_total += group_start

    def _damaged(self, offset: int, number: int, what: str) -> JournalDamaged:
        return JournalDamaged(str(self._path), offset, number, what)
