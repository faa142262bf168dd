"""From the lines of the runs to what is shown: medians with their spread, and ratios.

A ratio is made of two runs of the same round, theirs over ours: how many times as fast ours is, or
as small. What is shown is the median of the rounds, with the least and the greatest. Nothing here
measures.
"""

import os
import platform
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

import fairlead
from benchmarks.measuring import Spread
from benchmarks.peers.footing import IMPORT, SIZE
from benchmarks.peers.plan import FLOOR, OURS, Plan
from benchmarks.peers.running import Line
from fairlead.node.capacity import processor_name

Value = Callable[[Line], float]


class Side(msgspec.Struct, frozen=True):
    """One system in one measure."""

    system: str
    version: str
    cost: Spread
    ratio: Spread | None  # theirs over ours; None for ours, and where ours did not run
    floors: float | None  # the median, in costs of the floor
    runs: int


class Result(msgspec.Struct, frozen=True):
    """One measure, of all systems that have it; `unit` is what the costs are counted in."""

    name: str
    title: str
    unit: str
    sides: list[Side]

    def side(self, system: str) -> Side | None:
        """Return the side of a system."""
        return next((side for side in self.sides if side.system == system), None)


class MachineTold(msgspec.Struct, frozen=True):
    """What it was measured on."""

    processor: str
    cores: int
    system: str
    python: str
    build: str
    others: Spread  # processors that others took while runs ran


class Summary(msgspec.Struct, frozen=True):
    """One run of a plan."""

    fairlead: str
    machine: MachineTold
    rounds: int
    quick: bool
    versions: dict[str, str]
    skipped: dict[str, str]
    results: list[Result]


NANOSECONDS: Final = "ns"
MILLISECONDS: Final = "ms"
MIB: Final = "MiB"
BYTES: Final = "bytes"


def summary(
    of: Plan, lines: list[Line], skipped: dict[str, str], quick: bool, build: str
) -> Summary:
    """Return the summary of a run."""
    others = [line["others"] for line in lines if "others" in line]
    machine = MachineTold(
        processor_name(),
        os.cpu_count() or 0,
        f"{platform.system()} {platform.release()}",
        f"{platform.python_implementation()} {platform.python_version()}",
        build,
        Spread.of(others or [0.0]),
    )
    versions = {line["system"]: line["ver"] for line in lines if line.get("ver")}
    found = results(of, lines)
    return Summary(fairlead.__version__, machine, of.rounds, quick, versions, skipped, found)


def results(of: Plan, lines: list[Line]) -> list[Result]:
    """Return every measure that lines were told for."""
    found: list[Result] = []
    for case in of.cases:
        mine = [line for line in lines if line["case"] == case.name]
        if case.unit == "fill":
            for name in ("p50", "p99", "max"):
                title = f"{case.title}, {name}"
                found.append(result(f"{case.name}-{name}", title, NANOSECONDS, mine, _span(name)))
        else:
            unit, value = _COUNTED[case.unit]
            found.append(result(case.name, case.title, unit, mine, value))
    quotes = [line for line in lines if line["case"] == "quotes-1"]
    found.append(result("memory", "Memory for a million quotes", MIB, quotes, _held))
    grown = [line for line in lines if line["case"] == "growth-100000"]
    found.append(result("growth-memory", "Memory an order leaves", BYTES, grown, _left))
    imports = [line for line in lines if line["case"] == IMPORT]
    found.append(result(IMPORT, "Import, a fresh process", MILLISECONDS, imports, _imported))
    sizes = [line for line in lines if line["case"] == SIZE]
    found.append(result(SIZE, "Installed, with all it needs", MIB, sizes, _size))
    return [one for one in found if one.sides]


def _per_event(line: Line) -> float:
    return float(line["cpu"]) / int(line["ticks"]) * 1e9


def _per_order(line: Line) -> float:
    return float(line["cpu"]) / int(line["orders"]) * 1e9


def _whole(line: Line) -> float:
    return float(line["process"]) * 1e3


def _span(name: str) -> Value:
    return lambda line: float(line["lat_ns"][name])


def _held(line: Line) -> float:
    return (float(line["peak"]) - float(line["rss_before_data"])) / int(line["ticks"]) * 1e6


def _left(line: Line) -> float:
    grown = float(line["rss_end"]) - float(line["rss_after_data"])
    return grown / int(line["orders"]) * 2**20


def _imported(line: Line) -> float:
    return float(line["cpu"]) * 1e3


def _size(line: Line) -> float:
    return float(line["mib"])


_COUNTED: Final[dict[str, tuple[str, Value]]] = {
    "event": (NANOSECONDS, _per_event),
    "order": (NANOSECONDS, _per_order),
    "process": (MILLISECONDS, _whole),
}


def result(name: str, title: str, unit: str, lines: Iterable[Line], value: Value) -> Result:
    """Return one measure of some lines, systems in the order in which they first ran."""
    by_system: dict[str, dict[int, float]] = {}
    versions: dict[str, str] = {}
    for line in lines:
        by_system.setdefault(line["system"], {})[line["round"]] = value(line)
        versions[line["system"]] = line.get("ver", "")
    sides = [
        Side(
            system,
            versions[system],
            Spread.of(list(costs.values())),
            None if system == OURS else _ratio(costs, by_system.get(OURS, {})),
            _floors(costs, by_system.get(FLOOR, {})),
            len(costs),
        )
        for system, costs in by_system.items()
    ]
    return Result(name, title, unit, sides)


def _ratio(theirs: dict[int, float], ours: dict[int, float]) -> Spread | None:
    """Return theirs over ours, round by round."""
    ratios = [theirs[number] / ours[number] for number in theirs if ours.get(number)]
    return Spread.of(ratios) if ratios else None


def _floors(costs: dict[int, float], floor: dict[int, float]) -> float | None:
    ratio = _ratio(costs, floor)
    return None if ratio is None else ratio.median
