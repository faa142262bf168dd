"""`fairlead schema`: what it describes is what is written and read, no more and no less."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from typer.testing import CliRunner

from fairlead.cli.main import app
from fairlead.cli.schema import line_schema
from fairlead.model.text import INPUTS, OUTPUTS, read_input, read_object, write
from fairlead.model.units import Nanos
from tests.model.records import any_of, known_names

SCHEMA = line_schema(inputs=True, outputs=True)
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def problems(found: Any, schema: Any, where: str = "line") -> list[str]:
    """Return what in `found` the schema does not allow: the words of JSON Schema that we use."""
    if schema is False:
        return [f"{where}: too much"]
    if "$ref" in schema:
        return problems(found, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], where)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            fitting = sum(not problems(found, each, where) for each in schema[choice])
            good = fitting == 1 if choice == "oneOf" else fitting >= 1
            return [] if good else [f"{where}: {found!r} fits {fitting} of {choice}"]
    if not _is_plain(found, schema):
        return [f"{where}: {found!r} is not {schema}"]
    wrong = []
    if isinstance(found, dict):
        known = schema["properties"]
        wrong += [f"{where}: no {name}" for name in schema["required"] if name not in found]
        wrong += [f"{where}: {name} is not known" for name in found if name not in known]
        for name in known.keys() & found.keys():
            wrong += problems(found[name], known[name], f"{where}.{name}")
    if isinstance(found, list):
        first = schema.get("prefixItems", [])
        wrong += [f"{where}: too short"] if len(found) < schema.get("minItems", 0) else []
        for place, each in enumerate(found):
            rest = schema["items"] if place >= len(first) else first[place]
            wrong += problems(each, rest, f"{where}[{place}]")
    return wrong


def _is_plain(found: Any, schema: dict[str, Any]) -> bool:
    """Return whether type, value, pattern and bound fit."""
    if "const" in schema or "enum" in schema:
        return found == schema.get("const", found) and found in schema.get("enum", [found])
    kind = schema["type"]
    if kind in ("number", "integer"):
        number = isinstance(found, int | float) and not isinstance(found, bool)
        return number and found >= schema.get("minimum", found)
    fits = isinstance(found, TYPES[kind])
    return fits and (kind != "string" or re.search(schema.get("pattern", ""), found) is not None)


@given(any_of({**INPUTS, **OUTPUTS}))
def test_whatever_is_written_fits_the_schema(record: Any) -> None:
    assert problems(write(record, known_names()), SCHEMA) == []


@pytest.mark.parametrize(
    "line",
    [
        '{"type":"KillCommand","person":"ann"}',
        '{"type":"SubmitRequest","strategy":"mm","order":1,"instrument":"ABC",'
        '"side":"buy","quantity":3}',
        '{"type":"BookSnapshot","instrument":"ABC","bids":[["1.5",2]],"asks":[]}',
        '{"type":"InstrumentDefinition","instrument":'
        '{"symbol":"N","price_decimals":2,"quantity_decimals":0}}',
        '{"type":"SubmitRequest","strategy":"mm","order":1,"instrument":"ABC",'
        '"side":"sell","quantity":3,"trail":"0.5"}',
        '{"type":"Statement","account":"main","fills":[{"instrument":"ABC","execution":"e1",'
        '"side":"buy","price":"1.5","quantity":1}],"positions":[],"cash":null}',
        '{"type":"OrderPolicyChange","policy":{},"person":"ann"}',
        '{"type":"TradingDayBegan","session_date":20260105}',
        '{"type":"VenueOrderStatus","order":1,"instrument":"ABC","found":false}',
        '{"type":"VenueFilled","order":1,"instrument":"ABC","execution":"e1","price":"1.5",'
        '"quantity":1,"cumulative":null}',
    ],
)
def test_the_shortest_line_that_is_read_fits_the_schema(line: str) -> None:
    assert problems(json.loads(line), SCHEMA) == []
    read_input(read_object(line), known_names(), Nanos(0))


@pytest.mark.parametrize(
    "line",
    [
        '{"type":"KillCommand"}',
        '{"type":"KillCommand","person":"ann","persn":"ann"}',
        '{"type":"KillCommand","person":7}',
        '{"type":"Kill","person":"ann"}',
        '{"person":"ann"}',
        '{"type":"CancelRequest","strategy":"mm","order":-1}',
        '{"type":"CancelRequest","strategy":"mm","order":"one"}',
        '{"type":"StopCommand","person":"ann","policy":"cancle"}',
        '{"type":"CashMoved","account":"main","currency":"USD","kind":"gift","amount":"1",'
        '"reference":"r","person":"ann","reason":"why"}',
        '{"type":"Statement","account":"main","cash":[{"currency":"USD"}]}',
        '{"type":"CloseBreakCommand","number":1,"person":"ann"}',
        '{"type":"BookSnapshot","instrument":"ABC","bids":[["1.5"]],"asks":[]}',
        '{"type":"BookSnapshot","instrument":"ABC","bids":[["1.5",2,3]],"asks":[]}',
    ],
)
def test_a_line_that_is_not_read_does_not_fit_the_schema(line: str) -> None:
    assert problems(json.loads(line), SCHEMA) != []


def test_a_line_may_say_its_time_and_an_output_its_number() -> None:
    assert problems({"type": "KillCommand", "person": "ann", "time": 7}, SCHEMA) == []
    assert problems({"type": "BookRestored", "instrument": "ABC", "sequence": 1}, SCHEMA) == []


def test_every_input_and_output_is_described_in_words() -> None:
    for name in {**INPUTS, **OUTPUTS}:
        assert SCHEMA["$defs"][name]["description"], name
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_what_may_be_left_out_says_what_then_stands() -> None:
    request = SCHEMA["$defs"]["SubmitRequest"]
    assert "tag" not in request["required"]
    assert request["properties"]["tag"]["default"] == ""
    assert "market without" in request["properties"]["order_type"]["description"]


def test_nothing_is_left_out_of_what_is_printed() -> None:
    for name in (*OUTPUTS, "Approved", "FailedCheck"):
        described = SCHEMA["$defs"][name]
        always = set(described["properties"]) - {"sequence"}
        assert set(described["required"]) == always, name
        assert not any("default" in field for field in described["properties"].values()), name


def test_a_default_that_the_record_has_is_in_the_schema() -> None:
    request = SCHEMA["$defs"]["SubmitRequest"]["properties"]
    assert request["reduce_only"]["default"] is False
    assert request["trigger"]["default"] == "last"
    assert SCHEMA["$defs"]["Statement"]["properties"]["orders"]["default"] is None
    policy = SCHEMA["$defs"]["OrderPolicy"]
    assert policy["required"] == []
    assert policy["properties"]["attempts_max"]["default"] == 3


def test_the_command_prints_inputs_outputs_or_all() -> None:
    def kinds(*options: str) -> set[str]:
        result = CliRunner().invoke(app, ["schema", *options])
        assert result.exit_code == 0, result.output
        return {
            each["$ref"].removeprefix("#/$defs/") for each in json.loads(result.stdout)["oneOf"]
        }

    assert kinds("--input") == set(INPUTS)
    assert kinds("--output") == set(OUTPUTS)
    assert kinds() == kinds("--all") == {*INPUTS, *OUTPUTS}
    assert CliRunner().invoke(app, ["schema", "--input", "--output"]).exit_code == 2
