"""Parameters from configuration or command line text, into the struct that a strategy declares.

Whatever is wrong is said with the key, what was found and what is expected, so that nobody has to
read code to mend a configuration.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

import msgspec

from fairlead.strategy.errors import InvalidParameters

P = TypeVar("P", bound=msgspec.Struct)

_WORDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a decimal number",
    "bool": "true or false",
    "str": "text",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_FOUND_LENGTH_MAX: Final = 60  # of a wrong value shown in a message: enough to recognise it


def read_parameters(strategy: str, kind: type[P], values: Mapping[str, Any]) -> P:
    """Return the parameters in `values`, which may be text. Raises `InvalidParameters`."""
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for key in values:
        if key not in fields:
            hint = _hint(key, fields)
            message = f"{strategy}: unknown parameter {key!r}{hint}"
            raise InvalidParameters(message, key, f"a parameter of {strategy}{hint}")
    for name, field in fields.items():
        if field.required and name not in values:
            expected = _expected_type(field.type)
            message = f"{strategy}: parameter {name!r} is missing, expected {expected}"
            raise InvalidParameters(message, name, expected)
    read = {key: _read_value(strategy, key, value, fields[key]) for key, value in values.items()}
    try:
        return kind(**read)
    except (ValueError, TypeError) as error:  # the strategy's own check, in __post_init__
        raise InvalidParameters(f"{strategy}: {error}") from error


def assignments(texts: Iterable[str]) -> dict[str, str]:
    """Return the keys and values of texts like `size=5`. Raises `InvalidParameters`."""
    values: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key:
            raise InvalidParameters(f"parameter {text!r}: expected key=value")
        if key in values:
            raise InvalidParameters(f"parameter {key!r} is given twice: once is expected")
        values[key] = value.strip()
    return values


def _read_value(strategy: str, key: str, value: object, field: msgspec.structs.FieldInfo) -> Any:
    try:
        read = _convert(value, field.type)
    except msgspec.ValidationError as error:
        expected = _expected(field.type, str(error))
    else:
        if _is_finite(read):
            return read
        expected = "a finite number"
    found = repr(value)
    if len(found) > _FOUND_LENGTH_MAX:
        found = found[:_FOUND_LENGTH_MAX] + "..."
    message = f"{strategy}: parameter {key!r} is {found}, expected {expected}"
    raise InvalidParameters(message, key, expected) from None


def _convert(value: object, kind: Any) -> Any:
    """Return `value` as a `kind`; text with commas is a list where a list is expected."""
    if isinstance(value, Decimal) and value.is_finite() and value == int(value):
        value = int(value)  # whole, however it was written: msgspec takes no Decimal for an int
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        if not isinstance(value, str):
            raise
        parts = [part.strip() for part in value.split(",") if part.strip()]
        try:
            return msgspec.convert(parts, kind, strict=False)
        except msgspec.ValidationError as error:
            if "got `array`" not in str(error):
                raise  # a list is right, one of its parts is wrong
        raise


def _is_finite(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, tuple | list):
        return all(_is_finite(part) for part in value)
    return True


def _expected_type(kind: Any) -> str:
    """Return what a type expects, in words: found by offering it something that fits nothing."""
    try:
        msgspec.convert(object(), kind)
    except msgspec.ValidationError as error:
        return _expected_words(kind, str(error)) or "another value"
    return "a value"


def _expected(kind: Any, message: str) -> str:
    return _expected_words(kind, message) or _expected_type(kind)


def _expected_words(kind: Any, message: str) -> str:
    """Return what was expected, from "Expected `int` >= 1, got `str`"; empty if it does not say."""
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, get_args(kind)))
    found = re.match(r"Expected `([^`]+)`([^,]*?)(?:, got `[^`]+`)?(?: - at `\$(.*)`)?$", message)
    if found is None:
        return ""
    types, bound, place = found.groups()
    words = " or ".join(_WORDS.get(name, name) for name in types.split(" | "))
    return words + bound + (f" at {place}" if place else "")


def _hint(key: str, fields: Mapping[str, object]) -> str:
    if not fields:
        return ": there are none"
    close = difflib.get_close_matches(key, fields, n=1)
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    return f"{meant}, expected one of: {', '.join(fields)}"
