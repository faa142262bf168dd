"""Inputs and outputs as people write them: JSON objects with names, decimals and words.

The form is derived from the records themselves: how a field is written follows from its type, so a
field that is added to a record is readable, writable and in the schema at once. `_FORMS` says how
each type is written; `OMISSIONS` says what may be left out of an input. A name, a word, a field or
a decimal too many is an error that says where it stands, what was found and what was expected.

The machine never sees this form, and the journal keeps the one of `model/codec.py`. No
clock, no float.
"""

import json
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, NoReturn, Union, cast, get_args, get_origin

import msgspec

from fairlead.model import forms
from fairlead.model.decimals import DIGITS_MAX, usable_decimals
from fairlead.model.errors import UnreadableText
from fairlead.model.forms import FOUND_LENGTH_MAX, Form, Place, Scope, shown
from fairlead.model.inputs import Input
from fairlead.model.names import Names, did_you_mean
from fairlead.model.omissions import OMISSIONS, OWN_NUMBER, Omission, Partial
from fairlead.model.outputs import Output
from fairlead.model.terms import Unit
from fairlead.model.units import (
    AccountId,
    BasisPoints,
    InstrumentId,
    Millionths,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    Sequence,
    SignedQuantity,
    StrategyId,
    UpdateId,
)

INPUTS: Final[dict[str, Any]] = {kind.__name__: kind for kind in get_args(Input)}
OUTPUTS: Final[dict[str, Any]] = {kind.__name__: kind for kind in get_args(Output)}

_FORMS: Final[dict[Any, Form]] = {
    bool: Form(),
    str: forms.Text(),
    int: forms.Count("A whole number.", signed=False),
    Price: forms.Amount(forms.PRICE, signed=True),
    Quantity: forms.Amount(forms.QUANTITY, signed=False),
    SignedQuantity: forms.Amount(forms.QUANTITY, signed=True),
    Money: forms.Amount(forms.MONEY, signed=True),
    Rate: forms.Amount(forms.RATE, signed=True),
    Millionths: forms.Amount(forms.MILLIONTHS, signed=True),
    BasisPoints: forms.Count("Hundredths of a percent.", signed=True),
    Nanos: forms.Count("Nanoseconds.", signed=False),
    UpdateId: forms.Count("The venue's own number of the change.", signed=False),
    OrderId: forms.Count("The number of the order.", signed=False),
    Sequence: forms.Count("The number of an input.", signed=False),
    InstrumentId: forms.Name("instrument"),
    AccountId: forms.Name("account"),
    StrategyId: forms.Name("strategy"),
}
_DECIMALS: Final = ("price_decimals", "quantity_decimals", "money_decimals")


def read_object(line: str | bytes) -> dict[str, Any]:
    """Return the JSON object on a line; a number with a point is a `Decimal`.

    Raises `UnreadableText`.
    """
    try:
        found = json.loads(
            line.decode() if isinstance(line, bytes) else line,
            object_pairs_hook=_distinct,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        rest = shown(error.doc[error.pos :]) if error.doc[error.pos :] else "the end of the line"
        raise UnreadableText(f"column {error.colno}", rest, f"JSON ({error.msg})") from None
    except RecursionError:
        raise UnreadableText("the line", "arrays or objects too deep", "a JSON object") from None
    except UnicodeDecodeError as error:
        raise UnreadableText("the line", error.reason, "a JSON object in UTF-8") from None
    if not isinstance(found, dict):
        raise UnreadableText("the line", shown(found), 'a JSON object with a field "type"')
    return found


def read_input(found: dict[str, Any], names: Names, time: Nanos) -> Input:
    """Return the input that an object describes, and learn the names that it defines.

    `time` is when it happens: the default of a venue's time. Raises `UnreadableText`.
    """
    record = cast(Input, _read(found, INPUTS, "an input", names, time))
    names.learn(record)
    return record


def read_output(found: dict[str, Any], names: Names) -> Output:
    """Return the output that an object describes, whole. Raises `UnreadableText`."""
    return cast(Output, _read(found, OUTPUTS, "an output", names, Nanos(0)))


def write(record: Input | Output, names: Names) -> dict[str, Any]:
    """Return an input or output as a JSON object, its type first; learn what it defines."""
    kind = type(record)
    if kind.__name__ in INPUTS:
        names.learn(cast(Input, record))
    written = record_form(kind).write(record, Scope(names, Nanos(0)))
    return {"type": kind.__name__, **written}


@cache
def record_form(kind: Any) -> "RecordForm":
    """Return the form of a record, or of a struct inside one."""
    return RecordForm(kind)


class Field:
    """One field of a record, how it is written, and what stands for it if it is left out."""

    def __init__(self, name: str, declared: Any, form: Form, omission: Omission | None) -> None:
        """Take the parts."""
        self.name = name
        self.declared = declared
        self.form = form
        self.omission = omission

    def steers(self) -> bool:
        """Return whether it says what other fields are counted in."""
        return self.name in _DECIMALS or self.declared in (InstrumentId, AccountId, Unit)

    def steer(self, value: Any, scope: Scope) -> None:
        """Count what follows as this field says."""
        if self.name == "price_decimals":
            scope.price_decimals = usable_decimals(value)
        elif self.name == "quantity_decimals":
            scope.quantity_decimals = usable_decimals(value)
        elif self.name == "money_decimals":
            scope.money_decimals = usable_decimals(value)
        elif self.declared is Unit:
            scope.unit = value
        elif self.declared is AccountId:
            scope.money_decimals = scope.names.money_decimals(value)
        elif self.declared is InstrumentId:
            scope.enter_instrument(value)


class RecordForm(Form):
    """The form of a record: an object with its fields."""

    def __init__(self, kind: Any) -> None:
        """Derive the fields from the type of the record."""
        self.kind = kind
        self.name: str = kind.__name__
        found = msgspec.structs.fields(kind)
        measured = any(field.type is Unit for field in found)
        omissions = OMISSIONS.get(kind, {})
        self.fields = []
        for field in found:
            form = _form_of(field.type, measured, OWN_NUMBER.get(kind) == field.name)
            omission = omissions.get(field.name) or _default(form, field.default)
            self.fields.append(Field(field.name, field.type, form, omission))
        steering = [field for field in self.fields if field.steers()]
        self._in_order = steering + [field for field in self.fields if not field.steers()]

    def write(self, value: Any, scope: Scope) -> Any:
        """Return an object with every field."""
        scope = scope.inner()
        for field in self._in_order:
            field.steer(getattr(value, field.name), scope)
        return {
            field.name: field.form.write(getattr(value, field.name), scope) for field in self.fields
        }

    def read(self, found: Any, place: Place) -> Any:
        """Return the record that an object describes."""
        if not isinstance(found, dict):
            raise place.unreadable(found, f"an object ({self.name})")
        self._refuse_unknown(found, place)
        partial = Partial(found, {}, place.scope.inner())
        place = Place(partial.scope, place.where)
        for field in self._in_order:
            value = _value(field, partial, place.at(f".{field.name}"))
            partial.values[field.name] = value
            field.steer(value, partial.scope)
        try:
            return self.kind(**partial.values)
        except ValueError as error:  # the record's own rules (`__post_init__`)
            raise place.unreadable(found, str(error)) from None

    def schema(self) -> dict[str, Any]:
        """Return a reference: every record is described once."""
        return {"$ref": f"#/$defs/{self.name}"}

    def _refuse_unknown(self, found: dict[str, Any], place: Place) -> None:
        known = [field.name for field in self.fields]
        for name in found:
            if name not in known:
                expected = f"one of {', '.join(known)}{did_you_mean(name, known)}"
                where = f"{place.where}.{_one_line(name)}"
                raise UnreadableText(where, "a field that is not known", expected)


def _default(form: Form, default: Any) -> Omission | None:
    """Return the record's own default as it would be written, None where it has none."""
    if default is msgspec.NODEFAULT:
        return None
    return Omission(form.write(default, Scope(Names(), Nanos(0))))


def _value(field: Field, partial: Partial, place: Place) -> Any:
    """Return the value of a field that was found, or what stands for it."""
    if field.name in partial.found:
        return field.form.read(partial.found[field.name], place)
    omission = field.omission
    if omission is None:
        raise UnreadableText(place.where, "nothing", "this field")
    return omission.derive(partial) if omission.derive else field.form.read(omission.text, place)


def _read(
    found: dict[str, Any], kinds: dict[str, Any], what: str, names: Names, time: Nanos
) -> Any:
    name = found.get("type")
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None or not isinstance(name, str):
        near = did_you_mean(name, list(kinds)) if isinstance(name, str) else ""
        raise UnreadableText(
            "type", shown(name) if "type" in found else "nothing", f"the name of {what}{near}"
        )
    fields = {key: value for key, value in found.items() if key != "type"}
    return record_form(kind).read(fields, Place(Scope(names, time), name))


def _form_of(declared: Any, measured: bool, own_number: bool) -> Form:
    """Return the form of a field's type.

    `measured`: whole numbers are counted in the record's unit.
    """
    if own_number:
        return forms.Count("The number of what is defined.", signed=False)
    if declared is int and measured:
        return forms.Measured()
    known = _FORMS.get(declared)
    if known is not None:
        return known
    parts = get_args(declared)
    origin = get_origin(declared)
    if origin is Union or origin is UnionType:
        something = [part for part in parts if part is not NoneType]
        assert len(something) == 1, f"{declared}: of a union, only 'or None' has a text form"
        return forms.Maybe(_form_of(something[0], measured, False))
    if origin is tuple and parts[-1] is Ellipsis:
        return forms.Many(_form_of(parts[0], measured, False))
    if origin is tuple:
        return forms.Together([_form_of(part, measured, False) for part in parts])
    if issubclass(declared, IntEnum):
        return forms.Word(declared)
    assert issubclass(declared, msgspec.Struct), f"{declared} has no text form: add it to _FORMS"
    return record_form(declared)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as an object.

    Refuse a field that stands twice: which one was meant is not known.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise UnreadableText(_one_line(name), "the field twice", "every field once")
        found[name] = value
    return found


def _one_line(name: str) -> str:
    return name if name.isidentifier() and len(name) <= FOUND_LENGTH_MAX else shown(name)


def _refuse_constant(name: str) -> NoReturn:
    raise UnreadableText("the line", name, "a finite number")


def _whole(number: str) -> int:
    if len(number) > DIGITS_MAX:
        raise UnreadableText("the line", shown(number), f"numbers of at most {DIGITS_MAX} digits")
    return int(number)


def _decimal(number: str) -> Decimal:
    try:
        return Decimal(number)
    except InvalidOperation:  # an exponent beyond what even a `Decimal` can hold
        raise UnreadableText("the line", shown(number), "a number that is not absurd") from None
