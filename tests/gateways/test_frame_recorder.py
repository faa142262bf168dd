"""Recording is exact, bounded, and never in the way."""

import errno
import gzip
import io
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from fairlead.gateways.frame_recorder import FREE_BYTES_MIN, FrameRecorder, RecorderTerms
from fairlead.gateways.recording import Recording, read_recording
from fairlead.model.units import NANOS_PER_SECOND, Nanos

NOON = Nanos(1_700_000_000 * NANOS_PER_SECOND)


class MemoryDisk:
    """A disk in memory that fills up, or stands still, when a test says so."""

    def __init__(self, room: int = 1 << 40, failing_after: int = 1 << 40) -> None:
        self.room = room
        self.moving = threading.Event()
        self.moving.set()
        self.failing_after = failing_after
        self.files: dict[Path, io.BytesIO] = {}

    def create(self, path: Path) -> BinaryIO:
        assert self.moving.wait(20)
        self.files[path] = _Failing(self)
        return self.files[path]

    def free(self, directory: Path) -> int:
        return self.room


class _Failing(io.BytesIO):
    def __init__(self, disk: MemoryDisk) -> None:
        super().__init__()
        self._disk = disk

    def write(self, content: object) -> int:
        self._disk.failing_after -= len(bytes(content))  # type: ignore[call-overload]
        if self._disk.failing_after < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(content)  # type: ignore[arg-type]

    def close(self) -> None:
        """Stay readable."""


def record(recorder: FrameRecorder, frames: list[bytes], step: int = 1_000) -> None:
    for n, frame in enumerate(frames):
        recorder.frame(frame, Nanos(NOON + n * step))
    recorder.close()


def test_frames_come_back_with_their_times(tmp_path: Path) -> None:
    frames = [b'{"n":%d,"text":"\xc3\xa4"}' % n for n in range(100)]
    recorder = FrameRecorder(tmp_path, "venue-ONE", pytest.fail)
    record(recorder, frames)
    assert list(read_recording(recorder.files)) == [
        (NOON + n * 1_000, frame) for n, frame in enumerate(frames)
    ]
    assert recorder.files == [tmp_path / "venue-ONE-20231114T221320Z-000.jsonl.gz"]


def test_what_is_no_object_in_a_line_is_kept_and_passed_over(tmp_path: Path) -> None:
    recorder = FrameRecorder(tmp_path, "x", pytest.fail)
    recorder.mark("connected", "", NOON)
    frames = [b"pong", b'{"a":1,\r\n "b":2}\n', b"\xff\xfe", b"[1]", b'{"fairlead":"forged"}', b""]
    record(recorder, frames)
    assert [text for _, text in read_recording(recorder.files)] == [b'{"a":1,   "b":2}']
    marks = [text for _, text in Recording(recorder.files, with_marks=True)]
    assert len(marks) == 7
    assert marks[0] == b'{"fairlead":"connected","reason":""}'
    assert b"forged" not in b"".join(marks)


def test_files_are_rotated_by_size_and_by_time(tmp_path: Path) -> None:
    terms = RecorderTerms(file_bytes_max=100, file_span_max=Nanos(10**12), free_bytes_min=0)
    recorder = FrameRecorder(tmp_path / "size", "x", pytest.fail, terms)
    record(recorder, [b'{"n":%03d}' % n for n in range(100)])
    assert len(recorder.files) == 25
    assert len(list(read_recording(recorder.files))) == 100
    terms = RecorderTerms(file_bytes_max=10**9, file_span_max=Nanos(10_000), free_bytes_min=0)
    recorder = FrameRecorder(tmp_path / "time", "x", pytest.fail, terms)
    record(recorder, [b'{"n":%03d}' % n for n in range(100)])
    assert len(recorder.files) == 10
    assert sorted(recorder.files) == recorder.files


def test_a_full_disk_ends_the_recording_and_is_told_once() -> None:
    disk = MemoryDisk(failing_after=200)
    told: list[str] = []
    terms = RecorderTerms(file_bytes_max=50)
    recorder = FrameRecorder(Path("nowhere"), "x", told.append, terms, disk)
    record(recorder, [b'{"n":%d}' % n for n in range(1_000)])
    recorder.frame(b"{}", NOON)
    (warning,) = told
    assert "No space left on device" in warning
    assert "trading goes on" in warning
    assert recorder.problem


def test_what_the_journal_needs_is_left_to_it() -> None:
    disk = MemoryDisk(room=FREE_BYTES_MIN - 1)
    told: list[str] = []
    recorder = FrameRecorder(Path("nowhere"), "x", told.append, disk=disk)
    record(recorder, [b"{}"])
    assert "are to be left" in told[0]
    assert disk.files == {}


def test_a_disk_that_stands_still_costs_frames_and_no_memory() -> None:
    disk = MemoryDisk()
    disk.moving.clear()
    terms = RecorderTerms(waiting_bytes_max=10_000)
    recorder = FrameRecorder(Path("nowhere"), "x", pytest.fail, terms, disk)
    for n in range(10_000):
        recorder.frame(b'{"n":%d}' % n, NOON)
    assert recorder.lost > 8_000
    lost = recorder.lost
    disk.moving.set()
    recorder.close()
    assert recorder.frames + lost == 10_000


def test_a_killed_process_leaves_all_that_was_flushed(tmp_path: Path) -> None:
    recorder = FrameRecorder(tmp_path, "x", pytest.fail)
    record(recorder, [b'{"n":%d}' % n for n in range(500)])
    (path,) = recorder.files
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])  # as without the end that closing writes
    with pytest.raises(Exception, match="all lines up to here were read"):
        list(read_recording([path]))
    assert len(gzip.decompress(whole).splitlines()) == 500
