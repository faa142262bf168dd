"""What came over a line, as it came, with the time: files that the file formats read again.

A line for each frame, `receive_ns {json}`, in compressed files of bounded size and time. What is no
frame of the venue is a *mark* of ours, `receive_ns {"fairlead":...}`: that the line was connected,
was lost, was found silent, and frames that are no JSON object. Who reads frames passes over marks;
who wants to live through it again (`line_recording.py`) has all that the feed was told.

Recording is never in the way. A thread of its own writes; frames that it cannot keep up with are
left out, counted, and marked; a disk that is full, or that the journal soon needs, ends it, and it
says so once.
"""

import base64
import gzip
import os
import threading
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol

import msgspec

from fairlead.gateways.recording import LINE_BYTES_MAX, MARK
from fairlead.model.units import NANOS_PER_SECOND, Nanos

FILE_BYTES_MAX: Final = 512 * 1024 * 1024  # before compression: some 40 MB after it
FILE_SPAN_MAX: Final = Nanos(3600 * NANOS_PER_SECOND)
WAITING_BYTES_MAX: Final = 64 * 1024 * 1024  # a disk may stand still for a while, not for ever
FREE_BYTES_MIN: Final = 2 * 1024 * 1024 * 1024  # what is left to the journal on a shared disk
FLUSH_SECONDS: Final = 1  # so much may be lost when the process is killed
_BATCH_BYTES: Final = 4 * 1024 * 1024  # so much is written at once, before its second is over
_LEVEL: Final = 6
_SPACE_EVERY: Final = 16 * 1024 * 1024  # bytes between two looks at the free space


class RecorderTerms(NamedTuple):
    """How large files become, and what is left of the disk."""

    file_bytes_max: int = FILE_BYTES_MAX
    file_span_max: Nanos = FILE_SPAN_MAX
    waiting_bytes_max: int = WAITING_BYTES_MAX
    free_bytes_min: int = FREE_BYTES_MIN


class Disk(Protocol):
    """The little that is needed of one. Raises `OSError`."""

    def create(self, path: Path) -> BinaryIO:
        """Open a file that is not there yet, for writing."""

    def free(self, directory: Path) -> int:
        """Return how many bytes there is room for."""


class MachineDisk:
    """The disk of this machine."""

    def create(self, path: Path) -> BinaryIO:
        """Open a file that is not there yet, for writing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")

    def free(self, directory: Path) -> int:
        """Return how many bytes there is room for."""
        found = os.statvfs(directory)
        return found.f_bavail * found.f_frsize


class FrameRecorder:
    """Records one line below a directory. `frame` and `mark` return at once."""

    def __init__(
        self,
        directory: Path,
        name: str,
        warn: Callable[[str], None],
        terms: RecorderTerms | None = None,
        disk: Disk | None = None,
    ) -> None:
        """Take where files are made, how their names begin, and who hears that it is over."""
        self.frames = 0  # written, and marks with them
        self.lost = 0  # left out: the disk was too slow
        self.bytes = 0  # before compression
        self.files: list[Path] = []
        self.problem = ""  # why nothing is recorded any more
        self._directory = directory
        self._name = name
        self._warn = warn
        self._terms = terms or RecorderTerms()
        self._disk = disk or MachineDisk()
        self._waiting: deque[tuple[Nanos, bytes]] = deque()
        self._waiting_bytes = 0
        self._newly_lost = 0
        self._closing = False
        self._changed = threading.Condition()
        self._file: _File | None = None
        self._thread = threading.Thread(target=self._run, name="frame recorder", daemon=True)
        self._thread.start()

    def frame(self, frame: bytes, time: Nanos) -> None:
        """Keep a frame; what is no JSON object in one line is kept as a mark that holds it."""
        self._put(time, _line(frame))

    def mark(self, what: str, reason: str, time: Nanos) -> None:
        """Keep what happened to the connection, which no frame says."""
        self._put(time, _mark({"fairlead": what, "reason": reason}))

    def close(self) -> None:
        """Write what waits, and end the file."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _put(self, time: Nanos, text: bytes) -> None:
        with self._changed:
            if self.problem or self._closing:
                return
            if self._waiting_bytes + len(text) > self._terms.waiting_bytes_max:
                self.lost += 1
                self._newly_lost += 1
                return
            if self._newly_lost:
                lost, self._newly_lost = self._newly_lost, 0
                self._add(time, _mark({"fairlead": "lost", "frames": lost}))
            self._add(time, text)
            if self._waiting_bytes >= _BATCH_BYTES:
                self._changed.notify_all()

    def _add(self, time: Nanos, text: bytes) -> None:
        self._waiting.append((time, text))
        self._waiting_bytes += len(text)

    # --- the thread that writes -------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._write_some():
                pass
            if self._file is not None:
                self._file.close()
        except OSError as error:
            self._end(f"{self._directory}: {error.strerror or error}")

    def _write_some(self) -> bool:
        """Write what waits. Return whether there is more to come."""
        with self._changed:
            self._changed.wait_for(self._worth_waking, FLUSH_SECONDS)
            waiting, self._waiting = self._waiting, deque()
            self._waiting_bytes = 0
            closing = self._closing
        for time, text in waiting:
            self._write(time, text)
        if self._file is not None:
            self._file.flush()
        return not closing

    def _worth_waking(self) -> bool:
        return self._closing or self._waiting_bytes >= _BATCH_BYTES

    def _write(self, time: Nanos, text: bytes) -> None:
        file = self._file
        if file is None or file.is_over(time, self._terms):
            file = self._next_file(time)
        self.bytes += file.write(time, text)
        self.frames += 1
        if file.since_look >= _SPACE_EVERY:
            file.since_look = 0
            self._look_for_space()

    def _next_file(self, time: Nanos) -> "_File":
        if self._file is not None:
            self._file.close()
            self._file = None
        self._directory.mkdir(parents=True, exist_ok=True)
        self._look_for_space()
        stamp = datetime.fromtimestamp(time // NANOS_PER_SECOND, UTC).strftime("%Y%m%dT%H%M%SZ")
        path = self._free_path(f"{self._name}-{stamp}")
        self._file = _File(self._disk.create(path), time)
        self.files.append(path)
        return self._file

    def _free_path(self, stem: str) -> Path:
        """Return a path where nothing is: two files may begin in one second."""
        number = 0
        while (path := self._directory / f"{stem}-{number:03d}.jsonl.gz").exists():
            number += 1
        return path

    def _look_for_space(self) -> None:
        """Raise `OSError` where the disk is needed for something else."""
        free = self._disk.free(self._directory)
        if free < self._terms.free_bytes_min:
            found = f"{free:,} bytes are free, {self._terms.free_bytes_min:,} are to be left"
            raise OSError(0, found)

    def _end(self, problem: str) -> None:
        with self._changed:
            self.problem = problem
            self.lost += len(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
        if self._file is not None:
            self._file.abandon()
        self._warn(f"market data is not recorded any more: {problem}; trading goes on")


class _File:
    """One compressed file."""

    def __init__(self, raw: BinaryIO, time: Nanos) -> None:
        self.since_look = 0
        self._raw = raw
        self._packed = gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0)
        self._began = time
        self._bytes = 0
        self._unflushed = False

    def is_over(self, time: Nanos, terms: RecorderTerms) -> bool:
        return self._bytes >= terms.file_bytes_max or time - self._began >= terms.file_span_max

    def write(self, time: Nanos, text: bytes) -> int:
        line = b"%d %b\n" % (time, text)
        self._packed.write(line)
        self._bytes += len(line)
        self.since_look += len(line)
        self._unflushed = True
        return len(line)

    def flush(self) -> None:
        if self._unflushed:
            self._packed.flush(zlib.Z_SYNC_FLUSH)
            self._raw.flush()
            self._unflushed = False

    def close(self) -> None:
        try:
            self._packed.close()
        finally:
            self._raw.close()

    def abandon(self) -> None:
        """Give the file back without a word more: what it has was flushed, or is lost."""
        with suppress(OSError):
            self.close()


def _line(frame: bytes) -> bytes:
    """Return a frame as the text of a line, whole and unchanged but for its line breaks."""
    text = frame.strip()
    if b"\n" in text or b"\r" in text:
        text = text.replace(b"\n", b" ").replace(b"\r", b" ")  # white space between JSON's words
    if _is_object(text):
        return text
    return _mark({"fairlead": "frame", "base64": base64.b64encode(frame).decode()})


def _is_object(text: bytes) -> bool:
    if not (text.startswith(b"{") and text.endswith(b"}")) or text.startswith(MARK):
        return False
    if len(text) > LINE_BYTES_MAX // 2:
        return False
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mark(content: dict[str, str | int]) -> bytes:
    return msgspec.json.encode(content)
