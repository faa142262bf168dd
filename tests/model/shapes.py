"""What the array of each kind of record holds, as text that people can compare.

    python -m tests.model.shapes > tests/model/shapes.txt

after a kind was added, or after one was changed with its version (`model/schema.py`).
"""

from enum import IntEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from fairlead.model.schema import CURRENT
from fairlead.model.text import INPUTS, OUTPUTS

HELD: Final = Path(__file__).with_name("shapes.txt")


def shapes() -> str:
    """Return a line for every kind: tag, version, name, and what it holds in which order."""
    kinds = sorted({**INPUTS, **OUTPUTS}.values(), key=_tag)
    return "".join(
        f"{_tag(kind)} v{CURRENT.versions[_tag(kind)]} {kind.__name__} {_fields(kind)}\n"
        for kind in kinds
    )


def _tag(kind: Any) -> int:
    return int(kind.__struct_config__.tag)


def _fields(kind: Any) -> str:
    fields = msgspec.structs.fields(kind)
    return "(" + ", ".join(f"{field.name}: {_shape(field.type)}" for field in fields) + ")"


def _shape(declared: Any) -> str:
    """Return what stands there in the bytes: types of ours that are integers are integers."""
    declared = getattr(declared, "__supertype__", declared)
    if declared in (int, str, bool, bytes):
        return str(declared.__name__)
    if declared is NoneType:
        return "none"
    parts = get_args(declared)
    if get_origin(declared) in (Union, UnionType):
        return " | ".join(sorted(map(_shape, parts)))
    if get_origin(declared) is tuple and parts[-1] is Ellipsis:
        return f"[{_shape(parts[0])}, ...]"
    if get_origin(declared) is tuple:
        return f"[{', '.join(map(_shape, parts))}]"
    return "int" if issubclass(declared, IntEnum) else _fields(declared)


if __name__ == "__main__":
    print(shapes(), end="")  # noqa: T201 - it is made to be redirected
