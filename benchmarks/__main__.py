"""`python -m benchmarks`: measure, print a table, and write JSON where asked."""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks import (
    booking,
    decoding,
    feeding,
    gate,
    growth,
    journaling,
    killing,
    latency,
    loading,
    order_flow,
    quality,
    quote_flow,
    recovering,
    starting,
    storing,
)
from benchmarks.measuring import QUICK, Benchmark, Place, Row, Sizes, Skipped
from benchmarks.printing import WIDTH, machine_note, print_report, report, write_json

BENCHMARKS: Final[dict[str, Benchmark]] = {
    one.NAME: one.measure
    for one in (
        quote_flow,
        order_flow,
        gate,
        quality,
        growth,
        latency,
        journaling,
        recovering,
        loading,
        starting,
        killing,
        feeding,
        booking,
        decoding,
        storing,
    )
}
_ROOT: Final = Path(__file__).parents[1]
APP: Final = typer.Typer(add_completion=False)


@APP.command()
def main(
    only: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(BENCHMARKS)}; repeat it for more.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes: more noise.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON here.")] = None,
    scratch: Annotated[
        Path, typer.Option(help="Journals are written below it: the disk that is measured.")
    ] = Path("var"),
) -> None:
    """Measure the path beside its floors, in this one process."""
    chosen = only or list(BENCHMARKS)
    for name in chosen:
        if name not in BENCHMARKS:
            raise typer.BadParameter(f"{name}: there is {', '.join(BENCHMARKS)}")
    machine = machine_note()
    results = measure(chosen, QUICK if quick else Sizes(), scratch)
    found = report(machine, results)
    out = Console()
    print_report(found, out if out.is_terminal else Console(width=WIDTH))
    if json is not None:
        write_json(found, json)


def measure(names: list[str], sizes: Sizes, scratch: Path) -> list[Row | Skipped]:
    """Return the rows of some benchmarks, in their order."""
    progress = Console(stderr=True)
    told = os.environ.get("FAIRLEAD_MARKET_DATA")
    results: list[Row | Skipped] = []
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="benchmarks-") as directory:
        place = Place(Path(directory), feeding.market_data(_ROOT, told))
        for name in names:
            progress.print(f"measuring {name}", markup=False, highlight=False)
            results.extend(BENCHMARKS[name](sizes, place))
    return results


if __name__ == "__main__":
    APP()
