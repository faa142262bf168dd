"""`fairlead schema`: what every input and output looks like in text form, as JSON Schema.

Made from the same forms that read and write the text (`model/text.py`), so it cannot say anything
else than they do.
"""

import inspect
import json
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from fairlead.cli.console import fail
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.model.forms import Form, Many, Maybe, Together
from fairlead.model.text import INPUTS, OUTPUTS, Field, RecordForm, record_form

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TIME: Final = {
    "type": "integer",
    "minimum": 0,
    "description": "When it happens, in nanoseconds. A line without it: 1 ms after the last.",
}
_SEQUENCE: Final = {"type": "integer", "minimum": 1, "description": "The input it answers."}


def schema(
    input: Annotated[bool, typer.Option("--input", help="Inputs alone.")] = False,
    output: Annotated[bool, typer.Option("--output", help="Outputs alone.")] = False,
    both: Annotated[bool, typer.Option("--all", help="Both: the default.")] = False,
) -> None:
    """Print the JSON Schema (2020-12) of every line that `fairlead script` reads or prints."""
    if input + output + both > 1:
        fail("found more than one of --input, --output and --all, expected one")
    with until_the_reader_leaves():
        print(json.dumps(line_schema(inputs=not output, outputs=not input), indent=2))


def line_schema(inputs: bool, outputs: bool) -> dict[str, Any]:
    """Return the schema of a line that is an input, an output, or either."""
    definitions: dict[str, Any] = {}
    kinds = []
    if inputs:
        kinds += _define(INPUTS, {"time": _TIME}, definitions, whole=False)
    if outputs:
        kinds += _define(OUTPUTS, {"sequence": _SEQUENCE}, definitions, whole=True)
    what = " or ".join(["input"] * inputs + ["output"] * outputs)
    return {
        "$schema": DIALECT,
        "title": f"A Fairlead {what} in text form",
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in kinds],
        "$defs": definitions,
    }


def _define(
    kinds: dict[str, Any], also: dict[str, Any], definitions: dict[str, Any], whole: bool
) -> list[str]:
    """Add the definitions of records and of what stands inside them; return the records' names.

    `whole`: nothing is left out, as in all that is printed.
    """
    for name, kind in kinds.items():
        form = record_form(kind)
        definitions[name] = _record(form, {"type": {"const": name}}, also, whole)
        for inner in _inner_records(form):
            definitions.setdefault(inner.name, _record(inner, {}, {}, whole))
    return list(kinds)


def _record(
    form: RecordForm, before: dict[str, Any], after: dict[str, Any], whole: bool
) -> dict[str, Any]:
    required = [field.name for field in form.fields if whole or field.omission is None]
    described = {
        field.name: field.form.schema() if whole else _field(field) for field in form.fields
    }
    return {
        "description": inspect.getdoc(form.kind),
        "type": "object",
        "properties": {**before, **described, **after},
        "required": [*before, *required],
        "additionalProperties": False,
    }


def _field(field: Field) -> dict[str, Any]:
    described = field.form.schema()
    omission = field.omission
    if omission is None:
        return described
    if omission.derive is None:
        return {**described, "default": omission.text}
    words = [described.get("description", ""), f"Left out: {omission.explanation}"]
    return {**described, "description": " ".join(word for word in words if word)}


def _inner_records(form: Form) -> Iterator[RecordForm]:
    """Yield the records inside a form, at any depth."""
    if isinstance(form, RecordForm):
        inner = [field.form for field in form.fields]
    elif isinstance(form, Together):
        inner = form.forms
    else:
        inner = [form.form] if isinstance(form, Maybe | Many) else []
    for each in inner:
        if isinstance(each, RecordForm):
            yield each
        yield from _inner_records(each)
