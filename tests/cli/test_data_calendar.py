"""`fairlead data calendar`: what a person and a program see of a week with a holiday."""

import json

import pytest
import typer

from fairlead.cli.data_calendar import calendar, day_number

pytest.importorskip("exchange_calendars", reason="the extra calendars is not installed")


def test_a_week_with_a_holiday_and_half_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    calendar("XNYS", "2024-11-27", "2024-12-02")
    told = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert told == [
        ["2024-11-27", "14:30", "21:00", "session"],
        ["2024-11-28", "-", "-", "holiday"],
        ["2024-11-29", "14:30", "18:00", "half", "day"],
        ["2024-12-02", "14:30", "21:00", "session"],
    ]


def test_the_same_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    calendar("XNYS", "2024-11-27", "2024-12-02", json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["holidays"] == [20241128]
    assert [each["half_day"] for each in told["sessions"]] == [False, True, False]


@pytest.mark.parametrize("text", ["2024-13-01", "tomorrow", ""])
def test_what_is_no_day_ends_the_command(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        day_number(text)
    assert "expected yyyy-mm-dd" in capsys.readouterr().err
