"""Reads a journal while another process writes it: what is committed, and not one record more.

Never takes the lock and never mends. What stands after the last commit may be a group that is being
written, or one that a crash cut short: both are waited for, since the node that comes back cuts the
second off. Reading goes in bounded pieces, so a long journal costs time and no memory.
"""

from pathlib import Path
from typing import Final

from fairlead.journal import format as layout
from fairlead.journal.disk import Disk, RealDisk
from fairlead.journal.errors import JournalDamaged, JournalUnreadable
from fairlead.journal.history import Entry, Origin
from fairlead.journal.log import GROUP_BYTES_MAX, SEGMENT_SUFFIX, Witness
from fairlead.journal.packed import Segments
from fairlead.model.units import Nanos, Sequence

_CLOSING: Final = (layout.COMMIT, layout.SEAL)
PIECE_BYTES: Final = 1024 * 1024  # read at once; a group that is longer is read in a larger piece
# A group is closed as soon as it is full: it is longer than that by one input and its outputs.
_PIECE_BYTES_MAX: Final = 2 * (GROUP_BYTES_MAX + 2 * layout.PAYLOAD_BYTES_MAX)


class Tail:
    """Follows one journal directory. After an error the next `read` tries again from there."""

    def __init__(self, directory: Path, disk: Disk | None = None) -> None:
        """Stand before the first record. The directory need not exist yet."""
        self._files = Segments(disk or RealDisk())
        self.directory = directory
        self.last = Sequence(0)
        self.time = Nanos(0)
        self.epoch = 0
        self.chain = layout.GENESIS
        self.behind_bytes = 0  # of the segment at hand, after the last `read`
        self._witness: Witness | None = None
        self._path = Path()
        self._offset = 0  # where the first group begins that was not taken; 0: the header is next
        self._opened = False
        self._sealed = False
        self._origin = Origin("", layout.VERSION, b"")
        self._header = layout.Header(0, Sequence(0), layout.GENESIS)
        self._found = (0, 0)  # of the segment, as it was last read
        self._idle = (0, 0)  # likewise, when there was nothing new in it

    def show_to(self, witness: Witness) -> None:
        """Show every committed group, before its entries are given."""
        self._witness = witness

    def read(self, piece_bytes: int = PIECE_BYTES) -> list[Entry]:
        """Return entries that were committed since the last call, empty when there are no more.

        Raises `JournalUnreadable` and `JournalDamaged`.
        """
        entries: list[Entry] = []
        looked_again = False
        while not entries:
            if not self._opened and not self._open():
                return entries
            before = self._offset
            content = self._content(piece_bytes)
            if content is not None:
                entries = self._take(content)
            if self._sealed:
                self._opened = False
            elif self._offset != before:
                continue
            elif content and self.behind_bytes > len(content):
                piece_bytes = 2 * len(content)  # a group longer than the piece
                if piece_bytes > _PIECE_BYTES_MAX:
                    raise self._damaged(before, "a group without an end")
            elif not self._has_successor():
                self._idle = self._found
                return entries
            elif looked_again:
                raise self._damaged(before, "the segment was never sealed, yet another follows")
            else:
                looked_again = True  # the seal may have been written since
        return entries

    def _open(self) -> bool:
        """Go to the segment that follows what was read, and return whether there is one."""
        path = self.directory / f"{self.last + 1:020d}{SEGMENT_SUFFIX}"
        if not self._is_there(path):
            if self.last == 0:
                self._refuse_a_late_beginning()
            return False
        self._path = path
        self._offset = 0
        self._opened = True
        self._sealed = False
        self._idle = (0, 0)
        return True

    def _refuse_a_late_beginning(self) -> None:
        try:
            names = self._files.names(self.directory)
        except OSError as error:
            raise JournalUnreadable(f"{self.directory}: cannot be read: {error}") from error
        found = [name for name in names if name.endswith(SEGMENT_SUFFIX)]
        if found and found[0] != f"{1:020d}{SEGMENT_SUFFIX}":
            path = str(self.directory / found[0])
            raise JournalDamaged(path, 0, 0, "begins after input 1: a file is missing")

    def _has_successor(self) -> bool:
        """Whether a later segment stands beside the one at hand, which was not sealed."""
        following = self.directory / f"{self.last + 1:020d}{SEGMENT_SUFFIX}"
        return following != self._path and self._is_there(following)

    def _is_there(self, path: Path) -> bool:
        try:
            self._files.stamp(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def _content(self, piece_bytes: int) -> bytes | None:
        """Return the next piece of the segment, and note how much there is.

        None where nothing was written since the last time that there was nothing new.
        """
        try:
            found = self._files.stamp(self._path)
            self._found = found
            if found == self._idle:
                return None
            content = self._files.read_part(self._path, self._offset, piece_bytes)
        except FileNotFoundError as missing:
            if self._offset > layout.HEADER_BYTES:
                raise JournalUnreadable(f"{self._path}: it is gone") from missing
            self._opened = False  # nothing was written to it; the node that came back removed it
            self._offset = 0
            self.behind_bytes = 0
            return b""
        except OSError as error:
            raise JournalUnreadable(f"{self._path}: cannot be read: {error}") from error
        size = found[0]
        if size < self._offset:
            raise self._damaged(size, f"{size} bytes, {self._offset} were there before")
        self.behind_bytes = size - self._offset
        return content

    def _take(self, content: bytes) -> list[Entry]:
        """Return the entries of all groups that are closed in `content`, and step over them."""
        taken: list[Entry] = []
        begin = self._offset
        if begin == 0 and not self._take_header(content):
            return taken
        group: list[Entry] = []
        offset = group_start = self._offset - begin
        try:
            while offset < len(content) and not self._sealed:
                record = layout.decode_record(content, offset)
                if isinstance(record, str):
                    self._refuse_damage(content, offset, begin, record)
                    break
                if record.kind == layout.COMMIT:
                    self._close(record, group, content[group_start:offset], begin + offset)
                    taken += group
                    group = []
                elif record.kind == layout.SEAL:
                    self._seal(record, offset != group_start, begin + offset)
                else:
                    self._collect(record, group, begin + offset)
                offset = record.end
                if record.kind in _CLOSING:
                    group_start = offset
                    self._step_to(begin + offset)
        except JournalDamaged:
            if not taken:
                raise
        return taken  # what is whole before the damage; the next call comes upon it first

    def _step_to(self, offset: int) -> None:
        self.behind_bytes -= offset - self._offset
        self._offset = offset

    def _refuse_damage(self, content: bytes, offset: int, begin: int, what: str) -> None:
        """Raise where an intact commit follows what cannot be read; else it is not all there."""
        if layout.find_closing_record(content, offset) >= 0:
            raise self._damaged(begin + offset, what)

    def _take_header(self, content: bytes) -> bool:
        if len(content) < layout.HEADER_BYTES:
            return False  # it is being written
        try:
            header = layout.decode_header(content)
        except layout.NewerFormat as newer:
            raise JournalUnreadable(f"{self._path}: {newer}") from newer
        except layout.BadHeader as bad:
            raise self._damaged(0, str(bad)) from bad
        if header.first != self.last + 1 or header.chain != self.chain:
            raise self._damaged(0, "does not continue the file before it")
        if header.epoch < self.epoch:
            raise self._damaged(0, f"epoch {header.epoch} after {self.epoch}: an older node wrote")
        self.epoch = header.epoch
        self._header = header
        self._origin = Origin(str(self._path), header.version, b"")
        self._origin.epoch = header.epoch
        self._step_to(layout.HEADER_BYTES)
        return True

    def _collect(self, record: layout.Record, group: list[Entry], offset: int) -> None:
        following = (group[-1].sequence if group else self.last) + 1
        wrong = layout.misplaced(self._header, record, offset)
        if wrong:
            raise self._damaged(offset, wrong)
        if record.kind in layout.BEGINNING:
            self._origin.begin(record)
        elif record.kind == layout.INPUT:
            if record.sequence != following:
                raise self._damaged(offset, f"input {record.sequence}, expected {following}")
            group.append(Entry(record.sequence, record.time, record.payload, self._origin))
        elif not group or record.sequence != group[-1].sequence or group[-1].outputs:
            raise self._damaged(offset, "outputs that belong to no input")
        else:
            group[-1].outputs = record.payload

    def _close(
        self, record: layout.Record, group: list[Entry], content: bytes, offset: int
    ) -> None:
        chain = layout.next_chain(self.chain, content)
        if chain != record.payload:
            raise self._damaged(offset, "the chain does not match: records were changed")
        if not group or record.sequence != group[-1].sequence:
            raise self._damaged(offset, "a commit that does not close its group")
        self.chain = chain
        self.last = record.sequence
        self.time = group[-1].time
        if self._witness is not None:
            self._witness.committed(self.epoch, content, self.last, record.time, chain)

    def _seal(self, record: layout.Record, in_group: bool, offset: int) -> None:
        if in_group or record.sequence != self.last or record.payload != self.chain:
            raise self._damaged(offset, "a seal that does not follow what it seals")
        self._sealed = True

    def _damaged(self, offset: int, what: str) -> JournalDamaged:
        return JournalDamaged(str(self._path), offset, 0, what)
