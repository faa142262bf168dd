"""The kinds of values that a configuration is made of, and the section that all sections are.

Every kind refuses in the same words, "expected ...", and never repeats what it was given: it may be
a secret.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, NoReturn, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from fairlead.model.units import MILLIONTHS, Millionths, Nanos
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

AMOUNT_MAX: Final = 4_000_000_000_000  # what 64 bits hold in millionths
MILLIONTH_DECIMALS: Final = 6


class Origin(NamedTuple):
    """The context of values that a person wrote: there a bare duration is seconds."""

    outside: tuple[str, ...] = ()  # names of outside values that conditions may use


class Contradiction(NamedTuple):
    """Two values that do not go together: the path of the one to change, and what it should be."""

    path: KeyPath
    expected: str  # or, with a place, what is wrong there
    about: Literal["value", "key", "secret"] = "value"  # what is wrong; a secret is not shown
    place: tuple[int, int] | None = None  # line and column in the condition at the path


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


def repeated(values: Iterable[str]) -> Iterator[int]:
    """Return where a value stands that stood before."""
    known: list[str] = []
    for index, value in enumerate(values):
        if value in known:
            yield index
        known.append(value)


def twice(key: str, names: Iterable[str], below: str) -> Iterator[Contradiction]:
    """Return the items of a list whose `below` stood before; "" is for plain items."""
    for index in repeated(names):
        path: KeyPath = (key, index, below) if below else (key, index)
        yield Contradiction(path, f"each {below or 'one'} once")


def matching(pattern: str, expected: str) -> AfterValidator:
    """Return the check that a text has this form, all of it."""
    form = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        return text if form.fullmatch(text) else refuse(expected)

    return AfterValidator(check)


def spelled(*names: str) -> AliasChoices:
    """Return the spellings of one key, its own name first. Two of them at once are an error."""
    return AliasChoices(*names)


def millionths(number: Decimal) -> Millionths:
    """Return a share, an amount or a count in millionths, exactly."""
    exact = number * MILLIONTHS
    assert exact == int(exact), f"{number} has more than {MILLIONTH_DECIMALS} decimals"
    return Millionths(int(exact))


def decimals(number: Decimal) -> int:
    """Return how many decimals a number needs."""
    return len(f"{number:f}".partition(".")[2].rstrip("0"))


def is_multiple(number: Decimal, unit: Decimal) -> bool:
    """Return whether the number is a whole number of units, exactly."""
    return Fraction(number) % Fraction(unit) == 0


def refuse(expected: str) -> NoReturn:
    """Say that a value is not what is expected; the value itself is never repeated."""
    raise PydanticCustomError("expected", "expected {expected}", {"expected": expected})


def _number(value: object) -> object:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return Decimal(value) if is_whole else value  # type: ignore[arg-type]


def _exact(number: Decimal) -> Decimal:
    if decimals(number) > MILLIONTH_DECIMALS:
        refuse(f"at most {MILLIONTH_DECIMALS} decimals")
    return number if abs(number) <= AMOUNT_MAX else refuse(f"at most {AMOUNT_MAX}")


def _not_negative(number: Decimal) -> Decimal:
    return number if number >= 0 else refuse("0 or more: limits and losses are positive amounts")


def _basis_points(number: Decimal) -> Decimal:
    return number if decimals(number) <= 4 else refuse("at most 4 decimals of a basis point")


def _location(value: object) -> object:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        refuse("a path")
    return Path(value)


def duration_of(value: object, info: ValidationInfo) -> object:
    """Return the duration that a value says: text as people write it, or whole nanoseconds."""
    written = isinstance(info.context, Origin)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        refuse(EXPECTED_DURATION)
    if isinstance(value, int) and not written:
        return value if 0 <= value <= TIME_MAX else refuse("a duration up to 292y")
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    try:
        return parse_duration(text)
    except UnreadableText as error:
        refuse(error.expected)


def _above_nothing(duration: Nanos) -> Nanos:
    return duration if duration > 0 else refuse("a duration above 0")


def _time(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        refuse(EXPECTED_TIME)
    try:
        return parse_time(str(value))
    except UnreadableText as error:
        refuse(error.expected)


Number = Annotated[Decimal, BeforeValidator(_number)]
ExactNumber = Annotated[Number, AfterValidator(_exact)]  # whole in millionths
Amount = Annotated[ExactNumber, AfterValidator(_not_negative)]
BasisPointsNumber = Annotated[Number, AfterValidator(_basis_points)]
Location = Annotated[Path, BeforeValidator(_location), PlainSerializer(str)]
Duration = Annotated[Nanos, BeforeValidator(duration_of), PlainSerializer(duration_text)]
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
