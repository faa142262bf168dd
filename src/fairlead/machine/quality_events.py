"""What happens to market data beside its messages: gaps, busts, days, splits, a person's word."""

from collections.abc import Callable
from typing import Any, Final

from fairlead.machine.quality_findings import arm, ask_completeness, ask_shares, end, find
from fairlead.machine.risk.quality import concerns, rule_of
from fairlead.machine.risk.quality_checks import Finding
from fairlead.machine.state import State
from fairlead.model.inputs import (
    AcceptDataCommand,
    BookGap,
    InstrumentDefinition,
    InstrumentSplit,
    TradeBusted,
    TradingDayBegan,
)
from fairlead.model.outputs import InputRefused, Output
from fairlead.model.quality import DataClass, QualityKind
from fairlead.model.units import InstrumentId, Nanos

Event = Callable[[State, Any, Nanos, list[Output]], None]

_ANY: Final = DataClass.ANY
_BOOK: Final = DataClass.BOOK
_TRADE: Final = DataClass.TRADE
_FRESHNESS: Final = QualityKind.FRESHNESS
_DAYS: Final = QualityKind.DAYS_MISSING
_GAP: Final = QualityKind.FEED_GAP
_REVISED: Final = QualityKind.REVISED


def accept(state: State, command: AcceptDataCommand, time: Nanos, outputs: list[Output]) -> None:
    """Believe the data of an instrument as it is now; only a named person with a reason can."""
    data = state.quality.get(command.instrument)
    problem = ""
    if not command.person.strip() or not command.reason.strip():
        problem = "it names no person or no reason"
    elif data is None:
        problem = "the data of the instrument is held to no rules"
    elif not data.findings.begun:
        problem = "nothing is wrong with the data of the instrument"
    if problem or data is None:
        outputs.append(InputRefused("AcceptDataCommand", problem))
        return
    for place in list(data.findings.begun):
        end(state, data, place, outputs)
        number = rule_of(place)
        if state.quality.rules[number].kind is _FRESHNESS:
            data.since = time
            state.quality.expect(data, number, time)
    data.twice = data.day_twice = 0
    data.accepted = True
    for changes in data.changes.values():
        changes.break_off()
    ask_completeness(state, time, outputs)
    arm(state)


def _instrument_defined(
    state: State, definition: InstrumentDefinition, time: Nanos, outputs: list[Output]
) -> None:
    """Hold a new instrument to the rules."""
    terms = definition.instrument
    state.quality.add(terms.instrument, terms.venue, time)
    arm(state)


def _gap(state: State, gap: BookGap, time: Nanos, outputs: list[Output]) -> None:
    """Find that the feed lost its place. A gap is no message: it is failed data all the same."""
    _happened(state, _GAP, gap.instrument, _BOOK, gap.reason, time, outputs)
    data = state.quality.get(gap.instrument)
    if data is not None:
        ask_shares(state, data, True, time, outputs)


def _busted(state: State, bust: TradeBusted, time: Nanos, outputs: list[Output]) -> None:
    """Find that the venue took a trade back."""
    said = f"trade {bust.trade_id}"
    _happened(state, _REVISED, bust.instrument, _TRADE, said, time, outputs)


def _happened(
    state: State,
    kind: QualityKind,
    instrument: InstrumentId,
    about: DataClass,
    said: str,
    time: Nanos,
    outputs: list[Output],
) -> None:
    data = state.quality.get(instrument)
    if data is None:
        return
    for number, rule in enumerate(state.quality.rules):
        if rule.kind is kind and concerns(rule, instrument):
            find(state, data, number, about, Finding(1, said), False, time, outputs)


def _day_began(state: State, day: TradingDayBegan, time: Nanos, outputs: list[Output]) -> None:
    """Count a trading day; find what had no data for too many."""
    quality = state.quality
    if day.session_date <= quality.dates.get(day.venue, 0):
        return  # it was begun
    quality.dates[day.venue] = day.session_date
    count = quality.days[day.venue] = quality.day_of(day.venue) + 1
    for data in quality.all():
        if data.venue != day.venue and (day.venue != "" or data.venue in quality.days):
            continue
        data.day_twice = data.twice
        data.accepted = False
        missing = count - 1 - data.day
        for number, rule in enumerate(quality.rules):
            if rule.kind is _DAYS and concerns(rule, data.instrument) and missing > rule.bound:
                find(state, data, number, _ANY, Finding(missing), False, time, outputs)


def _split(state: State, split: InstrumentSplit, time: Nanos, outputs: list[Output]) -> None:
    """Carry over what prices are held against; the change to the next price is none."""
    data = state.quality.get(split.instrument)
    if data is None:
        return
    data.twice = data.twice * split.old // split.new
    data.day_twice = data.day_twice * split.old // split.new
    for changes in data.changes.values():
        changes.break_off()


EVENTS: Final[dict[type, Event]] = {
    InstrumentDefinition: _instrument_defined,
    BookGap: _gap,
    TradeBusted: _busted,
    TradingDayBegan: _day_began,
    InstrumentSplit: _split,
}
