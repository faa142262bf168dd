"""The keys of the sections about risk and watching, and what the reference says of them."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from fairlead.node.limit_settings import Bound
from fairlead.node.safety_settings import SafetyFile

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "risk-configuration.md"


def keys() -> dict[str, str]:
    """Return every key with its default as people write it; a section alone is no key."""
    found = dict(_keys(SafetyFile, "", []))
    return {
        key: _written(field)
        for key, field in found.items()
        if not any(other.startswith(f"{key}.") for other in found)
    }


def documented() -> dict[str, str]:
    """Return every key in the tables of the reference with the default that stands there."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", REFERENCE.read_text("utf-8"), re.MULTILINE)
    return {key: default.strip().strip("`") for key, default in rows if "." in key}


def profile_rows() -> dict[str, list[str]]:
    """Return the rows of the table of profiles: a key without its section, and four values."""
    rows = re.findall(r"^\| `(\w+)` \|(.+)\|$", REFERENCE.read_text("utf-8"), re.MULTILINE)
    return {key: [one.strip() for one in cells.split("|")] for key, cells in rows}


def _keys(
    model: type[BaseModel], path: str, known: list[type[BaseModel]]
) -> Iterator[tuple[str, FieldInfo]]:
    """Return the keys below a model; those of a model that came before are not repeated."""
    for name, field in model.model_fields.items():
        place = f"{path}.{name}" if path else name
        yield place, field
        for below, ending in _models(field.annotation):
            if below is not Bound and below not in known:
                known.append(below)
                yield from _keys(below, place + ending, known)


def _models(annotation: Any, ending: str = "") -> Iterator[tuple[type[BaseModel], str]]:
    origin = get_origin(annotation)
    arguments = get_args(annotation)
    if origin is Annotated:
        yield from _models(arguments[0], ending)
    elif origin in (Union, UnionType):
        for member in arguments:
            yield from _models(member, ending)
    elif origin is tuple:
        yield from _models(arguments[0], f"{ending}[]")
    elif arguments:
        yield from _models(arguments[-1], f"{ending}.*")
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ending


def _written(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = TypeAdapter(field.rebuild_annotation()).dump_python(field.default)
    if isinstance(value, tuple | list):
        names = [
            one["name"] if isinstance(one, Mapping) and "name" in one else one for one in value
        ]
        names = [one["type"] if isinstance(one, Mapping) else one for one in names]
        return f"[{', '.join(map(str, names))}]"
    if isinstance(value, Mapping):
        return "as there" if value else "{}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    words = {"None": "null", "True": "true", "False": "false", "": '""'}
    return words.get(str(value), str(value))


def _named(item: object) -> str:
    """Return an item of a list; a mapping is known by its name or its type."""
    return str(item.get("name") or item.get("type")) if isinstance(item, Mapping) else str(item)
