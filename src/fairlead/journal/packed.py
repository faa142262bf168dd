"""Sealed segments may be compressed, and nobody who reads them has to know.

`NAME.journal.gz` stands for `NAME.journal`, with the same bytes in it. Where both are there the
plain one is read: the other is being made.
"""

import gzip
import zlib
from io import BytesIO
from pathlib import Path
from typing import Final

from fairlead.journal.disk import Disk
from fairlead.journal.errors import JournalDamaged
from fairlead.journal.log import SEGMENT_SUFFIX

PACKED_SUFFIX: Final = SEGMENT_SUFFIX + ".gz"
CONTENT_BYTES_MAX: Final = 2 * 1024 * 1024 * 1024  # twice the largest segment: more is no segment
_SIZE_BYTES: Final = 4  # gzip ends with the length of the content


def packed_path(path: Path) -> Path:
    """Return where the compressed form of a segment is."""
    return path.with_name(path.name + ".gz")


def unpacked(path: Path, packed: bytes, bytes_max: int = CONTENT_BYTES_MAX) -> bytes:
    """Return the content of a compressed segment. Raises `JournalDamaged`."""
    try:
        with gzip.GzipFile(fileobj=BytesIO(packed)) as file:
            content = file.read(bytes_max + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise JournalDamaged(str(path), 0, 0, f"cannot be unpacked: {error}") from error
    if len(content) > bytes_max:
        raise JournalDamaged(str(path), 0, 0, f"unpacks to more than {bytes_max} bytes")
    return content


class Segments:
    """The files of a disk to be read; compressed segments are seen as the plain ones they were."""

    def __init__(self, disk: Disk) -> None:
        """Take the disk."""
        self._disk = disk
        self._unpacked = b""  # of the last one that was read in parts
        self._unpacked_path = ""

    def names(self, directory: Path) -> list[str]:
        """Return the names in a directory, sorted; a segment once, however it is kept."""
        found = self._disk.names(directory)
        names = [name.removesuffix(".gz") if _is_packed(name) else name for name in found]
        return sorted(dict.fromkeys(names))

    def stamp(self, path: Path) -> tuple[int, int]:
        """Return size and time of change of a file; of a segment the size of its content."""
        try:
            return self._disk.stamp(path)
        except FileNotFoundError:
            if not path.name.endswith(SEGMENT_SUFFIX):
                raise
            packed = packed_path(path)
            size, changed = self._disk.stamp(packed)
            end = self._disk.read_part(packed, max(size - _SIZE_BYTES, 0), _SIZE_BYTES)
            return int.from_bytes(end, "little"), changed

    def read(self, path: Path) -> bytes:
        """Return the whole content of a file. Raises `JournalDamaged` if it cannot be unpacked."""
        try:
            return self._disk.read(path)
        except FileNotFoundError:
            if not path.name.endswith(SEGMENT_SUFFIX):
                raise
            packed = packed_path(path)
            return unpacked(packed, self._disk.read(packed))

    def read_part(self, path: Path, offset: int, count: int) -> bytes:
        """Return at most `count` bytes from `offset` on; fewer at the end of the file."""
        try:
            return self._disk.read_part(path, offset, count)
        except FileNotFoundError:
            if self._unpacked_path != str(path):
                self._unpacked = self.read(path)
                self._unpacked_path = str(path)
            return self._unpacked[offset : offset + count]


def _is_packed(name: str) -> bool:
    return name.endswith(PACKED_SUFFIX)
