"""A rig whose market data is held to rules, and market data in a few words."""

from typing import Any

import msgspec

from fairlead.model.inputs import (
    BookChange,
    BookSnapshot,
    DataQualityPolicyChange,
    Input,
    MarkPrice,
    Quote,
    Trade,
    TradingDayBegan,
)
from fairlead.model.outputs import DataQualityFound, DataQualityRestored, Output
from fairlead.model.quality import DataClass, QualityAction, QualityKind, QualityRule
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Money, Nanos, Price, Quantity, UpdateId
from tests.machine.build import VENUE
from tests.machine.risk.twin import Twin, patient

ONE = InstrumentId(1)
TWO = InstrumentId(2)
MILLION = 1_000_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
HOUR = 3_600 * SECOND

FLAG, WARN, ALERT = QualityAction.FLAG, QualityAction.WARN, QualityAction.ALERT
EXCLUDE, BLOCK, HALT = QualityAction.EXCLUDE, QualityAction.BLOCK, QualityAction.HALT


def rule(kind: QualityKind, action: QualityAction, bound: int = 0, **terms: Any) -> QualityRule:
    """Return a rule."""
    return QualityRule(kind, action, bound, **terms)


def policy(*rules: QualityRule) -> DataQualityPolicyChange:
    """Return a policy of these rules."""
    return DataQualityPolicyChange(rules, "ann", "as agreed")


def held(*rules: QualityRule) -> Twin:
    """Return a rig whose data is held to these rules, before any data came."""
    rig = Twin(patient(1), patient(2, order_notional_max=Money(200_000)))
    assert rig.give(policy(*rules)) == []
    return rig


def quote(bid: int, ask: int, instrument: int = 1, update: int = 0, venue_time: int = 0) -> Quote:
    """Return a quote, 1 on each side."""
    one = Quantity(1)
    sides = (Price(bid), one if bid else Quantity(0), Price(ask), one if ask else Quantity(0))
    return Quote(InstrumentId(instrument), *sides, UpdateId(update), Nanos(venue_time))


def trade(price: int, quantity: int = 1, instrument: int = 1, venue_time: int = 0) -> Trade:
    """Return a trade of others."""
    amounts = (Price(price), Quantity(quantity))
    return Trade(InstrumentId(instrument), *amounts, Side.BUY, "t", Nanos(venue_time))


def mark(price: int) -> MarkPrice:
    """Return a price at which the venue values positions."""
    return MarkPrice(ONE, Price(price), Nanos(0))


def snapshot(bid: int, ask: int, update: int = 1) -> BookSnapshot:
    """Return a book of one level a side."""
    one = Quantity(1)
    return BookSnapshot(ONE, ((Price(bid), one),), ((Price(ask), one),), UpdateId(update), Nanos(0))


def change(bids: dict[int, int], asks: dict[int, int], update: int = 2) -> BookChange:
    """Return a change of a book."""
    levels = [
        tuple((Price(price), Quantity(quantity)) for price, quantity in side.items())
        for side in (bids, asks)
    ]
    return BookChange(ONE, levels[0], levels[1], UpdateId(update), Nanos(0))


def day(date: int, venue: str = VENUE) -> TradingDayBegan:
    """Return the beginning of a trading day."""
    return TradingDayBegan(date, venue)


def found(outputs: list[Output]) -> list[tuple[QualityKind, int, bool]]:
    """Return what rules found: kind, measure, and whether the message was left out."""
    return [
        (one.kind, one.measured, one.left_out)
        for one in outputs
        if isinstance(one, DataQualityFound)
    ]


def restored(outputs: list[Output]) -> list[tuple[QualityKind, int]]:
    """Return what is over, and how often it had been found."""
    return [(one.kind, one.found) for one in outputs if isinstance(one, DataQualityRestored)]


def counts(rig: Twin, data: DataClass, instrument: int = 1) -> tuple[int, int, dict[str, int]]:
    """Return what came of a class, what was passed on, and what was dropped by reason."""
    known = rig.machine.state.quality.get(InstrumentId(instrument))
    assert known is not None
    dropped = known.dropped[data]
    assert known.came[data] == known.passed[data] + sum(dropped.values())
    return known.came[data], known.passed[data], dropped


def without_time(given: Input) -> Input:
    """Return market data that does not say when it happened."""
    return msgspec.structs.replace(given, venue_time=Nanos(0))
