"""What is measured beside whom: the cases, and how large each is for each system.

A system that is slow is given less of the same stream where what it costs does not depend on how
much there is; what is compared is the cost of one. Each case is done in rounds: every system once,
then all again, so that what else the machine does falls on all alike.
"""

from typing import Final, Literal, NamedTuple

Unit = Literal["event", "order", "fill", "process"]  # what the cost of one is counted by

OURS: Final = "fairlead"
PURE: Final = "fairlead, interpreted"
RECORDED: Final = "fairlead, recorded market"
FLOOR: Final = "floor"


class Entry(NamedTuple):
    """One system in a case: who, and what it is given beside what all are given."""

    system: str
    options: tuple[str, ...] = ()


class Case(NamedTuple):
    """One thing that is measured, of some systems by turns."""

    name: str
    title: str
    unit: Unit
    data: str
    options: tuple[str, ...]
    entries: tuple[Entry, ...]


class Plan(NamedTuple):
    """All that is measured, and how often."""

    cases: tuple[Case, ...]
    rounds: int


# What a script is, by the system that it measures.
SCRIPTS: Final = {
    OURS: "ours",
    PURE: "ours",
    RECORDED: "ours",
    FLOOR: "floor",
    "nautilus": "nautilus",
    "vnpy": "vnpy",
    "vnpy, event engine": "vnpy",
    "hftbacktest": "hftbacktest",
    "backtrader": "backtrader",
}
# The names of environments, where they are not those of the systems.
ENVIRONMENTS: Final = {RECORDED: OURS, "vnpy, event engine": "vnpy"}

_QUOTES_1: Final = "q1.bin"
_QUOTES_10: Final = "q10.bin"
_LEVELS: Final = "l2.bin"
# Orders by which the time of an order must not change, and those of ours alone.
GROWTH: Final = (1_000, 10_000, 100_000)
GROWTH_OURS: Final = 200_000


def plan(quick: bool, rounds: int | None = None) -> Plan:
    """Return the plan; a quick one takes a fifth of the events, and fewer rounds."""
    part = 5 if quick else 1
    cases = (*_data_cases(part), *_order_cases(part), *_growth_cases(quick), _start_case())
    return Plan(cases, rounds or (2 if quick else 5))


def _data_cases(part: int) -> list[Case]:
    """Return the cases of market data into a strategy."""

    def many(system: str, count: int, *options: str) -> Entry:
        return Entry(system, ("--limit-n", str(count // part), *options))

    million = 1_000_000
    ours = (many(OURS, million), many(PURE, 200_000))
    recorded = many(RECORDED, 500_000, "--venue", "recorded")
    nautilus, floor = many("nautilus", million), many(FLOOR, million)
    vnpy, events = many("vnpy", 200_000), many("vnpy, event engine", 200_000, "--what", "events")
    hftbacktest, backtrader = many("hftbacktest", million), many("backtrader", 100_000)
    everybody = (*ours, recorded, nautilus, vnpy, events, hftbacktest, backtrader, floor)
    ten = ("--nsym", "10")
    barring = (*ours, nautilus, vnpy, backtrader, floor)
    title = "Bars of a minute, from trades"
    return [
        Case("quotes-1", "Quotes, 1 instrument", "event", _QUOTES_1, (), everybody),
        Case(
            "quotes-10",
            "Quotes, 10 instruments",
            "event",
            _QUOTES_10,
            ten,
            (*ours, recorded, nautilus, events, floor),
        ),
        Case("bars", title, "event", _QUOTES_1, ("--what", "trades"), barring),
        Case(
            "idle",
            "Quotes past a strategy of bars",
            "event",
            _QUOTES_1,
            ("--what", "idle"),
            (*ours, nautilus, floor),
        ),
        Case(
            "levels",
            "Changes of a book",
            "event",
            _LEVELS,
            ("--what", "levels"),
            (*ours, nautilus, hftbacktest, floor),
        ),
    ]


def _order_cases(part: int) -> list[Case]:
    """Return the cases of orders through the full path, and of their latency."""
    cases = []
    for every, count in ((1, 100_000), (10, 200_000), (100, 1_000_000)):
        limit = ("--limit-n", str(count // part))
        fewer = ("--limit-n", str(count // part // (10 if every == 100 else 5)))
        entries = (
            *(Entry(OURS, limit), Entry(PURE, fewer)),
            Entry(RECORDED, (*(limit if every < 100 else fewer), "--venue", "recorded")),
            *(Entry("nautilus", limit), Entry("vnpy", limit if every < 100 else fewer)),
            *(Entry("hftbacktest", limit), Entry("backtrader", fewer)),
            Entry(FLOOR, limit),
        )
        told = {1: "every quote", 10: "every 10th quote", 100: "every 100th quote"}[every]
        options = ("--every", str(every))
        title = f"An order on {told}"
        cases.append(Case(f"orders-{every}", title, "order", _QUOTES_1, options, entries))
    timed = tuple(Entry(system) for system in (OURS, PURE, "nautilus", FLOOR))
    often = ("--every", "50", "--limit-n", str(250_000 // part), "--lat")
    cases.append(Case("latency", "Order to fill", "fill", _QUOTES_1, often, timed))
    return cases


def _growth_cases(quick: bool) -> list[Case]:
    """Return the cases of ever more orders, the position flat after each second one."""
    counts = GROWTH[:2] if quick else (*GROWTH, GROWTH_OURS)
    return [
        Case(
            f"growth-{count}",
            f"{count:,} orders",
            "order",
            _QUOTES_1,
            ("--every", "1", "--limit-n", str(count)),
            (Entry(OURS),) if count == GROWTH_OURS else (Entry(OURS), Entry("nautilus")),
        )
        for count in counts
    ]


def _start_case() -> Case:
    """Return the case of a whole process that begins, runs over little, and ends."""
    systems = (OURS, PURE, "nautilus", "vnpy", "hftbacktest", "backtrader", FLOOR)
    little = ("--limit-n", "1000")
    entries = tuple(Entry(system) for system in systems)
    return Case("start", "A process with 1,000 quotes", "process", _QUOTES_1, little, entries)
