"""The state of a session as bytes, and back: what a snapshot holds.

*The problem.* A session is a few hundred classes of objects that refer to each other: books,
orders, sums of risk, the simulated world, what strategies remember. A form of its own for each
class would be a second description of all that is known, and one day the two would differ.

*What is done.* The objects are written as they are, by class and attribute, with Python's pickle;
compiled classes too. What an image may name is bounded: the rooms that hold state, the modules of
the strategies that sit here, a few plain classes of the standard library. That keeps out what
nobody meant to write; it is no fence against malice. That fence is that an image is a cache of a
replay: it is bound to the build that wrote it, and the journal vouches for its bytes before
anything is read from it (`node/snapshots.py`).

Three kinds of objects are named and not written: those of the process, such as an open file
(`outside`), which whoever reads gives anew; the constants of our modules, since code asks whether
something *is* such a constant; and the classes and functions of strategies, since a strategy from a
file is a module that no import finds.
"""

import functools
import io
import pickle
import sys
from collections.abc import Iterable, Mapping
from enum import Enum
from types import BuiltinMethodType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from fairlead.machine.bare import bare
from fairlead.node.errors import BadImage, NotKept

_ROOMS: Final = ("model", "machine", "simulator", "readers", "strategy", "gateways", "node")
_PLAIN: Final = {
    "builtins": (
        *("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list"),
        *("range", "set", "slice", "str", "tuple"),
        "getattr",  # a method of an object, such as that of a stream of chance
    ),
    "collections": ("Counter", "OrderedDict", "defaultdict", "deque"),
    "datetime": ("date", "datetime", "time", "timedelta", "timezone"),
    "decimal": ("Decimal",),
    "fractions": ("Fraction",),
    "msgspec._utils": ("rebuild",),  # how a record with keyword fields is made again
    "random": ("Random",),
}
_PROTOCOL: Final = 5
_CONSTANT: Final = "constant"
_OUTSIDE: Final = "outside"
_STRATEGY: Final = "strategy"


def encode(state: object, outside: Mapping[str, object], modules: Iterable[str] = ()) -> bytes:
    """Return the image of an object and all that it refers to; `modules` are those of strategies.

    Raises `NotKept` where something in it cannot be brought back.
    """
    written = io.BytesIO()
    try:
        _Writer(written, outside, modules).dump(state)
    except (TypeError, AttributeError, ValueError, pickle.PicklingError, RecursionError) as error:
        raise NotKept(str(error)) from error
    return written.getvalue()


def decode(content: bytes, outside: Mapping[str, object], modules: Iterable[str] = ()) -> Any:
    """Return what `encode` was given. The journal has vouched for the bytes. Raises `BadImage`."""
    try:
        return _Reader(content, outside, modules).load()
    except Exception as error:
        raise BadImage(f"{type(error).__name__}: {error}") from error


class _Allowed:
    """What an image may name."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._modules = frozenset(modules)

    def is_strategy(self, module: str) -> bool:
        return module in self._modules

    def has(self, module: str, name: str) -> bool:
        package, _, rest = module.partition(".")
        if package == "fairlead":
            return rest.partition(".")[0] in _ROOMS
        return module in self._modules or name in _PLAIN.get(module, ())


class _Writer(pickle.Pickler):
    """Writes objects by class and attribute."""

    def __init__(
        self, file: io.BytesIO, outside: Mapping[str, object], modules: Iterable[str]
    ) -> None:
        super().__init__(file, _PROTOCOL)
        self._allowed = _Allowed(modules)
        self._named = {id(each): (_CONSTANT, *place) for place, each in _constants()}
        self._named.update({id(each): (_OUTSIDE, "", name) for name, each in outside.items()})

    def persistent_id(self, each: object) -> tuple[str, str, str] | None:
        if isinstance(each, type | FunctionType) and self._allowed.is_strategy(each.__module__):
            return self._of_strategy(each)
        return self._named.get(id(each))

    def reducer_override(self, each: Any) -> Any:
        """Say how an object is made again, where pickle does not know it by itself."""
        kind = type(each)
        if kind is MethodType or (kind is BuiltinMethodType and _has_owner(each)):
            return getattr, (each.__self__, each.__name__)
        if isinstance(each, type):
            return self._checked(each)
        attributes = getattr(kind, "__mypyc_attrs__", None)
        if attributes is None:
            return NotImplemented
        kept = {name: getattr(each, name) for name in attributes if hasattr(each, name)}
        return bare, (kind,), kept

    def _of_strategy(self, each: Any) -> tuple[str, str, str]:
        module, name = each.__module__, each.__qualname__
        if _found(module, name) is not each:
            raise NotKept(f"{name} of {module} cannot be found there by its name")
        return _STRATEGY, module, name

    def _checked(self, kind: type) -> Any:
        if not self._allowed.has(kind.__module__, kind.__qualname__):
            raise NotKept(f"a {kind.__module__}.{kind.__qualname__} is in it")
        return NotImplemented


class _Reader(pickle.Unpickler):
    """Reads what `_Writer` has written, and makes nothing that it would not write."""

    def __init__(
        self, content: bytes, outside: Mapping[str, object], modules: Iterable[str]
    ) -> None:
        super().__init__(io.BytesIO(content))
        self._allowed = _Allowed(modules)
        self._outside = outside

    def find_class(self, module: str, name: str) -> Any:
        if not self._allowed.has(module, name):
            raise BadImage(f"it names {module}.{name}, which no image may hold")
        return super().find_class(module, name)

    def persistent_load(self, named: Any) -> Any:
        kind, module, name = named
        if kind == _OUTSIDE:
            return self._outside[name]
        if kind == _STRATEGY and self._allowed.is_strategy(module):
            return _found(module, name)
        if not self._allowed.has(module, name):
            raise BadImage(f"it names {module}.{name}, which no image may hold")
        return vars(sys.modules[module])[name]


def _room(module: str) -> str:
    """Return the room of a module of ours, empty for one of somebody else."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] if first == "fairlead" else ""


def _found(module: str, name: str) -> object:
    """Return what has a name in a module, "Outer.Inner" too; None for nothing."""
    found: object = sys.modules[module]
    return functools.reduce(lambda each, part: getattr(each, part, None), name.split("."), found)


def _has_owner(method: BuiltinMethodType) -> bool:
    return method.__self__ is not None and not isinstance(method.__self__, ModuleType)


def _constants() -> Iterable[tuple[tuple[str, str], object]]:
    """Yield every object that a module of ours made for all, with its place.

    Of the rooms that hold state alone: others may know the same object by a name of their own.
    """
    for module in sorted(name for name in sys.modules if _room(name) in _ROOMS):
        for name, each in sorted(vars(sys.modules[module]).items(), key=lambda item: item[0]):
            kind = type(each)
            if kind.__module__.startswith("fairlead.") and not isinstance(each, type | Enum):
                yield (module, name), each
