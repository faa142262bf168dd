"""The parts of docs/reference/benchmarks.md that come from stored results, and its charts.

What stands between the marks is made here and is never edited by hand; a test holds the committed
page and charts to the committed results.
"""

from pathlib import Path
from typing import Final

import msgspec

from benchmarks.measuring import Row, Spread
from benchmarks.peers.charts import CHARTS, svg
from benchmarks.peers.goals import verdicts
from benchmarks.peers.plan import OURS
from benchmarks.peers.summary import Result, Side, Summary
from benchmarks.peers.table import cost_text, ratio_text
from benchmarks.printing import Report, amount

REFERENCE: Final = Path("docs") / "reference"
PAGE: Final = REFERENCE / "benchmarks.md"
STORED: Final = REFERENCE / "benchmarks.json"
IMAGES: Final = "img"
BEGIN: Final = "<!-- {}: made by `{}`, not by hand -->"
COMMAND: Final = "python -m benchmarks.peers page"
END: Final = "<!-- {}: end -->"


class Stored(msgspec.Struct, frozen=True):
    """What is kept: the run beside the peers, and those of our own benchmarks."""

    peers: Summary
    inside: list[Report]  # compiled, and interpreted where that was measured too


def read(root: Path) -> Stored:
    """Return what is kept in a checkout."""
    return msgspec.json.decode((root / STORED).read_bytes(), type=Stored)


def write(of: Stored, root: Path) -> None:
    """Write the page and the charts of what is kept."""
    for place, text in files(of, (root / PAGE).read_text(encoding="utf-8")).items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def files(of: Stored, page: str) -> dict[Path, str]:
    """Return the files that are made of what is kept: the page, and a chart for each subject."""
    results = {result.name: result for result in of.peers.results}
    made: dict[Path, str] = {}
    for chart in CHARTS:
        found = [results[name] for name in chart.results if name in results]
        if found:
            made[REFERENCE / IMAGES / f"{chart.name}.svg"] = svg(chart, found)
    page = between(page, "peers", _peers(of.peers))
    made[PAGE] = between(page, "inside", _inside(of.inside))
    return made


def between(page: str, name: str, made: str, command: str = COMMAND) -> str:
    """Return a page with what stands between two marks, made by a command, replaced."""
    begin, end = BEGIN.format(name, command), END.format(name)
    before, mark, rest = page.partition(begin)
    _, other, after = rest.partition(end)
    assert mark, f"the page has the mark {begin}"
    assert other, f"the page has the mark {end}"
    return f"{before}{begin}\n\n{made.strip()}\n\n{end}{after}"


def _peers(of: Summary) -> str:
    results = {result.name: result for result in of.results}
    parts = [_run(of), _goals(of)]
    for chart in CHARTS:
        found = [results[name] for name in chart.results if name in results]
        if found:
            parts.append(f"### {chart.title}\n\n![{_alt(found)}]({IMAGES}/{chart.name}.svg)")
            parts.extend(_table(result) for result in found)
    charted = {name for chart in CHARTS for name in chart.results}
    parts.extend(_table(result) for result in of.results if result.name not in charted)
    return "\n\n".join(parts)


def _run(of: Summary) -> str:
    """Return what was run, on what, and what was not."""
    machine = of.machine
    size = "a fifth of the events" if of.quick else "all events"
    versions = [
        f"{system} {version}" for system, version in of.versions.items() if OURS not in system
    ]
    lines = [
        f"Fairlead {of.fairlead} beside {', '.join(versions)}; {size}, {of.rounds} rounds, on"
        f" {machine.cores} cores of an {machine.processor}, {machine.system}, {machine.python};"
        f" {machine.build}. While a run ran, others took {machine.others.median:.2f} of a core in"
        f" the median, {machine.others.greatest:.2f} at most."
    ]
    lines.extend(f"Skipped: {name}: {reason}." for name, reason in of.skipped.items())
    return "\n".join(lines)


def _goals(of: Summary) -> str:
    lines = [
        f"| {one.goal} | {one.found} | {'met' if one.met else '**missed**'} |"
        for one in verdicts(of)
    ]
    return "\n".join(["| goal | found | |", "|---|---|---|", *lines])


def _alt(results: list[Result]) -> str:
    """Return the chart in words, for who cannot see it."""
    said = []
    for result in results:
        best = sorted(result.sides, key=lambda side: side.cost.median)
        costs = [f"{side.system} {cost_text(side.cost.median, result.unit)}" for side in best]
        said.append(f"{result.title}: {', '.join(costs)}")
    return "; ".join(said)


def _table(of: Result) -> str:
    head = [
        f"| {of.title} | median | least to greatest | times ours | floors |",
        "|---|---:|---:|---:|---:|",
    ]
    ordered = sorted(of.sides, key=lambda side: side.cost.median)
    return "\n".join(
        [*head, *(f"| {_named(side)} | {' | '.join(_cells(of, side))} |" for side in ordered)]
    )


def _named(side: Side) -> str:
    return f"**{side.system}**" if side.system == OURS else side.system


def _cells(of: Result, side: Side) -> list[str]:
    cost, ratio = side.cost, side.ratio
    span = f"{cost_text(cost.least, of.unit)} to {cost_text(cost.greatest, of.unit)}"
    times = "" if ratio is None else f"{ratio_text(ratio.median)} ({_span(ratio)})"
    floors = "" if side.floors is None else ratio_text(side.floors)
    return [cost_text(cost.median, of.unit), span, times, floors]


def _span(of: Spread) -> str:
    return f"{ratio_text(of.least)} to {ratio_text(of.greatest)}"


def _inside(reports: list[Report]) -> str:
    """Return our own benchmarks as one table, a column for each build."""
    if not reports:
        return "No run is kept."
    parts = []
    for report in reports:
        machine = report.machine
        parts.append(
            f"{machine.build}: {machine.cores} cores of an {machine.processor}, {machine.python},"
            f" load {machine.load} as it began."
        )
    builds = [report.rows[0].build for report in reports]
    head = "".join(f" {build} | ratio |" for build in builds)
    lines = [f"| | what | against |{head} goal |", f"|---|---|---|{'---:|---:|' * len(builds)}---|"]
    others = [{_key(row): row for row in report.rows} for report in reports[1:]]
    before = ""
    for row in reports[0].rows:
        beside = [row, *(other.get(_key(row)) for other in others)]
        cells = "".join(_measured(one) for one in beside)
        name = "" if row.benchmark == before else f"`{row.benchmark}`"
        lines.append(f"| {name} | {row.what} | {row.against} |{cells} {_goal(row)} |")
        before = row.benchmark
    return "\n\n".join([" ".join(parts), "\n".join(lines)])


def _key(row: Row) -> tuple[str, str, str]:
    return row.benchmark, row.what, row.against


def _measured(row: Row | None) -> str:
    if row is None:
        return " | |"
    ratio = row.ratio
    return f" {amount(row.ours, row.unit)} | {ratio.median:.2f} ({_span(ratio)}) |"


def _goal(row: Row) -> str:
    if row.goal is None:
        return ""
    return f"{row.goal:g}: {'met' if row.met else 'missed'}"
