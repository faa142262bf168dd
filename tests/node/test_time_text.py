"""Durations and times: what is read, what is refused, and that writing and reading agree."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import Nanos
from fairlead.node.errors import UnreadableText
from fairlead.node.time_text import (
    NANOS_PER_UNIT,
    TIME_MAX,
    duration_text,
    parse_duration,
    parse_time,
    time_text,
)

nanos = st.integers(0, TIME_MAX).map(Nanos)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("300", 300_000_000_000),
        ("0", 0),
        ("60s", 60_000_000_000),
        ("250ms", 250_000_000),
        ("1.5us", 1_500),
        ("7ns", 7),
        ("2m", 120_000_000_000),
        ("2h", 7_200_000_000_000),
        ("7d", 604_800_000_000_000),
        ("7y", 220_752_000_000_000_000),
        ("0.000000001s", 1),
        ("1 h", 3_600_000_000_000),
    ],
)
def test_a_duration_is_a_number_and_a_unit_and_a_bare_number_is_seconds(
    text: str, expected: int
) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "-1s",
        "+1s",
        "1.s",
        ".5s",
        "1e3s",
        "1h30m",
        "1M",
        "1w",
        "1sec",
        "\u0661s",
        " 1s",
        "1s\n",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UnreadableText, match="expected a duration such as 250ms, 60s, 2h, 7d"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0.5ns", "0.0000000001", "1.0000001ms"])
def test_a_duration_finer_than_a_nanosecond_is_refused_and_not_rounded(text: str) -> None:
    with pytest.raises(UnreadableText, match="whole nanoseconds"):
        parse_duration(text)


def test_a_duration_beyond_64_bits_is_refused() -> None:
    assert parse_duration("292y") < TIME_MAX
    with pytest.raises(UnreadableText, match="at most 292y"):
        parse_duration("293y")


@given(nanos)
def test_a_duration_that_is_written_is_read_again(duration: Nanos) -> None:
    assert parse_duration(duration_text(duration)) == duration


@given(st.integers(0, 292), st.sampled_from(sorted(NANOS_PER_UNIT)))
def test_a_whole_number_of_units_is_that_many_units(count: int, unit: str) -> None:
    assert parse_duration(f"{count}{unit}") == count * NANOS_PER_UNIT[unit]


@given(st.text().filter(lambda text: not text[:1].isdecimal()))
def test_text_that_does_not_begin_with_a_digit_is_no_duration(text: str) -> None:
    with pytest.raises(UnreadableText, match="expected a duration"):
        parse_duration(text)


def test_a_duration_is_written_in_its_largest_unit() -> None:
    texts = {60_000_000_000: "1m", 90_000_000_000: "90s", 1_500_000: "1500us", 0: "0ns"}
    assert {span: duration_text(Nanos(span)) for span in texts} == texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-05T14:30:00Z", 1_767_623_400_000_000_000),
        ("2026-01-05T14:30:00+00:00", 1_767_623_400_000_000_000),
        ("2026-01-05T14:30:00.000000001Z", 1_767_623_400_000_000_001),
        ("2026-01-05T14:30:00.5Z", 1_767_623_400_500_000_000),
        ("1767623400000000000", 1_767_623_400_000_000_000),
    ],
)
def test_a_time_is_utc_or_nanoseconds(text: str, expected: int) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-05",
        "2026-01-05T14:30:00",
        "2026-01-05 14:30:00Z",
        "2026-01-05T14:30:00+01:00",
        "2026-02-30T00:00:00Z",
        "2026-01-05T24:30:00Z",
        "2026-01-05T14:30:00.0000000001Z",
        "-1",
        "1.5",
    ],
)
def test_what_is_no_utc_time_is_refused(text: str) -> None:
    with pytest.raises(UnreadableText, match="expected a UTC time such as 2026-01-05T14:30:00Z"):
        parse_time(text)


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59Z", "2262-04-12T00:00:00Z", "9" * 19])
def test_a_time_that_no_record_can_hold_is_refused(text: str) -> None:
    with pytest.raises(UnreadableText, match="a time from 1970"):
        parse_time(text)


@given(nanos)
def test_a_time_that_is_written_is_read_again(time: Nanos) -> None:
    assert parse_time(time_text(time)) == time


@given(st.datetimes(datetime(1970, 1, 1), datetime(2262, 1, 1)))  # noqa: DTZ001 - zone below
def test_a_time_is_the_one_that_the_calendar_says(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    text = moment.isoformat().replace("+00:00", "Z")
    microseconds = parse_time(text) // 1000
    assert (
        datetime.fromtimestamp(microseconds // 1_000_000, UTC).replace(
            microsecond=microseconds % 1_000_000
        )
        == moment
    )
