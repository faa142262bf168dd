"""`python -m benchmarks.latency_page`: the tables and the chart of docs/reference/latency.md.

They come from docs/reference/latency.json, which `fairlead capacity measure --baseline` writes.
What stands between the marks is made here and never edited by hand; a test holds both to the file.
"""

from pathlib import Path
from typing import Final

from benchmarks.latency_chart import svg
from benchmarks.peers.page import between
from fairlead.node.capacity import Curve, Figures, Measurement, Row, read

REFERENCE: Final = Path("docs") / "reference"
PAGE: Final = REFERENCE / "latency.md"
STORED: Final = REFERENCE / "latency.json"
CHART: Final = REFERENCE / "img" / "latency.svg"
COMMAND: Final = "python -m benchmarks.latency_page"
_ROOT: Final = Path(__file__).parents[1]


def files(found: Measurement, page: str) -> dict[Path, str]:
    """Return the files that are made of a measurement: the page and its chart."""
    page = between(page, "capacity", _capacities(found), COMMAND)
    return {PAGE: between(page, "spans", _spans(found), COMMAND), CHART: svg(found)}


def _capacities(found: Measurement) -> str:
    """Return a row for each way to run: its capacity, and p99 at each rate."""
    rates = sorted({rate for curve in found.curves for rate in curve.rates()})
    heads = "".join(f" {rate:,} |" for rate in rates)
    lines = [
        f"| | orders a second at a p99 of {found.target // 1_000} us |{heads}",
        f"|---|---:|{'---:|' * len(rates)}",
    ]
    for curve in found.curves:
        spans = "".join(
            f" {micros(curve.p99(rate))} |" if rate in curve.rates() else " |" for rate in rates
        )
        lines.append(f"| {curve.line.name} | {_capacity(curve, found)} |{spans}")
    machine = found.machine
    loads = [row.load for curve in found.curves for row in curve.rows]
    return "\n".join(
        [
            *lines,
            "",
            f"{machine.processor}, {machine.cores} cores; {found.system}; Python {machine.python};"
            f" fairlead {found.fairlead}, {found.compilation}. Other work on the machine: a load of"
            f" {min(loads)} to {max(loads)}, of which these runs are 1.",
        ]
    )


def _capacity(curve: Curve, found: Measurement) -> str:
    capacity = curve.capacity(found.target)
    if not capacity:
        return f"below {curve.rates()[0]:,}"
    return f"at least {capacity:,}" if capacity == curve.rates()[-1] else f"{capacity:,}"


def _spans(found: Measurement) -> str:
    """Return a table for each way to run: a row for each rate, from the run in the middle."""
    parts = []
    for curve in found.curves:
        lines = [
            f"### {curve.line.name[0].upper()}{curve.line.name[1:]}",
            "",
            "| orders a second | p50 | p90 | p99 | p99.9 | max | order to acknowledgement, p99 |"
            " order to fill, p50 | p99 | p99.9 | max |",
            f"|---:|{'---:|' * 10}",
        ]
        lines += [_row(_middle(curve, rate)) for rate in curve.rates()]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _middle(curve: Curve, rate: int) -> Row:
    """Return of the runs at a rate the one whose p99 is in the middle."""
    runs = [row for row in curve.rows if row.rate == rate]
    return sorted(runs, key=lambda row: row.tick_to_order.p99)[(len(runs) - 1) // 2]


def _row(of: Row) -> str:
    tick, fill = of.tick_to_order, of.order_to_fill
    spans = [*_five(tick), of.order_to_acknowledgement.p99]
    spans += [fill.p50, fill.p99, fill.p999, fill.max]
    return f"| {of.rate:,} |" + "".join(f" {micros(span)} |" for span in spans)


def _five(figures: Figures) -> tuple[int, ...]:
    return figures.p50, figures.p90, figures.p99, figures.p999, figures.max


def micros(span: int) -> str:
    """Return nanoseconds in microseconds, with a decimal where it tells something."""
    return f"{span / 1_000:,.0f}" if span >= 100_000 else f"{span / 1_000:.1f}"


def main() -> None:
    """Write the page and the chart of what is kept."""
    page = (_ROOT / PAGE).read_text(encoding="utf-8")
    for place, text in files(read(_ROOT / STORED), page).items():
        (_ROOT / place).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
