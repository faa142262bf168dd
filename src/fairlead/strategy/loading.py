"""Find a strategy class in a file, or among the strategies that Fairlead ships.

A strategy imports only `fairlead.strategy` and `fairlead.model` of Fairlead. That is read from the
file before any of it runs. It keeps honest code honest, so that what works in a backtest works
live; it is no fence against malice.
"""

import ast
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

from fairlead.strategy.errors import (
    USER_FAILURES,
    ForbiddenImport,
    InvalidStrategy,
    StrategyAmbiguous,
    StrategyBroken,
    StrategyNotFound,
)
from fairlead.strategy.failures import innermost_line
from fairlead.strategy.strategy import Strategy

SHIPPED: Final = "fairlead_strategies"  # the folder strategies/ of the repository, as a package
FILE_MODULE: Final = "strategy file "  # how the module of a file is named, before its path
_OPEN_ROOMS: Final = ("fairlead.strategy", "fairlead.model")


def load(path_or_name: str | Path, class_name: str | None = None) -> type[Strategy]:
    """Return the class of a file (`my.py`, `my.py:ClassName`) or a shipped name (`market_making`).

    Raises `StrategyNotLoaded`, `InvalidStrategy`.
    """
    text, colon, suffix = str(path_or_name).rpartition(":")
    if colon and suffix.isidentifier():
        class_name = class_name or suffix
    else:
        text = str(path_or_name)
    spec = _shipped(text) if text.isidentifier() else _file(Path(text))
    assert spec.origin is not None, "a source file has a place"
    path = Path(spec.origin)
    _check_imports(path)
    return _choose(_execute(spec, path), path, class_name)


def shipped() -> list[str]:
    """Return the names of the strategies that Fairlead ships."""
    package = importlib.util.find_spec(SHIPPED)
    folders = package.submodule_search_locations if package is not None else None
    return sorted(module.name for module in pkgutil.iter_modules(folders or []))


def _shipped(name: str) -> ModuleSpec:
    known = shipped()
    if name not in known:
        listed = ", ".join(known) or "none (is Fairlead installed?)"
        raise StrategyNotFound(
            f"{name}: no shipped strategy of this name; there are {listed}; a file needs its .py"
        )
    spec = importlib.util.find_spec(f"{SHIPPED}.{name}")
    assert spec is not None, "a listed module is found"
    return spec


def _file(path: Path) -> ModuleSpec:
    if not path.is_file():
        problem = "this is a folder" if path.is_dir() else "there is no such file"
        raise StrategyNotFound(f"{path}: {problem}, expected a Python file or a shipped name")
    resolved = path.resolve()
    spec = importlib.util.spec_from_file_location(f"{FILE_MODULE}{resolved}", resolved)
    if spec is None:
        raise StrategyNotFound(f"{path}: expected a Python file, with the ending .py")
    return spec


def _check_imports(path: Path) -> None:
    """Refuse a file that does not parse, or that imports a room which is not for strategies."""
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise StrategyBroken(f"{path}:{error.lineno or 1}: {error.msg}") from error
    except ValueError as error:  # null bytes
        raise StrategyBroken(f"{path}: this is no Python source: {error}") from error
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for module in _imported(node):
            if module.partition(".")[0] == "fairlead" and not _is_open(module):
                raise ForbiddenImport(
                    f"{path}:{node.lineno}: imports {module}; of Fairlead, a strategy may import"
                    f" only {' and '.join(_OPEN_ROOMS)}"
                )


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.level == 0 and node.module is not None:
        if node.module == "fairlead":
            yield from (f"fairlead.{alias.name}" for alias in node.names)
        else:
            yield node.module


def _is_open(module: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in _OPEN_ROOMS)


def _execute(spec: ModuleSpec, path: Path) -> ModuleType:
    """Run the file as a module. Whatever it raises is the file's mistake, told with its line."""
    module = importlib.util.module_from_spec(spec)
    assert spec.loader is not None, "a source file has a loader"
    sys.modules[spec.name] = module  # annotations are looked up there
    try:
        spec.loader.exec_module(module)
    except InvalidStrategy as error:
        raise InvalidStrategy(f"{path}: {error}") from error
    except KeyboardInterrupt:
        raise
    except USER_FAILURES as error:
        place = innermost_line(error, [str(path)])
        line = place[1] if place is not None and place[0] == str(path) else 1
        raise StrategyBroken(f"{path}:{line}: {type(error).__name__}: {error}") from error
    return module


def _choose(module: ModuleType, path: Path, class_name: str | None) -> type[Strategy]:
    found = {
        name: member
        for name, member in vars(module).items()
        if isinstance(member, type)
        and issubclass(member, Strategy)
        and member.__module__ == module.__name__
    }
    if class_name is not None:
        if class_name not in found:
            raise StrategyNotFound(
                f"{path}: no strategy class {class_name!r}; it has {', '.join(found) or 'none'}"
            )
        return found[class_name]
    if not found:
        raise StrategyNotFound(f"{path}: no class in it is a Strategy: class My(Strategy): ...")
    if len(found) > 1:
        listed = " or ".join(f"{path.name}:{name}" for name in found)
        raise StrategyAmbiguous(f"{path}: several strategies, expected one; say {listed}")
    return next(iter(found.values()))
