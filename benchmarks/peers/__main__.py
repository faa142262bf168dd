"""`python -m benchmarks.peers`: measure beside the peers; `store`: keep it; `page`: show it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from benchmarks.peers import footing, page
from benchmarks.peers.environments import (
    PEERS,
    ROOT,
    Environment,
    NotInstalled,
    Says,
    build,
    floor,
    installed,
    ours,
)
from benchmarks.peers.plan import FLOOR, OURS, PURE, Plan, plan
from benchmarks.peers.running import Line, run_plan
from benchmarks.peers.stream import prepared
from benchmarks.peers.summary import Summary, summary
from benchmarks.peers.table import print_summary
from benchmarks.printing import Report

APP: Final = typer.Typer(add_completion=False)
ROWS: Final = "rows.jsonl"
SUMMARY: Final = "summary.json"
WIDTH: Final = 150
Scratch = Annotated[Path, typer.Option(help="Environments, data and rows are kept below it.")]


@APP.callback(invoke_without_command=True)
def measure(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="A fifth of the events: noisy.")] = False,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each is run.")] = None,
    case: Annotated[list[str] | None, typer.Option(help="Only this one; repeat for more.")] = None,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a quiet machine, before each run.")
    ] = 10.0,
    scratch: Scratch = ROOT / "var" / "peers",
) -> None:
    """Install the peers, make the data, and run all of it by turns."""
    if context.invoked_subcommand is not None:
        return
    progress = Console(stderr=True)

    def says(text: str) -> None:
        progress.print(text, markup=False, highlight=False, soft_wrap=True)

    chosen = _chosen(plan(quick, rounds), case or [])
    scratch = scratch.resolve()
    environments, skipped = _environments(scratch, says)
    says("making the data")
    prepared(scratch / "data")
    lines = list(_kept(_lines(chosen, environments, scratch, patience, says, case), scratch))
    found = summary(chosen, lines, skipped, quick, build(environments[OURS])[1])
    _write(found, scratch / SUMMARY)
    out = Console()
    print_summary(found, out if out.is_terminal else Console(width=WIDTH))


def _chosen(of: Plan, names: list[str]) -> Plan:
    known = [case.name for case in of.cases]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name}: there is {', '.join(known)}")
    return of._replace(cases=tuple(one for one in of.cases if not names or one.name in names))


def _environments(scratch: Path, says: Says) -> tuple[dict[str, Environment], dict[str, str]]:
    """Return the environments that there are, and why others are not."""
    scratch.mkdir(parents=True, exist_ok=True)
    found = {OURS: ours(False, scratch), PURE: ours(True, scratch), FLOOR: floor(scratch)}
    skipped: dict[str, str] = {}
    for peer in PEERS:
        try:
            found[peer.name] = installed(peer, scratch, says)
        except NotInstalled as why:
            skipped[peer.name] = str(why)
            says(f"{peer.told} is skipped: {why}")
    compiled, reason = build(found[OURS])
    if not compiled:
        del found[PURE]
        says(f"ours is measured interpreted alone: {reason}")
    return found, skipped


def _lines(
    of: Plan,
    environments: dict[str, Environment],
    scratch: Path,
    patience: float,
    says: Says,
    only: list[str] | None,
) -> Iterator[Line]:
    yield from run_plan(of, environments, scratch / "data", patience, says)
    if not only:
        says("measuring imports and sizes")
        yield from footing.measured(environments, of.rounds, patience, says)


def _kept(lines: Iterator[Line], scratch: Path) -> Iterator[Line]:
    """Write every line to the rows as it comes, with the number of this run."""
    path = scratch / ROWS
    before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    run = 1 + (json.loads(before[-1])["run"] if before else 0)
    with path.open("a", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps({"run": run, **line}) + "\n")
            file.flush()
            yield line


def _write(of: object, path: Path) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(of), indent=1) + b"\n")


@APP.command()
def store(
    scratch: Scratch = ROOT / "var" / "peers",
    inside: Annotated[
        list[Path] | None,
        typer.Option(help="A report of `python -m benchmarks --json`; one for each build."),
    ] = None,
) -> None:
    """Keep the last summary in docs/reference, and make page and charts of it."""
    found = msgspec.json.decode((scratch / SUMMARY).read_bytes(), type=Summary)
    reports = [msgspec.json.decode(path.read_bytes(), type=Report) for path in inside or []]
    _write(page.Stored(found, reports), ROOT / page.STORED)
    make_page()


@APP.command("page")
def make_page() -> None:
    """Make page and charts anew from what is kept in docs/reference."""
    page.write(page.read(ROOT), ROOT)


if __name__ == "__main__":
    APP()
