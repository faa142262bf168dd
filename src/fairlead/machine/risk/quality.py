"""What is known of the quality of market data: what came, when, what was left out, what is wrong.

Of each instrument and class of data, what came in is what was passed on and what was dropped, by
reason. Changed by the steps in `quality_steps.py` alone.
"""

from heapq import heappush
from typing import Final

from fairlead.machine.books import NEVER
from fairlead.machine.risk.measures import Rolling
from fairlead.machine.risk.quality_series import Changes, Volumes
from fairlead.machine.risk.terms import Checks, Terms
from fairlead.model.quality import (
    DataClass,
    DataQualityFound,
    QualityAction,
    QualityKind,
    QualityRule,
)
from fairlead.model.terms import Unit
from fairlead.model.units import InstrumentId, Nanos

CLASSES: Final = len(DataClass)
EVERYWHERE: Final = InstrumentId(0)
UNITS: Final[dict[QualityKind, Unit]] = {
    QualityKind.FRESHNESS: Unit.NANOS,
    QualityKind.COMPLETENESS: Unit.COUNT,
    QualityKind.PRICE_LIMIT: Unit.SHARE,
    QualityKind.PRICE_DEVIATION: Unit.SHARE,
    QualityKind.VOLUME_SPIKE: Unit.SHARE,
    QualityKind.DAYS_MISSING: Unit.COUNT,
    QualityKind.CROSSED: Unit.PRICE,
    QualityKind.LOCKED: Unit.PRICE,
    QualityKind.LATENCY: Unit.NANOS,
    QualityKind.CLOCK_OFFSET: Unit.NANOS,
    QualityKind.FEED_GAP: Unit.COUNT,
    QualityKind.OUT_OF_ORDER: Unit.NANOS,
    QualityKind.REVISED: Unit.COUNT,
    QualityKind.FAILED_SHARE: Unit.SHARE,
    QualityKind.SPLIT_MISSED: Unit.SHARE,
}
# What a moment is found wrong by, and not one message: nothing of it can be left out, so an
# instrument that is to be excluded is blocked. Each is told when it begins and when it is over.
LASTING: Final = (
    QualityKind.FRESHNESS,
    QualityKind.COMPLETENESS,
    QualityKind.DAYS_MISSING,
    QualityKind.LATENCY,
    QualityKind.CLOCK_OFFSET,
    QualityKind.FEED_GAP,
    QualityKind.FAILED_SHARE,
)
# Of these a message can be left out. A change of a book cannot: without it the book were wrong.
LEFT_OUT: Final = (DataClass.QUOTE, DataClass.TRADE, DataClass.MARK)
_FRESHNESS: Final = QualityKind.FRESHNESS
_COMPLETENESS: Final = QualityKind.COMPLETENESS
_EXCLUDE: Final = QualityAction.EXCLUDE
_BLOCK: Final = QualityAction.BLOCK


class Findings:
    """What is wrong now, by `place_of` what found it."""

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self.begun: dict[int, DataQualityFound] = {}  # as each began
        self.counts: dict[int, int] = {}  # how often each was found, since it began
        self.blocking: dict[int, DataQualityFound] = {}  # those of them that orders wait for
        self.times: dict[int, Nanos] = {}  # when each was found last

    def find(self, place: int, fact: DataQualityFound, blocking: bool, time: Nanos) -> bool:
        """Take in what a rule found; return whether it begins now."""
        begins = place not in self.begun
        if begins:
            self.begun[place] = fact
            if blocking:
                self.blocking[place] = fact
        self.counts[place] = self.counts.get(place, 0) + 1
        self.times[place] = time
        return begins

    def end(self, place: int) -> tuple[DataQualityFound, int, bool]:
        """Forget what is over; return how it began, how often it was found, whether it blocked."""
        blocked = self.blocking.pop(place, None) is not None
        del self.times[place]
        return self.begun.pop(place), self.counts.pop(place), blocked

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        begun, counts = list(self.begun.items()), list(self.counts.items())
        return [begun, counts, list(self.blocking), list(self.times.items())]


class Watch:
    """What is known of the data of one instrument."""

    def __init__(self, instrument: InstrumentId, venue: str, now: Nanos, day: int) -> None:
        """Begin without any data; freshness counts from now on, and missing days from this one."""
        self.instrument = instrument
        self.venue = venue
        self.since = now
        self.came = [0] * CLASSES
        self.passed = [0] * CLASSES
        self.seen = False  # any of it was passed on
        self.dropped: list[dict[str, int]] = [{} for _ in range(CLASSES)]  # by reason
        self.times: list[Nanos] = [NEVER] * CLASSES  # of the last that was passed on, by our clock
        self.venue_times: list[Nanos] = [NEVER] * CLASSES
        self.twice = 0  # the last price that was believed, twice; 0: none
        self.day_twice = 0  # the last one of the day before
        self.accepted = False  # a person said that the prices are true: closes before are no bound
        self.day = day  # in which the last data came, as the count of its venue's days
        self.findings = Findings()
        self.changes: dict[int, Changes] = {}  # by rule and class
        self.volumes: dict[int, Volumes] = {}  # by rule
        self.shares: dict[int, tuple[Rolling, Rolling]] = {}  # by rule: what came, what failed

    def begin(self, now: Nanos) -> None:
        """Begin anew under other rules; what came stays known."""
        self.since = now
        self.findings = Findings()
        self.changes = {}
        self.volumes = {}
        self.shares = {}

    def last(self, data: DataClass) -> Nanos:
        """Return when data of a class came last, `NEVER` if none did."""
        return max(self.times) if data is DataClass.ANY else self.times[data]

    def drop(self, data: DataClass, reason: str) -> None:
        """Count what is not passed on."""
        dropped = self.dropped[data]
        dropped[reason] = dropped.get(reason, 0) + 1

    def is_present(self, rules: tuple[QualityRule, ...]) -> bool:
        """Return whether there is data, and none of it too old."""
        old = any(rules[rule_of(place)].kind is _FRESHNESS for place in self.findings.begun)
        return not old and self.seen

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [self.instrument, self.venue, self.since, self.came, self.passed, self.dropped],
            [self.times, self.venue_times, str(self.twice), str(self.day_twice)],
            [self.accepted, self.day, self.findings.content()],
            [[key, one.content()] for key, one in self.changes.items()],
            [[key, one.content()] for key, one in self.volumes.items()],
            [[key, one.content(), two.content()] for key, (one, two) in self.shares.items()],
        ]


class Quality:
    """The rules that market data is held to, and what is known of it."""

    def __init__(self) -> None:
        """Begin without rules: nothing is asked, and nothing is counted."""
        self.active = False
        self.rules: tuple[QualityRule, ...] = ()
        self.since = Nanos(0)  # when these rules began to hold
        self.of_messages: list[list[int]] = [[] for _ in range(CLASSES)]  # by class
        self.of_touch: list[int] = []  # the rules about what a book shows after a message
        self.of_series: list[list[int]] = [[] for _ in range(CLASSES)]  # that remember, by class
        self.shares: list[int] = []  # the rules about what failed
        self.completeness: list[int] = []
        self.findings = Findings()  # of all instruments together
        self.days: dict[str, int] = {}  # how many trading days began at a venue; "": the firm's
        self.dates: dict[str, int] = {}
        # When the data of an instrument is next looked at for its age: (time, instrument, rule).
        self.expiries: list[tuple[Nanos, InstrumentId, int]] = []
        self._data: dict[InstrumentId, Watch] = {}

    def set(self, rules: tuple[QualityRule, ...], now: Nanos) -> None:
        """Hold data to these rules from now on. What was found by others is forgotten.

        Which of them are asked when is set beside it.
        """
        self.active = bool(rules)
        self.rules = rules
        self.since = now
        self.shares = _numbers(rules, QualityKind.FAILED_SHARE)
        self.completeness = _numbers(rules, _COMPLETENESS)
        self.findings = Findings()
        self.expiries = []
        if not rules:
            self._data.clear()  # what comes now is not looked at, so it will not be known later
        for data in self._data.values():
            data.begin(now)
            self._watch(data)

    def add(self, instrument: InstrumentId, venue: str, now: Nanos) -> None:
        """Take in a new instrument."""
        data = Watch(instrument, venue, now, self.day_of(venue))
        self._data[instrument] = data
        self._watch(data)

    def get(self, instrument: InstrumentId) -> Watch | None:
        """Return what is known of the data of an instrument, None if it is not known."""
        return self._data.get(instrument)

    def all(self) -> list[Watch]:
        """Return what is known of all of them, in the order in which they became known."""
        return list(self._data.values())

    def day_of(self, venue: str) -> int:
        """Return how many trading days began at a venue: by its own word, else by the firm's."""
        return self.days[venue] if venue in self.days else self.days.get("", 0)

    def expect(self, data: Watch, number: int, after: Nanos) -> None:
        """Look at the age of data again once it would be too old if none came after `after`."""
        time = Nanos(after + self.rules[number].bound + 1)
        heappush(self.expiries, (time, data.instrument, number))

    def problems(self, instrument: InstrumentId) -> list[DataQualityFound]:
        """Return what orders of an instrument wait for."""
        data = self._data.get(instrument)
        found = list(self.findings.blocking.values())
        return found + list(data.findings.blocking.values()) if data is not None else found

    def check(self, terms: Terms, checks: Checks) -> None:
        """Hold an order against the data of its instrument. What closes after a kill may leave."""
        problems = [] if terms.closing else self.problems(terms.order.instrument)
        if not problems:
            checks.fact(True, "data_quality")
        for one in problems:
            what = one.kind.name.lower()
            checks.hold_optional(False, "data_quality", one.measured, one.limit, one.unit, what)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        return [
            [list(self.rules), self.since, list(self.days.items()), list(self.dates.items())],
            [self.findings.content(), sorted(self.expiries)],
            [data.content() for data in self._data.values()],
        ]

    def _watch(self, data: Watch) -> None:
        """Look at the age of data when it would first be too old."""
        for number, rule in enumerate(self.rules):
            if rule.kind is _FRESHNESS and concerns(rule, data.instrument):
                self.expect(data, number, max(data.since, data.last(rule.data)))


def place_of(number: int, data: DataClass) -> int:
    """Return under which number a finding is kept: a good message does not mend a bad book."""
    return 2 * number + (data is DataClass.BOOK)


def rule_of(place: int) -> int:
    """Return the number of the rule that found what is kept in a place."""
    return place // 2


def concerns(rule: QualityRule, instrument: InstrumentId) -> bool:
    """Whether a rule is about an instrument."""
    return rule.instrument in (EVERYWHERE, instrument)


def blocks(kind: QualityKind, action: QualityAction, data: DataClass) -> bool:
    """Whether no order leaves while a rule is broken: also where nothing can be left out."""
    lasts = kind in LASTING or data not in LEFT_OUT
    return action >= _BLOCK or (action is _EXCLUDE and lasts)


def _numbers(rules: tuple[QualityRule, ...], kind: QualityKind) -> list[int]:
    return [number for number, rule in enumerate(rules) if rule.kind is kind]
