"""Which build is running: its sources, and whether each module is compiled or interpreted, and why.

This only looks; it decides nothing. The hash of the sources goes into `NodeStarted`: the same
journal gives the same outputs under the same build. A compiled file is held against the digest of
the source that it was made from (`compiled.json`, written by setup.py), not against file times,
which a checkout or an installer sets as it likes.
"""

import functools
import hashlib
import platform
import sys
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Final

import msgspec

import fairlead

PACKAGE: Final = Path(fairlead.__file__).parent
RECORD_NAME: Final = "compiled.json"
_SHARED_LIBRARY: Final = "__mypyc"  # the one compiled file that has no source beside it


class CompilationRecord(msgspec.Struct, frozen=True):
    """What setup.py wrote: for which Python it compiled, and the digest of each source then."""

    python: str
    modules: dict[str, str]


@dataclass(frozen=True)
class ModuleBuild:
    """How one module is loaded. A stale one runs other code than its source says."""

    module: str
    compiled: bool
    stale: bool
    reason: str


@dataclass(frozen=True)
class Build:
    """The running build: `sources` is the hash of all its sources, `reason` says how it runs."""

    version: str
    python: str
    sources: str
    reason: str
    modules: tuple[ModuleBuild, ...]

    @property
    def compiled(self) -> bool:
        """Return whether any module runs compiled."""
        return any(module.compiled for module in self.modules)

    @property
    def stale(self) -> list[str]:
        """Return the modules whose compiled file does not fit its source."""
        return [module.module for module in self.modules if module.stale]


def running_build() -> Build:
    """Return the facts about the build that this process runs."""
    return build_of(PACKAGE, pure=fairlead.SourceFinder in sys.meta_path)


def build_of(package: Path, *, pure: bool) -> Build:
    """Return how the modules of a package directory are loaded; `pure` loads sources alone."""
    record = compilation_record(package)
    modules = [_module_build(package, name, record, pure) for name in _module_names(package)]
    return Build(
        version=fairlead.__version__,
        python=platform.python_version(),
        sources=sources_hash(package),
        reason=_reason(modules, record, pure),
        modules=tuple(modules),
    )


@functools.cache
def sources_hash(package: Path = PACKAGE) -> str:
    """Return the BLAKE2b hash of every source of a package, with its place, in hexadecimal."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def compilation_record(package: Path) -> CompilationRecord | None:
    """Return what was compiled into a package directory, None if nothing was."""
    path = package / RECORD_NAME
    if not path.exists():
        return None
    return msgspec.json.decode(path.read_bytes(), type=CompilationRecord)


def _module_names(package: Path) -> list[str]:
    """Return the modules that have a source or a compiled file; packages are left out."""
    names = set()
    for suffix in (".py", *EXTENSION_SUFFIXES):
        for path in package.rglob(f"*{suffix}"):
            stem = path.name.removesuffix(suffix)
            if stem != "__init__" and not stem.endswith(_SHARED_LIBRARY) and "." not in stem:
                names.add(".".join((package.name, *path.parent.relative_to(package).parts, stem)))
    return sorted(names)


def _module_build(
    package: Path, name: str, record: CompilationRecord | None, pure: bool
) -> ModuleBuild:
    place = package.joinpath(*name.split(".")[1:])
    if pure:
        return ModuleBuild(name, compiled=False, stale=False, reason="FAIRLEAD_PURE=1")
    if not any(place.with_name(place.name + suffix).exists() for suffix in EXTENSION_SUFFIXES):
        return ModuleBuild(name, compiled=False, stale=False, reason="no compiled file")
    misfit = _misfit(place.with_suffix(".py"), record.modules.get(name) if record else None)
    reason = misfit or "compiled from its source"
    return ModuleBuild(name, compiled=True, stale=bool(misfit), reason=reason)


def _misfit(source: Path, recorded: str | None) -> str:
    """Return why a compiled file is not the source that lies beside it; empty where it is."""
    if not source.exists():
        return "its source is gone"
    if recorded is None:
        return "no record says from which source it was compiled"
    digest = hashlib.blake2b(source.read_bytes(), digest_size=16).hexdigest()
    return "" if digest == recorded else "compiled from another source"


def _reason(modules: list[ModuleBuild], record: CompilationRecord | None, pure: bool) -> str:
    if pure:
        return "interpreted: FAIRLEAD_PURE=1"
    stale = [f"{module.module}: {module.reason}" for module in modules if module.stale]
    if stale:
        return f"stale: {len(stale)} compiled modules do not fit their sources ({stale[0]})"
    compiled = sum(module.compiled for module in modules)
    if compiled:
        return f"compiled: {compiled} modules, by mypyc"
    if record is not None:
        return f"interpreted: the compiled files are for Python {record.python}"
    return "interpreted: no compiled files (no C compiler at installation, or FAIRLEAD_PURE=1)"
