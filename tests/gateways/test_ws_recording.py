"""Recorded connections: what came, in the order of its times, with its place."""

import gzip
from pathlib import Path

import pytest

from fairlead.gateways.errors import BadLine, RecordingDamaged, RecordingUnreadable
from fairlead.gateways.recording import LINE_BYTES_MAX
from fairlead.gateways.ws_recording import WsRecording

SOCKET = b"""wss://ws.okx.com:8443/ws/v5/public <-> 1652459224.5300605
wss://ws.okx.com:8443/ws/v5/public <- 1652459225.2987883: {"op":"subscribe"}
1652459225.5037491: {"event":"subscribe"}
1652459226: [1,"a: b"]

1652459227.5: pong
configuration: {"trades":[]}
"""
DEPTH = b"https://api.binance.com/api/v3/depth?symbol=NKNUSDT&limit=1000"


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_what_came_is_told_with_its_time_and_what_was_said_is_not(tmp_path: Path) -> None:
    recording = WsRecording([written(tmp_path / "a", SOCKET)])
    assert recording.urls() == ["wss://ws.okx.com:8443/ws/v5/public"]
    assert list(recording) == [
        (1_652_459_225_503_749_100, b'{"event":"subscribe"}'),
        (1_652_459_226_000_000_000, b'[1,"a: b"]'),
        (1_652_459_227_500_000_000, b"pong"),
    ]


def test_a_compressed_file_says_the_same(tmp_path: Path) -> None:
    plain = WsRecording([written(tmp_path / "a", SOCKET)])
    packed = WsRecording([written(tmp_path / "a.gz", gzip.compress(SOCKET))])
    assert list(plain) == list(packed)


def test_several_files_are_put_in_the_order_of_their_times(tmp_path: Path) -> None:
    files = [
        written(tmp_path / "a", b"1600000001: A\n1600000003: C\n"),
        written(tmp_path / "b", b"1600000002: B\n1600000003: D\n"),
    ]
    recording = WsRecording(files)
    placed = [(frame, recording.place.rpartition("/")[2]) for _, frame in recording]
    assert placed == [(b"A", "a:1"), (b"B", "b:1"), (b"C", "a:2"), (b"D", "b:2")]


def test_the_answer_to_a_request_for_a_book_says_whose_it_is(tmp_path: Path) -> None:
    lines = DEPTH + b' -> 1633998512.320639: {"lastUpdateId":1}\n'
    lines += b'https://api.kraken.com/0/public/AssetPairs -> 1633998513.5: {"result":{}}\n'
    assert [frame for _, frame in WsRecording([written(tmp_path / "a", lines)])] == [
        b'{"stream":"nknusdt@depthSnapshot","data":{"lastUpdateId":1}}',
        b'{"result":{}}',
    ]


def test_lines_of_our_own_recorder_are_taken_and_its_marks_have_no_frame(tmp_path: Path) -> None:
    lines = b"""1652459225503749100 {"event":"subscribe"}
1652459225503749101 {"fairlead":"connected"}
1652459225503749102 {"fairlead":"frame","base64":"cG9uZw=="}
1652459225503749103 {"fairlead":"frame","base64":5}
"""
    assert list(WsRecording([written(tmp_path / "a", lines)])) == [
        (1_652_459_225_503_749_100, b'{"event":"subscribe"}'),
        (1_652_459_225_503_749_102, b"pong"),
    ]


@pytest.mark.parametrize(
    "line",
    [b"garbage", b"1600000001.5", b"1600000001.x: {}", b"16: {}", b"9" * 30 + b": {}", b": {}"],
)
def test_a_line_that_is_no_record_is_told_with_its_place_or_passed_over(
    tmp_path: Path, line: bytes
) -> None:
    path = written(tmp_path / "a", b"1600000001: A\n" + line + b"\n1600000003: C\n")
    with pytest.raises(BadLine, match=r"a:2: "):
        list(WsRecording([path]))
    told: list[BadLine] = []
    assert [frame for _, frame in WsRecording([path], told.append)] == [b"A", b"C"]
    assert len(told) == 1


def test_a_file_that_ends_in_the_middle_or_is_not_there_is_an_error(tmp_path: Path) -> None:
    cut = written(tmp_path / "a.gz", gzip.compress(SOCKET * 100)[:-40])
    with pytest.raises(
        RecordingDamaged, match=r"a\.gz:\d+: the compressed file ends in the middle"
    ):
        list(WsRecording([cut]))
    with pytest.raises(RecordingUnreadable, match="No such file"):
        list(WsRecording([tmp_path / "b"]))
    long = written(tmp_path / "c", b"1600000001: " + b"x" * LINE_BYTES_MAX)
    with pytest.raises(RecordingDamaged, match="c:1: a line of more than 32000000 bytes"):
        list(WsRecording([long]))
