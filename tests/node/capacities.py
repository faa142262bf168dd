"""Measurements of a capacity, made up."""

from pathlib import Path

import msgspec

from fairlead.model.units import Nanos
from fairlead.node.build import running_build
from fairlead.node.capacity import (
    Curve,
    Durability,
    Figures,
    Line,
    Measurement,
    Row,
    Wait,
    measurement,
    write,
)


def row(rate: int, p99: int) -> Row:
    """Return a run with a p99 in nanoseconds."""
    figures = Figures(1_000, p99 // 2, p99 // 2, p99, p99, 2 * p99)
    return Row(rate, 0.5, figures, figures, figures)


def curve(
    points: dict[int, int], wait: Wait = "block", durability: Durability = "process"
) -> Curve:
    """Return a curve through these: p99 in nanoseconds by orders per second."""
    line = Line(f"{wait}, {durability}", wait, durability, compiled=running_build().compiled)
    return Curve(line, tuple(row(rate, p99) for rate, p99 in points.items()))


def measured(*curves: Curve) -> Measurement:
    """Return a measurement of this machine and build."""
    return measurement(curves)


def of_capacity(path: Path, capacity: int) -> Path:
    """Write a measurement of this machine with a capacity when it blocks; return where."""
    write(measured(curve({capacity: 100_000, 2 * capacity: 900_000})), path)
    return path


def elsewhere(found: Measurement) -> Measurement:
    """Return a measurement as another machine would have it."""
    machine = msgspec.structs.replace(found.machine, cores=found.machine.cores + 62)
    return msgspec.structs.replace(found, machine=machine, target=Nanos(100_000))
