"""Text of venues, read without losing a digit, and refused in few words."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.errors import MalformedFrame, MalformedNumber
from fairlead.gateways.json_frames import (
    checked_milliseconds,
    decode,
    iso_time,
    milliseconds,
    only,
    plain,
    seconds,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (b"0.0015", "0.0015"),
        (b"4714.0", "4714.0"),
        (b"12", "12"),
        (b"5.0e-5", "0.000050"),
        (b"5e-05", "0.00005"),
        (b"1.25E3", "1250"),
        (b"1.25e1", "12.5"),
        (b"7e0", "7"),
        (b"123.45e-1", "12.345"),
    ],
)
def test_a_json_number_is_decimal_text_of_the_same_digits(number: bytes, text: str) -> None:
    assert plain(msgspec.Raw(number)) == text


@pytest.mark.parametrize(
    "number", [b"-1", b"null", b'"1"', b"1e999", b"1e-21", b"[1]", b"", b"9" * 41, b"\xff"]
)
def test_what_is_no_number_from_0_up_is_refused(number: bytes) -> None:
    with pytest.raises(MalformedNumber, match="is not a decimal number from 0 up"):
        plain(msgspec.Raw(number))


@given(st.integers(0, 10**12), st.integers(-12, 12))
def test_an_exponent_moves_the_point_and_nothing_else(digits: int, exponent: int) -> None:
    text = plain(msgspec.Raw(f"{digits}e{exponent}".encode()))
    whole, _, fraction = text.partition(".")
    assert int(whole + fraction) * 10 ** (12 - len(fraction)) == digits * 10 ** (12 + exponent)


def test_times_are_whole_nanoseconds() -> None:
    assert milliseconds("1652459225393") == 1_652_459_225_393_000_000
    assert seconds("1618678142.557535") == 1_618_678_142_557_535_000
    assert seconds("7") == 7_000_000_000
    assert iso_time("1970-01-01T00:00:01Z") == 1_000_000_000
    assert iso_time("2021-04-17T16:43:30.244075Z") == 1_618_677_810_244_075_000


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "9" * 17, "٣"])
def test_milliseconds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(MalformedFrame, match="no milliseconds since the epoch"):
        milliseconds(text)
    with pytest.raises(MalformedFrame, match="no milliseconds"):
        checked_milliseconds(-1)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.", "9" * 13, "999999999999", "1.0000000001"])
def test_seconds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(MalformedFrame, match="no seconds since the epoch"):
        seconds(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "2021-04-17", "2021-04-17T16:43:30", "2021-13-17T16:43:30Z"),
        *("2021-04-17T16:43:30.1234567890Z", "2021-04-17T16:43:30.xZ", "9999-04-17T16:43:30Z"),
        "1969-04-17T16:43:30Z",
    ],
)
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(MalformedFrame) as raised:
        iso_time(text)
    assert raised.value.reason == "time"


def test_a_value_of_any_length_is_told_in_few_words() -> None:
    decoder = msgspec.json.Decoder(dict[str, int])
    with pytest.raises(MalformedFrame) as raised:
        decode(decoder, b'{"%s":"x"}' % (b"y" * 10_000), "frame")
    assert len(str(raised.value)) < 300
    with pytest.raises(MalformedFrame, match="frame: Input data was truncated"):
        decode(decoder, b"{", "frame")


def test_one_item_is_taken_and_none_or_two_are_not() -> None:
    assert only([7], "books") == 7
    for items in ([], [1, 2]):
        with pytest.raises(MalformedFrame, match=f"books: {len(items)} items of data"):
            only(items, "books")
