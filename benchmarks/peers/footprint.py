"""How large an installation is: the files of some packages and of all that they need.

Runs in the environments of the peers, so it may import the standard library and nothing else.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path


def size_mib(packages: list[str]) -> float:
    """Return the size of packages with what they need, without caches of bytecode."""
    found: dict[str, int] = {}
    waiting = list(packages)
    while waiting:
        name = _plain(waiting.pop())
        if name in found:
            continue
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue  # for another system or Python
        found[name] = _files(one)
        waiting.extend(_needed(one))
    return sum(found.values()) / 2**20


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _needed(one: Distribution) -> list[str]:
    """Return the names that a distribution needs; what an extra needs does not count."""
    needed = [line for line in one.requires or () if not re.search(r"\bextra\s*==", line)]
    return [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in needed]


def _files(one: Distribution) -> int:
    """Return the bytes of a distribution; of one that is edited in place, those of its package."""
    written = [Path(str(one.locate_file(file))) for file in one.files or ()]
    if any(path.suffix == ".pth" or "__editable__" in path.name for path in written):
        written.extend(_package_files(one))
    return sum(path.stat().st_size for path in written if _counts(path))


def _package_files(one: Distribution) -> list[Path]:
    """Return the files of a package that lies elsewhere, and its compiled code beside it."""
    spec = find_spec(one.metadata["Name"])
    places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    return [path for place in places for path in place.rglob("*")]


def _counts(path: Path) -> bool:
    return path.suffix != ".pyc" and path.is_file()


if __name__ == "__main__":
    sys.stdout.write(f"{size_mib(sys.argv[1:]):.1f}\n")
