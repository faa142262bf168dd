"""What is said about the running build is so: how each module is loaded, and from which source."""

import hashlib
import json
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import fairlead
from fairlead.node.build import Build, build_of, running_build, sources_hash

SOURCE = "PRICE = 1\n"
DIGEST = hashlib.blake2b(SOURCE.encode(), digest_size=16).hexdigest()
COMPILED = f"books{EXTENSION_SUFFIXES[0]}"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a package with one module in one room."""
    room = tmp_path / "fairlead" / "machine"
    room.mkdir(parents=True)
    (room / "__init__.py").touch()
    (room / "books.py").write_text(SOURCE)
    return tmp_path / "fairlead"


def compile_books(package: Path, digest: str = DIGEST) -> None:
    """Leave what a compilation leaves: the compiled files and the record."""
    (package / "machine" / COMPILED).touch()
    (package / f"native__mypyc{EXTENSION_SUFFIXES[0]}").touch()
    record = {"python": "3.11.2", "modules": {"fairlead.machine.books": digest}}
    (package / "compiled.json").write_text(json.dumps(record))


def books(build: Build) -> tuple[bool, bool, str]:
    """Return whether the module is compiled, whether it is stale, and why."""
    (module,) = build.modules
    assert module.module == "fairlead.machine.books"
    return module.compiled, module.stale, module.reason


def test_a_module_without_a_compiled_file_is_interpreted(package: Path) -> None:
    build = build_of(package, pure=False)
    assert books(build) == (False, False, "no compiled file")
    assert not build.compiled
    assert build.reason.startswith("interpreted: no compiled files")


def test_a_module_compiled_from_its_source_is_compiled(package: Path) -> None:
    compile_books(package)
    build = build_of(package, pure=False)
    assert books(build) == (True, False, "compiled from its source")
    assert build.compiled
    assert build.stale == []
    assert build.reason == "compiled: 1 modules, by mypyc"


def test_pure_is_interpreted_whatever_is_compiled(package: Path) -> None:
    compile_books(package)
    build = build_of(package, pure=True)
    assert books(build) == (False, False, "FAIRLEAD_PURE=1")
    assert build.reason == "interpreted: FAIRLEAD_PURE=1"


def test_a_changed_source_makes_the_compiled_file_stale(package: Path) -> None:
    compile_books(package)
    (package / "machine" / "books.py").write_text("PRICE = 2\n")
    build = build_of(package, pure=False)
    assert books(build) == (True, True, "compiled from another source")
    assert build.stale == ["fairlead.machine.books"]
    assert "do not fit their sources (fairlead.machine.books" in build.reason


def test_a_compiled_file_that_outlives_its_source_is_stale(package: Path) -> None:
    compile_books(package)
    (package / "machine" / "books.py").unlink()
    assert books(build_of(package, pure=False)) == (True, True, "its source is gone")


def test_a_compiled_file_without_a_record_is_stale(package: Path) -> None:
    compile_books(package)
    (package / "compiled.json").unlink()
    _, stale, reason = books(build_of(package, pure=False))
    assert stale
    assert reason == "no record says from which source it was compiled"


def test_files_compiled_for_another_python_are_not_loaded(package: Path) -> None:
    compile_books(package)
    (package / "machine" / COMPILED).rename(package / "machine" / "books.cpython-30-x.so")
    build = build_of(package, pure=False)
    assert books(build) == (False, False, "no compiled file")
    assert build.reason == "interpreted: the compiled files are for Python 3.11.2"


def test_the_hash_of_the_sources_sees_content_and_place_alone(package: Path) -> None:
    sources_hash.cache_clear()
    before = sources_hash(package)
    compile_books(package)
    sources_hash.cache_clear()
    assert sources_hash(package) == before
    (package / "machine" / "books.py").rename(package / "books.py")
    sources_hash.cache_clear()
    moved = sources_hash(package)
    (package / "books.py").write_text("PRICE = 2\n")
    sources_hash.cache_clear()
    assert len({before, moved, sources_hash(package)}) == 3


def test_the_running_build_is_no_mixture() -> None:
    build = running_build()
    assert build.version == fairlead.__version__
    assert build.stale == [], "compile again: make install"
    assert len(build.sources) == 32
