"""The disk of this machine does what the port says."""

import os
from pathlib import Path

import pytest

from fairlead.journal.disk import Disk, RealDisk, write_all

DISK: Disk = RealDisk()


def written(path: Path, content: bytes) -> Path:
    """Make a file with this content."""
    file = DISK.create(path)
    write_all(DISK, file, content)
    DISK.sync(file)
    DISK.close(file)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "one", b"content")
    assert DISK.read(path) == b"content"
    assert DISK.read_part(path, 3, 2) == b"te"
    assert DISK.read_part(path, 5, 100) == b"nt"
    assert DISK.read_part(path, 7, 100) == b""
    assert DISK.stamp(path)[0] == 7


def test_a_file_is_made_once(tmp_path: Path) -> None:
    path = written(tmp_path / "one", b"content")
    with pytest.raises(FileExistsError):
        DISK.create(path)
    with pytest.raises(FileNotFoundError):
        DISK.open(tmp_path / "another")


def test_what_is_written_goes_to_the_end_of_what_was_cut(tmp_path: Path) -> None:
    path = written(tmp_path / "one", b"content")
    file = DISK.open(path)
    DISK.truncate(file, 3)
    write_all(DISK, file, b"trol")
    DISK.close(file)
    assert DISK.read(path) == b"control"


def test_a_name_is_given_and_taken(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    DISK.make_directory(directory)
    DISK.make_directory(directory)
    written(directory / "two", b"2")
    written(directory / "one", b"1")
    assert DISK.names(directory) == ["one", "two"]
    DISK.rename(directory / "two", directory / "one")
    DISK.sync_directory(directory)
    assert DISK.names(directory) == ["one"]
    assert DISK.read(directory / "one") == b"2"
    DISK.remove(directory / "one")
    assert DISK.names(directory) == []


def test_the_free_space_is_what_we_may_write(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    assert 0 < DISK.free_bytes(tmp_path) <= found.f_bfree * found.f_frsize


def test_no_file_stays_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    path = written(tmp_path / "one", b"content")
    DISK.read(path)
    DISK.read_part(path, 0, 3)
    DISK.sync_directory(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before
