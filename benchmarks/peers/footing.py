"""What a system costs before it does anything: the time of its imports, its size on the disk."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Final

from benchmarks.peers.environments import PEERS, Environment, Says
from benchmarks.peers.plan import FLOOR, OURS
from benchmarks.peers.running import Line, used_by_children, wait_for_quiet

IMPORT: Final = "import"
SIZE: Final = "size"
_OURS_IMPORT: Final = (
    "from fairlead.stages.backtest import backtest\nfrom fairlead.strategy import Strategy"
)
_IMPORTS: Final = {
    **{peer.name: peer.imports for peer in PEERS},
    OURS: _OURS_IMPORT,
    "import fairlead": "import fairlead",
    FLOOR: "pass",
}
_PACKAGES: Final = {**{peer.name: peer.packages for peer in PEERS}, OURS: ("fairlead",)}


def measured(
    environments: Mapping[str, Environment], rounds: int, patience: float, says: Says
) -> Iterator[Line]:
    """Yield the time of a fresh process that imports and ends, and the size, of each system.

    The first process of each is not counted: it writes the bytecode.
    """
    wait_for_quiet(patience)
    for number in range(-1, rounds):
        for system, source in _IMPORTS.items():
            environment = environments.get(OURS if system == "import fairlead" else system)
            if environment is None:
                continue
            took = _seconds(environment, source)
            if number >= 0:
                wall, cpu = took
                line = {"case": IMPORT, "system": system, "round": number}
                yield {**line, "wall": wall, "cpu": cpu}
    for system, packages in _PACKAGES.items():
        if system in environments:
            size = _size(environments[system], packages)
            says(f"{SIZE}: {system} {size:.0f} MiB")
            yield {"case": SIZE, "system": system, "round": 0, "mib": size}


def _seconds(environment: Environment, source: str) -> tuple[float, float]:
    """Return the real and the processor time of a process."""
    began, before = time.perf_counter(), used_by_children()
    _run(environment, ["-W", "ignore", "-c", source])
    return time.perf_counter() - began, used_by_children() - before


def _size(environment: Environment, packages: tuple[str, ...]) -> float:
    return float(_run(environment, ["-m", "benchmarks.peers.footprint", *packages]))


def _run(environment: Environment, arguments: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 our scripts, in environments of ours
        [str(environment.python), *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=environment.home,
        env=environment.variables,
    )
    return done.stdout
