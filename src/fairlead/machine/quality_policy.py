"""The rules that market data is held to: whether they can be meant, are looser, and hold."""

from typing import Final

from fairlead.machine import quality_findings
from fairlead.machine.risk.quality import UNITS
from fairlead.machine.risk.quality_checks import ASKED_OF, REMEMBERING, asked_when
from fairlead.machine.state import State
from fairlead.model.inputs import DataQualityPolicyChange
from fairlead.model.quality import DataClass, QualityKind, QualityRule
from fairlead.model.terms import Unit
from fairlead.model.units import MILLIONTHS, Nanos

RULES_MAX: Final = 1_000
SAMPLES_MAX: Final = 10_000  # of one rule and instrument: what is remembered stays small
_LARGER_IS_STRICTER: Final = (QualityKind.COMPLETENESS, QualityKind.SPLIT_MISSED)
_ANY: Final = DataClass.ANY
_BOOK: Final = DataClass.BOOK
_SHARE: Final = Unit.SHARE
_BOUND_MAX: Final = 2**62
_FACTOR_MAX: Final = 1_000_000 * MILLIONTHS
_SPLIT_MISSED: Final = QualityKind.SPLIT_MISSED
_CLOSE_TO_A_SPLIT: Final = 50_000  # millionths: farther off, the usual splits run together


def problem(state: State, change: DataQualityPolicyChange) -> str:
    """Return why market data cannot be held to these rules, empty if it can."""
    if not change.person.strip():
        return "it names no person"
    if len(change.rules) > RULES_MAX:
        return f"{len(change.rules)} rules, expected at most {RULES_MAX}"
    for number, rule in enumerate(change.rules, start=1):
        found = _absurd(state, rule)
        if found:
            return f"rule {number}, {rule.kind.name.lower()}: {found}"
    return ""


def loosens(state: State, change: DataQualityPolicyChange) -> bool:
    """Whether a rule goes, or becomes one that may let by what it found before."""
    return not all(
        any(_is_as_strict(new, old) for new in change.rules) for old in state.quality.rules
    )


def apply(state: State, change: DataQualityPolicyChange, time: Nanos) -> None:
    """Hold market data to these rules from now on, and to no others."""
    quality = state.quality
    quality.set(change.rules, time)
    quality.of_messages, quality.of_touch = asked_when(change.rules)
    for data in DataClass:
        asked = quality.of_touch if data is _BOOK else []
        numbers = [*quality.of_messages[data], *asked]
        quality.of_series[data] = [
            number for number in numbers if change.rules[number].kind in REMEMBERING
        ]
    if quality.active:
        for terms in state.instruments.values():
            if quality.get(terms.instrument) is None:
                quality.add(terms.instrument, terms.venue, time)
    quality_findings.arm(state)


def _absurd(state: State, rule: QualityRule) -> str:
    asked_of = ASKED_OF.get(rule.kind)
    if rule.instrument and rule.instrument not in state.instruments:
        return "unknown instrument"
    if not 0 <= rule.bound <= (_FACTOR_MAX if UNITS[rule.kind] is _SHARE else _BOUND_MAX):
        return "its bound is negative or absurd"
    if rule.kind is _SPLIT_MISSED and rule.bound > _CLOSE_TO_A_SPLIT:
        return f"its bound is above {_CLOSE_TO_A_SPLIT} millionths"
    if not 2 <= rule.samples <= SAMPLES_MAX:
        return f"samples is {rule.samples}, expected 2 to {SAMPLES_MAX}"
    if not 0 < rule.window <= _BOUND_MAX:
        return "its window is no span of time"
    if rule.data is not _ANY and asked_of is not None and rule.data not in asked_of:
        classes = ", ".join([data.name.lower() for data in asked_of])
        return f"it is about {classes}, not about {rule.data.name.lower()}"
    return ""


def _is_as_strict(new: QualityRule, old: QualityRule) -> bool:
    """Whether a rule finds all that an old one found, and does as much about it."""
    larger = old.kind in _LARGER_IS_STRICTER
    bound = new.bound >= old.bound if larger else new.bound <= old.bound
    return (
        new.kind is old.kind
        and bound
        and new.action >= old.action
        and new.data in (_ANY, old.data)
        and new.instrument in (0, old.instrument)
        and (new.samples, new.window) == (old.samples, old.window)
    )
