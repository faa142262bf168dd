"""The quality of market data: the rules that it is held to, and what was found.

The numbers of the enumerations are wire tags of the journal: they are stable, and one that is
retired is never used again.
"""

from enum import IntEnum

import msgspec

from fairlead.model.record import Record
from fairlead.model.terms import Unit
from fairlead.model.units import InstrumentId, Nanos


class DataClass(IntEnum):
    """What kind of market data a rule is about."""

    ANY = 0
    QUOTE = 1
    TRADE = 2
    BOOK = 3  # levels or orders
    MARK = 4  # the price at which the venue values positions
    DAILY = 5  # histories of daily returns


class QualityKind(IntEnum):
    """What is asked of market data, and in which unit its bound is."""

    FRESHNESS = 1  # nanoseconds since the last of its class, by our clock
    COMPLETENESS = 2  # the least number of instruments that have fresh data
    PRICE_LIMIT = 3  # millionths of the reference: previous close, day before, or price before
    PRICE_DEVIATION = 4  # millionths of standard deviations of the changes before it
    VOLUME_SPIKE = 5  # millionths of the mean volume of the windows before
    DAYS_MISSING = 6  # whole trading days without any data
    CROSSED = 7  # bid above ask; no bound
    LOCKED = 8  # bid at ask; no bound
    LATENCY = 9  # nanoseconds from the venue's time to ours
    CLOCK_OFFSET = 10  # nanoseconds by which the venue's time is ahead of ours
    FEED_GAP = 11  # the feed lost its place; no bound
    OUT_OF_ORDER = 12  # nanoseconds by which the venue's time goes back within a class
    REVISED = 13  # trades that the venue took back; no bound
    FAILED_SHARE = 14  # millionths of what came in the last minutes
    SPLIT_MISSED = 15  # millionths by which a jump of the price may miss a usual split


class QualityAction(IntEnum):
    """What follows. Each action does what those before it do."""

    FLAG = 1  # it is written down
    WARN = 2  # a person is told in time
    ALERT = 3  # a person is told at once
    EXCLUDE = 4  # what can be left out is left out: it never reaches the book
    BLOCK = 5  # and no order of the instrument leaves until its data is good again
    HALT = 6  # and all trading halts until a person lets go


class QualityRule(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing that market data is held to: beyond `bound` it is found, at it it is not."""

    kind: QualityKind
    action: QualityAction
    bound: int = 0  # in the unit of its kind
    data: DataClass = DataClass.ANY
    instrument: InstrumentId = InstrumentId(0)  # 0: all of them
    samples: int = 100  # of deviations and volumes: how many before it are looked at
    window: Nanos = Nanos(60_000_000_000)  # of volumes; of failures; until all must have come


class DataQualityPolicyChange(Record, frozen=True, tag=35):
    """A person sets what market data is held to: all rules at once, none frees it."""

    rules: tuple[QualityRule, ...]
    person: str
    reason: str


class AcceptDataCommand(Record, frozen=True, tag=39):
    """A person says that the market data of an instrument is true, whatever its rules found."""

    instrument: InstrumentId
    person: str
    reason: str


class DataQualityFound(Record, frozen=True, tag=210):
    """Market data broke a rule. `left_out`: it did not reach the book."""

    instrument: InstrumentId  # 0: all of them together
    kind: QualityKind
    data: DataClass
    action: QualityAction
    measured: int
    limit: int  # beyond which it is found
    unit: Unit
    left_out: bool
    detail: str = ""


class DataQualityRestored(Record, frozen=True, tag=211):
    """What a rule had found is over."""

    instrument: InstrumentId
    kind: QualityKind
    data: DataClass
    action: QualityAction
    found: int  # how often, since it began
