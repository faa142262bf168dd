"""`python -m benchmarks.three_processes`: from tick to order report over three processes.

A venue publishes ticks at fixed times, whatever the others do (open loop). The node takes each,
journals it, and shows it to a strategy in a process of its own; its order passes every check of the
node, is journaled, leaves for the venue, and comes back as a report that the strategy is told of.
Counted is from the time for which the tick's publication was fixed, by the venue, to the report's
arrival at the strategy. The machine has one CLOCK_MONOTONIC for all processes. Each run starts all
of them anew. Every span of every run is kept, as lines of JSON.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import typer
from rich.console import Console

from benchmarks.measuring import build_name, percentile
from benchmarks.three_venue import Ticks, Venue
from fairlead.gateways.transport import Address
from fairlead.journal.sequencer import WallClock, monotonic_ns
from fairlead.model.units import NANOS_PER_SECOND, InstrumentId, Money, Nanos
from fairlead.node.loading import load
from fairlead.stages.worlds import surroundings

CASH: Final = 10_000_000
GOALS_NS: Final = {500: 50_000, 990: 200_000}
_DEADLINE: Final = Nanos(60 * NANOS_PER_SECOND)
_PRIORITY: Final = 10  # of SCHED_FIFO: below what the kernel needs itself
_TICKS_MAX: Final = 10_000
_AHEAD: Final = Nanos(NANOS_PER_SECOND // 10)  # before the first tick
_STRATEGY: Final = Path(__file__).with_name("three_strategy.py")
_CONFIG: Final = """\
venue:
  kind: direct
  address: "{address}"
  venue: BENCH
  instruments: [{{symbol: S1.BENCH, price_tick: 0.01}}]
  fees: {{maker_bps: 0, taker_bps: 0}}
account: {{name: benchmark, currency: USD, cash: {cash}}}
journal: {{directory: "{place}/journal", durability: process}}
strategies:
  - name: answering
    strategy: "{strategy}:Answering"
    process: {process}
    parameters: {{rows: "{place}/rows.json", offset_ns: {offset}}}
session: {{wait: {wait}}}
limits:
  default:
    order_quantity_max: 100
    order_notional_max: 100000
    position_quantity_max: 1000
    collar_bps: 500
    reference_age_max: 10s
  message_rate: {{count_max: 1000000, cancel_reserve: 1000}}
risk:
  pre_trade_checks: {{duplicate_window: 1ms}}
  circuit_breakers:
    - {{name: order_rate, condition: order_rate > 1000000, action: kill}}
    - {{name: reject_rate, condition: reject_rate > 0.5}}
  limits:
    max_position: 0.9
    max_position_value: 5000000
    net_exposure: [-0.9, 0.9]
  instruments:
    S1.BENCH: {{sector: industry, average_daily_volume: 100000000000}}
"""
Wait = Literal["spin", "block"]
APP: Final = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Plan(msgspec.Struct, frozen=True):
    """What is measured."""

    transport: Literal["tcp", "ring"]
    wait: Wait
    process: Literal["own", "node"]
    ticks_per_second: int
    ticks: int
    warm_up: int
    fifo: bool


class Run(msgspec.Struct, frozen=True):
    """What one run measured: spans in nanoseconds, in the order of the ticks."""

    run: int
    plan: Plan
    build: str
    load: float
    accepted: list[int]
    filled: list[int]
    late: list[int]  # of the publications


@APP.command()
def main(
    transport: Annotated[list[str] | None, typer.Option(help="tcp, ring; repeat it.")] = None,
    wait: Annotated[list[str] | None, typer.Option(help="spin, block; repeat it.")] = None,
    process: Annotated[str, typer.Option(help="Where the strategy runs: own, node.")] = "own",
    rate: Annotated[int, typer.Option(help="Ticks a second.")] = 3_333,
    ticks: Annotated[int, typer.Option(help="Measured ticks of a run.")] = 3_333,
    warm_up: Annotated[int, typer.Option(help="Ticks before them.")] = 1_000,
    runs: Annotated[int, typer.Option(help="Runs of each kind, by turns.")] = 30,
    fifo: Annotated[
        bool, typer.Option(help="Before all else on the machine (SCHED_FIFO).")
    ] = False,
    rows: Annotated[Path, typer.Option(help="Every span, a run a line.")] = Path("var/three.jsonl"),
) -> None:
    """Measure each kind by turns, and print percentiles of all its runs."""
    asked = {"process": process, "ticks_per_second": rate, "ticks": ticks}
    asked |= {"warm_up": warm_up, "fifo": fifo}
    plans = [
        msgspec.convert({**asked, "transport": one, "wait": how}, Plan)
        for one in transport or ["tcp", "ring"]
        for how in wait or ["spin", "block"]
    ]
    out = Console(highlight=False, soft_wrap=True)
    rows.parent.mkdir(parents=True, exist_ok=True)
    done: dict[Plan, list[Run]] = {plan: [] for plan in plans}
    with rows.open("wb") as file:
        for number in range(1, runs + 1):
            for plan in plans:
                run = measured(plan, number)
                file.write(msgspec.json.encode(run) + b"\n")
                file.flush()
                done[plan].append(run)
                out.print(number, plan.transport, plan.wait, said(run.accepted))
    for plan, found in done.items():
        out.print(f"{plan.transport}, {plan.wait}, strategy in {plan.process}, {len(found)} runs:")
        out.print("  to the report:", said(together(run.accepted for run in found)))
        out.print("  to the fill:  ", said(together(run.filled for run in found)))
        out.print("  publication late by:", said(together(run.late for run in found)))


def together(spans: Iterable[list[int]]) -> list[int]:
    """Return the spans of all runs."""
    return [span for run in spans for span in run]


def said(spans: list[int]) -> str:
    """Return percentiles in microseconds."""
    names = {"p50": 500, "p90": 900, "p99": 990, "p99.9": 999, "max": 1000}
    return (
        ", ".join(f"{name} {percentile(spans, at) / 1000:.1f}" for name, at in names.items())
        + " us"
    )


def measured(plan: Plan, number: int) -> Run:
    """Start everything, measure, and end it in order."""
    place = Path(tempfile.mkdtemp(prefix="three-"))
    try:
        return _measured(plan, number, place)
    finally:
        shutil.rmtree(place)


def _measured(plan: Plan, number: int, place: Path) -> Run:
    address = Address("", 0, f"{place}/venue", ring=True)
    venue_at = address if plan.transport == "ring" else Address("127.0.0.1", 0)
    offset = WallClock().now() - monotonic_ns()
    config = place / "three.yaml"
    # The port is known when somebody listens, and the instrument when the configuration is read.
    config.write_text(_text(plan, place, str(venue_at), offset))
    (instrument,) = surroundings(load(config, os.environ)).instruments
    cash = Money(CASH * 10**instrument.money_decimals)
    venue = Venue("BENCH", "benchmark", instrument, cash, venue_at)
    config.write_text(_text(plan, place, str(venue.address), offset))
    command = [sys.executable, "-m", "fairlead", "run", "--config", str(config), "--json"]
    with (place / "errors").open("wb") as errors:
        node = subprocess.Popen(  # noqa: S603 - our own
            command, stdout=subprocess.DEVNULL, stderr=errors
        )
    try:
        late = _turn(plan, venue, node, offset, place)
    finally:
        node.kill()
        node.wait()
        venue.close()
    content: dict[str, Any] = msgspec.json.decode((place / "rows.json").read_bytes())
    spans = {name: [span for _, span in found[-plan.ticks :]] for name, found in content.items()}
    assert len(spans["filled"]) == plan.ticks, "every tick of the run was answered"
    return Run(
        number, plan, build_name(), os.getloadavg()[0], spans["accepted"], spans["filled"], late
    )


@contextmanager
def hurried(node: int) -> Iterator[None]:
    """Let us, the node and its worker run before all else on the machine while the block lasts."""
    here = os.getpid()
    workers = Path(f"/proc/{node}/task/{node}/children").read_text().split()
    tasks = [
        int(task.name)
        for process in (here, node, *map(int, workers))
        for task in Path(f"/proc/{process}/task").iterdir()
    ]
    for task in tasks:
        os.sched_setscheduler(task, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    try:
        yield
    finally:
        for task in tasks:
            with suppress(ProcessLookupError):
                os.sched_setscheduler(task, os.SCHED_OTHER, os.sched_param(0))


def _text(plan: Plan, place: Path, address: str, offset: int) -> str:
    return _CONFIG.format(
        address=address,
        place=place,
        strategy=_STRATEGY,
        process=plan.process,
        cash=CASH,
        offset=offset,
        wait=plan.wait,
    )


def _turn(
    plan: Plan, venue: Venue, node: "subprocess.Popen[bytes]", offset: int, place: Path
) -> list[int]:
    """Let the node come, publish, and let it go; return how late each tick was published."""
    spin, limit = plan.wait == "spin", monotonic_ns() + _DEADLINE

    def died() -> bool:
        if node.poll() is not None or monotonic_ns() > limit:
            said = (place / "errors").read_text()
            raise RuntimeError(f"the node has not traded, exit code {node.poll()}: {said}")
        return False

    slowly = Ticks(InstrumentId(1), monotonic_ns(), _AHEAD, _TICKS_MAX)
    venue.run(lambda: venue.orders > 0 or died(), slowly, offset, spin=False)
    came = venue.orders
    count = plan.warm_up + plan.ticks
    first = Nanos(monotonic_ns() + _AHEAD)
    ticks = Ticks(InstrumentId(1), first, Nanos(NANOS_PER_SECOND // plan.ticks_per_second), count)
    venue.late.clear()
    with hurried(node.pid) if plan.fifo else nullcontext():
        venue.run(lambda: venue.orders >= came + count or died(), ticks, offset, spin)
    node.send_signal(signal.SIGTERM)
    venue.run(lambda: node.poll() is not None, None, offset, spin=False)
    return venue.late[plan.warm_up :]


if __name__ == "__main__":
    APP()
