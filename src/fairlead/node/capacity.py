"""What a node can take: latency over load as it was measured, and the rate at which it is too much.

`fairlead capacity measure` writes the file, `limits.capacity` of a configuration names it, and a
configuration that allows more messages than were measured is refused. What was measured of another
machine, build or way to run says nothing: then the capacity is not known, and counts as exceeded.
"""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Final, Literal

import msgspec

from fairlead.model.units import Nanos
from fairlead.node.build import running_build
from fairlead.node.latency import PER_MILLES, Latencies

TARGET: Final = Nanos(100_000)  # p99 of tick to order, as source document S1 has it
RATES: Final = (100, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000)  # orders per second

Wait = Literal["block", "spin"]
Durability = Literal["process", "disk"]


class UnreadableCapacity(Exception):
    """A file of measurements that cannot be read. The text says why."""


class Line(msgspec.Struct, frozen=True):
    """One way to run a session, as it is measured."""

    name: str
    wait: Wait
    durability: Durability
    compiled: bool = True
    idle_collector: bool = True  # collects only while the session waits, as `fairlead run` does
    core: int | None = None  # that it is pinned to
    warmed: bool = False


class Figures(msgspec.Struct, frozen=True):
    """Percentiles of one run, in nanoseconds."""

    count: int
    p50: int
    p90: int
    p99: int
    p999: int
    max: int

    @classmethod
    def of(cls, spans: Latencies) -> "Figures":
        """Return the percentiles of a histogram."""
        p50, p90, p99, p999 = (spans.percentile(rank) for rank in PER_MILLES.values())
        return cls(spans.count, p50, p90, p99, p999, spans.max)


class Row(msgspec.Struct, frozen=True):
    """One run: a session of its own in a process of its own."""

    rate: int  # orders per second that were offered
    load: float  # runnable processes of this machine in the last minute, as it ended
    tick_to_order: Figures  # from when the tick was due
    order_to_acknowledgement: Figures  # what the node adds: the venue takes no time
    order_to_fill: Figures  # from before the strategy asks until it is told


class Curve(msgspec.Struct, frozen=True):
    """All runs of one line."""

    line: Line
    rows: tuple[Row, ...]

    def rates(self) -> list[int]:
        """Return the rates that were offered, least first."""
        return sorted({row.rate for row in self.rows})

    def p99(self, rate: int) -> int:
        """Return the median over the runs at a rate of p99 from tick to order, in nanoseconds."""
        return int(median(row.tick_to_order.p99 for row in self.rows if row.rate == rate))

    def capacity(self, target: Nanos = TARGET) -> int:
        """Return at how many orders per second p99 reaches the target.

        Between two rates, on the straight line between them; it is what comes before the first
        rate that misses. At most the highest rate measured, and 0 where the lowest one misses.
        """
        before = 0, 0
        for rate in self.rates():
            p99 = self.p99(rate)
            if p99 > target:
                known, least = before
                return known + (rate - known) * (target - least) // (p99 - least) if known else 0
            before = rate, p99
        return before[0]


class Machine(msgspec.Struct, frozen=True):
    """On what was measured, and which build: what has to be the same for figures to hold."""

    processor: str
    cores: int
    python: str
    sources: str  # the hash of them


class Measurement(msgspec.Struct, frozen=True):
    """What one machine took with one build."""

    fairlead: str
    machine: Machine
    system: str
    compilation: str
    target: Nanos
    curves: tuple[Curve, ...]

    def curve(self, wait: Wait, durability: Durability, compiled: bool) -> Curve | None:
        """Return what was measured of a way to run as `fairlead run` does; None: nothing."""
        for curve in self.curves:
            line = curve.line
            if line.idle_collector and (line.wait, line.durability, line.compiled) == (
                *(wait, durability, compiled),
            ):
                return curve
        return None


def this_machine() -> Machine:
    """Return what this machine is, and what runs on it."""
    build = running_build()
    return Machine(processor_name(), os.cpu_count() or 1, platform.python_version(), build.sources)


def measurement(curves: Iterable[Curve]) -> Measurement:
    """Return what this machine took, with what this machine is."""
    build = running_build()
    return Measurement(
        build.version, this_machine(), platform.platform(), build.reason, TARGET, tuple(curves)
    )


def write(of: Measurement, path: Path) -> None:
    """Write a measurement as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(of), indent=1) + b"\n")


def read(path: Path) -> Measurement:
    """Return a measurement. Raises `UnreadableCapacity`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Measurement)
    except OSError as error:
        raise UnreadableCapacity(f"{path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise UnreadableCapacity(f"{path}: no measurement of a capacity: {error}") from error


def processor_name() -> str:
    """Return the name of the processor, as far as the system tells."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in told if line.startswith("model name"))
    return next(names, platform.machine())
