"""The disk as the journal sees it: a port of few calls, and the disk of this machine behind it.

Everything that the journal does with files goes through `Disk`, so that a simulated disk can lose
power, tear writes, rot and fill up under the very same code. A file that was opened only grows:
what is written goes to its end. Every call may raise `OSError`; nothing is retried here.
"""

import os
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """What a journal needs of a disk. Durable is what was synced, and nothing else."""

    def names(self, directory: Path) -> list[str]:
        """Return the names in a directory, sorted."""

    def stamp(self, path: Path) -> tuple[int, int]:
        """Return size in bytes and time of change of a file."""

    def read(self, path: Path) -> bytes:
        """Return the whole content of a file."""

    def read_part(self, path: Path, offset: int, count: int) -> bytes:
        """Return at most `count` bytes from `offset` on; fewer at the end of the file."""

    def create(self, path: Path) -> int:
        """Make a new file and return its number. Raises `FileExistsError`."""

    def open(self, path: Path) -> int:
        """Open a file that is there, to write at its end, and return its number."""

    def write(self, file: int, content: bytes) -> int:
        """Write to the end of a file; return how many bytes were taken, perhaps not all."""

    def truncate(self, file: int, size: int) -> None:
        """Cut a file off."""

    def sync(self, file: int) -> None:
        """Make content and size of a file durable."""

    def close(self, file: int) -> None:
        """Give the number of a file back."""

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, in place of what had it; durable with `sync_directory`."""

    def remove(self, path: Path) -> None:
        """Remove a file; durable with `sync_directory`."""

    def make_directory(self, directory: Path) -> None:
        """Make a directory and what leads to it, each durable in the one above."""

    def settle(self, path: Path) -> None:
        """Make a file durable, and forget what is in memory of it: what is read from now on is what
        the disk has. A sync that failed may have left in memory what never reached it.
        """

    def sync_directory(self, directory: Path) -> None:
        """Make durable which names are in a directory."""

    def free_bytes(self, directory: Path) -> int:
        """Return how many bytes can still be written where a directory is."""


class RealDisk:
    """The disk of this machine."""

    def names(self, directory: Path) -> list[str]:
        """Return the names in a directory, sorted."""
        return sorted(os.listdir(directory))

    def stamp(self, path: Path) -> tuple[int, int]:
        """Return size in bytes and time of change of a file."""
        found = os.stat(path)
        return found.st_size, found.st_mtime_ns

    def read(self, path: Path) -> bytes:
        """Return the whole content of a file."""
        return path.read_bytes()

    def read_part(self, path: Path, offset: int, count: int) -> bytes:
        """Return at most `count` bytes from `offset` on; fewer at the end of the file."""
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            return file.read(count) or b""

    def create(self, path: Path) -> int:
        """Make a new file and return its number. Raises `FileExistsError`."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        return os.open(path, flags, 0o644)

    def open(self, path: Path) -> int:
        """Open a file that is there, to write at its end, and return its number."""
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def write(self, file: int, content: bytes) -> int:
        """Write to the end of a file; return how many bytes were taken, perhaps not all."""
        return os.write(file, content)

    def truncate(self, file: int, size: int) -> None:
        """Cut a file off."""
        os.ftruncate(file, size)

    def sync(self, file: int) -> None:
        """Make content and size of a file durable.

        `fdatasync`: it leaves out times and permissions, and never what is needed to read the
        content again, the size above all (POSIX; fdatasync(2)).
        """
        os.fdatasync(file)

    def close(self, file: int) -> None:
        """Give the number of a file back."""
        os.close(file)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, in place of what had it; durable with `sync_directory`."""
        os.rename(old, new)

    def remove(self, path: Path) -> None:
        """Remove a file; durable with `sync_directory`."""
        os.unlink(path)

    def make_directory(self, directory: Path) -> None:
        """Make a directory and what leads to it, each durable in the one above."""
        if not directory.is_dir():
            self.make_directory(directory.parent)
            directory.mkdir(exist_ok=True)
            self.sync_directory(directory.parent)

    def settle(self, path: Path) -> None:
        """Make a file durable, and forget what is in memory of it.

        The pages that a failed sync could not write are taken for written by the kernel, and read
        from its cache until they are dropped (fsync(2), posix_fadvise(2)).
        """
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(file)

    def sync_directory(self, directory: Path) -> None:
        """Make durable which names are in a directory."""
        file = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def free_bytes(self, directory: Path) -> int:
        """Return how many bytes can still be written where a directory is."""
        found = os.statvfs(directory)
        return found.f_bavail * found.f_frsize


def write_all(disk: Disk, file: int, content: bytes) -> None:
    """Write to the end of a file, in as many pieces as the disk takes it. Raises `OSError`."""
    written = disk.write(file, content)
    while written < len(content):  # a part was taken: that is no error
        written += disk.write(file, content[written:])
