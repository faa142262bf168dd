"""Recorded files: read to the last record, or an error with its place."""

import gzip
from pathlib import Path

import pytest

from fairlead.gateways import recording
from fairlead.gateways.binance import BinanceFeed, Market
from fairlead.gateways.errors import BadLine, RecordingDamaged, RecordingError, RecordingUnreadable
from fairlead.gateways.recording import (
    EXAMPLES_MAX,
    RecordingCounts,
    read_recording,
    recorded_inputs,
)
from fairlead.model.units import Nanos
from tests.gateways.binance.venue import ETHUSDT, Venue, kinds

LINES = [b'1 {"a":1}\n', b'2 {"b":2}\n', b'3 {"c":"\xc3\xa9"}\n']
RECORDS = [(1, b'{"a":1}'), (2, b'{"b":2}'), (3, b'{"c":"\xc3\xa9"}')]


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def read_to_the_end(path: Path) -> tuple[list[tuple[Nanos, bytes]], str]:
    """Return the records, and why there were no more: empty at the end of a whole file."""
    got: list[tuple[Nanos, bytes]] = []
    try:
        got.extend(read_recording([path]))
    except RecordingDamaged as error:
        return got, str(error)
    return got, ""


@pytest.mark.parametrize("name", ["plain", "zipped.gz"])
def test_records_are_read_in_order(tmp_path: Path, name: str) -> None:
    assert list(read_recording([file(tmp_path, name, b"".join(LINES))])) == RECORDS


def test_files_are_joined_in_the_given_order(tmp_path: Path) -> None:
    second = file(tmp_path, "a.gz", LINES[2])
    first = file(tmp_path, "b", LINES[0] + LINES[1])
    assert list(read_recording([first, second])) == RECORDS


def test_a_compressed_file_needs_no_ending_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "day"
    path.write_bytes(gzip.compress(b"".join(LINES)))
    assert list(read_recording([path])) == RECORDS


@pytest.mark.parametrize("content", [b"", b'1 {"a":1}', b'1 {"a":1}\r\n'])
def test_the_last_line_needs_no_end(tmp_path: Path, content: bytes) -> None:
    assert list(read_recording([file(tmp_path, "day", content)])) == RECORDS[: bool(content)]


def test_a_missing_file_and_a_folder_are_unreadable(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnreadable, match="absent: No such file"):
        list(read_recording([tmp_path / "absent"]))
    with pytest.raises(RecordingUnreadable, match="Is a directory"):
        list(read_recording([tmp_path]))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"\n", "no receive time"),
        (b"garbage\n", "no receive time"),
        (b'{"a":1}\n', "no receive time"),
        (b'-5 {"a":1}\n', "no receive time"),
        (b'1.5 {"a":1}\n', "no receive time"),
        (b'9999999999999999999 {"a":1}\n', "no receive time"),
        (b'99999999999999999999 {"a":1}\n', "no receive time"),
        (b'12{"a":1}\n', "no receive time"),
        (b"12\n", "no JSON object"),
        (b"12 [1]\n", "no JSON object"),
        (b'12  {"a":1}\n', "no JSON object"),
        (b'12 {"a":"\xff"}\n', "not UTF-8 .* at byte 6"),
    ],
)
def test_a_garbage_line_is_an_error_with_its_place(
    tmp_path: Path, line: bytes, problem: str
) -> None:
    path = file(tmp_path, "day", LINES[0] + line + LINES[1])
    with pytest.raises(BadLine, match=f"day:2: {problem}.*expected 'receive_ns {{json}}'"):
        list(read_recording([path]))
    told: list[BadLine] = []
    assert list(read_recording([path], told.append)) == RECORDS[:2]
    assert len(told) == 1


def test_a_line_without_end_is_refused_in_bounded_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "LINE_BYTES_MAX", 20)
    long = b'5 {"a":"' + b"x" * 1_000 + b'"}\n'
    path = file(tmp_path, "day", LINES[0] + long + LINES[1])
    with pytest.raises(BadLine, match="day:2: a line of more than 20 bytes"):
        list(read_recording([path]))
    told: list[BadLine] = []
    assert list(read_recording([path], told.append)) == RECORDS[:2]
    assert len(told) == 1


def test_a_plain_file_cut_anywhere_gives_whole_records_or_an_error(tmp_path: Path) -> None:
    content = b"".join(LINES)
    for length in range(len(content)):
        cut = content[:length]
        got, problem = read_to_the_end(file(tmp_path, "day", cut))
        assert got == RECORDS[: len(got)]
        if cut == b"" or cut.endswith((b"}", b"}\n")):
            assert problem == ""
        else:
            assert problem.endswith("the file ends in the middle of a record")


def test_a_compressed_file_cut_anywhere_gives_the_records_before_it(tmp_path: Path) -> None:
    numbered = b"".join(b'%d {"n":%d}\n' % (n, n * n * 7919) for n in range(1, 2_000))
    whole = gzip.compress(numbered)
    path = tmp_path / "day.gz"
    reached = []
    for length in range(2, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        got, problem = read_to_the_end(path)
        assert f"day.gz:{len(got)}: the compressed file ends in the middle" in problem
        assert [time for time, _ in got] == list(range(1, len(got) + 1))
        reached.append(len(got))
    assert reached == sorted(reached)
    assert reached[-1] > 1_000


def test_broken_compression_is_an_error_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "day.gz"
    path.write_bytes(b"1 {}\n")
    with pytest.raises(RecordingDamaged, match=r"day\.gz:0: compression is broken"):
        list(read_recording([path]))
    damaged = bytearray(gzip.compress(b"".join(b'%d {"n":%d}\n' % (n, n * n) for n in range(999))))
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(RecordingError):
        list(read_recording([path]))


def write_session(path: Path, venue: Venue, times: list[int]) -> list[bytes]:
    frames = [venue.snapshot(), *[venue.depth() for _ in times[1:]]]
    lines = [b"%d %s\n" % (time, frame) for time, frame in zip(times, frames, strict=True)]
    path.write_bytes(b"".join(lines))
    return frames


def test_recorded_inputs_come_with_their_receive_times(tmp_path: Path) -> None:
    path = tmp_path / "day"
    write_session(path, Venue(Market.SPOT, 1), [10, 20, 15, 30])
    counts = RecordingCounts()
    got = list(recorded_inputs([path], BinanceFeed(ETHUSDT, Market.SPOT), counts))
    assert [(time, kinds(inputs)) for time, inputs in got] == [
        (10, ["BookSnapshot"]),
        (20, ["BookChange"]),
        (15, ["BookChange"]),
        (30, ["BookChange"]),
    ]
    assert (counts.records, counts.times_backwards) == (4, 1)
    assert (counts.first_time, counts.last_time) == (10, 30)


def test_malformed_frames_are_counted_with_their_place_and_do_not_end_a_recording(
    tmp_path: Path,
) -> None:
    path = tmp_path / "day"
    venue = Venue(Market.SPOT, 1)
    bad = [b'%d {"e":}\n' % time for time in range(1, 8)] + [b'8 {"e":"trade"}\n']
    path.write_bytes(b"".join(bad) + b"9 " + venue.snapshot() + b"\n")
    counts = RecordingCounts()
    feed = BinanceFeed(ETHUSDT, Market.SPOT)
    [(time, inputs)] = list(recorded_inputs([path], feed, counts))
    assert (time, kinds(inputs)) == (9, ["BookSnapshot"])
    assert counts.malformed == {"json": 7, "fields": 1}
    assert feed.counts.dropped == {"malformed_json": 7, "malformed_fields": 1}
    assert len(counts.malformed_examples) == EXAMPLES_MAX
    assert counts.malformed_examples[1].startswith(f"{path}:2: malformed frame: ")


def test_a_receive_time_that_leaps_is_refused_with_its_place(tmp_path: Path) -> None:
    """A recorder's clock that was set wrong must not make a session live through years."""
    path = tmp_path / "leap.txt"
    year = 365 * 86_400 * 10**9
    path.write_text("1000000000000000000 {}\n" + f"{10**18 + year} {{}}\n")
    with pytest.raises(BadLine, match=r"leap.txt:2: a receive time 365 days after"):
        list(read_recording([path]))
    path.write_text("9223372036854775807 {}\n")
    with pytest.raises(BadLine, match="no receive time"):
        list(read_recording([path]))
