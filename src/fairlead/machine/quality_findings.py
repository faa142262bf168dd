"""What rules of market data find: written down, once where it lasts, and what follows from it.

Also what is asked of no single message: the age of data, whether all has come, how much failed.
"""

from heapq import heappop
from typing import Final

from fairlead.machine import breakers
from fairlead.machine.books import NEVER, Book
from fairlead.machine.deadlines import Due
from fairlead.machine.risk.measures import SAMPLE_MIN, Rolling
from fairlead.machine.risk.quality import (
    EVERYWHERE,
    LASTING,
    UNITS,
    Findings,
    Watch,
    blocks,
    concerns,
    place_of,
)
from fairlead.machine.risk.quality_checks import Finding
from fairlead.machine.risk.terms import writable
from fairlead.machine.state import State
from fairlead.model.outputs import DataQualityFound, DataQualityRestored, Output
from fairlead.model.quality import DataClass, QualityAction
from fairlead.model.risk import FIRM
from fairlead.model.risk_terms import BreakerState
from fairlead.model.units import MILLIONTHS, Nanos

_ANY: Final = DataClass.ANY
_BOOK: Final = DataClass.BOOK
_HALT: Final = QualityAction.HALT
_HALTED: Final = BreakerState.HALTED
_DUE: Final = Due.QUALITY
_AGAIN: Final = 9  # tenths of a share of failures, at which it is over


def find(
    state: State,
    data: Watch | None,
    number: int,
    about: DataClass,
    finding: Finding,
    left_out: bool,
    time: Nanos,
    outputs: list[Output],
) -> None:
    """Write down what a rule found, once where it lasts, and do what follows from it."""
    rule = state.quality.rules[number]
    fact = DataQualityFound(
        data.instrument if data is not None else EVERYWHERE,
        rule.kind,
        about,
        rule.action,
        writable(finding.measured),
        rule.bound,
        UNITS[rule.kind],
        left_out,
        finding.detail,
    )
    blocking = blocks(rule.kind, rule.action, about)
    begins = _findings(state, data).find(place_of(number, about), fact, blocking, time)
    if begins or (rule.kind not in LASTING and about is not _BOOK):
        outputs.append(fact)
    if begins and rule.action is _HALT:
        terms = state.instruments.get(fact.instrument)
        whose = terms.symbol if terms is not None else "all instruments"
        cause = f"data quality: {rule.kind.name.lower()} of {whose}"
        breakers.trip(state, FIRM, _HALTED, cause, time, outputs)


def end(state: State, data: Watch | None, place: int, outputs: list[Output]) -> None:
    """Forget what is over, and say so where it lasted or orders waited for it."""
    began, count, blocked = _findings(state, data).end(place)
    if blocked or began.kind in LASTING:
        outputs.append(
            DataQualityRestored(began.instrument, began.kind, began.data, began.action, count)
        )


def _findings(state: State, data: Watch | None) -> Findings:
    return state.quality.findings if data is None else data.findings


def ask_completeness(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Hold the number of instruments with fresh data against what there must be."""
    quality = state.quality
    for number in quality.completeness:
        rule = quality.rules[number]
        if time < quality.since + rule.window:
            continue
        present = sum([data.is_present(quality.rules) for data in quality.all()])
        if present < rule.bound:
            finding = Finding(present, f"of {len(state.instruments)} instruments")
            find(state, None, number, _ANY, finding, False, time, outputs)
        elif place_of(number, _ANY) in quality.findings.begun:
            end(state, None, place_of(number, _ANY), outputs)


def ask_shares(state: State, data: Watch, failed: bool, time: Nanos, outputs: list[Output]) -> None:
    """Count a message that was passed on or failed, and hold the share of those that failed."""
    quality = state.quality
    for number in quality.shares:
        rule = quality.rules[number]
        if not concerns(rule, data.instrument):
            continue
        counts = data.shares.get(number)
        if counts is None:
            counts = data.shares[number] = (Rolling(rule.window), Rolling(rule.window))
        counts[0].add(time, 1)
        if failed:
            counts[1].add(time, 1)
        place = place_of(number, _ANY)
        begun = place in data.findings.begun
        if not failed and not begun:
            continue  # the share has only fallen
        came, lost = counts[0].total(time), counts[1].total(time)
        bound = rule.bound * _AGAIN // 10 if begun else rule.bound
        if came >= SAMPLE_MIN and lost * MILLIONTHS > bound * came:
            finding = Finding(lost * MILLIONTHS // came, f"{lost} of {came}")
            find(state, data, number, _ANY, finding, False, time, outputs)
        elif begun:
            end(state, data, place, outputs)


def due(state: State, time: Nanos, outputs: list[Output]) -> None:
    """Look at the age of what may be too old by now, and whether everything has come."""
    quality = state.quality
    while quality.expiries and quality.expiries[0][0] <= time:
        _, instrument, number = heappop(quality.expiries)
        data = quality.get(instrument)
        assert data is not None, "only data that is known is looked at"
        rule = quality.rules[number]
        if not _is_open(state, data):
            data.since = time  # silence of a market that does not trade is none
        last = Nanos(max(data.since, data.last(rule.data)))
        if time - last > rule.bound:
            said = "" if data.last(rule.data) != NEVER else "nothing came yet"
            finding = Finding(time - last, said)
            find(state, data, number, rule.data, finding, False, time, outputs)
        else:
            quality.expect(data, number, last)
    ask_completeness(state, time, outputs)
    arm(state)


def arm(state: State) -> None:
    """Have what is due next looked at in time."""
    quality = state.quality
    times = [quality.expiries[0][0]] if quality.expiries else []
    for number in quality.completeness:
        ready = Nanos(quality.since + quality.rules[number].window)
        if ready > state.time:
            times.append(ready)
    if times:
        state.deadlines.set_own(_DUE, min(times))
    else:
        state.deadlines.cancel_own(_DUE)


def _is_open(state: State, data: Watch) -> bool:
    """Whether the market of an instrument trades now, as far as its venue said."""
    book: Book | None = state.books.get(data.instrument)
    halted = book is not None and book.halted != ""
    return not halted and state.gate.pretrade.market.is_open(data.instrument, data.venue)
