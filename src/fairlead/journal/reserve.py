"""What is kept back of a disk, so that a journal can still be written when the disk is full.

A node that cannot write must stop, and then its orders work on at the venues. So some bytes are
kept in a file beside the journal: when the disk is full, that file goes, and in its place there is
room to write down what cancels need. Nobody trades anew in that time (`node/space_watch.py`).

The bytes were really written, and cannot be compressed: a file that is only said to be as large
would be of no use on a disk that is full.
"""

import errno
import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Final

from fairlead.journal.disk import Disk, write_all

RESERVE_NAME: Final = "reserve"
FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_BLOCK: Final = hashlib.shake_256(b"fairlead").digest(256 * 1024)  # no disk makes less of it


class Reserve:
    """The reserve of one journal, and what else is free on its disk."""

    def __init__(self, directory: Path, size: int, free_bytes_min: int, disk: Disk) -> None:
        """Take the sizes; of 0 there is no reserve, or nothing that must be free. Nothing is
        written before `make`.
        """
        self.path = directory / RESERVE_NAME
        self.size = size
        self.free_bytes = 0  # when it was last looked
        self.free_bytes_min = free_bytes_min
        self._held = False
        self._disk = disk

    @property
    def is_short(self) -> bool:
        """Whether the reserve is spent, or less is free than must be."""
        return (self.size > 0 and not self._held) or self.free_bytes < self.free_bytes_min

    def look(self) -> None:
        """See what is free; make the reserve again where there is room for it and for the rest.

        What cannot be looked at counts as full.
        """
        try:
            self.free_bytes = self._disk.free_bytes(self.path.parent)
        except OSError:
            self.free_bytes = 0
        if not self._held and self.size and self.free_bytes >= self.size + self.free_bytes_min:
            self.make()

    def make(self) -> None:
        """Make the reserve unless it is there. Where there is no room for it, there is none."""
        try:
            self._held = self._is_whole()
            if not self._held and self.size:
                self._write()
                self._held = True
        except OSError:
            self.spend()

    def spend(self) -> bool:
        """Remove the reserve; return whether that made room."""
        was_held, self._held = self._held, False
        try:
            self._disk.remove(self.path)
        except OSError:
            return False
        return was_held

    def _is_whole(self) -> bool:
        try:
            return self._disk.stamp(self.path)[0] == self.size
        except FileNotFoundError:
            return False

    def _write(self) -> None:
        with suppress(FileNotFoundError):
            self._disk.remove(self.path)
        file = self._disk.create(self.path)
        try:
            left = self.size
            while left > 0:
                content = _BLOCK[:left]
                write_all(self._disk, file, content)
                left -= len(content)
            self._disk.sync(file)
        finally:
            self._disk.close(file)
