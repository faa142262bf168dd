"""Where a result comes from: the code, the data, the parameters and the surroundings, as hashes.

Whoever has a result can so say whether it can be had again, and what has changed since if not. Code
is all that ran and is neither the standard library nor an installed library: Fairlead's own sources
as one hash (`node/build.py`), the strategies and what they import file by file. Installed libraries
are named with their versions; only those that were loaded count.
"""

import hashlib
import importlib.metadata
import platform
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from fairlead.model.units import Nanos
from fairlead.node.build import PACKAGE, running_build
from fairlead.node.configuration import Configuration
from fairlead.node.loading import dump, read
from fairlead.node.venue_settings import RecordedVenueSettings
from fairlead.node.yaml_values import HIDDEN
from fairlead.stages.errors import CannotReproduce

_CHUNK: Final = 1 << 20


class HashedFile(msgspec.Struct, frozen=True):
    """A file as it was: its path as it was given, its size, its SHA-256."""

    path: str
    bytes: int
    sha256: str


class Provenance(msgspec.Struct, frozen=True):
    """All that a result of a backtest depends on. `begin` and `end` are nanoseconds, or None."""

    fairlead: str
    sources: str
    compiled: bool
    python: str
    platform: str
    libraries: dict[str, str]
    code: list[HashedFile]
    data: list[HashedFile]
    configuration: str
    configuration_digest: str
    begin: int | None
    end: int | None


def provenance_of(
    configuration: Configuration, begin: Nanos | None = None, end: Nanos | None = None
) -> Provenance:
    """Return where the result of a backtest that has just run comes from."""
    build = running_build()
    return Provenance(
        fairlead=build.version,
        sources=build.sources,
        compiled=build.compiled,
        python=build.python,
        platform=f"{sys.platform}-{platform.machine()}",
        libraries=_libraries(),
        code=[hashed(path) for path in _own_code()],
        data=[hashed(path) for path in data_files(configuration)],
        configuration=dump(configuration),
        configuration_digest=configuration.digest(),
        begin=begin,
        end=end,
    )


def recalled(result: bytes, name: str) -> tuple[dict[str, Any], Provenance]:
    """Return a stored result and where it comes from. Raises `CannotReproduce`."""
    try:
        content = msgspec.json.decode(result, type=dict[str, Any])
        return content, msgspec.convert(content.get("provenance"), Provenance)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise CannotReproduce(
            f"{name}: this is no result of a backtest ({error}); make one with"
            " fairlead backtest ... --save FILE"
        ) from error


def configuration_again(told: Provenance) -> Configuration:
    """Return the configuration of a result. Raises `CannotReproduce`, `ConfigurationError`."""
    if HIDDEN in told.configuration:
        raise CannotReproduce(
            "the configuration has secrets, which no result holds: give it again with --config"
        )
    return read(told.configuration, "the result", {})


def differences(before: Provenance, now: Provenance) -> Iterator[str]:
    """Yield what is not as it was, in words; nothing if all is the same."""
    for name, told in (
        ("configuration_digest", "the configuration"),
        ("begin", "the time to trade from"),
        ("end", "the time to trade to"),
        ("sources", "the sources of Fairlead"),
        ("python", "Python"),
        ("platform", "the platform"),
    ):
        one, other = getattr(before, name), getattr(now, name)
        if one != other:
            yield f"{told}: {one} then, {other} now"
    yield from _file_differences("data", before.data, now.data)
    yield from _file_differences("code", before.code, now.code)
    for name in sorted({*before.libraries, *now.libraries}):
        one, other = before.libraries.get(name, "none"), now.libraries.get(name, "none")
        if one != other:
            yield f"library {name}: {one} then, {other} now"


def data_files(configuration: Configuration) -> Iterator[Path]:
    """Yield the files of recorded data, those in folders one by one; none of a simulated market."""
    venue = configuration.venue
    if isinstance(venue, RecordedVenueSettings):
        files = [path for one in (venue, *venue.beside) for path in one.files]
        for path in files if venue.latency.file is None else (*files, venue.latency.file):
            yield from sorted(each for each in path.rglob("*") if each.is_file()) or (path,)


def hashed(path: Path) -> HashedFile:
    """Return a file as it is. Raises `OSError`."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return HashedFile(str(path), size, digest.hexdigest())


def _file_differences(
    what: str, before: Iterable[HashedFile], now: Iterable[HashedFile]
) -> Iterator[str]:
    """Compare by content: a file may lie elsewhere now."""
    left = {file.sha256: file for file in now}
    for file in before:
        if file.sha256 not in left:
            yield f"{what} {file.path}: its content (sha256 {file.sha256[:12]}...) is not there now"
    known = {file.sha256 for file in before}
    for file in left.values():
        if file.sha256 not in known:
            yield f"{what} {file.path}: sha256 {file.sha256[:12]}... was not there then"


def _own_code() -> list[Path]:
    """Return the sources of all modules that are loaded and were written by the user, or ship."""
    outside = [
        Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")
    ]
    found: set[Path] = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None or not file.endswith(".py") or name == "__main__":
            continue
        path = Path(file).resolve()
        if path.is_relative_to(PACKAGE.resolve()) or any(map(path.is_relative_to, outside)):
            continue
        if path.is_file():
            found.add(path)
    return sorted(found)


def _libraries() -> dict[str, str]:
    """Return the versions of the installed libraries of which a module is loaded."""
    loaded = {name.partition(".")[0] for name in sys.modules}
    by_module = importlib.metadata.packages_distributions()
    names = {one for module in loaded for one in by_module.get(module, ())}
    return {name: importlib.metadata.version(name) for name in sorted(names)}
