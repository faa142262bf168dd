"""Latency over throughput as SVG: a line for each way to run, both axes logarithmic.

The chart of the source documents (S1, Figure 10.3), from our own measurements; beside them, in
grey, the two curves that are published there. The target is the line that a curve may not cross.
"""

from itertools import pairwise
from math import ceil, floor, log10
from typing import Final, NamedTuple
from xml.sax.saxutils import escape  # nosec: writing, not parsing

from benchmarks.peers.charts import STYLE
from fairlead.node.capacity import Curve, Measurement

WIDTH: Final = 820
HEIGHT: Final = 470
LEFT: Final = 70
RIGHT: Final = 610  # where the highest rate is
TOP: Final = 74
BOTTOM: Final = 420
BESIDE: Final = RIGHT + 14  # where the names of lines begin
LABEL: Final = 17  # between two names, at least
# Published for 500 to 3,000 orders a second, in steps of 500, in microseconds.
PUBLISHED: Final = {
    "published: baseline": (25, 50, 120, 280, 600, 950),
    "published: kernel bypass": (12, 22, 45, 95, 200, 450),
}
LINE_STYLE: Final = """
  .line { fill: none; stroke-width: 2; }
  .c0 { stroke: #8a5a00; } .c1 { stroke: #5a9bc4; } .c2 { stroke: #0b5c8f; }
  .c3 { stroke: #5a9bc4; stroke-dasharray: 6 4; } .c4 { stroke: #0b5c8f; stroke-dasharray: 6 4; }
  .published { fill: none; stroke: #a9b4bf; stroke-width: 1.5; stroke-dasharray: 2 3; }
  .target { stroke: #b3261e; stroke-width: 1.5; }
  .wide { stroke-width: 1; }
  @media (prefers-color-scheme: dark) {
    .c0 { stroke: #e0b060; } .c1, .c3 { stroke: #4d88ad; } .c2, .c4 { stroke: #6cb6e8; }
    .published { stroke: #5a6875; }
    .target { stroke: #f2867e; }
  }
"""


class Spot(NamedTuple):
    """A place in the picture."""

    x: float
    y: float


class Scales(NamedTuple):
    """What the axes span: rates as they are, spans of time in whole decades of nanoseconds."""

    least: int
    most: int
    low: int
    high: int

    @classmethod
    def of(cls, found: Measurement) -> "Scales":
        """Return the scales that hold a measurement, its target, and what is published."""
        rows = [row for curve in found.curves for row in curve.rows]
        rates = [row.rate for row in rows]
        spans = [row.tick_to_order.p99 for row in rows]
        spans += [found.target, *(us * 1_000 for line in PUBLISHED.values() for us in line)]
        low, high = floor(log10(min(spans))), ceil(log10(max(spans)))
        return cls(min(*rates, 500), max(*rates, 3_000), low, high)

    def at(self, rate: int, span: int) -> Spot:
        """Return where a rate and a span of time meet."""
        along = log10(rate / self.least) / log10(self.most / self.least)
        up = (log10(span) - self.low) / (self.high - self.low)
        return Spot(round(LEFT + along * (RIGHT - LEFT), 1), round(BOTTOM - up * (BOTTOM - TOP), 1))


def svg(found: Measurement) -> str:
    """Return the chart of a measurement."""
    scales = Scales.of(found)
    title = "From a tick to its order, p99"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        f' height="{HEIGHT}" role="img" aria-label="{title}, over orders a second">',
        f"<style>{STYLE}{LINE_STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        _text(Spot(20, 28), title, "head"),
        _text(
            Spot(20, 47),
            "from when the tick was due; all risk checks, journaled; medians, and from the least"
            " to the greatest run",
        ),
        *_axes(found, scales),
        *_published(scales),
    ]
    ends = []
    for number, curve in enumerate(found.curves):
        parts += _curve(curve, f"c{number % 5}", scales)
        last = curve.rates()[-1]
        ends.append((scales.at(last, curve.p99(last)).y, curve.line.name))
    at_target = scales.at(scales.most, found.target).y
    ends.append((at_target, f"target: {found.target // 1_000} us"))
    parts += [_text(Spot(BESIDE, y + 4), name, "") for y, name in _apart(ends)]
    return "\n".join([*parts, "</svg>", ""])


def _axes(found: Measurement, scales: Scales) -> list[str]:
    parts = []
    for decade in range(scales.low, scales.high + 1):
        start, end = scales.at(scales.least, 10**decade), scales.at(scales.most, 10**decade)
        parts.append(_line("grid", start, end))
        unit = ("ns", "us", "ms", "s")[decade // 3]
        named = f"{10 ** (decade % 3)} {unit}"
        parts.append(_text(Spot(LEFT - 8, start.y + 4), named, "tick", "end"))
    for rate in sorted({row.rate for curve in found.curves for row in curve.rows}):
        foot = scales.at(rate, 10**scales.low)
        parts.append(_line("grid", foot, Spot(foot.x, TOP)))
        parts.append(_text(Spot(foot.x, foot.y + 16), _short(rate), "tick", "middle"))
    parts.append(_text(Spot((LEFT + RIGHT) / 2, BOTTOM + 38), "orders a second", "quiet", "middle"))
    ends = scales.at(scales.least, found.target), scales.at(scales.most, found.target)
    return [*parts, _line("target", *ends)]


def _published(scales: Scales) -> list[str]:
    parts = []
    for name, spans in PUBLISHED.items():
        spots = [scales.at(500 * place, us * 1_000) for place, us in enumerate(spans, start=1)]
        parts.append(_path("published", spots))
        parts.append(_text(Spot(spots[-1].x + 6, spots[-1].y + 4), name, "tick"))
    return parts


def _curve(curve: Curve, kind: str, scales: Scales) -> list[str]:
    spots = [scales.at(rate, curve.p99(rate)) for rate in curve.rates()]
    parts = [_path(f"line {kind}", spots)]
    for rate in curve.rates():
        spans = [row.tick_to_order.p99 for row in curve.rows if row.rate == rate]
        parts.append(
            _line(f"wide {kind}", scales.at(rate, min(spans)), scales.at(rate, max(spans)))
        )
    return parts


def _apart(ends: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return names from top to bottom, each far enough below the one before to be read."""
    placed = sorted(ends)
    for before, after in pairwise(range(len(placed))):
        y, name = placed[after]
        placed[after] = max(y, placed[before][0] + LABEL), name
    beyond = max(0.0, placed[-1][0] - BOTTOM)
    return [(round(y - beyond, 1), name) for y, name in placed]


def _short(rate: int) -> str:
    return f"{rate // 1_000}k" if rate >= 1_000 and rate % 1_000 == 0 else str(rate)


def _path(kind: str, spots: list[Spot]) -> str:
    points = " ".join(f"{spot.x},{spot.y}" for spot in spots)
    return f'<polyline class="{kind}" points="{points}"/>'


def _line(kind: str, start: Spot, end: Spot) -> str:
    return f'<line class="{kind}" x1="{start.x}" y1="{start.y}" x2="{end.x}" y2="{end.y}"/>'


def _text(at: Spot, said: str, kind: str = "quiet", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{at.x}" y="{at.y}" text-anchor="{anchor}">{escape(said)}</text>'
