"""Day files of NASDAQ: every message, and an error with its place where the file goes wrong."""

import gzip
from collections import Counter
from pathlib import Path

import pytest

from fairlead.gateways.errors import (
    InstrumentNotInferred,
    RecordingDamaged,
    RecordingError,
    RecordingUnreadable,
)
from fairlead.gateways.formats import FORMATS
from fairlead.gateways.itch.feed import midnight
from fairlead.gateways.itch.files import MessageFiles, told_day
from fairlead.gateways.itch.messages import decode, encode
from fairlead.gateways.recorded import FormatOptions
from fairlead.model.inputs import BookGap
from fairlead.model.units import InstrumentId
from tests.gateways.itch.venue import DATE, Venue
from tests.gateways.mutations import check_decoder

SAMPLE = "itch_bytes/tests/sample.itch"
DAY = FormatOptions(date="2024-06-13")


def prefixed(messages: list[bytes]) -> bytes:
    return b"".join(len(message).to_bytes(2, "big") + message for message in messages)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    venue = Venue(7)
    venue.go_on(500)
    path = tmp_path / "day.itch"
    path.write_bytes(prefixed(venue.sent))
    return path


def messages(path: Path) -> list[bytes]:
    return [message for _, message in MessageFiles([path], DATE)]


def test_every_message_is_read_with_the_time_the_venue_made_it(day: Path) -> None:
    venue = Venue(7)
    venue.go_on(500)
    read = list(MessageFiles([day], DATE))
    assert [message for _, message in read] == venue.sent
    assert read[0][0] == midnight(DATE) + 10**12 - 1
    assert [time for time, _ in read] == sorted(time for time, _ in read)


def test_a_compressed_file_and_one_with_the_mark_of_its_end_say_the_same(
    day: Path, tmp_path: Path
) -> None:
    packed, marked = tmp_path / "day.itch.gz", tmp_path / "marked.itch"
    packed.write_bytes(gzip.compress(day.read_bytes()))
    marked.write_bytes(day.read_bytes() + b"\0\0")
    assert messages(packed) == messages(marked) == messages(day)


def test_chunks_do_not_show(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = messages(day)
    for size in (1, 2, 3, 7, 50):
        monkeypatch.setattr("fairlead.gateways.itch.files._CHUNK", size)
        assert messages(day) == whole


@pytest.mark.parametrize("cut", [1, 2, 3, 10, 20])
def test_a_file_that_ends_in_the_middle_is_an_error_behind_the_whole_messages(
    day: Path, cut: int
) -> None:
    whole = messages(day)
    content = day.read_bytes()
    last = len(content) - len(whole[-1]) - 2
    day.write_bytes(content[: last + cut])
    read: list[bytes] = []
    with pytest.raises(RecordingDamaged, match=rf"day\.itch: byte {last}: .*, {cut} bytes of") as e:
        read.extend(message for _, message in MessageFiles([day], DATE))
    assert "all messages before it were read" in str(e.value)
    assert read == whole[:-1]


def test_bytes_behind_the_end_are_an_error(day: Path) -> None:
    length = day.stat().st_size
    day.write_bytes(day.read_bytes() + b"\0\0S")
    with pytest.raises(RecordingDamaged, match=rf"byte {length + 2}: bytes behind the mark"):
        messages(day)


def test_a_broken_compression_is_an_error(day: Path, tmp_path: Path) -> None:
    packed = tmp_path / "day.itch.gz"
    content = gzip.compress(day.read_bytes())
    packed.write_bytes(content[:-20])
    with pytest.raises(RecordingDamaged, match="the compressed file ends in the middle"):
        messages(packed)
    packed.write_bytes(content[:50] + b"\xff" * 20 + content[70:])
    with pytest.raises(RecordingDamaged, match="compression is broken"):
        messages(packed)
    with pytest.raises(RecordingUnreadable, match="No such file"):
        messages(tmp_path / "gone.itch")


def test_mutated_files_are_read_or_refused_with_their_place(day: Path, tmp_path: Path) -> None:
    path = tmp_path / "mutated.itch"

    def decode_file(content: bytes) -> None:
        path.write_bytes(content)
        for message in messages(path):
            decode(message)

    def decode_or_say_where(content: bytes) -> None:
        try:
            decode_file(content)
        except RecordingError as error:
            places.append(str(error))

    places: list[str] = []
    whole = prefixed(messages(day)[:40])
    checked = check_decoder(decode_or_say_where, [whole, whole[:1_000], b""])
    assert len(checked.rejected) + len(places) > 0
    assert all(place.startswith(f"{path}: byte ") for place in places)
    print(f"ITCH files: {checked}, {len(places)} damaged")  # noqa: T201 - the issue asks for it


# --- the format ---


def test_the_format_opens_all_instruments_of_the_directory(day: Path) -> None:
    opened = FORMATS["itch"].open([day], DAY)
    assert [one.symbol for one in opened.instruments] == [
        "AAPL.NASDAQ", "MSFT.NASDAQ", "ZVZZT.NASDAQ",
    ]  # fmt: skip
    inputs = [got for _, told in opened.events() for got in told]
    assert opened.counts.balanced
    assert opened.counts.frames == len(messages(day))
    found = Counter(type(got).__name__ for got in inputs)
    assert found == {**opened.counts.inputs, "BookOrders": 3}


def test_the_format_opens_what_is_asked_for_alone(day: Path) -> None:
    opened = FORMATS["itch"].open([day], FormatOptions(("MSFT.NASDAQ",), None, "2024-06-13"))
    assert [one.symbol for one in opened.instruments] == ["MSFT.NASDAQ"]
    list(opened.events())
    assert opened.counts.dropped["symbol_not_subscribed"] > 250
    assert opened.counts.balanced


def test_a_message_that_cannot_be_read_costs_its_book_there(tmp_path: Path) -> None:
    venue = Venue(7)
    venue.go_on(100)
    at = next(n for n, one in enumerate(venue.sent) if one[:1] == b"A" and one[2] == 1 and n > 50)
    spoiled = [*venue.sent[:at], venue.sent[at][:19] + b"?" + venue.sent[at][20:]]
    path = tmp_path / "day.itch"
    path.write_bytes(prefixed(spoiled))
    opened = FORMATS["itch"].open([path], DAY)
    *_, (_, told) = opened.events()
    assert told == [BookGap(InstrumentId(1), "a message of it could not be read")]
    assert opened.counts.dropped == {"malformed_side": 1}


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("01302019.NASDAQ_ITCH50.gz", 20190130),
        ("12302019.NASDAQ_ITCH50", 20191230),
        ("S081321-v50.txt.gz", 20210813),
    ],
)
def test_a_day_is_in_the_names_that_the_venue_gives(name: str, date: int) -> None:
    assert told_day(Path("folder") / name, None) == date
    assert told_day(Path("folder") / name, "2024-06-13") == 20240613


@pytest.mark.parametrize("date", [None, "13.6.2024", "tomorrow"])
def test_a_day_that_nobody_tells_is_asked_for(date: str | None) -> None:
    with pytest.raises(InstrumentNotInferred, match="expected --date yyyy-mm-dd"):
        told_day(Path("day.itch"), date)


@pytest.mark.parametrize("date", ["2024-13-01", "2024-02-30", "0000-01-01"])
def test_a_day_that_is_in_no_calendar_is_refused(day: Path, date: str) -> None:
    with pytest.raises(InstrumentNotInferred, match="is no day"):
        FORMATS["itch"].open([day], FormatOptions(date=date))


def test_a_file_without_symbols_asks_for_them(tmp_path: Path) -> None:
    path = tmp_path / "empty.itch"
    path.write_bytes(b"")
    with pytest.raises(InstrumentNotInferred, match="say which symbols are wanted"):
        FORMATS["itch"].open([path], DAY)


def test_the_sample_of_the_venue_is_read_to_its_torn_end(market_data: Path) -> None:
    path = market_data / SAMPLE
    opened = FORMATS["itch"].open([path], FormatOptions(date="2019-01-30"))
    with pytest.raises(RecordingDamaged, match=r"byte 4081: .* a message, 15 bytes of 41; all"):
        list(opened.events())
    assert opened.counts.frames == 101
    assert opened.counts.balanced
    assert opened.counts.inputs == {
        "SessionPhase": 1, "BookOrders": 98, "TradingStatus": 1, "ShortSaleRestriction": 1,
    }  # fmt: skip
    print(f"{path.name}: {opened.counts.frames} messages, {opened.counts.inputs}")  # noqa: T201
    content = path.read_bytes()
    read: list[bytes] = []
    with pytest.raises(RecordingDamaged):
        read.extend(message for _, message in MessageFiles([path], 20190130))
    assert prefixed([encode(decode(message)) for message in read]) == content[:4081]
