"""`fairlead capacity`: what this machine can take, measured and shown."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.table import Table

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.journal.sequencer import WallClock
from fairlead.model.codec import decode_outputs
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.build import running_build
from fairlead.node.capacity import (
    RATES,
    Curve,
    Line,
    Measurement,
    Row,
    UnreadableCapacity,
    measurement,
    read,
    write,
)
from fairlead.node.processor import online
from fairlead.node.reading import recorded
from fairlead.node.time_text import time_text
from fairlead.operations.archive import sessions_of
from fairlead.readers.message_peak import Busiest, MessagePeak
from fairlead.stages.capacity import Plan, Probe, baseline, measure, usual_lines
from fairlead.stages.load_run import run_load

app: Final = typer.Typer(
    name="capacity",
    help="What this machine can take: latency over load, measured and shown.",
    no_args_is_help=True,
)
FILE: Final = Path("var/capacity.json")
SIX_MONTHS: Final = 184 * 86_400 * NANOS_PER_SECOND
HEADROOM: Final = 2  # times the busiest second: RTS 6, Article 10
_PURE: Final = "FAIRLEAD_PURE"

Json = Annotated[bool, typer.Option("--json", help="Print the measurement as JSON.")]


@app.command("measure")
def measured(
    file: Annotated[Path, typer.Option(help="Where the measurement is written.")] = FILE,
    line: Annotated[
        list[str] | None, typer.Option(help="A way to run, such as spinning; repeat it for more.")
    ] = None,
    rate: Annotated[
        list[int] | None, typer.Option(min=1, help="Orders per second; repeat it for more.")
    ] = None,
    seconds: Annotated[int, typer.Option(min=1, help="How long a run is.")] = 2,
    repetitions: Annotated[int, typer.Option(min=1, help="How often each is run.")] = 3,
    core: Annotated[
        int | None, typer.Option(min=0, help="The core of what spins; the last one unless said.")
    ] = None,
    scratch: Annotated[
        Path, typer.Option(help="Journals are written below it: the disk that is measured.")
    ] = Path("var"),
    with_baseline: Annotated[
        bool, typer.Option("--baseline", help="Also measure interpreted and untuned.")
    ] = False,
    json: Json = False,
) -> None:
    """Offer more and more orders to sessions of their own, and write down how long each took."""
    compiled = running_build().compiled
    known = usual_lines(compiled=compiled, core=online()[-1] if core is None else core)
    known = (baseline(), *known) if with_baseline else known
    wanted = [one for one in known if line is None or one.name in line]
    missing = [name for name in line or [] if name not in [one.name for one in known]]
    if missing:
        fail(f"{missing[0]}: there is {', '.join(one.name for one in known)}")
    plan = Plan(tuple(wanted), tuple(sorted(set(rate or RATES))), seconds, repetitions)
    scratch.mkdir(parents=True, exist_ok=True)
    with mistakes_in_one_line(), ERR.status("measuring ...") as status:
        curves = measure(plan, apart(scratch), lambda told: status.update(f"measuring {told} ..."))
    found = measurement(curves)
    write(found, file)
    _print(found, json)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A measurement.")] = FILE,
    json: Json = False,
) -> None:
    """Show what was measured, and the capacity of each way to run."""
    found = _measured(file)
    _print(found, json)


@app.command()
def check(
    place: Annotated[Path, typer.Argument(help="A journal, or a directory of sessions.")],
    file: Annotated[Path, typer.Option(help="A measurement.")] = FILE,
    line: Annotated[str, typer.Option(help="The way to run that it is held against.")] = "blocking",
    json: Json = False,
) -> None:
    """Hold twice the busiest second of the last six months against what was measured (RTS 6)."""
    found = _measured(file)
    capacities = {curve.line.name: curve.capacity(found.target) for curve in found.curves}
    if line not in capacities:
        fail(f"{line}: {file} has {', '.join(capacities)}")
    since = Nanos(WallClock().now() - SIX_MONTHS)
    peak = MessagePeak()
    with mistakes_in_one_line(), ERR.status("reading ..."):
        for directory in sessions_of(place):
            for entry in recorded(directory):
                if entry.time >= since and entry.outputs:
                    peak.count(entry.time, decode_outputs(entry.outputs))
    busiest = max(peak.messages.count, peak.executions.count)
    enough = capacities[line] >= HEADROOM * busiest
    if json:
        print_json(_checked(peak, capacities[line], enough))
    else:
        OUT.print(
            f"busiest second: {peak.messages.count:,} messages {_when(peak.messages)},"
            f" {peak.executions.count:,} executions {_when(peak.executions)}\n"
            f"capacity, {line}: {capacities[line]:,} orders a second; needed:"
            f" {HEADROOM * busiest:,}, twice the busiest: {'enough' if enough else 'NOT ENOUGH'}",
            markup=False,
            highlight=False,
        )
    if not enough:
        raise typer.Exit(FOUND_WRONG)


def _checked(peak: MessagePeak, capacity: int, enough: bool) -> dict[str, object]:
    content: dict[str, object] = {"capacity": capacity, "enough": enough}
    for name, busiest in (("messages", peak.messages), ("executions", peak.executions)):
        content[name] = {"most": busiest.count, "time": busiest.time}
    return content


def _when(busiest: Busiest) -> str:
    return f"at {time_text(busiest.time)}" if busiest.count else "ever"


@app.command(hidden=True)
def probe(line: str, rate: int, ticks: int, directory: Path) -> None:
    """Run one session under a load and print what it took: a process of its own."""
    with mistakes_in_one_line():
        row = run_load(msgspec.json.decode(line, type=Line), rate, ticks, directory)
    sys.stdout.buffer.write(msgspec.json.encode(row))


def apart(scratch: Path) -> Probe:
    """Return what runs each probe in a process of its own, with a directory below `scratch`."""

    def run(line: Line, rate: int, ticks: int) -> Row:
        environment = {name: value for name, value in os.environ.items() if name != _PURE}
        if not line.compiled:
            environment[_PURE] = "1"
        told = msgspec.json.encode(line).decode()
        with tempfile.TemporaryDirectory(dir=scratch, prefix="capacity-") as directory:
            arguments = ["capacity", "probe", told, str(rate), str(ticks), directory]
            done = subprocess.run(  # noqa: S603  # ourselves
                [sys.executable, "-m", "fairlead", *arguments],
                env=environment,
                stdout=subprocess.PIPE,
                check=False,
            )
        if done.returncode:
            fail(f"a session of the line {line.name} ended with {done.returncode}")
        return msgspec.json.decode(done.stdout, type=Row)

    return run


def content_of(found: Measurement) -> dict[str, object]:
    """Return a measurement as plain values, with the capacity of each line."""
    content: dict[str, object] = msgspec.to_builtins(found)
    capacities = {curve.line.name: curve.capacity(found.target) for curve in found.curves}
    return content | {"capacities": capacities}


def _measured(file: Path) -> Measurement:
    try:
        return read(file)
    except UnreadableCapacity as error:
        fail(f"{error}; `fairlead capacity measure` writes one")


def _print(found: Measurement, json: bool) -> None:
    if json:
        print_json(content_of(found))
        return
    for curve in found.curves:
        OUT.print(_table(curve, found))
    machine = found.machine
    OUT.print(
        f"{machine.processor}, {machine.cores} cores; {found.system}; Python {machine.python};"
        f" fairlead {found.fairlead}, {found.compilation}",
        markup=False,
    )


def _table(curve: Curve, found: Measurement) -> Table:
    capacity = curve.capacity(found.target)
    reached = "at least " if capacity == curve.rates()[-1] else ""
    table = Table(
        title=f"{curve.line.name}: {reached}{capacity:,} orders a second"
        f" at a p99 of {found.target // 1000} us",
        caption="us; tick to order from when the tick was due; the middle one of the runs",
    )
    for name in ("orders/s", "p50", "p90", "p99", "p99.9", "max", "ack p99", "fill p99", "load"):
        table.add_column(name, justify="right", no_wrap=True)
    for rate in curve.rates():
        rows = [row for row in curve.rows if row.rate == rate]
        middle = sorted(rows, key=lambda row: row.tick_to_order.p99)[(len(rows) - 1) // 2]
        spans = middle.tick_to_order
        shown = [spans.p50, spans.p90, spans.p99, spans.p999, spans.max]
        shown += [middle.order_to_acknowledgement.p99, middle.order_to_fill.p99]
        load = f"{middle.load:.1f}"
        table.add_row(f"{rate:,}", *map(_micros, shown), load)
    return table


def _micros(span: int) -> str:
    """Return nanoseconds in microseconds, with a decimal where it tells something."""
    return f"{span / 1000:,.0f}" if span >= 100_000 else f"{span / 1000:.1f}"
