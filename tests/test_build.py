"""Compiling is optional, whole or not at all, and never hides the sources."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import pytest

from fairlead.node.build import build_of

ROOT = Path(__file__).parents[1]
PROBE = "import fairlead.machine.planted as planted; print(planted.__file__, planted.double(21))"


def load_setup() -> ModuleType:
    """Return setup.py as a module; it builds only when it is run."""
    spec = importlib.util.spec_from_file_location("fairlead_setup", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SETUP = load_setup()


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command without the switches of this test run."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("FAIRLEAD_")}
    kept.pop("CC", None)
    return subprocess.run(
        command,
        cwd=cwd,
        env={**kept, "PYTHONPATH": "src", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def build(tree: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Compile a tree in place, quickly."""
    command = (sys.executable, "setup.py", "-q", "build_ext", "--inplace")
    return run(*command, cwd=tree, FAIRLEAD_OPT_LEVEL="0", **environment)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a small checkout: the real set-up, the real units, one module of the machine."""
    package = tmp_path / "src" / "fairlead"
    for room in ("model", "machine", "journal", "simulator"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").touch()
    for place in ("setup.py", "src/fairlead/__init__.py", "src/fairlead/model/units.py"):
        shutil.copy(ROOT / place, tmp_path / place)
    (tmp_path / "strategies").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "fairlead"\nversion = "0"\n')
    (package / "machine" / "planted.py").write_text(
        '"""Planted."""\n\n\ndef double(number: int) -> int:\n'
        '    """Return twice the number."""\n    return 2 * number\n'
    )
    return tmp_path


def compiled_files(tree: Path) -> list[Path]:
    """Return the compiled files in a tree."""
    return sorted((tree / "src").rglob("*.so"))


def failing_compiler(tree: Path) -> Path:
    """Return a compiler that passes the probe of setup.py and fails at everything else."""
    compiler = tree / "failing-compiler"
    compiler.write_text('#!/bin/sh\ncase "$*" in *probe.c*) exit 0 ;; *) exit 1 ;; esac\n')
    compiler.chmod(0o755)
    return compiler


needs_compiler = pytest.mark.skipif(
    bool(SETUP.compiler_problem()), reason=f"cannot compile here: {SETUP.compiler_problem()}"
)


def test_the_rooms_on_the_path_are_compiled_whole() -> None:
    compiled = {path.relative_to(SETUP.SOURCE).as_posix() for path in SETUP.compiled_sources()}
    source = ROOT / "src" / "fairlead"
    rooms = ("machine", "journal", "simulator")
    expected = {
        path.relative_to(source).as_posix()
        for room in rooms
        for path in (source / room).rglob("*.py")
        if path.name not in ("__init__.py", "errors.py")
    }
    alone = {name for name in SETUP.COMPILED if name.endswith(".py")}
    assert {"model/codec.py", "node/path.py", "node/recovery.py", "node/session.py"} <= alone
    assert all((source / name).is_file() for name in alone)
    assert compiled == expected | alone


def test_no_compiler_is_a_reason_to_stay_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAIRLEAD_PURE", raising=False)
    monkeypatch.setenv("CC", "no-such-compiler")
    assert SETUP.why_pure() == "no C compiler: no-such-compiler: No such file or directory"


def test_a_compiler_that_fails_is_a_reason_to_stay_interpreted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FAIRLEAD_PURE", raising=False)
    monkeypatch.setenv("CC", "false")
    assert SETUP.why_pure() == "the C compiler does not work: exit code 1"


def test_pure_is_a_reason_to_stay_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_PURE", "1")
    assert SETUP.why_pure() == "FAIRLEAD_PURE=1"


@needs_compiler
def test_a_compiled_tree_runs_compiled_and_with_pure_interpreted(tree: Path) -> None:
    assert build(tree, FAIRLEAD_COMPILE="strict").returncode == 0
    facts = build_of(tree / "src" / "fairlead", pure=False)
    assert [m.module for m in facts.modules if m.compiled] == [
        "fairlead.machine.planted",
        "fairlead.model.units",
    ]
    assert facts.stale == []
    compiled = run(sys.executable, "-c", PROBE, cwd=tree).stdout.split()
    interpreted = run(sys.executable, "-c", PROBE, cwd=tree, FAIRLEAD_PURE="1").stdout.split()
    assert compiled[0].endswith(tuple(EXTENSION_SUFFIXES))
    assert interpreted[0].endswith("planted.py")
    assert compiled[1] == interpreted[1] == "42"


@needs_compiler
def test_what_changed_is_linked_anew(tree: Path) -> None:
    assert build(tree, FAIRLEAD_COMPILE="strict").returncode == 0
    planted = tree / "src" / "fairlead" / "machine" / "planted.py"
    planted.write_text(planted.read_text().replace("2 * number", "2 * number + 1"))
    os.utime(planted, (0, 0))
    assert build(tree, FAIRLEAD_COMPILE="strict").returncode == 0
    assert run(sys.executable, "-c", PROBE, cwd=tree).stdout.split()[1] == "43"


@needs_compiler
def test_a_new_compilation_leaves_nothing_of_the_old_one(tree: Path) -> None:
    old = tree / "src" / "fairlead" / "machine" / f"removed{EXTENSION_SUFFIXES[0]}"
    old.touch()
    assert build(tree, FAIRLEAD_PURE="1").returncode == 0
    assert compiled_files(tree) == []


@needs_compiler
def test_a_compilation_that_fails_leaves_an_interpreted_installation(tree: Path) -> None:
    result = build(tree, CC=str(failing_compiler(tree)))
    assert result.returncode == 0, result.stderr
    assert "fairlead: not compiled, runs interpreted" in result.stdout
    assert compiled_files(tree) == []
    assert not (tree / "src" / "fairlead" / "compiled.json").exists()


@needs_compiler
def test_a_compilation_that_fails_fails_a_strict_build(tree: Path) -> None:
    result = build(tree, CC=str(failing_compiler(tree)), FAIRLEAD_COMPILE="strict")
    assert result.returncode != 0


@needs_compiler
def test_a_source_that_does_not_type_check_fails_a_strict_build_alone(tree: Path) -> None:
    with (tree / "src" / "fairlead" / "machine" / "planted.py").open("a") as file:
        file.write('PRICE: int = "1"\n')
    assert build(tree, FAIRLEAD_COMPILE="strict").returncode != 0
    result = build(tree)
    assert result.returncode == 0, result.stderr
    assert "Incompatible types in assignment" in result.stdout + result.stderr
    assert "fairlead: not compiled, runs interpreted" in result.stdout


def test_importing_the_package_imports_nothing_of_it_and_nothing_heavy() -> None:
    code = "import sys; import fairlead; print(*sorted(sys.modules))"
    modules = run(sys.executable, "-c", code, cwd=ROOT).stdout.split()
    assert [module for module in modules if module.startswith("fairlead")] == ["fairlead"]
    assert not {"asyncio", "msgspec", "numpy", "pydantic", "typing"}.intersection(modules)


def test_every_base_dependency_is_imported_by_the_package() -> None:
    """A dependency comes with the code that uses it, and goes with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[><=\[]", text)[0].strip() for text in project["dependencies"]]
    sources = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    behind = {"tzdata": "zoneinfo"}  # what is read by another module, and which
    for name in (behind.get(each, each) for each in names):
        assert re.search(rf"^\s*(from|import) {re.escape(name)}\b", sources, re.MULTILINE), name
