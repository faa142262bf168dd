"""`fairlead simulate`: the whole node in a hostile world, from one seed or from many."""

from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, print_json
from fairlead.model.units import NANOS_PER_SECOND

_JOBS_MAX: Final = 64
_SHOWN_MAX: Final = 20  # violations; the rest is counted


def simulate(
    seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, one after the other.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=_JOBS_MAX, help="In how many processes.")] = 2,
    trace: Annotated[
        bool, typer.Option("--trace", help="Print the timeline of the one seed.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what came of it as JSON.")] = False,
) -> None:
    """Let nodes trade in a hostile world: network, venue, market data, clock, disk, people fail.

    A checker holds every run against the invariants, by the journal and the venue's books alone. A
    seed always gives the same run. Exit code 0: every rule held. 1: one did not.
    """
    if trace:
        _trace(seed)
    else:
        _batch(seed, seeds, min(jobs, seeds), json)


def _trace(seed: int) -> None:
    from fairlead.stages.hostile.batch import finish
    from fairlead.stages.hostile.run import Run

    run = Run(seed, tells=True)
    problem = finish(run)
    OUT.print(f"seed {seed}", highlight=False)
    for time, what in run.timeline():
        OUT.print(f"{time / NANOS_PER_SECOND:12.6f}  {what}", markup=False, highlight=False)
    OUT.print(f"digest {run.report.digest or 'none: it did not come to its end'}", highlight=False)
    if problem:
        OUT.print(f"seed {seed}: {problem}", markup=False, style="bold red")
        raise typer.Exit(FOUND_WRONG)


def _batch(first: int, count: int, jobs: int, json: bool) -> None:
    from fairlead.stages.hostile.batch import Outcome, Totals, outcomes

    totals = Totals()
    violations: list[Outcome] = []
    digests: dict[str, str] = {}
    with _progress() as progress:
        task = progress.add_task("seeds", total=count)
        for one in outcomes(range(first, first + count), jobs):
            totals.add(one.report)
            digests[str(one.seed)] = one.report.digest
            progress.advance(task)
            if one.problem:
                violations.append(one)
                if not json and len(violations) <= _SHOWN_MAX:
                    _say(one.seed, one.problem)
    if json:
        found = {str(one.seed): one.problem for one in violations}
        content = {"seeds": count, "violations": found, "counts": totals.counts}
        print_json(content | {"digests": digests})
    else:
        _summary(count, len(violations), totals.counts)
    if violations:
        raise typer.Exit(FOUND_WRONG)


def _say(seed: int, problem: str) -> None:
    OUT.print(f"seed {seed}: {problem}", markup=False, style="bold red", soft_wrap=True)
    OUT.print(f"  again: fairlead simulate --seed {seed} --trace", highlight=False)


def _summary(count: int, violations: int, counts: dict[str, int]) -> None:
    work = ", ".join(
        f"{counts.get(name, 0):,} {name}" for name in ("inputs", "orders", "fills", "lives")
    )
    verdict = "no violation" if not violations else f"{violations} violations"
    style = "green" if not violations else "bold red"
    OUT.print(f"{count:,} seeds: {verdict}", style=style, highlight=False)
    OUT.print(work, highlight=False)


def _progress() -> Progress:
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*bar, TimeRemainingColumn(), console=ERR, transient=True)
