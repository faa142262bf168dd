"""Bars as SVG: one panel for each measure, on a logarithmic scale, with how many times ours it is.

A library that draws would be one more dependency, and its files change with its version. Colours
follow the reader's light or dark scheme; nothing is loaded and nothing runs.
"""

from math import ceil, floor, log10
from typing import Final, NamedTuple
from xml.sax.saxutils import escape  # nosec: writing, not parsing

from benchmarks.peers.plan import FLOOR, OURS
from benchmarks.peers.summary import NANOSECONDS, Result, Side
from benchmarks.peers.table import cost_text, ratio_text

WIDTH: Final = 820
LEFT: Final = 200  # where bars begin
RIGHT: Final = 630  # where the longest may end
BESIDE: Final = WIDTH - 20  # where the ratios end
ROW: Final = 24
BAR: Final = 14
TITLE: Final = 34
AXIS: Final = 26
GAP: Final = 14
HEAD: Final = 58

STYLE: Final = """
  .ground { fill: #ffffff; }
  text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #16202b; }
  .head { font-size: 17px; font-weight: 650; }
  .title { font-weight: 600; }
  .quiet, .tick { fill: #5a6875; }
  .tick { font-size: 11px; }
  .mine { font-weight: 650; }
  .grid { stroke: #dde3e9; }
  .spread { stroke: #16202b; stroke-width: 1.5; }
  .ours { fill: #0b5c8f; }
  .also { fill: #7db3d5; }
  .peer { fill: #a9b4bf; }
  .floor { fill: none; stroke: #5a6875; stroke-dasharray: 3 2; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #171f27; }
    text { fill: #e4eaf0; }
    .quiet, .tick { fill: #93a1af; }
    .grid { stroke: #2a3540; }
    .spread { stroke: #e4eaf0; }
    .ours { fill: #6cb6e8; }
    .also { fill: #2f6a92; }
    .peer { fill: #5a6875; }
    .floor { stroke: #93a1af; }
  }
"""


class Chart(NamedTuple):
    """One file: what it is called, what it says on top, and the measures in it."""

    name: str
    title: str
    results: tuple[str, ...]


CHARTS: Final = (
    Chart(
        "benchmarks-events",
        "Market data into a strategy, the cost of one event",
        ("quotes-1", "quotes-10", "bars", "idle", "levels"),
    ),
    Chart(
        "benchmarks-orders",
        "Orders through the whole path, the cost of one order",
        ("orders-1", "orders-10", "orders-100"),
    ),
    Chart(
        "benchmarks-fills",
        "From before an order is made to its fill callback",
        ("latency-p50", "latency-p99", "latency-max"),
    ),
    Chart(
        "benchmarks-growth",
        "An order after more and more others, every second one closing the position",
        ("growth-1000", "growth-10000", "growth-100000", "growth-200000"),
    ),
    Chart("benchmarks-footing", "What it takes to begin", ("memory", "import", "start", "size")),
)


class Scale(NamedTuple):
    """Whole decades between two powers of ten."""

    low: int
    high: int

    @classmethod
    def of(cls, values: list[float]) -> "Scale":
        """Return the scale that holds some values, all above nothing."""
        low = floor(log10(min(values)))
        return cls(low, max(ceil(log10(max(values))), low + 1))

    def at(self, value: float) -> float:
        """Return where a value stands."""
        part = (log10(value) - self.low) / (self.high - self.low)
        return round(LEFT + part * (RIGHT - LEFT), 1)


def svg(of: Chart, results: list[Result]) -> str:
    """Return a chart of the measures that there are."""
    panels: list[str] = []
    top = HEAD
    for result in results:
        panels.append(_panel(result, top))
        top += TITLE + ROW * len(result.sides) + AXIS + GAP
    said = ", ".join(result.title for result in results)
    title = escape(of.title)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}"'
            f' height="{top}" role="img" aria-label="{title}: {escape(said)}">',
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{top}" rx="8"/>',
            _text(20, 28, of.title, "head"),
            _text(20, 47, "logarithmic; less is better; lines from the least to the greatest run"),
            _text(BESIDE, 47, "times ours", "quiet", "end"),
            *panels,
            "</svg>",
            "",
        ]
    )


def _panel(of: Result, top: int) -> str:
    """Return one measure: its title, a bar for each system, and the decades."""
    sides = sorted(of.sides, key=lambda side: side.cost.median)
    scale = Scale.of([value for side in sides for value in (side.cost.least, side.cost.greatest)])
    first, last = top + TITLE, top + TITLE + ROW * len(sides)
    parts = [_text(20, top + 20, of.title, "title")]
    for decade in range(scale.low, scale.high + 1):
        x = scale.at(10.0**decade)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{first - 4}" y2="{last}"/>')
        parts.append(_text(x, last + 15, _tick(decade, of.unit), "tick", "middle"))
    for number, side in enumerate(sides):
        parts.append(_bar(of, side, scale, first + ROW * number))
    return "\n".join(parts)


def _bar(of: Result, side: Side, scale: Scale, top: int) -> str:
    """Return a system's bar, with its name, its cost and its ratio."""
    cost, base = side.cost, top + 12
    end, low, high = (scale.at(value) for value in (cost.median, cost.least, cost.greatest))
    kind = _kind(side.system)
    own = "mine" if kind == "ours" else ""
    ratio = "1" if kind == "ours" else "" if side.ratio is None else ratio_text(side.ratio.median)
    width = round(end - LEFT, 1)
    parts = [
        _text(LEFT - 8, base, side.system, own, "end"),
        f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{width}" height="{BAR}" rx="2"/>',
        _text(max(end, high) + 8, base, cost_text(cost.median, of.unit), own),
        _text(BESIDE, base, ratio, own, "end"),
    ]
    if high > low:
        y = top + BAR / 2
        parts.append(f'<line class="spread" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>')
    return "\n".join(parts)


def _tick(decade: int, unit: str) -> str:
    """Return a power of ten in the largest unit that leaves a whole number."""
    if unit != NANOSECONDS or decade < 3:
        return f"{10.0**decade:,g} {unit}"
    return f"{10 ** (decade % 3)} {('us', 'ms', 's')[decade // 3 - 1]}"


def _kind(system: str) -> str:
    if system == OURS:
        return "ours"
    if system == FLOOR:
        return "floor"
    return "also" if OURS in system else "peer"


def _text(x: float, y: float, said: str, kind: str = "quiet", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x}" y="{y}" text-anchor="{anchor}">{escape(said)}</text>'
