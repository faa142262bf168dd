"""Parameters: text becomes what was declared, or an error that says key, found and expected."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest

from fairlead.strategy import Strategy
from fairlead.strategy.errors import InvalidParameters
from fairlead.strategy.parameters import assignments


class Sample(Strategy):
    """Takes one of everything."""

    class Parameters(Strategy.Parameters, frozen=True, kw_only=True):
        """What may be set."""

        instrument: str
        size: Decimal = Decimal(1)
        count: Annotated[int, msgspec.Meta(ge=1)] = 10
        ratio: float = 0.5
        short: bool = False
        symbols: tuple[str, ...] = ()
        levels: tuple[int, ...] = ()
        mode: Literal["fast", "slow"] = "fast"
        limit: int | None = None

        def __post_init__(self) -> None:
            """Refuse what could not be traded."""
            if self.size <= 0:
                raise ValueError(f"size is {self.size}, expected above 0")

    parameters: Parameters


@pytest.mark.parametrize(
    ("key", "written", "read"),
    [
        ("size", "0.05", Decimal("0.05")),
        ("size", 0.05, Decimal("0.05")),
        ("size", Decimal("2.50"), Decimal("2.5")),
        ("count", "12", 12),
        ("count", Decimal(12), 12),
        ("ratio", Decimal("0.25"), 0.25),
        ("ratio", "3", 3.0),
        ("short", "true", True),
        ("symbols", "AAA, BBB", ("AAA", "BBB")),
        ("symbols", "AAA", ("AAA",)),
        ("symbols", "", ()),
        ("symbols", ["AAA"], ("AAA",)),
        ("levels", "1,2", (1, 2)),
        ("mode", "slow", "slow"),
        ("limit", "null", None),
        ("limit", "4", 4),
    ],
)
def test_a_parameter_is_read_from_text_and_from_values(key: str, written: Any, read: Any) -> None:
    strategy = Sample.with_parameters({"instrument": "AAA", key: written})
    assert getattr(strategy.parameters, key) == read
    assert type(getattr(strategy.parameters, key)) is type(read)


@pytest.mark.parametrize(
    ("key", "written", "message"),
    [
        ("size", "abc", "parameter 'size' is 'abc', expected a decimal number"),
        ("size", "nan", "parameter 'size' is 'nan', expected a finite number"),
        ("size", "-1", "size is -1, expected above 0"),
        ("count", "1.5", "parameter 'count' is '1.5', expected a whole number"),
        ("count", "0", "parameter 'count' is '0', expected a whole number >= 1"),
        ("ratio", float("inf"), "parameter 'ratio' is inf, expected a finite number"),
        ("short", "yes", "parameter 'short' is 'yes', expected true or false"),
        ("levels", "1,x", "parameter 'levels' is '1,x', expected a whole number at [1]"),
        ("symbols", 5, "parameter 'symbols' is 5, expected a list"),
        ("mode", "medium", "parameter 'mode' is 'medium', expected one of fast, slow"),
        ("limit", "x", "parameter 'limit' is 'x', expected a whole number or nothing"),
        ("instrument", 5, "parameter 'instrument' is 5, expected text"),
        ("siez", "1", "unknown parameter 'siez' (did you mean 'size'?), expected one of: instrume"),
        ("size", "9" * 200 + "x", f"parameter 'size' is '{'9' * 59}..., expected a decimal"),
    ],
)
def test_a_wrong_parameter_is_told_by_key_what_was_found_and_what_is_expected(
    key: str, written: Any, message: str
) -> None:
    with pytest.raises(InvalidParameters) as caught:
        Sample.with_parameters({"instrument": "AAA", key: written})
    assert str(caught.value).startswith(f"Sample: {message}")


def test_a_missing_parameter_is_told_with_what_is_expected() -> None:
    with pytest.raises(
        InvalidParameters, match="Sample: parameter 'instrument' is missing, expected text"
    ):
        Sample()


def test_parameters_of_another_strategy_are_refused() -> None:
    class Other(Strategy):
        class Parameters(Strategy.Parameters, frozen=True):
            """Nothing."""

    with pytest.raises(InvalidParameters, match=r"expected a Sample\.Parameters"):
        Sample(Other.Parameters())


def test_a_strategy_without_parameters_says_so() -> None:
    class Plain(Strategy):
        pass

    with pytest.raises(InvalidParameters, match="unknown parameter 'size': there are none"):
        Plain.with_parameters({"size": 1})


def test_parameters_cannot_be_changed() -> None:
    strategy = Sample.with_parameters({"instrument": "AAA"})
    with pytest.raises(AttributeError):
        strategy.parameters.count = 5  # type: ignore[misc]


def test_command_line_text_becomes_keys_and_values() -> None:
    assert assignments(["size=5", "symbols = A,B", "note=a=b"]) == {
        "size": "5",
        "symbols": "A,B",
        "note": "a=b",
    }


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["size"], "parameter 'size': expected key=value"),
        (["=5"], "parameter '=5': expected key=value"),
        (["size=1", "size=2"], "parameter 'size' is given twice"),
    ],
)
def test_command_line_text_that_assigns_nothing_is_refused(texts: list[str], message: str) -> None:
    with pytest.raises(InvalidParameters, match=message):
        assignments(texts)
