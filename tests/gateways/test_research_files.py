"""Files as lines: every compression, long lines, and ends in the middle."""

import gzip
import zipfile
from pathlib import Path

import pytest

from fairlead.gateways.errors import RecordingDamaged, RecordingUnreadable
from fairlead.gateways.research_files import LINE_BYTES_MAX, lines, opened

zstandard = pytest.importorskip("zstandard", reason="the extra research is not installed")

TEXT = b"one\ntwo\r\n\nfour"
LINES = [(1, b"one"), (2, b"two"), (3, b""), (4, b"four")]
# Enough for several reads, and not to be compressed to nothing.
LONG = b"".join(b"%d,%d\n" % (number, number * 7919 % 104729) for number in range(60_000))


def packed(name: str, text: bytes) -> bytes:
    """Return the text as the compression of that name has it."""
    if name == "gzip":
        return gzip.compress(text)
    if name == "zstd":
        half = len(text) // 2  # in two frames, as live recordings are
        compressor = zstandard.ZstdCompressor(write_checksum=True)
        return b"".join(compressor.compress(part) for part in (text[:half], text[half:]))
    return text


@pytest.mark.parametrize("name", ["plain", "gzip", "zstd"])
def test_a_file_is_read_by_what_it_is_and_not_by_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(packed(name, TEXT))
    assert list(lines(path)) == LINES
    path.write_bytes(packed(name, LONG))
    assert b"\n".join(line for _, line in lines(path)) + b"\n" == LONG
    with opened(path) as file:
        assert b"".join((file.read(1_000), file.read(70_000), file.read())) == LONG


def test_a_zip_has_one_file(tmp_path: Path) -> None:
    path = tmp_path / "one.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.csv", TEXT)
    assert list(lines(path)) == LINES
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("two.csv", TEXT)
    with pytest.raises(RecordingUnreadable, match="2 files in the zip, expected one"):
        list(lines(path))


@pytest.mark.parametrize("name", ["gzip", "zstd"])
@pytest.mark.parametrize("part", [5, 50, 5_000, -1])
def test_a_compressed_file_that_ends_in_the_middle_is_damaged(
    name: str, part: int, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(packed(name, LONG)[:part])
    with pytest.raises(RecordingDamaged, match=r"ends in the middle|is broken"):
        list(lines(path))


@pytest.mark.parametrize("name", ["gzip", "zstd", "zip"])
def test_broken_compression_is_told_with_the_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    if name == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("one.csv", LONG)
        whole = bytearray(path.read_bytes())
    else:
        whole = bytearray(packed(name, LONG))
    whole[1_000:1_100] = bytes(100)
    path.write_bytes(whole)
    with pytest.raises(RecordingDamaged, match=f"{path}: compression is broken"):
        list(lines(path))


def test_a_line_without_end_stays_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (3 * LINE_BYTES_MAX) + b"\nnext\n")
    first, second = lines(path)
    assert first == (1, b"x" * (LINE_BYTES_MAX + 1))
    assert second == (2, b"next")


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnreadable, match="No such file"):
        list(lines(tmp_path / "none"))
    with pytest.raises(RecordingUnreadable, match="directory"):
        list(lines(tmp_path))


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    assert list(lines(path)) == []
