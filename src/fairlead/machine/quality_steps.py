"""The quality of market data, input by input: what comes is judged, passed on or left out, counted.

Stands between the machine and the step of an input, while there is a policy. What is left out is
refused like any input that cannot be true, so nobody who follows takes it for the market; a fact
says which rule it broke.
"""

from collections.abc import Callable
from typing import Any, Final

from fairlead.machine.deadlines import Due
from fairlead.machine.quality_events import EVENTS
from fairlead.machine.quality_findings import arm, ask_completeness, ask_shares, end, find
from fairlead.machine.quality_reading import READERS, touch_of
from fairlead.machine.risk.quality import (
    CLASSES,
    LASTING,
    LEFT_OUT,
    Watch,
    concerns,
    place_of,
    rule_of,
)
from fairlead.machine.risk.quality_checks import (
    CHECKS,
    Datum,
    Finding,
    changes_of,
    volumes_of,
)
from fairlead.machine.state import State
from fairlead.model.outputs import (
    InputRefused,
    Output,
)
from fairlead.model.quality import DataClass, QualityAction, QualityKind, QualityRule
from fairlead.model.risk_terms import BreakerState
from fairlead.model.units import Nanos

Step = Callable[[State, Any, Nanos, list[Output]], None]

_ANY: Final = DataClass.ANY
_BOOK: Final = DataClass.BOOK
_TRADE: Final = DataClass.TRADE
_EXCLUDE: Final = QualityAction.EXCLUDE
_HALT: Final = QualityAction.HALT
_HALTED: Final = BreakerState.HALTED
_FRESHNESS: Final = QualityKind.FRESHNESS
_DAYS: Final = QualityKind.DAYS_MISSING
_GAP: Final = QualityKind.FEED_GAP
_REVISED: Final = QualityKind.REVISED
_DEVIATION: Final = QualityKind.PRICE_DEVIATION
_OFFSET: Final = QualityKind.CLOCK_OFFSET
_SPIKE: Final = QualityKind.VOLUME_SPIKE
_TIMED: Final = (QualityKind.LATENCY, QualityKind.CLOCK_OFFSET, QualityKind.OUT_OF_ORDER)
_PRICED: Final = (QualityKind.PRICE_LIMIT, _DEVIATION, QualityKind.SPLIT_MISSED)
_DUE: Final = Due.QUALITY
_AGAIN: Final = 9  # tenths of a share of failures, at which it is over


def apply(state: State, step: Step, input: Any, time: Nanos, outputs: list[Output]) -> None:
    """Take the step of an input, unless its data is to be left out; judge what it brought."""
    reader = READERS.get(type(input))
    data = state.quality.get(input.instrument) if reader is not None else None
    if reader is None or data is None:
        before = len(outputs)
        step(state, input, time, outputs)
        event = EVENTS.get(type(input))
        if event is not None and not _refused(outputs, before):
            event(state, input, time, outputs)
        return
    datum = reader(state, input, time)
    data.came[datum.data] += 1
    if datum.data is _BOOK:
        passed = _take_book(state, data, datum, step, input, time, outputs)
    else:
        passed = _take(state, data, datum, step, input, time, outputs)
    if state.quality.shares:
        ask_shares(state, data, not passed, time, outputs)


# --- one message ---


def _take(
    state: State,
    data: Watch,
    datum: Datum,
    step: Step,
    input: Any,
    time: Nanos,
    outputs: list[Output],
) -> bool:
    """Judge a message, and take its step unless it is left out. Return whether it was passed on."""
    asked = state.quality.of_messages[datum.data]
    found = _judge(state, data, datum, asked)
    reasons = _reasons_to_leave_out(state, datum, found)
    if reasons:
        outputs.append(InputRefused(type(input).__name__, f"data quality: {reasons[0]}"))
        data.drop(datum.data, reasons[0])
        _tell(state, data, datum, asked, found, True, time, outputs)
        return False
    before = len(outputs)
    step(state, input, time, outputs)
    if _refused(outputs, before):
        data.drop(datum.data, "refused")
        return False
    _tell(state, data, datum, asked, found, False, time, outputs)
    _remember(state, data, datum, True, time, outputs)
    return True


def _take_book(
    state: State,
    data: Watch,
    datum: Datum,
    step: Step,
    input: Any,
    time: Nanos,
    outputs: list[Output],
) -> bool:
    """Judge a change of a book by itself, and what the book shows after it if that is new."""
    book = state.books.get(data.instrument)
    assert book is not None, "every instrument has a book"
    shown = (book.bid_price, book.ask_price)
    asked = state.quality.of_messages[datum.data]
    found = _judge(state, data, datum, asked)
    before = len(outputs)
    step(state, input, time, outputs)
    if _refused(outputs, before):
        data.drop(_BOOK, "refused")
        return False
    _tell(state, data, datum, asked, found, False, time, outputs)
    believed = False
    if (shown != (book.bid_price, book.ask_price) or data.twice == 0) and not book.gap:
        datum = touch_of(book, datum)
        seen = _judge(state, data, datum, state.quality.of_touch)
        _tell(state, data, datum, state.quality.of_touch, seen, False, time, outputs)
        believed = not any(state.quality.rules[number].action >= _EXCLUDE for number in seen)
    _remember(state, data, datum, believed, time, outputs)
    return True


def _judge(state: State, data: Watch, datum: Datum, asked: list[int]) -> dict[int, Finding]:
    """Return what the rules find, by their numbers."""
    found: dict[int, Finding] = {}
    for number in asked:
        rule = state.quality.rules[number]
        if concerns(rule, data.instrument):
            finding = CHECKS[rule.kind](rule, number * CLASSES + datum.data, data, datum)
            if finding is not None:
                found[number] = finding
    return found


def _reasons_to_leave_out(state: State, datum: Datum, found: dict[int, Finding]) -> list[str]:
    """Return the kinds of the rules that leave a message out; none where it may pass."""
    if not found or datum.data not in LEFT_OUT:
        return []
    rules = [state.quality.rules[number] for number in found]
    return [
        rule.kind.name.lower()
        for rule in rules
        if rule.action >= _EXCLUDE and rule.kind not in LASTING
    ]


def _tell(
    state: State,
    data: Watch,
    datum: Datum,
    asked: list[int],
    found: dict[int, Finding],
    left_out: bool,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Say what was found, and what is over."""
    quality = state.quality
    for number, finding in found.items():
        find(state, data, number, datum.data, finding, left_out, time, outputs)
    if not data.findings.begun:
        return
    for number in asked:
        rule, place = quality.rules[number], place_of(number, datum.data)
        if (
            place in data.findings.begun
            and number not in found
            and _measures(rule, datum)
            and not _may_come_again(rule, data, place, time)
        ):
            end(state, data, place, outputs)


def _measures(rule: QualityRule, datum: Datum) -> bool:
    """Whether a message says what a rule asks for: one that does not ends nothing."""
    if rule.kind in _TIMED:
        return datum.venue_time != 0
    return datum.twice != 0 if rule.kind in _PRICED else True


def _may_come_again(rule: QualityRule, data: Watch, place: int, time: Nanos) -> bool:
    """Whether clocks may still disagree: one slow message does not show that they agree."""
    return rule.kind is _OFFSET and time - data.findings.times[place] < rule.window


def _remember(
    state: State,
    data: Watch,
    datum: Datum,
    believed: bool,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Take in what was passed on; what was too old or missing before it is so no more."""
    first = not data.seen
    data.seen = True
    data.passed[datum.data] += 1
    data.times[datum.data] = time
    data.venue_times[datum.data] = max(data.venue_times[datum.data], datum.venue_time)
    data.day = state.quality.day_of(data.venue)
    if believed and datum.twice:
        data.twice = datum.twice
    if state.quality.of_series[datum.data]:
        _keep_series(state, data, datum, believed)
    restored = _end_by_coming(state, data, datum.data, outputs) if data.findings.begun else False
    if first or restored:
        ask_completeness(state, time, outputs)
        arm(state)


def _keep_series(state: State, data: Watch, datum: Datum, believed: bool) -> None:
    """Keep what later messages are held against."""
    quality = state.quality
    for number in quality.of_series[datum.data]:
        rule = quality.rules[number]
        key = number * CLASSES + datum.data
        if rule.kind is _DEVIATION and believed and datum.twice and concerns(rule, data.instrument):
            changes_of(rule, key, data).add(datum.twice)
        elif rule.kind is _SPIKE and datum.quantity and concerns(rule, data.instrument):
            volumes_of(rule, key, data).add(datum.quantity, datum.time)


def _end_by_coming(state: State, data: Watch, came: DataClass, outputs: list[Output]) -> bool:
    """End what is over because data came; return whether any was about its age."""
    quality = state.quality
    book = state.books.get(data.instrument)
    fresh = False
    for place in list(data.findings.begun):
        rule = quality.rules[rule_of(place)]
        if rule.kind is _FRESHNESS and rule.data in (_ANY, came):
            end(state, data, place, outputs)
            quality.expect(data, rule_of(place), data.last(rule.data))
            fresh = True
        elif (
            rule.kind is _DAYS
            or (rule.kind is _GAP and book is not None and not book.gap)
            or (rule.kind is _REVISED and came is _TRADE)
        ):
            end(state, data, place, outputs)
    return fresh


def _refused(outputs: list[Output], before: int) -> bool:
    """Whether a step refused its input."""
    return len(outputs) > before and isinstance(outputs[before], InputRefused)
