"""Files that people research with: plain, gzip, zip or zstd, as lines or bytes, read as a stream.

What cannot be opened or ends in the middle is a `RecordingError` with its place. What a line says
is for others.
"""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from fairlead.gateways.errors import ExtraMissing, RecordingDamaged, RecordingUnreadable

LINE_BYTES_MAX: Final = 100_000  # a book of 500 levels a side has 20,000; a longer line is no text
_MAGIC_BYTES: Final = 4
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each line of a file with its number from 1, without its end; empty lines too.

    Of a line that is too long comes the first part. Raises `RecordingError`.
    """
    with opened(path) as file, _reading(path):
        number = 0
        while line := file.readline(LINE_BYTES_MAX + 1):
            number += 1
            yield number, line.rstrip(b"\r\n")
            while not line.endswith(b"\n") and (line := file.readline(LINE_BYTES_MAX + 1)):
                pass


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, decompressed by what its first bytes say. Raises `RecordingError`.

    A zip has one file in it: that is what is read.
    """
    try:
        with path.open("rb") as raw:
            magic = raw.read(_MAGIC_BYTES)
            raw.seek(0)
            with _reading(path), _decompressed(path, raw, magic) as file:
                yield file
    except OSError as error:
        raise RecordingUnreadable(f"{path}: {error.strerror or error}") from error


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what decompression raises into what is wrong with the file."""
    try:
        yield
    except EOFError as error:
        raise RecordingDamaged(f"{path}: the compressed file ends in the middle") from error
    except (zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, NotImplementedError) as error:
        raise RecordingDamaged(f"{path}: compression is broken: {error}") from error
    except RuntimeError as error:  # how zipfile says that a file is encrypted
        raise RecordingUnreadable(f"{path}: {error}") from error


@contextmanager
def _decompressed(path: Path, raw: BinaryIO, magic: bytes) -> Iterator[BinaryIO]:
    if magic.startswith(_GZIP):
        with gzip.open(raw) as file:
            yield cast(BinaryIO, file)
    elif magic == _ZIP:
        with zipfile.ZipFile(raw) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise RecordingUnreadable(f"{path}: {len(names)} files in the zip, expected one")
            with archive.open(names[0]) as member:
                yield cast(BinaryIO, member)
    elif magic == _ZSTD:
        yield cast(BinaryIO, _Zstandard(path, raw))
    else:
        yield raw


class _Zstandard:
    """A zstd stream of one or more frames, which knows an end in the middle from a whole one."""

    def __init__(self, path: Path, raw: BinaryIO) -> None:
        self._library = _library()
        self._path = path
        self._raw = raw
        self._inside: Any = None  # the frame that is read
        self._ready = bytearray()

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, fewer at the end; all that are left where `size` is negative."""
        while (size < 0 or len(self._ready) < size) and self._fill():
            pass
        return self._take(len(self._ready) if size < 0 else size)

    def readline(self, limit: int) -> bytes:
        """Return the next line, or as much of it as `limit` allows; empty at the end."""
        searched = 0
        while True:
            end = self._ready.find(b"\n", searched)
            if end >= 0:
                return self._take(min(end + 1, limit))
            searched = len(self._ready)
            if searched >= limit or not self._fill():
                return self._take(limit)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def _fill(self) -> bool:
        """Decompress some more; False at the end of the file."""
        compressed = self._raw.read(65_536)
        if not compressed:
            if self._inside is not None:
                raise RecordingDamaged(f"{self._path}: the compressed file ends in the middle")
            return False
        try:
            while compressed:
                if self._inside is None:
                    self._inside = self._library.ZstdDecompressor().decompressobj()
                self._ready += self._inside.decompress(compressed)
                compressed = b""
                if self._inside.eof:
                    compressed, self._inside = self._inside.unused_data, None
        except self._library.ZstdError as error:
            raise RecordingDamaged(f"{self._path}: compression is broken: {error}") from error
        return True


def _library() -> Any:
    try:
        import zstandard
    except ImportError as error:
        raise ExtraMissing(
            "files that are compressed with zstd need the library zstandard:"
            " pip install 'fairlead[research]'"
        ) from error
    return zstandard
