"""The life of a journal after it was written: what there is, and sealed segments made small.

A segment is compressed only when the whole journal holds: its chain is checked first, the
compressed file is read back and compared, and the plain one goes last. What is stopped in between
leaves both, and the plain one is read.
"""

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from fairlead.journal.disk import Disk, RealDisk, write_all
from fairlead.journal.errors import JournalUnreadable
from fairlead.journal.history import End, History
from fairlead.journal.log import SEGMENT_SUFFIX
from fairlead.journal.packed import PACKED_SUFFIX, packed_path, unpacked

_LEVEL = 6
_IMMUTABLE = 0o444
Step = Callable[[str], None]


class Kept(NamedTuple):
    """A segment as it is kept."""

    path: Path
    first: int  # its first input
    size: int  # bytes on the disk
    packed: bool


class Packed(NamedTuple):
    """A segment that was compressed."""

    path: Path
    before: int  # bytes
    after: int


def segments_of(directory: Path) -> list[Kept]:
    """Return the segments of a journal. Raises `OSError`."""
    found: dict[str, Kept] = {}
    for path in sorted(directory.iterdir()):
        packed = path.name.endswith(PACKED_SUFFIX)
        if packed or path.name.endswith(SEGMENT_SUFFIX):
            name = path.name.partition(".")[0]
            first = int(name) if name.isdecimal() else 0
            found.setdefault(name, Kept(path, first, path.stat().st_size, packed))
    return list(found.values())


def sessions_of(place: Path) -> list[Path]:
    """Return the journals that a place means: itself, or all sessions below it, in their order."""
    if segments_of(place):
        return [place]
    numbered = [path for path in place.iterdir() if path.is_dir() and path.name.isdecimal()]
    found = sorted(numbered, key=lambda path: int(path.name))
    if not found:
        raise JournalUnreadable(f"{place}: no journal here, and no session below it")
    return found


def read_through(directory: Path) -> End:
    """Read a journal to its end, by its bytes alone. Raises `JournalError`."""
    history = History(directory)
    for _ in history.entries():
        pass
    return history.end


def compress(directory: Path, step: Step, disk: Disk | None = None) -> Iterator[Packed]:
    """Compress the sealed segments of a journal, one after the other.

    Raises `JournalError` before the first one if the journal does not hold, and `OSError`.
    """
    disk = disk or RealDisk()
    step(f"checking {directory}")
    end = read_through(directory)
    plain = [kept for kept in segments_of(directory) if not kept.packed]
    if not end.sealed or end.torn_path is not None:
        plain = plain[:-1]  # a node writes it, or will cut its torn end off
    for kept in plain:
        step(f"compressing {kept.path}")
        yield _compressed(disk, kept)


def _compressed(disk: Disk, kept: Kept) -> Packed:
    content = disk.read(kept.path)
    packed = packed_path(kept.path)
    made = packed.with_name(packed.name + ".new")
    if made.exists():
        disk.remove(made)  # of a time that was stopped
    file = disk.create(made)
    try:
        # No time and no name in it: the same segment gives the same bytes.
        write_all(disk, file, gzip.compress(content, _LEVEL, mtime=0))
        disk.sync(file)
    finally:
        disk.close(file)
    again = disk.read(made)
    if unpacked(made, again) != content:
        raise OSError(f"{made}: is not what was written; {kept.path} was left as it is")
    stamp = os.stat(kept.path)
    os.chmod(made, _IMMUTABLE)
    os.utime(made, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # its age counts for retention
    disk.rename(made, packed)
    disk.sync_directory(packed.parent)
    disk.remove(kept.path)
    disk.sync_directory(packed.parent)
    return Packed(packed, len(content), len(again))
