"""Rows as a table for people, and as JSON; with the machine on which they were measured."""

import os
import platform
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

import fairlead
from benchmarks.measuring import Row, Skipped, Spread
from fairlead.node.build import running_build
from fairlead.node.capacity import processor_name

WIDTH: Final = 150  # where the output is no terminal


class MachineNote(msgspec.Struct, frozen=True):
    """What the numbers were measured on."""

    processor: str
    cores: int
    load: float  # runnable processes in the last minute, as the run began
    system: str
    python: str
    build: str


class Report(msgspec.Struct, frozen=True):
    """One run of the benchmarks."""

    fairlead: str
    machine: MachineNote
    rows: list[Row]
    skipped: list[Skipped]


def machine_note() -> MachineNote:
    """Return what this machine is, and how busy."""
    return MachineNote(
        processor_name(),
        os.cpu_count() or 0,
        round(os.getloadavg()[0], 2),
        platform.platform(),
        f"{platform.python_implementation()} {platform.python_version()}",
        running_build().reason,
    )


def report(machine: MachineNote, results: list[Row | Skipped]) -> Report:
    """Return the report of a run."""
    rows = [one for one in results if isinstance(one, Row)]
    skipped = [one for one in results if isinstance(one, Skipped)]
    return Report(fairlead.__version__, machine, rows, skipped)


def write_json(of: Report, path: Path) -> None:
    """Write a report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(of), indent=1) + b"\n")


def print_report(of: Report, console: Console) -> None:
    """Print a report as a table."""
    machine = of.machine
    console.print(_table(of.rows))
    for skipped in of.skipped:
        console.print(f"skipped {skipped.benchmark}: {skipped.reason}", markup=False)
    console.print(
        f"{machine.processor}, {machine.cores} cores, load {machine.load} at the start;"
        f" {machine.system}; {machine.python}; {machine.build}",
        markup=False,
    )
    console.print("ratio: ours over theirs, by turns in one process; less is better", markup=False)


def _table(rows: list[Row]) -> Table:
    table = Table(title="benchmarks")
    for name in ("benchmark", "what", "against"):
        table.add_column(name)
    for name in ("ours", "a second", "theirs", "ratio", "least", "greatest", "goal"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("runs")
    before = ""
    for row in rows:
        if row.benchmark != before:
            table.add_section()
        table.add_row(
            row.benchmark if row.benchmark != before else "",
            row.what,
            row.against,
            amount(row.ours, row.unit),
            _rate(row),
            amount(row.theirs, row.unit),
            *(_ratio(value) for value in (row.ratio.median, row.ratio.least, row.ratio.greatest)),
            _goal(row),
            row.build,
        )
        before = row.benchmark
    return table


def amount(spread: Spread, unit: str) -> str:
    """Return the median of a spread as it is read."""
    if unit.startswith("bytes"):
        return f"{spread.median:,.0f} B"
    if spread.median < 10_000:
        return f"{spread.median:,.0f} ns"
    return f"{spread.median / 1_000:,.1f} us"


def _rate(row: Row) -> str:
    """Return how many there are in a second, where that means something."""
    if not row.unit.startswith("ns per"):
        return ""
    return f"{1e9 / row.ours.median:,.0f}"


def _ratio(value: float) -> str:
    return f"{value:.2f}"


def _goal(row: Row) -> str:
    if row.goal is None:
        return ""
    return f"{row.goal:g} {'met' if row.met else 'missed'}"
