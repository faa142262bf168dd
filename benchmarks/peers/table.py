"""A summary as tables for a terminal, and its costs as text."""

from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.peers.summary import BYTES, MIB, MILLISECONDS, Result, Side, Summary

TEN_THOUSAND: Final = 10_000
MILLION: Final = 1_000_000


def cost_text(cost: float, unit: str) -> str:
    """Return a cost as it is read."""
    if unit == MIB:
        return f"{cost:,.0f} MiB" if cost >= 10 else f"{cost:.1f} MiB"
    if unit == BYTES:
        return f"{cost:,.0f} B"
    if unit == MILLISECONDS:
        return f"{cost:,.0f} ms"
    if cost < TEN_THOUSAND:
        return f"{cost:,.0f} ns"
    if cost < MILLION:
        return f"{cost / 1_000:.1f} us"
    return f"{cost / MILLION:,.2f} ms"


def ratio_text(ratio: float) -> str:
    """Return a ratio with as many digits as mean something."""
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def print_summary(of: Summary, console: Console) -> None:
    """Print all results."""
    table = Table(title="beside the peers")
    for name in ("what", "who"):
        table.add_column(name)
    for name in ("cost", "least", "greatest", "theirs / ours", "least", "greatest", "floors"):
        table.add_column(name, justify="right", no_wrap=True)
    for result in of.results:
        table.add_section()
        for number, side in enumerate(result.sides):
            table.add_row("" if number else result.title, side.system, *_cells(result, side))
    console.print(table)
    for name, reason in of.skipped.items():
        console.print(f"skipped {name}: {reason}", markup=False)
    machine = of.machine
    console.print(
        f"{machine.processor}, {machine.cores} cores; {machine.python}; {machine.build}; others"
        f" took {machine.others.median:.2f} of a core ({machine.others.greatest:.2f} at most)",
        markup=False,
    )


def _cells(result: Result, side: Side) -> list[str]:
    cost = [side.cost.median, side.cost.least, side.cost.greatest]
    ratio = side.ratio
    ratios = [] if ratio is None else [ratio.median, ratio.least, ratio.greatest]
    return [
        *(cost_text(one, result.unit) for one in cost),
        *(ratio_text(one) for one in ratios),
        *([""] * (3 - len(ratios))),
        "" if side.floors is None else ratio_text(side.floors),
    ]
