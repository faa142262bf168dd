"""What speed is to be, held against a summary: each goal with what was measured."""

from collections.abc import Callable
from typing import Final, NamedTuple

from benchmarks.peers.plan import FLOOR, OURS
from benchmarks.peers.summary import Result, Summary
from benchmarks.peers.table import cost_text, ratio_text

# Peers whose strategies are Python objects that are called; hftbacktest's are compiled loops.
CALLED: Final = ("nautilus", "vnpy", "vnpy, event engine", "backtrader")


class Verdict(NamedTuple):
    """A goal, what was found, and whether it is met."""

    goal: str
    found: str
    met: bool


def verdicts(of: Summary) -> list[Verdict]:
    """Return every goal that this summary can answer."""
    results = {result.name: result for result in of.results}
    asked: list[tuple[str, Callable[[Result], Verdict | None]]] = [
        ("quotes-1", lambda one: _ahead(one, CALLED, 2)),
        ("quotes-10", lambda one: _ahead(one, CALLED, 2)),
        ("idle", lambda one: _floors(one, 2)),
        *((f"orders-{every}", lambda one: _ahead(one, ("nautilus",), 5)) for every in (1, 10, 100)),
        *((f"orders-{every}", lambda one: _ahead(one, CALLED, 1)) for every in (1, 10, 100)),
        ("latency-p99", lambda one: _at_most(one, OURS, 20_000)),
        ("latency-max", lambda one: _at_most(one, OURS, 1_000_000)),
        ("growth-memory", lambda one: _at_most(one, OURS, 1_000)),
        ("import", lambda one: _at_most(one, "import fairlead", 100)),
    ]
    found = [answer(results[name]) for name, answer in asked if name in results]
    longest = [
        name for name in ("growth-200000", "growth-100000", "growth-10000") if name in results
    ]
    if longest and "growth-1000" in results:
        found.append(_flat(results["growth-1000"], results[longest[0]], 1.1))
    return [one for one in found if one is not None]


def _ahead(of: Result, peers: tuple[str, ...], times: float) -> Verdict | None:
    """Ours is so many times as fast as the fastest of some peers."""
    ratios = [
        (side.ratio.median, side.system)
        for side in of.sides
        if side.system in peers and side.ratio is not None
    ]
    if not ratios:
        return None
    ratio, system = min(ratios)
    whom = "the fastest peer that calls a Python strategy" if len(peers) > 1 else peers[0]
    least = f"at least {times:g} times as fast as" if times > 1 else "ahead of"
    goal = f"{of.title}: {least} {whom}"
    return Verdict(goal, f"{ratio_text(ratio)} times {system}", ratio >= times)


def _floors(of: Result, most: float) -> Verdict | None:
    ours = of.side(OURS)
    if ours is None or ours.floors is None:
        return None
    goal = f"{of.title}: at most {most:g} times the {FLOOR}"
    return Verdict(goal, f"{ratio_text(ours.floors)} times", ours.floors <= most)


def _at_most(of: Result, system: str, most: float) -> Verdict | None:
    side = of.side(system)
    if side is None:
        return None
    cost = side.cost.median
    goal = f"{of.title}: at most {cost_text(most, of.unit)}"
    if system != OURS:
        goal = f"`{system}`: at most {cost_text(most, of.unit)}"
    return Verdict(goal, cost_text(cost, of.unit), cost <= most)


def _flat(few: Result, many: Result, most: float) -> Verdict | None:
    before, after = few.side(OURS), many.side(OURS)
    if before is None or after is None:
        return None
    ratio = after.cost.median / before.cost.median
    goal = f"{many.title} cost each at most {most:g} times what {few.title} do"
    return Verdict(goal, f"{ratio_text(ratio)} times", ratio <= most)
