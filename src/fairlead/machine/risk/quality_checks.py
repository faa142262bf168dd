"""What one message of market data is held against, rule by rule. Looks; changes nothing.

A check answers what it measured where its rule is broken, else nothing. What cannot be measured (a
venue that sends no time, too few changes before) is not found: freshness and completeness are what
tells that something is missing.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from fairlead.machine.books import NEVER
from fairlead.machine.risk.quality import CLASSES, Watch, place_of
from fairlead.machine.risk.quality_series import Changes, Volumes
from fairlead.model.quality import DataClass, QualityKind, QualityRule
from fairlead.model.units import MILLIONTHS, Nanos, Price, Quantity

_ANY: Final = DataClass.ANY
_BOOK: Final = DataClass.BOOK
# What units of a share were, and what they become: the usual splits. Each is looked for both ways.
SPLITS: Final = (
    *((2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1), (10, 1), (15, 1), (20, 1), (25, 1)),
    *((30, 1), (40, 1), (50, 1), (100, 1), (3, 2), (4, 3), (5, 2), (5, 4)),
)
SMALLEST_SPLIT: Final = 15  # percent: no usual split moves a price by less
TICKS_MIN: Final = 100  # a price of a few ticks doubles without any split
_AGAIN: Final = 9  # tenths of the bound, at which what lasts is over: it does not flap


class Datum(NamedTuple):
    """One message of market data, as far as rules ask for it."""

    data: DataClass
    bid: Price  # 0: none
    ask: Price
    twice: int  # its price, twice: the mid of a quote lies on a half; 0: it has none
    quantity: Quantity  # of a trade, else 0
    venue_time: Nanos  # 0: not told
    time: Nanos
    tick: Price
    close_twice: int  # of the day before, where somebody said it; 0: not known


class Finding(NamedTuple):
    """What was measured where a rule is broken."""

    measured: int
    detail: str = ""


Check = Callable[[QualityRule, int, Watch, Datum], Finding | None]


def price_limit(rule: QualityRule, key: int, data: Watch, datum: Datum) -> Finding | None:
    """Hold a price against the close, else the last price of the day before, else the last one."""
    close = 0 if data.accepted else datum.close_twice
    before = close or data.day_twice or data.twice
    if datum.twice == 0 or before == 0:
        return None
    moved = abs(datum.twice - before) * MILLIONTHS
    if moved <= rule.bound * before:
        return None
    what = "the close" if close else "the day before" if data.day_twice else "the price before"
    return Finding(moved // before, f"{_price(datum.twice)} after {_price(before)}, {what}")


def price_deviation(rule: QualityRule, key: int, data: Watch, datum: Datum) -> Finding | None:
    """Hold the change of a price against the changes before it in its class."""
    if datum.twice == 0:
        return None
    found, measured = changes_of(rule, key, data).deviation(datum.twice, datum.tick, rule.bound)
    return Finding(measured, f"{_price(datum.twice)}") if found else None


def volume_spike(rule: QualityRule, key: int, data: Watch, datum: Datum) -> Finding | None:
    """Hold what traded in the running window against the windows before it."""
    if datum.quantity == 0:
        return None
    volumes = volumes_of(rule, key, data)
    found, measured = volumes.spike(datum.quantity, datum.time, rule.bound)
    return Finding(measured) if found else None


def crossed(rule: QualityRule, key: int, data: Watch, datum: Datum) -> Finding | None:
    """Find a bid above the ask."""
    if datum.bid > datum.ask > 0:
        return Finding(datum.bid - datum.ask, f"bid {datum.bid}, ask {datum.ask} (increments)")
    return None


def locked(rule: QualityRule, key: int, data: Watch, datum: Datum) -> Finding | None:
    """Find a bid at the ask."""
    if datum.bid == datum.ask > 0:
        return Finding(0, f"bid and ask {datum.bid} (increments)")
    return None


def latency(rule: QualityRule, key: int, data: Watch, datum: Datum) -> Finding | None:
    """Hold the way from the venue's clock to ours; what began is over at nine tenths of it."""
    if datum.venue_time == 0:
        return None
    measured = datum.time - datum.venue_time
    begun = place_of(key // CLASSES, datum.data) in data.findings.begun
    bound = rule.bound * _AGAIN // 10 if begun else rule.bound
    return Finding(measured) if measured > bound else None


def clock_offset(rule: QualityRule, key: int, data: Watch, datum: Datum) -> Finding | None:
    """Find data of a time that our clock has not reached: latency cannot be negative."""
    ahead = datum.venue_time - datum.time
    return Finding(ahead) if datum.venue_time and ahead > rule.bound else None


def out_of_order(rule: QualityRule, key: int, data: Watch, datum: Datum) -> Finding | None:
    """Find data that is older than what came before it in its class."""
    before = data.venue_times[datum.data]
    if datum.venue_time == 0 or before == NEVER or before - datum.venue_time <= rule.bound:
        return None
    return Finding(before - datum.venue_time)


def split_missed(rule: QualityRule, key: int, data: Watch, datum: Datum) -> Finding | None:
    """Find a jump to where a split of which nobody told would put the price."""
    now, before = datum.twice, data.twice
    if min(now, before) < 2 * TICKS_MIN * datum.tick:
        return None
    if abs(now - before) * 100 < before * SMALLEST_SPLIT:
        return None
    for new, old in SPLITS:
        for many, few in ((new, old), (old, new)):
            off = abs(now * many - before * few) * MILLIONTHS
            if off <= rule.bound * before * few:
                said = f"{_price(now)} after {_price(before)}, as after a split {many} for {few}"
                return Finding(off // (before * few), said)
    return None


CHECKS: Final[dict[QualityKind, Check]] = {
    QualityKind.PRICE_LIMIT: price_limit,
    QualityKind.PRICE_DEVIATION: price_deviation,
    QualityKind.VOLUME_SPIKE: volume_spike,
    QualityKind.CROSSED: crossed,
    QualityKind.LOCKED: locked,
    QualityKind.LATENCY: latency,
    QualityKind.CLOCK_OFFSET: clock_offset,
    QualityKind.OUT_OF_ORDER: out_of_order,
    QualityKind.SPLIT_MISSED: split_missed,
}
_PRICED: Final = (DataClass.QUOTE, DataClass.TRADE, DataClass.BOOK, DataClass.MARK)
_SIDED: Final = (DataClass.QUOTE, DataClass.BOOK)
# Of what each kind is asked, where its rule names no class.
ASKED_OF: Final[dict[QualityKind, tuple[DataClass, ...]]] = {
    QualityKind.PRICE_LIMIT: _PRICED,
    QualityKind.PRICE_DEVIATION: _PRICED,
    QualityKind.VOLUME_SPIKE: (DataClass.TRADE,),
    QualityKind.CROSSED: _SIDED,
    QualityKind.LOCKED: _SIDED,
    QualityKind.LATENCY: _PRICED,
    QualityKind.CLOCK_OFFSET: _PRICED,
    QualityKind.OUT_OF_ORDER: _PRICED,
    QualityKind.SPLIT_MISSED: _PRICED,
}
REMEMBERING: Final = (QualityKind.PRICE_DEVIATION, QualityKind.VOLUME_SPIKE)
# What is asked of a book once the message has changed it: what it shows is known only then.
_OF_THE_TOUCH: Final = (
    QualityKind.PRICE_LIMIT,
    QualityKind.PRICE_DEVIATION,
    QualityKind.CROSSED,
    QualityKind.LOCKED,
    QualityKind.SPLIT_MISSED,
)


def asked_when(rules: tuple[QualityRule, ...]) -> tuple[list[list[int]], list[int]]:
    """Return which rules are asked of messages, by class, and which of what a book shows."""
    of_messages: list[list[int]] = [[] for _ in range(CLASSES)]
    of_touch: list[int] = []
    for number, rule in enumerate(rules):
        for data in ASKED_OF.get(rule.kind, ()):
            if rule.data is _ANY or rule.data is data:
                asked = of_touch if data is _BOOK and rule.kind in _OF_THE_TOUCH else None
                (of_messages[data] if asked is None else asked).append(number)
    return of_messages, of_touch


def changes_of(rule: QualityRule, key: int, data: Watch) -> Changes:
    """Return the changes that a rule looks at."""
    changes = data.changes.get(key)
    if changes is None:
        changes = data.changes[key] = Changes(rule.samples)
    return changes


def volumes_of(rule: QualityRule, key: int, data: Watch) -> Volumes:
    """Return the volumes that a rule looks at."""
    volumes = data.volumes.get(key)
    if volumes is None:
        volumes = data.volumes[key] = Volumes(rule.samples, rule.window)
    return volumes


def _price(twice: int) -> str:
    """Return a price of which twice is known, in increments."""
    return f"{twice // 2}.5" if twice % 2 else f"{twice // 2}"
