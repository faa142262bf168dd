"""The house rules that no tool knows, as functions from a file to its violations.

What ruff, mypy and import-linter can check is their business (pyproject.toml). `test_tidy.py` holds
the tree against these rules, and each rule against violations that are planted for it.
"""

import ast
import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import grimp

from fairlead.cli.main import COMMANDS

FUNCTION_LINES_MAX: Final = 70
FILE_LINES_MAX: Final = 500
TEXT_SUFFIXES: Final = {
    *(".css", ".html", ".j2", ".js", ".json", ".jsonl", ".md"),
    *(".py", ".sh", ".toml", ".txt", ".yaml", ".yml"),
}
TEXT_NAMES: Final = {".gitignore", "LICENSE", "Makefile", "run"}
NO_PLACES: Final = {"__pycache__", "build", "dist", "var"}
NO_PACKAGES: Final = {
    *("common", "core", "helper", "helpers", "manager", "managers"),
    *("misc", "service", "services", "util", "utils"),
}
NO_CLASSES: Final = re.compile(r"(Manager|Helper|Helpers|Util|Utils|Base|Impl|Data|Info)$")
ENTRY_POINTS: Final = {
    *("fairlead.__main__", "fairlead.cli.main"),
    *(f"fairlead.cli.{one.place.partition(':')[0]}" for one in COMMANDS.values()),
    "fairlead.simulator.disk",  # a part of simulated worlds, and of the journal's own tests
}
GATE: Final = "src/fairlead/machine/risk/gate.py"
# Orders of strangers, who trade on our simulated exchange: they ask no risk of ours.
STRANGERS: Final = "src/fairlead/stages/web_orders.py"
# Tests of the whole, beside those that mirror a module: tests/test_*.py, these folders and files.
WHOLE_TESTS: Final = {"crash", "knight", "replay", "scripts", "simulation"}
STORIES: Final = {
    "tests/cli/test_crash.py",
    "tests/journal/test_faults.py",
    "tests/journal/test_last_words.py",
    "tests/machine/test_closing.py",
    "tests/machine/test_hostile.py",
    "tests/machine/risk/test_currencies.py",
    "tests/machine/risk/test_tail_risk.py",
    "tests/machine/test_risk_sessions.py",
    "tests/machine/test_rules.py",
}


class Violation(NamedTuple):
    """A rule broken at a place, and what to do instead."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        """Write it as tools do, so that editors jump to it."""
        return f"{self.path}:{self.line}: {self.message}"


Rule = Callable[[str, str], list[Violation]]
TreeRule = Callable[[Path], list[Violation]]


@functools.cache
def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a file; several rules want the same one."""
    return ast.parse(text)


# --- rules for any text --------------------------------------------------------------------------


def whitespace(path: str, text: str) -> list[Violation]:
    """No spaces at the end of a line, no tabs but in a Makefile, one newline at the end."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            found.append(Violation(path, number, "spaces at the end of the line: remove them"))
        if "\t" in line and Path(path).name != "Makefile":
            found.append(Violation(path, number, "a tab: indent with spaces"))
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        found.append(Violation(path, text.count("\n"), "a file ends with one newline"))
    return found


def finished(path: str, text: str) -> list[Violation]:
    """No marks of unfinished work: an issue is the place for it."""
    return _matches(path, text, r"\b(FIX[M]E|TO[D]O|XX[X])\b", "unfinished: do it or open an issue")


def anybodys_machine(path: str, text: str) -> list[Violation]:
    """No paths that exist on one machine only."""
    pattern = r"(?<![\w.$}/])/(home|root|work|Users)/\w"
    return _matches(path, text, pattern, "a path of one machine: make it relative or an argument")


def _matches(path: str, text: str, pattern: str, message: str) -> list[Violation]:
    lines = enumerate(text.split("\n"), 1)
    return [Violation(path, number, message) for number, line in lines if re.search(pattern, line)]


# --- rules for Python ----------------------------------------------------------------------------


def file_length(path: str, text: str) -> list[Violation]:
    """A file has one subject."""
    lines = text.count("\n")
    message = f"{lines} lines, at most {FILE_LINES_MAX}: split it by subject"
    return [Violation(path, lines, message)] if lines > FILE_LINES_MAX else []


def function_length(path: str, text: str) -> list[Violation]:
    """A function fits a screen."""
    found = []
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                message = f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}: split it"
                found.append(Violation(path, node.lineno, message))
    return found


def class_names(path: str, text: str) -> list[Violation]:
    """A class is named after the thing it is."""
    return [
        Violation(path, node.lineno, f"{node.name} says nothing: name the thing that it is")
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.ClassDef) and NO_CLASSES.search(node.name)
    ]


def exact_numbers(path: str, text: str) -> list[Violation]:
    """No floats where orders, money and risk are decided: no literal, no `float`, no `/`."""
    found = []
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            message = f"{node.value!r} is a float: count in integers (model/units.py)"
        elif isinstance(node, ast.Name) and node.id == "float":
            message = "float: count in integers (model/units.py)"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            message = "/ makes a float: use // or divide_half_even"
        else:
            continue
        found.append(Violation(path, node.lineno, message))
    return found


def same_everywhere(path: str, text: str) -> list[Violation]:
    """No `hash()` and no `id()`: they differ from process to process, and replay would too."""
    return [
        Violation(
            path, node.lineno, f"{node.func.id}() differs from run to run: use the key itself"
        )
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("hash", "id")
    ]


def set_order(path: str, text: str) -> list[Violation]:
    """No iteration over sets: their order differs from run to run. A dict keeps its order."""
    sets = _set_names(parsed(text))
    message = "iterates over a set: sort it, or use a dict, which keeps its order"
    return [
        Violation(path, iterated.lineno, message)
        for node in ast.walk(parsed(text))
        for iterated in _iterated(node)
        if _is_set(iterated, sets)
    ]


def _set_names(tree: ast.Module) -> set[str]:
    """Return the names and attributes that this file annotates as sets, or assigns a set to."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and _is_set_type(node.annotation):
            names.add(ast.unparse(node.target))
        elif isinstance(node, ast.arg) and node.annotation and _is_set_type(node.annotation):
            names.add(node.arg)
        elif isinstance(node, ast.Assign) and _is_set(node.value, set()):
            names.update(ast.unparse(target) for target in node.targets)
    return names


def _is_set_type(annotation: ast.expr) -> bool:
    return (
        re.match(r"(Final\[)?(set|frozenset|Set|FrozenSet)\b", ast.unparse(annotation)) is not None
    )


def _is_set(node: ast.expr, sets: set[str]) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.BinOp):
        return _is_set(node.left, sets) or _is_set(node.right, sets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("set", "frozenset")
    return ast.unparse(node) in sets


def _iterated(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a node goes through in order."""
    if isinstance(node, ast.For | ast.comprehension):
        yield node.iter
    elif isinstance(node, ast.Starred):
        yield node.value
    elif isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name in ("list", "tuple", "iter", "enumerate", "zip", "map", "filter", "dict.fromkeys"):
            yield from node.args
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("pop", "join", "extend"):
            yield from [node.func.value] if not node.args else node.args


def bounds_without_effect(path: str, text: str) -> list[Violation]:
    """No effect inside the bounds of a slice, in what is compiled.

    mypyc 2.4 evaluates `rest[os.write(file, rest) :]` twice where `rest` is no list, tuple, str or
    bytes (`try_gen_slice_op` emits the bounds, gives up, and emits them again): it wrote twice.
    """
    message = "mypyc may evaluate a slice's bounds twice: give the call's result a name first"
    return [
        Violation(path, call.lineno, message)
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.Slice)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) not in ("len", "max", "min")
    ]


def risk_decides(path: str, text: str) -> list[Violation]:
    """The risk gate alone makes an `Approved`, and so it alone lets orders out."""
    message = f"only the risk gate makes an Approved ({GATE}): ask it"
    return [
        Violation(path, node.lineno, message)
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Approved"
    ]


def every_layer_is_asked(path: str, text: str) -> list[Violation]:
    """Nothing that runs switches a layer of risk off; the gate begins with all, tests alone may."""
    message = "a layer of risk is switched off in tests alone (tests/knight/test_layers.py)"
    sound = "self.layers = ALL_LAYERS" if path == GATE else ""
    found = []
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Call):
            named = ast.unparse(node.func) in ("setattr", "object.__setattr__")
            sets = named and any(ast.unparse(given) == "'layers'" for given in node.args)
        elif isinstance(node, ast.Attribute):
            sets = node.attr == "layers" and isinstance(node.ctx, ast.Store | ast.Del)
        else:
            continue
        line = text.split("\n")[node.lineno - 1].strip()
        if sets and line != sound:
            found.append(Violation(path, node.lineno, message))
    return found


# --- rules for Markdown --------------------------------------------------------------------------


def one_title(path: str, text: str) -> list[Violation]:
    """A Markdown file has one title."""
    titles = [number for number, line in _prose(text) if line.startswith("# ")]
    if len(titles) == 1:
        return []
    return [
        Violation(path, titles[1] if titles else 1, f"{len(titles)} titles (# ...), expected 1")
    ]


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a Markdown file that are no code."""
    fenced = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, re.sub(r"`[^`]*`", "", line)


# --- rules for the tree --------------------------------------------------------------------------


def links_resolve(root: Path) -> list[Violation]:
    """A relative link in a Markdown file leads to a file of this repository."""
    found = []
    for path, text in text_files(root):
        for number, line in _prose(text) if path.endswith(".md") else ():
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:|#", target):
                    continue
                place = (root / path).parent.joinpath(target.split("#")[0]).resolve()
                if not (place.exists() and place.is_relative_to(root.resolve())):
                    found.append(Violation(path, number, f"the link {target} leads nowhere"))
    return found


def package_names(root: Path) -> list[Violation]:
    """A room is named after its subject."""
    return [
        Violation(path.relative_to(root).as_posix(), 1, f"{path.stem}: name the subject")
        for top in ("src", "strategies", "tests")
        for path in sorted((root / top).rglob("*"))
        if path.stem in NO_PACKAGES and path.suffix in ("", ".py")
    ]


def nothing_dead(_root: Path) -> list[Violation]:
    """Every module is imported by another one, or is an entry point. Tests do not count."""
    return dead_modules("fairlead", ENTRY_POINTS)


def dead_modules(package: str, entry_points: set[str]) -> list[Violation]:
    """Return the modules of an importable package that no other module of it imports."""
    graph = grimp.build_graph(package, cache_dir=None)
    used = entry_points.union(*map(graph.find_modules_directly_imported_by, graph.modules))
    return [
        Violation(module, 1, "nothing imports it: use it or remove it")
        for module in sorted(graph.modules - used)
        if not graph.find_children(module)
    ]


def tests_mirror(root: Path) -> list[Violation]:
    """tests/<room>/test_<module>.py tests src/fairlead/<room>/<module>.py."""
    found = []
    for test in sorted((root / "tests").rglob("test_*.py")):
        place = test.relative_to(root / "tests").parent
        written = test.relative_to(root).as_posix()
        if place == Path() or place.parts[0] in WHOLE_TESTS or written in STORIES:
            continue
        name = test.stem.removeprefix("test_")
        home = root if place.parts[0] == "strategies" else root / "src" / "fairlead"
        if not ((home / place / f"{name}.py").exists() or (home / place / name).is_dir()):
            message = f"tests no module: there is no {place.as_posix()}/{name}.py"
            found.append(Violation(written, 1, message))
    return found


def text_files(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the place and the content of every text file that is ours."""
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        text = path.suffix in TEXT_SUFFIXES or path.name in TEXT_NAMES
        if text and path.is_file() and not any(_made_by_tools(part) for part in place.parts):
            yield place.as_posix(), path.read_text(encoding="utf-8")


def _made_by_tools(part: str) -> bool:
    hidden = part.startswith(".") and part not in (".ci", ".gitignore")
    return hidden or part in NO_PLACES or part.endswith(".egg-info")


_ANY: Final = r""
_PYTHON: Final = r"\.py$"
_DECIDING: Final = r"^src/fairlead/(model|machine)/.*\.py$"
_REPLAYED: Final = r"^src/fairlead/(model|machine|journal|simulator|strategy)/.*\.py$"
_COMPILED: Final = (
    r"^src/fairlead/(model/units|(machine|journal|simulator|node|strategy|gateways)/.*)\.py$"
)

RULES: Final[dict[Rule, str]] = {  # and for which files
    whitespace: _ANY,
    finished: _ANY,
    anybodys_machine: _ANY,
    file_length: _PYTHON,
    function_length: _PYTHON,
    class_names: _PYTHON,
    exact_numbers: _DECIDING,
    same_everywhere: _REPLAYED,
    set_order: _REPLAYED,
    bounds_without_effect: _COMPILED,
    risk_decides: (
        rf"^(src|strategies)/(?!{GATE.removeprefix('src/')}|{STRANGERS.removeprefix('src/')}).*\.py$"
    ),
    every_layer_is_asked: r"^(src|strategies|examples|benchmarks)/.*\.py$",
    one_title: r"\.md$",
}
TREE_RULES: Final[tuple[TreeRule, ...]] = (links_resolve, package_names, nothing_dead, tests_mirror)


def check_file(rule: Rule, path: str, text: str) -> list[Violation]:
    """Return what a file breaks of a rule; nothing where the rule is not for this file."""
    return rule(path, text) if re.search(RULES[rule], path) else []
