"""Formats told from the beginnings of files; what is not clear is asked for."""

import gzip
from pathlib import Path

import pytest

from fairlead.gateways import format_guess as guessing
from fairlead.gateways.errors import FormatUnknown, RecordingUnreadable
from fairlead.gateways.format_guess import guess_format

BEGINNINGS = [
    ("day.gz", gzip.compress(b'1723161255088165267 {"stream":"ethusdt@trade"}\n'), "binance-raw"),
    ("day.txt", b'1723161255088165267 {"u":1}\n', "binance-raw"),
    ("okx.txt", b'1638368461.123456: {"arg":{}}\n', "ws-recording"),
    ("day.pcap", b"\xd4\xc3\xb2\xa1" + bytes(20), "itch-pcap"),
    ("day.pcapng", b"\x0a\x0d\x0d\x0a" + bytes(20), "itch-pcap"),
    ("S010203", b"\x00\x0cS" + bytes(11), "itch"),
    ("a.dbn", b"DBN\x01", "databento"),
    ("a.dbn.zst", b"\x28\xb5\x2f\xfd" + bytes(9), "databento"),
    ("a.csv", b"ts_recv,ts_event,rtype\n1,2,3\n", "databento"),
    ("AMZN_2012-06-21_34200000_57600000_message_10.csv", b"34200.01,1,2,3,4,1\n", "lobster"),
]


@pytest.fixture(autouse=True)
def _all_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "FORMATS", {name: None for _, _, name in BEGINNINGS})


@pytest.mark.parametrize(
    ("name", "content", "expected"), BEGINNINGS, ids=lambda each: str(each)[:9]
)
def test_a_format_is_told_from_how_a_file_begins(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert guess_format([tmp_path / name]) == expected


@pytest.mark.parametrize("content", [b"", b"garbage\n", b"1,2,3\n", b"\x00" * 50])
def test_what_is_not_clear_is_asked_for_with_all_formats(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "day"
    path.write_bytes(content)
    with pytest.raises(FormatUnknown, match=r"day: what it is in is not clear, say --format \S+"):
        guess_format([path])


def test_files_of_several_formats_are_told_apart(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(BEGINNINGS[0][1])
    second.write_bytes(b"DBN\x01")
    with pytest.raises(FormatUnknown, match=r"a is binance-raw, b is databento"):
        guess_format([first, second])


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnreadable, match="absent: No such file"):
        guess_format([tmp_path / "absent"])
    broken = tmp_path / "broken.gz"
    broken.write_bytes(b"\x1f\x8b\xff\xff\xff")
    with pytest.raises(RecordingUnreadable, match="compression is broken"):
        guess_format([broken])
