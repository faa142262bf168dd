"""Compile what is on the path of a quote and an order with mypyc where a C compiler is there.

Compiling is optional: without a usable compiler, or with `FAIRLEAD_PURE=1`, the same sources run
interpreted. A user's `pip install` never fails for want of it; with `FAIRLEAD_COMPILE=strict` (as
`make` sets it) a compiler that is there must succeed. What was compiled from which source is
written to `src/fairlead/compiled.json`, so that a compiled file that no longer fits its source is
found out (`node/build.py`, `fairlead doctor`).
"""

import hashlib
import json
import os
import platform
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

SOURCE = Path("src/fairlead")
# Of the model, units and codec alone compute anything on the path: the rest is text of the edge,
# and classes that msgspec.Struct and Enum make by their metaclasses, which mypyc does not compile.
# Of the gateways, the guard that every message passes. Of the node and the strategies' port, what
# every turn and every start goes through. What users subclass or call with whatever they have
# (`Strategy`, `Context`) stays interpreted: its messages are for them.
COMPILED = (
    "model/codec.py",
    "model/units.py",
    "machine",
    "journal",
    "simulator",
    *(f"gateways/{name}.py" for name in ("last_mile", "let_out", "ring")),
    *(f"node/{name}.py" for name in ("latency", "pace", "path", "reading", "recovery")),
    *(f"node/{name}.py" for name in ("rehearsal", "release", "session", "trading_days", "wire")),
    *(f"strategy/{name}.py" for name in ("bars", "feeds", "host", "outbox", "seat", "timers")),
)
GROUP = "fairlead.native"  # one shared library for all: calls between modules stay direct

INTERPRETED = {  # what stays interpreted in these rooms, and why
    "__init__.py": "nothing in it to compile",
    "errors.py": "exceptions are made and matched by interpreted code",
}


def compiled_sources(source: Path = SOURCE) -> Iterator[Path]:
    """Yield the files that are compiled: those named, and every other module of the rooms named."""
    for name in COMPILED:
        place = source / name
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            if path.name not in INTERPRETED:
                yield path


def why_pure() -> str:
    """Return why nothing can be compiled here; empty where it can."""
    if os.environ.get("FAIRLEAD_PURE") == "1":
        return "FAIRLEAD_PURE=1"
    if platform.python_implementation() != "CPython":
        return f"mypyc compiles for CPython, this is {platform.python_implementation()}"
    return compiler_problem()


def compiler_problem() -> str:
    """Return why the C compiler cannot build an extension; empty where it can: it is tried."""
    include = sysconfig.get_path("include")
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()
    with tempfile.TemporaryDirectory() as directory:
        probe = Path(directory) / "probe.c"
        probe.write_text("#include <Python.h>\nint probe(void) { return PY_MAJOR_VERSION; }\n")
        command = [*compiler, "-I", include, "-fPIC", "-shared", str(probe)]
        command += ["-o", str(probe.with_suffix(".so"))]
        try:
            result = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            return f"no C compiler: {compiler[0]}: {error.strerror}"
    if result.returncode == 0:
        return ""
    first = result.stderr.strip().splitlines()[:1] or [f"exit code {result.returncode}"]
    return f"the C compiler does not work: {first[0]}"


def strict() -> bool:
    """Return whether a failed compilation fails the build."""
    return os.environ.get("FAIRLEAD_COMPILE") == "strict"


def extensions() -> list[Extension]:
    """Return the extensions to build; none, with one line that says why, where they cannot be."""
    problem = why_pure()
    if problem:
        print(f"fairlead: not compiled, runs interpreted: {problem}")
        return []
    from mypyc.build import mypycify

    try:
        made = mypycify(
            ["--config-file=", "--strict", *map(str, compiled_sources())],
            group_name=GROUP,
            multi_file=True,  # as one file it takes three times as long to make
            opt_level=os.environ.get("FAIRLEAD_OPT_LEVEL", "2"),
        )
    except SystemExit:  # how mypyc reports an error in the source; it has printed it
        if strict():
            raise
        print("fairlead: not compiled, runs interpreted: mypyc refuses the sources (see above)")
        return []
    headers = str(Path("build", *GROUP.split(".")[:-1]))  # beside the group, not its modules
    for extension in made:
        extension.include_dirs.append(headers)
    return made


class BuildCompiled(build_ext):
    """Build all of the compiled modules or none: half of them would not load."""

    def build_extension(self, ext: Extension) -> None:
        """Compile the files of an extension on all cores, then link it."""

        def compiled(source: str) -> list[str]:
            return self.compiler.compile(
                [source],
                output_dir=self.build_temp,
                include_dirs=ext.include_dirs,
                extra_postargs=ext.extra_compile_args,
            )

        with ThreadPoolExecutor(os.cpu_count()) as workers:
            objects = [each for made in workers.map(compiled, ext.sources) for each in made]
        ext.sources, ext.extra_objects = [], objects
        self.force = True  # it has no sources left whose age would tell
        super().build_extension(ext)

    def run(self) -> None:
        """Compile, and write down what was compiled from which source."""
        root = Path("src") if self.inplace else Path(self.build_lib)
        record = root / "fairlead" / "compiled.json"
        if self.inplace:
            remove_compiled()
        digests = {module_name(path): digest(path) for path in compiled_sources()}
        try:
            super().run()
        except (BaseError, CCompilerError, OSError) as error:
            if strict():
                raise
            print(f"fairlead: not compiled, runs interpreted: {error}")
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.extensions = []
        if self.extensions:
            content = {"python": platform.python_version(), "modules": digests}
            record.write_text(json.dumps(content, indent=1) + "\n")


def module_name(path: Path) -> str:
    """Return the dotted name of a module below `src`."""
    return ".".join(path.relative_to("src").with_suffix("").parts)


def digest(path: Path) -> str:
    """Return the BLAKE2b digest of a source, as node/build.py computes it."""
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def remove_compiled(source: Path = SOURCE) -> None:
    """Remove every compiled file: one whose source is gone would still be imported."""
    for path in [*source.rglob("*.so"), *source.rglob("*.pyd"), source / "compiled.json"]:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    setup(
        packages=[*find_packages("src"), "fairlead_strategies"],
        package_dir={"": "src", "fairlead_strategies": "strategies"},
        ext_modules=extensions(),
        cmdclass={"build_ext": BuildCompiled},
    )
