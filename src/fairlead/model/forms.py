"""How a value of each kind of type is written as JSON, read back, and described by JSON Schema.

One class per kind keeps the three together, so that they cannot disagree. What a number is counted
in follows from the fields around it (`Scope`): a price is written in the decimals of the instrument
that its record names.
"""

import json
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

from fairlead.model.decimals import InexactAmount, decimal_text, exact_amount
from fairlead.model.errors import UnreadableText
from fairlead.model.names import Directory, Names, did_you_mean
from fairlead.model.terms import Unit
from fairlead.model.units import Nanos

FOUND_LENGTH_MAX: Final = 60  # of what an error repeats: a line, not a page
RATE_DECIMALS: Final = 8
MILLIONTHS_DECIMALS: Final = 6

PRICE: Final = "price"
QUANTITY: Final = "quantity"
MONEY: Final = "money"
RATE: Final = "rate"
MILLIONTHS: Final = "millionths"
_PHRASES: Final = {
    PRICE: "a price",
    QUANTITY: "a quantity",
    MONEY: "an amount of money",
    RATE: "a rate",
    MILLIONTHS: "a number",
}
_UNIT_KINDS: Final = {
    Unit.PRICE: PRICE,
    Unit.QUANTITY: QUANTITY,
    Unit.MONEY: MONEY,
    Unit.SHARE: MILLIONTHS,
}
_NUMBER_PATTERN: Final = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


class Scope:
    """What the numbers of a record are counted in. Plain units where nothing says otherwise."""

    def __init__(self, names: Names, time: Nanos) -> None:
        """Take the names that are known, and the time at which the record happens."""
        self.names = names
        self.time = time
        self.price_decimals = 0
        self.quantity_decimals = 0
        self.money_decimals = 0
        self.unit = Unit.NONE

    def inner(self) -> "Scope":
        """Return the scope of a record inside this one: it begins with what is known here."""
        scope = Scope(self.names, self.time)
        scope.price_decimals = self.price_decimals
        scope.quantity_decimals = self.quantity_decimals
        scope.money_decimals = self.money_decimals
        return scope

    def enter_instrument(self, number: int) -> None:
        """Count in the decimals of an instrument, if it is known."""
        terms = self.names.instrument(number)
        if terms is not None:
            self.price_decimals = terms.price_decimals
            self.quantity_decimals = terms.quantity_decimals
            self.money_decimals = terms.money_decimals

    def decimals(self, kind: str) -> int:
        """Return how many decimals an amount of a kind has."""
        if kind == PRICE:
            return self.price_decimals
        if kind == QUANTITY:
            return self.quantity_decimals
        if kind == MILLIONTHS:
            return MILLIONTHS_DECIMALS
        return self.money_decimals if kind == MONEY else RATE_DECIMALS


class Place:
    """Where in a record something was found."""

    def __init__(self, scope: Scope, where: str) -> None:
        """Take the scope and the path to the field: `BookSnapshot.bids[0]`."""
        self.scope = scope
        self.where = where

    def at(self, step: str) -> "Place":
        """Return a place further in: `.price`, `[0]`."""
        return Place(self.scope, self.where + step)

    def unreadable(self, found: Any, expected: str) -> UnreadableText:
        """Return the error for what was found here."""
        return UnreadableText(self.where, shown(found), expected)


class Form:
    """The form of one type. This one is of truth values; the others override what differs."""

    def write(self, value: Any, _scope: Scope) -> Any:
        """Return the value as JSON."""
        return value

    def read(self, found: Any, place: Place) -> Any:
        """Return the value that was written. Raises `UnreadableText` with the field `where`."""
        if not isinstance(found, bool):
            raise place.unreadable(found, "true or false")
        return found

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what can be read."""
        return {"type": "boolean"}


class Text(Form):
    """Text, as it is."""

    def read(self, found: Any, place: Place) -> Any:
        """Return text that can be kept in a record."""
        if not isinstance(found, str):
            raise place.unreadable(found, "text in quotes")
        try:
            found.encode()
        except UnicodeEncodeError:
            raise place.unreadable(found, "text that UTF-8 can hold") from None
        return found

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of text."""
        return {"type": "string"}


class Amount(Form):
    """A price, quantity, money or rate: decimal text in the decimals that its scope says."""

    def __init__(self, kind: str, signed: bool) -> None:
        """Take the kind, and whether it may be negative."""
        self.kind = kind
        self.signed = signed

    def write(self, value: Any, scope: Scope) -> Any:
        """Return the amount as decimal text with all its decimals."""
        return decimal_text(value, scope.decimals(self.kind))

    def read(self, found: Any, place: Place) -> Any:
        """Return the amount that decimal text or a JSON number says exactly."""
        return read_number(
            found, place.scope.decimals(self.kind), self.signed, place, _PHRASES[self.kind]
        )

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a decimal number."""
        phrase = f"{_PHRASES[self.kind]} as decimal text or number, exactly."
        return number_schema(self.signed, phrase[0].upper() + phrase[1:])


class Count(Form):
    """A whole number: a count, a time in nanoseconds, an id, basis points."""

    def __init__(self, description: str, signed: bool) -> None:
        """Take what is counted, for the schema, and whether it may be negative."""
        self.description = description
        self.signed = signed

    def read(self, found: Any, place: Place) -> Any:
        """Return the whole number."""
        return read_number(found, 0, self.signed, place, "a whole number")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a whole number."""
        return number_schema(self.signed, self.description)


class Measured(Form):
    """A number of a failed check: written as its unit is."""

    def write(self, value: Any, scope: Scope) -> Any:
        """Return decimal text for an amount, a whole number for anything else."""
        kind = _UNIT_KINDS.get(scope.unit)
        return value if kind is None else decimal_text(value, scope.decimals(kind))

    def read(self, found: Any, place: Place) -> Any:
        """Return the number, read as its unit says."""
        kind = _UNIT_KINDS.get(place.scope.unit)
        if kind is None:
            return read_number(found, 0, True, place, "a whole number")
        return read_number(found, place.scope.decimals(kind), True, place, _PHRASES[kind])

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a number."""
        return number_schema(True, "Counted in `unit`.")


class Word(Form):
    """A member of a closed vocabulary: its name in lower case."""

    def __init__(self, vocabulary: type[IntEnum]) -> None:
        """Take the vocabulary."""
        self.words: dict[str, IntEnum] = {member.name.lower(): member for member in vocabulary}

    def write(self, value: Any, _scope: Scope) -> Any:
        """Return the word."""
        return value.name.lower()

    def read(self, found: Any, place: Place) -> Any:
        """Return the member of a word."""
        member = self.words.get(found) if isinstance(found, str) else None
        if member is None:
            known = list(self.words)
            near = did_you_mean(found.lower(), known) if isinstance(found, str) else ""
            expected = " or ".join(f'"{word}"' for word in known)
            raise place.unreadable(found, expected + near)
        return member

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the words."""
        return {"enum": list(self.words)}


class Name(Form):
    """An instrument, account or strategy: by its name."""

    def __init__(self, kind: str) -> None:
        """Take what it names: `instrument`, `account` or `strategy`."""
        self.kind = kind

    def write(self, value: Any, scope: Scope) -> Any:
        """Return the name."""
        return self._directory(scope).name(value)

    def read(self, found: Any, place: Place) -> Any:
        """Return the number of a name that was defined before."""
        directory = self._directory(place.scope)
        number = directory.number(found) if isinstance(found, str) else None
        if number is None:
            near = did_you_mean(found, directory.all()) if isinstance(found, str) else ""
            expected = (
                f"the name of an {self.kind}"
                if self.kind != "strategy"
                else "the name of a strategy"
            )
            raise place.unreadable(found, f"{expected} defined before{near}")
        return number

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a name."""
        return {
            "type": "string",
            "description": f"The name of the {self.kind}; or # and a number.",
        }

    def _directory(self, scope: Scope) -> Directory:
        if self.kind == "instrument":
            return scope.names.instruments
        return scope.names.accounts if self.kind == "account" else scope.names.strategies


class Maybe(Form):
    """Something, or null."""

    def __init__(self, form: Form) -> None:
        """Take the form of the something."""
        self.form = form

    def write(self, value: Any, scope: Scope) -> Any:
        """Return null for nothing."""
        return None if value is None else self.form.write(value, scope)

    def read(self, found: Any, place: Place) -> Any:
        """Return nothing for null."""
        return None if found is None else self.form.read(found, place)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of either."""
        return {"anyOf": [self.form.schema(), {"type": "null"}]}


class Many(Form):
    """Any number of the same."""

    def __init__(self, form: Form) -> None:
        """Take the form of each."""
        self.form = form

    def write(self, value: Any, scope: Scope) -> Any:
        """Return an array."""
        return [self.form.write(each, scope) for each in value]

    def read(self, found: Any, place: Place) -> Any:
        """Return a tuple."""
        if not isinstance(found, list):
            raise place.unreadable(found, "an array")
        return tuple(
            [self.form.read(each, place.at(f"[{index}]")) for index, each in enumerate(found)]
        )

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of an array."""
        return {"type": "array", "items": self.form.schema()}


class Together(Form):
    """A fixed few, each of its own kind: a price level is a price and a quantity."""

    def __init__(self, forms: list[Form]) -> None:
        """Take the form of each, in order."""
        self.forms = forms

    def write(self, value: Any, scope: Scope) -> Any:
        """Return an array."""
        return [form.write(each, scope) for form, each in zip(self.forms, value, strict=True)]

    def read(self, found: Any, place: Place) -> Any:
        """Return a tuple."""
        if not isinstance(found, list) or len(found) != len(self.forms):
            raise place.unreadable(found, f"an array of {len(self.forms)}")
        return tuple(
            [
                form.read(each, place.at(f"[{index}]"))
                for index, (form, each) in enumerate(zip(self.forms, found, strict=True))
            ]
        )

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of an array of this length."""
        schemas = [form.schema() for form in self.forms]
        return {"type": "array", "prefixItems": schemas, "items": False, "minItems": len(schemas)}


def read_number(found: Any, decimals: int, signed: bool, place: Place, what: str) -> int:
    """Return a number in units of 10**-decimals, exactly. Raises `UnreadableText`."""
    if isinstance(found, bool) or not isinstance(found, str | int | Decimal):
        raise place.unreadable(found, what)
    try:
        number = exact_amount(found, decimals)
    except InexactAmount as error:
        raise place.unreadable(found, f"{what}: {error}") from None
    if number < 0 and not signed:
        raise place.unreadable(found, f"{what} that is not negative")
    return number


def number_schema(signed: bool, description: str) -> dict[str, Any]:
    """Return the JSON Schema of a number that may be written as text."""
    pattern = _NUMBER_PATTERN if signed else _NUMBER_PATTERN.replace("-?", "", 1)
    number: dict[str, Any] = {"type": "number"} if signed else {"type": "number", "minimum": 0}
    return {
        "anyOf": [{"type": "string", "pattern": pattern}, number],
        "description": description,
    }


def shown(found: Any) -> str:
    """Return what was found on one line and not too long."""
    text = str(found) if isinstance(found, Decimal) else json.dumps(found, default=str)
    return text if len(text) <= FOUND_LENGTH_MAX else f"{text[:FOUND_LENGTH_MAX]}..."
