"""A point of the past as people name it."""

import pytest
import typer

from fairlead.cli.points import Point, as_of, point
from fairlead.model.units import Nanos, Sequence
from fairlead.node.errors import ConfigurationError
from tests.cli.journals import START


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("0", Point(to=Sequence(0))),
        ("812", Point(to=Sequence(812))),
        ("2024-08-08T00:00:00Z", Point(at=START)),
        ("2024-08-08T00:00:00.000000001Z", Point(at=Nanos(START + 1))),
        ("end", Point()),
    ],
)
def test_a_number_is_an_input_and_what_looks_like_a_time_is_one(
    words: str, expected: Point
) -> None:
    assert point(words, "A") == expected


@pytest.mark.parametrize("words", ["", "-1", "1.5", "yesterday", "9" * 30, "\u0663"])
def test_what_is_neither_is_a_mistake_that_says_what_is_expected(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as stopped:
        point(words, "A")
    assert stopped.value.exit_code == 2
    assert f"A: found {words!r}, expected the number of an input" in capsys.readouterr().err


def test_a_time_that_is_none_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="B: found"):
        point("2024-02-30T00:00:00Z", "B")


def test_what_is_shown_says_as_of_when() -> None:
    assert as_of(Sequence(1_812), START) == "as of input 1,812, 2024-08-08T00:00:00Z"
    assert as_of(Sequence(0), Nanos(0)) == "before the first input"
