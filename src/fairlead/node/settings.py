"""The kinds of values that a configuration is made of, and the section that all sections are.

Every kind refuses in the same words, "expected ...", and never repeats what it was given: it may be
a secret.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from fairlead.model.units import Nanos
from fairlead.node.errors import UnreadableText
from fairlead.node.time_text import (
    EXPECTED_DURATION,
    EXPECTED_TIME,
    TIME_MAX,
    duration_text,
    parse_duration,
    parse_time,
    time_text,
)
from fairlead.node.yaml_text import KeyPath

WRITTEN: Final = "written"  # the context of values that a person wrote: a bare duration is seconds


class Contradiction(NamedTuple):
    """Two values that do not go together: the path of the one to change, and what it should be."""

    path: KeyPath
    expected: str
    about: Literal["value", "key", "secret"] = "value"  # what is wrong; a secret is not shown


class Section(BaseModel):
    """A frozen part of a configuration. Knows all its keys, converts nothing silently.

    Defaults are not validated: they are values already (durations in nanoseconds), not what a
    person wrote (where a bare duration is seconds).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    def contradictions(self) -> Iterable[Contradiction]:
        """Return which of the values, each right in itself, do not go together."""
        return ()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        found = tuple(self.contradictions())
        if found:
            message = "; ".join(f"{item.path}: expected {item.expected}" for item in found)
            raise PydanticCustomError("contradictions", message, {"found": found})
        return self


def matching(pattern: str, expected: str) -> AfterValidator:
    """Return the check that a text has this form, all of it."""
    form = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        return text if form.fullmatch(text) else _refuse(expected)

    return AfterValidator(check)


def decimals(number: Decimal) -> int:
    """Return how many decimals a number needs."""
    return len(f"{number:f}".partition(".")[2].rstrip("0"))


def is_multiple(number: Decimal, unit: Decimal) -> bool:
    """Return whether the number is a whole number of units, exactly."""
    return Fraction(number) % Fraction(unit) == 0


def _refuse(expected: str) -> NoReturn:
    raise PydanticCustomError("expected", "expected {expected}", {"expected": expected})


def _number(value: object) -> object:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return Decimal(value) if is_whole else value  # type: ignore[arg-type]


def _basis_points(number: Decimal) -> Decimal:
    return number if decimals(number) <= 4 else _refuse("at most 4 decimals of a basis point")


def _location(value: object) -> object:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        _refuse("a path")
    return Path(value)


def _duration(value: object, info: ValidationInfo) -> object:
    written = info.context == WRITTEN
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        _refuse(EXPECTED_DURATION)
    if isinstance(value, int) and not written:
        return value if 0 <= value <= TIME_MAX else _refuse("a duration up to 292y")
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    try:
        return parse_duration(text)
    except UnreadableText as error:
        _refuse(error.expected)


def _above_nothing(duration: Nanos) -> Nanos:
    return duration if duration > 0 else _refuse("a duration above 0")


def _time(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        _refuse(EXPECTED_TIME)
    try:
        return parse_time(str(value))
    except UnreadableText as error:
        _refuse(error.expected)


Number = Annotated[Decimal, BeforeValidator(_number)]
BasisPointsNumber = Annotated[Number, AfterValidator(_basis_points)]
Location = Annotated[Path, BeforeValidator(_location), PlainSerializer(str)]
Duration = Annotated[Nanos, BeforeValidator(_duration), PlainSerializer(duration_text)]
PositiveDuration = Annotated[Duration, AfterValidator(_above_nothing)]
Time = Annotated[Nanos, BeforeValidator(_time), PlainSerializer(time_text)]
Name = Annotated[
    str,
    matching(
        r"[A-Za-z][A-Za-z0-9_-]{0,31}",
        "a name: a letter, then up to 31 letters, digits, - or _",
    ),
]
Person = Annotated[
    str,
    matching(
        r"[A-Za-z][A-Za-z0-9_.@+-]{0,63}",
        "who it is: a letter, then up to 63 letters, digits, . _ @ + or -",
    ),
]
Currency = Annotated[str, matching(r"[A-Z0-9]{2,10}", "a currency such as USD or USDT")]
Symbol = Annotated[
    str,
    matching(
        r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,31}",
        "a symbol: up to 32 letters, digits, . _ / : or -",
    ),
]
